//! What every fuzz target shares: a model in memory, and what must hold of any model.

use std::{collections::HashMap, sync::OnceLock};

use vss_codegen::{
    Diagnostic, Request, StrictRule, Target, Templates, VssVersion, compile, generate,
    model::Catalog,
    source::{Input, LoadError, Loader},
    target::json,
};

/// The longest input; more of it only makes runs slower.
const MAX_BYTES: usize = 64 << 10;

/// A few ranges of instances make millions of nodes, and tell nothing that fewer do not.
const MANY_NODES: usize = 10_000;

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

/// Compiles the input as the file `name`. A line `#=== over.vspec` begins another file:
/// an overlay by that name, `types.vspec`, a unit file, or one that is included.
pub fn check(name: &str, data: &[u8]) {
    if data.len() > MAX_BYTES {
        return;
    }
    let files = split(name, data);
    let named = |name: &str| -> Vec<Input> {
        files.0.contains_key(name).then(|| Input::parse(name)).into_iter().collect()
    };
    let request = Request {
        model: Some(Input::parse(name)),
        overlays: named("over.vspec"),
        types: named("types.vspec"),
        ..Request::default()
    };
    let unexpanded = Request { expand: false, ..request.clone() };
    let held = Request {
        strict: vec![
            StrictRule::NameStyle,
            StrictRule::UnknownAttribute,
            StrictRule::DefaultMatchesFirstAllowed,
        ],
        for_kuksa: true,
        vss_version: VssVersion::Auto,
        ..request.clone()
    };
    for request in [request, unexpanded, held] {
        let (catalog, diagnostics) = compile(&request, &files);
        assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
        for diagnostic in &diagnostics {
            assert!(!diagnostic.render(true).is_empty());
            assert_eq!(diagnostic.short().lines().count(), 1);
            assert_eq!(diagnostic.json().lines().count(), 1);
        }
        if let Some(catalog) = catalog {
            check_catalog(&catalog, request.expand);
        }
    }
}

/// An export reads back as itself, and every target makes something of the model.
fn check_catalog(catalog: &Catalog, expand: bool) {
    if catalog.root.descend().nth(MANY_NODES).is_some() {
        return;
    }
    let export = json::to_string(catalog, false);
    // An attribute `children` of vspec is not to be told from the children of JSON.
    if catalog.root.descend().any(|node| node.extra.contains_key("children")) {
        return;
    }
    let files = Files(HashMap::from([("again.json".to_owned(), export.clone().into_bytes())]));
    let request = Request {
        model: Some(Input::parse("again.json")),
        expand,
        // Of the root, only those are exported that were named.
        extended_attributes: catalog.root.extra.keys().cloned().collect(),
        ..Request::default()
    };
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
