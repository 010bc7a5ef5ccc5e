//! In which form a text can be written.

use super::resolver;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Plain,
    Single,
    Double,
}

pub(super) fn is_break(c: char) -> bool {
    matches!(c, '\n' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

fn is_white(c: char) -> bool {
    is_break(c) || matches!(c, '\0' | ' ' | '\t' | '\r')
}

/// Whether a text may be written as it is; of other characters double quotes hold escapes.
fn is_readable(c: char, ascii: bool) -> bool {
    match c {
        '\n' | ' '..='~' => true,
        '\u{feff}' | '\u{fffe}' | '\u{ffff}' | '\u{10ffff}' => false,
        '\u{85}' | '\u{a0}'.. => !ascii,
        _ => false,
    }
}

/// The simplest form that gives the text back. A key that is not introduced by `?` has to
/// fit on its line.
pub(super) fn choose(text: &[char], is_simple_key: bool, ascii: bool) -> Style {
    let (Some(first), Some(last)) = (text.first(), text.last()) else { return Style::Single };
    let pairs = || text.iter().zip(&text[1..]);
    let has_breaks = text.iter().any(|c| is_break(*c));
    let needs_escapes = text.iter().any(|c| !is_readable(*c, ascii))
        || pairs().any(|(a, b)| (*a == ' ' && is_break(*b)) || (is_break(*a) && *b == ' '));
    if needs_escapes || (has_breaks && is_simple_key) {
        return Style::Double;
    }
    let is_plain = !has_breaks
        && *first != ' '
        && *last != ' '
        && !has_indicator(text)
        && !resolver::is_typed(&text.iter().collect::<String>());
    if is_plain { Style::Plain } else { Style::Single }
}

/// Whether a reader would see YAML's own signs in the text.
fn has_indicator(text: &[char]) -> bool {
    let is_end = |at: usize| text.get(at).is_none_or(|c| is_white(*c));
    let starts = match text[0] {
        '#' | ',' | '[' | ']' | '{' | '}' | '&' | '*' | '!' | '|' | '>' | '\'' | '"' | '%'
        | '@' | '`' => true,
        '?' | '-' => is_end(1),
        _ => false,
    };
    let inside = |(at, c): (usize, &char)| match c {
        ':' => is_end(at + 1),
        '#' => at > 0 && is_white(text[at - 1]),
        _ => false,
    };
    starts
        || text.starts_with(&['-'; 3])
        || text.starts_with(&['.'; 3])
        || text.iter().enumerate().any(inside)
}
