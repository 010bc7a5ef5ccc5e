//! A template of the user's own: one file, and those beside it that it names.
//!
//! In: a path and a view. Out: text, or an error that says where in which file what is
//! missing. Must not know: the model, and what the view holds beyond the names of its fields.

use std::{
    collections::BTreeMap,
    fs,
    ops::Range,
    path::{Path, PathBuf},
};

use heck::{ToLowerCamelCase, ToPascalCase, ToShoutySnakeCase, ToSnakeCase};
use minijinja::{Environment, ErrorKind, Value, value::Serde};
use serde::Serialize;

use crate::{
    model::nearest,
    render::{TemplateError, environment, innermost},
};

/// A template with the files that it includes.
#[derive(Debug)]
pub struct UserTemplate {
    folder: PathBuf,
    name: String,
    /// By the name under which templates know each other.
    sources: BTreeMap<String, String>,
}

impl UserTemplate {
    /// Reads the file, and those beside it whose names stand in quotes in it.
    pub fn read(path: &Path) -> Result<UserTemplate, TemplateError> {
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let mut sources = BTreeMap::new();
        let mut open = vec![name.clone()];
        while let Some(name) = open.pop() {
            let path = folder.join(&name);
            let source = fs::read_to_string(&path)
                .map_err(|cause| TemplateError::ReadFile { path: path.clone(), cause })?;
            let quoted = source.split(['"', '\'']).filter(|text| is_beside(&folder, text));
            open.extend(quoted.filter(|name| !sources.contains_key(*name)).map(str::to_owned));
            sources.insert(name, source);
        }
        Ok(UserTemplate { folder, name, sources })
    }

    /// All that was read.
    pub fn files(&self) -> Vec<PathBuf> {
        self.sources.keys().map(|name| self.folder.join(name)).collect()
    }

    /// `fields` are the names that may be meant by one that is unknown.
    pub fn render(
        &self,
        view: &impl Serialize,
        fields: &[String],
    ) -> Result<String, TemplateError> {
        let located = |name: &str, error: &minijinja::Error| self.located(name, error, fields);
        let mut environment = environment().map_err(|error| located(&self.name, &error))?;
        environment.set_debug(true);
        add_filters(&mut environment);
        for (name, source) in &self.sources {
            environment.add_template(name, source).map_err(|error| located(name, &error))?;
        }
        environment
            .get_template(&self.name)
            .and_then(|template| template.render(Serde(view)))
            .map_err(|error| located(&self.name, &error))
    }

    fn located(&self, name: &str, error: &minijinja::Error, fields: &[String]) -> TemplateError {
        let error = innermost(error);
        // An error inside an included template carries that one's name.
        let name = error.name().unwrap_or(name);
        let mut message = error.kind().to_string();
        let source = self.sources.get(name).map(String::as_str).unwrap_or_default();
        let place = error.range().and_then(|range| undefined(source, range));
        if let (ErrorKind::UndefinedError, Some(expression)) = (error.kind(), place) {
            message.push_str(&format!(" '{expression}'"));
            if let Some(near) = meant(expression, fields) {
                message.push_str(&format!(": did you mean '{near}'?"));
            }
        } else if let Some(detail) = error.detail() {
            message.push_str(&format!(": {detail}"));
        }
        let file = self.folder.join(name).display().to_string();
        TemplateError::Render { file, line: error.line(), message }
    }
}

/// Whether the text is the name of a file in the folder.
fn is_beside(folder: &Path, text: &str) -> bool {
    let is_name = Path::new(text).file_name().is_some_and(|name| name == text);
    is_name && folder.join(text).is_file()
}

/// The expression that an error is about. An error in a filter marks the filter's name; what
/// went into it stands before.
fn undefined(source: &str, range: Range<usize>) -> Option<&str> {
    let before = source.get(..range.start)?.trim_end();
    let Some(input) = before.strip_suffix('|').map(str::trim_end) else {
        return source.get(range);
    };
    let is_part = |c: char| c.is_alphanumeric() || matches!(c, '_' | '.' | '[' | ']');
    Some(&input[input.trim_end_matches(is_part).len()..])
}

/// The field that was probably meant by one of the words in an expression.
fn meant<'f>(expression: &str, fields: &'f [String]) -> Option<&'f str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let words = expression.split(|c: char| !is_word(c)).filter(|word| !word.is_empty());
    let mut unknown = words.filter(|word| !fields.iter().any(|field| field == word)).rev();
    unknown.find_map(|word| nearest(word, fields.iter().map(String::as_str)))
}

/// What it takes to make names, and values for other languages.
fn add_filters(environment: &mut Environment<'_>) {
    environment.add_filter("snake_case", |text: &str| text.to_snake_case());
    environment.add_filter("screaming_snake_case", |text: &str| text.to_shouty_snake_case());
    environment.add_filter("camel_case", |text: &str| text.to_lower_camel_case());
    environment.add_filter("pascal_case", |text: &str| text.to_pascal_case());
    environment.add_filter("json", json);
}

fn json(value: Value) -> Result<String, minijinja::Error> {
    if value.is_undefined() {
        return Err(ErrorKind::UndefinedError.into());
    }
    let failed = |error: serde_json::Error| {
        minijinja::Error::new(ErrorKind::BadSerialization, error.to_string())
    };
    serde_json::to_string(&value).map_err(failed)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rendered(files: &[(&str, &str)]) -> Result<String, String> {
        let folder = tempfile::tempdir().unwrap();
        for (name, source) in files {
            fs::write(folder.path().join(name), source).unwrap();
        }
        let view = json!({
            "name": "Car",
            "signals": [{"name": "DoorCount", "unit": null, "allowed": ["a\"", 1.0]}],
        });
        let fields = ["name", "signals", "unit", "allowed"].map(str::to_owned);
        let path = folder.path().join(files[0].0);
        let shown = format!("{}/", folder.path().display());
        UserTemplate::read(&path)
            .and_then(|template| template.render(&view, &fields))
            .map_err(|error| error.to_string().replace(&shown, ""))
    }

    #[test]
    fn a_template_makes_names_and_includes_what_is_beside_it() {
        let files = [
            (
                "main.j2",
                "{{ name }}\n{% for signal in signals %}\n{% include 'one.txt' %}\n{% endfor %}\n",
            ),
            (
                "one.txt",
                "{{ signal.name | snake_case }} {{ signal.name | screaming_snake_case }} \
                 {{ signal.name | camel_case }} {{ 'a b' | pascal_case }} \
                 {{ signal.allowed | json }} {{ signal.unit or '-' }}\n",
            ),
        ];
        assert_eq!(
            rendered(&files).unwrap(),
            "Car\ndoor_count DOOR_COUNT doorCount AB [\"a\\\"\",1.0] -\n"
        );
    }

    #[test]
    fn what_is_undefined_is_named_with_its_place() {
        for (source, expected) in [
            ("{{ name }}\n{{ nmae }}\n", "t.j2:2: undefined value 'nmae': did you mean 'name'?"),
            (
                "{% for s in signals %}\n{{ s.alowed | json }}{% endfor %}\n",
                "t.j2:2: undefined value 's.alowed': did you mean 'allowed'?",
            ),
            ("{{ signals[0].colour }}", "t.j2:1: undefined value 'signals[0].colour'"),
            ("{{ colour.x }}", "t.j2:1: undefined value 'colour.x'"),
            ("\n{% if %}", "t.j2:2: syntax error: unexpected end of block"),
            ("{{ name | loud }}", "t.j2:1: unknown filter: filter loud is unknown"),
            (
                "{% include 'none.j2' %}",
                "t.j2:1: template not found: tried to include non-existing template 'none.j2'",
            ),
        ] {
            let error = rendered(&[("t.j2", source)]).unwrap_err();
            assert!(error.starts_with(expected), "{source}\n{error}");
        }
        let nested = [("t.j2", "{% include 'u' %}"), ("u", "\n{{ sginals }}")];
        let expected = "u:2: undefined value 'sginals': did you mean 'signals'?";
        assert_eq!(rendered(&nested).unwrap_err(), expected);
    }
}
