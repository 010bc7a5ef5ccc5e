//! From text to a query.
//!
//! ```text
//! query  = SELECT column (, column)* [WHERE condition]
//! column = signal [AS word]
//! signal = path | LAG ( path )
//! ```

use super::{Column, InvalidQuery, LONGEST, Query, Source};
use crate::signals::condition::{InvalidCondition, Named, Parser, Token};

impl<'a> Query<'a> {
    pub fn parse(text: &'a str) -> Result<Query<'a>, InvalidQuery> {
        if text.len() > LONGEST {
            let length = text.len();
            let message = format!("a query has at most {LONGEST} bytes, this one {length}");
            return Err(InvalidQuery { column: 1, message });
        }
        let mut parser = Parser::new(text);
        if !accept(&mut parser, "SELECT") {
            return Err(parser.expected("SELECT").into());
        }
        let mut columns = vec![Column::parse(&mut parser)?];
        while parser.accept(&Token::Comma) {
            columns.push(Column::parse(&mut parser)?);
        }
        let mut condition = None;
        if accept(&mut parser, "WHERE") {
            condition = Some(parser.condition()?);
        } else if *parser.token() != Token::End {
            let named = columns.last().is_some_and(|last| last.alias.is_some());
            let rest =
                if named { "a comma, WHERE or the end" } else { "a comma, AS, WHERE or the end" };
            return Err(parser.expected(rest).into());
        }
        Ok(Query { text, columns, condition })
    }
}

impl<'a> Column<'a> {
    fn parse(parser: &mut Parser<'a, Source<'a>>) -> Result<Column<'a>, InvalidCondition> {
        if ["SELECT", "WHERE", "AS"].into_iter().any(|keyword| is(parser, keyword)) {
            return Err(parser.expected("a signal"));
        }
        let source = parser.signal()?;
        let alias = match accept(parser, "AS") {
            true => Some(parser.word("a name")?.0),
            false => None,
        };
        Ok(Column { source, alias })
    }
}

impl<'a> Named<'a> for Source<'a> {
    const HAS_LAG: bool = true;

    fn named(path: &'a str, at: usize, lagged: bool) -> Source<'a> {
        Source { path, at, lagged }
    }
}

/// Keywords of a query, in any case: a condition has none of them.
fn is<'a>(parser: &Parser<'a, Source<'a>>, keyword: &str) -> bool {
    matches!(parser.token(), Token::Path(word) if word.eq_ignore_ascii_case(keyword))
}

fn accept<'a>(parser: &mut Parser<'a, Source<'a>>, keyword: &str) -> bool {
    let is_it = is(parser, keyword);
    if is_it {
        parser.advance();
    }
    is_it
}

impl From<InvalidCondition> for InvalidQuery {
    fn from(error: InvalidCondition) -> InvalidQuery {
        let InvalidCondition { column, expected, found } = error;
        InvalidQuery { column, message: format!("expected {expected}, found {found}") }
    }
}
