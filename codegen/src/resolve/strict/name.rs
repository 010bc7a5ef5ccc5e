//! The style of names: `[A-Z][A-Za-z0-9]*`, and `Is…` or `Has…` for a boolean.

/// What is wrong with a name.
pub(super) fn problem(name: &str, is_boolean: bool) -> Option<String> {
    if !name.starts_with(|first: char| first.is_ascii_uppercase()) {
        return Some("does not begin with a capital letter".to_owned());
    }
    if let Some(other) = name.chars().find(|c| !c.is_ascii_alphanumeric()) {
        return Some(format!("holds '{other}'; letters from A to Z and digits make a name"));
    }
    (is_boolean && !says_so(name)).then(|| "of a boolean begins with neither 'Is' nor 'Has'".into())
}

fn says_so(name: &str) -> bool {
    ["Is", "Has"].iter().any(|word| name.starts_with(word))
}

/// The name in good style, where that is a matter of capitals alone: `seat_belt` is
/// `SeatBelt`, the boolean `open` is `IsOpen`.
pub(super) fn styled(name: &str, is_boolean: bool) -> Option<String> {
    let words = name.split(['_', '-', ' ']);
    let mut styled: String = words.map(capitalised).collect();
    if is_boolean && !says_so(&styled) {
        styled.insert_str(0, "Is");
    }
    problem(&styled, is_boolean).is_none().then_some(styled)
}

fn capitalised(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|first| first.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_good_or_has_a_better_one() {
        let table = [
            ("Speed", false, None),
            ("DTCList2", false, None),
            ("IsOpen", true, None),
            ("HasRoof", true, None),
            ("speed", false, Some("Speed")),
            ("seat_belt", false, Some("SeatBelt")),
            ("A-B", false, Some("AB")),
            ("open", true, Some("IsOpen")),
            ("Open", true, Some("IsOpen")),
            ("is_open", true, Some("IsOpen")),
        ];
        for (name, is_boolean, better) in table {
            let found = problem(name, is_boolean).and_then(|_| styled(name, is_boolean));
            assert_eq!(found.as_deref(), better, "{name}");
        }
    }

    #[test]
    fn what_has_no_capital_has_no_suggestion() {
        for name in ["2WD", "Größe", "_", "", "A.B"] {
            assert!(problem(name, false).is_some(), "{name}");
            assert_eq!(styled(name, false), None, "{name}");
        }
    }
}
