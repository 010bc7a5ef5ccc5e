//! Servers with a certificate of an authority that the system does not know. The
//! certificates are made by the program `openssl`; without it, these tests say that they are
//! skipped.

use std::{path::Path, process::Command, sync::Arc};

use rustls::{
    ServerConfig, ServerConnection, StreamOwned,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tempfile::TempDir;
use vss_codegen::source::Access;

use crate::{
    compiled_with,
    server::{Server, reply},
};

/// A folder with the certificate of an authority (`ca.pem`), and of a server (`server.pem`).
fn certificates() -> Option<TempDir> {
    let folder = tempfile::tempdir().unwrap();
    let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    let authority = ["req", "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=ours"];
    let request = ["req", "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=server"];
    let sign = [
        ["x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key"].as_slice(),
        &["-set_serial", "1", "-days", "2", "-out", "server.pem", "-extfile", "names"],
    ];
    std::fs::write(folder.path().join("names"), "subjectAltName=IP:127.0.0.1\n").unwrap();
    for arguments in [[&authority[..], &key].concat(), [&request[..], &key].concat(), sign.concat()]
    {
        let command = Command::new("openssl").args(arguments).current_dir(&folder).output();
        let Ok(output) = command else {
            eprintln!("skipped: there is no program openssl");
            return None;
        };
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    Some(folder)
}

/// Serves a small model, encrypted; `/away` leads to an address without encryption.
fn server(folder: &Path) -> Server {
    let certificate = CertificateDer::from_pem_file(folder.join("server.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_file(folder.join("server.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let config = Arc::new(config);
    let open = move |stream| {
        let connection = ServerConnection::new(config.clone()).map_err(std::io::Error::other)?;
        Ok(Box::new(StreamOwned::new(connection, stream)) as Box<_>)
    };
    Server::over("https", open, |asked, out| match &*asked.path {
        "/Car.vspec" => reply(out, "200 OK", &[], b"Car:\n  type: branch\n  description: A car\n"),
        "/away" => reply(out, "302 Found", &[("Location", "http://127.0.0.1:9/")], b""),
        _ => reply(out, "404 Not Found", &[], b""),
    })
}

#[test]
fn an_authority_of_ones_own_is_trusted_when_it_is_named() {
    let Some(folder) = certificates() else { return };
    let server = server(folder.path());
    let (catalog, text) = compiled_with(Access::default(), &server.at("Car.vspec"));
    assert!(catalog.is_none());
    assert!(text.contains("invalid peer certificate"), "{text}");
    let help = "= help: the certificate of an authority of your own is named with --ca FILE or \
                VSSC_CA\n";
    assert!(text.contains(help), "{text}");

    let access = Access { ca: Some(folder.path().join("ca.pem")), ..Access::default() };
    let (catalog, text) = compiled_with(access.clone(), &server.at("Car.vspec"));
    assert!(catalog.is_some(), "{text}");
    let (_, text) = compiled_with(access, &server.at("away"));
    assert!(text.ends_with("/away: it redirects from https to http\n"), "{text}");
}

#[test]
fn a_file_without_certificates_is_reported() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("ca.pem");
    for content in ["", "Car:\n", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"]
    {
        std::fs::write(&file, content).unwrap();
        let access = Access { ca: Some(file.clone()), ..Access::default() };
        let (catalog, text) = compiled_with(access, "https://127.0.0.1:9/Car.vspec");
        assert!(catalog.is_none());
        assert!(text.contains("ca.pem"), "{content}: {text}");
    }
    let access = Access { ca: Some(folder.path().join("none.pem")), ..Access::default() };
    let (_, text) = compiled_with(access, "https://127.0.0.1:9/Car.vspec");
    assert!(
        text.contains("the certificates in ") && text.contains("none.pem cannot be read"),
        "{text}"
    );
}
