//! Addresses as text: how they are taken apart and put together, and what of them may be
//! shown.

/// Whether this is an address that can be read.
pub(super) fn is_address(text: &str) -> bool {
    let begins_with =
        |mark: &str| text.get(..mark.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(mark));
    begins_with("http://") || begins_with("https://")
}

/// The address without query and fragment.
pub(super) fn path(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Splits an address into its folder, without a final slash, and the file name.
pub(super) fn split(url: &str) -> (&str, &str) {
    let path = path(url);
    let host = host_start(path);
    match path[host..].rfind('/') {
        Some(at) => (&path[..host + at], &path[host + at + 1..]),
        None => (path, ""),
    }
}

pub(super) fn join(folder: &str, name: &str) -> String {
    let folder = path(folder);
    let host = host_start(folder);
    let root = folder[host..].find('/').map_or(folder.len(), |at| host + at);
    let (origin, folder) = folder.split_at(root);
    let (mut parts, name): (Vec<&str>, &str) = match name.strip_prefix('/') {
        Some(name) => (Vec::new(), name),
        None => (folder.split('/').filter(|part| !part.is_empty()).collect(), name),
    };
    for part in name.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            other => parts.push(other),
        }
    }
    format!("{origin}/{}", parts.join("/"))
}

/// Where the host begins.
fn host_start(url: &str) -> usize {
    url.find("://").map_or(0, |at| at + 3)
}

/// The place after `user:password@`. A password with a slash in it is one too, though
/// programs read such an address in another way.
fn userinfo_end(url: &str) -> Option<usize> {
    // `https:///user:password@host` has no host for some programs, and one for others.
    let after_scheme = &url[host_start(url)..];
    let rest = after_scheme.trim_start_matches(['/', '\\', '\t', '\r', '\n']);
    let start = url.len() - rest.len();
    let end = rest.find(['/', '?', '#', '\\']).unwrap_or(rest.len());
    let at = match rest[..end].rfind('@') {
        Some(at) => at,
        None if has_odd_port(&rest[..end]) => rest.rfind('@')?,
        None => return None,
    };
    Some(start + at + 1)
}

fn has_odd_port(authority: &str) -> bool {
    let port = authority.rsplit(']').next().unwrap_or_default().rsplit_once(':');
    port.is_some_and(|(_, port)| !port.bytes().all(|byte| byte.is_ascii_digit()))
}

/// Whether somebody wrote a name or a password into it.
#[cfg(any(feature = "http", test))]
pub(super) fn has_userinfo(url: &str) -> bool {
    userinfo_end(url).is_some()
}

/// For messages: without name and password, and without the query, in which stores of
/// files carry their signatures.
pub(super) fn without_secrets(url: &str) -> String {
    let (head, rest) = match userinfo_end(url) {
        Some(end) => (format!("{}...@", &url[..host_start(url)]), &url[end..]),
        None => (String::new(), url),
    };
    let shown = path(rest);
    let query = if rest[shown.len()..].starts_with('?') { "?..." } else { "" };
    format!("{head}{shown}{query}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_not_shown() {
        for (url, shown) in [
            ("https://cars.test/a@b.vspec", "https://cars.test/a@b.vspec"),
            ("https://cars.test:80/a@b.vspec#x", "https://cars.test:80/a@b.vspec"),
            ("https://[::1]:80/a@b", "https://[::1]:80/a@b"),
            ("https://me:secret@cars.test/a", "https://...@cars.test/a"),
            ("https://secret@cars.test", "https://...@cars.test"),
            ("https://me:se@cret@cars.test", "https://...@cars.test"),
            ("https://me:se/cret@cars.test/a", "https://...@cars.test/a"),
            ("https://me:se?cret@cars.test/a", "https://...@cars.test/a"),
            ("https:///me:secret@cars.test/a", "https://...@cars.test/a"),
            ("https://\\\t/secret@cars.test/a", "https://...@cars.test/a"),
            ("ftp://me:secret@cars.test/a", "ftp://...@cars.test/a"),
            ("https://cars.test/a?key=secret@x#y", "https://cars.test/a?..."),
        ] {
            assert_eq!(without_secrets(url), shown);
            assert_eq!(has_userinfo(url), shown.contains("...@"), "{url}");
        }
    }
}
