//! What the end-to-end tests share: where things are, and a server for one file.
//!
//! The tests drive the built programs, so `cargo build` comes first; `make test` does that.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use anyhow::{Context, Result, ensure};

mod daemon;
mod rust_crate;

pub use daemon::{Console, Daemon};
pub use rust_crate::RustWorkspace;

/// The repository's root.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// A program of ours that `cargo build` made with the profile of this test.
pub fn program(name: &str) -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    // target/<profile>/deps/<test>
    let folder = test.parent().and_then(Path::parent).context("no target folder")?;
    let program = folder.join(name);
    ensure!(program.is_file(), "{} is missing: run `cargo build` first", program.display());
    Ok(program)
}

/// What a person may have set, which counts for `vssc`.
const SETTINGS: [&str; 16] = [
    "VSSC_TOKEN",
    "VSSC_USER",
    "VSSC_PASSWORD",
    "VSSC_AUTH_HOST",
    "VSSC_OFFLINE",
    "VSSC_CA",
    "http_proxy",
    "HTTP_PROXY",
    "https_proxy",
    "HTTPS_PROXY",
    "all_proxy",
    "ALL_PROXY",
    "no_proxy",
    "NO_PROXY",
    "NO_COLOR",
    "CLICOLOR_FORCE",
];

/// A command of `vssc`, ready for arguments: without the settings of whoever runs the tests,
/// and with no cache.
pub fn vssc() -> Result<Command> {
    let mut command = Command::new(program("vssc")?);
    command.env("VSSC_CACHE_DIR", "");
    for name in SETTINGS {
        command.env_remove(name);
    }
    Ok(command)
}

/// Python of the development environment that `make setup` makes.
pub fn python() -> Result<PathBuf> {
    let python = root().join(".venv/bin/python");
    ensure!(python.is_file(), "{} is missing: run `make setup` first", python.display());
    Ok(python)
}

/// The real VSS catalogue, which stands beside a checkout on some machines and is no part
/// of it. Prints that the test is skipped where it is absent.
pub fn catalogue(version: &str) -> Option<PathBuf> {
    let folder = root().parent()?.join("shared/vss");
    let found = folder.join(version).is_dir();
    if !found {
        eprintln!("skipped: no VSS catalogue {version} at {}", folder.display());
    }
    found.then_some(folder)
}

/// Serves `body` at `http://127.0.0.1:PORT/<name>` until the test ends; gives the address.
pub fn serve_file(name: &str, body: Vec<u8>) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}/{name}", listener.local_addr()?);
    let path = format!("/{name}");
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let _ = answer(stream, &path, &body);
        }
    });
    Ok(address)
}

fn answer(mut stream: std::net::TcpStream, path: &str, body: &[u8]) -> std::io::Result<()> {
    let mut request = String::new();
    let mut reader = BufReader::new(stream.try_clone()?);
    reader.read_line(&mut request)?;
    let mut header = String::new();
    while reader.read_line(&mut header)? > 2 {
        header.clear();
    }
    let found = request.split(' ').nth(1) == Some(path);
    let (status, body) = if found { ("200 OK", body) } else { ("404 Not Found", &b""[..]) };
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
        body.len()
    )?;
    stream.write_all(body)
}
