//! The words of a condition's text.

use super::{Comparison, Constant};

#[derive(Clone, Debug, PartialEq)]
pub(in crate::signals) enum Token<'a> {
    Path(&'a str),
    Constant(Constant),
    Comparison(Comparison),
    And,
    Or,
    Not,
    Between,
    Open,
    Close,
    Comma,
    /// Text without its closing quote.
    Unclosed,
    Unknown(char),
    End,
}

/// Splits a text into tokens, each with where it begins.
#[derive(Clone, Debug)]
pub(super) struct Tokens<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
}

impl<'a> Tokens<'a> {
    pub(super) fn new(text: &'a str) -> Tokens<'a> {
        Tokens { text, at: 0 }
    }

    /// The next token and the byte it begins at; `End` for ever after the last.
    pub(super) fn next(&mut self) -> (Token<'a>, usize) {
        let rest = &self.text[self.at..];
        let trimmed = rest.trim_start();
        let start = self.at + (rest.len() - trimmed.len());
        let (token, length) = token(trimmed);
        self.at = start + length;
        (token, start)
    }
}

/// The first token of a text without space before it, and its length in bytes.
fn token(text: &str) -> (Token<'_>, usize) {
    let Some(first) = text.chars().next() else { return (Token::End, 0) };
    match first {
        '(' => (Token::Open, 1),
        ')' => (Token::Close, 1),
        ',' => (Token::Comma, 1),
        '\'' | '"' => quoted(text, first),
        '0'..='9' | '.' | '-' | '+' => number(text, first),
        '=' | '!' | '<' | '>' => comparison(text, first),
        _ if is_word(first) => {
            let length = text.find(|c: char| !is_word(c) && c != '-').unwrap_or(text.len());
            (word(&text[..length]), length)
        }
        other => (Token::Unknown(other), other.len_utf8()),
    }
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '.'
}

/// Keywords in any case; everything else is a signal.
fn word(text: &str) -> Token<'_> {
    let keywords = [
        ("AND", Token::And),
        ("OR", Token::Or),
        ("NOT", Token::Not),
        ("BETWEEN", Token::Between),
        ("TRUE", Token::Constant(Constant::Bool(true))),
        ("FALSE", Token::Constant(Constant::Bool(false))),
    ];
    let mut keywords = keywords.into_iter();
    let keyword = keywords.find(|(keyword, _)| keyword.eq_ignore_ascii_case(text));
    keyword.map_or(Token::Path(text), |(_, token)| token)
}

fn comparison(text: &str, first: char) -> (Token<'_>, usize) {
    let symbols = [
        ("==", Comparison::Equal),
        ("!=", Comparison::NotEqual),
        ("<=", Comparison::AtMost),
        (">=", Comparison::AtLeast),
        ("=", Comparison::Equal),
        ("<", Comparison::Less),
        (">", Comparison::Greater),
    ];
    match symbols.into_iter().find(|(symbol, _)| text.starts_with(symbol)) {
        Some((symbol, comparison)) => (Token::Comparison(comparison), symbol.len()),
        None => (Token::Unknown(first), 1),
    }
}

/// A quote within the text is written twice.
fn quoted(text: &str, quote: char) -> (Token<'_>, usize) {
    let mut content = String::new();
    let mut rest = &text[1..];
    while let Some((before, after)) = rest.split_once(quote) {
        content.push_str(before);
        rest = after;
        match rest.strip_prefix(quote) {
            Some(after) => {
                content.push(quote);
                rest = after;
            }
            None => return (Token::Constant(Constant::Text(content)), text.len() - rest.len()),
        }
    }
    (Token::Unclosed, text.len())
}

/// `50`, `-0.5`, `.5`, `1e-3`.
fn number(text: &str, first: char) -> (Token<'_>, usize) {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes[from..].iter().take_while(|b| b.is_ascii_digit()).count();
    let mut length = usize::from(matches!(first, '-' | '+'));
    let whole = digits(length);
    length += whole;
    let mut is_whole = true;
    let mut fraction = 0;
    if bytes.get(length) == Some(&b'.') {
        fraction = digits(length + 1);
        length += 1 + fraction;
        is_whole = false;
    }
    if whole + fraction == 0 {
        return (Token::Unknown(first), 1);
    }
    if let Some(b'e' | b'E') = bytes.get(length) {
        let sign = usize::from(matches!(bytes.get(length + 1), Some(b'-' | b'+')));
        let exponent = digits((length + 1 + sign).min(bytes.len()));
        if exponent > 0 {
            length += 1 + sign + exponent;
            is_whole = false;
        }
    }
    let (digits, float) = (&text[..length], text[..length].parse::<f64>());
    let constant = match (digits.parse::<i128>(), float) {
        (Ok(number), _) if is_whole => Constant::Int(number),
        (_, Ok(number)) if number.is_finite() => Constant::Float(number),
        _ => return (Token::Unknown(first), 1),
    };
    (Token::Constant(constant), length)
}
