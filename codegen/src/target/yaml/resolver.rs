//! What text without quotes is read as, by the rules of YAML 1.1.

/// Whether a reader would take the text for something other than text.
pub(super) fn is_typed(text: &str) -> bool {
    is_word(text) || is_integer(text) || is_float(text) || is_timestamp(text)
}

fn is_word(text: &str) -> bool {
    const WORDS: [&str; 11] =
        ["", "~", "<<", "=", "null", "true", "false", "yes", "no", "on", "off"];
    let is_word = WORDS.iter().any(|word| text.eq_ignore_ascii_case(word));
    let is_upper = |byte: u8| byte.is_ascii_uppercase();
    let rest = text.get(1..).unwrap_or_default();
    // `Null` and `NULL` are words, `nULL` is none.
    is_word && (!rest.bytes().any(is_upper) || text.bytes().all(is_upper))
}

fn unsigned(text: &str) -> &str {
    text.strip_prefix(['-', '+']).unwrap_or(text)
}

fn all(text: &str, is: impl Fn(u8) -> bool) -> bool {
    text.bytes().all(is)
}

fn is_digit(byte: u8) -> bool {
    byte.is_ascii_digit()
}

/// A digit, or the line that may stand between digits.
fn is_spaced_digit(byte: u8) -> bool {
    is_digit(byte) || byte == b'_'
}

fn is_digits(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit()) && all(text, is_spaced_digit)
}

/// `59`, what follows a colon in `1:59`.
fn is_sixtieth(text: &str) -> bool {
    match text.as_bytes() {
        [one] => is_digit(*one),
        [ten, one] => (b'0'..=b'5').contains(ten) && is_digit(*one),
        _ => false,
    }
}

fn is_integer(text: &str) -> bool {
    let text = unsigned(text);
    if let Some(digits) = text.strip_prefix("0b") {
        return !digits.is_empty() && all(digits, |b| matches!(b, b'0' | b'1' | b'_'));
    }
    if let Some(digits) = text.strip_prefix("0x") {
        return !digits.is_empty() && all(digits, |b| b.is_ascii_hexdigit() || b == b'_');
    }
    if let Some(digits) = text.strip_prefix('0') {
        return all(digits, |b| matches!(b, b'0'..=b'7' | b'_'));
    }
    let mut parts = text.split(':');
    parts.next().is_some_and(is_digits) && parts.all(is_sixtieth)
}

fn is_float(text: &str) -> bool {
    if matches!(unsigned(text), ".inf" | ".Inf" | ".INF")
        || matches!(text, ".nan" | ".NaN" | ".NAN")
    {
        return true;
    }
    let Some((whole, fraction)) = unsigned(text).split_once('.') else { return false };
    if whole.is_empty() {
        return text.starts_with('.')
            && fraction.starts_with(|c: char| c.is_ascii_digit())
            && is_fraction(fraction);
    }
    let mut parts = whole.split(':');
    parts.next().is_some_and(is_digits)
        && match whole.contains(':') {
            true => parts.all(is_sixtieth) && all(fraction, is_spaced_digit),
            false => is_fraction(fraction),
        }
}

/// What follows the point: digits, and an exponent with its sign.
fn is_fraction(text: &str) -> bool {
    let Some((digits, exponent)) = text.split_once(['e', 'E']) else {
        return all(text, is_spaced_digit);
    };
    let power = exponent.strip_prefix(['-', '+']).unwrap_or_default();
    all(digits, is_spaced_digit) && !power.is_empty() && all(power, is_digit)
}

fn is_timestamp(text: &str) -> bool {
    let date = |text: &str| {
        text.len() == 10
            && text.bytes().enumerate().all(|(at, b)| match at {
                4 | 7 => b == b'-',
                _ => is_digit(b),
            })
    };
    date(text) || moment(text).is_some_and(str::is_empty)
}

/// What is left after a date with a time.
fn moment(text: &str) -> Option<&str> {
    let rest = digits(text, 4, 4)?.strip_prefix('-')?;
    let rest = digits(rest, 1, 2)?.strip_prefix('-')?;
    let rest = digits(rest, 1, 2)?;
    let blanks = rest.trim_start_matches([' ', '\t']);
    let rest = match rest.strip_prefix(['T', 't']) {
        Some(rest) => rest,
        None => (blanks.len() < rest.len()).then_some(blanks)?,
    };
    let rest = digits(rest, 1, 2)?.strip_prefix(':')?;
    let rest = digits(rest, 2, 2)?.strip_prefix(':')?;
    let rest = digits(rest, 2, 2)?;
    let rest = match rest.strip_prefix('.') {
        Some(fraction) => fraction.trim_start_matches(|c: char| c.is_ascii_digit()),
        None => rest,
    };
    if rest.is_empty() {
        return Some(rest);
    }
    let zone = rest.trim_start_matches([' ', '\t']);
    if let Some(rest) = zone.strip_prefix('Z') {
        return Some(rest);
    }
    let rest = digits(zone.strip_prefix(['-', '+'])?, 1, 2)?;
    match rest.strip_prefix(':') {
        Some(minutes) => digits(minutes, 2, 2),
        None => Some(rest),
    }
}

/// What is left after `least` to `most` digits.
fn digits(text: &str, least: usize, most: usize) -> Option<&str> {
    let count = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    (count >= least).then(|| &text[count..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_reads_as_a_number_a_date_or_a_word_is_typed() {
        for text in [
            "",
            "~",
            "Null",
            "YES",
            "oN",
            "=",
            "<<",
            "0",
            "-12",
            "1_000",
            "010",
            "0b1_0",
            "0xFf",
            "190:20:30",
            "1.",
            "1.5e+3",
            ".5",
            "-.INF",
            ".NaN",
            "1:30.5",
            "2001-12-14",
            "2001-1-4t1:59:43.10-5",
            "2001-12-14 21:59:43 +05:30",
            "2001-12-14 21:59:43Z",
        ] {
            // `oN` is the one of them that is text.
            assert_eq!(is_typed(text), text != "oN", "{text:?}");
        }
    }

    #[test]
    fn what_only_looks_like_one_is_text() {
        for text in [
            "y",
            "nULL",
            "1e3",
            "1.5e3",
            "+.5",
            "09",
            "0b2",
            "0x",
            "1:60",
            "-.nan",
            "--1",
            "1.2.3",
            "2001-12-1",
            "2001-12-14 21:59",
            "2001-12-14T21:59:43 x",
            "1,5",
            ".",
            "-",
            "+",
            "._5",
        ] {
            assert!(!is_typed(text), "{text:?}");
        }
    }
}
