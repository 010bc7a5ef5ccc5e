//! Models from http(s) addresses, within limits of time, size and redirects.

use std::{sync::OnceLock, time::Duration};

use reqwest::{StatusCode, blocking, redirect};

use super::{LoadError, address, read_all};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TOTAL_TIMEOUT: Duration = Duration::from_secs(60);
const MAX_REDIRECTS: usize = 5;

/// Made on first use: most models are files, and a client costs milliseconds.
#[derive(Debug, Default)]
pub(super) struct Client {
    inner: OnceLock<Result<blocking::Client, String>>,
}

impl Client {
    pub(super) fn get(&self, url: &str) -> Result<Vec<u8>, LoadError> {
        if address::has_userinfo(url) {
            return Err(LoadError::Access {
                cause: "an address may not hold a name or a password".to_owned(),
                help: "take them out of it: others see what is written on a command line or in \
                       a model"
                    .to_owned(),
            });
        }
        let client =
            self.inner.get_or_init(build).as_ref().map_err(|e| LoadError::Other(e.clone()))?;
        let response = client.get(url).send().map_err(describe)?;
        match response.status() {
            StatusCode::NOT_FOUND | StatusCode::GONE => return Err(LoadError::NotFound),
            status if !status.is_success() => {
                return Err(LoadError::Other(format!("the server answered {status}")));
            }
            _ => {}
        }
        read_all(response)
    }
}

fn build() -> Result<blocking::Client, String> {
    // Fails when the program has already chosen a provider, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    blocking::Client::builder()
        .user_agent(concat!("vssc/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(TOTAL_TIMEOUT)
        .redirect(redirect::Policy::limited(MAX_REDIRECTS))
        .build()
        .map_err(|error| format!("no http client: {error}"))
}

/// reqwest's own text says "error sending request"; the cause is at the end of the chain.
fn describe(error: reqwest::Error) -> LoadError {
    if error.is_timeout() {
        return LoadError::Other("the server took too long to answer".to_owned());
    }
    if error.is_redirect() {
        return LoadError::Other(format!("it redirects more than {MAX_REDIRECTS} times"));
    }
    let mut cause: &dyn std::error::Error = &error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    LoadError::Other(cause.to_string())
}
