//! Models from http(s) addresses.
//!
//! In: an address. Out: its bytes, from the server, or from the copy of an earlier run where
//! the server says that nothing has changed. [`Access`] says what may be done: limits,
//! credentials, certificates, the network at all.
//! Must not know: who asks, what the bytes mean.

mod access;
mod cache;
mod credentials;
mod fetch;

use std::sync::OnceLock;

use reqwest::{Url, blocking};

use super::{LoadError, address};
use cache::{Cache, Copied};
use fetch::Answer;

pub use access::{Access, Download, Limits};
pub use credentials::Credentials;

#[derive(Debug)]
pub(super) struct Client {
    access: Access,
    cache: Cache,
    /// Made on first use: most models are files, and a client costs milliseconds.
    outer: OnceLock<Result<blocking::Client, LoadError>>,
    /// For addresses of this machine: without a proxy, which would be told credentials that
    /// may go unencrypted because they stay here.
    local: OnceLock<Result<blocking::Client, LoadError>>,
}

impl Client {
    pub(super) fn new(access: Access) -> Client {
        let cache = Cache::new(access.cache.clone(), access.limits.cache_bytes);
        Client { access, cache, outer: OnceLock::new(), local: OnceLock::new() }
    }

    fn client_for(&self, url: &Url) -> Result<&blocking::Client, LoadError> {
        let is_local = credentials::is_this_machine(url);
        let client = if is_local { &self.local } else { &self.outer };
        let client = client.get_or_init(|| fetch::client(&self.access, !is_local));
        client.as_ref().map_err(LoadError::clone)
    }

    pub(super) fn get(&self, url: &str) -> Result<Vec<u8>, LoadError> {
        let url = parse(url)?;
        let login = self.access.credentials.login(&url)?;
        let key = cache::key(&url, login.is_some());
        let copy = self.cache.get(&key);
        if self.access.offline {
            return copy.ok_or(LoadError::NotCached)?.content.ok_or(LoadError::NotFound);
        }
        let client = self.client_for(&url)?;
        let answer = fetch::fetch(client, &self.access, url, login, copy.as_ref());
        match (answer, copy) {
            (Ok(Answer::Unchanged), Some(Copied { content: Some(content), .. })) => {
                self.cache.touch(&key);
                Ok(content)
            }
            (Ok(Answer::Content { bytes, validators, may_keep }), _) => {
                if may_keep {
                    self.cache.put(&key, &validators, Some(&bytes));
                } else {
                    self.cache.remove(&key);
                }
                Ok(bytes)
            }
            (Ok(Answer::Absent), _) => {
                // So that the search for an include ends offline as it does online.
                self.cache.put(&key, &Default::default(), None);
                Err(LoadError::NotFound)
            }
            (Ok(Answer::Unchanged), _) => {
                Err(LoadError::Other("the server answered 304 to a first question".to_owned()))
            }
            // Never the copy on the quiet: a build must not pass on a model of last month.
            (Err(LoadError::Other(cause)), Some(Copied { content: Some(_), date, .. })) => {
                let help = format!("--offline (or VSSC_OFFLINE=1) reads the copy of {date}");
                Err(LoadError::Advised { cause, help })
            }
            (Err(error), _) => Err(error),
        }
    }
}

fn parse(url: &str) -> Result<Url, LoadError> {
    let parsed = Url::parse(url);
    let has_userinfo = |url: &Url| !url.username().is_empty() || url.password().is_some();
    if address::has_userinfo(url) || parsed.as_ref().is_ok_and(has_userinfo) {
        return Err(LoadError::Access {
            cause: "an address may not hold a name or a password".to_owned(),
            help: "take them out of it: others see what is written on a command line or in a \
                   model\nset VSSC_USER and VSSC_PASSWORD (or VSSC_TOKEN) and VSSC_AUTH_HOST \
                   instead"
                .to_owned(),
        });
    }
    let mut url =
        parsed.map_err(|error| LoadError::Other(format!("it is no proper address: {error}")))?;
    url.set_fragment(None);
    Ok(url)
}
