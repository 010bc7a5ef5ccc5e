use std::rc::Rc;

use super::Raw;
use crate::source::Span;

/// The name of an attribute.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Name {
    Type,
    Description,
    Comment,
    Deprecation,
    Fka,
    ConstUid,
    Instantiate,
    Delete,
    Includes,
    Instances,
    InstancesRelation,
    Aggregate,
    /// What expansion sets on the branches that it makes; an author has no use for it.
    IsInstance,
    /// The path; every node has it from its key.
    Fqn,
    Datatype,
    Arraysize,
    Min,
    Max,
    Allowed,
    Enum,
    Pattern,
    Unit,
    Default,
    /// One that the language does not know.
    Extra(Rc<str>),
}

const NAMES: [(&str, Name); 23] = [
    ("type", Name::Type),
    ("description", Name::Description),
    ("datatype", Name::Datatype),
    ("unit", Name::Unit),
    ("min", Name::Min),
    ("max", Name::Max),
    ("comment", Name::Comment),
    ("allowed", Name::Allowed),
    ("default", Name::Default),
    ("instances", Name::Instances),
    ("deprecation", Name::Deprecation),
    ("arraysize", Name::Arraysize),
    ("enum", Name::Enum),
    ("pattern", Name::Pattern),
    ("fka", Name::Fka),
    ("constUID", Name::ConstUid),
    ("instantiate", Name::Instantiate),
    ("delete", Name::Delete),
    ("includes", Name::Includes),
    ("instances_relation", Name::InstancesRelation),
    ("aggregate", Name::Aggregate),
    ("is_instance", Name::IsInstance),
    ("fqn", Name::Fqn),
];

impl Name {
    pub(crate) fn new(text: &Rc<str>) -> Name {
        NAMES
            .iter()
            .find(|(name, _)| **name == **text)
            .map_or_else(|| Name::Extra(text.clone()), |(_, name)| name.clone())
    }

    pub(crate) fn text(&self) -> &str {
        match self {
            Name::Extra(text) => text,
            known => NAMES.iter().find(|(_, name)| name == known).map_or("", |(text, _)| text),
        }
    }

    /// Every name that an author may use, for suggestions.
    pub(crate) fn known() -> impl Iterator<Item = &'static str> {
        let is_for_authors = |name: &Name| !matches!(name, Name::IsInstance | Name::Fqn);
        NAMES.iter().filter(move |(_, name)| is_for_authors(name)).map(|(text, _)| *text)
    }
}

#[derive(Clone, Debug)]
pub(crate) struct Attribute {
    pub(crate) name: Name,
    pub(crate) key: Span,
    pub(crate) value: Raw,
}

/// The attributes of one node, in the order of first appearance. Few, so that a scan
/// finds one as fast as a map would.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attributes {
    list: Vec<Attribute>,
}

impl Attributes {
    pub(crate) fn get(&self, name: &Name) -> Option<&Attribute> {
        self.list.iter().find(|attribute| attribute.name == *name)
    }

    /// The value of an attribute that is there and not null.
    pub(crate) fn value(&self, name: &Name) -> Option<&Raw> {
        self.get(name).map(|attribute| &attribute.value).filter(|value| !value.is_null())
    }

    /// What the node says that it is, whether there is such a type or not.
    pub(crate) fn type_name(&self) -> Option<&str> {
        self.value(&Name::Type).and_then(Raw::as_str)
    }

    /// Whether both have the same values, in any order and at any place; null is none.
    pub(crate) fn says_the_same(&self, other: &Attributes) -> bool {
        let is_same = |name: &Name| match (self.value(name), other.value(name)) {
            (Some(one), Some(other)) => match (one.as_str(), other.as_str()) {
                (Some(one), Some(other)) => one == other,
                _ => one.literal() == other.literal(),
            },
            (one, other) => one.is_none() && other.is_none(),
        };
        self.iter().chain(other.iter()).all(|attribute| is_same(&attribute.name))
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = &Attribute> {
        self.list.iter()
    }

    pub(crate) fn remove(&mut self, name: &Name) -> Option<Attribute> {
        let at = self.list.iter().position(|attribute| attribute.name == *name)?;
        Some(self.list.remove(at))
    }

    /// Replaces the attribute of that name, or adds it at the end.
    pub(crate) fn set(&mut self, attribute: Attribute) {
        match self.list.iter_mut().find(|other| other.name == attribute.name) {
            Some(place) => *place = attribute,
            None => self.list.push(attribute),
        }
    }
}

impl FromIterator<Attribute> for Attributes {
    fn from_iter<I: IntoIterator<Item = Attribute>>(iter: I) -> Attributes {
        Attributes { list: iter.into_iter().collect() }
    }
}
