//! The same tests as another user.

use std::{
    fs::{self, Permissions},
    os::unix::{
        fs::{PermissionsExt, chown},
        process::CommandExt,
    },
    process::Command,
};

use crate::harness::{PROGRAM, program};

/// Of nobody, as far as packages go.
const USER: u32 = 4242;

#[test]
fn as_an_ordinary_user_all_the_same_holds() {
    if !rustix::process::geteuid().is_root() {
        return println!("skipped: the tests themselves run as an ordinary user");
    }
    // The build folder may lie where that user cannot go.
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let place = |name: &str, from: &std::path::Path| {
        let to = folder.path().join(name);
        fs::copy(from, &to).unwrap();
        to
    };
    let tests = place("tests", &std::env::current_exe().unwrap());
    let program = place("vehicle-edge", &program());
    let temporary = folder.path().join("tmp");
    fs::create_dir(&temporary).unwrap();
    chown(&temporary, Some(USER), Some(USER)).unwrap();

    let output = Command::new(tests)
        .args(["--skip", "users::", "--skip", "bench::", "--nocapture"])
        .env(PROGRAM, program)
        .env("TMPDIR", &temporary)
        .env("HOME", &temporary)
        .current_dir(&temporary)
        .uid(USER)
        .gid(USER)
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{errors}");
    for line in text.lines().filter(|line| line.starts_with("skipped")) {
        println!("as user {USER}: {line}");
    }
}
