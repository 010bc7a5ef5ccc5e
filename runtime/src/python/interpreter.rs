//! What a sandbox must show for the interpreter to work in it.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::Stdio,
};

use serde::Deserialize;

use super::PythonError;

/// Prints, as JSON, the folders that the interpreter reads from.
const WHERE: &str = "import json, os, sys
real = os.path.realpath(sys.executable)
print(json.dumps({
    'version': '%d.%d.%d' % sys.version_info[:3],
    'folders': [sys.base_prefix, sys.base_exec_prefix, os.path.dirname(real)],
}))";

#[derive(Clone, Debug)]
pub(crate) struct Interpreter {
    pub(crate) version: String,
    /// Prefixes and the program's folder, none below another.
    pub(crate) folders: Vec<PathBuf>,
}

#[derive(Deserialize)]
struct Answer {
    version: String,
    folders: Vec<PathBuf>,
}

impl Interpreter {
    /// Runs it once, without the settings and packages of whoever started the runtime.
    pub(crate) async fn probe(path: &Path) -> Result<Interpreter, PythonError> {
        let failed = |reason: String| PythonError::Interpreter { path: path.to_owned(), reason };
        let output = tokio::process::Command::new(path)
            .args([OsStr::new("-I"), OsStr::new("-S"), OsStr::new("-c"), OsStr::new(WHERE)])
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| failed(error.to_string()))?;
        if !output.status.success() {
            return Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
        }
        let answer: Answer =
            serde_json::from_slice(&output.stdout).map_err(|error| failed(error.to_string()))?;
        Ok(Interpreter { version: answer.version, folders: outermost(answer.folders) })
    }
}

fn outermost(mut folders: Vec<PathBuf>) -> Vec<PathBuf> {
    folders.sort();
    let mut kept: Vec<PathBuf> = Vec::new();
    for folder in folders {
        if !kept.iter().any(|outer| folder.starts_with(outer)) {
            kept.push(folder);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn folders_below_another_are_not_named_twice() {
        let folders = ["/opt/py/bin", "/opt/py", "/opt/python"].map(PathBuf::from).to_vec();
        assert_eq!(outermost(folders), ["/opt/py", "/opt/python"].map(PathBuf::from));
    }

    #[tokio::test]
    async fn a_program_that_is_no_python_is_explained() {
        let error = Interpreter::probe(Path::new("/bin/false")).await.unwrap_err().to_string();
        assert!(error.contains("/bin/false does not work"), "{error}");
    }
}
