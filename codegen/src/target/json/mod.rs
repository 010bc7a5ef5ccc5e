//! VSS JSON, byte for byte as the reference tool writes it: keys in the order of code
//! points, ASCII only, numbers as authored.

mod text;

use crate::model::{Catalog, Kind, Leaf, Literal, Node};
use text::Writer;

/// The whole model, without a final line end. `pretty` indents by two blanks.
pub fn to_string(catalog: &Catalog, pretty: bool) -> String {
    let mut writer = Writer::new(pretty);
    let mut roots: Vec<(&str, Field<'_>)> = vec![(&catalog.root.name, Field::Node(&catalog.root))];
    if !catalog.types.is_empty() {
        roots.push(("ComplexDataTypes", Field::Nodes(&catalog.types)));
    }
    object(&mut writer, roots);
    writer.finish()
}

/// A value that a key of the export has.
enum Field<'a> {
    Text(&'a str),
    Texts(&'a [String]),
    Literal(&'a Literal),
    Literals(&'a [Literal]),
    Enumeration(&'a Leaf),
    Datatype(&'a Leaf),
    Node(&'a Node),
    Nodes(&'a [Node]),
}

fn object(writer: &mut Writer, mut fields: Vec<(&str, Field<'_>)>) {
    // Bytes of UTF-8 sort as the code points do.
    fields.sort_by_key(|(key, _)| *key);
    writer.open('{');
    for (key, field) in fields {
        writer.key(key);
        match field {
            Field::Text(text) => writer.string(text),
            Field::Texts(texts) => {
                writer.list(texts.iter(), |writer, text| writer.string(text));
            }
            Field::Literal(literal) => writer.literal(literal),
            Field::Literals(items) => writer.list(items.iter(), Writer::literal),
            Field::Enumeration(leaf) => writer.map(&leaf.enumeration),
            Field::Datatype(leaf) => writer.string(&leaf.datatype.to_string()),
            Field::Node(node) => object(writer, fields_of(node)),
            Field::Nodes(nodes) => {
                object(writer, nodes.iter().map(|n| (n.name.as_str(), Field::Node(n))).collect());
            }
        }
    }
    writer.close('}');
}

fn fields_of(node: &Node) -> Vec<(&str, Field<'_>)> {
    let mut fields = vec![("type", Field::Text(node.type_name()))];
    let texts = [
        ("description", &node.description),
        ("comment", &node.comment),
        ("deprecation", &node.deprecation),
        ("constUID", &node.const_uid),
    ];
    fields.extend(texts.into_iter().filter_map(|(k, text)| Some((k, Field::Text(text.as_ref()?)))));
    if !node.fka.is_empty() {
        fields.push(("fka", Field::Texts(&node.fka)));
    }
    match &node.kind {
        Kind::Branch(branch) | Kind::Struct(branch) => {
            if !branch.children.is_empty() {
                fields.push(("children", Field::Nodes(&branch.children)));
            }
            if !branch.instances.is_empty() {
                fields.push(("instances", Field::Literals(&branch.instances)));
            }
        }
        Kind::Leaf(leaf) => leaf_fields(leaf, &mut fields),
    }
    // The root shows an attribute that the author named even where it is empty.
    let is_root = !node.path.contains('.');
    let is_shown = |(key, literal): &(&String, &Literal)| match literal {
        _ if *key == "children" && !node.children().is_empty() => false,
        Literal::Null => is_root,
        Literal::List(items) => is_root || !items.is_empty(),
        _ => true,
    };
    let extra = node.extra.iter().filter(is_shown);
    fields.extend(extra.map(|(key, literal)| (key.as_str(), Field::Literal(literal))));
    fields
}

fn leaf_fields<'a>(leaf: &'a Leaf, fields: &mut Vec<(&'a str, Field<'a>)>) {
    fields.push(("datatype", Field::Datatype(leaf)));
    let texts = [("unit", &leaf.unit), ("pattern", &leaf.pattern)];
    fields.extend(texts.into_iter().filter_map(|(k, text)| Some((k, Field::Text(text.as_ref()?)))));
    for (key, literal) in [("min", &leaf.min), ("max", &leaf.max), ("default", &leaf.default)] {
        if let Some(literal) = literal
            && !matches!(literal, Literal::List(items) if items.is_empty())
        {
            fields.push((key, Field::Literal(literal)));
        }
    }
    if !leaf.allowed.is_empty() {
        fields.push(("allowed", Field::Literals(&leaf.allowed)));
    }
    if !leaf.enumeration.is_empty() {
        fields.push(("enum", Field::Enumeration(leaf)));
    }
}
