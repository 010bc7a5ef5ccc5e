//! From requirements to an environment, in three steps: lock, create, install.

use std::path::{Path, PathBuf};

use super::{
    PythonError, PythonTools, Step,
    lock::{self, Locked},
    progress::{self, Packages},
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

/// Told of every step when it begins.
pub(crate) type Report<'a> = &'a (dyn Fn(Step) + Send + Sync);

impl Builder {
    /// `cache` is shared by all apps; on the same disk as their environments, it costs
    /// each file once.
    pub(crate) fn new(tools: &PythonTools, cache: PathBuf) -> Builder {
        Builder {
            uv: Uv { program: tools.uv.clone(), cache },
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
        let create = arguments(
            &["venv", "--no-project", "--quiet"],
            &[("--python", &self.interpreter), ("", plan.env)],
        );
        self.run("create the environment", create, |_| {}).await?;
        let python = plan.env.join("bin/python");
        if !locked.is_empty() {
            let sync = arguments(
                &["pip", "sync", "--require-hashes", "--no-build"],
                &[("--python", &python), ("", plan.lock)],
            );
            let mut packages = Packages::new(locked.len());
            let tell = |line: &str| packages.step(line).into_iter().for_each(report);
            self.run("install the packages", sync, tell).await?;
        }
        if let Some(wheel) = &self.sdk_wheel {
            report(progress::library(lock::wheel_version(wheel)));
            let add = arguments(
                &["pip", "install", "--no-deps", "--no-index", "--offline", "--no-build"],
                &[("--python", &python), ("", wheel)],
            );
            self.run("install the vehicle signal library", add, |_| {}).await?;
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
        report(progress::resolving(plan.requirements.len()));
        let compile = arguments(
            &["pip", "compile", "-", "--quiet", "--generate-hashes", "--no-header"],
            &[("--python", &self.interpreter), ("--output-file", plan.lock)],
        );
        // Separate, as uv takes no path for its value.
        let compile = [compile, arguments(&["--only-binary", ":all:"], &[])].concat();
        let input = plan.requirements.join("\n") + "\n";
        let outcome = self.uv.run(compile, &input, |_| {}).await?;
        outcome.map_err(|Refusal(words)| PythonError::Unresolvable(words))?;
        let text = tokio::fs::read_to_string(plan.lock).await.map_err(io)?;
        Ok(lock::read(&text))
    }

    async fn run(
        &self,
        step: &'static str,
        arguments: Vec<std::ffi::OsString>,
        line: impl FnMut(&str),
    ) -> Result<(), PythonError> {
        let outcome = self.uv.run(arguments, "", line).await?;
        outcome.map_err(|Refusal(output)| PythonError::Uv { step, output })
    }
}

#[cfg(test)]
mod tests;
