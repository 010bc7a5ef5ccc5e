//! The shape of a Python requirement. What it means is uv's business; what it must not be,
//! an option, an address or a path, is ours.

/// `numpy[extra]>=1.20` taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Requirement {
    pub(crate) name: String,
    /// Extras, versions and markers, as written.
    pub(crate) rest: String,
}

impl Requirement {
    pub(crate) fn parse(text: &str) -> Result<Requirement, String> {
        let text = text.trim();
        if text.chars().any(char::is_control) {
            return Err(format!("{text:?} must be one line of plain text"));
        }
        if text.starts_with('-') {
            return Err(format!("'{text}' is an option of pip; only package names are accepted"));
        }
        if text.contains("://") || text.contains('@') {
            return Err(format!(
                "'{text}' names an address; only packages of the index are accepted, like numpy>=1.20"
            ));
        }
        let looks_like_path = text.contains(['/', '\\']) || text.starts_with('.');
        if looks_like_path || text.ends_with(".whl") || text.ends_with(".tar.gz") {
            return Err(format!(
                "'{text}' is a path; only packages of the index are accepted, like numpy>=1.20"
            ));
        }
        let requirement = split(text);
        match complaint(&requirement) {
            None => Ok(requirement),
            Some(complaint) => {
                Err(format!("'{text}' is no requirement ({complaint}): write it like numpy>=1.20"))
            }
        }
    }

    /// As packages are compared: `Foo_Bar` and `foo-bar` are one.
    pub(crate) fn key(&self) -> String {
        normalise(&self.name)
    }
}

/// Lower case, runs of `-`, `_` and `.` as one `-`.
pub(crate) fn normalise(name: &str) -> String {
    let mut key = String::with_capacity(name.len());
    for c in name.chars() {
        match c {
            '-' | '_' | '.' if key.ends_with('-') => {}
            '-' | '_' | '.' => key.push('-'),
            other => key.push(other.to_ascii_lowercase()),
        }
    }
    key
}

fn split(text: &str) -> Requirement {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "._-".contains(c);
    let end = text.find(|c: char| !is_name(c)).unwrap_or(text.len());
    Requirement { name: text[..end].to_owned(), rest: text[end..].trim().to_owned() }
}

fn complaint(requirement: &Requirement) -> Option<&'static str> {
    let good_edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    let name = &requirement.name;
    if !good_edge(name.chars().next()) || !good_edge(name.chars().next_back()) {
        return Some("a name starts and ends with a letter or digit");
    }
    let (before_marker, marker) = match requirement.rest.split_once(';') {
        Some((before, marker)) => (before.trim(), Some(marker)),
        None => (requirement.rest.as_str(), None),
    };
    if marker.is_some_and(|marker| marker.trim().is_empty()) {
        return Some("there is no condition after ';'");
    }
    let versions = match before_marker.strip_prefix('[') {
        Some(rest) => match rest.split_once(']') {
            Some((extras, versions)) if plain_list(extras) => versions.trim(),
            _ => return Some("extras are names in brackets"),
        },
        None => before_marker,
    };
    let versions = versions.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(versions);
    if versions.is_empty() || versions.split(',').all(|clause| good_clause(clause.trim())) {
        None
    } else {
        Some("versions are like >=1.20,<2")
    }
}

fn plain_list(text: &str) -> bool {
    text.chars().all(|c| c.is_ascii_alphanumeric() || "._-, ".contains(c))
}

fn good_clause(clause: &str) -> bool {
    const OPERATORS: [&str; 8] = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
    let version = OPERATORS.iter().find_map(|operator| clause.strip_prefix(operator));
    version.map(str::trim).is_some_and(|version| {
        !version.is_empty()
            && version.chars().all(|c| c.is_ascii_alphanumeric() || ".*+!_-".contains(c))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_of_the_index_are_taken_apart() {
        for (text, name, rest) in [
            ("numpy", "numpy", ""),
            ("numpy>=1.20.0", "numpy", ">=1.20.0"),
            ("numpy >= 1.20, < 2", "numpy", ">= 1.20, < 2"),
            ("uvicorn[standard]==0.30.*", "uvicorn", "[standard]==0.30.*"),
            ("tomli; python_version < '3.11'", "tomli", "; python_version < '3.11'"),
            ("zope.interface~=5.0", "zope.interface", "~=5.0"),
        ] {
            let expected = Requirement { name: name.into(), rest: rest.into() };
            assert_eq!(Requirement::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_reaches_beyond_the_index_is_refused() {
        for bad in [
            "-r other.txt",
            "--index-url=http://x",
            "-e .",
            "git+https://host/x.git",
            "x @ file:///etc/passwd",
            "pkg@../x",
            "./local",
            "../local",
            "/abs/x.whl",
            "x.whl",
            "a\n--index-url http://x",
            "C:\\x",
            "",
            "numpy 1.20",
            "numpy=1.20",
            "numpy>=",
            "numpy[a",
            "num py",
            "numpy;",
        ] {
            assert!(Requirement::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn spellings_of_a_name_are_one_package() {
        assert_eq!(normalise("Foo__Bar.baz"), "foo-bar-baz");
    }
}
