//! How a plain scalar is read: the rules of YAML 1.1, which the language inherited.
//!
//! `on` is a boolean, `010` is 8, `1:30` is 90, `1e3` and `08` are strings.

use super::RawValue;

/// A scalar without quotes and without a tag.
pub(super) fn plain(text: &str) -> RawValue {
    let Some(first) = text.bytes().next() else { return RawValue::Null };
    let value = match first {
        b'0'..=b'9' | b'+' | b'-' | b'.' => {
            float(text).or_else(|| integer(text)).or_else(|| timestamp(text))
        }
        b'~' | b'a'..=b'z' | b'A'..=b'Z' if text.len() <= 5 => word(text),
        _ => None,
    };
    value.unwrap_or_else(|| RawValue::String(text.into()))
}

pub(super) fn word(text: &str) -> Option<RawValue> {
    Some(match text {
        "~" | "null" | "Null" | "NULL" => RawValue::Null,
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => {
            RawValue::Bool(true)
        }
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => {
            RawValue::Bool(false)
        }
        _ => return None,
    })
}

fn split_sign(text: &str) -> (bool, &str) {
    match text.as_bytes().first() {
        Some(b'-') => (true, &text[1..]),
        Some(b'+') => (false, &text[1..]),
        _ => (false, text),
    }
}

fn all(text: &str, allowed: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(|byte| byte == b'_' || allowed(byte))
}

fn starts_with_digit(text: &str) -> bool {
    text.bytes().next().is_some_and(|byte| byte.is_ascii_digit())
}

pub(super) fn integer(text: &str) -> Option<RawValue> {
    let (negative, body) = split_sign(text);
    let magnitude = if let Some(digits) = body.strip_prefix("0b") {
        radix(digits, 2)?
    } else if let Some(digits) = body.strip_prefix("0x") {
        radix(digits, 16)?
    } else if body == "0" {
        0
    } else if let Some(digits) = body.strip_prefix('0') {
        radix(digits, 8)?
    } else if starts_with_digit(body) && body.contains(':') {
        sexagesimal(body)?
    } else if starts_with_digit(body) {
        radix(body, 10)?
    } else {
        return None;
    };
    Some(RawValue::Int(if negative { -magnitude } else { magnitude }))
}

fn radix(digits: &str, radix: u32) -> Option<i128> {
    let is_digit = |byte| (byte as char).is_digit(radix);
    if digits.is_empty() || !all(digits, is_digit) {
        return None;
    }
    if !digits.contains('_') {
        return i128::from_str_radix(digits, radix).ok();
    }
    // `0_` is octal nought: the underscore counts as a digit of no weight.
    match digits.replace('_', "").as_str() {
        "" => (radix == 8).then_some(0),
        digits => i128::from_str_radix(digits, radix).ok(),
    }
}

/// One of the parts after the first colon of `1:30:05`: one or two digits, at most 59.
fn sexagesimal_part(part: &str) -> Option<i128> {
    let is_short = matches!(part.len(), 1 | 2) && part.bytes().all(|byte| byte.is_ascii_digit());
    part.parse().ok().filter(|number| is_short && *number < 60)
}

fn sexagesimal(text: &str) -> Option<i128> {
    let mut parts = text.split(':');
    let first = radix(parts.next()?, 10)?;
    parts.try_fold(first, |sum, part| sum.checked_mul(60)?.checked_add(sexagesimal_part(part)?))
}

pub(super) fn float(text: &str) -> Option<RawValue> {
    let (negative, body) = split_sign(text);
    let signed = |value: f64| Some(RawValue::Float(if negative { -value } else { value }));
    match body {
        ".inf" | ".Inf" | ".INF" => return signed(f64::INFINITY),
        ".nan" | ".NaN" | ".NAN" if body.len() == text.len() => return signed(f64::NAN),
        _ => {}
    }
    let (whole, rest) = body.split_once('.')?;
    if whole.contains(':') {
        return signed(sexagesimal_float(whole, rest)?);
    }
    let (fraction, exponent) = match rest.find(['e', 'E']) {
        Some(at) => (&rest[..at], Some(&rest[at + 1..])),
        None => (rest, None),
    };
    let is_digits = |text: &str| all(text, |byte| byte.is_ascii_digit());
    let has_whole = starts_with_digit(whole) && is_digits(whole);
    // `.5` is a float, `-.5` and `._5` are strings.
    let is_bare = whole.is_empty() && body.len() == text.len() && starts_with_digit(fraction);
    if !(has_whole || is_bare) || !is_digits(fraction) {
        return None;
    }
    // `1.0e3` is a string: the exponent needs its sign.
    let exponent_is_signed = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or_default();
        !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
    });
    if !exponent_is_signed {
        return None;
    }
    if body.contains('_') { body.replace('_', "").parse() } else { body.parse() }
        .ok()
        .and_then(signed)
}

fn sexagesimal_float(whole: &str, fraction: &str) -> Option<f64> {
    if !starts_with_digit(whole) || !all(fraction, |byte| byte.is_ascii_digit()) {
        return None;
    }
    let mut parts = whole.split(':');
    let first = radix(parts.next()?, 10)? as f64;
    let whole =
        parts.try_fold(first, |sum, part| Some(sum * 60.0 + sexagesimal_part(part)? as f64))?;
    let fraction: f64 = format!("0.{}", fraction.replace('_', "")).parse().ok()?;
    Some(whole + fraction)
}

/// `2024-01-31`, with or without a time. Kept as text, that of a time in one spelling: no
/// attribute of the language is a date.
fn timestamp(text: &str) -> Option<RawValue> {
    let (date, time) = match text.find(['T', 't', ' ', '\t']) {
        Some(at) => (&text[..at], Some(text[at + 1..].trim_start_matches([' ', '\t']))),
        None => (text, None),
    };
    let parts: Vec<&str> = date.split('-').collect();
    let [year, month, day] = parts[..] else { return None };
    let short: &[usize] = if time.is_some() { &[1, 2] } else { &[2] };
    let is_date = is_digits(year, &[4]) && is_digits(month, short) && is_digits(day, short);
    if !is_date {
        return None;
    }
    Some(RawValue::Timestamp(match time {
        None => text.into(),
        Some(time) => format!("{year}-{month:0>2}-{day:0>2}T{}", time_of_day(time)?).into(),
    }))
}

fn is_digits(part: &str, lengths: &[usize]) -> bool {
    lengths.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
}

/// `1:02:03.5 -5` as `01:02:03.500000-05:00`.
fn time_of_day(text: &str) -> Option<String> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != ':').unwrap_or(text.len());
    let (clock, rest) = text.split_at(end);
    let parts: Vec<&str> = clock.split(':').collect();
    let [hour, minute, second] = parts[..] else { return None };
    if !is_digits(hour, &[1, 2]) || !is_digits(minute, &[2]) || !is_digits(second, &[2]) {
        return None;
    }
    let rest = rest.strip_prefix('.').unwrap_or(rest);
    let end = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
    let (fraction, zone) = rest.split_at(end);
    let fraction = format!("{:0<6}", &fraction[..fraction.len().min(6)]);
    let fraction = if fraction == "000000" { String::new() } else { format!(".{fraction}") };
    let zone = zone_of(zone.trim_start_matches([' ', '\t']))?;
    Some(format!("{hour:0>2}:{minute}:{second}{fraction}{zone}"))
}

/// How far the clock is from that of Greenwich: nothing, `Z`, `+1`, `-05:30`.
fn zone_of(text: &str) -> Option<String> {
    if text.is_empty() || text == "Z" {
        return Some(text.to_owned());
    }
    let sign = text.chars().next().filter(|sign| matches!(sign, '+' | '-'))?;
    let (hours, minutes) = text[1..].split_once(':').unwrap_or((&text[1..], "00"));
    if !is_digits(hours, &[1, 2]) || !is_digits(minutes, &[2]) {
        return None;
    }
    let zone = format!("{hours:0>2}:{minutes}");
    Some(if zone == "00:00" { "Z".to_owned() } else { format!("{sign}{zone}") })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> String {
        match plain(text) {
            RawValue::Null => "null".to_owned(),
            RawValue::Bool(value) => format!("bool {value}"),
            RawValue::Int(value) => format!("int {value}"),
            RawValue::Float(value) => format!("float {value:?}"),
            RawValue::String(text) => format!("string {text}"),
            RawValue::Timestamp(text) => format!("timestamp {text}"),
            RawValue::List(_) | RawValue::Map(_) => unreachable!("no scalar"),
        }
    }

    #[test]
    fn plain_scalars_follow_yaml_1_1() {
        for (text, expected) in [
            ("", "null"),
            ("~", "null"),
            ("Null", "null"),
            ("nULL", "string nULL"),
            ("ON", "bool true"),
            ("off", "bool false"),
            ("y", "string y"),
            ("oN", "string oN"),
            ("0", "int 0"),
            ("-0", "int 0"),
            ("010", "int 8"),
            ("-010", "int -8"),
            ("08", "string 08"),
            ("0x1F", "int 31"),
            ("0X1F", "string 0X1F"),
            ("0b101", "int 5"),
            ("0o17", "string 0o17"),
            ("1_000", "int 1000"),
            ("_1", "string _1"),
            ("0_", "int 0"),
            ("1:30", "int 90"),
            ("-1:30", "int -90"),
            ("1:60", "string 1:60"),
            ("0:30", "string 0:30"),
            ("1:30.5", "float 90.5"),
            ("0:30.5", "float 30.5"),
            ("1e3", "string 1e3"),
            ("1.0e3", "string 1.0e3"),
            ("1.0e+3", "float 1000.0"),
            ("1.", "float 1.0"),
            (".5", "float 0.5"),
            ("-.5", "string -.5"),
            ("+1.5", "float 1.5"),
            ("1_0.5", "float 10.5"),
            ("-.inf", "float -inf"),
            (".nan", "float NaN"),
            ("-.nan", "string -.nan"),
            ("1.2.3", "string 1.2.3"),
            (".", "string ."),
            ("-", "string -"),
            ("2024-01-31", "timestamp 2024-01-31"),
            ("2024-1-31", "string 2024-1-31"),
            ("2024-1-31 10:00:00", "timestamp 2024-01-31T10:00:00"),
            ("2024-01-31T10:00:00.5Z", "timestamp 2024-01-31T10:00:00.500000Z"),
            ("2024-01-31t1:02:03 -5", "timestamp 2024-01-31T01:02:03-05:00"),
            ("2024-01-31T10:00:00+00:00", "timestamp 2024-01-31T10:00:00Z"),
            ("2024-01-31T10:00:00 noon", "string 2024-01-31T10:00:00 noon"),
            ("2024-01-31T10:00", "string 2024-01-31T10:00"),
            ("km/h", "string km/h"),
        ] {
            assert_eq!(read(text), expected, "reading {text:?}");
        }
    }
}
