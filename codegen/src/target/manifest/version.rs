//! A model's version as a version that Python's packaging accepts (PEP 440).

/// `6.0.0` stays; `6.1.0-dev` becomes `6.1.0.dev0`; `2.0.0-rc.1` becomes `2.0.0rc1`; any
/// other label becomes a local one, `1.2.3+winter`. No version at all is `0.0.0`.
pub fn package_version(version: Option<&str>) -> String {
    let Some(version) = version else { return "0.0.0".to_owned() };
    let (numbers, label) = version.split_once('-').unwrap_or((version, ""));
    // `parse` would take a sign, too.
    let is_number = |n: &str| !n.starts_with('+') && n.parse::<u64>().is_ok();
    let is_release = numbers.split('.').all(is_number);
    if !is_release {
        return "0.0.0".to_owned();
    }
    let label = label.to_ascii_lowercase();
    let letters = label.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.');
    let number: String = label[letters.len()..].chars().filter(char::is_ascii_digit).collect();
    let number = if number.is_empty() { "0" } else { &number };
    match letters.trim_end_matches(['-', '_', '.']) {
        "" if label.is_empty() => numbers.to_owned(),
        "dev" | "develop" | "snapshot" => format!("{numbers}.dev{number}"),
        "a" | "alpha" => format!("{numbers}a{number}"),
        "b" | "beta" => format!("{numbers}b{number}"),
        "rc" | "c" | "pre" | "preview" => format!("{numbers}rc{number}"),
        "post" | "rev" | "r" => format!("{numbers}.post{number}"),
        _ => match local(&label) {
            label if label.is_empty() => numbers.to_owned(),
            label => format!("{numbers}+{label}"),
        },
    }
}

/// Letters and digits in parts joined by single dots.
fn local(label: &str) -> String {
    let parts = label.split(|c: char| !c.is_ascii_alphanumeric()).filter(|part| !part.is_empty());
    parts.collect::<Vec<_>>().join(".")
}

#[cfg(test)]
mod tests {
    use super::package_version;

    #[test]
    fn every_version_becomes_one_that_pip_accepts() {
        let table = [
            (None, "0.0.0"),
            (Some("6.0.0"), "6.0.0"),
            (Some("6.1.0-dev"), "6.1.0.dev0"),
            (Some("2.0.0-rc.1"), "2.0.0rc1"),
            (Some("2.0.0-RC12"), "2.0.0rc12"),
            (Some("2.0.0-beta"), "2.0.0b0"),
            (Some("1.2.3-Winter_Build 7"), "1.2.3+winter.build.7"),
            (Some("1.2.3-42"), "1.2.3+42"),
            (Some("1.2.3-"), "1.2.3"),
            (Some("1.2.3-ä"), "1.2.3"),
            (Some("1.2.-3"), "0.0.0"),
            (Some("+1.2.3"), "0.0.0"),
            (Some("one.2.3"), "0.0.0"),
        ];
        for (version, expected) in table {
            assert_eq!(package_version(version), expected, "{version:?}");
        }
    }
}
