//! What an app may use, and the ways Compose writes sizes and durations.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// `None` is no limit of the app's own.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Limits {
    /// Processors, `0.5` being half of one.
    pub cpus: Option<f64>,
    /// Bytes.
    pub mem_limit: Option<u64>,
    pub pids_limit: Option<u64>,
}

/// `64 MiB`: exact where a unit divides, else with one decimal.
pub fn display_size(bytes: u64) -> String {
    const UNITS: [(&str, u64); 3] = [("GiB", 1 << 30), ("MiB", 1 << 20), ("KiB", 1 << 10)];
    match UNITS.iter().find(|(_, size)| bytes >= *size) {
        Some((unit, size)) if bytes.is_multiple_of(*size) => format!("{} {unit}", bytes / size),
        Some((unit, size)) => format!("{:.1} {unit}", bytes as f64 / *size as f64),
        None => format!("{bytes} bytes"),
    }
}

/// `256m`, `1gb`, `1.5g`, `512k`, `1048576`, `100b`.
pub(super) fn parse_size(text: &str) -> Result<u64, String> {
    let wrong = || format!("'{text}' is not a size: write it like 256m, 1g or 65536");
    let folded = text.trim().to_ascii_lowercase();
    let digits = folded.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let factor: u64 = match &folded[digits.len()..] {
        "" | "b" => 1,
        "k" | "kb" | "kib" => 1 << 10,
        "m" | "mb" | "mib" => 1 << 20,
        "g" | "gb" | "gib" => 1 << 30,
        _ => return Err(wrong()),
    };
    let number: f64 = plain_number(digits).ok_or_else(wrong)?;
    let bytes = number * factor as f64;
    if bytes >= 1.0 && bytes < 2f64.powi(63) { Ok(bytes as u64) } else { Err(wrong()) }
}

/// `10s`, `1m30s`, `500ms`, `1h`, `2.5s`; a bare number is seconds.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("'{text}' is not a duration: write it like 10s, 500ms or 1m30s");
    let mut rest = text.trim();
    if let Some(seconds) = plain_number(rest) {
        return Duration::try_from_secs_f64(seconds).map_err(|_| wrong());
    }
    let mut total = Duration::ZERO;
    while !rest.is_empty() {
        let unit_at = rest.find(|c: char| c.is_ascii_alphabetic()).ok_or_else(wrong)?;
        let number = plain_number(&rest[..unit_at]).ok_or_else(wrong)?;
        rest = &rest[unit_at..];
        let unit_end = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let seconds = match &rest[..unit_end] {
            "us" => 0.000_001,
            "ms" => 0.001,
            "s" => 1.0,
            "m" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        rest = &rest[unit_end..];
        let part = Duration::try_from_secs_f64(number * seconds).map_err(|_| wrong())?;
        total = total.checked_add(part).ok_or_else(wrong)?;
    }
    if text.trim().is_empty() { Err(wrong()) } else { Ok(total) }
}

/// Digits with at most one point: no sign, exponent, `inf` or `nan`.
fn plain_number(text: &str) -> Option<f64> {
    let plain = !text.is_empty() && text.chars().all(|c| c.is_ascii_digit() || c == '.');
    if plain { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_as_compose_writes_them() {
        for (text, bytes) in [
            ("256m", 256 << 20),
            ("256MB", 256 << 20),
            ("1.5g", 3 << 29),
            ("64k", 64 << 10),
            ("100", 100),
            ("100b", 100),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for bad in ["", "m", "-1m", "1e3", "inf", "1 m", "12x", "0", "1..2k", "99999999999g"] {
            assert!(parse_size(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn durations_are_read_as_compose_writes_them() {
        for (text, millis) in
            [("10s", 10_000), ("1m30s", 90_000), ("500ms", 500), ("2.5s", 2500), ("7", 7000)]
        {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for bad in ["", "s", "-1s", "10 s", "10sec", "1d", "1m30", "9999999999999999999h"] {
            assert!(parse_duration(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn sizes_are_shown_with_the_largest_unit_that_divides() {
        assert_eq!(display_size(64 << 20), "64 MiB");
        assert_eq!(display_size(3 << 29), "1.5 GiB");
        assert_eq!(display_size(100), "100 bytes");
    }
}
