use std::{
    fmt,
    path::{Component, Path, PathBuf},
};

use super::address;

/// A place to read from, and the base for the includes found there.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Input {
    Path(PathBuf),
    /// An http or https address.
    Url(String),
    Stdin,
    /// A file of the embedded default model, by its path inside the model's folder.
    Embedded(String),
    /// A file inside an archive, which is a path or an address. Without a path it is the
    /// archive as a folder.
    Archived {
        archive: Box<Input>,
        path: String,
    },
}

/// What the name of an archive ends in.
const ARCHIVES: [&str; 4] = [".zip", ".tar.gz", ".tgz", ".tar"];

impl Input {
    /// Reads an argument: `-` is standard input, `http(s)://…` an address, else a path; what
    /// is named like an archive is one, with `!` before the file in it: `model.zip!a.vspec`.
    pub fn parse(text: &str) -> Input {
        if text == "-" {
            return Input::Stdin;
        }
        match split_archive(text) {
            Some((archive, path)) => Input::archived(Input::plain(archive), path),
            None => Input::plain(text),
        }
    }

    fn plain(text: &str) -> Input {
        if address::is_address(text) {
            Input::Url(text.to_owned())
        } else {
            Input::Path(text.into())
        }
    }

    fn archived(archive: Input, path: &str) -> Input {
        let path = tidy(Path::new(path.trim_start_matches('/')));
        Input::Archived { archive: archive.into(), path: path.to_string_lossy().into_owned() }
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
            Input::Url(url) => Input::Url(address::split(url).0.to_owned()),
            Input::Stdin => Input::Path(PathBuf::new()),
            Input::Embedded(path) => Input::Embedded(folder_of(path).to_owned()),
            Input::Archived { archive, path } => {
                Input::Archived { archive: archive.clone(), path: folder_of(path).to_owned() }
            }
        }
    }

    /// `name` as seen from this folder. An address or an absolute path stays what it is, but
    /// what came in an archive or from an address names no file of this machine.
    pub(crate) fn join(&self, name: &str) -> Input {
        match self {
            Input::Archived { archive, path } if !address::is_address(name) => {
                let folder = if name.starts_with('/') { "" } else { path };
                Input::Archived {
                    archive: archive.clone(),
                    path: join_text(folder, name.trim_start_matches('/')),
                }
            }
            _ => match split_archive(name) {
                Some((archive, path)) => Input::archived(self.join_plain(archive), path),
                None => self.join_plain(name),
            },
        }
    }

    fn join_plain(&self, name: &str) -> Input {
        if address::is_address(name) {
            return Input::Url(name.to_owned());
        }
        match self {
            Input::Url(folder) => Input::Url(address::join(folder, name)),
            _ if Path::new(name).is_absolute() => Input::Path(name.into()),
            Input::Path(folder) => Input::Path(tidy(&folder.join(name))),
            Input::Embedded(folder) => Input::Embedded(join_text(folder, name)),
            Input::Stdin | Input::Archived { .. } => Input::Path(tidy(Path::new(name))),
        }
    }

    /// The last part of the name; empty for standard input.
    pub(crate) fn file_name(&self) -> String {
        match self {
            Input::Path(path) => {
                path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
            }
            Input::Url(url) => address::split(url).1.to_owned(),
            Input::Embedded(path) | Input::Archived { path, .. } => {
                path.rsplit('/').next().unwrap_or_default().to_owned()
            }
            Input::Stdin => String::new(),
        }
    }

    /// Whether this was written as an address, of a kind that cannot be read.
    pub(crate) fn is_foreign_address(&self) -> bool {
        matches!(self, Input::Path(path) if path.to_string_lossy().contains("://"))
    }

    /// The part after the last dot of the file name, in lower case.
    pub(crate) fn extension(&self) -> Option<String> {
        let name = self.file_name();
        name.rsplit_once('.').map(|(_, extension)| extension.to_ascii_lowercase())
    }
}

/// As it appears in messages.
impl fmt::Display for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Input::Path(path) if self.is_foreign_address() => {
                f.write_str(&address::without_secrets(&path.to_string_lossy()))
            }
            Input::Path(path) => write!(f, "{}", path.display()),
            Input::Url(url) => f.write_str(&address::without_secrets(url)),
            Input::Stdin => f.write_str("<stdin>"),
            Input::Embedded(path) => write!(f, "<default model>/{path}"),
            Input::Archived { archive, path } if path.is_empty() => write!(f, "{archive}"),
            Input::Archived { archive, path } => write!(f, "{archive}!{path}"),
        }
    }
}

/// Splits `model.zip!a.vspec` after the archive's name.
fn split_archive(text: &str) -> Option<(&str, &str)> {
    // The name of an address ends where its query begins.
    let query = if address::is_address(text) { address::path(text).len() } else { text.len() };
    let ends = text.match_indices('!').map(|(at, _)| at).chain([text.len()]);
    let end = ends.into_iter().find(|end| is_archive(&text[..query.min(*end)]))?;
    Some((&text[..end], text.get(end + 1..).unwrap_or_default()))
}

fn is_archive(name: &str) -> bool {
    ARCHIVES.iter().any(|ending| {
        let start = name.len().saturating_sub(ending.len());
        let end = name.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(ending));
        // A folder's file `.zip` is a file without a name.
        end && name[..start].chars().next_back().is_some_and(|before| before != '/')
    })
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

fn join_text(folder: &str, name: &str) -> String {
    tidy(&Path::new(folder).join(name)).to_string_lossy().into_owned()
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
    fn an_archive_is_a_folder() {
        let path = |text| match Input::parse(text) {
            Input::Archived { archive, path } => Some((archive.to_string(), path)),
            _ => None,
        };
        let some = |archive: &str, path: &str| Some((archive.to_owned(), path.to_owned()));
        assert_eq!(path("a/model.ZIP"), some("a/model.ZIP", ""));
        assert_eq!(path("model.zip!spec/./a.vspec"), some("model.zip", "spec/a.vspec"));
        assert_eq!(path("v1!/model.tar.gz!/a!b.vspec"), some("v1!/model.tar.gz", "a!b.vspec"));
        assert_eq!(path("http://c.test/m.tgz?x=1!a"), some("http://c.test/m.tgz?...", "a"));
        assert_eq!(path("http://c.test/m?x=.zip"), None);
        assert_eq!(path("a/.zip"), None);
        assert_eq!(path("a.zip/b.vspec"), None);
    }

    #[test]
    fn an_include_in_an_archive_stays_there() {
        let base = "model.zip!spec/root.vspec";
        assert_eq!(beside(base, "Cabin/a.vspec"), "model.zip!spec/Cabin/a.vspec");
        assert_eq!(beside(base, "../units.yaml"), "model.zip!units.yaml");
        assert_eq!(beside(base, "../../../a.vspec"), "model.zip!../../a.vspec");
        assert_eq!(beside(base, "/etc/passwd"), "model.zip!etc/passwd");
        assert_eq!(beside(base, "other.zip!a.vspec"), "model.zip!spec/other.zip!a.vspec");
        assert_eq!(beside(base, "http://other.test/x"), "http://other.test/x");
        assert_eq!(beside("a/root.vspec", "other.zip!a.vspec"), "a/other.zip!a.vspec");
        let address = "http://cars.test/v6/root.vspec";
        assert_eq!(beside(address, "../o.zip!a.vspec"), "http://cars.test/o.zip!a.vspec");
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
