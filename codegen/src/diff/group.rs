//! From pairs of nodes to changes: what is below a branch that came or went belongs to it,
//! and the instances of a branch that change alike are one change.

use std::collections::HashMap;

use indexmap::IndexMap;

use super::{
    AttributeChange, Change, ChangeKind, Step,
    pair::{Index, Indexed, Pairs},
    rules,
};

/// A change of one node.
struct Single<'a> {
    kind: ChangeKind,
    /// The node that shows: the new one where there is one.
    node: &'a Indexed<'a>,
    /// The old one of a node that was renamed.
    from: Option<&'a Indexed<'a>>,
    attributes: Vec<AttributeChange>,
    signals: Vec<String>,
}

pub(super) fn group(old: &Index<'_>, new: &Index<'_>, pairs: &Pairs) -> Vec<Change> {
    let (old_places, new_places) = (places(old), places(new));
    let mut groups: IndexMap<String, Vec<Single<'_>>> = IndexMap::new();
    for single in singles(old, new, pairs) {
        groups.entry(identity(&single)).or_default().push(single);
    }
    let change = |group: Vec<Single<'_>>| {
        let first = group.first()?;
        let places = if first.kind == ChangeKind::Removed { &old_places } else { &new_places };
        let of = places.get(&*first.node.pattern).copied().unwrap_or_default();
        merged(group, of)
    };
    groups.into_values().filter_map(change).collect()
}

/// How many nodes there are in the place of each.
fn places<'i>(index: &'i Index<'_>) -> HashMap<&'i str, usize> {
    let mut places = HashMap::new();
    index.nodes.iter().for_each(|node| *places.entry(&*node.pattern).or_default() += 1);
    places
}

impl<'a> Single<'a> {
    fn new(kind: ChangeKind, node: &'a Indexed<'a>) -> Single<'a> {
        let signals = signal(node).collect();
        Single { kind, node, from: None, attributes: Vec::new(), signals }
    }
}

fn singles<'a>(old: &'a Index<'a>, new: &'a Index<'a>, pairs: &Pairs) -> Vec<Single<'a>> {
    let [mut removed, mut renamed, mut added] = [(); 3].map(|()| Folding::default());
    for at in &pairs.removed {
        removed.add(*at, Single::new(ChangeKind::Removed, &old.nodes[*at]));
    }
    let mut changed = Vec::new();
    for (at, pair) in pairs.new.iter().enumerate() {
        let node = &new.nodes[at];
        let Some(was) = pair.map(|was| &old.nodes[was]) else {
            added.add(at, Single::new(ChangeKind::Added, node));
            continue;
        };
        let mut attributes = rules::changes(was.node, node.node);
        if was.node.path != node.node.path {
            // That it was renamed says the same.
            attributes.retain(|change| change.name != "fka");
            let from = Some(was);
            let single = Single { from, attributes, ..Single::new(ChangeKind::Renamed, node) };
            // It went along with its branch, or its own way.
            let is_along = node.parent.and_then(|parent| pairs.new[parent]) == was.parent
                && was.node.name == node.node.name;
            if is_along {
                renamed.add(at, single);
            } else {
                renamed.open(at, single);
            }
        } else if !attributes.is_empty() {
            changed.push(Single { attributes, ..Single::new(ChangeKind::Changed, node) });
        }
    }
    let lists = [removed.singles, renamed.singles, changed, added.singles];
    lists.into_iter().flatten().collect()
}

/// Changes of one kind, each with what is below it.
#[derive(Default)]
struct Folding<'a> {
    singles: Vec<Single<'a>>,
    /// Which of them a node belongs to.
    owners: HashMap<usize, usize>,
}

impl<'a> Folding<'a> {
    /// To the change of the branch above, where there is one and nothing else to say.
    fn add(&mut self, at: usize, single: Single<'a>) {
        let owner = single.node.parent.and_then(|parent| self.owners.get(&parent).copied());
        match owner.filter(|_| single.attributes.is_empty()) {
            Some(owner) => {
                self.singles[owner].signals.extend(single.signals);
                self.owners.insert(at, owner);
            }
            None => self.open(at, single),
        }
    }

    /// A change of its own.
    fn open(&mut self, at: usize, single: Single<'a>) {
        self.owners.insert(at, self.singles.len());
        self.singles.push(single);
    }
}

fn signal(node: &Indexed<'_>) -> impl Iterator<Item = String> {
    node.node.leaf().map(|_| node.node.path.clone()).into_iter()
}

/// What instances must have in common to be one change.
fn identity(single: &Single<'_>) -> String {
    // An instance that came or went is that instance, not any of its branch.
    let own_name = match (single.kind, single.node.node.instance.is_some()) {
        (ChangeKind::Changed, _) | (_, false) => "",
        _ => &single.node.node.name,
    };
    let from = single.from.map_or("", |from| &from.pattern);
    format!(
        "{:?} {} {own_name} {from} {} {} {:?}",
        single.kind,
        single.node.pattern,
        single.node.node.type_name(),
        single.signals.len(),
        single.attributes
    )
}

fn merged(group: Vec<Single<'_>>, of: usize) -> Option<Change> {
    let path = common(group.iter().map(|single| &*single.node.node.path));
    let from: Vec<&str> =
        group.iter().filter_map(|s| s.from).map(|from| &*from.node.path).collect();
    let from = (!from.is_empty()).then(|| common(from.into_iter()));
    let paths = group.iter().map(|single| single.node.node.path.clone()).collect();
    let mut singles = group.into_iter();
    let first = singles.next()?;
    let type_name = first.node.node.type_name();
    let own = match first.kind {
        ChangeKind::Removed | ChangeKind::Renamed => Step::Major,
        // The struct was there before, and whoever makes values of it does not know this.
        ChangeKind::Added if type_name == "property" => Step::Major,
        ChangeKind::Added => Step::Minor,
        ChangeKind::Changed => Step::None,
    };
    let step = first.attributes.iter().map(|change| change.step).fold(own, Step::max);
    let mut signals = first.signals;
    signals.extend(singles.flat_map(|single| single.signals));
    Some(Change {
        kind: first.kind,
        path,
        from,
        node: type_name.to_owned(),
        breaking: step == Step::Major,
        step,
        paths,
        of,
        signals,
        attributes: first.attributes,
    })
}

/// The path that several have in common, with `*` for the names that differ.
fn common<'p>(mut paths: impl Iterator<Item = &'p str>) -> String {
    let mut names: Vec<&str> = paths.next().unwrap_or_default().split('.').collect();
    for path in paths {
        for (name, other) in names.iter_mut().zip(path.split('.')) {
            if *name != other {
                *name = "*";
            }
        }
    }
    names.join(".")
}
