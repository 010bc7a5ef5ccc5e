//! Runs uv: no shell, its lines looked at while it works, killed when nobody waits any more.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    process::Command,
};

use super::{PythonError, settings};

/// Enough for any explanation; what a broken index sends beyond is cut.
const MAX_OUTPUT: usize = 256 << 10;

#[derive(Clone, Debug)]
pub(super) struct Uv {
    pub(super) program: PathBuf,
    pub(super) cache: PathBuf,
}

/// uv said no; its words.
#[derive(Debug)]
pub(super) struct Refusal(pub(super) String);

impl Uv {
    /// `input` is its standard input; `line` gets each line it writes.
    pub(super) async fn run(
        &self,
        arguments: Vec<OsString>,
        input: &str,
        mut line: impl FnMut(&str),
    ) -> Result<Result<(), Refusal>, PythonError> {
        let mut child = Command::new(&self.program)
            .args(arguments)
            .arg("--no-progress")
            // It would take settings from a project in any folder above.
            .current_dir("/")
            .env_clear()
            .envs(settings::current(&self.cache))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            // A Ctrl-C in the daemon's terminal is the daemon's business.
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| self.not_started(error))?;
        let io = |error| PythonError::Io { path: self.program.clone(), error };
        if let Some(mut stdin) = child.stdin.take() {
            // uv may refuse its arguments before it reads: its words say more than EPIPE.
            let _ = stdin.write_all(input.as_bytes()).await;
        }
        let mut output = String::new();
        if let Some(stderr) = child.stderr.take() {
            // Not every byte need be text: paths and what packages say of themselves are not.
            let mut lines = BufReader::new(stderr).split(b'\n');
            while let Some(bytes) = lines.next_segment().await.map_err(io)? {
                let text = String::from_utf8_lossy(&bytes);
                tracing::debug!("uv: {}", text.trim_end());
                line(&text);
                if output.len() < MAX_OUTPUT {
                    output.push_str(text.trim_end_matches('\r'));
                    output.push('\n');
                }
            }
        }
        let status = child.wait().await.map_err(io)?;
        if status.success() {
            return Ok(Ok(()));
        }
        let words = output.trim();
        let words = words.strip_prefix("error: ").unwrap_or(words);
        Ok(Err(Refusal(if words.is_empty() { status.to_string() } else { words.to_owned() })))
    }

    fn not_started(&self, error: io::Error) -> PythonError {
        match error.kind() {
            io::ErrorKind::NotFound => PythonError::NoUv(self.program.clone()),
            _ => PythonError::Io { path: self.program.clone(), error },
        }
    }
}

/// Arguments of which some are paths.
pub(super) fn arguments(words: &[&str], paths: &[(&str, &Path)]) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = words.iter().map(OsString::from).collect();
    for (option, path) in paths {
        if !option.is_empty() {
            arguments.push(option.into());
        }
        arguments.push(path.into());
    }
    arguments
}
