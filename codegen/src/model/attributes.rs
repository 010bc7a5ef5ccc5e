//! A node's attributes as a list, under the names that a model gives them.

use indexmap::IndexMap;

use super::{Kind, Leaf, Literal, Node};

impl Node {
    /// Every attribute that the node has, `type` first. The children are none.
    pub fn attributes(&self) -> Vec<(&str, Literal)> {
        let texts = [&self.description, &self.comment, &self.deprecation, &self.const_uid];
        let instances = match &self.kind {
            Kind::Branch(branch) => branch.instances.as_slice(),
            Kind::Struct(_) | Kind::Leaf(_) => &[],
        };
        attributes(self.type_name(), texts, &self.fka, self.leaf(), instances, &self.extra)
    }
}

/// The same for what is not a node yet.
pub(crate) fn attributes<'a>(
    kind: &str,
    texts: [&Option<String>; 4],
    fka: &[String],
    leaf: Option<&Leaf>,
    instances: &[Literal],
    extra: &'a IndexMap<String, Literal>,
) -> Vec<(&'a str, Literal)> {
    let text = |text: &str| Literal::String(text.to_owned());
    let list =
        |items: &[Literal]| Some(items.to_vec()).filter(|i| !i.is_empty()).map(Literal::List);
    let names = ["description", "comment", "deprecation", "constUID"];
    let fka: Vec<Literal> = fka.iter().map(|name| text(name)).collect();
    let mut values = vec![("type", Some(text(kind)))];
    values.extend(names.into_iter().zip(texts.map(|value| value.as_deref().map(text))));
    values.extend([("fka", list(&fka)), ("instances", list(instances))]);
    if let Some(leaf) = leaf {
        let enumeration = Some(&leaf.enumeration).filter(|keys| !keys.is_empty());
        values.extend([
            ("datatype", Some(text(&leaf.datatype.to_string()))),
            ("arraysize", leaf.arraysize.map(|size| Literal::Int(size.into()))),
            ("unit", leaf.unit.as_deref().map(text)),
            ("min", leaf.min.clone()),
            ("max", leaf.max.clone()),
            ("allowed", list(&leaf.allowed)),
            ("enum", enumeration.cloned().map(Literal::Map)),
            ("pattern", leaf.pattern.as_deref().map(text)),
            ("default", leaf.default.clone()),
        ]);
    }
    values.extend(extra.iter().map(|(name, value)| (name.as_str(), Some(value.clone()))));
    values.into_iter().filter_map(|(name, value)| Some((name, value?))).collect()
}
