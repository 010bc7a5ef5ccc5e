//! What a token says, once its signature is known to be good: whether that holds here and
//! now. A pure decision, so the time is given.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

use super::refusal::{Audience, Quoted, Refusal};

/// What is on its way when a token expires may still arrive.
const LATE: SignedDuration = SignedDuration::from_millis(500);

/// A token that was issued just now may come from a machine whose clock is ahead.
const EARLY: SignedDuration = SignedDuration::from_secs(10);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) subject: Quoted,
    pub(super) scope: String,
    /// From when on it is not taken any more.
    pub(super) expires: Timestamp,
}

pub(super) fn check(
    claims: &Map<String, Value>,
    audience: &str,
    now: Timestamp,
) -> Result<Claims, Refusal> {
    let exp = time(claims, "exp")?.ok_or(Refusal::Missing("exp"))?;
    let expires = exp.saturating_add(LATE).unwrap_or(exp);
    if expires <= now {
        return Err(Refusal::Expired { since: now.duration_since(exp) });
    }
    if let Some(nbf) = time(claims, "nbf")?
        && nbf.duration_since(now) > EARLY
    {
        return Err(Refusal::Early { left: nbf.duration_since(now) });
    }
    check_audience(claims, audience)?;
    let scope = text(claims, "scope")?.ok_or(Refusal::Missing("scope"))?.to_owned();
    let subject = Quoted::new(text(claims, "sub")?.unwrap_or("nobody in particular"));
    Ok(Claims { subject, scope, expires })
}

fn check_audience(claims: &Map<String, Value>, expected: &str) -> Result<(), Refusal> {
    let bad = Refusal::BadClaim { claim: "aud", must_be: "a text or a list of texts" };
    let names: Vec<&str> = match claims.get("aud") {
        None => return Err(Refusal::Missing("aud")),
        Some(Value::String(name)) => vec![name],
        Some(Value::Array(names)) => {
            names.iter().map(Value::as_str).collect::<Option<_>>().ok_or(bad)?
        }
        Some(_) => return Err(bad),
    };
    if names.contains(&expected) {
        return Ok(());
    }
    let audience = Audience(names.into_iter().map(Quoted::new).collect());
    Err(Refusal::Audience { audience, expected: expected.to_owned() })
}

/// Seconds since 1970, which may have a fraction.
fn time(claims: &Map<String, Value>, claim: &'static str) -> Result<Option<Timestamp>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    let seconds =
        value.as_f64().and_then(|seconds| SignedDuration::try_from_secs_f64(seconds).ok());
    let time = seconds.and_then(|since| Timestamp::from_duration(since).ok());
    let must_be = "a time in seconds since 1970";
    time.map(Some).ok_or(Refusal::BadClaim { claim, must_be })
}

fn text<'a>(
    claims: &'a Map<String, Value>,
    claim: &'static str,
) -> Result<Option<&'a str>, Refusal> {
    let Some(value) = claims.get(claim) else { return Ok(None) };
    value.as_str().map(Some).ok_or(Refusal::BadClaim { claim, must_be: "a text" })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const NOW: i64 = 1_800_000_000;

    /// The claims of a good token with these put over them; null takes one away.
    fn checked(changes: Value) -> Result<Claims, String> {
        let good = json!({
            "sub": "bob", "aud": "kuksa.val", "exp": NOW + 60, "iat": NOW, "scope": "read"
        });
        let (Value::Object(mut claims), Value::Object(changes)) = (good, changes) else {
            panic!("no objects");
        };
        claims.extend(changes);
        claims.retain(|_, value| !value.is_null());
        let now = Timestamp::from_second(NOW).unwrap();
        check(&claims, "kuksa.val", now).map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn good_claims_are_taken() {
        let claims = checked(json!({})).unwrap();
        assert_eq!((claims.subject.as_str(), claims.scope.as_str()), ("bob", "read"));
        assert!(claims.expires > Timestamp::from_second(NOW + 60).unwrap());
        for good in [
            json!({"aud": ["other", "kuksa.val"]}),
            json!({"exp": 1_800_000_000.25}),
            json!({"exp": NOW}),
            json!({"nbf": NOW + 5}),
            json!({"sub": null}),
            json!({"scope": ""}),
            json!({"something": {"else": []}}),
        ] {
            assert!(checked(good.clone()).is_ok(), "{good}");
        }
    }

    #[test]
    fn each_bad_claim_is_named_with_what_is_wrong() {
        let of = |claim, must_be| format!("the token's claim '{claim}' must be {must_be}");
        let time = "a time in seconds since 1970";
        for (bad, expected) in [
            (json!({"exp": null}), "the token has no claim 'exp'".to_owned()),
            (json!({"exp": "soon"}), of("exp", time)),
            (json!({"exp": 1e300}), of("exp", time)),
            (json!({"exp": NOW - 1}), "the token has expired 1 s ago: get a new one".to_owned()),
            (
                json!({"exp": NOW - 200}),
                "the token has expired 3 min ago: get a new one".to_owned(),
            ),
            (json!({"nbf": []}), of("nbf", time)),
            (
                json!({"nbf": NOW + 120}),
                "the token is not valid before 2 min have passed ('nbf')".to_owned(),
            ),
            (json!({"aud": null}), "the token has no claim 'aud'".to_owned()),
            (json!({"aud": 1}), of("aud", "a text or a list of texts")),
            (json!({"aud": ["kuksa.val", 1]}), of("aud", "a text or a list of texts")),
            (
                json!({"aud": "other"}),
                "the token's audience is 'other', not 'kuksa.val' ('aud')".to_owned(),
            ),
            (json!({"scope": null}), "the token has no claim 'scope'".to_owned()),
            (json!({"scope": ["read"]}), of("scope", "a text")),
            (json!({"sub": 1}), of("sub", "a text")),
        ] {
            assert_eq!(checked(bad.clone()).unwrap_err(), expected, "{bad}");
        }
    }
}
