//! An app's name in every path, row and address.

use std::{fmt, str::FromStr, sync::Arc};

use serde::{Deserialize, Serialize, de};

/// Letters, digits, `_`, `-` and `.`; at most 63; starting with a letter or digit: it can
/// never climb out of a folder, and needs no quoting anywhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AppId(Arc<str>);

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is not an app id: use 1 to 63 letters, digits, '_', '-' or '.', \
     starting with a letter or digit"
)]
pub struct InvalidAppId(String);

impl AppId {
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for AppId {
    type Err = InvalidAppId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let good = (1..=63).contains(&text.len())
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text.chars().all(|c| c.is_ascii_alphanumeric() || "_-.".contains(c));
        if good { Ok(AppId(text.into())) } else { Err(InvalidAppId(text.to_owned())) }
    }
}

impl fmt::Display for AppId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Serialize for AppId {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl<'de> Deserialize<'de> for AppId {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::AppId;

    #[test]
    fn an_id_cannot_leave_its_folder() {
        for bad in ["", ".", "..", "../a", "a/b", "a b", "-a", ".a", "ä", &"a".repeat(64)] {
            assert!(bad.parse::<AppId>().is_err(), "{bad}");
        }
        for good in ["a", "VEA-speed_1", "a..b", &"a".repeat(63)] {
            assert!(good.parse::<AppId>().is_ok(), "{good}");
        }
    }
}
