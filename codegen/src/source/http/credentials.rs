//! Who we are to a server, and to which one alone.

use std::fmt;

use reqwest::{StatusCode, Url, blocking::RequestBuilder};

use crate::source::LoadError;

/// A token, or a user with a password, and the one host that they are for.
#[derive(Clone, Default)]
pub struct Credentials {
    pub token: Option<String>,
    pub user: Option<String>,
    pub password: Option<String>,
    /// `cars.test` or `cars.test:8443`. Credentials are sent nowhere else.
    pub host: Option<String>,
}

/// What is sent to one address.
#[derive(Clone)]
pub(super) enum Login {
    Token(String),
    User(String, String),
}

impl Credentials {
    /// What to send to an address: nothing, unless it is at the host that they are for.
    pub(super) fn login(&self, url: &Url) -> Result<Option<Login>, LoadError> {
        let Some(login) = self.chosen()? else { return Ok(None) };
        let Some(host) = &self.host else {
            return Err(refused(
                format!("{} is set, but not the host that it is for", self.variable()),
                format!("set VSSC_AUTH_HOST={}: credentials go to that host alone", host_of(url)),
            ));
        };
        if !is_at(url, host) {
            return Ok(None);
        }
        if url.scheme() != "https" && !is_this_machine(url) {
            return Err(refused(
                format!("{} is not sent without encryption", self.variable()),
                "name the address with https://",
            ));
        }
        Ok(Some(login))
    }

    fn chosen(&self) -> Result<Option<Login>, LoadError> {
        match (&self.token, &self.user, &self.password) {
            (None, None, None) => Ok(None),
            (Some(token), None, None) => {
                let token = token.trim();
                if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
                    let help = "a token is one word of ASCII letters, digits and marks";
                    return Err(refused("VSSC_TOKEN is no token", help));
                }
                Ok(Some(Login::Token(token.to_owned())))
            }
            (None, Some(user), password) => {
                Ok(Some(Login::User(user.clone(), password.clone().unwrap_or_default())))
            }
            (None, None, Some(_)) => {
                Err(refused("VSSC_PASSWORD is set without VSSC_USER", "set both or neither"))
            }
            (Some(_), ..) => Err(refused(
                "VSSC_TOKEN and VSSC_USER or VSSC_PASSWORD are set",
                "set the token alone, or the user with the password",
            )),
        }
    }

    fn variable(&self) -> &'static str {
        if self.token.is_some() { "VSSC_TOKEN" } else { "VSSC_USER" }
    }

    /// What to say of a server that lets nobody in. `url` is where a redirect led to.
    pub(super) fn denied(&self, status: StatusCode, url: &Url, was_sent: bool) -> LoadError {
        let host = host_of(url);
        let is_here = self.host.as_deref().is_some_and(|own| is_at(url, own));
        let help = match &self.host {
            _ if was_sent && is_here => {
                format!("{} was sent; is it the right one?", self.variable())
            }
            Some(own) if matches!(self.chosen(), Ok(Some(_))) && !is_here => {
                format!("{} was not sent: VSSC_AUTH_HOST is {own}, not {host}", self.variable())
            }
            _ => {
                format!("set VSSC_TOKEN, or VSSC_USER and VSSC_PASSWORD, and VSSC_AUTH_HOST={host}")
            }
        };
        refused(format!("the server answered {status}"), help)
    }
}

impl Login {
    pub(super) fn add_to(self, request: RequestBuilder) -> RequestBuilder {
        match self {
            Login::Token(token) => request.bearer_auth(token),
            Login::User(user, password) => request.basic_auth(user, Some(password)),
        }
    }
}

/// Without the secrets.
impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_set = self.token.is_some() || self.user.is_some() || self.password.is_some();
        f.debug_struct("Credentials").field("host", &self.host).field("is_set", &is_set).finish()
    }
}

fn refused(cause: impl Into<String>, help: impl Into<String>) -> LoadError {
    LoadError::Access { cause: cause.into(), help: help.into() }
}

/// With the port, unless it is the usual one.
fn host_of(url: &Url) -> String {
    let host = url.host_str().unwrap_or_default();
    url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"))
}

/// Whether `host`, as a user writes it, is that of the address.
fn is_at(url: &Url, host: &str) -> bool {
    let host = host.trim().trim_end_matches('/');
    let host = host.strip_prefix("https://").unwrap_or(host);
    let host = host.strip_prefix("http://").unwrap_or(host).to_ascii_lowercase();
    let name = url.host_str().unwrap_or_default();
    let with_port = url.port_or_known_default().map(|port| format!("{name}:{port}"));
    host == host_of(url) || Some(host) == with_port
}

pub(super) fn is_this_machine(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    host == "localhost" || host == "[::1]" || host.starts_with("127.") && is_ipv4(host)
}

/// `127.cars.test` is a name.
fn is_ipv4(host: &str) -> bool {
    host.parse::<std::net::Ipv4Addr>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn credentials(token: &str, user: &str, password: &str, host: &str) -> Credentials {
        let set = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Credentials { token: set(token), user: set(user), password: set(password), host: set(host) }
    }

    fn sent(credentials: &Credentials, url: &str) -> String {
        match credentials.login(&Url::parse(url).unwrap()) {
            Ok(Some(Login::Token(token))) => format!("token {token}"),
            Ok(Some(Login::User(user, password))) => format!("user {user}:{password}"),
            Ok(None) => "nothing".to_owned(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn credentials_go_to_their_host_alone() {
        let token = |host| credentials("t\n", "", "", host);
        assert_eq!(sent(&token("cars.test"), "https://cars.test/a"), "token t");
        assert_eq!(sent(&token("https://Cars.test/"), "https://CARS.test:443/a"), "token t");
        assert_eq!(sent(&token("cars.test:443"), "https://cars.test/a"), "token t");
        for url in [
            "https://cars.test:8443/a",
            "https://cars.test.evil.test/a",
            "https://evil.test/cars.test",
            "https://a.cars.test/",
        ] {
            assert_eq!(sent(&token("cars.test"), url), "nothing", "{url}");
        }
        assert_eq!(
            sent(&credentials("", "me", "p", "cars.test"), "https://cars.test"),
            "user me:p"
        );
        assert_eq!(sent(&credentials("", "", "", "cars.test"), "https://cars.test"), "nothing");
    }

    #[test]
    fn credentials_are_sent_encrypted_or_to_this_machine() {
        let token = |host| credentials("t", "", "", host);
        let refused = "VSSC_TOKEN is not sent without encryption";
        assert_eq!(sent(&token("cars.test"), "http://cars.test/a"), refused);
        assert_eq!(sent(&token("127.cars.test"), "http://127.cars.test/a"), refused);
        assert_eq!(sent(&token("localhost:80"), "http://localhost/a"), "token t");
        assert_eq!(sent(&token("127.0.0.1:81"), "http://127.0.0.1:81/a"), "token t");
        assert_eq!(sent(&token("[::1]:81"), "http://[::1]:81/a"), "token t");
    }

    #[test]
    fn credentials_that_make_no_sense_are_refused() {
        let url = "https://cars.test/a";
        let said =
            |token, user, password, host| sent(&credentials(token, user, password, host), url);
        assert_eq!(said("t", "", "", ""), "VSSC_TOKEN is set, but not the host that it is for");
        assert_eq!(said("", "u", "p", ""), "VSSC_USER is set, but not the host that it is for");
        assert_eq!(said("", "", "p", "h"), "VSSC_PASSWORD is set without VSSC_USER");
        let both = "VSSC_TOKEN and VSSC_USER or VSSC_PASSWORD are set";
        assert_eq!(said("t", "u", "", "h"), both);
        assert_eq!(said("t", "", "p", "h"), both);
        assert_eq!(said("t\nx: y", "", "", "cars.test"), "VSSC_TOKEN is no token");
    }

    #[test]
    fn nobody_prints_a_secret_by_mistake() {
        let text = format!("{:?}", credentials("secret1", "secret2", "secret3", "cars.test"));
        assert!(!text.contains("secret") && text.contains("cars.test"), "{text}");
    }
}
