//! A Rust crate: a tree of typed accessors,
//! `vehicle().cabin().seat().row1().driver_side().position()`, down to handles that know
//! path, unit, bounds and allowed values, and that read, set and follow their signals.
//!
//! One module per branch, in a file of its own. The handles, the traits and all that talks
//! to a broker are the crate `vehicle-signal-client`, which is the same for every model: it
//! goes along in `client/` as it stands in `templates/rust/client`, so that what is
//! generated builds with nothing but crates.io. Its feature `grpc`, on by default, is the
//! client; without it the tree has no dependency.

mod branch;
mod leaf;
mod names;
#[cfg(test)]
mod snapshots;
mod text;
mod types;

use serde::Serialize;

use self::{
    branch::{BranchView, Walk},
    names::Scope,
};
use super::{
    GenerateError, GeneratedFile,
    safe::{header, toml_string},
};
use crate::{
    model::Catalog,
    render::{self, Renderer, Templates},
};

/// Cargo's name for the crate; in code it is `vehicle_signal_model`.
const CRATE: &str = "vehicle-signal-model";

/// `Cargo.toml` and `src/lib.rs`.
#[derive(Debug, Serialize)]
struct CrateView {
    header: String,
    crate_name: &'static str,
    version: String,
    description: String,
    root: RootView,
    has_types: bool,
}

#[derive(Debug, Serialize)]
struct RootView {
    /// As documentation shows it.
    shown: String,
    module: String,
    function: String,
    type_name: String,
}

pub(super) fn files(
    catalog: &Catalog,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let header = header(catalog);
    let root = &catalog.root;
    let mut type_scope = Scope::default();
    let structs = types::names(catalog, &mut type_scope);
    let types = types::view(catalog, &header, &structs, &mut type_scope);
    let module = Scope::with(&["types"]).snake(names::module(&root.name));
    let mut walk = Walk { header: &header, structs: &structs, views: Vec::new() };
    let type_name = walk.root(root, &module);
    let view = CrateView {
        crate_name: CRATE,
        version: cargo_version(catalog.version().as_deref()),
        description: toml_string(&format!("The signals of {}, with their types", root.name)),
        root: RootView {
            shown: text::code(&root.path),
            function: names::function(&root.name),
            type_name,
            module,
        },
        has_types: types.is_some(),
        header: header.clone(),
    };
    let renderer = Renderer::new(templates, "rust")?;
    let mut files = vec![
        GeneratedFile::new("Cargo.toml", renderer.render("Cargo.toml.j2", &view)?),
        GeneratedFile::new("src/lib.rs", renderer.render("lib.rs.j2", &view)?),
    ];
    if let Some(types) = types {
        files.push(GeneratedFile::new("src/types.rs", renderer.render("types.rs.j2", &types)?));
    }
    for branch in &walk.views {
        files.push(branch_file(branch, &renderer)?);
    }
    files.extend(client_files());
    Ok(files)
}

/// The crate that the generated one is made with.
fn client_files() -> impl Iterator<Item = GeneratedFile> {
    let goes_along = |path: &str| path == "Cargo.toml" || path.starts_with("src/");
    render::verbatim("rust/client")
        .into_iter()
        .filter(move |(path, _)| goes_along(path))
        .map(|(path, text)| GeneratedFile::new(format!("client/{path}"), text.to_owned()))
}

fn branch_file(view: &BranchView, renderer: &Renderer<'_>) -> Result<GeneratedFile, GenerateError> {
    let path = format!("src/{}.rs", view.file);
    Ok(GeneratedFile::new(path, renderer.render("branch.rs.j2", view)?))
}

/// Cargo wants three numbers and a label of letters, digits, dots and dashes.
fn cargo_version(version: Option<&str>) -> String {
    let version = version.unwrap_or_default();
    let (numbers, label) = version.split_once('-').unwrap_or((version, ""));
    let is_number = |n: &str| n.parse::<u64>().is_ok_and(|value| value.to_string() == n);
    if numbers.split('.').count() != 3 || !numbers.split('.').all(is_number) {
        return "0.0.0".to_owned();
    }
    let words = label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let label: Vec<&str> = words.collect();
    match label.join("-") {
        label if label.is_empty() => numbers.to_owned(),
        // A number with a leading zero is the one thing that is still no label.
        label => format!("{numbers}-{}{label}", if label.starts_with('0') { "v" } else { "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::cargo_version;

    #[test]
    fn every_version_becomes_one_that_cargo_accepts() {
        let table = [
            (None, "0.0.0"),
            (Some("6.0.0"), "6.0.0"),
            (Some("6.0.0-edge"), "6.0.0-edge"),
            (Some("6.0.0-Winter_Build 7"), "6.0.0-Winter-Build-7"),
            (Some("6.0.0-01"), "6.0.0-v01"),
            (Some("6.0.0-"), "6.0.0"),
            (Some("6.0"), "0.0.0"),
            (Some("06.0.0"), "0.0.0"),
        ];
        for (version, expected) in table {
            assert_eq!(cargo_version(version), expected, "{version:?}");
        }
    }
}
