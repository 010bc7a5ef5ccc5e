//! Who is told which secret.

use vehicle_edge_tests::vssc;
use vss_codegen::source::{Access, Credentials};

use crate::{
    compiled_with,
    server::{Asked, Server, reply},
};

const MODEL: &str = "Car:\n  type: branch\n  description: A car\n";

fn token_for(host: &str) -> Access {
    let credentials = Credentials {
        token: Some("secret".to_owned()),
        host: Some(host.to_owned()),
        ..Credentials::default()
    };
    Access { credentials, ..Access::default() }
}

/// Lets in who says this; others get a 401.
fn guarded(authorization: &'static str, model: String) -> Server {
    Server::new(move |asked, out| match &*asked.path {
        _ if asked.header("authorization") != Some(authorization) => {
            reply(out, "401 Unauthorized", &[("WWW-Authenticate", "Basic")], b"")
        }
        "/Car.vspec" => reply(out, "200 OK", &[], model.as_bytes()),
        _ => reply(out, "404 Not Found", &[], b""),
    })
}

fn heard_nothing(server: &Server) -> bool {
    let seen = server.take_seen();
    !seen.is_empty() && seen.iter().all(|asked: &Asked| asked.header("authorization").is_none())
}

#[test]
fn a_token_or_a_password_lets_in() {
    let server = guarded("Bearer secret", MODEL.to_owned());
    let (catalog, problems) = compiled_with(token_for(server.host()), &server.at("Car.vspec"));
    assert!(catalog.is_some(), "{problems}");

    // me:pass
    let server = guarded("Basic bWU6cGFzcw==", MODEL.to_owned());
    let credentials = Credentials {
        token: None,
        user: Some("me".to_owned()),
        password: Some("pass".to_owned()),
        host: Some(server.host().to_owned()),
    };
    let access = Access { credentials, ..Access::default() };
    let (catalog, problems) = compiled_with(access, &server.at("Car.vspec"));
    assert!(catalog.is_some(), "{problems}");
}

#[test]
fn no_include_and_no_redirect_takes_a_token_elsewhere() {
    let other = Server::of(vec![
        ("Car.vspec", MODEL),
        ("more.vspec", "Doors:\n  type: branch\n  description: D\n"),
    ]);
    let include = format!("{MODEL}#include {} Car\n", other.at("more.vspec"));
    let server = guarded("Bearer secret", include);
    let (catalog, problems) = compiled_with(token_for(server.host()), &server.at("Car.vspec"));
    assert!(catalog.is_some(), "{problems}");
    assert!(heard_nothing(&other));

    let place = other.at("Car.vspec");
    let redirecting = Server::new(move |asked, out| match &*asked.path {
        "/Car.vspec" if asked.header("authorization") == Some("Bearer secret") => {
            reply(out, "307 Temporary Redirect", &[("Location", &place)], b"")
        }
        _ => reply(out, "404 Not Found", &[], b""),
    });
    let access = token_for(redirecting.host());
    let (catalog, problems) = compiled_with(access, &redirecting.at("Car.vspec"));
    assert!(catalog.is_some(), "{problems}");
    assert!(heard_nothing(&other));
}

#[test]
fn a_proxy_is_told_nothing_of_this_machine() {
    let proxy = Server::new(|_, out| reply(out, "200 OK", &[], MODEL.as_bytes()));
    let server = guarded("Bearer secret", MODEL.to_owned());
    let mut command = vssc().unwrap();
    command.args(["check", &server.at("Car.vspec")]).env("http_proxy", &proxy.origin);
    command.env("VSSC_TOKEN", "secret").env("VSSC_AUTH_HOST", server.host());
    let output = command.output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "Car: 0 signals, no errors\n");
    assert!(server.take_seen().iter().any(|asked| asked.path == "/Car.vspec"));
    assert!(proxy.take_seen().is_empty());
}

#[test]
fn a_server_that_lets_nobody_in_is_reported_with_what_to_set() {
    let server = guarded("nothing", String::new());
    let said = |access| {
        let (catalog, text) = compiled_with(access, &server.at("Car.vspec"));
        assert!(catalog.is_none() && !text.contains("secret"), "{text}");
        let text = text.replace(server.host(), "HOST");
        let begin = "\
error[VSS017]: cannot read http://HOST/Car.vspec: the server answered 401 Unauthorized
  = help: ";
        text.strip_prefix(begin).unwrap_or_else(|| panic!("{text}")).trim_end().to_owned()
    };
    assert_eq!(
        said(Access::default()),
        "set VSSC_TOKEN, or VSSC_USER and VSSC_PASSWORD, and VSSC_AUTH_HOST=HOST"
    );
    assert_eq!(
        said(token_for("cars.test")),
        "VSSC_TOKEN was not sent: VSSC_AUTH_HOST is cars.test, not HOST"
    );
    assert_eq!(said(token_for(server.host())), "VSSC_TOKEN was sent; is it the right one?");
}

#[test]
fn the_program_takes_credentials_from_the_environment() {
    let server = guarded("Bearer secret", MODEL.to_owned());
    let cache = tempfile::tempdir().unwrap();
    let check = |options: &[&str], host: Option<&str>| {
        let mut command = vssc().unwrap();
        command.arg("check").args(options).arg(server.at("Car.vspec"));
        command.env("VSSC_TOKEN", "secret").env("VSSC_CACHE_DIR", cache.path());
        if let Some(host) = host {
            command.env("VSSC_AUTH_HOST", host);
        }
        let output = command.output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap().replace(server.host(), "HOST");
        (output.status.code(), text)
    };
    let no_host = "\
error[VSS017]: cannot read http://HOST/Car.vspec: VSSC_TOKEN is set, but not the host that it is for
  = help: set VSSC_AUTH_HOST=HOST: credentials go to that host alone

1 error
";
    assert_eq!(check(&[], None), (Some(1), no_host.to_owned()));
    // No bar in a pipe, and nothing but the result.
    let fine = (Some(0), "Car: 0 signals, no errors\n".to_owned());
    assert_eq!(check(&["--no-cache"], Some(server.host())), fine);
    assert_eq!(check(&["--offline"], Some(server.host())).0, Some(1));
    assert_eq!(check(&[], Some(server.host())), fine);
    server.take_seen();
    assert_eq!(check(&["--offline"], Some(server.host())), fine);
    assert_eq!(server.take_seen().len(), 0);
}
