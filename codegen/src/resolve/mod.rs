//! From raw trees to the typed model: an ordered list of passes, one file each.
//!
//! ```text
//! root      the root file, where a folder or an archive was named
//! include   the model and what it includes, into one flat map
//! overlay   files laid over it
//! unit      unit and quantity files
//! release   what an older release wrote otherwise
//! types     struct types, into a tree of their own
//! tree      names with dots become a tree
//! instance  branches are multiplied
//! check     every rule on attributes, values and places
//! prune     deleted nodes go
//! strict    rules that are held only where they are asked for
//! lower     raw attributes become model::Catalog
//! ```
//!
//! In: a request and a loader. Out: a catalog, unless a pass reported an error, and
//! everything that was reported. A pass goes on after an error with what it has: one
//! run shows all problems. What is allowed but hardly meant is seen by the lints, each
//! behind the pass whose result it looks at. Between passes an [`Observer`] may look at what
//! there is, as [`dump()`] does to show where a value comes from.
//! Must not know: targets, the command line.

mod check;
mod dump;
mod flat;
mod include;
mod instance;
mod lint;
mod lower;
mod overlay;
mod pass;
mod prune;
mod reader;
mod release;
mod root;
mod scalars;
mod strict;
#[cfg(test)]
mod tests;
mod tree;
mod types;
mod unit;

use std::collections::HashSet;

use crate::{
    Diagnostic, Request, StrictRule,
    diagnostic::Sink,
    model::Catalog,
    source::{Input, Loader},
    syntax,
};
use check::{CheckedTree, Context, Structs};
pub use dump::{Dump, DumpAttribute, DumpNode, dump};
use flat::Flat;
use include::Globs;
pub use pass::Pass;
use pass::{Held, Observer};
use reader::Reader;
use release::Rules;
use strict::Strict;

pub(crate) fn resolve(
    request: &Request,
    loader: &dyn Loader,
) -> (Option<Catalog>, Vec<Diagnostic>) {
    let mut reader = Reader::new(loader);
    let mut sink = Sink::default();
    let catalog = run(request, &mut reader, &mut sink, &mut ());
    let catalog = catalog.filter(|_| !sink.has_error());
    (catalog, sink.finish(&reader.sources))
}

/// Every pass in its turn. After each the observer sees what there is, and may stop here.
fn run(
    request: &Request,
    reader: &mut Reader<'_>,
    sink: &mut Sink,
    observer: &mut dyn Observer,
) -> Option<Catalog> {
    let model = request.model.clone().unwrap_or_else(Input::default_model);
    let model = root::find(model, &request.include_dirs, reader, sink)?;
    let root = reader.require(&model, sink)?;
    let is_json = syntax::is_json(&model, &reader.sources.get(root).text);
    let mut flat = Flat::default();
    include::gather(&mut flat, root, Globs::AfterRoot, &request.include_dirs, reader, sink);
    observer.after(Pass::Include, Held::Flat(&flat))?;
    overlay::lay(&mut flat, &request.overlays, &request.include_dirs, reader, sink);
    observer.after(Pass::Overlay, Held::Flat(&flat))?;
    let rules = Rules::new(request.vss_version, &flat);
    let units = unit::read(request, &model, is_json, &rules, reader, sink);
    observer.after(Pass::Unit, Held::Units(&units))?;
    let extended = extended(request);
    let mut structs = Structs::default();
    let known = types::Known { units: &units, extended: &extended, rules: &rules };
    let types = types::read(request, root, &known, &mut structs, reader, sink);
    observer.after(Pass::Types, Held::Types(types.as_ref()))?;
    let exceptions = strict::exceptions(request, reader, sink);
    // Without a file that could not be read, most of what follows would be noise.
    if flat.nodes.is_empty() && sink.has_error() {
        return None;
    }
    release::modernise_types(&mut flat, &rules, sink);
    let mut tree = tree::build(flat, &model.to_string(), sink)?;
    lint::case::check(&tree, sink);
    observer.after(Pass::Tree, Held::Tree(&tree))?;
    if request.expand {
        instance::expand(&mut tree, sink);
        if is_json {
            instance::recognise(&mut tree);
        }
    } else {
        instance::check(&tree, sink);
    }
    observer.after(Pass::Instance, Held::Tree(&tree))?;
    if structs.add(&tree) {
        structs.check_cycles(sink);
    }
    let context = Context {
        units: &units,
        structs: &structs,
        extended: &extended,
        are_strangers_refused: request.strict.contains(&StrictRule::UnknownAttribute),
        for_kuksa: request.for_kuksa,
        rules: &rules,
    };
    let checked = check::check(&tree, &context, sink);
    let mut trees: Vec<&CheckedTree> = types.iter().map(|types| &types.checked).collect();
    trees.push(&checked);
    check::check_struct_defaults(&trees, &structs, sink);
    observer.after(Pass::Check, Held::Checked(&tree, &checked))?;
    prune::prune(&mut tree, &checked);
    check::check_left(&tree, &checked, &context, sink);
    let strict = Strict { rules: &request.strict, exceptions: &exceptions, extended: &extended };
    strict.check(&tree, &checked, sink);
    observer.after(Pass::Prune, Held::Checked(&tree, &checked))?;
    if sink.has_error() {
        return None;
    }
    let catalog = lower::lower(&tree, &checked, types.as_ref(), &units, &extended)?;
    lint::unit::check(&units, &catalog, sink);
    unit::warn_of_none(&units, &catalog, &rules, sink);
    observer.after(Pass::Lower, Held::Catalog(&catalog, &tree))?;
    Some(catalog)
}

/// Attributes that nobody is warned of.
fn extended(request: &Request) -> HashSet<&str> {
    let of_kuksa = request.for_kuksa.then_some(check::kuksa::CHANGE_TYPE);
    request.extended_attributes.iter().map(String::as_str).chain(of_kuksa).collect()
}
