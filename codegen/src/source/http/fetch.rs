//! One question to a server, within the limits.

use std::{
    error::Error,
    fs,
    io::{ErrorKind, Read},
    path::Path,
    time::Instant,
};

use reqwest::{
    Certificate, StatusCode, Url,
    blocking::{Client, Response},
    header::{
        CACHE_CONTROL, ETAG, HeaderMap, HeaderName, HeaderValue, IF_MODIFIED_SINCE, IF_NONE_MATCH,
        LAST_MODIFIED,
    },
    redirect,
};

use super::{
    Access, Limits,
    cache::{Copied, Validators},
    credentials::Login,
};
use crate::source::{LoadError, address};

pub(super) enum Answer {
    Content {
        bytes: Vec<u8>,
        validators: Validators,
        may_keep: bool,
    },
    /// The copy is as good as new.
    Unchanged,
    Absent,
}

const CHUNK: usize = 64 << 10;

/// `by_proxy`: by way of those that the environment names, if it does.
pub(super) fn client(access: &Access, by_proxy: bool) -> Result<Client, LoadError> {
    // Fails when the program has already chosen a provider, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let limits = &access.limits;
    let mut builder = Client::builder()
        .user_agent(concat!("vssc/", env!("CARGO_PKG_VERSION")))
        .connect_timeout(limits.connect)
        .timeout(limits.idle)
        // An address may carry a signature, which is nobody else's business.
        .referer(false)
        .redirect(redirects(limits.redirects));
    if !by_proxy {
        builder = builder.no_proxy();
    }
    if let Some(path) = &access.ca {
        builder = builder.tls_certs_merge(certificates(path)?);
    }
    builder.build().map_err(|error| match &access.ca {
        Some(path) => bad_certificates(path, &cause(&error)),
        None => LoadError::Other(format!("no http client: {}", cause(&error))),
    })
}

fn certificates(path: &Path) -> Result<Vec<Certificate>, LoadError> {
    let pem = fs::read(path).map_err(|error| bad_certificates(path, &error.to_string()))?;
    let certificates = Certificate::from_pem_bundle(&pem)
        .map_err(|error| bad_certificates(path, &cause(&error)))?;
    if certificates.is_empty() {
        return Err(bad_certificates(path, "there is none in PEM format"));
    }
    Ok(certificates)
}

fn bad_certificates(path: &Path, cause: &str) -> LoadError {
    LoadError::Other(format!("the certificates in {} cannot be read: {cause}", path.display()))
}

/// reqwest takes the credentials out where a redirect leads to another host.
fn redirects(limit: usize) -> redirect::Policy {
    redirect::Policy::custom(move |attempt| {
        let was_encrypted = attempt.previous().iter().any(|url| url.scheme() == "https");
        if attempt.previous().len() > limit {
            attempt.error(format!("it redirects more than {limit} times"))
        } else if was_encrypted && attempt.url().scheme() != "https" {
            attempt.error("it redirects from https to http")
        } else {
            attempt.follow()
        }
    })
}

pub(super) fn fetch(
    client: &Client,
    access: &Access,
    url: Url,
    login: Option<Login>,
    copy: Option<&Copied>,
) -> Result<Answer, LoadError> {
    let started = Instant::now();
    let mut progress = access.progress.map(|begin| begin(&address::without_secrets(url.as_str())));
    let was_sent = login.is_some();
    let mut request = client.get(url);
    if let Some(copy) = copy {
        let Validators { etag, last_modified } = &copy.validators;
        let headers = [(IF_NONE_MATCH, etag), (IF_MODIFIED_SINCE, last_modified)];
        for (name, value) in headers {
            request = value.iter().fold(request, |request, value| request.header(&name, value));
        }
    }
    if let Some(login) = login {
        request = login.add_to(request);
    }
    let response = request.send().map_err(describe)?;
    match response.status() {
        StatusCode::NOT_MODIFIED => return Ok(Answer::Unchanged),
        StatusCode::NOT_FOUND | StatusCode::GONE => return Ok(Answer::Absent),
        status @ (StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) => {
            return Err(access.credentials.denied(status, response.url(), was_sent));
        }
        status if !status.is_success() => {
            return Err(LoadError::Other(format!("the server answered {status}")));
        }
        _ => {}
    }
    let validators = Validators {
        etag: header(response.headers(), ETAG),
        last_modified: header(response.headers(), LAST_MODIFIED),
    };
    let may_keep = may_keep(response.headers());
    let announced = response.content_length();
    let received = |bytes| {
        if let Some(progress) = &mut progress {
            progress.received(bytes, announced);
        }
    };
    let bytes = read(response, &access.limits, started, received)?;
    Ok(Answer::Content { bytes, validators, may_keep })
}

/// A server may say it in several headers, and in any case of letters.
fn may_keep(headers: &HeaderMap) -> bool {
    let forbids = |value: &HeaderValue| {
        String::from_utf8_lossy(value.as_bytes()).to_ascii_lowercase().contains("no-store")
    };
    !headers.get_all(CACHE_CONTROL).iter().any(forbids)
}

fn header(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn read(
    mut response: Response,
    limits: &Limits,
    started: Instant,
    mut received: impl FnMut(u64),
) -> Result<Vec<u8>, LoadError> {
    let too_large = || LoadError::Other(format!("it is larger than {} MiB", limits.bytes >> 20));
    if response.content_length().is_some_and(|length| length > limits.bytes) {
        return Err(too_large());
    }
    let mut bytes = Vec::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = match response.read(&mut chunk) {
            Ok(0) => return Ok(bytes),
            Ok(read) => read,
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            Err(error) => return Err(broken_off(&error)),
        };
        bytes.extend_from_slice(&chunk[..read]);
        received(bytes.len() as u64);
        if bytes.len() as u64 > limits.bytes {
            return Err(too_large());
        }
        if started.elapsed() > limits.total {
            let limit = limits.total.as_secs();
            return Err(LoadError::Other(format!("it takes longer than {limit} seconds")));
        }
    }
}

fn broken_off(error: &std::io::Error) -> LoadError {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<reqwest::Error>());
    if error.kind() == ErrorKind::TimedOut || inner.is_some_and(reqwest::Error::is_timeout) {
        return LoadError::Other("the server stopped in the middle of it".to_owned());
    }
    LoadError::Other(format!("it broke off: {}", cause(error)))
}

fn describe(error: reqwest::Error) -> LoadError {
    if error.is_timeout() {
        return LoadError::Other("the server took too long to answer".to_owned());
    }
    let cause = cause(&error);
    if cause.contains("certificate") {
        let help = "the certificate of an authority of your own is named with --ca FILE or VSSC_CA";
        return LoadError::Advised { cause, help: help.to_owned() };
    }
    LoadError::Other(cause)
}

/// reqwest's own text says "error sending request"; the cause is at the end of the chain.
fn cause(error: &dyn Error) -> String {
    let mut cause = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}
