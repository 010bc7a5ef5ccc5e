//! Path patterns, for listings and grants.
//!
//! | pattern | matches |
//! |---|---|
//! | (empty) | everything |
//! | `A.B` | the leaf `A.B`, or every leaf below the branch |
//! | `A.*` | the leaves directly in `A` |
//! | `A.**` | every leaf below `A` |
//! | `A.*.C`, `A.**.C` | one level, or any number of levels, between |

const LONGEST: usize = 1000;

/// A path whose segments may be `*` or `**`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Segment {
    Name(String),
    One,
    /// Zero or more.
    Any,
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPattern {
    #[error("a path pattern has at most {LONGEST} bytes, this one {0}")]
    TooLong(usize),
    #[error(
        "'{pattern}' is not a path pattern: '{segment}' is neither a name, '*' nor '**' \
         (like Vehicle.Cabin.*)"
    )]
    Segment { pattern: String, segment: String },
}

impl Pattern {
    pub fn parse(pattern: &str) -> Result<Pattern, InvalidPattern> {
        if pattern.len() > LONGEST {
            return Err(InvalidPattern::TooLong(pattern.len()));
        }
        if pattern.is_empty() {
            return Ok(Pattern { segments: vec![Segment::Any] });
        }
        let mut segments = Vec::new();
        for text in pattern.split('.') {
            let segment = Segment::parse(text).ok_or_else(|| InvalidPattern::Segment {
                pattern: pattern.to_owned(),
                segment: text.to_owned(),
            })?;
            // `**.**` says no more than `**`.
            if segment != Segment::Any || segments.last() != Some(&Segment::Any) {
                segments.push(segment);
            }
        }
        if !pattern.contains('*') {
            segments.push(Segment::Any);
        } else if segments.last() == Some(&Segment::Any) {
            // At the end `**` means below: at least one level.
            let last = segments.len() - 1;
            segments.insert(last, Segment::One);
        }
        Ok(Pattern { segments })
    }

    /// Goes back at most to the last `**`, so a hostile pattern costs no more than
    /// its length times the path's.
    pub fn matches(&self, path: &str) -> bool {
        let mut names = path.split('.');
        let mut at = 0;
        let mut retry = None;
        loop {
            let rest = names.clone();
            let name = names.next();
            match (self.segments.get(at), name) {
                (None, None) => return true,
                (Some(Segment::Any), _) => {
                    names = rest.clone();
                    at += 1;
                    retry = Some((at, rest));
                    continue;
                }
                (Some(Segment::One), Some(_)) => {
                    at += 1;
                    continue;
                }
                (Some(Segment::Name(wanted)), Some(name)) if wanted == name => {
                    at += 1;
                    continue;
                }
                _ => {}
            }
            // Let the last `**` swallow one name more.
            let Some((after, mut from)) = retry else { return false };
            if from.next().is_none() {
                return false;
            }
            names = from.clone();
            at = after;
            retry = Some((after, from));
        }
    }
}

impl Segment {
    fn parse(text: &str) -> Option<Segment> {
        let is_name = |text: &str| {
            !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
        };
        match text {
            "*" => Some(Segment::One),
            "**" => Some(Segment::Any),
            name => is_name(name).then(|| Segment::Name(name.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Pattern;

    const PATHS: [&str; 6] = [
        "Vehicle.Speed",
        "Vehicle.Cabin.Light",
        "Vehicle.Cabin.Door.Row1.Left.IsOpen",
        "Vehicle.Cabin.Door.Row2.Left.IsOpen",
        "Vehicle.CabinX",
        "Vehicle.ADAS.ABS.IsOpen",
    ];

    fn matched(pattern: &str) -> Vec<usize> {
        let pattern = Pattern::parse(pattern).unwrap();
        (0..PATHS.len()).filter(|at| pattern.matches(PATHS[*at])).collect()
    }

    #[test]
    fn a_name_is_that_leaf_or_the_whole_branch() {
        assert_eq!(matched(""), [0, 1, 2, 3, 4, 5]);
        assert_eq!(matched("Vehicle"), [0, 1, 2, 3, 4, 5]);
        assert_eq!(matched("Vehicle.Speed"), [0]);
        assert_eq!(matched("Vehicle.Cabin"), [1, 2, 3]);
        assert!(matched("Speed").is_empty());
        assert!(matched("vehicle.speed").is_empty());
    }

    #[test]
    fn a_star_at_the_end_is_one_level_two_are_all_below() {
        assert_eq!(matched("Vehicle.*"), [0, 4]);
        assert_eq!(matched("Vehicle.Cabin.*"), [1]);
        assert_eq!(matched("Vehicle.Cabin.**"), [1, 2, 3]);
        assert!(matched("Vehicle.Speed.**").is_empty());
        assert_eq!(matched("**"), [0, 1, 2, 3, 4, 5]);
        assert!(matched("*").is_empty());
    }

    #[test]
    fn stars_in_the_middle_are_one_level_or_any_number() {
        assert_eq!(matched("Vehicle.*.Light"), [1]);
        assert_eq!(matched("Vehicle.Cabin.Door.*.Left.IsOpen"), [2, 3]);
        assert_eq!(matched("Vehicle.**.IsOpen"), [2, 3, 5]);
        assert_eq!(matched("Vehicle.**.Speed"), [0]);
        assert_eq!(matched("**.Left.*"), [2, 3]);
        assert_eq!(matched("**.Row1.**"), [2]);
        assert_eq!(matched("Vehicle.**.Row2.**.IsOpen"), [3]);
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for bad in
            [".", "Vehicle.", "Vehicle..Speed", "Veh*", "Vehicle.***", "A B", "Vehicle/Speed"]
        {
            assert!(Pattern::parse(bad).is_err(), "{bad}");
        }
        assert!(Pattern::parse(&"A".repeat(1001)).is_err());
    }

    #[test]
    fn a_hostile_pattern_ends_soon() {
        let pattern = Pattern::parse(&"**.*.".repeat(199)).err();
        assert!(pattern.is_some());
        let pattern = Pattern::parse(&["**.*"; 200].join(".")).unwrap();
        assert!(!pattern.matches(PATHS[2]));
    }
}
