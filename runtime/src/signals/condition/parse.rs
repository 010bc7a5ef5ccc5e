//! From text to a condition.
//!
//! ```text
//! any        = all (OR all)*
//! all        = not (AND not)*
//! not        = NOT not | comparison
//! comparison = operand [symbol operand | [NOT] BETWEEN operand AND operand] | ( any )
//! operand    = path | number | 'text' | "text" | true | false | ( operand )
//! ```
//!
//! Within a query, `LAG(path)` is an operand too.

use std::{marker::PhantomData, str::FromStr};

use super::{
    Comparison, Condition, MAX_DEPTH, Operand,
    token::{Token, Tokens},
};

/// Where a text stops being a condition, and what could stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of the condition: expected {expected}, found {found}")]
pub struct InvalidCondition {
    /// In characters, from 1.
    pub column: usize,
    pub expected: &'static str,
    pub found: String,
}

const OPERAND: &str = "a signal, a number, a text in quotes, true, false, NOT or (";
const SIGNAL: &str = "a signal";
const AFTER_OPERAND: &str = "a comparison (= != < <= > >=), BETWEEN, AND, OR or the end";
const AFTER_CONDITION: &str = "AND, OR or the end";

impl FromStr for Condition {
    type Err = InvalidCondition;

    fn from_str(text: &str) -> Result<Condition, InvalidCondition> {
        Parser::<String>::new(text).condition()
    }
}

/// How a condition's text names a signal.
pub(in crate::signals) trait Named<'a> {
    /// Whether there is `LAG(path)`.
    const HAS_LAG: bool;

    /// By its path, which begins at this byte of the text.
    fn named(path: &'a str, at: usize, lagged: bool) -> Self;
}

impl Named<'_> for String {
    const HAS_LAG: bool = false;

    fn named(path: &str, _at: usize, _lagged: bool) -> String {
        path.to_owned()
    }
}

pub(in crate::signals) struct Parser<'a, S> {
    text: &'a str,
    tokens: Tokens<'a>,
    /// The one to be looked at, and where it begins.
    token: Token<'a>,
    at: usize,
    depth: usize,
    signals: PhantomData<S>,
}

impl<'a, S: Named<'a>> Parser<'a, S> {
    pub(in crate::signals) fn new(text: &'a str) -> Parser<'a, S> {
        let mut tokens = Tokens::new(text);
        let (token, at) = tokens.next();
        Parser { text, tokens, token, at, depth: 0, signals: PhantomData }
    }

    /// A condition up to the end of the text.
    pub(in crate::signals) fn condition(&mut self) -> Result<Condition<S>, InvalidCondition> {
        let condition = self.any()?;
        match self.token {
            Token::End => Ok(condition),
            _ if matches!(condition, Condition::Holds(_)) => Err(self.expected(AFTER_OPERAND)),
            _ => Err(self.expected(AFTER_CONDITION)),
        }
    }

    pub(in crate::signals) fn token(&self) -> &Token<'a> {
        &self.token
    }

    pub(in crate::signals) fn advance(&mut self) -> Token<'a> {
        let (token, at) = self.tokens.next();
        self.at = at;
        std::mem::replace(&mut self.token, token)
    }

    /// Goes on if the token is this one.
    pub(in crate::signals) fn accept(&mut self, token: &Token<'_>) -> bool {
        let is_it = self.token == *token;
        if is_it {
            self.advance();
        }
        is_it
    }

    pub(in crate::signals) fn expected(&self, expected: &'static str) -> InvalidCondition {
        let found = match &self.token {
            Token::End => "its end".to_owned(),
            Token::Unclosed => "a text without its closing quote".to_owned(),
            _ => format!("{:?}", self.text[self.at..self.end()].trim_end()),
        };
        InvalidCondition { column: column(self.text, self.at), expected, found }
    }

    /// Where the current token ends.
    fn end(&self) -> usize {
        let mut ahead = self.tokens.clone();
        ahead.next().1.max(self.at)
    }

    /// Goes one level down, so that a hostile text cannot exhaust the stack.
    fn deeper<T>(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<T, InvalidCondition>,
    ) -> Result<T, InvalidCondition> {
        if self.depth == MAX_DEPTH {
            return Err(self.expected("no more than 64 levels of nesting"));
        }
        self.depth += 1;
        let parsed = parse(self)?;
        self.depth -= 1;
        Ok(parsed)
    }

    fn any(&mut self) -> Result<Condition<S>, InvalidCondition> {
        let first = self.all()?;
        let mut parts = vec![first];
        while self.accept(&Token::Or) {
            parts.push(self.all()?);
        }
        Ok(one_or(parts, Condition::Any))
    }

    fn all(&mut self) -> Result<Condition<S>, InvalidCondition> {
        let first = self.not()?;
        let mut parts = vec![first];
        while self.accept(&Token::And) {
            parts.push(self.not()?);
        }
        Ok(one_or(parts, Condition::All))
    }

    fn not(&mut self) -> Result<Condition<S>, InvalidCondition> {
        if self.accept(&Token::Not) {
            return Ok(Condition::Not(Box::new(self.deeper(Parser::not)?)));
        }
        if !self.accept(&Token::Open) {
            let operand = self.operand()?;
            return self.comparison(operand);
        }
        let inner = self.deeper(Parser::any)?;
        self.close()?;
        match inner {
            // `(Vehicle.Speed) > 50`
            Condition::Holds(operand) => self.comparison(operand),
            inner => Ok(inner),
        }
    }

    fn comparison(&mut self, left: Operand<S>) -> Result<Condition<S>, InvalidCondition> {
        if let Token::Comparison(comparison) = self.token {
            self.advance();
            return Ok(Condition::Compare(left, comparison, self.operand()?));
        }
        let negated = self.accept(&Token::Not);
        if negated && self.token != Token::Between {
            return Err(self.expected("BETWEEN"));
        }
        if !self.accept(&Token::Between) {
            return Ok(Condition::Holds(left));
        }
        let low = self.operand()?;
        if !self.accept(&Token::And) {
            return Err(self.expected("AND and the upper bound of BETWEEN"));
        }
        let between = Condition::Between(left, low, self.operand()?);
        Ok(if negated { between.negated() } else { between })
    }

    fn operand(&mut self) -> Result<Operand<S>, InvalidCondition> {
        if self.accept(&Token::Open) {
            let operand = self.deeper(Parser::operand)?;
            self.close()?;
            return Ok(operand);
        }
        match self.token {
            Token::Path(_) => return self.signal().map(Operand::Signal),
            Token::Constant(_) => {}
            _ => return Err(self.expected(OPERAND)),
        }
        match self.advance() {
            Token::Constant(constant) => Ok(Operand::Constant(constant)),
            _ => Err(self.expected(OPERAND)),
        }
    }

    /// `path` or `LAG(path)`.
    pub(in crate::signals) fn signal(&mut self) -> Result<S, InvalidCondition> {
        let (path, at) = self.word(SIGNAL)?;
        let lagged = S::HAS_LAG && path.eq_ignore_ascii_case("LAG") && self.accept(&Token::Open);
        if !lagged {
            return Ok(S::named(path, at, false));
        }
        let (path, at) = self.word(SIGNAL)?;
        match self.accept(&Token::Close) {
            true => Ok(S::named(path, at, true)),
            false => Err(self.expected(")")),
        }
    }

    /// A word that is no keyword, and where it begins.
    pub(in crate::signals) fn word(
        &mut self,
        expected: &'static str,
    ) -> Result<(&'a str, usize), InvalidCondition> {
        let (Token::Path(word), at) = (&self.token, self.at) else {
            return Err(self.expected(expected));
        };
        let word = *word;
        self.advance();
        Ok((word, at))
    }

    fn close(&mut self) -> Result<(), InvalidCondition> {
        match self.accept(&Token::Close) {
            true => Ok(()),
            false => Err(self.expected("AND, OR or )")),
        }
    }
}

/// In characters, from 1.
pub(in crate::signals) fn column(text: &str, at: usize) -> usize {
    text[..at].chars().count() + 1
}

fn one_or<S>(
    mut parts: Vec<Condition<S>>,
    several: impl FnOnce(Vec<Condition<S>>) -> Condition<S>,
) -> Condition<S> {
    match parts.pop() {
        Some(only) if parts.is_empty() => only,
        Some(last) => {
            parts.push(last);
            several(parts)
        }
        None => several(parts),
    }
}

impl FromStr for Comparison {
    type Err = String;

    fn from_str(symbol: &str) -> Result<Comparison, String> {
        match Tokens::new(symbol).next() {
            (Token::Comparison(comparison), _) => Ok(comparison),
            _ => Err(format!("{symbol:?} is no comparison: = != < <= > >= are")),
        }
    }
}
