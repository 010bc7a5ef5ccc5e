use std::{env, path::PathBuf, time::Duration};

use super::Credentials;
use crate::source::MAX_BYTES;

/// How addresses are read. The default is without cache, credentials or certificates.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// The folder of copies; without one, every run reads everything anew.
    pub cache: Option<PathBuf>,
    /// Read copies alone, and nothing from the network.
    pub offline: bool,
    /// A file of certificates (PEM) to trust beside those of the system.
    pub ca: Option<PathBuf>,
    pub credentials: Credentials,
    pub limits: Limits,
    /// Told of each download by the name of its address.
    pub progress: Option<Begin>,
}

type Begin = fn(&str) -> Box<dyn Download>;

/// One download, until it is dropped.
pub trait Download {
    /// So many bytes came, of as many as were announced.
    fn received(&mut self, bytes: u64, announced: Option<u64>);
}

#[derive(Clone, Debug)]
pub struct Limits {
    /// Until a server can be spoken to.
    pub connect: Duration,
    /// Until it says something.
    pub idle: Duration,
    /// For one address.
    pub total: Duration,
    /// Of one address.
    pub bytes: u64,
    pub redirects: usize,
    /// Of all copies.
    pub cache_bytes: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            connect: Duration::from_secs(10),
            idle: Duration::from_secs(30),
            total: Duration::from_secs(300),
            bytes: MAX_BYTES,
            redirects: 5,
            cache_bytes: 512 << 20,
        }
    }
}

impl Access {
    /// As the environment says.
    pub fn from_env() -> Access {
        Access {
            cache: cache_folder(|name| env::var_os(name).map(PathBuf::from)),
            offline: text("VSSC_OFFLINE").is_some_and(|value| value != "0" && value != "false"),
            ca: text("VSSC_CA").map(PathBuf::from),
            credentials: Credentials {
                token: text("VSSC_TOKEN"),
                user: text("VSSC_USER"),
                password: text("VSSC_PASSWORD"),
                host: text("VSSC_AUTH_HOST"),
            },
            ..Access::default()
        }
    }
}

/// What is set to nothing counts as not set.
fn text(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// `VSSC_CACHE_DIR`, which may be empty for none, or `vssc` in the user's cache folder.
fn cache_folder(variable: impl Fn(&str) -> Option<PathBuf>) -> Option<PathBuf> {
    if let Some(folder) = variable("VSSC_CACHE_DIR") {
        return Some(folder).filter(|folder| !folder.as_os_str().is_empty());
    }
    let absolute = |name| variable(name).filter(|folder| folder.is_absolute());
    let caches = absolute("XDG_CACHE_HOME").or_else(|| Some(absolute("HOME")?.join(".cache")))?;
    Some(caches.join("vssc"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cache_is_in_the_folder_of_the_user_unless_another_is_named() {
        let folder = |set: &[(&str, &str)]| {
            let value = |name: &str| set.iter().find(|(other, _)| *other == name);
            cache_folder(|name| value(name).map(|(_, value)| value.into()))
                .map(|folder| folder.display().to_string())
        };
        let home = ("HOME", "/home/me");
        assert_eq!(folder(&[home]).as_deref(), Some("/home/me/.cache/vssc"));
        assert_eq!(folder(&[home, ("XDG_CACHE_HOME", "/c")]).as_deref(), Some("/c/vssc"));
        let relative = ("XDG_CACHE_HOME", "c");
        assert_eq!(folder(&[home, relative]).as_deref(), Some("/home/me/.cache/vssc"));
        assert_eq!(folder(&[home, ("VSSC_CACHE_DIR", "c")]).as_deref(), Some("c"));
        assert_eq!(folder(&[home, ("VSSC_CACHE_DIR", "")]), None);
        assert_eq!(folder(&[]), None);
    }
}
