//! Finding the name that was probably meant.

/// The candidate nearest to `wanted`, if one is near enough to suggest.
///
/// Dotted paths are compared whole; a difference in case alone always counts as near.
pub fn nearest<'a>(wanted: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = wanted.to_lowercase();
    // One edit in three characters: closer is a slip, farther another word.
    // Of a single letter an edit leaves nothing.
    let length = wanted.chars().count();
    let limit = (length / 3).max(usize::from(length > 1));
    candidates
        .into_iter()
        .map(|candidate| {
            (strsim::damerau_levenshtein(&folded, &candidate.to_lowercase()), candidate)
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_finds_its_word_and_a_stranger_none() {
        let words = ["uint8", "uint16", "Vehicle.Speed"];
        assert_eq!(nearest("unit8", words), Some("uint8"));
        assert_eq!(nearest("vehicle.speed", words), Some("Vehicle.Speed"));
        assert_eq!(nearest("Vehicle.Sped", words), Some("Vehicle.Speed"));
        assert_eq!(nearest("colour", words), None);
        assert_eq!(
            (nearest("A", ["a"]), nearest("A", ["b"]), nearest("", ["b"])),
            (Some("a"), None, None)
        );
    }
}
