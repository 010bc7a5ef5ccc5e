//! From requirements to an environment, in three steps: lock, create, install.

use std::path::{Path, PathBuf};

use super::{
    PythonError, PythonTools,
    lock::{self, Locked},
    strays,
    uv::{Refusal, Uv, arguments},
};

/// Makes environments with one set of tools and one shared cache.
#[derive(Clone, Debug)]
pub(crate) struct Builder {
    uv: Uv,
    interpreter: PathBuf,
    sdk_wheel: Option<PathBuf>,
}

/// One environment to be made. Its paths are final: scripts in it name them.
#[derive(Clone, Debug)]
pub(crate) struct Plan<'a> {
    pub(crate) requirements: &'a [String],
    pub(crate) lock: &'a Path,
    pub(crate) env: &'a Path,
}

/// Told of every step, and of what uv says in it.
pub(crate) type Report<'a> = &'a (dyn Fn(&'static str, String) + Send + Sync);

impl Builder {
    /// `cache` is shared by all apps; on the same disk as their environments, it costs
    /// each file once.
    pub(crate) fn new(tools: &PythonTools, cache: PathBuf, workdir: PathBuf) -> Builder {
        Builder {
            uv: Uv { program: tools.uv.clone(), cache, workdir },
            interpreter: tools.interpreter.clone(),
            sdk_wheel: tools.sdk_wheel.clone(),
        }
    }

    /// Leaves what it has made when it fails or is dropped: the caller removes the folder.
    /// Touches no network where nothing is required.
    pub(crate) async fn build(
        &self,
        plan: &Plan<'_>,
        report: Report<'_>,
    ) -> Result<Vec<Locked>, PythonError> {
        let locked = self.lock(plan, report).await?;
        report("environment", "creating the environment".to_owned());
        let create = arguments(
            &["venv", "--no-project", "--quiet"],
            &[("--python", &self.interpreter), ("", plan.env)],
        );
        self.run("create the environment", create, report).await?;
        let python = plan.env.join("bin/python");
        if !locked.is_empty() {
            report("install", format!("installing {}", counted(locked.len(), "package")));
            let sync = arguments(
                &["pip", "sync", "--require-hashes", "--no-build"],
                &[("--python", &python), ("", plan.lock)],
            );
            self.run("install the packages", sync, report).await?;
        }
        if let Some(wheel) = &self.sdk_wheel {
            report("sdk", "installing the vehicle signal library".to_owned());
            let add = arguments(
                &["pip", "install", "--no-deps", "--no-index", "--offline", "--no-build"],
                &[("--python", &python), ("", wheel)],
            );
            self.run("install the vehicle signal library", add, report).await?;
        }
        Ok(locked)
    }

    /// Ends what still builds below the folder, for somebody who is gone. Blocks.
    pub(crate) fn end_strays(&self, below: &Path) {
        strays::end(&self.uv.program, below);
    }

    /// Exact versions with their hashes; every later step takes these and no others.
    async fn lock(&self, plan: &Plan<'_>, report: Report<'_>) -> Result<Vec<Locked>, PythonError> {
        let io = |error| PythonError::Io { path: plan.lock.to_owned(), error };
        if plan.requirements.is_empty() {
            tokio::fs::write(plan.lock, "").await.map_err(io)?;
            return Ok(Vec::new());
        }
        report("resolve", format!("resolving {}", counted(plan.requirements.len(), "requirement")));
        let compile = arguments(
            &["pip", "compile", "-", "--quiet", "--generate-hashes", "--no-header"],
            &[("--python", &self.interpreter), ("--output-file", plan.lock)],
        );
        // Separate, as uv takes no path for its value.
        let compile = [compile, arguments(&["--only-binary", ":all:"], &[])].concat();
        let input = plan.requirements.join("\n") + "\n";
        let outcome =
            self.uv.run(compile, &input, |line| report("resolve", line.to_owned())).await?;
        outcome.map_err(|Refusal(words)| PythonError::Unresolvable(words))?;
        let text = tokio::fs::read_to_string(plan.lock).await.map_err(io)?;
        Ok(lock::read(&text))
    }

    async fn run(
        &self,
        step: &'static str,
        arguments: Vec<std::ffi::OsString>,
        report: Report<'_>,
    ) -> Result<(), PythonError> {
        let outcome = self.uv.run(arguments, "", |line| report("install", line.to_owned())).await?;
        outcome.map_err(|Refusal(output)| PythonError::Uv { step, output })
    }
}

fn counted(number: usize, noun: &str) -> String {
    format!("{number} {noun}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests;
