//! Struct types, and defaults of them.

use std::collections::{BTreeSet, HashMap};

use super::{literals, names};
use crate::model::{Catalog, Element, Kind, Leaf, Literal, Node};

/// What is named for each struct before anything is printed.
#[derive(Debug, Default)]
pub(super) struct Structs<'c> {
    /// In the order of the model, those of types files first.
    pub(super) all: Vec<Struct<'c>>,
    by_path: HashMap<&'c str, usize>,
}

#[derive(Debug)]
pub(super) struct Struct<'c> {
    pub(super) name: String,
    pub(super) node: &'c Node,
    pub(super) fields: Vec<Field<'c>>,
}

#[derive(Debug)]
pub(super) struct Field<'c> {
    pub(super) name: String,
    pub(super) node: &'c Node,
    pub(super) leaf: &'c Leaf,
    /// The enum of its values, known once that is made.
    pub(super) enumeration: Option<String>,
}

/// The names that a value takes from modules of the package.
#[derive(Debug, Default)]
pub(super) struct Imports {
    pub(super) enums: BTreeSet<String>,
    pub(super) structs: BTreeSet<String>,
}

impl<'c> Structs<'c> {
    pub(super) fn of(catalog: &'c Catalog) -> Structs<'c> {
        let mut taken = names::Taken::default();
        let mut structs = Structs::default();
        let roots = catalog.types.iter().chain([&catalog.root]);
        for node in roots.flat_map(Node::descend) {
            if matches!(node.kind, Kind::Struct(_)) {
                let name = taken.claim(&names::class_part(&node.name));
                structs.by_path.insert(&node.path, structs.all.len());
                structs.all.push(Struct { name, node, fields: fields(node) });
            }
        }
        structs
    }

    pub(super) fn get(&self, path: &str) -> Option<&Struct<'c>> {
        self.all.get(*self.by_path.get(path)?)
    }

    /// A value as Python makes it. `None` where a type checker would refuse it: the language
    /// lets a default be outside of what its properties allow.
    pub(super) fn value(
        &self,
        literal: &Literal,
        leaf: &Leaf,
        enumeration: Option<&str>,
        imports: &mut Imports,
    ) -> Option<String> {
        if let Literal::List(items) = literal {
            let items = items.iter().map(|item| self.value(item, leaf, enumeration, imports));
            return Some(format!("[{}]", items.collect::<Option<Vec<_>>>()?.join(", ")));
        }
        if let Some(enumeration) = enumeration {
            let known = leaf.enumeration.values().chain(&leaf.allowed);
            known.into_iter().find(|known| *known == literal)?;
            imports.enums.insert(enumeration.to_owned());
            return Some(format!("{enumeration}({})", literals::literal(literal)));
        }
        let Element::Struct(path) = &leaf.datatype.element else {
            return Some(literals::literal(literal));
        };
        let (found, Literal::Map(given)) = (self.get(path)?, literal) else { return None };
        imports.structs.insert(found.name.clone());
        let arguments = found.fields.iter().map(|field| {
            let value = given.get(&field.node.name)?;
            let value = self.value(value, field.leaf, field.enumeration.as_deref(), imports)?;
            Some(format!("{}={value}", field.name))
        });
        let arguments = arguments.collect::<Option<Vec<_>>>()?;
        Some(format!("{}({})", found.name, arguments.join(", ")))
    }
}

fn fields(node: &Node) -> Vec<Field<'_>> {
    let properties: Vec<_> =
        node.children().iter().filter_map(|child| Some((child, child.leaf()?))).collect();
    let names: Vec<&str> = properties.iter().map(|(node, _)| node.name.as_str()).collect();
    let named = names::fields(&names).into_iter().zip(properties);
    named.map(|(name, (node, leaf))| Field { name, node, leaf, enumeration: None }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::target::fixture::catalog;

    const MODEL: &str = "
Car: {type: branch}
Car.Place: {type: struct}
Car.Place.class: {type: property, datatype: float}
Car.Place.Kind: {type: property, datatype: string, allowed: [CITY, LAND]}
Car.Trip: {type: struct}
Car.Trip.Stops: {type: property, datatype: 'Place[]'}
Car.Home: {type: sensor, datatype: Place, default: {class: 1, Kind: LAND, Odd: 2}}
Car.Moon: {type: sensor, datatype: Place, default: {class: 1, Kind: MOON}}
Car.Way: {type: sensor, datatype: Trip, default: {Stops: [{class: 1, Kind: CITY}]}}
Car.None: {type: sensor, datatype: 'Trip[]', default: []}
";

    #[test]
    fn a_default_is_made_of_its_classes_or_not_at_all() {
        let catalog = catalog(MODEL);
        let mut structs = Structs::of(&catalog);
        structs.all[0].fields[1].enumeration = Some("PlaceKind".to_owned());
        let mut imports = Imports::default();
        let mut made = |name: &str| {
            let leaf = catalog.root.child(name)?.leaf()?;
            structs.value(leaf.default.as_ref()?, leaf, None, &mut imports)
        };
        let place = |kind: &str| format!("Place(class_=1, Kind=PlaceKind(\"{kind}\"))");
        assert_eq!(made("Home"), Some(place("LAND")));
        assert_eq!(made("Moon"), None, "a value that the enum lacks");
        assert_eq!(made("Way"), Some(format!("Trip(Stops=[{}])", place("CITY"))));
        assert_eq!(made("None"), Some("[]".to_owned()));
        assert_eq!(imports.structs, BTreeSet::from(["Place", "Trip"].map(str::to_owned)));
        assert_eq!(imports.enums, BTreeSet::from(["PlaceKind".to_owned()]));
    }
}
