//! Looks at a bundle before anything is done with it.

use std::{fs, io::Read, path::Path};

use super::error::{Error, Result};
use crate::{
    app::{AppManifest, MANIFEST_NAMES},
    signals::Broker,
};

/// More than any manifest may have.
const LONGEST: u64 = 4 << 20;

/// Everything that can be said without installing: all problems at once. Reads files.
pub(super) fn admit(bundle: &Path, broker: &Broker, model: &super::Model) -> Result<AppManifest> {
    let (file, text) = manifest_text(bundle)?;
    let manifest = AppManifest::parse(file, &text).map_err(Error::Manifest)?;
    let registry = broker.registry();
    let matching = |path: &str| {
        let entries = registry.matching(path).unwrap_or_default();
        entries.into_iter().map(|entry| entry.signal()).collect()
    };
    let mut problems = manifest.check(file, &model.manifest, matching);
    problems.extend(entrypoint(bundle, file, &manifest));
    if problems.is_empty() { Ok(manifest) } else { Err(Error::Manifest(problems)) }
}

fn manifest_text(bundle: &Path) -> Result<(&'static str, String)> {
    for name in MANIFEST_NAMES {
        // One that is too long need not be read whole to be refused.
        let mut text = String::new();
        let opened = fs::File::open(bundle.join(name));
        match opened.and_then(|file| file.take(LONGEST).read_to_string(&mut text)) {
            Ok(_) => return Ok((name, text)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(Error::Bundle(format!("{name}: {error}"))),
        }
    }
    Err(Error::Bundle(format!(
        "the folder holds no manifest: write a {} that says what the app is",
        MANIFEST_NAMES[0]
    )))
}

fn entrypoint(
    bundle: &Path,
    file: &str,
    manifest: &AppManifest,
) -> Option<crate::app::ManifestProblem> {
    let found = fs::symlink_metadata(bundle.join(&manifest.entrypoint));
    let message = match found {
        Ok(found) if found.is_file() => return None,
        Ok(_) => format!("'{}' is no file", manifest.entrypoint),
        Err(_) => format!("the app's folder has no file '{}'", manifest.entrypoint),
    };
    Some(crate::app::ManifestProblem {
        file: file.to_owned(),
        line: None,
        column: None,
        field: "entrypoint".to_owned(),
        message,
    })
}
