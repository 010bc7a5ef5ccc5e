//! Copies of what servers sent, and what is done without a network.

use std::{
    fs, io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use tempfile::TempDir;
use vss_codegen::{
    Request, compile,
    diagnostic::Code,
    source::{Access, Credentials, HostLoader, Input},
};

use crate::{
    assert_golden, compiled_with, paths,
    server::{Asked, Server, Stream, reply},
    spec_tree,
};

fn access(cache: &TempDir) -> Access {
    Access { cache: Some(cache.path().join("vssc")), ..Access::default() }
}

fn offline(cache: &TempDir) -> Access {
    Access { offline: true, ..access(cache) }
}

/// The models of this version as they were served.
fn model(version: usize) -> Vec<u8> {
    format!("Car{version}:\n  type: branch\n  description: A car\n").into_bytes()
}

/// Serves a model whose name tells its version, which counts how often it was changed.
fn versioned(validator: &'static str, condition: &'static str) -> (Server, Arc<AtomicUsize>) {
    let version = Arc::new(AtomicUsize::new(1));
    let current = version.clone();
    let server = Server::new(move |asked: &Asked, out: &mut dyn Stream| -> io::Result<()> {
        let version = current.load(Ordering::SeqCst);
        let value = format!("\"{version}\"");
        match &*asked.path {
            "/Car.vspec" if version == 0 => reply(out, "503 Service Unavailable", &[], b""),
            "/Car.vspec" if asked.header(condition) == Some(&value) => {
                reply(out, "304 Not Modified", &[], b"")
            }
            "/Car.vspec" => reply(out, "200 OK", &[(validator, &value)], &model(version)),
            _ => reply(out, "404 Not Found", &[], b""),
        }
    });
    (server, version)
}

fn root(access: Access, server: &Server) -> String {
    let (catalog, problems) = compiled_with(access, &server.at("Car.vspec"));
    catalog.unwrap_or_else(|| panic!("{problems}")).root.name
}

#[test]
fn what_has_not_changed_is_not_sent_again() {
    for (validator, condition) in
        [("ETag", "if-none-match"), ("Last-Modified", "if-modified-since")]
    {
        let cache = tempfile::tempdir().unwrap();
        let (server, version) = versioned(validator, condition);
        let condition_of_model = || {
            let seen = server.take_seen();
            let model = seen.iter().find(|asked| asked.path == "/Car.vspec").unwrap();
            model.header(condition).map(str::to_owned)
        };
        assert_eq!(root(access(&cache), &server), "Car1");
        assert_eq!(condition_of_model(), None);
        assert_eq!(root(access(&cache), &server), "Car1");
        assert_eq!(condition_of_model().as_deref(), Some("\"1\""));
        version.store(2, Ordering::SeqCst);
        assert_eq!(root(access(&cache), &server), "Car2");
        assert_eq!(root(offline(&cache), &server), "Car2");
    }
}

#[test]
fn a_whole_tree_is_read_without_a_network() {
    let cache = tempfile::tempdir().unwrap();
    let server = Server::of(spec_tree());
    let model = server.at("spec/Car.vspec");
    let (first, _) = compiled_with(access(&cache), &model);
    assert!(server.take_seen().iter().any(|asked| asked.path == "/Shared/open.vspec"));
    // The files that were not there, where the search for an include began, are known, too.
    let (second, problems) = compiled_with(offline(&cache), &model);
    assert_eq!(problems, "");
    assert_eq!(paths(&first.unwrap()), paths(&second.unwrap()));
    assert_eq!(server.take_seen().len(), 0);
}

#[test]
fn without_a_network_and_a_copy_there_is_an_error() {
    let cache = tempfile::tempdir().unwrap();
    let model = Some(Input::parse("https://cars.test/Car.vspec"));
    let request = Request { model, ..Request::default() };
    let diagnostics = compile(&request, &HostLoader::with(offline(&cache))).1;
    assert_golden(Code::NotCached, &diagnostics, "no part of it");
}

#[test]
fn a_copy_is_offered_where_a_server_fails_but_not_taken() {
    let cache = tempfile::tempdir().unwrap();
    let (server, version) = versioned("ETag", "if-none-match");
    assert_eq!(root(access(&cache), &server), "Car1");
    version.store(0, Ordering::SeqCst);
    let (catalog, text) = compiled_with(access(&cache), &server.at("Car.vspec"));
    assert!(catalog.is_none());
    let text = text.replace(&server.origin, "http://SERVER");
    let begin = "\
error[VSS001]: cannot read http://SERVER/Car.vspec: the server answered 503 Service Unavailable
  = help: --offline (or VSSC_OFFLINE=1) reads the copy of 20";
    assert!(text.starts_with(begin) && text.ends_with(" UTC\n"), "{text}");
    assert_eq!(root(offline(&cache), &server), "Car1");
}

#[test]
fn a_broken_copy_is_read_anew() {
    let cache = tempfile::tempdir().unwrap();
    let (server, _) = versioned("ETag", "if-none-match");
    assert_eq!(root(access(&cache), &server), "Car1");
    for entry in fs::read_dir(cache.path().join("vssc")).unwrap() {
        let path = entry.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        fs::write(path, text.replace("Car1", "Cat1")).unwrap();
    }
    assert_eq!(root(access(&cache), &server), "Car1");
}

#[test]
fn a_cache_that_cannot_be_is_none() {
    let cache = tempfile::tempdir().unwrap();
    fs::write(cache.path().join("vssc"), "a file").unwrap();
    let (server, _) = versioned("ETag", "if-none-match");
    assert_eq!(root(access(&cache), &server), "Car1");
    assert_eq!(root(Access::default(), &server), "Car1");
}

#[test]
fn what_may_not_be_kept_is_not() {
    let cache = tempfile::tempdir().unwrap();
    let headers = [("Cache-Control", "private"), ("Cache-Control", "No-Store"), ("ETag", "\"1\"")];
    let server = Server::new(move |asked, out| match &*asked.path {
        "/Car.vspec" => reply(out, "200 OK", &headers, &model(1)),
        _ => reply(out, "404 Not Found", &[], b""),
    });
    assert_eq!(root(access(&cache), &server), "Car1");
    let (catalog, text) = compiled_with(offline(&cache), &server.at("Car.vspec"));
    assert!(catalog.is_none() && text.starts_with("error[VSS016]: "), "{text}");
}

#[test]
fn copies_tell_no_secrets_and_are_kept_apart_by_credentials() {
    let cache = tempfile::tempdir().unwrap();
    let (server, _) = versioned("ETag", "if-none-match");
    let credentials = Credentials {
        token: Some("secret-token".to_owned()),
        host: Some(server.host().to_owned()),
        ..Credentials::default()
    };
    let with_token = Access { credentials, ..access(&cache) };
    let address = server.at("Car.vspec?key=secret-key");
    let (catalog, problems) = compiled_with(with_token.clone(), &address);
    assert!(catalog.is_some(), "{problems}");
    assert_eq!(root(with_token, &server), "Car1");
    let mut copies = 0;
    for entry in fs::read_dir(cache.path().join("vssc")).unwrap() {
        let path = entry.unwrap().path();
        let text = path.display().to_string() + &fs::read_to_string(&path).unwrap();
        assert!(!text.contains("secret"), "{text}");
        copies += 1;
    }
    assert!(copies > 1);
    let (catalog, _) = compiled_with(offline(&cache), &server.at("Car.vspec"));
    assert!(catalog.is_none(), "a copy of somebody who gave credentials");
}
