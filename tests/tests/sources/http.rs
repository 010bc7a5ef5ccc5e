//! Models from addresses: includes, and what a server can do wrong.

use std::{
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    thread,
};

use crate::assert_golden;
use vehicle_edge_tests::root;
use vss_codegen::{
    Request, compile,
    diagnostic::Code,
    source::{HostLoader, Input},
    target::json,
};

/// What the server answers for a path: status line and body.
type Answer = fn(&str) -> (String, Vec<u8>);

/// The address of a server that runs until the test ends.
fn serve(answer: Answer) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            // A client that hangs up early is part of some tests.
            let _ = respond(stream, answer);
        }
    });
    address
}

fn respond(mut stream: TcpStream, answer: Answer) -> std::io::Result<()> {
    let mut lines = BufReader::new(stream.try_clone()?).lines();
    let request = lines.next().transpose()?.unwrap_or_default();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
    let (head, body) = answer(request.split(' ').nth(1).unwrap_or_default());
    write!(
        stream,
        "HTTP/1.1 {head}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(&body)
}

/// The files of the golden case with includes in two folders.
fn case_files(path: &str) -> (String, Vec<u8>) {
    match std::fs::read(root().join("tests/cases/includes/prefixes").join(&path[1..])) {
        Ok(body) => ("200 OK".to_owned(), body),
        Err(_) if path == "/units.yaml" || path == "/quantities.yaml" => (
            "200 OK".to_owned(),
            std::fs::read(root().join("tests/cases").join(&path[1..])).unwrap(),
        ),
        Err(_) => ("404 Not Found".to_owned(), Vec::new()),
    }
}

fn problems(address: &str) -> String {
    let request = Request { model: Some(Input::parse(address)), ..Request::default() };
    let (catalog, diagnostics) = compile(&request, &HostLoader::new());
    assert!(catalog.is_none());
    // The port is another one each time.
    let origin = address.rsplit_once('/').map_or(address, |(origin, _)| origin);
    let text: String = diagnostics.iter().map(|d| d.render(false)).collect();
    text.replace(origin, "http://SERVER")
}

#[test]
fn includes_of_an_address_are_found_beside_it() {
    let model = Input::parse(&format!("{}/model.vspec", serve(case_files)));
    let request = Request { model: Some(model), ..Request::default() };
    let (catalog, diagnostics) = compile(&request, &HostLoader::new());
    let from_server = json::to_string(&catalog.unwrap_or_else(|| panic!("{diagnostics:?}")), true);
    let golden = root().join("tests/cases/includes/prefixes/result.snap");
    assert!(std::fs::read_to_string(golden).unwrap().contains(&from_server));
}

#[test]
fn a_missing_model_is_reported() {
    let text =
        problems(&format!("{}/model.vspec", serve(|_| ("404 Not Found".to_owned(), vec![]))));
    assert_eq!(
        text,
        "error[VSS001]: cannot read http://SERVER/model.vspec: there is no such file\n"
    );
}

#[test]
fn a_password_in_an_address_is_refused_and_not_shown() {
    let model = Some(Input::parse("https://me:secret@cars.test/model.vspec"));
    let request = Request { model, ..Request::default() };
    assert_golden(Code::AccessRefused, &compile(&request, &HostLoader::new()).1, "no part of it");
}

#[test]
fn a_failing_server_is_reported() {
    let answer = |_: &str| ("500 Internal Server Error".to_owned(), vec![]);
    assert_eq!(
        problems(&format!("{}/model.vspec", serve(answer))),
        "error[VSS001]: cannot read http://SERVER/model.vspec: the server answered 500 Internal Server Error\n"
    );
}

#[test]
fn a_page_in_the_place_of_the_file_is_reported() {
    let answer = |_: &str| ("200 OK".to_owned(), b"\n<!DOCTYPE html>\n<html>a: b: c".to_vec());
    let text = problems(&format!("{}/model.vspec", serve(answer)));
    assert!(text.starts_with("error[VSS004]: this is a web page\n"), "{text}");
    assert!(
        text.contains("name the address of the file itself, on GitHub that of 'Raw'"),
        "{text}"
    );
}

#[test]
fn redirects_without_end_are_cut() {
    let answer = |_: &str| ("302 Found\r\nLocation: /again".to_owned(), vec![]);
    assert_eq!(
        problems(&format!("{}/model.vspec", serve(answer))),
        "error[VSS001]: cannot read http://SERVER/model.vspec: it redirects more than 5 times\n"
    );
}

#[test]
fn a_server_that_is_not_there_is_reported() {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let text = problems(&format!("http://{free}/model.vspec"));
    assert!(text.starts_with("error[VSS001]: cannot read http://SERVER/model.vspec: "), "{text}");
    assert!(text.contains("refused"), "{text}");
}
