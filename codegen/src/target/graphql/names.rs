//! Names of the model as names of GraphQL, beyond what all schema languages share.

use crate::target::identifier;

/// GraphQL's own types and ours.
pub(super) const TYPES: [&str; 11] = [
    "Boolean",
    "Float",
    "ID",
    "Int",
    "Int64",
    "Mutation",
    "Query",
    "String",
    "Subscription",
    "UInt32",
    "UInt64",
];

/// A value of an enum: as it is, where that is a name; else in capitals.
pub(super) fn value(text: &str) -> String {
    let is_name = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if is_name && !["true", "false", "null"].contains(&text) {
        return text.to_owned();
    }
    let name = identifier::shouty(text);
    if name.starts_with(|c: char| c.is_ascii_digit()) { format!("_{name}") } else { name }
}

/// The field of `Mutation` that sets a signal.
pub(super) fn setter(path: &str) -> String {
    format!("set{}", identifier::type_name(path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_keep_their_name_where_graphql_allows_it() {
        let table = [
            ("ON", "ON"),
            ("Off", "Off"),
            ("SAE_0", "SAE_0"),
            ("true", "TRUE"),
            ("null", "NULL"),
            ("a-b", "A_B"),
            ("2nd", "_2ND"),
            ("__type", "TYPE"),
            ("", "VALUE"),
            ("速", "VALUE"),
        ];
        for (text, expected) in table {
            assert_eq!(value(text), expected, "{text}");
        }
        assert_eq!(setter("Vehicle.Body.Is-Open"), "setVehicleBodyIsOpen");
    }
}
