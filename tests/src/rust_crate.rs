//! Generated Rust crates: made, compiled and run by tests.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use anyhow::{Context, Result, ensure};

use crate::{root, vssc};

fn manifest(members: &str) -> String {
    format!("[workspace]\nresolver = \"3\"\nmembers = [{members}]\n\n[profile.dev]\ndebug = 0\n")
}

/// A cargo workspace of a test's own, `target/generated/<name>`, with a generated crate in
/// `model/` and, where there is one, a program that uses it in `app/`.
///
/// It stays where it is from run to run, so that the client and what it depends on are
/// compiled once. It has the versions of our own `Cargo.lock`: they are on this machine.
#[derive(Debug)]
pub struct RustWorkspace {
    folder: PathBuf,
}

impl RustWorkspace {
    /// Without a program, and with no model yet.
    pub fn new(name: &str) -> Result<RustWorkspace> {
        let folder = root().join("target/generated").join(name);
        fs::create_dir_all(&folder)?;
        fs::write(folder.join("Cargo.toml"), manifest("'model'"))?;
        fs::copy(root().join("Cargo.lock"), folder.join("Cargo.lock"))?;
        Ok(RustWorkspace { folder })
    }

    /// The generated crate.
    pub fn model(&self) -> PathBuf {
        self.folder.join("model")
    }

    /// `vssc generate rust ARGUMENTS` in place of the model that was there.
    pub fn generate(&self, arguments: &[&str]) -> Result<()> {
        for old in ["src", "examples"] {
            let old = self.model().join(old);
            if old.exists() {
                fs::remove_dir_all(&old)?;
            }
        }
        let mut command = vssc()?;
        command.args(["generate", "rust"]).args(arguments).arg("-o").arg(self.model());
        successful(&mut command).map(drop)
    }

    /// A program `app` that has the generated crate and tokio.
    pub fn add_app(&self, source: &Path) -> Result<()> {
        let app = self.folder.join("app");
        fs::create_dir_all(app.join("src"))?;
        fs::write(self.folder.join("Cargo.toml"), manifest("'model', 'app'"))?;
        fs::copy(root().join("tests/cases/rust/app.toml"), app.join("Cargo.toml"))?;
        fs::copy(source, app.join("src/main.rs"))?;
        Ok(())
    }

    /// The program, once it is built.
    pub fn app(&self) -> PathBuf {
        root().join("target/generated/debug/app")
    }

    /// `cargo ARGUMENTS`, where every warning is an error.
    pub fn cargo(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(std::env::var_os("CARGO").context("not run by cargo")?);
        command
            .args(["--offline", "--quiet"])
            .args(arguments)
            .current_dir(&self.folder)
            .env("CARGO_TARGET_DIR", root().join("target/generated"))
            .env("RUSTFLAGS", "-D warnings")
            .env("RUSTDOCFLAGS", "-D warnings");
        Ok(command)
    }

    /// As [`RustWorkspace::cargo`], and it must succeed.
    pub fn succeeds(&self, arguments: &[&str]) -> Result<String> {
        successful(&mut self.cargo(arguments)?)
    }
}

/// Runs a program to its end; a failure shows what it printed.
fn successful(command: &mut Command) -> Result<String> {
    let Output { status, stdout, stderr } = command.output()?;
    let stdout = String::from_utf8_lossy(&stdout).into_owned();
    let stderr = String::from_utf8_lossy(&stderr);
    ensure!(status.success(), "{command:?} failed\n{stdout}\n{stderr}");
    Ok(stdout)
}
