//! Models from addresses: includes, and what a server can do wrong.

use std::{io::Write, net::TcpListener, process::Stdio, time::Duration};

use vehicle_edge_tests::{root, vssc};
use vss_codegen::{
    Request, compile,
    diagnostic::Code,
    source::{Access, HostLoader, Input, Limits},
    target::json,
};

use crate::{
    assert_golden, compiled_by, compiled_with, paths,
    server::{Server, head, reply, stall},
    spec_tree,
};

/// The files of the golden case with includes in two folders.
fn case_files() -> Server {
    Server::new(|asked, out| {
        let cases = root().join("tests/cases");
        let own = std::fs::read(cases.join("includes/prefixes").join(&asked.path[1..]));
        let shared = ["/units.yaml", "/quantities.yaml"].contains(&&*asked.path);
        match own {
            Ok(body) => reply(out, "200 OK", &[], &body),
            Err(_) if shared => {
                reply(out, "200 OK", &[], &std::fs::read(cases.join(&asked.path[1..])).unwrap())
            }
            Err(_) => reply(out, "404 Not Found", &[], b""),
        }
    })
}

/// What is said of `model.vspec` at a server, without the port.
fn problems(server: &Server) -> String {
    problems_within(server, Limits::default())
}

fn problems_within(server: &Server, limits: Limits) -> String {
    let access = Access { limits, ..Access::default() };
    let (catalog, text) = compiled_with(access, &server.at("model.vspec"));
    assert!(catalog.is_none());
    text.replace(&server.origin, "http://SERVER")
}

fn unreadable(cause: &str) -> String {
    format!("error[VSS001]: cannot read http://SERVER/model.vspec: {cause}\n")
}

#[test]
fn includes_of_an_address_are_found_beside_it() {
    let server = case_files();
    let (catalog, problems) = compiled_with(Access::default(), &server.at("model.vspec?v=1"));
    let from_server = json::to_string(&catalog.unwrap_or_else(|| panic!("{problems}")), true);
    let golden = root().join("tests/cases/includes/prefixes/result.snap");
    assert!(std::fs::read_to_string(golden).unwrap().contains(&from_server));
}

#[test]
fn everything_that_belongs_to_a_model_may_be_at_an_address() {
    let server = Server::of(spec_tree());
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("Car.vspec");
    std::fs::write(&model, "Car:\n  type: branch\n  description: A car\n#include open Car\n")
        .unwrap();
    let at = |path: &str| vec![Input::parse(&server.at(path))];
    let request = Request {
        model: Some(Input::Path(model)),
        units: at("spec/units.yaml"),
        quantities: at("spec/quantities.yaml"),
        overlays: at("spec/Car.vspec"),
        include_dirs: at("spec/Shared/"),
        ..Request::default()
    };
    let (catalog, problems) = compiled_by(&HostLoader::with(Access::default()), request);
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Car.Gap", "Car.Doors.Gap"]);
}

#[test]
fn struct_types_and_what_they_include_may_be_at_an_address() {
    let types = "Types: {type: branch}\n#include parts.vspec Types\n";
    let parts = "Part: {type: struct}\nPart.Id: {type: property, datatype: uint8}\n";
    let model = "Car: {type: branch}\nCar.Door: {type: sensor, datatype: Types.Part}\n";
    let files = vec![("types.vspec", types), ("parts.vspec", parts), ("model.vspec", model)];
    let server = Server::of(files);
    let request = Request {
        model: Some(Input::parse(&server.at("model.vspec"))),
        types: vec![Input::parse(&server.at("types.vspec"))],
        ..Request::default()
    };
    let (catalog, problems) = compiled_by(&HostLoader::with(Access::default()), request);
    assert_eq!(problems, "");
    let json = json::to_string(&catalog.unwrap(), false);
    assert!(json.contains(r#""Part": {"children": {"Id""#), "{json}");
}

#[test]
fn a_missing_model_is_reported() {
    let server = Server::of(Vec::<(_, Vec<u8>)>::new());
    assert_eq!(problems(&server), unreadable("there is no such file"));
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    let model = Some(Input::parse("https://me:secret@cars.test/model.vspec"));
    let request = Request { model, ..Request::default() };
    let loader = HostLoader::with(Access::default());
    assert_golden(Code::AccessRefused, &compile(&request, &loader).1, "no part of it");
}

#[test]
fn a_password_is_found_however_the_address_is_written() {
    for address in ["https:///me:secret@cars.test/a", "https:////secret@cars.test/a"] {
        let (_, text) = compiled_with(Access::default(), address);
        assert!(text.contains("an address may not hold a name or a password"), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    let (_, text) = compiled_with(Access::default(), "ftp://me:secret@cars.test/model.vspec");
    assert!(text.starts_with("error[VSS001]: cannot read ftp://...@cars.test/model.vspec: "));
}

#[test]
fn a_query_is_not_shown() {
    let server = Server::new(|_, out| reply(out, "200 OK", &[], b"Car:\n  type: brunch\n"));
    let address = server.at("model.vspec?signature=secret");
    let (_, text) = compiled_with(Access::default(), &address);
    assert!(text.contains("/model.vspec?...:2:9\n") && !text.contains("secret"), "{text}");
    let server = Server::new(|_, out| reply(out, "410 Gone", &[], b""));
    let (_, text) = compiled_with(Access::default(), &server.at("model.vspec?signature=secret"));
    assert!(text.contains("/model.vspec?...: there is no such file\n"), "{text}");
}

#[test]
fn a_failing_server_is_reported() {
    let server = Server::new(|_, out| reply(out, "500 Internal Server Error", &[], b""));
    assert_eq!(problems(&server), unreadable("the server answered 500 Internal Server Error"));
}

#[test]
fn a_page_in_the_place_of_the_file_is_reported() {
    let page = b"\n<!DOCTYPE html>\n<html>a: b: c";
    let text = problems(&Server::new(|_, out| reply(out, "200 OK", &[], page)));
    assert!(text.starts_with("error[VSS004]: this is a web page\n"), "{text}");
    let help = "name the address of the file itself, on GitHub that of 'Raw'";
    assert!(text.contains(help), "{text}");
}

#[test]
fn a_redirect_is_followed_and_includes_stay_beside_what_was_named() {
    let tree = Server::of(spec_tree());
    let origin = tree.origin.clone();
    let server = Server::new(move |asked, out| {
        let place = format!("{origin}{}", asked.path.replace("/latest/", "/spec/"));
        reply(out, "302 Found", &[("Location", &place)], b"")
    });
    let (catalog, problems) = compiled_with(Access::default(), &server.at("latest/Car.vspec"));
    // The include goes up and down again, out of the folder that is redirected.
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"]);
}

#[test]
fn redirects_without_end_are_cut() {
    let server = Server::new(|_, out| reply(out, "302 Found", &[("Location", "/again")], b""));
    assert_eq!(problems(&server), unreadable("it redirects more than 5 times"));
    assert_eq!(server.take_seen().len(), 6);
}

#[test]
fn a_server_that_is_not_there_is_reported() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (_, text) = compiled_with(Access::default(), &format!("http://{free}/model.vspec"));
    let begin = format!("error[VSS001]: cannot read http://{free}/model.vspec: ");
    assert!(text.starts_with(&begin) && text.contains("refused"), "{text}");
}

#[test]
fn what_is_no_address_is_reported() {
    for address in ["http://", "http://[::1", "https://cars.test:99999/model.vspec"] {
        let (catalog, text) = compiled_with(Access::default(), address);
        assert!(catalog.is_none());
        let cause = format!("error[VSS001]: cannot read {address}: it is no proper address: ");
        assert!(text.starts_with(&cause), "{text}");
    }
}

#[test]
fn a_body_without_end_is_cut() {
    let limits = Limits { bytes: 2 << 20, ..Limits::default() };
    let endless = Server::new(|_, out| {
        out.write_all(b"HTTP/1.1 200 OK\r\n\r\n")?;
        loop {
            out.write_all(&[b'#'; 4096])?;
        }
    });
    let expected = unreadable("it is larger than 2 MiB");
    assert_eq!(problems_within(&endless, limits.clone()), expected);
    let announced = Server::new(|_, out| {
        head(out, "200 OK", &[], 3 << 20)?;
        stall(out)
    });
    assert_eq!(problems_within(&announced, limits), expected);
}

#[test]
fn a_server_that_falls_silent_is_not_waited_for() {
    let limits = Limits { idle: Duration::from_secs(1), ..Limits::default() };
    let before = Server::new(|_, out| stall(out));
    let text = problems_within(&before, limits.clone());
    assert_eq!(text, unreadable("the server took too long to answer"));
    let within = Server::new(|_, out| {
        head(out, "200 OK", &[], 100)?;
        out.write_all(b"Car:\n")?;
        stall(out)
    });
    let text = problems_within(&within, limits);
    assert_eq!(text, unreadable("the server stopped in the middle of it"));
}

#[test]
fn a_server_that_sends_drop_by_drop_is_left() {
    let limits = Limits { total: Duration::from_millis(100), ..Limits::default() };
    let server = Server::new(|_, out| {
        head(out, "200 OK", &[], 1 << 30)?;
        loop {
            out.write_all(b"#")?;
            out.flush()?;
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let limits = Limits { bytes: 2 << 30, ..limits };
    assert_eq!(problems_within(&server, limits), unreadable("it takes longer than 0 seconds"));
}

#[test]
fn a_body_that_is_shorter_than_announced_is_no_model() {
    let server = Server::new(|_, out| {
        head(out, "200 OK", &[], 100)?;
        out.write_all(b"Car:\n  type: branch\n  description: A car\n")
    });
    let text = problems(&server);
    assert!(text.starts_with(unreadable("it broke off: ").trim_end()), "{text}");
}

#[test]
fn a_model_on_standard_input_may_include_from_an_address() {
    let server = Server::of(vec![("Doors.vspec", "Doors:\n  type: branch\n  description: D\n")]);
    let mut command = vssc().unwrap();
    command.args(["check", "-", "--no-cache"]).stdin(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let include = format!("#include {} Car\n", server.at("Doors.vspec"));
    let text = format!("Car:\n  type: branch\n  description: A car\n{include}");
    child.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "Car: 0 signals, no errors\n");
    assert_eq!(server.take_seen().len(), 1);
}

#[test]
fn a_proxy_of_the_environment_is_used() {
    // A proxy is asked for whole addresses.
    let proxy = Server::new(|asked, out| match &*asked.path {
        "http://cars.test/Car.vspec" => {
            reply(out, "200 OK", &[], b"Car:\n  type: branch\n  description: A car\n")
        }
        _ => reply(out, "404 Not Found", &[], b""),
    });
    let mut command = vssc().unwrap();
    command.args(["check", "--no-cache", "http://cars.test/Car.vspec"]);
    let output = command.env("http_proxy", &proxy.origin).output().unwrap();
    assert_eq!(String::from_utf8(output.stderr).unwrap(), "Car: 0 signals, no errors\n");
}
