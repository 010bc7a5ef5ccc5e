//! VSS JSON, byte for byte as the reference tool writes it: keys in the order of code
//! points, ASCII only, numbers as authored.

mod text;

use super::fields::{self, Field};
use crate::model::{Catalog, Kind, Node};
use text::Writer;

/// The whole model, without a final line end. `pretty` indents by two blanks.
pub fn to_string(catalog: &Catalog, pretty: bool) -> String {
    let mut roots: Vec<(&str, Value<'_>)> = vec![(&catalog.root.name, Value::Node(&catalog.root))];
    if !catalog.types.is_empty() {
        roots.push(("ComplexDataTypes", Value::Types(&catalog.types)));
    }
    document(roots, Form::Reference, pretty)
}

/// Struct types alone, as a types file.
pub fn types_to_string(types: &[Node], pretty: bool) -> String {
    document(roots_of(types), Form::Reference, pretty)
}

/// The same for a Kuksa broker, which reads no struct types.
pub fn for_kuksa(catalog: &Catalog, pretty: bool) -> String {
    let root = (catalog.root.name.as_str(), Value::Node(&catalog.root));
    document(vec![root], Form::Kuksa, pretty)
}

/// Who is going to read it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Reference,
    /// Wants a description on every node, and children on every branch.
    Kuksa,
}

fn document(roots: Vec<(&str, Value<'_>)>, form: Form, pretty: bool) -> String {
    let mut writer = Writer::new(pretty);
    object(&mut writer, roots, form);
    writer.finish()
}

/// A value that a key of the export has.
enum Value<'a> {
    Field(Field<'a>),
    Node(&'a Node),
    Nodes(&'a [Node]),
    Types(&'a [Node]),
    TypesRoot(&'a Node),
}

fn object(writer: &mut Writer, mut values: Vec<(&str, Value<'_>)>, form: Form) {
    // Bytes of UTF-8 sort as the code points do.
    values.sort_by_key(|(key, _)| *key);
    writer.open('{');
    for (key, value) in values {
        writer.key(key);
        match value {
            Value::Field(field) => write(writer, field),
            Value::Node(node) => object(writer, values_of(node, form), form),
            Value::Nodes(nodes) => {
                let nodes = nodes.iter().map(|node| (node.name.as_str(), Value::Node(node)));
                object(writer, nodes.collect(), form);
            }
            Value::Types(types) => object(writer, roots_of(types), form),
            Value::TypesRoot(node) => object(writer, known_of(node, form), form),
        }
    }
    writer.close('}');
}

fn write(writer: &mut Writer, field: Field<'_>) {
    match field {
        Field::Text(text) => writer.string(text),
        Field::Texts(texts) => writer.list(texts.iter(), |writer, text| writer.string(text)),
        Field::Literal(literal) => writer.literal(&literal),
        Field::Literals(items) => writer.list(items.iter(), Writer::literal),
        Field::Map(entries) => writer.map(entries),
        Field::Datatype(datatype) => writer.string(&datatype.to_string()),
    }
}

/// The root of struct types does not even show the unknown attributes that the author named.
fn roots_of(types: &[Node]) -> Vec<(&str, Value<'_>)> {
    types.iter().map(|root| (root.name.as_str(), Value::TypesRoot(root))).collect()
}

fn known_of(node: &Node, form: Form) -> Vec<(&str, Value<'_>)> {
    let mut values: Vec<_> =
        fields::known(node).into_iter().map(|(key, field)| (key, Value::Field(field))).collect();
    if form == Form::Kuksa && node.description.is_none() {
        values.push(("description", Value::Field(Field::Text(""))));
    }
    let is_wanted = form == Form::Kuksa && matches!(node.kind, Kind::Branch(_));
    if is_wanted || !node.children().is_empty() {
        values.push(("children", Value::Nodes(node.children())));
    }
    values
}

fn values_of(node: &Node, form: Form) -> Vec<(&str, Value<'_>)> {
    let mut values = known_of(node, form);
    let extra = node.extra.iter().map(|(key, literal)| (key.as_str(), fields::finite(literal)));
    // The root shows an attribute that the author named even where it is empty.
    let is_root = !node.path.contains('.');
    let is_hidden = |key: &str| key == "children" && !node.children().is_empty();
    let extra =
        extra.filter(|(key, literal)| !is_hidden(key) && (is_root || fields::is_set(literal)));
    values.extend(extra.map(|(key, literal)| (key, Value::Field(Field::Literal(literal)))));
    values
}
