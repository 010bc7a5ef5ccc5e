//! The Python package `vehicle_signal_model`: a typed tree of the whole model.
//!
//! One module for the root, one for each branch below it, one for the enums, and one for
//! the struct types where there are any. Each branch is a class, each signal a property of
//! it that names its type, its facts and its documentation; the objects are built when they
//! are first touched. Branches that are equal but for their place (instances, mostly) share
//! a class.
//!
//! `names` makes every name, `literals` every literal, `docs` the words of docstrings,
//! `classes` finds out which branches share a class, `series` which of them are instances,
//! `structs` names what struct types are, `view` puts it together for the templates.

mod classes;
mod docs;
mod literals;
mod names;
mod series;
mod structs;
mod view;

use super::{GenerateError, GeneratedFile, manifest, safe::header};
use crate::{
    model::Catalog,
    render::{Renderer, Templates},
};

pub(super) fn files(
    catalog: &Catalog,
    templates: &Templates,
) -> Result<Vec<GeneratedFile>, GenerateError> {
    let renderer = Renderer::new(templates, "python")?;
    let version = manifest::package_version(catalog.version().as_deref());
    let package = view::package(catalog, header(catalog), version);
    let file = |name: &str, contents: String| {
        GeneratedFile::new(format!("{}/{name}", manifest::SDK_NAME), contents)
    };
    let project = renderer.render("pyproject.toml.j2", &package)?;
    let mut files = vec![GeneratedFile::new("pyproject.toml", project)];
    files.push(file("__init__.py", renderer.render("__init__.py.j2", &package)?));
    files.push(file("enums.py", renderer.render("enums.py.j2", &package)?));
    if let Some(structs) = &package.structs {
        files.push(file("structs.py", renderer.render("structs.py.j2", structs)?));
    }
    for module in &package.modules {
        files.push(file(&module.file, renderer.render("branch.py.j2", module)?));
    }
    files.push(file("py.typed", String::new()));
    Ok(files)
}
