//! The environment that uv is given: what a person has set for uv, pip and the network,
//! and nothing else of what the runtime was started with.

use std::{
    collections::BTreeMap,
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
};

type Variables = BTreeMap<String, OsString>;

/// Passed on as they are. `HOME` and the like for uv's own settings and `.netrc`.
const PASSED: &[&str] = &[
    "ALL_PROXY",
    "HOME",
    "HTTPS_PROXY",
    "HTTP_PROXY",
    "LANG",
    "NETRC",
    "NO_PROXY",
    "PATH",
    "SSL_CERT_DIR",
    "SSL_CERT_FILE",
    "TMPDIR",
    "XDG_CONFIG_DIRS",
    "XDG_CONFIG_HOME",
    "all_proxy",
    "http_proxy",
    "https_proxy",
    "no_proxy",
];

/// Of uv's variables, those about where packages come from. Others (project, target,
/// system Python) would make it work on something else than the app's environment.
const PASSED_UV: &[&str] = &[
    "UV_ALLOW_INSECURE_HOST",
    "UV_CONCURRENT_",
    "UV_CONFIG_FILE",
    "UV_DEFAULT_INDEX",
    "UV_EXCLUDE_NEWER",
    "UV_EXTRA_INDEX_URL",
    "UV_FIND_LINKS",
    "UV_HTTP_",
    "UV_INDEX",
    "UV_INSECURE_HOST",
    "UV_KEYRING_PROVIDER",
    "UV_LINK_MODE",
    "UV_NATIVE_TLS",
    "UV_NO_CONFIG",
    "UV_NO_INDEX",
    "UV_OFFLINE",
    "UV_PRERELEASE",
    "UV_REQUEST_TIMEOUT",
    "UV_SYSTEM_CERTS",
];

/// pip's option, uv's variable for it, and how uv separates several values.
const PIP: &[(&str, &str, &str)] = &[
    ("cert", "SSL_CERT_FILE", ""),
    ("default-timeout", "UV_HTTP_TIMEOUT", ""),
    ("extra-index-url", "UV_INDEX", " "),
    ("find-links", "UV_FIND_LINKS", ","),
    ("index-url", "UV_DEFAULT_INDEX", ""),
    ("no-index", "UV_NO_INDEX", ""),
    ("proxy", "ALL_PROXY", ""),
    ("timeout", "UV_HTTP_TIMEOUT", ""),
    ("trusted-host", "UV_INSECURE_HOST", " "),
];

/// Of this process and of pip's files, read now, so that a change needs no restart.
pub(super) fn current(cache: &Path) -> Variables {
    let own: Variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .collect();
    let files: Vec<String> =
        pip_files(&own).iter().filter_map(|path| fs::read_to_string(path).ok()).collect();
    let mut variables = derive(&own, &files);
    variables.insert("UV_CACHE_DIR".to_owned(), cache.into());
    variables.insert("UV_PYTHON_DOWNLOADS".to_owned(), "never".into());
    variables.insert("NO_COLOR".to_owned(), "1".into());
    variables
}

/// In pip's order: what comes later wins.
fn pip_files(own: &Variables) -> Vec<PathBuf> {
    if let Some(file) = own.get("PIP_CONFIG_FILE") {
        return vec![file.into()];
    }
    let mut files = vec![PathBuf::from("/etc/xdg/pip/pip.conf"), PathBuf::from("/etc/pip.conf")];
    let home = own.get("HOME").map(PathBuf::from);
    files.extend(home.as_ref().map(|home| home.join(".pip/pip.conf")));
    let config = own.get("XDG_CONFIG_HOME").map(PathBuf::from);
    let config = config.or_else(|| home.map(|home| home.join(".config")));
    files.extend(config.map(|config| config.join("pip/pip.conf")));
    files
}

/// uv's own settings win over pip's variables, and these over pip's files.
fn derive(own: &Variables, pip_files: &[String]) -> Variables {
    let mut pip: BTreeMap<String, String> = BTreeMap::new();
    for file in pip_files {
        pip.extend(pip_options(file));
    }
    for (name, value) in own {
        if let (Some(option), Some(value)) = (name.strip_prefix("PIP_"), value.to_str()) {
            pip.insert(option.to_ascii_lowercase().replace('_', "-"), value.to_owned());
        }
    }
    let mut variables = Variables::new();
    for (option, variable, separator) in PIP {
        let Some(value) = pip.get(*option).map(|value| value.trim()).filter(|v| !v.is_empty())
        else {
            continue;
        };
        let value = if separator.is_empty() {
            value.to_owned()
        } else {
            value.split_whitespace().collect::<Vec<_>>().join(separator)
        };
        variables.insert((*variable).to_owned(), value.into());
    }
    let passed = own.iter().filter(|(name, _)| {
        PASSED.contains(&name.as_str()) || PASSED_UV.iter().any(|prefix| name.starts_with(prefix))
    });
    variables.extend(passed.map(|(name, value)| (name.clone(), value.clone())));
    variables
}

/// `[global]` and `[install]` of a pip.conf; a value may go on in indented lines.
fn pip_options(text: &str) -> BTreeMap<String, String> {
    let mut options: BTreeMap<String, String> = BTreeMap::new();
    let (mut ours, mut last) = (false, None::<String>);
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            ours = matches!(section.trim(), "global" | "install");
            last = None;
        } else if !ours {
        } else if line.starts_with([' ', '\t']) {
            if let Some(value) = last.as_ref().and_then(|name| options.get_mut(name)) {
                value.push('\n');
                value.push_str(trimmed);
            }
        } else if let Some((name, value)) = trimmed.split_once(['=', ':']) {
            let name = name.trim().to_ascii_lowercase().replace('_', "-");
            options.insert(name.clone(), value.trim().to_owned());
            last = Some(name);
        }
    }
    options
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(pairs: &[(&str, &str)]) -> Variables {
        pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect()
    }

    #[test]
    fn settings_of_pip_become_those_of_uv() {
        let own = of(&[
            ("PIP_CERT", "/certs.pem"),
            ("PIP_FIND_LINKS", "/a /b"),
            ("PIP_INDEX_URL", "http://near/simple"),
            ("HTTPS_PROXY", "http://proxy"),
            ("AWS_SECRET", "no"),
            ("PYTHONPATH", "/no"),
            ("UV_PROJECT", "/no"),
        ]);
        let expected = of(&[
            ("HTTPS_PROXY", "http://proxy"),
            ("SSL_CERT_FILE", "/certs.pem"),
            ("UV_DEFAULT_INDEX", "http://near/simple"),
            ("UV_FIND_LINKS", "/a,/b"),
        ]);
        assert_eq!(derive(&own, &[]), expected);
    }

    #[test]
    fn a_variable_of_uv_wins_over_pip_and_a_variable_over_a_file() {
        let own = of(&[
            ("UV_DEFAULT_INDEX", "http://uv"),
            ("PIP_INDEX_URL", "http://pip"),
            ("PIP_CERT", "/b"),
        ]);
        let file = "[global]\nindex-url = http://file\ncert = /a\n[list]\nno-index = 1\n";
        let expected = of(&[("SSL_CERT_FILE", "/b"), ("UV_DEFAULT_INDEX", "http://uv")]);
        assert_eq!(derive(&own, &[file.to_owned()]), expected);
    }

    #[test]
    fn values_of_a_pip_file_go_on_in_indented_lines() {
        let file =
            "# x\n[install]\nextra-index-url =\n    http://a\n    http://b\ntrusted_host: h\n";
        let expected = of(&[("UV_INDEX", "http://a http://b"), ("UV_INSECURE_HOST", "h")]);
        assert_eq!(derive(&of(&[]), &[file.to_owned()]), expected);
    }
}
