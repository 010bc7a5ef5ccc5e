use super::{check::CheckedTree, flat::Flat, tree::Tree, types::Types, unit::Units};
use crate::model::Catalog;

/// A pass of the compiler. Declared in the order in which they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Pass {
    Include,
    Overlay,
    Unit,
    Types,
    Tree,
    Instance,
    Check,
    Prune,
    Lower,
}

const PASSES: [(Pass, &str, &str); 9] = [
    (Pass::Include, "include", "the model and what it includes, by full name"),
    (Pass::Overlay, "overlay", "the same with the overlays laid over it"),
    (Pass::Unit, "unit", "the units that a signal may have"),
    (Pass::Types, "types", "the struct types of --types, with their values read"),
    (Pass::Tree, "tree", "the tree that the names make"),
    (Pass::Instance, "instance", "the tree with a branch for each instance"),
    (Pass::Check, "check", "the tree with its values read as their types"),
    (Pass::Prune, "prune", "the same without what is deleted"),
    (Pass::Lower, "lower", "the model that exports and generators get"),
];

impl Pass {
    /// In the order in which they run.
    pub fn all() -> impl Iterator<Item = Pass> {
        PASSES.iter().map(|(pass, _, _)| *pass)
    }

    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// What the compiler holds after it.
    pub fn summary(self) -> &'static str {
        self.row().2
    }

    fn row(self) -> &'static (Pass, &'static str, &'static str) {
        // A pass without a row fails the test below.
        PASSES.iter().find(|(pass, _, _)| *pass == self).unwrap_or(&PASSES[0])
    }
}

/// What the compiler holds after a pass.
#[derive(Debug)]
pub(super) enum Held<'a> {
    Units(&'a Units),
    Flat(&'a Flat),
    Types(Option<&'a Types>),
    Tree(&'a Tree),
    Checked(&'a Tree, &'a CheckedTree),
    Catalog(&'a Catalog, &'a Tree),
}

/// Looks at what the compiler holds between passes.
pub(super) trait Observer {
    /// `None` stops the compiler here.
    fn after(&mut self, pass: Pass, held: Held<'_>) -> Option<()>;
}

/// Nobody looks.
impl Observer for () {
    fn after(&mut self, _: Pass, _: Held<'_>) -> Option<()> {
        Some(())
    }
}
