//! With the real uv, where there is one; each test says so where there is none.

use std::{env, process::Command, sync::Mutex};

use super::*;

struct Bench {
    folder: tempfile::TempDir,
    builder: Builder,
    said: Mutex<Vec<String>>,
}

impl Bench {
    fn new() -> Option<Bench> {
        let on_path = || {
            let path = env::var_os("PATH")?;
            env::split_paths(&path).map(|folder| folder.join("uv")).find(|uv| uv.is_file())
        };
        let Some(uv) = env::var_os("VEHICLE_EDGE_UV").map(PathBuf::from).or_else(on_path) else {
            println!("skipped: no uv; set VEHICLE_EDGE_UV or put it on PATH");
            return None;
        };
        let who = "import os, sys; print(os.path.realpath(sys.executable))";
        let python = Command::new("python3").args(["-c", who]).output().unwrap();
        let tools = PythonTools {
            uv,
            interpreter: String::from_utf8(python.stdout).unwrap().trim().into(),
            sdk_wheel: None,
        };
        let folder = tempfile::tempdir().unwrap();
        let builder = Builder::new(&tools, folder.path().join("state/cache"));
        Some(Bench { folder, builder, said: Mutex::default() })
    }

    async fn build(&self, requirements: &[&str]) -> Result<Vec<Locked>, PythonError> {
        let requirements: Vec<String> = requirements.iter().map(|r| (*r).to_owned()).collect();
        let (lock, env) = (self.folder.path().join("lock"), self.folder.path().join("env"));
        let plan = Plan { requirements: &requirements, lock: &lock, env: &env };
        let report = |step: Step| {
            self.said.lock().unwrap().push(format!("{}: {}", step.name, step.message));
        };
        self.builder.build(&plan, &report).await
    }

    fn python(&self, program: &str) -> String {
        let python = self.folder.path().join("env/bin/python");
        let output = Command::new(python).args(["-I", "-c", program]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

#[tokio::test]
async fn a_real_package_is_locked_with_hashes_and_installed() {
    let Some(bench) = Bench::new() else { return };
    let locked = match bench.build(&["iniconfig>=2,<3"]).await {
        Ok(locked) => locked,
        Err(error) if error.to_string().contains("Failed to fetch") => {
            return println!("skipped: the package index is out of reach: {error}");
        }
        Err(error) => panic!("{error}"),
    };
    assert_eq!(locked.len(), 1, "{locked:?}");
    assert!(locked[0].version.starts_with("2."), "{locked:?}");
    let lock = std::fs::read_to_string(bench.folder.path().join("lock")).unwrap();
    assert!(lock.contains("--hash=sha256:"), "{lock}");
    assert_eq!(bench.python("import iniconfig; print('ok')"), "ok");
    let installed = format!("install: iniconfig {}", locked[0].version);
    assert_eq!(*bench.said.lock().unwrap(), ["resolve: 1 requirement", &installed]);
}

#[tokio::test]
async fn an_environment_without_requirements_needs_no_network() {
    let Some(bench) = Bench::new() else { return };
    assert_eq!(bench.build(&[]).await.unwrap(), []);
    assert_eq!(bench.python("import sys; print(sys.prefix != sys.base_prefix)"), "True");
}

#[tokio::test]
async fn a_project_around_the_state_folder_has_no_say() {
    let Some(bench) = Bench::new() else { return };
    let project = "[project]\nname = 'x'\nversion = '1'\n[tool.uv]\nno-index = true\n";
    std::fs::write(bench.folder.path().join("pyproject.toml"), project).unwrap();
    match bench.build(&["iniconfig>=2,<3"]).await {
        Err(error) if error.to_string().contains("Failed to fetch") => {
            println!("skipped: the package index is out of reach: {error}");
        }
        built => assert_eq!(built.unwrap().len(), 1),
    }
}

#[tokio::test]
async fn a_conflict_is_explained_in_the_words_of_uv() {
    let Some(bench) = Bench::new() else { return };
    let error = bench.build(&["iniconfig>=2", "iniconfig<2"]).await.unwrap_err().to_string();
    if error.contains("Failed to fetch") {
        return println!("skipped: the package index is out of reach: {error}");
    }
    assert!(error.starts_with("the app's python_deps cannot be resolved:\n"), "{error}");
    assert!(error.contains("iniconfig>=2") && error.contains("iniconfig<2"), "{error}");
    // The explanation is the failure's alone, not told twice.
    assert_eq!(*bench.said.lock().unwrap(), ["resolve: 2 requirements"]);
}

#[tokio::test]
async fn a_missing_uv_says_how_to_get_it() {
    let folder = tempfile::tempdir().unwrap();
    let tools = PythonTools {
        uv: "/no/such/uv".into(),
        interpreter: "/usr/bin/python3".into(),
        sdk_wheel: None,
    };
    let builder = Builder::new(&tools, folder.path().join("c"));
    let (lock, env) = (folder.path().join("lock"), folder.path().join("env"));
    let plan = Plan { requirements: &[], lock: &lock, env: &env };
    let error = builder.build(&plan, &|_| {}).await.unwrap_err().to_string();
    assert!(error.contains("pip install uv"), "{error}");
}
