//! From text to an expression.
//!
//! ```text
//! or      = and (OR and)*
//! and     = not (AND not)*
//! not     = NOT not | compare
//! compare = sum [symbol sum]
//! sum     = product (+|- product)*
//! product = unary (*|/|% unary)*
//! unary   = - unary | atom
//! atom    = number | 'text' | true | false | path | function ( or, … ) | ( or )
//! ```
//!
//! The words of a condition do not fit here: it has signed numbers and no arithmetic.

use std::str::FromStr;

use super::{Expression, Function, LONGEST, MAX_DEPTH, Operator};

/// Where a text stops being an expression, and what could stand there.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("column {column} of the expression: expected {expected}, found {found}")]
pub(in super::super) struct InvalidExpression {
    /// In characters, from 1.
    column: usize,
    expected: String,
    found: String,
}

type Parsed = Result<Expression, InvalidExpression>;

/// The symbols of a level, longer ones before those they begin with.
const COMPARISONS: &[(&str, Operator)] = &[
    ("==", Operator::Equal),
    ("!=", Operator::NotEqual),
    ("<=", Operator::AtMost),
    (">=", Operator::AtLeast),
    ("=", Operator::Equal),
    ("<", Operator::Less),
    (">", Operator::Greater),
];
const SUMS: &[(&str, Operator)] = &[("+", Operator::Plus), ("-", Operator::Minus)];
const PRODUCTS: &[(&str, Operator)] =
    &[("*", Operator::Times), ("/", Operator::Divide), ("%", Operator::Remainder)];

const ATOM: &str = "a signal, a number, a text in quotes, true, false, a function or (";
const AFTER: &str = "an operator (+ - * / % = != < <= > >= AND OR) or the end";

impl FromStr for Expression {
    type Err = InvalidExpression;

    fn from_str(text: &str) -> Parsed {
        let mut parser = Parser { text, at: 0, depth: 0 };
        if text.len() > LONGEST {
            return Err(parser.expected(format!("at most {LONGEST} bytes")));
        }
        let expression = parser.or()?;
        match parser.rest() {
            "" => Ok(expression),
            _ => Err(parser.expected(AFTER)),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    /// In bytes.
    at: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// What is left, without space before it.
    fn rest(&mut self) -> &'a str {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest
    }

    fn accept(&mut self, symbol: &str) -> bool {
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len();
        }
        found
    }

    fn symbol(&mut self, symbols: &[(&str, Operator)]) -> Option<Operator> {
        symbols.iter().find(|(symbol, _)| self.accept(symbol)).map(|(_, operator)| *operator)
    }

    /// The word that begins here; empty without one.
    fn word(&mut self) -> &'a str {
        let rest = self.rest();
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        &rest[..rest.find(|c| !is_word(c)).unwrap_or(rest.len())]
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.word().eq_ignore_ascii_case(keyword);
        if found {
            self.at += keyword.len();
        }
        found
    }

    fn expected(&mut self, expected: impl Into<String>) -> InvalidExpression {
        let rest = self.rest();
        let column = self.text[..self.at].chars().count() + 1;
        let found = match (self.word(), rest.chars().next()) {
            (_, None) => "its end".to_owned(),
            ("", Some(other)) => format!("'{other}'"),
            (word, _) => format!("'{word}'"),
        };
        InvalidExpression { column, expected: expected.into(), found }
    }

    /// Goes one level down, so that a hostile text cannot exhaust the stack.
    fn deeper(&mut self, parse: impl FnOnce(&mut Self) -> Parsed) -> Parsed {
        if self.depth == MAX_DEPTH {
            return Err(self.expected(format!("no more than {MAX_DEPTH} levels of nesting")));
        }
        self.depth += 1;
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn or(&mut self) -> Parsed {
        let mut left = self.and()?;
        while self.keyword("OR") {
            left = binary(left, Operator::Or, self.and()?);
        }
        Ok(left)
    }

    fn and(&mut self) -> Parsed {
        let mut left = self.not()?;
        while self.keyword("AND") {
            left = binary(left, Operator::And, self.not()?);
        }
        Ok(left)
    }

    fn not(&mut self) -> Parsed {
        if self.keyword("NOT") {
            return Ok(Expression::Not(Box::new(self.deeper(Parser::not)?)));
        }
        let left = self.sum()?;
        match self.symbol(COMPARISONS) {
            Some(operator) => Ok(binary(left, operator, self.sum()?)),
            None => Ok(left),
        }
    }

    fn sum(&mut self) -> Parsed {
        let mut left = self.product()?;
        while let Some(operator) = self.symbol(SUMS) {
            left = binary(left, operator, self.product()?);
        }
        Ok(left)
    }

    fn product(&mut self) -> Parsed {
        let mut left = self.unary()?;
        while let Some(operator) = self.symbol(PRODUCTS) {
            left = binary(left, operator, self.unary()?);
        }
        Ok(left)
    }

    fn unary(&mut self) -> Parsed {
        match self.accept("-") {
            true => Ok(Expression::Negative(Box::new(self.deeper(Parser::unary)?))),
            false => self.atom(),
        }
    }

    fn atom(&mut self) -> Parsed {
        if self.accept("(") {
            let inner = self.deeper(Parser::or)?;
            return self.close(inner);
        }
        let start = self.at;
        match self.rest().chars().next() {
            Some(quote @ ('\'' | '"')) => self.text(quote),
            Some('0'..='9' | '.') => self.number(),
            Some(first) if first.is_alphabetic() || first == '_' => {
                let word = self.word();
                self.at += word.len();
                if self.accept("(") {
                    return self.call(word, start);
                }
                Ok(match word.to_ascii_lowercase().as_str() {
                    "true" => Expression::Bool(true),
                    "false" => Expression::Bool(false),
                    "and" | "or" | "not" => {
                        self.at = start;
                        return Err(self.expected(ATOM));
                    }
                    _ => Expression::Signal(word.to_owned()),
                })
            }
            _ => Err(self.expected(ATOM)),
        }
    }

    /// After the opening parenthesis.
    fn call(&mut self, name: &str, start: usize) -> Parsed {
        let Some(function) = Function::ALL.into_iter().find(|f| f.name() == name) else {
            self.at = start;
            return Err(self.expected("a function (min, max, abs, clamp)"));
        };
        let mut arguments = Vec::new();
        loop {
            let argument = self.deeper(Parser::or)?;
            arguments.push(argument);
            if !self.accept(",") {
                break;
            }
        }
        let (least, most) = function.arguments();
        if !(least..=most).contains(&arguments.len()) {
            self.at = start;
            let numbers = match (least, most) {
                (1, 1) => "one number".to_owned(),
                (1, _) => format!("1 to {most} numbers"),
                _ => format!("{least} numbers"),
            };
            return Err(self.expected(format!("{numbers} for {name}")));
        }
        self.close(Expression::Call(function, arguments))
    }

    fn close(&mut self, inner: Expression) -> Parsed {
        match self.accept(")") {
            true => Ok(inner),
            false => Err(self.expected("an operator, ',' or )")),
        }
    }

    /// A quote within the text is written twice.
    fn text(&mut self, quote: char) -> Parsed {
        let (start, mut content) = (self.at, String::new());
        self.at += 1;
        while let Some((before, _)) = self.text[self.at..].split_once(quote) {
            content.push_str(before);
            self.at += before.len() + 1;
            if !self.text[self.at..].starts_with(quote) {
                return Ok(Expression::Text(content.into()));
            }
            content.push(quote);
            self.at += 1;
        }
        self.at = start;
        Err(self.expected("a text with its closing quote"))
    }

    fn number(&mut self) -> Parsed {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| {
            from + bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count()
        };
        let mut end = digits(0);
        if bytes.get(end) == Some(&b'.') {
            end = digits(end + 1);
        }
        if let Some(b'e' | b'E') = bytes.get(end) {
            let sign = usize::from(matches!(bytes.get(end + 1), Some(b'-' | b'+')));
            let exponent = digits(end + 1 + sign);
            if exponent > end + 1 + sign {
                end = exponent;
            }
        }
        match rest[..end].parse::<f64>() {
            Ok(number) if number.is_finite() => {
                self.at += end;
                Ok(Expression::Number(number))
            }
            _ => Err(self.expected("a number like 0.5")),
        }
    }
}

fn binary(left: Expression, operator: Operator, right: Expression) -> Expression {
    Expression::Binary(Box::new(left), operator, Box::new(right))
}
