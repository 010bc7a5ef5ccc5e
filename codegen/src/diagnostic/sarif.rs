//! The form for code scanning: one SARIF 2.1.0 log of a whole run, with the page of each
//! code that occurs as the help of its rule.

use serde_json::{Value, json};

use super::{Code, Diagnostic, Inclusion, Label, explain};

const SCHEMA: &str = "https://json.schemastore.org/sarif-2.1.0.json";

/// The log. A result without a place is shown at the first line of `model`: code scanning
/// refuses results that are nowhere.
pub fn log(diagnostics: &[Diagnostic], model: &str) -> String {
    let mut codes: Vec<Code> = diagnostics.iter().map(|diagnostic| diagnostic.code).collect();
    codes.sort_unstable();
    codes.dedup();
    let results: Vec<Value> =
        diagnostics.iter().map(|diagnostic| result(diagnostic, &codes, model)).collect();
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "vssc",
                "informationUri": env!("CARGO_PKG_REPOSITORY"),
                "version": env!("CARGO_PKG_VERSION"),
                "rules": codes.iter().map(|code| rule(*code)).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    format!("{log}\n")
}

fn rule(code: Code) -> Value {
    let page = explain::page(code);
    json!({
        "id": code.to_string(),
        "name": format!("{code:?}"),
        "shortDescription": {"text": code.title()},
        "fullDescription": {"text": code.title()},
        "help": {
            "text": explain::render(page, false),
            "markdown": explain::plain_markdown(page),
        },
        "defaultConfiguration": {"level": code.severity().name()},
    })
}

fn result(diagnostic: &Diagnostic, codes: &[Code], model: &str) -> Value {
    let Diagnostic { code, severity, message, labels, included_by, help } = diagnostic;
    let text = match help {
        Some(help) => format!("{message}\nhelp: {help}"),
        None => message.clone(),
    };
    let place = labels.first().map_or_else(|| top_of(model), location);
    let mut result = json!({
        "ruleId": code.to_string(),
        "ruleIndex": codes.binary_search(code).unwrap_or_default(),
        "level": severity.name(),
        "message": {"text": text},
        "locations": [place],
    });
    let related = labels.iter().skip(1).map(related).chain(included_by.iter().map(inclusion));
    let mut related: Vec<Value> = related.collect();
    for (at, location) in related.iter_mut().enumerate() {
        location["id"] = json!(at + 1);
    }
    if !related.is_empty() {
        result["relatedLocations"] = related.into();
    }
    result
}

fn top_of(model: &str) -> Value {
    physical(model, json!({"startLine": 1}))
}

fn location(label: &Label) -> Value {
    let Label { line, column, length, .. } = label;
    let region = json!({
        "startLine": line,
        "startColumn": column,
        "endLine": line,
        "endColumn": column + length,
    });
    physical(&label.file, region)
}

fn related(label: &Label) -> Value {
    let mut location = location(label);
    // An empty message is none.
    let text = if label.text.is_empty() { "related" } else { &label.text };
    location["message"] = json!({"text": text});
    location
}

fn inclusion(include: &Inclusion) -> Value {
    let Inclusion { file, line, column, prefix } = include;
    let region = json!({"startLine": line, "startColumn": column});
    let mut location = physical(file, region);
    let text = match prefix.as_str() {
        "" => "included here".to_owned(),
        prefix => format!("included here as {prefix}"),
    };
    location["message"] = json!({"text": text});
    location
}

fn physical(file: &str, region: Value) -> Value {
    json!({"physicalLocation": {"artifactLocation": {"uri": uri(file)}, "region": region}})
}

/// A file's name as a URI. A relative path stays relative: code scanning takes it from the
/// root of the repository.
fn uri(file: &str) -> String {
    if file.starts_with("http://") || file.starts_with("https://") {
        return encode(file, b"/-._~:?#[]@!$&'()*+,;=%");
    }
    let path = encode(file, b"/-._~");
    if path.starts_with('/') { format!("file://{path}") } else { path }
}

/// All but letters, digits and `kept` becomes `%20` and the like.
fn encode(text: &str, kept: &[u8]) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || kept.contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_files_become_uris() {
        let table = [
            ("spec/Cabin.vspec", "spec/Cabin.vspec"),
            ("../a b.vspec", "../a%20b.vspec"),
            ("a:b%.vspec", "a%3Ab%25.vspec"),
            ("/tmp/\u{fc}.vspec", "file:///tmp/%C3%BC.vspec"),
            ("https://cars.test/a b?v=6", "https://cars.test/a%20b?v=6"),
            ("<stdin>", "%3Cstdin%3E"),
            ("<default model>/Cabin.vspec", "%3Cdefault%20model%3E/Cabin.vspec"),
        ];
        for (file, expected) in table {
            assert_eq!(uri(file), expected);
        }
    }
}
