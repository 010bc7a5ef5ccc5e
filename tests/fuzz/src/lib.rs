//! What every fuzz target shares: a model in memory, and what must hold of any model.

use std::{collections::HashMap, sync::OnceLock};

use vss_codegen::{
    Diagnostic, Request, Target, Templates, compile, generate,
    model::Catalog,
    source::{Input, LoadError, Loader},
    target::json,
};

/// The longest input; more of it only makes runs slower.
const MAX_BYTES: usize = 64 << 10;

/// Parts an input into the model and what is laid over it, included, or defines its units.
const NEXT_FILE: &str = "\n#=== ";

/// Reading them takes longer than a small model.
static TEMPLATES: OnceLock<Templates> = OnceLock::new();

#[derive(Debug)]
struct Files(HashMap<String, Vec<u8>>);

impl Loader for Files {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        self.0.get(&input.to_string()).cloned().ok_or(LoadError::NotFound)
    }
}

/// Compiles the input as the file `name`. A line `#=== over.vspec` begins another file.
pub fn check(name: &str, data: &[u8]) {
    if data.len() > MAX_BYTES {
        return;
    }
    let files = split(name, data);
    let over = Input::parse("over.vspec");
    let request = Request {
        model: Some(Input::parse(name)),
        overlays: files.0.contains_key("over.vspec").then_some(over).into_iter().collect(),
        ..Request::default()
    };
    for expand in [true, false] {
        let request = Request { expand, ..request.clone() };
        let (catalog, diagnostics) = compile(&request, &files);
        assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
        for diagnostic in &diagnostics {
            assert!(!diagnostic.render(true).is_empty());
        }
        if let Some(catalog) = catalog {
            check_catalog(&catalog, expand);
        }
    }
}

/// An export reads back as itself, and every target makes something of the model.
fn check_catalog(catalog: &Catalog, expand: bool) {
    let export = json::to_string(catalog, false);
    // An attribute `children` of vspec is not to be told from the children of JSON.
    if catalog.root.descend().any(|node| node.extra.contains_key("children")) {
        return;
    }
    let files = Files(HashMap::from([("again.json".to_owned(), export.clone().into_bytes())]));
    let request =
        Request { model: Some(Input::parse("again.json")), expand, ..Request::default() };
    let (again, diagnostics) = compile(&request, &files);
    let again = again.unwrap_or_else(|| panic!("{export}\n{diagnostics:#?}"));
    assert_eq!(json::to_string(&again, false), export);
    if expand && catalog.leaves().count() < 100 {
        let templates = TEMPLATES.get_or_init(Templates::embedded);
        for target in [Target::Python, Target::Rust, Target::Manifest] {
            // An error is an answer.
            let _ = generate(catalog, target, templates);
        }
    }
}

fn split(name: &str, data: &[u8]) -> Files {
    let text = String::from_utf8_lossy(data);
    let mut parts = text.split(NEXT_FILE);
    // Bytes that are no text reach the compiler as they are.
    let first = parts.next().unwrap_or_default();
    let first = if text.contains(NEXT_FILE) { first.as_bytes() } else { data };
    let mut files = HashMap::from([(name.to_owned(), first.to_owned())]);
    for part in parts {
        let (name, text) = part.split_once('\n').unwrap_or((part, ""));
        files.insert(name.trim().to_owned(), text.as_bytes().to_owned());
    }
    Files(files)
}
