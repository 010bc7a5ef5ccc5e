//! Why a token is not taken, in words for whoever sent it.
//!
//! Never the token itself, nor a part of it that somebody could use: these texts end up in
//! logs. What is quoted of a claim is short and printable.

use std::fmt::{self, Display, Formatter};

use jiff::SignedDuration;
use tonic::Status;

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refusal {
    #[error("a token is needed here: send the metadata 'authorization: Bearer TOKEN'")]
    None,
    #[error("the metadata 'authorization' is not of the form 'Bearer TOKEN'")]
    NotBearer,
    #[error("the token has {0} bytes, more than the {most} that are read", most = super::tokens::LONGEST)]
    TooLong(usize),
    #[error("the token is no JWT: that is three parts in base64url with dots between them")]
    Malformed,
    #[error("the token's header is not understood: RS256 and ES256 are, without extensions")]
    Header,
    #[error("the token is signed with {0}: RS256 and ES256 are taken")]
    Algorithm(String),
    #[error("the token is signed with {0}, and the broker has no key for that (--jwt-key)")]
    NoKeyFor(String),
    #[error("no key of the broker has signed the token{} (--jwt-key)", named(key_id))]
    UnknownKey { key_id: Option<Quoted> },
    #[error("the token's claims are no JSON object")]
    Claims,
    #[error("the token has no claim '{0}'")]
    Missing(&'static str),
    #[error("the token's claim '{claim}' must be {must_be}")]
    BadClaim { claim: &'static str, must_be: &'static str },
    #[error("the token has expired {} ago: get a new one", span(*since))]
    Expired { since: SignedDuration },
    #[error("the token is not valid before {} have passed ('nbf')", span(*left))]
    Early { left: SignedDuration },
    #[error("the token's audience is {audience}, not '{expected}' ('aud')")]
    Audience { audience: Audience, expected: String },
}

impl From<Refusal> for Status {
    fn from(refusal: Refusal) -> Status {
        Status::unauthenticated(refusal.to_string())
    }
}

/// Text of somebody else's, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Quoted(String);

impl Quoted {
    pub(super) fn new(text: &str) -> Quoted {
        const SHOWN: usize = 60;
        let mut shown: String = text.chars().take(SHOWN).flat_map(char::escape_debug).collect();
        if text.chars().nth(SHOWN).is_some() {
            shown.push('…');
        }
        Quoted(shown)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Display for Quoted {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "'{}'", self.0)
    }
}

/// Whom a token is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Audience(pub(super) Vec<Quoted>);

impl Display for Audience {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 3;
        if self.0.is_empty() {
            return f.write_str("nobody");
        }
        for (at, one) in self.0.iter().take(SHOWN).enumerate() {
            write!(f, "{}{one}", if at == 0 { "" } else { ", " })?;
        }
        f.write_str(if self.0.len() > SHOWN { ", …" } else { "" })
    }
}

fn named(key_id: &Option<Quoted>) -> String {
    key_id.as_ref().map_or_else(String::new, |id| format!(", which names the key {id}"))
}

/// In the largest unit that counts at least two of it.
fn span(duration: SignedDuration) -> String {
    let seconds = duration.as_secs().max(0);
    let units = [(86_400, "days"), (3_600, "h"), (60, "min")];
    let unit = units.into_iter().find(|(size, _)| seconds >= 2 * size);
    match unit {
        Some((size, name)) => format!("{} {name}", seconds / size),
        None => format!("{seconds} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_rounded_down_to_what_people_say() {
        for (seconds, text) in [
            (-5, "0 s"),
            (0, "0 s"),
            (119, "119 s"),
            (185, "3 min"),
            (7_199, "119 min"),
            (7_200, "2 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(SignedDuration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn what_is_quoted_is_short_and_printable() {
        assert_eq!(Quoted::new("a\nb\u{7}'").to_string(), r"'a\nb\u{7}\''");
        assert_eq!(Quoted::new(&"ä".repeat(1000)).as_str().chars().count(), 61);
    }

    #[test]
    fn an_audience_is_listed_so_far_as_it_is_short() {
        let of = |names: &[&str]| Audience(names.iter().map(|name| Quoted::new(name)).collect());
        assert_eq!(of(&[]).to_string(), "nobody");
        assert_eq!(of(&["a", "b"]).to_string(), "'a', 'b'");
        assert_eq!(of(&["a", "b", "c", "d"]).to_string(), "'a', 'b', 'c', …");
    }
}
