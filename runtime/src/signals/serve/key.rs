//! A public key that tokens are verified with, from its PEM file.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use jsonwebtoken::{Algorithm, DecodingKey, crypto};

/// The bytes of an RSA key of 2048 bits without its wrapping: smaller ones are not safe.
const SMALLEST_RSA: usize = 256;

pub(super) struct Key {
    pub(super) algorithm: Algorithm,
    key: DecodingKey,
    /// By which a key is known again when the file is read anew.
    pem: Vec<u8>,
}

#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("cannot read the token key {}: {source}", path.display())]
    Unreadable { path: PathBuf, source: io::Error },
    #[error("the token key {} {what}", path.display())]
    Unusable { path: PathBuf, what: &'static str },
}

impl Key {
    pub(super) fn load(path: &Path) -> Result<Key, KeyError> {
        let pem = fs::read(path)
            .map_err(|source| KeyError::Unreadable { path: path.to_owned(), source })?;
        Key::parse(pem).map_err(|what| KeyError::Unusable { path: path.to_owned(), what })
    }

    fn parse(pem: Vec<u8>) -> Result<Key, &'static str> {
        let holds = |label: &str| pem.windows(label.len()).any(|part| part == label.as_bytes());
        if holds("PRIVATE KEY-----") {
            return Err("is a private one, which belongs to whoever issues tokens: give its \
                        public key (openssl pkey -in FILE -pubout)");
        }
        if holds("BEGIN CERTIFICATE-----") {
            return Err("is a certificate: give its public key (openssl x509 -in FILE -noout \
                        -pubkey)");
        }
        if let Ok(key) = DecodingKey::from_rsa_pem(&pem) {
            return match key.try_get_as_bytes() {
                Ok(bytes) if bytes.len() > SMALLEST_RSA => {
                    Ok(Key { algorithm: Algorithm::RS256, key, pem })
                }
                _ => Err("is an RSA key of less than 2048 bits: make a larger one"),
            };
        }
        let key = DecodingKey::from_ec_pem(&pem)
            .map_err(|_| "is no public key of RSA or P-256 in PEM (-----BEGIN PUBLIC KEY-----)")?;
        // Signatures are bad or good with a key of the curve, and an error with another.
        match crypto::verify("", b"", &key, Algorithm::ES256) {
            Ok(_) => Ok(Key { algorithm: Algorithm::ES256, key, pem }),
            Err(_) => Err("is not of the curve P-256, which ES256 needs"),
        }
    }

    /// Whether this key has made the signature, which is in base64url.
    pub(super) fn has_signed(&self, message: &str, signature: &str) -> bool {
        crypto::verify(signature, message.as_bytes(), &self.key, self.algorithm).unwrap_or(false)
    }

    pub(super) fn is_same(&self, other: &Key) -> bool {
        self.pem == other.pem
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Key({:?})", self.algorithm)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn what(pem: &str) -> &'static str {
        Key::parse(pem.as_bytes().to_vec()).unwrap_err()
    }

    #[test]
    fn a_key_that_is_of_no_use_says_what_it_is() {
        let p384 = rcgen::KeyPair::generate_for(&rcgen::PKCS_ECDSA_P384_SHA384).unwrap();
        let ed = rcgen::KeyPair::generate_for(&rcgen::PKCS_ED25519).unwrap();
        let p256 = rcgen::KeyPair::generate().unwrap();
        assert!(what(&p256.serialize_pem()).starts_with("is a private one"));
        assert!(what(&p384.public_key_pem()).starts_with("is not of the curve P-256"));
        assert!(what(&ed.public_key_pem()).starts_with("is no public key of RSA or P-256"));
        assert!(what("").starts_with("is no public key"));
        let certificate = rcgen::generate_simple_self_signed(["a".to_owned()]).unwrap();
        assert!(what(&certificate.cert.pem()).starts_with("is a certificate"));
        // Of 1024 bits.
        let small = "-----BEGIN PUBLIC KEY-----\n\
                     MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQC02kAkiyNhxAa4/kXDiCEiiIcb\n\
                     FkL4uft5Bsjl1jtnmkWfG2pF0Gr+amuCmoPWLh/uiEe+hmJvhcODvH6IvNofEPH4\n\
                     j8ImuFEfVWh2Kf2IDirlC+1DYYXCbt3Q9kLAVokgTMYljiCuYkO2VaB+l7VSvV3o\n\
                     OGBTFinpw7nuMAX1JQIDAQAB\n\
                     -----END PUBLIC KEY-----\n";
        assert!(what(small).starts_with("is an RSA key of less than 2048 bits"));
        assert_eq!(Key::parse(p256.public_key_pem().into()).unwrap().algorithm, Algorithm::ES256);
    }

    #[test]
    fn a_file_that_cannot_be_read_is_named() {
        let error = Key::load("/nowhere/key.pem".as_ref()).unwrap_err().to_string();
        assert!(error.starts_with("cannot read the token key /nowhere/key.pem: "), "{error}");
    }
}
