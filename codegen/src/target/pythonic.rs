//! Values in the words of Python. The reference tool prints them as they come, into its
//! CSV and into what a static id is made from, so that their spelling is part of the format.

use std::fmt::Write;

use crate::model::Literal;

/// What `str(value)` gives: text as it is, everything else as [`repr`].
pub(super) fn str(literal: &Literal) -> String {
    match literal {
        Literal::String(text) => text.clone(),
        other => repr(other),
    }
}

/// What `repr(value)` gives.
pub(super) fn repr(literal: &Literal) -> String {
    let mut out = String::new();
    write(&mut out, literal);
    out
}

/// `['a', 2]`
pub(super) fn list(items: &[Literal]) -> String {
    let mut out = String::new();
    write_list(&mut out, items);
    out
}

fn write(out: &mut String, literal: &Literal) {
    match literal {
        Literal::Null => out.push_str("None"),
        Literal::Bool(value) => out.push_str(if *value { "True" } else { "False" }),
        // Writing to a String cannot fail.
        Literal::Int(value) => drop(write!(out, "{value}")),
        Literal::Float(value) => out.push_str(&float(*value)),
        Literal::String(text) => write_string(out, text),
        Literal::List(items) => write_list(out, items),
        Literal::Map(entries) => {
            out.push('{');
            for (index, (key, value)) in entries.iter().enumerate() {
                out.push_str(if index == 0 { "" } else { ", " });
                write_string(out, key);
                out.push_str(": ");
                write(out, value);
            }
            out.push('}');
        }
    }
}

fn write_list(out: &mut String, items: &[Literal]) {
    out.push('[');
    for (index, item) in items.iter().enumerate() {
        out.push_str(if index == 0 { "" } else { ", " });
        write(out, item);
    }
    out.push(']');
}

fn write_string(out: &mut String, text: &str) {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    out.push(quote);
    for c in text.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c => {
                let _ = match u32::from(c) {
                    code @ ..=0xff => write!(out, "\\x{code:02x}"),
                    code @ ..=0xffff => write!(out, "\\u{code:04x}"),
                    code => write!(out, "\\U{code:08x}"),
                };
            }
        }
    }
    out.push(quote);
}

/// Python and Rust agree on what is printable. Rust escapes a combining mark as well, but
/// only where nothing stands before it.
fn is_printable(c: char) -> bool {
    let mut buffer = [b'a', 0, 0, 0, 0];
    let length = c.encode_utf8(&mut buffer[1..]).len();
    let pair = std::str::from_utf8(&buffer[..=length]).unwrap_or_default();
    matches!(c, '"' | '\'') || pair.escape_debug().eq(pair.chars())
}

/// The shortest digits that read back the same.
pub(super) fn float(value: f64) -> String {
    if value.is_nan() {
        return "nan".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "inf" } else { "-inf" }.to_owned();
    }
    let text = shortest(value);
    let Some((mantissa, exponent)) = text.split_once('e') else { return text };
    let (sign, digits) = match exponent.strip_prefix('-') {
        Some(digits) => ('-', digits),
        None => ('+', exponent),
    };
    format!("{}e{sign}{digits:0>2}", mantissa.strip_suffix(".0").unwrap_or(mantissa))
}

/// Where two texts of the same length are as near, Rust takes the upper and Python the even
/// one, which rounding gives.
fn shortest(value: f64) -> String {
    let text = format!("{value:?}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, ""));
    let decimals = mantissa.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    let rounded = match exponent {
        "" => format!("{value:.decimals$}"),
        _ => format!("{value:.decimals$e}"),
    };
    if rounded.parse() == Ok(value) { rounded } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats_are_the_shortest_that_read_back() {
        for (value, expected) in [
            (1000.0, "1000.0"),
            (-0.0, "-0.0"),
            (0.1, "0.1"),
            (0.0001, "0.0001"),
            (0.00001, "1e-05"),
            (1.5e-7, "1.5e-07"),
            (1e15, "1000000000000000.0"),
            (1e16, "1e+16"),
            (1e22, "1e+22"),
            (1.25e100, "1.25e+100"),
            (7_657_747_723_673_705.0 / 4.0, "1914436930918426.2"),
            (7_657_747_723_673_707.0 / 4.0, "1914436930918426.8"),
            (565_864_852_730_661.0 / 8.0, "70733106591332.62"),
            (f64::NEG_INFINITY, "-inf"),
        ] {
            assert_eq!(float(value), expected);
        }
    }

    #[test]
    fn text_takes_the_quotes_that_need_no_escape() {
        for (text, expected) in [
            ("a", "'a'"),
            ("it's", "\"it's\""),
            ("it's \"so\"", "'it\\'s \"so\"'"),
            ("say \"so\"", "'say \"so\"'"),
            ("a\\b\n\t\u{1}\u{7f}", "'a\\\\b\\n\\t\\x01\\x7f'"),
            ("é \u{a0}\u{2028}🚗\u{e0001}", "'é \\xa0\\u2028🚗\\U000e0001'"),
            ("\u{301}a", "'\u{301}a'"),
        ] {
            assert_eq!(repr(&Literal::String(text.to_owned())), expected);
        }
    }

    #[test]
    fn lists_and_maps_hold_values_as_code() {
        let value: Literal = serde_json::from_str(r#"[1, 2.0, true, null, {"a": ["b"]}]"#).unwrap();
        assert_eq!(str(&value), "[1, 2.0, True, None, {'a': ['b']}]");
    }
}
