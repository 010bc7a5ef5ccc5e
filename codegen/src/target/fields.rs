//! A node's attributes as the reference tool's exports hold them: which ones, and in which
//! order. What is not set, or an empty list, is left out.

use std::borrow::Cow;

use indexmap::IndexMap;

use crate::model::{DataType, Kind, Leaf, Literal, Node};

/// What an attribute holds.
#[derive(Debug)]
pub(super) enum Field<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Literal(Cow<'a, Literal>),
    Literals(&'a [Literal]),
    Map(&'a IndexMap<String, Literal>),
    Datatype(&'a DataType),
}

/// The attributes that the language knows, children aside.
pub(super) fn known(node: &Node) -> Vec<(&str, Field<'_>)> {
    let mut fields = vec![("type", Field::Text(node.type_name()))];
    texts(
        &mut fields,
        [
            ("description", &node.description),
            ("comment", &node.comment),
            ("deprecation", &node.deprecation),
            ("constUID", &node.const_uid),
        ],
    );
    if !node.fka.is_empty() {
        fields.push(("fka", Field::Texts(&node.fka)));
    }
    match &node.kind {
        Kind::Branch(branch) if !branch.instances.is_empty() => {
            fields.push(("instances", Field::Literals(&branch.instances)));
        }
        Kind::Branch(_) | Kind::Struct(_) => {}
        Kind::Leaf(leaf) => leaf_fields(leaf, &mut fields),
    }
    fields
}

fn leaf_fields<'a>(leaf: &'a Leaf, fields: &mut Vec<(&'a str, Field<'a>)>) {
    fields.push(("datatype", Field::Datatype(&leaf.datatype)));
    for (key, literal) in [("min", &leaf.min), ("max", &leaf.max)] {
        fields.extend(literal.iter().map(|literal| (key, Field::Literal(Cow::Borrowed(literal)))));
    }
    texts(fields, [("pattern", &leaf.pattern), ("unit", &leaf.unit)]);
    if !leaf.enumeration.is_empty() {
        fields.push(("enum", Field::Map(&leaf.enumeration)));
    }
    if !leaf.allowed.is_empty() {
        fields.push(("allowed", Field::Literals(&leaf.allowed)));
    }
    let default = leaf.default.as_ref().map(finite).filter(|literal| is_set(literal));
    fields.extend(default.map(|literal| ("default", Field::Literal(literal))));
}

fn texts<'a, const N: usize>(
    fields: &mut Vec<(&'a str, Field<'a>)>,
    pairs: [(&'a str, &'a Option<String>); N],
) {
    fields.extend(pairs.into_iter().filter_map(|(k, text)| Some((k, Field::Text(text.as_ref()?)))));
}

/// Whether a value is neither null nor an empty list.
pub(super) fn is_set(literal: &Literal) -> bool {
    match literal {
        Literal::Null => false,
        Literal::List(items) => !items.is_empty(),
        _ => true,
    }
}

/// In values without a fixed type the reference tool makes null of what is no finite number.
pub(super) fn finite(literal: &Literal) -> Cow<'_, Literal> {
    let is_lost = |float: &f64| !float.is_finite();
    match literal {
        Literal::Float(float) if is_lost(float) => Cow::Owned(Literal::Null),
        Literal::List(items) => {
            let items: Vec<_> = items.iter().map(finite).collect();
            match items.iter().any(|item| matches!(item, Cow::Owned(_))) {
                true => Cow::Owned(Literal::List(items.into_iter().map(Cow::into_owned).collect())),
                false => Cow::Borrowed(literal),
            }
        }
        Literal::Map(entries) => {
            let values: Vec<_> = entries.values().map(finite).collect();
            match values.iter().any(|value| matches!(value, Cow::Owned(_))) {
                true => {
                    let values = values.into_iter().map(Cow::into_owned);
                    Cow::Owned(Literal::Map(entries.keys().cloned().zip(values).collect()))
                }
                false => Cow::Borrowed(literal),
            }
        }
        _ => Cow::Borrowed(literal),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_finite_number_is_null_at_any_depth() {
        let float = Literal::Float;
        let map = |value| Literal::Map([("a".to_owned(), value)].into_iter().collect());
        let value = Literal::List(vec![float(1.5), float(f64::INFINITY), map(float(f64::NAN))]);
        let expected = Literal::List(vec![float(1.5), Literal::Null, map(Literal::Null)]);
        assert_eq!(*finite(&value), expected);
        let value = Literal::List(vec![float(1.5), map(float(2.0))]);
        assert!(matches!(finite(&value), Cow::Borrowed(_)));
    }
}
