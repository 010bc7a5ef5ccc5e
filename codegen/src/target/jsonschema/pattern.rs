//! Python's regular expressions as JavaScript's.
//!
//! A pattern of the model is anchored at its start and one of a schema is not, so `^(?:…)`
//! stands around it unless it begins with `^` anyway and has no alternatives. What Python
//! writes in another way, or is less strict about, is rewritten; what JavaScript cannot say
//! is an error.

use std::borrow::Cow;

/// Signs that JavaScript lets one escape.
const SYNTAX: &str = r"^$\.*+?()[]{}|/";

const POSSESSIVE: &str = "a possessive quantifier";
const OCTAL: &str = "the octal number of a character";

/// The pattern, or the construct in it that has no equal.
pub(super) fn javascript(python: &str) -> Result<String, &'static str> {
    let mut out = String::with_capacity(python.len() + 5);
    let mut rest = python;
    let mut in_class = false;
    while let Some(character) = rest.chars().next() {
        let taken = if character == '{' && !in_class {
            let (taken, written) = quantifier(rest)?;
            out.push_str(&written);
            taken
        } else {
            let (taken, written) = piece(character, rest, &mut in_class)?;
            out.push_str(written);
            taken
        };
        rest = &rest[taken..];
    }
    let is_anchored = out.starts_with('^') && !out.contains('|');
    Ok(if is_anchored { out } else { format!("^(?:{out})") })
}

/// How many bytes the next piece takes, and what stands for it.
fn piece<'p>(
    character: char,
    rest: &'p str,
    in_class: &mut bool,
) -> Result<(usize, &'p str), &'static str> {
    Ok(match character {
        '\\' => escape(rest, *in_class)?,
        '[' if !*in_class => {
            *in_class = true;
            class(rest)
        }
        ']' if *in_class => {
            *in_class = false;
            (1, "]")
        }
        '(' if !*in_class => group(rest)?,
        '*' | '+' | '?' if !*in_class && rest[1..].starts_with('+') => return Err(POSSESSIVE),
        '}' if !*in_class => (1, "\\}"),
        ']' => (1, "\\]"),
        _ => (character.len_utf8(), &rest[..character.len_utf8()]),
    })
}

/// How many bytes an escape takes, and what stands for it.
fn escape(rest: &str, in_class: bool) -> Result<(usize, &str), &'static str> {
    let Some(escaped) = rest.chars().nth(1) else { return Ok((1, "\\\\")) };
    let length = 1 + escaped.len_utf8();
    let octal_digits = rest[1..].chars().take(3).take_while(|c| c.is_digit(8)).count();
    Ok(match escaped {
        'N' => return Err("the name of a character"),
        'U' => return Err("the number of a character in eight digits"),
        '0' if octal_digits > 1 => return Err(OCTAL),
        // Fewer digits outside a class refer to a group.
        '0'..='7' if octal_digits == 3 || (in_class && escaped != '0') => return Err(OCTAL),
        'A' => (2, "^"),
        'Z' => (2, "$"),
        'a' => (2, "\\x07"),
        '-' if in_class => (2, "\\-"),
        c if c.is_ascii_alphanumeric() || SYNTAX.contains(c) => (length, &rest[..length]),
        _ => (length, &rest[1..length]),
    })
}

/// The beginning of a class. A bracket that closes nothing is its first member.
fn class(rest: &str) -> (usize, &str) {
    match () {
        () if rest.starts_with("[^]") => (3, "[^\\]"),
        () if rest.starts_with("[]") => (2, "[\\]"),
        () => (1, "["),
    }
}

/// `{2,5}`, or `{,5}` from 0; a brace that begins no such thing stands for itself.
fn quantifier(rest: &str) -> Result<(usize, Cow<'_, str>), &'static str> {
    let end = rest.find('}').map_or(1, |at| at + 1);
    let inside = rest[..end].strip_suffix('}').map_or("", |text| &text[1..]);
    let (low, high) = inside.split_once(',').unwrap_or((inside, ""));
    let is_number = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if !is_number(low) || !is_number(high) || (low.is_empty() && high.is_empty()) {
        return Ok((1, "\\{".into()));
    }
    if rest[end..].starts_with('+') {
        return Err(POSSESSIVE);
    }
    Ok(match low.is_empty() {
        true => (end, format!("{{0,{high}}}").into()),
        false => (end, rest[..end].into()),
    })
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
            (r#"^\"\-\_[\-\w]\.\/"#, r#"^"-_[\-\w]\.\/"#),
            ("^a{2}b{2,}c{2,3}d{,3}{}{x}]$", r"^a{2}b{2,}c{2,3}d{0,3}\{\}\{x\}\]$"),
            ("^{", r"^\{"),
            (r"(a)\1\0[*+]", r"^(?:(a)\1\0[*+])"),
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
            ("a*+", POSSESSIVE),
            ("a?+", POSSESSIVE),
            ("a++", POSSESSIVE),
            ("a{2}+", POSSESSIVE),
            (r"\N{DASH}", "the name of a character"),
            (r"\U0001F600", "the number of a character in eight digits"),
            (r"\07", OCTAL),
            (r"\101", OCTAL),
            (r"[\7]", OCTAL),
        ];
        for (python, expected) in table {
            assert_eq!(javascript(python), Err(expected), "{python}");
        }
    }
}
