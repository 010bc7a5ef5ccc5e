//! What single values of a manifest may be. They come from whoever wrote the app, and go to
//! terminals, paths and the kernel.

use std::time::Duration;

use crate::app::limits;

/// The runtime sets these itself, and the app's sandbox or SDK depends on them.
const RESERVED_ENV: &[&str] = &[
    "HOME",
    "PYTHONPATH",
    "VEHICLE_APP_DATA",
    "VEHICLE_APP_ID",
    "VEHICLE_APP_STOP_GRACE",
    "VEHICLE_EDGE_BROKER",
];

/// The kernel starts no program with an argument or a variable of 128 KiB.
const LONGEST_ARGUMENT: usize = 100 << 10;
const LONGEST_LABEL: usize = 128;
const LONGEST_GRACE: Duration = Duration::from_secs(3600);

/// A name or version, which is shown on terminals.
pub(super) fn label(text: &str) -> Result<(), String> {
    if text.chars().count() <= LONGEST_LABEL && !text.chars().any(char::is_control) {
        return Ok(());
    }
    Err(format!("must be one line of plain text, at most {LONGEST_LABEL} characters"))
}

/// What a program is started with: an argument, or the value of a variable.
pub(super) fn argument(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err("cannot hold a NUL character".to_owned());
    }
    if text.len() > LONGEST_ARGUMENT {
        let length = text.len();
        return Err(format!("is {length} bytes long; at most {LONGEST_ARGUMENT} can be passed on"));
    }
    Ok(())
}

pub(super) fn grace(text: &str) -> Result<Duration, String> {
    let grace = limits::parse_duration(text)?;
    if grace <= LONGEST_GRACE { Ok(grace) } else { Err(format!("'{text}' is longer than 1h")) }
}

pub(super) fn inside_folder(path: String) -> Result<String, String> {
    let climbs = path.split('/').any(|part| part == "..");
    if path.starts_with(['/', '-'])
        || climbs
        || path.contains(|c: char| c.is_control() || c == '\\')
    {
        return Err(format!(
            "'{path}' must be a file below the app's own folder, like src/main.py"
        ));
    }
    Ok(path)
}

pub(in crate::app) fn signal_path(path: String) -> Result<String, String> {
    let good = |part: &str| {
        !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || "_*".contains(c))
    };
    if path.split('.').all(good) {
        Ok(path)
    } else {
        Err(format!("'{path}' is no signal path: write it like Vehicle.Speed or Vehicle.Cabin.**"))
    }
}

pub(super) fn env_name(name: &str) -> Result<(), String> {
    if RESERVED_ENV.contains(&name) {
        return Err("is set by the runtime and cannot be changed".to_owned());
    }
    let good = !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if good { Ok(()) } else { Err("a name is letters, digits and '_'".to_owned()) }
}

pub(super) fn processors(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if (0.01..=1024.0).contains(&number) => Ok(number),
        _ => Err(format!("'{text}' is not a number of processors: write it like 0.5")),
    }
}

pub(super) fn count(text: &str) -> Result<u64, String> {
    match text.parse::<u64>() {
        Ok(number) if number > 0 => Ok(number),
        _ => Err(format!("'{text}' is not a number of processes: write it like 64")),
    }
}
