use std::fmt;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// Declares every code once. Numbers are for ever: a code that goes leaves a gap.
macro_rules! codes {
    ($($number:literal $severity:ident $name:ident $title:literal)*) => {
        /// The kind of a problem.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum Code {
            $(#[doc = $title] $name,)*
        }

        impl Code {
            pub const ALL: &[Code] = &[$(Code::$name,)*];

            pub fn number(self) -> u16 {
                match self { $(Code::$name => $number,)* }
            }

            /// What is wrong, in few words.
            pub fn title(self) -> &'static str {
                match self { $(Code::$name => $title,)* }
            }

            /// What it usually is; a strict run or an older release's rules change that.
            pub fn severity(self) -> Severity {
                match self { $(Code::$name => Severity::$severity,)* }
            }
        }
    };
}

codes! {
    // Reading
    1 Error Unreadable "an input cannot be read"
    2 Error NotUtf8 "an input is not UTF-8 text"
    3 Error Syntax "broken YAML or JSON"
    4 Error NotAMap "something other than a map where a map belongs"
    5 Error TooManyAliases "YAML aliases that unfold without end"
    6 Warning DuplicateKey "the same key twice in one map"
    7 Error BadKey "a key that is no text"
    9 Error NoRootFile "a folder or an archive without one clear root file"
    // Includes and overlays
    10 Error MissingInclude "an included file that is not there"
    11 Error IncludeCycle "files that include each other"
    12 Error BadInclude "a malformed include"
    13 Warning GlobMatchesNothing "an overlay pattern that matches nothing"
    14 Error TooManyIncludes "includes that multiply beyond all sense"
    15 Warning IncludeOverrides "a value that an included file sets otherwise"
    // Sources
    16 Error NotCached "an address without a copy, while the network is not to be used"
    17 Error AccessRefused "an address whose credentials are missing, wrong or not to be sent"
    18 Error BadArchive "an archive that cannot be read"
    // The tree
    20 Error NoRoot "a model without a root"
    21 Error ManyRoots "a model with more than one root"
    22 Error BadName "a path with an empty part"
    23 Error BadParent "a node below one that can have no such children"
    24 Error TooDeep "a tree nested without reason"
    25 Warning NamesDifferInCase "names that differ in case alone"
    // Attributes
    30 Error MissingType "a node without a type"
    31 Error UnknownType "an unknown node type"
    32 Error WrongKind "an attribute value of the wrong kind"
    33 Error NotAllowedHere "an attribute that this node type does not have"
    34 Warning UnknownAttribute "an attribute that the language does not know"
    35 Error BadConstUid "a malformed constUID"
    36 Warning UnquotedWord "an unquoted word that YAML reads as something else"
    38 Warning UncheckedPattern "a pattern that cannot be checked"
    // Datatypes and values
    40 Error MissingDatatype "a leaf without a datatype"
    41 Error UnknownDatatype "an unknown datatype"
    42 Error WrongValue "a value that does not fit the datatype"
    43 Warning MinAboveMax "a minimum above the maximum"
    44 Error Conflict "attributes that exclude each other"
    45 Error BadDefault "a default that the signal could not hold"
    46 Error PatternMismatch "a value that the pattern excludes"
    47 Error BadEnum "a malformed enum"
    48 Error BadArraySize "an arraysize without an array, or without sense"
    49 Warning OddDefault "a default that the allowed values exclude"
    // Units
    50 Error UnknownUnit "an unknown unit"
    51 Error UnitDatatype "a unit that does not go with the datatype"
    52 Error BadUnit "a malformed unit or quantity"
    53 Error UnknownQuantity "a unit of an unknown quantity"
    54 Error DuplicateLabel "two units with the same label"
    55 Warning UnitOverwritten "a unit that another of nearly the same key replaces"
    56 Warning UnusedUnit "a unit that no signal uses"
    // Instances
    60 Error BadInstances "malformed instances"
    61 Error BadRange "an instance range that counts backwards or too far"
    62 Warning UnknownInstance "a path between the instances that is none of them"
    63 Error TooLarge "instances that multiply beyond all sense"
    64 Warning InstanceTwice "an instance that is named twice"
    // Struct types
    70 Error MissingNamespace "a struct type in a namespace that nothing defines"
    71 Warning TypeDefinedTwice "a struct type that two types files define differently"
    72 Error MisplacedTypes "struct types where none can be"
    73 Error CyclicStruct "a struct that contains itself"
    74 Error MissingProperty "a default that lacks a property of its struct"
    75 Warning UnknownProperty "a default with a property that its struct does not have"
    76 Warning NoEffectInTypes "an attribute that does nothing in struct types"
    // Strict rules
    80 Error NameStyle "a name that the strict rules refuse"
    81 Error DefaultNotFirst "a default that is not the first of the allowed values"
    82 Error BadExceptions "a malformed file of strict exceptions"
    83 Warning UnknownException "a strict exception for a node that is not there"
    // What others can hold
    90 Error KuksaStruct "a struct, which a Kuksa broker cannot hold"
    91 Error KuksaDatatype "a datatype that a Kuksa broker does not know"
    92 Error KuksaChangeType "a change type that a Kuksa broker does not know"
    93 Warning KuksaIgnores "an attribute that a Kuksa broker does not hold values to"
}

impl Code {
    /// `VSS041`, in any case, or its number alone.
    pub fn parse(text: &str) -> Option<Code> {
        let number = number_of(text)?;
        Code::ALL.iter().copied().find(|code| code.number() == number)
    }

    /// Those that somebody who wrote `text` may have meant: the next numbers, or the titles
    /// that hold the word.
    pub fn near(text: &str) -> Vec<Code> {
        let Some(number) = number_of(text) else {
            let word = text.to_lowercase();
            let holds = |code: &&Code| !word.is_empty() && code.title().contains(&word);
            return Code::ALL.iter().filter(holds).copied().collect();
        };
        let nearest = Code::ALL.iter().min_by_key(|code| code.number().abs_diff(number));
        nearest.copied().into_iter().collect()
    }
}

fn number_of(text: &str) -> Option<u16> {
    let has_prefix = text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("vss"));
    let digits = if has_prefix { &text[3..] } else { text };
    digits.bytes().all(|byte| byte.is_ascii_digit()).then(|| digits.parse().ok())?
}

/// `VSS041`.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "VSS{:03}", self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_unique_and_ascend() {
        assert!(Code::ALL.windows(2).all(|pair| pair[0].number() < pair[1].number()));
    }

    #[test]
    fn a_code_prints_with_three_digits() {
        assert_eq!(Code::Unreadable.to_string(), "VSS001");
        assert_eq!(Code::UnknownUnit.to_string(), "VSS050");
    }

    #[test]
    fn a_code_is_found_by_what_people_type() {
        for text in ["VSS050", "vss050", "Vss50", "050", "50"] {
            assert_eq!(Code::parse(text), Some(Code::UnknownUnit), "{text}");
        }
        for text in ["", "VSS", "VSS+50", "vss 50", "99999999", "\u{fc}50", "unit"] {
            assert_eq!(Code::parse(text), None, "{text}");
        }
        assert_eq!(Code::near("VSS900").len(), 1);
        assert_eq!(Code::near("Arraysize"), [Code::BadArraySize]);
        assert!(Code::near("rhubarb").is_empty() && Code::near("").is_empty());
    }
}
