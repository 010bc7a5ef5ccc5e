//! Python's regular expressions as JavaScript's.
//!
//! A pattern of the model is anchored at its start and one of a schema is not, so `^(?:…)`
//! stands around it unless it begins with `^` anyway and has no alternatives. What only
//! Python writes in another way is rewritten; what JavaScript cannot say is an error.

/// The pattern, or the construct in it that has no equal.
pub(super) fn javascript(python: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(python.len() + 5);
    let mut rest = python;
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        let (taken, written) = match character {
            '\\' => escape(rest),
            '[' if !in_class => {
                in_class = true;
                // A bracket that closes nothing is the first member.
                let opening = ["[^]", "[]"].into_iter().find(|open| rest.starts_with(open));
                match opening {
                    Some("[^]") => (3, "[^\\]"),
                    Some(_) => (2, "[\\]"),
                    None => (1, "["),
                }
            }
            ']' if in_class => {
                in_class = false;
                (1, "]")
            }
            '(' if !in_class => group(rest)?,
            _ => (character.len_utf8(), &rest[..character.len_utf8()]),
        };
        out.push_str(written);
        rest = &rest[taken..];
    }
    let is_anchored = out.starts_with('^') && !out.contains('|');
    Ok(if is_anchored { out } else { format!("^(?:{out})") })
}

/// How many bytes an escape takes, and what stands for it.
fn escape(rest: &str) -> (usize, &str) {
    match rest.as_bytes().get(1) {
        Some(b'A') => (2, "^"),
        Some(b'Z') => (2, "$"),
        Some(b'a') => (2, "\\x07"),
        _ => {
            let length = rest.chars().take(2).map(char::len_utf8).sum();
            (length, &rest[..length])
        }
    }
}

fn group(rest: &str) -> Result<(usize, &str), &'static str> {
    if rest.starts_with("(?P<") {
        return Ok((4, "(?<"));
    }
    if rest.starts_with("(?P=") {
        return Err("a reference to a named group");
    }
    if rest.starts_with("(?#") {
        return Err("a comment");
    }
    if rest.starts_with("(?>") {
        return Err("an atomic group");
    }
    if rest.starts_with("(?(") {
        return Err("a condition");
    }
    let flag = rest.strip_prefix("(?").and_then(|rest| rest.chars().next());
    match flag {
        Some(flag) if flag.is_ascii_lowercase() || flag == '-' => Err("inline flags"),
        _ => Ok((1, "(")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_mean_the_same_in_a_schema() {
        let table = [
            ("^[A-Z]+$", "^[A-Z]+$"),
            ("[a-z]", "^(?:[a-z])"),
            ("^a|b", "^(?:^a|b)"),
            (r"\Aä\\A\.\Z", r"^ä\\A\.$"),
            ("(?P<year>[0-9]+)-(?:x)", "^(?:(?<year>[0-9]+)-(?:x))"),
            ("a(?=b)(?!c)(?<=d)", "^(?:a(?=b)(?!c)(?<=d))"),
            ("^[](?i]x[^](]", r"^[\](?i]x[^\](]"),
            ("", "^(?:)"),
        ];
        for (python, expected) in table {
            assert_eq!(javascript(python).as_deref(), Ok(expected), "{python}");
        }
    }

    #[test]
    fn what_javascript_lacks_is_named() {
        let table = [
            ("(?i)a", "inline flags"),
            ("a(?s:.)", "inline flags"),
            ("(?-i:a)", "inline flags"),
            ("(?P<x>a)(?P=x)", "a reference to a named group"),
            ("(?#x)a", "a comment"),
            ("(?>a)", "an atomic group"),
            ("(a)?(?(1)b)", "a condition"),
        ];
        for (python, expected) in table {
            assert_eq!(javascript(python), Err(expected), "{python}");
        }
    }
}
