//! Which branches share a class.
//!
//! Two branches of one module share a class when everything below them is equal but for
//! the paths. So 20 equal seats cost one class, whether the model says that they are
//! instances or was expanded long ago and does not know any more.

use std::collections::{HashMap, HashSet};

use super::names;
use crate::model::{Kind, Leaf, Node};

/// A class, by its index in [`Classes::all`].
pub(super) type ClassId = usize;

#[derive(Debug)]
pub(super) struct Class<'c> {
    pub(super) name: String,
    /// The same without what stands for instances; the enums of its signals are named by it.
    pub(super) enum_prefix: String,
    /// The first branch of this class, which stands for all of them.
    pub(super) node: &'c Node,
    /// Where its branches are, with `*` for each name in which they differ: `Car.Seat.*`.
    /// `None` where they are not equally deep.
    pub(super) place: Option<String>,
    pub(super) members: Vec<Member<'c>>,
}

#[derive(Debug)]
pub(super) enum Member<'c> {
    Branch(&'c Node, ClassId),
    Leaf(&'c Node, &'c Leaf),
}

impl<'c> Member<'c> {
    pub(super) fn node(&self) -> &'c Node {
        match self {
            Member::Branch(node, _) | Member::Leaf(node, _) => node,
        }
    }
}

/// The classes of one module, each before those of the branches below it.
#[derive(Debug)]
pub(super) struct Classes<'c> {
    pub(super) all: Vec<Class<'c>>,
    known: HashMap<String, ClassId>,
}

impl<'c> Classes<'c> {
    /// The classes of `top` and of everything below it. `above` is the name of the class
    /// that `top` is a child of.
    pub(super) fn of(top: &'c Node, above: &str, taken: &mut names::Taken) -> Classes<'c> {
        let mut classes = Classes::empty();
        let root = classes.add(top);
        let name = taken.claim(&format!("{above}{}", names::class_part(&top.name)));
        classes.all[root].enum_prefix = name.clone();
        classes.all[root].name = name;
        classes.name_below(root, taken);
        // Children were added first: they had to be known to tell what is equal.
        classes.reversed()
    }

    pub(super) fn empty() -> Classes<'c> {
        Classes { all: Vec::new(), known: HashMap::new() }
    }

    fn add(&mut self, node: &'c Node) -> ClassId {
        let members: Vec<Member<'c>> =
            node.children().iter().filter_map(|child| self.member(child)).collect();
        let signature = signature(node, &members);
        if let Some(known) = self.known.get(&signature) {
            let place = &mut self.all[*known].place;
            *place = place.as_deref().and_then(|place| common_place(place, &node.path));
            return *known;
        }
        let (name, enum_prefix) = (String::new(), String::new());
        self.all.push(Class { name, enum_prefix, node, place: Some(node.path.clone()), members });
        self.known.insert(signature, self.all.len() - 1);
        self.all.len() - 1
    }

    /// Struct types in the tree are no signals.
    fn member(&mut self, child: &'c Node) -> Option<Member<'c>> {
        match &child.kind {
            Kind::Branch(_) => Some(Member::Branch(child, self.add(child))),
            Kind::Leaf(leaf) => Some(Member::Leaf(child, leaf)),
            Kind::Struct(_) => None,
        }
    }

    fn name_below(&mut self, parent: ClassId, taken: &mut names::Taken) {
        let mut children: Vec<(ClassId, Vec<&str>)> = Vec::new();
        for member in &self.all[parent].members {
            let Member::Branch(node, class) = member else { continue };
            match children.iter_mut().find(|(known, _)| known == class) {
                Some((_, names)) => names.push(&node.name),
                None => children.push((*class, vec![&node.name])),
            }
        }
        for (child, labels) in children {
            if !self.all[child].name.is_empty() {
                continue;
            }
            let Class { name, enum_prefix, .. } = &self.all[parent];
            let (name, enum_prefix) = match labels[..] {
                [only] => {
                    let part = names::class_part(only);
                    (format!("{name}{part}"), format!("{enum_prefix}{part}"))
                }
                _ => (format!("{name}{}", names::common_part(&labels)), enum_prefix.clone()),
            };
            self.all[child].name = taken.claim(&name);
            self.all[child].enum_prefix = enum_prefix;
            self.name_below(child, taken);
        }
    }

    fn reversed(mut self) -> Classes<'c> {
        let last = self.all.len() - 1;
        self.all.reverse();
        for class in &mut self.all {
            for member in &mut class.members {
                if let Member::Branch(_, id) = member {
                    *id = last - *id;
                }
            }
        }
        self
    }
}

/// `A.Left.B` and `A.Right.B` are `A.*.B`.
fn common_place(place: &str, path: &str) -> Option<String> {
    let count = |path: &str| path.split('.').count();
    let same = |(a, b)| if a == b { a } else { "*" };
    let common = || place.split('.').zip(path.split('.')).map(same).collect::<Vec<_>>().join(".");
    (count(place) == count(path)).then(common)
}

/// Everything that makes a class what it is.
fn signature(node: &Node, members: &[Member<'_>]) -> String {
    use std::fmt::Write;
    let mut text = String::new();
    let mut put = |node: &Node| {
        let docs = (&node.description, &node.comment, &node.deprecation);
        let _ = write!(text, "{:?}{docs:?}", node.name);
    };
    // The branch's own name is left out: instances differ in it.
    let own = (&node.description, &node.comment, &node.deprecation);
    let mut kinds = format!("{own:?}");
    for member in members {
        put(member.node());
        let _ = match member {
            Member::Branch(_, class) => write!(kinds, "#{class}"),
            Member::Leaf(_, leaf) => write!(kinds, "{leaf:?}"),
        };
    }
    text + &kinds
}

/// The instances of a branch, which is what iterating over it gives: what the model says,
/// or, where it does not, all children if they share one class.
pub(super) fn instances<'m, 'c>(class: &'m Class<'c>) -> Vec<(usize, &'m Member<'c>)> {
    let members = || class.members.iter().enumerate();
    let declared: Vec<_> =
        members().filter(|(_, member)| member.node().instance.is_some()).collect();
    if !declared.is_empty() {
        return declared;
    }
    let kinds: HashSet<Option<ClassId>> = class
        .members
        .iter()
        .map(|member| match member {
            Member::Branch(_, class) => Some(*class),
            Member::Leaf(..) => None,
        })
        .collect();
    let is_series = class.members.len() > 1 && kinds.len() == 1 && !kinds.contains(&None);
    if is_series { members().collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fixture::catalog;

    /// Name, prefix of enums, and instances of each class of the root's first branch.
    fn classes(text: &str) -> Vec<(String, String, Vec<String>)> {
        let catalog = catalog(text);
        let top = &catalog.root.children()[0];
        let classes = Classes::of(top, "A", &mut names::Taken::default());
        let instances =
            |class| instances(class).iter().map(|(_, member)| member.node().name.clone()).collect();
        let all = classes.all.iter();
        all.map(|c| (c.name.clone(), c.enum_prefix.clone(), instances(c))).collect()
    }

    fn class(name: &str, prefix: &str, instances: &[&str]) -> (String, String, Vec<String>) {
        let instances = instances.iter().map(|name| (*name).to_owned()).collect();
        (name.to_owned(), prefix.to_owned(), instances)
    }

    #[test]
    fn instances_share_a_class_that_is_named_by_what_they_have_in_common() {
        let text = "A: {type: branch}\n\
            A.Seat: {type: branch, instances: ['Row[1,2]', [LeftSide, RightSide]]}\n\
            A.Seat.X: {type: sensor, datatype: uint8}\n";
        let expected = [
            class("ASeat", "ASeat", &["Row1", "Row2"]),
            class("ASeatRow", "ASeat", &["LeftSide", "RightSide"]),
            class("ASeatRowSide", "ASeat", &[]),
        ];
        assert_eq!(classes(text), expected);
    }

    #[test]
    fn a_class_says_where_its_branches_are_if_that_can_be_said() {
        let text = "A: {type: branch}\n\
            A.Seat: {type: branch, instances: ['Row[1,2]', [Left, Right]]}\n\
            A.Seat.X: {type: sensor, datatype: uint8}\n\
            A.B: {type: branch}\n\
            A.B.Deep: {type: branch}\n\
            A.B.Deep.Y: {type: sensor, datatype: uint8}\n\
            A.Deep: {type: branch}\n\
            A.Deep.Y: {type: sensor, datatype: uint8}\n";
        let catalog = catalog(text);
        let classes = Classes::of(&catalog.root, "", &mut names::Taken::default());
        let place = |class: &Class<'_>| (class.name.clone(), class.place.clone());
        let mut places: Vec<_> = classes.all.iter().map(place).collect();
        places.sort();
        let expected = [
            ("A", Some("A")),
            ("AB", Some("A.B")),
            ("ABDeep", None),
            ("ASeat", Some("A.Seat")),
            ("ASeatRow", Some("A.Seat.*")),
            ("ASeatRowItem", Some("A.Seat.*.*")),
        ];
        let owned =
            |(name, place): (&str, Option<&str>)| (name.to_owned(), place.map(str::to_owned));
        assert_eq!(places, expected.map(owned));
    }

    #[test]
    fn an_instance_that_differs_has_a_class_of_its_own() {
        let text = "A: {type: branch}\n\
            A.Seat: {type: branch, instances: 'Row[1,3]'}\n\
            A.Seat.X: {type: sensor, datatype: uint8}\n\
            A.Seat.Row2.X: {type: sensor, datatype: int8}\n";
        let mut expected = vec![
            class("ASeat", "ASeat", &["Row1", "Row2", "Row3"]),
            class("ASeatRow", "ASeat", &[]),
            class("ASeatRow2", "ASeatRow2", &[]),
        ];
        let mut found = classes(text);
        found.sort();
        expected.sort();
        assert_eq!(found, expected);
    }

    #[test]
    fn equal_branches_are_instances_also_where_the_model_does_not_say_so() {
        let text = "A: {type: branch}\n\
            A.Lamp: {type: branch}\n\
            A.Lamp.Left: {type: branch}\n\
            A.Lamp.Left.X: {type: sensor, datatype: uint8}\n\
            A.Lamp.Right: {type: branch}\n\
            A.Lamp.Right.X: {type: sensor, datatype: uint8}\n";
        let expected =
            [class("ALamp", "ALamp", &["Left", "Right"]), class("ALampItem", "ALamp", &[])];
        assert_eq!(classes(text), expected);
    }
}
