use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

/// A place to read from, and the base for the includes found there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    Path(PathBuf),
    /// An http or https address.
    Url(String),
    Stdin,
    /// A file of the embedded default model, by its path inside the model's folder.
    Embedded(String),
}

impl Input {
    /// Reads an argument: `-` is standard input, `http(s)://…` an address, else a path.
    pub fn parse(text: &str) -> Input {
        let lower = text.get(..8).unwrap_or(text).to_ascii_lowercase();
        if text == "-" {
            Input::Stdin
        } else if lower.starts_with("http://") || lower.starts_with("https://") {
            Input::Url(text.to_owned())
        } else {
            Input::Path(text.into())
        }
    }

    /// The root file of the embedded default model.
    pub(crate) fn default_model() -> Input {
        Input::Embedded("VehicleEdge.vspec".to_owned())
    }

    /// The folder that holds this input; standard input counts as a file of the working folder.
    pub(crate) fn parent(&self) -> Input {
        match self {
            Input::Path(path) => {
                Input::Path(path.parent().map(Path::to_path_buf).unwrap_or_default())
            }
            Input::Url(url) => Input::Url(split_url(url).0.to_owned()),
            Input::Stdin => Input::Path(PathBuf::new()),
            Input::Embedded(path) => {
                Input::Embedded(path.rsplit_once('/').map_or("", |(folder, _)| folder).to_owned())
            }
        }
    }

    /// `name` as seen from this folder. An address or an absolute path stays what it is.
    pub(crate) fn join(&self, name: &str) -> Input {
        match Input::parse(name) {
            Input::Path(path) if path.is_absolute() && !matches!(self, Input::Url(_)) => {
                Input::Path(path)
            }
            Input::Url(url) => Input::Url(url),
            _ => match self {
                Input::Path(folder) => Input::Path(tidy(&folder.join(name))),
                Input::Url(folder) => Input::Url(join_url(folder, name)),
                Input::Stdin => Input::Path(tidy(Path::new(name))),
                Input::Embedded(folder) => {
                    let path = tidy(&Path::new(folder).join(name));
                    Input::Embedded(path.to_string_lossy().into_owned())
                }
            },
        }
    }

    /// Whether this was written as an address, of a kind that cannot be read.
    pub(crate) fn is_foreign_address(&self) -> bool {
        matches!(self, Input::Path(path) if path.to_string_lossy().contains("://"))
    }

    /// The part after the last dot of the file name, in lower case.
    pub(crate) fn extension(&self) -> Option<String> {
        let name = match self {
            Input::Path(path) => path.file_name()?.to_string_lossy().into_owned(),
            Input::Url(url) => path_of_url(url).rsplit('/').next()?.to_owned(),
            Input::Embedded(path) => path.rsplit('/').next()?.to_owned(),
            Input::Stdin => return None,
        };
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
    }
}

/// As it appears in messages.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Path(path) => write!(f, "{}", path.display()),
            Input::Url(url) => f.write_str(url),
            Input::Stdin => f.write_str("<stdin>"),
            Input::Embedded(path) => write!(f, "<default model>/{path}"),
        }
    }
}

/// Takes `a/../b` together, so that one file has one name. Leading `..` stay.
fn tidy(path: &Path) -> PathBuf {
    let mut tidied = PathBuf::new();
    for part in path.components() {
        match part {
            Component::CurDir => {}
            Component::ParentDir
                if matches!(tidied.components().next_back(), Some(Component::Normal(_))) =>
            {
                tidied.pop();
            }
            other => tidied.push(other),
        }
    }
    tidied
}

/// The address without query and fragment.
fn path_of_url(url: &str) -> &str {
    url.split(['?', '#']).next().unwrap_or(url)
}

/// Splits an address into its folder, without a final slash, and the file name.
fn split_url(url: &str) -> (&str, &str) {
    let path = path_of_url(url);
    let host = path.find("://").map_or(0, |at| at + 3);
    match path[host..].rfind('/') {
        Some(at) => (&path[..host + at], &path[host + at + 1..]),
        None => (path, ""),
    }
}

fn join_url(folder: &str, name: &str) -> String {
    let host = folder.find("://").map_or(0, |at| at + 3);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn beside(input: &str, name: &str) -> String {
        Input::parse(input).parent().join(name).to_string()
    }

    #[test]
    fn an_include_is_found_from_the_folder_of_its_file() {
        assert_eq!(beside("spec/root.vspec", "Cabin/Cabin.vspec"), "spec/Cabin/Cabin.vspec");
        assert_eq!(beside("spec/Cabin/Cabin.vspec", "../a.vspec"), "spec/a.vspec");
        assert_eq!(beside("root.vspec", "../a.vspec"), "../a.vspec");
        assert_eq!(beside("root.vspec", "/abs/a.vspec"), "/abs/a.vspec");
        assert_eq!(beside("-", "a.vspec"), "a.vspec");
    }

    #[test]
    fn an_include_of_an_address_is_an_address() {
        let base = "https://cars.test/vss/v6/root.vspec?key=1";
        assert_eq!(beside(base, "Cabin/a.vspec"), "https://cars.test/vss/v6/Cabin/a.vspec");
        assert_eq!(beside(base, "../../../a.vspec"), "https://cars.test/a.vspec");
        assert_eq!(beside(base, "/a.vspec"), "https://cars.test/a.vspec");
        assert_eq!(beside("http://cars.test", "a.vspec"), "http://cars.test/a.vspec");
        assert_eq!(beside(base, "http://other.test/x"), "http://other.test/x");
    }

    #[test]
    fn the_extension_is_that_of_the_file_name() {
        let extension = |text| Input::parse(text).extension();
        assert_eq!(extension("a.b/model.JSON").as_deref(), Some("json"));
        assert_eq!(extension("http://cars.test/vss.json?x=a.b").as_deref(), Some("json"));
        assert_eq!(extension("a.b/model"), None);
        assert_eq!(extension("-"), None);
    }
}
