//! Tokens of outside clients: from the metadata of a request to a [`Client`].

use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use jsonwebtoken::{Algorithm, dangerous, decode_header, errors::ErrorKind};
use serde_json::{Map, Value};

use super::{
    claims,
    key::{Key, KeyError},
    known::{Holder, Known, hash},
    refusal::{Quoted, Refusal},
    scope,
};
use crate::signals::{Client, lock};

/// What Kuksa's tokens are made for.
pub const AUDIENCE: &str = "kuksa.val";

/// The most bytes of a token that are looked at.
pub(super) const LONGEST: usize = 8192;

/// How many tokens are known at a time.
const KNOWN: usize = 1024;

/// Which tokens are taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TokenFiles {
    /// Public keys in PEM, of RSA (RS256) or P-256 (ES256). One of them has signed a token.
    pub keys: Vec<PathBuf>,
    /// What a token's `aud` has to name.
    pub audience: String,
}

#[derive(Debug)]
pub(super) struct Tokens {
    files: TokenFiles,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    keys: Arc<[Arc<Key>]>,
    known: Known,
}

impl Tokens {
    pub(super) fn load(files: TokenFiles) -> Result<Tokens, KeyError> {
        let state = State { keys: read(&files)?, known: Known::new(KNOWN) };
        Ok(Tokens { files, state: Mutex::new(state) })
    }

    /// Reads the keys anew. Clients whose key is gone lose their streams too.
    pub(super) fn reload(&self) -> Result<(), KeyError> {
        let keys = read(&self.files)?;
        let mut state = lock(&self.state);
        state.known.keep(&keys);
        state.keys = keys;
        Ok(())
    }

    /// The client that the value of `authorization` stands for.
    pub(super) fn admit(&self, authorization: Option<&[u8]>) -> Result<Client, Refusal> {
        let token = bearer(authorization.ok_or(Refusal::None)?)?;
        let hash = hash(token);
        let now = Timestamp::now();
        loop {
            let keys = {
                let mut state = lock(&self.state);
                match state.known.get(&hash, now) {
                    Some(client) => return Ok(client),
                    None => state.keys.clone(),
                }
            };
            // Without the lock: it takes long, and others are known already.
            let holder = self.verify(token, &keys, now)?;
            let mut state = lock(&self.state);
            if Arc::ptr_eq(&state.keys, &keys) {
                return Ok(state.known.insert(hash, holder, now));
            }
        }
    }

    fn verify(&self, token: &str, keys: &[Arc<Key>], now: Timestamp) -> Result<Holder, Refusal> {
        let key = signer(token, keys)?;
        let claims = dangerous::insecure_decode_claims::<Map<String, Value>>(token)
            .map_err(|_| Refusal::Claims)?;
        let claims = claims::check(&claims, &self.files.audience, now)?;
        let subject = claims.subject.as_str();
        let (grants, invalid) = scope::grants(&claims.scope)
            .map_err(|_| Refusal::BadClaim { claim: "scope", must_be: "a list of scopes" })?;
        for scope in invalid {
            tracing::debug!(subject, "a scope of a token grants nothing: {scope}");
        }
        let client = Client::token(subject, grants, claims.expires);
        Ok(Holder { client, expires: claims.expires, key, asked: 0 })
    }
}

fn read(files: &TokenFiles) -> Result<Arc<[Arc<Key>]>, KeyError> {
    files.keys.iter().map(|path| Ok(Arc::new(Key::load(path)?))).collect()
}

/// The scheme's name may be in any case.
fn bearer(authorization: &[u8]) -> Result<&str, Refusal> {
    const SCHEME: &str = "Bearer ";
    if authorization.len() > LONGEST + SCHEME.len() {
        return Err(Refusal::TooLong(authorization.len() - SCHEME.len()));
    }
    let text = str::from_utf8(authorization).map_err(|_| Refusal::NotBearer)?;
    match text.split_at_checked(SCHEME.len()) {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case(SCHEME) => Ok(token.trim()),
        _ => Err(Refusal::NotBearer),
    }
}

/// The key that has signed the token. All of its algorithm are tried: files have no key
/// ids, and a token that names one need not mean ours.
fn signer(token: &str, keys: &[Arc<Key>]) -> Result<Arc<Key>, Refusal> {
    let header = decode_header(token).map_err(|error| match error.kind() {
        ErrorKind::Json(_) => Refusal::Header,
        _ => Refusal::Malformed,
    })?;
    let algorithm = format!("{:?}", header.alg);
    if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
        return Err(Refusal::Algorithm(algorithm));
    }
    if header.crit.is_some() {
        return Err(Refusal::Header);
    }
    let (message, signature) = token.rsplit_once('.').ok_or(Refusal::Malformed)?;
    let mut fit = keys.iter().filter(|key| key.algorithm == header.alg).peekable();
    if fit.peek().is_none() {
        return Err(Refusal::NoKeyFor(algorithm));
    }
    let key = fit.find(|key| key.has_signed(message, signature));
    let key_id = || header.kid.as_deref().map(Quoted::new);
    key.cloned().ok_or_else(|| Refusal::UnknownKey { key_id: key_id() })
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;

    struct Issuer {
        folder: TempDir,
        key: EncodingKey,
    }

    impl Issuer {
        fn new() -> Issuer {
            let folder = tempfile::tempdir().unwrap();
            let pair = rcgen::KeyPair::generate().unwrap();
            std::fs::write(folder.path().join("key.pem"), pair.public_key_pem()).unwrap();
            let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
            Issuer { folder, key }
        }

        fn files(&self) -> TokenFiles {
            let keys = vec![self.folder.path().join("key.pem")];
            TokenFiles { keys, audience: AUDIENCE.to_owned() }
        }

        fn header(&self, key_id: Option<&str>, subject: &str) -> String {
            let header = Header { kid: key_id.map(str::to_owned), ..Header::new(Algorithm::ES256) };
            let exp = Timestamp::now().as_second() + 60;
            let claims =
                json!({"aud": AUDIENCE, "exp": exp, "scope": "read openid", "sub": subject});
            format!("Bearer {}", encode(&header, &claims, &self.key).unwrap())
        }
    }

    fn refused(tokens: &Tokens, authorization: &str) -> String {
        tokens.admit(Some(authorization.as_bytes())).unwrap_err().to_string()
    }

    #[test]
    fn a_token_is_verified_once_and_is_one_client_after_it() {
        let issuer = Issuer::new();
        let tokens = Tokens::load(issuer.files()).unwrap();
        let (bob, eve) = (issuer.header(None, "bob"), issuer.header(None, "eve"));
        assert_eq!(
            format!("{:?}", tokens.admit(Some(bob.as_bytes())).unwrap()),
            "Client(the token of bob)"
        );
        // Without keys nothing can be verified any more.
        lock(&tokens.state).keys = Arc::new([]);
        assert!(tokens.admit(Some(bob.as_bytes())).is_ok());
        assert!(tokens.admit(Some(bob.replace("Bearer", "bearer").as_bytes())).is_ok());
        assert_eq!(
            refused(&tokens, &eve),
            "the token is signed with ES256, and the broker has no key for that (--jwt-key)"
        );
    }

    #[test]
    fn what_is_no_token_of_ours_is_refused_in_words_without_it() {
        let (issuer, stranger) = (Issuer::new(), Issuer::new());
        let tokens = Tokens::load(issuer.files()).unwrap();
        assert!(tokens.admit(None).unwrap_err().to_string().starts_with("a token is needed"));
        let no_jwt = "the token is no JWT: that is three parts in base64url with dots between them";
        let no_bearer = "the metadata 'authorization' is not of the form 'Bearer TOKEN'";
        let header =
            "the token's header is not understood: RS256 and ES256 are, without extensions";
        let unknown = "no key of the broker has signed the token";
        let good = issuer.header(None, "bob");
        let (claims, signature) = good.rsplit_once('.').unwrap();
        let (head, _) = claims.rsplit_once('.').unwrap();
        // {"alg":"HS256"}, {"alg":"none"}, {"alg":"ES256","crit":["b64"]}
        let with = |head: &str| format!("Bearer {head}.e30.{signature}");
        for (bad, expected) in [
            ("", no_bearer.to_owned()),
            ("Basic Ym9i", no_bearer.to_owned()),
            ("Bearer ", no_jwt.to_owned()),
            ("Bearer a.b", no_jwt.to_owned()),
            ("Bearer a.b.c.d", no_jwt.to_owned()),
            ("Bearer äöü.b.c", no_jwt.to_owned()),
            (claims, no_jwt.to_owned()),
            (&with("e30"), header.to_owned()),
            (&with("eyJhbGciOiJub25lIn0"), header.to_owned()),
            (&with("eyJhbGciOiJFUzI1NiIsImNyaXQiOlsiYjY0Il19"), header.to_owned()),
            (
                &with("eyJhbGciOiJIUzI1NiJ9"),
                "the token is signed with HS256: RS256 and ES256 are taken".to_owned(),
            ),
            (&format!("{claims}."), format!("{unknown} (--jwt-key)")),
            (&format!("{claims}.%"), format!("{unknown} (--jwt-key)")),
            (&format!("{head}.e30.{signature}"), format!("{unknown} (--jwt-key)")),
            (&stranger.header(None, "bob"), format!("{unknown} (--jwt-key)")),
            (
                &stranger.header(Some("k1"), "bob"),
                format!("{unknown}, which names the key 'k1' (--jwt-key)"),
            ),
            (
                &format!("Bearer {}", "a".repeat(9000)),
                "the token has 9000 bytes, more than the 8192 that are read".to_owned(),
            ),
        ] {
            assert_eq!(refused(&tokens, bad), expected, "{bad}");
        }
    }

    #[test]
    fn keys_are_read_anew_and_those_of_a_bad_file_stay() {
        let (issuer, next) = (Issuer::new(), Issuer::new());
        let tokens = Tokens::load(issuer.files()).unwrap();
        let (old, new) = (issuer.header(None, "bob"), next.header(None, "bob"));
        assert!(tokens.admit(Some(old.as_bytes())).is_ok());

        std::fs::write(&issuer.files().keys[0], "nothing").unwrap();
        tokens.reload().unwrap_err();
        assert!(tokens.admit(Some(old.as_bytes())).is_ok());

        std::fs::copy(&next.files().keys[0], &issuer.files().keys[0]).unwrap();
        tokens.reload().unwrap();
        assert!(tokens.admit(Some(new.as_bytes())).is_ok());
        assert!(refused(&tokens, &old).starts_with("no key of the broker"));
    }
}
