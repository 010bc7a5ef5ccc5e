//! Whether a signal may have a value, by what the model says of it.

use regex::Regex;

use crate::{About, Carried, Element, Error, Signal};

/// Fails with [`Error::InvalidValue`], which names the signal, the value and the rule.
pub(crate) fn check<T: Carried>(signal: &Signal<T>, value: &T) -> Result<(), Error> {
    let about = signal.about();
    let broken = value.elements().iter().find_map(|element| broken_rule(about, element));
    broken
        .or_else(|| broken_pattern(about, value))
        .map_or(Ok(()), |rule| Err(Error::InvalidValue(format!("{}: {rule}", signal.path()))))
}

fn broken_rule<T: Carried>(about: &About<T>, element: &T::Element) -> Option<String> {
    let order = |item: &T::Item| element.compare(item);
    // No order: NaN, which no bound lets through.
    if let Some(min) = about.min
        && !order(&min).is_some_and(|order| order.is_ge())
    {
        return Some(format!("{element:?} is below the minimum {min:?}"));
    }
    if let Some(max) = about.max
        && !order(&max).is_some_and(|order| order.is_le())
    {
        return Some(format!("{element:?} is above the maximum {max:?}"));
    }
    let is_allowed = |item: &T::Item| order(item).is_some_and(|order| order.is_eq());
    if !about.allowed.is_empty() && !about.allowed.iter().any(is_allowed) {
        return Some(format!("{element:?} is not one of {:?}", about.allowed));
    }
    None
}

/// Patterns are anchored at the start of a text. One that is no regular expression of
/// guaranteed speed is not looked at, which `vssc` warns of.
fn broken_pattern<T: Carried>(about: &About<T>, value: &T) -> Option<String> {
    let pattern = about.pattern?;
    let regex = Regex::new(&format!("^(?:{pattern})")).ok()?;
    let mut texts = value.elements().iter().filter_map(Element::text);
    let text = texts.find(|text| !regex.is_match(text))?;
    Some(format!("{text:?} does not match the pattern {pattern}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::testing::{LEVELS, MODE, Mode, SPEED, VIN};

    fn refusal<T: Carried>(signal: &Signal<T>, value: T) -> String {
        check(signal, &value).unwrap_err().to_string()
    }

    #[test]
    fn what_the_model_allows_passes() {
        assert_eq!(check(&SPEED, &250.0), Ok(()));
        assert_eq!(check(&MODE, &Mode::On), Ok(()));
        assert_eq!(check(&LEVELS, &vec![]), Ok(()));
        assert_eq!(check(&LEVELS, &vec![2, 1]), Ok(()));
        assert_eq!(check(&VIN, &"ABC".to_owned()), Ok(()));
    }

    #[test]
    fn a_refusal_names_signal_value_and_rule() {
        assert_eq!(refusal(&SPEED, 250.5), "Vehicle.Speed: 250.5 is above the maximum 250.0");
        assert_eq!(refusal(&SPEED, -1.0), "Vehicle.Speed: -1.0 is below the minimum 0.0");
        assert_eq!(refusal(&SPEED, f32::NAN), "Vehicle.Speed: NaN is below the minimum 0.0");
        assert_eq!(refusal(&LEVELS, vec![1, 3]), "Vehicle.Levels: 3 is not one of [1, 2]");
        assert_eq!(
            refusal(&VIN, "xABC".to_owned()),
            r#"Vehicle.VIN: "xABC" does not match the pattern [A-Z]{3}$"#
        );
    }
}
