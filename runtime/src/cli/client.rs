//! The API over HTTP, as the commands use it.

use std::time::Duration;

use anyhow::{Context, Result};
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url};
use serde::de::DeserializeOwned;

use super::failure::Failure;
use crate::api::wire::{ErrorBody, ErrorReply};

#[derive(Clone, Debug)]
pub(crate) struct Client {
    base: Url,
    http: reqwest::Client,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// What an answer may take beyond the wait that was asked for.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);

impl Client {
    pub(crate) fn new(server: &str) -> Result<Client> {
        let base = Url::parse(server).ok().filter(|base| base.scheme() == "http");
        let base = base.filter(|base| base.host_str().is_some()).ok_or_else(|| {
            Failure::Usage(format!(
                "--server {server}: an address like http://127.0.0.1:3002 is needed"
            ))
        })?;
        // Asked for even where no https is used; a second provider is no harm.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let http = reqwest::Client::builder()
            // The API is on this machine; a proxy would look for it on its own.
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            // While a pager holds us up, the runtime hangs up on a connection that idles.
            .pool_max_idle_per_host(0)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Client { base, http })
    }

    /// An address of the API; `query` is encoded.
    pub(crate) fn url(&self, path: &str, query: &[(&str, &str)]) -> Url {
        let mut url = self.base.clone();
        url.set_path(path);
        url.set_query(None);
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    pub(crate) fn server(&self) -> &str {
        self.base.as_str().trim_end_matches('/')
    }

    pub(crate) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).timeout(ANSWER_TIMEOUT)
    }

    pub(crate) async fn get<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
    ) -> Result<T> {
        self.json(self.request(Method::GET, self.url(path, query))).await
    }

    /// An operation that may wait on the other side.
    pub(crate) async fn post<T: DeserializeOwned>(
        &self,
        path: &str,
        query: &[(&str, &str)],
        wait: Duration,
    ) -> Result<T> {
        let request = self.request(Method::POST, self.url(path, query));
        self.json(request.timeout(wait + ANSWER_TIMEOUT)).await
    }

    pub(crate) async fn json<T: DeserializeOwned>(&self, request: RequestBuilder) -> Result<T> {
        let response = self.send(request).await?;
        let text = response.text().await.map_err(|error| self.unreachable(&error))?;
        serde_json::from_str(&text)
            .with_context(|| format!("{} answers as no vehicle-edge does", self.server()))
    }

    /// Sends; an error answer becomes an error.
    pub(crate) async fn send(&self, request: RequestBuilder) -> Result<Response> {
        let response = request.send().await.map_err(|error| self.unreachable(&error))?;
        if response.status().is_success() {
            return Ok(response);
        }
        let status = response.status();
        let text = response.text().await.unwrap_or_default();
        Err(self.refusal(status, &text).into())
    }

    fn refusal(&self, status: StatusCode, text: &str) -> Failure {
        match serde_json::from_str::<ErrorReply>(text) {
            Ok(reply) => Failure::Refused(reply.error),
            Err(_) => Failure::Refused(ErrorBody {
                code: "unknown".to_owned(),
                message: format!("{} answers {status}: is it a vehicle-edge?", self.server()),
                details: None,
            }),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> Failure {
        let mut cause: &dyn std::error::Error = error;
        while let Some(source) = cause.source() {
            cause = source;
        }
        Failure::Unreachable { server: self.server().to_owned(), cause: cause.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read, Write},
        net::TcpListener,
        time::Duration,
    };

    use super::Client;

    #[tokio::test]
    async fn a_command_held_up_by_a_pager_goes_on_where_it_was() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        // Like the runtime, hangs up on a connection that is not used for a moment.
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let mut connection = connection.unwrap();
                let _ = connection.read(&mut [0; 4096]).unwrap();
                connection.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n7").unwrap();
            }
        });
        let client = Client::new(&address).unwrap();
        for _ in 0..3 {
            assert_eq!(client.get::<u8>("/", &[]).await.unwrap(), 7);
            // Not the runtime's sleep: a write to a full pipe holds up everything.
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    #[test]
    fn addresses_are_built_from_any_spelling_of_the_server() {
        for server in
            ["http://127.0.0.1:3002", "http://127.0.0.1:3002/", "http://127.0.0.1:3002/x?y"]
        {
            let client = Client::new(server).unwrap();
            let url = client.url("/api/signals", &[("path", "Vehicle.*,A B")]);
            assert_eq!(url.as_str(), "http://127.0.0.1:3002/api/signals?path=Vehicle.*%2CA+B");
        }
    }

    #[test]
    fn a_server_without_http_is_refused() {
        for server in ["127.0.0.1:3002", "https://127.0.0.1", "unix:///x"] {
            assert!(Client::new(server).is_err(), "{server}");
        }
    }
}
