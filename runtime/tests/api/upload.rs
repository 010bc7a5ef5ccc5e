//! Uploads that are refused, without leaving anything behind.

use flate2::{Compression, write::GzEncoder};
use reqwest::{Method, StatusCode};
use serde_json::Value;
use tar::{Builder, EntryType, Header};

use crate::daemon::Daemon;

/// An archive with one entry, named as no honest tool would.
fn archive(name: &str, kind: EntryType, content: &[u8]) -> Vec<u8> {
    let mut header = Header::new_gnu();
    header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
    header.set_entry_type(kind);
    header.set_size(content.len() as u64);
    header.set_mode(0o644);
    header.set_cksum();
    let mut tar = Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    tar.append(&header, content).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

async fn upload(daemon: &Daemon, body: Vec<u8>) -> (StatusCode, Value) {
    daemon.call(daemon.request(Method::POST, "/api/apps?wait=5").body(body)).await
}

/// Whatever is in the staging folder.
fn left_behind(daemon: &Daemon) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(daemon.state.path().join("staging")) else {
        return Vec::new();
    };
    entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect()
}

#[tokio::test]
async fn hostile_archives_are_refused_and_leave_nothing() {
    let daemon = Daemon::start();
    let regular = EntryType::Regular;
    let cases: [(&str, EntryType, &[u8], u16, &str); 5] = [
        ("../evil", regular, b"x", 400, "climbs out of the app's folder"),
        ("/tmp/evil", regular, b"x", 400, "is an absolute path"),
        ("evil", EntryType::Symlink, b"", 400, "the symbolic link 'evil'"),
        ("evil", EntryType::Char, b"", 400, "the device 'evil'"),
        ("zeros", regular, &[0; 8 << 20], 413, "unpacks to more than 200 times its size"),
    ];
    for (name, kind, content, status, message) in cases {
        let (answer, body) = upload(&daemon, archive(name, kind, content)).await;
        assert_eq!(answer.as_u16(), status, "{name}: {body}");
        let said = body["error"]["message"].as_str().unwrap();
        assert!(said.contains(message), "{name}: {said}");
    }
    let (status, body) = upload(&daemon, b"no archive".to_vec()).await;
    assert_eq!((status.as_u16(), &body["error"]["code"]), (400, &"bad_archive".into()));
    assert_eq!(left_behind(&daemon), [""; 0]);
    assert!(!daemon.state.path().parent().unwrap().join("evil").exists());
}

#[tokio::test]
async fn an_archive_without_a_manifest_is_no_app() {
    let daemon = Daemon::start();
    let (status, body) = upload(&daemon, archive("main.py", EntryType::Regular, b"")).await;
    assert_eq!(
        (status.as_u16(), &body["error"]["code"]),
        (422, &"invalid_bundle".into()),
        "{body}"
    );
    assert_eq!(left_behind(&daemon), [""; 0]);
    assert_eq!(daemon.get("/api/apps").await.1["apps"], serde_json::json!([]));
}

#[tokio::test]
async fn a_manifest_of_another_app_is_refused_at_an_apps_address() {
    let daemon = Daemon::start();
    let manifest = b"id: one\nname: One\nversion: 1.0.0\nentrypoint: main.py\n";
    let body = archive("vehicle-app.yaml", EntryType::Regular, manifest);
    let request = daemon.request(Method::POST, "/api/apps/other/install").body(body);
    let (status, body) = daemon.call(request).await;
    assert_eq!(status, 400);
    assert_eq!(
        body["error"]["message"],
        "the manifest in the archive is that of 'one', not of 'other'"
    );
    assert_eq!(left_behind(&daemon), [""; 0]);
}
