//! Reads what uv has resolved out of its lock: a requirements file with exact versions.

use std::path::Path;

/// One package of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Locked {
    pub(crate) name: String,
    pub(crate) version: String,
}

pub(crate) fn read(text: &str) -> Vec<Locked> {
    let lines = text.lines().filter(|line| line.starts_with(|c: char| c.is_ascii_alphanumeric()));
    lines
        .filter_map(|line| {
            let pin = line.split([' ', ';', '\\']).next()?;
            let (name, version) = pin.split_once("==")?;
            Some(Locked { name: name.to_owned(), version: version.to_owned() })
        })
        .collect()
}

/// The version in a wheel's name, `name-1.2.3-…whl`; empty where it has none.
pub(super) fn wheel_version(wheel: &Path) -> &str {
    let name = wheel.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    name.split('-').nth(1).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_found_among_hashes_and_remarks() {
        let text = "certifi==2026.1.2 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n    \
                    # via requests\ntomli==2.0 ; python_version < '3.11' \\\n    --hash=sha256:22\n";
        let found: Vec<String> =
            read(text).iter().map(|l| format!("{} {}", l.name, l.version)).collect();
        assert_eq!(found, ["certifi 2026.1.2", "tomli 2.0"]);
    }

    #[test]
    fn a_wheel_tells_its_version() {
        let wheel = Path::new("/x/vehicle_signal_runtime-0.1.0-cp310-abi3-linux_x86_64.whl");
        assert_eq!(wheel_version(wheel), "0.1.0");
        assert_eq!(wheel_version(Path::new("/x/odd.whl")), "");
    }
}
