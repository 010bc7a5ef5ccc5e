//! Templates: where they come from, and how a view becomes text.
//!
//! In: the name of a template and a view that holds finished values.
//! Out: text, or an error that names the template's file and line.
//! Must not know: the model. A template that needs a filter is a sign that a decision
//! was left out of a target's pass; there are none here but minijinja's own.

use std::{
    collections::BTreeMap,
    error::Error,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use include_dir::{Dir, include_dir};
use minijinja::{
    AutoEscape, Environment, ErrorKind, UndefinedBehavior, syntax::SyntaxConfig, value::Serde,
};
use serde::Serialize;

static EMBEDDED: Dir<'static> = include_dir!("$CARGO_MANIFEST_DIR/../templates");

/// A template's file ends in this; other files in a template folder are left alone.
const EXTENSION: &str = ".j2";

/// The templates of every target: the embedded ones, and files of the user's that
/// stand in for single ones of them.
#[derive(Debug, Default)]
pub struct Templates {
    folder: Option<PathBuf>,
    /// By name below the folder, `rust/lib.rs.j2`.
    own: BTreeMap<String, String>,
}

#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    // The cause is part of the text and so no `source`: a chain would say it twice.
    #[error("cannot read templates from {}: {cause}", path.display())]
    Read { path: PathBuf, cause: io::Error },
    #[error("cannot read {}: {cause}", path.display())]
    ReadFile { path: PathBuf, cause: io::Error },
    #[error(
        "no template in {}: templates are named like the embedded ones, as {example}",
        path.display()
    )]
    Empty { path: PathBuf, example: String },
    #[error("{}{}: {message}", file, Line(*line))]
    Render { file: String, line: Option<usize>, message: String },
}

struct Line(Option<usize>);

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |line| write!(f, ":{line}"))
    }
}

impl Templates {
    pub fn embedded() -> Templates {
        Templates::default()
    }

    /// Reads the user's templates; one that is missing falls back to the embedded one.
    /// Only the folders of the targets are looked into, whatever else is beside them.
    pub fn from_dir(folder: &Path) -> Result<Templates, TemplateError> {
        fs::read_dir(folder)
            .map_err(|cause| TemplateError::Read { path: folder.to_owned(), cause })?;
        let mut own = BTreeMap::new();
        for target in EMBEDDED.dirs().filter_map(|dir| dir.path().to_str()) {
            read_target(folder, target, &mut own)?;
        }
        let embedded = embedded_names();
        if !own.keys().any(|name| embedded.contains(name)) {
            let example = embedded.into_iter().next().unwrap_or_default();
            return Err(TemplateError::Empty { path: folder.to_owned(), example });
        }
        Ok(Templates { folder: Some(folder.to_owned()), own })
    }

    /// What a folder would hold that stands in for every embedded template.
    pub fn embedded_files(folder: &Path) -> Vec<PathBuf> {
        embedded_names().into_iter().map(|name| folder.join(name)).collect()
    }

    /// The user's templates.
    pub fn files(&self) -> Vec<PathBuf> {
        let folder = self.folder.as_deref().unwrap_or(Path::new(""));
        self.own.keys().map(|name| folder.join(name)).collect()
    }

    /// Where the user finds the template that an error is about.
    fn location(&self, name: &str) -> String {
        match &self.folder {
            Some(folder) if self.own.contains_key(name) => folder.join(name).display().to_string(),
            _ => format!("templates/{name} (embedded)"),
        }
    }
}

fn read_target(
    folder: &Path,
    target: &str,
    found: &mut BTreeMap<String, String>,
) -> Result<(), TemplateError> {
    let failed = |path: &Path| {
        let path = path.to_owned();
        move |cause| TemplateError::Read { path, cause }
    };
    let folder = folder.join(target);
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in fs::read_dir(&folder).map_err(failed(&folder))? {
        let path = entry.map_err(failed(&folder))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(EXTENSION) {
            let source = fs::read_to_string(&path).map_err(failed(&path))?;
            found.insert(format!("{target}/{name}"), source);
        }
    }
    Ok(())
}

/// The text files below a folder of the embedded templates, by their path in it: what goes
/// along as it is.
pub(crate) fn verbatim(folder: &str) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    collect(&EMBEDDED, &mut |path, text| {
        let below = path.strip_prefix(folder).and_then(|path| path.strip_prefix('/'));
        found.extend(below.map(|path| (path, text)));
    });
    found
}

/// The names of the templates.
fn embedded_names() -> Vec<String> {
    let mut names = Vec::new();
    templates(&mut |name, _| names.push(name.to_owned()));
    names.sort();
    names
}

/// Visits the embedded templates.
fn templates(visit: &mut impl FnMut(&'static str, &'static str)) {
    collect(&EMBEDDED, &mut |name, source| {
        if name.ends_with(EXTENSION) {
            visit(name, source);
        }
    });
}

/// Visits all embedded texts.
fn collect<'a>(dir: &'a Dir<'a>, visit: &mut impl FnMut(&'a str, &'a str)) {
    for file in dir.files() {
        if let (Some(name), Some(source)) = (file.path().to_str(), file.contents_utf8()) {
            visit(name, source);
        }
    }
    dir.dirs().for_each(|dir| collect(dir, visit));
}

/// Text is not escaped, what is unknown is an error, and blocks leave no lines.
pub(crate) fn environment<'t>() -> Result<Environment<'t>, minijinja::Error> {
    let mut environment = Environment::new();
    // Costs a copy of the template for every error, of which there is one at most.
    environment.set_debug(false);
    environment.set_auto_escape_callback(|_| AutoEscape::None);
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    let mut syntax = SyntaxConfig::builder();
    syntax.trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true);
    environment.set_syntax(syntax.build()?);
    Ok(environment)
}

/// The compiled templates of one target.
#[derive(Debug)]
pub(crate) struct Renderer<'t> {
    templates: &'t Templates,
    target: &'static str,
    environment: Environment<'t>,
}

impl<'t> Renderer<'t> {
    /// `target` is the folder whose templates are meant. A fault in one of them is found
    /// here, also when nothing uses that template.
    pub(crate) fn new(
        templates: &'t Templates,
        target: &'static str,
    ) -> Result<Renderer<'t>, TemplateError> {
        let mut environment =
            environment().map_err(|error| located(templates, target, "", &error))?;
        let mut sources: BTreeMap<&str, &str> = BTreeMap::new();
        self::templates(&mut |name, source| {
            sources.insert(name, source);
        });
        sources.extend(templates.own.iter().map(|(name, source)| (&**name, &**source)));
        for (name, source) in sources {
            let Some((folder, local)) = name.split_once('/') else { continue };
            if folder == target {
                let added = environment.add_template(local, source);
                added.map_err(|error| located(templates, target, local, &error))?;
            }
        }
        Ok(Renderer { templates, target, environment })
    }

    /// `name` is the file's name inside the target's folder.
    pub(crate) fn render(
        &self,
        name: &str,
        view: &impl Serialize,
    ) -> Result<String, TemplateError> {
        self.environment
            .get_template(name)
            .and_then(|template| template.render(Serde(view)))
            .map_err(|error| located(self.templates, self.target, name, &error))
    }
}

/// Where an included template fails, its own error: the outer one says no more than that.
pub(crate) fn innermost(mut error: &minijinja::Error) -> &minijinja::Error {
    while let (ErrorKind::BadInclude, Some(source)) = (error.kind(), error.source()) {
        let Some(inner) = source.downcast_ref() else { break };
        error = inner;
    }
    error
}

fn located(
    templates: &Templates,
    target: &str,
    name: &str,
    error: &minijinja::Error,
) -> TemplateError {
    let error = innermost(error);
    // An error inside an included template carries that one's name.
    let name = format!("{target}/{}", error.name().unwrap_or(name));
    let message = match error.detail() {
        Some(detail) => format!("{}: {detail}", error.kind()),
        None => error.kind().to_string(),
    };
    TemplateError::Render { file: templates.location(&name), line: error.line(), message }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Serialize)]
    struct View {
        model: &'static str,
        sdk: &'static str,
        signals: Vec<&'static str>,
    }

    const VIEW: View = View { model: "<1>", sdk: "2", signals: Vec::new() };

    fn with_template(name: &str, source: &str) -> (tempfile::TempDir, Templates) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, source).unwrap();
        let templates = Templates::from_dir(folder.path()).unwrap();
        (folder, templates)
    }

    fn render(templates: &Templates) -> Result<String, TemplateError> {
        Renderer::new(templates, "manifest")?.render("manifest.json.j2", &VIEW)
    }

    #[test]
    fn a_template_of_the_user_stands_in_for_the_embedded_one() {
        let (_folder, templates) = with_template("manifest/manifest.json.j2", "{{ model }}\n");
        assert_eq!(render(&templates).unwrap(), "<1>\n");
        let embedded = render(&Templates::embedded()).unwrap();
        assert!(embedded.starts_with("{\n  \"model\": <1>,\n"), "{embedded}");
    }

    #[test]
    fn a_fault_in_a_template_names_its_file_and_line() {
        for (source, expected) in [
            ("{{ model }}\n{{ modle }}\n", ":2: undefined value"),
            ("\n\n{% if %}\n", ":3: syntax error: unexpected end of block"),
        ] {
            let (folder, templates) = with_template("manifest/manifest.json.j2", source);
            let error = render(&templates).unwrap_err().to_string();
            let file = folder.path().join("manifest/manifest.json.j2");
            assert!(error.starts_with(&format!("{}{expected}", file.display())), "{error}");
        }
    }

    #[test]
    fn a_folder_that_overrides_nothing_says_how_templates_are_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("manifest.json"), "").unwrap();
        let error = Templates::from_dir(folder.path()).unwrap_err().to_string();
        assert!(error.contains("as diagram/model.mmd.j2"), "{error}");
        let missing = Templates::from_dir(&folder.path().join("none")).unwrap_err().to_string();
        assert!(missing.starts_with("cannot read templates from "), "{missing}");
    }
}
