//! Keeps foreign web pages out.
//!
//! The daemon listens on loopback, yet a page in a browser on the same machine can send
//! requests there: directly (then its `Origin` is foreign), or through a name that its
//! author points at 127.0.0.1 (then the `Host` is foreign, and the page may even read the
//! answers). Both headers must name this machine.

use std::net::IpAddr;

use axum::{
    extract::Request,
    http::{HeaderMap, Uri, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::error::ApiError;

pub(crate) async fn only_this_machine(request: Request, next: Next) -> Response {
    match check(request.uri(), request.headers()) {
        Ok(()) => next.run(request).await,
        Err(reason) => ApiError::forbidden(reason).into_response(),
    }
}

fn check(uri: &Uri, headers: &HeaderMap) -> Result<(), String> {
    if headers.get_all(header::HOST).iter().count() > 1 {
        return Err("the request has more than one Host header".to_owned());
    }
    let host = match uri.authority() {
        // The absolute form of a request line overrides the header.
        Some(authority) => Some(authority.as_str()),
        None => headers.get(header::HOST).and_then(|value| value.to_str().ok()),
    };
    let host = host.ok_or("the request has no Host header")?;
    if !is_loopback(host) {
        return Err(format!(
            "the Host '{host}' is not this machine; use 127.0.0.1, [::1] or localhost"
        ));
    }
    for origin in headers.get_all(header::ORIGIN) {
        let text = origin.to_str().unwrap_or("(unreadable)");
        if !is_local_origin(text) {
            return Err(format!("pages of '{text}' may not use this API"));
        }
    }
    Ok(())
}

fn is_local_origin(origin: &str) -> bool {
    let rest = origin.strip_prefix("http://").or_else(|| origin.strip_prefix("https://"));
    rest.is_some_and(is_loopback)
}

/// Whether `host`, with or without a port, is a loopback address or `localhost`.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    if name.eq_ignore_ascii_case("localhost") {
        return true;
    }
    let address = name.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(name);
    address.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pairs: &[(header::HeaderName, &str)]) -> Result<(), String> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(name, value.parse().unwrap());
        }
        check(&Uri::from_static("/api/apps"), &headers)
    }

    #[test]
    fn loopback_names_pass_with_any_port() {
        for host in ["127.0.0.1", "127.0.0.1:3002", "localhost:80", "LOCALHOST", "[::1]:1"] {
            assert_eq!(verdict(&[(header::HOST, host)]), Ok(()), "{host}");
        }
        let origin = (header::ORIGIN, "http://localhost:5173");
        assert_eq!(verdict(&[(header::HOST, "[::1]"), origin]), Ok(()));
    }

    #[test]
    fn names_that_only_look_local_are_refused() {
        for host in
            ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:3002", "", "0.0.0.0"]
        {
            assert!(verdict(&[(header::HOST, host)]).is_err(), "{host}");
        }
        assert_eq!(verdict(&[]), Err("the request has no Host header".to_owned()));
        assert_eq!(
            verdict(&[(header::HOST, "evil.example")]).unwrap_err(),
            "the Host 'evil.example' is not this machine; use 127.0.0.1, [::1] or localhost"
        );
    }

    #[test]
    fn the_request_line_overrides_the_header() {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "127.0.0.1".parse().unwrap());
        assert!(check(&Uri::from_static("http://evil.example/api"), &headers).is_err());
    }

    #[test]
    fn foreign_and_opaque_origins_are_refused() {
        for origin in ["http://evil.example", "null", "file://", "http://127.0.0.1.evil.example"] {
            let error = verdict(&[(header::HOST, "127.0.0.1"), (header::ORIGIN, origin)]);
            assert_eq!(error, Err(format!("pages of '{origin}' may not use this API")));
        }
    }
}
