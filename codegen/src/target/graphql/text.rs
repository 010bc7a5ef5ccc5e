//! Strings and descriptions.

use crate::{model::Node, target::safe::is_deceptive};

/// A string in quotes. JSON's escapes are GraphQL's, too.
pub(super) fn string(text: &str) -> String {
    let mut out = String::new();
    for character in serde_json::Value::from(text).to_string().chars() {
        match character {
            c if is_deceptive(c) => out.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

/// Lines for a block string, which three quotes would end.
pub(super) fn block(lines: Vec<String>) -> Vec<String> {
    lines.into_iter().map(|line| line.replace("\"\"\"", "\\\"\"\"")).collect()
}

/// `@vss(…)`, and `@deprecated(…)` where the node is, each with a blank in front.
pub(super) fn directives(facts: &[(&str, String)], node: &Node) -> String {
    let mut directives = vss(facts);
    if let Some(reason) = &node.deprecation {
        directives.push_str(&format!(" @deprecated(reason: {})", string(reason)));
    }
    directives
}

/// With a blank in front.
pub(super) fn vss(facts: &[(&str, String)]) -> String {
    let facts: Vec<String> = facts.iter().map(|(name, value)| format!("{name}: {value}")).collect();
    format!(" @vss({})", facts.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_leaves_its_quotes() {
        assert_eq!(string("a\"\\\n\u{202e}\u{7f}"), r#""a\"\\\n\u202e\u007f""#);
        let lines = [r#"""" and \""""#].map(str::to_owned).to_vec();
        assert_eq!(block(lines), [r#"\""" and \\""""#]);
    }
}
