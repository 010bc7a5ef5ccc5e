//! A server whose every answer a test writes itself, the wrong ones too.

use std::{
    io::{self, BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread,
};

/// What a client asked for.
#[derive(Clone, Debug)]
pub(crate) struct Asked {
    pub(crate) path: String,
    /// Without the mark before it; empty where there is none.
    pub(crate) query: String,
    /// In lower case, with their values.
    headers: Vec<(String, String)>,
}

impl Asked {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| &**value)
    }

    fn read(stream: &mut dyn Read) -> io::Result<Asked> {
        let mut lines = BufReader::new(stream).lines();
        let first = lines.next().transpose()?.unwrap_or_default();
        let headers = lines.map_while(Result::ok).take_while(|line| !line.is_empty());
        let headers = headers.filter_map(|line| {
            let (name, value) = line.split_once(": ")?;
            Some((name.to_ascii_lowercase(), value.to_owned()))
        });
        let place = first.split(' ').nth(1).unwrap_or_default();
        let (path, query) = place.split_once('?').unwrap_or((place, ""));
        let (path, query) = (path.to_owned(), query.to_owned());
        Ok(Asked { path, query, headers: headers.collect() })
    }
}

/// A connection, encrypted or not.
pub(crate) trait Stream: Read + Write {}
impl<T: Read + Write> Stream for T {}

type Seen = Arc<Mutex<Vec<Asked>>>;

/// Answers until the test ends.
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub(crate) origin: String,
    seen: Seen,
}

impl Server {
    pub(crate) fn new(
        answer: impl Fn(&Asked, &mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        Server::over("http", |stream| Ok(Box::new(stream)), answer)
    }

    /// `open` makes of a connection what requests are read from.
    pub(crate) fn over(
        scheme: &str,
        open: impl Fn(TcpStream) -> io::Result<Box<dyn Stream>> + Send + Sync + 'static,
        answer: impl Fn(&Asked, &mut dyn Stream) -> io::Result<()> + Send + Sync + 'static,
    ) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let seen = Seen::default();
        let shared = Arc::new((open, answer, seen.clone()));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let shared = shared.clone();
                thread::spawn(move || {
                    // A client that hangs up early is part of some tests.
                    let _ = (shared.0)(stream).and_then(|mut stream| {
                        let asked = Asked::read(&mut stream)?;
                        shared.2.lock().unwrap().push(asked.clone());
                        (shared.1)(&asked, &mut stream)?;
                        stream.flush()
                    });
                });
            }
        });
        Server { origin, seen }
    }

    /// Serves files by their paths.
    pub(crate) fn of(files: Vec<(&'static str, impl Into<Vec<u8>>)>) -> Server {
        let files: Vec<(String, Vec<u8>)> =
            files.into_iter().map(|(name, body)| (format!("/{name}"), body.into())).collect();
        Server::new(move |asked, out| match files.iter().find(|(path, _)| *path == asked.path) {
            Some((_, body)) => reply(out, "200 OK", &[("ETag", "\"1\"")], body),
            None => reply(out, "404 Not Found", &[], b""),
        })
    }

    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}/{path}", self.origin)
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn host(&self) -> &str {
        self.origin.split_once("://").unwrap().1
    }

    /// What was asked since the last time.
    pub(crate) fn take_seen(&self) -> Vec<Asked> {
        std::mem::take(&mut self.seen.lock().unwrap())
    }
}

pub(crate) fn reply(
    out: &mut dyn Stream,
    status: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> io::Result<()> {
    head(out, status, headers, body.len())?;
    out.write_all(body)
}

/// The part before a body of an announced length.
pub(crate) fn head(
    out: &mut dyn Stream,
    status: &str,
    headers: &[(&str, &str)],
    length: usize,
) -> io::Result<()> {
    let mut head = format!("HTTP/1.1 {status}\r\nContent-Length: {length}\r\n");
    for (name, value) in headers {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    out.write_all(format!("{head}Connection: close\r\n\r\n").as_bytes())
}

/// Says nothing more until the client has had enough.
pub(crate) fn stall(out: &mut dyn Stream) -> io::Result<()> {
    out.flush()?;
    out.read(&mut [0]).map(drop)
}
