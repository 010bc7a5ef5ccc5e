//! The claim `scope` of a token, in Kuksa's grammar: scopes with spaces between them.
//!
//! | scope | grants |
//! |---|---|
//! | `read:PATH` | to see a signal and its values |
//! | `actuate:PATH` | that, and to set its target |
//! | `provide:PATH` | to see it, to publish its value, and to carry out its actuations |
//! | `create` | to add signals |
//!
//! A path may hold `*` and `**`, as everywhere ([`Pattern`]); without `:PATH` it is every
//! signal. That who may write also reads is how Kuksa reads its tokens; an app's grants are
//! stricter.

use vss_codegen::model::Access;

use crate::signals::{Grants, InvalidPattern, Pattern};

/// Why a scope grants nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum InvalidScope {
    #[error("'{0}' is no scope: those are read:PATH, actuate:PATH, provide:PATH and create")]
    Unknown(String),
    #[error("'{0}': signals may be added everywhere or nowhere, so `create` takes no path")]
    CreateWithPath(String),
    #[error("'{scope}': {reason}")]
    Path { scope: String, reason: InvalidPattern },
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Scope {
    Signals { pattern: String, accesses: &'static [Access] },
    Create,
}

/// What a claim grants, and those of its scopes that grant nothing: a token is often made
/// for other services as well, and for other versions of a model.
pub(super) fn grants(claim: &str) -> Result<(Grants, Vec<InvalidScope>), InvalidPattern> {
    let (mut rules, mut invalid, mut creates) = (Vec::new(), Vec::new(), false);
    for scope in claim.split_ascii_whitespace() {
        match parse(scope) {
            Ok(Scope::Signals { pattern, accesses }) => {
                rules.extend(accesses.iter().map(|access| (pattern.clone(), *access)));
            }
            Ok(Scope::Create) => creates = true,
            Err(error) => invalid.push(error),
        }
    }
    let grants = Grants::new(rules)?;
    Ok((if creates { grants.with_create() } else { grants }, invalid))
}

fn parse(scope: &str) -> Result<Scope, InvalidScope> {
    let (action, path) = match scope.split_once(':') {
        Some((action, path)) => (action, Some(path)),
        None => (scope, None),
    };
    let accesses: &[Access] = match (action, path) {
        // More likely a mistake than a wish for everything.
        (_, Some("")) => return Err(InvalidScope::Unknown(scope.to_owned())),
        ("read", _) => &[Access::Read],
        ("actuate", _) => &[Access::Read, Access::Write],
        ("provide", _) => &[Access::Read, Access::Provide],
        ("create", None | Some("**")) => return Ok(Scope::Create),
        ("create", Some(_)) => return Err(InvalidScope::CreateWithPath(scope.to_owned())),
        _ => return Err(InvalidScope::Unknown(scope.to_owned())),
    };
    let pattern = path.unwrap_or_default();
    match Pattern::parse(pattern) {
        Ok(_) => Ok(Scope::Signals { pattern: pattern.to_owned(), accesses }),
        Err(reason) => Err(InvalidScope::Path { scope: scope.to_owned(), reason }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ALL: [Access; 3] = [Access::Read, Access::Write, Access::Provide];

    fn granted(claim: &str, path: &str) -> Vec<Access> {
        let (grants, _) = grants(claim).unwrap();
        ALL.into_iter().filter(|access| grants.allows(path, *access)).collect()
    }

    #[test]
    fn each_scope_grants_what_it_says() {
        use Access::{Provide, Read, Write};
        let speed = "Vehicle.Speed";
        for (claim, expected) in [
            ("read:Vehicle.Speed", vec![Read]),
            ("actuate:Vehicle.Speed", vec![Read, Write]),
            ("provide:Vehicle.Speed", vec![Read, Provide]),
            ("actuate:Vehicle.Speed provide:Vehicle.Speed", vec![Read, Write, Provide]),
            ("read:Vehicle", vec![Read]),
            ("read:Vehicle.*", vec![Read]),
            ("read:**", vec![Read]),
            ("read", vec![Read]),
            ("  read:Vehicle.Width   read:Vehicle.Speed ", vec![Read]),
            ("read:Vehicle.Width", vec![]),
            ("read:vehicle.speed", vec![]),
            ("create", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(granted(claim, speed), expected, "{claim}");
        }
        assert_eq!(granted("read:Vehicle.Cabin.Seat.Row2.*", "Vehicle.Cabin.Seat.Row2.X"), [Read]);
    }

    #[test]
    fn what_is_no_scope_takes_nothing_from_the_others() {
        let claim = "openid read: write:Vehicle.Speed read:Vehicle..Speed create:Vehicle READ:A \
                     read:Vehicle.Speed";
        let (grants, invalid) = grants(claim).unwrap();
        assert!(grants.allows("Vehicle.Speed", Access::Read));
        let texts: Vec<_> = invalid.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 6);
        assert_eq!(
            texts[0],
            "'openid' is no scope: those are read:PATH, actuate:PATH, provide:PATH and create"
        );
        assert!(texts[3].starts_with("'read:Vehicle..Speed': 'Vehicle..Speed' is not a path"));
        assert!(texts[4].ends_with("`create` takes no path"), "{}", texts[4]);
    }

    proptest! {
        #[test]
        fn any_text_is_a_scope_or_an_error(text in "\\PC*") {
            let _ = grants(&text).unwrap();
        }

        #[test]
        fn what_is_near_a_scope_is_one_or_an_error(
            text in "((read|actuate|provide|create|x)(:[A-Za-z0-9.*]{0,12})? ?){0,5}"
        ) {
            let scopes = text.split_ascii_whitespace().count();
            let (_, invalid) = grants(&text).unwrap();
            prop_assert!(invalid.len() <= scopes);
            for error in invalid {
                prop_assert!(error.to_string().starts_with('\''));
            }
        }

        #[test]
        fn a_name_of_a_model_is_granted_and_nothing_beside_it(
            path in "Vehicle(\\.[A-Z][A-Za-z0-9]{0,8}){1,5}"
        ) {
            let (grants, invalid) = grants(&format!("read:{path}")).unwrap();
            prop_assert!(invalid.is_empty());
            prop_assert!(grants.allows(&path, Access::Read));
            prop_assert!(!grants.allows(&path, Access::Write));
            let beside = format!("{path}X");
            prop_assert!(!grants.allows(&beside, Access::Read));
        }
    }
}
