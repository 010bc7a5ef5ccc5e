//! What a person is told while an environment is made: few steps, in the app's words, each
//! further along than the one before. The rest of what uv says is of use only when it fails,
//! and then it is told whole, as the failure.

use super::Step;

/// Where in the whole each part ends, by the time it usually takes.
const RESOLVING: usize = 5;
const DOWNLOADED: usize = 60;
const INSTALLED: usize = 85;
const LIBRARY: usize = 90;

pub(super) fn resolving(requirements: usize) -> Step {
    let plural = if requirements == 1 { "" } else { "s" };
    step("resolve", format!("{requirements} requirement{plural}"), RESOLVING)
}

pub(super) fn library(version: &str) -> Step {
    step("sdk", format!("vehicle signal library {version}").trim_end().to_owned(), LIBRARY)
}

/// Follows uv while it fetches and installs so many packages.
#[derive(Debug)]
pub(super) struct Packages {
    all: usize,
    fetched: usize,
    installed: usize,
}

impl Packages {
    pub(super) fn new(all: usize) -> Packages {
        Packages { all: all.max(1), fetched: 0, installed: 0 }
    }

    /// The step that a line of uv's begins, if it is about a package. uv names a download
    /// when it is large, and every package at the end, when all are in place.
    pub(super) fn step(&mut self, line: &str) -> Option<Step> {
        let line = line.trim();
        if let Some((name, size)) = line.strip_prefix("Downloading ").and_then(named_size) {
            self.fetched += 1;
            let percent = self.between(RESOLVING, DOWNLOADED, self.fetched);
            return Some(step("download", format!("{name} ({size})"), percent));
        }
        let (name, version) = line.strip_prefix("+ ")?.split_once("==")?;
        let version = version.split_whitespace().next()?;
        self.installed += 1;
        let percent = self.between(DOWNLOADED, INSTALLED, self.installed);
        Some(step("install", format!("{name} {version}"), percent))
    }

    fn between(&self, from: usize, to: usize, done: usize) -> usize {
        from + (to - from) * done.min(self.all) / self.all
    }
}

fn step(name: &'static str, message: String, percent: usize) -> Step {
    Step { name, message, percent: u8::try_from(percent).unwrap_or(100) }
}

/// `numpy (16.1MiB)`: the name, and the size with a space before its unit.
fn named_size(text: &str) -> Option<(&str, String)> {
    let (name, size) = text.split_once(" (")?;
    let size = size.strip_suffix(')')?;
    let unit = size.find(|c: char| c.is_ascii_alphabetic())?;
    Some((name, format!("{} {}", size[..unit].trim_end(), &size[unit..])))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_few_and_never_go_back() {
        let said = "Using Python 3.11.7 environment at: /s/apps/a/env
            Resolved 2 packages in 80ms
            Downloading numpy (16.1MiB)
             Downloaded numpy
            Prepared 2 packages in 233ms
            warning: Failed to hardlink files
            Installed 2 packages in 37ms
             + iniconfig==2.3.1
             + numpy==2.4.6 (from file:///x.whl)";
        let mut packages = Packages::new(2);
        let mut steps = vec![resolving(2)];
        steps.extend(said.lines().filter_map(|line| packages.step(line)));
        steps.push(library("0.1.0"));
        let told: Vec<String> =
            steps.iter().map(|s| format!("{} {}: {}", s.percent, s.name, s.message)).collect();
        assert_eq!(
            told,
            [
                "5 resolve: 2 requirements",
                "32 download: numpy (16.1 MiB)",
                "72 install: iniconfig 2.3.1",
                "85 install: numpy 2.4.6",
                "90 sdk: vehicle signal library 0.1.0",
            ]
        );
    }

    #[test]
    fn more_packages_than_expected_do_not_go_too_far() {
        let mut packages = Packages::new(0);
        for _ in 0..3 {
            assert_eq!(packages.step(" + a==1").unwrap().percent, 85);
        }
        assert_eq!(packages.step("Downloading"), None);
        assert_eq!(packages.step("Downloading x"), None);
        assert_eq!(packages.step(" - a==1"), None);
    }
}
