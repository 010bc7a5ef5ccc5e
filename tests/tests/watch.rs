//! `vssc watch` as a person uses it: an editor changes files, it compiles again.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use vehicle_edge_tests::vssc;

/// Nothing here takes a tenth of it.
const PATIENCE: Duration = Duration::from_secs(20);

struct Watching {
    process: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(folder: &Path, words: &[&str]) -> Watching {
        let mut command = vssc().unwrap();
        command.arg("watch").args(words).current_dir(folder);
        let mut process = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let errors = BufReader::new(process.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            errors.lines().map_while(Result::ok).all(|line| sender.send(line).is_ok())
        });
        Watching { process, lines }
    }

    /// The lines up to one that begins so.
    fn until(&self, beginning: &str) -> String {
        let mut seen = String::new();
        loop {
            let line = self.lines.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("no '{beginning}' in:\n{seen}"));
            seen = format!("{seen}{line}\n");
            if line.starts_with(beginning) {
                return seen;
            }
        }
    }
}

impl Drop for Watching {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_change_of_any_file_that_was_read_compiles_again() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::create_dir(file("parts")).unwrap();
    fs::write(file("car.vspec"), "Car: {type: branch}\n#include parts/door.vspec Car\n").unwrap();
    let good = "Door: {type: sensor, datatype: uint8}\n";
    fs::write(file("parts/door.vspec"), good).unwrap();
    let watching = Watching::start(folder.path(), &["check", "car.vspec"]);
    watching.until("done in ");

    fs::write(file("parts/door.vspec"), good.replace("uint8", "unit8")).unwrap();
    let output = watching.until("failed in ");
    assert!(output.contains("unknown datatype 'unit8'"), "{output}");

    // As editors save: a new file in the place of the old one.
    fs::write(file("new"), good).unwrap();
    fs::rename(file("new"), file("parts/door.vspec")).unwrap();
    let output = watching.until("done in ");
    assert!(output.contains("Car: 1 signal, no errors"), "{output}");
}

#[test]
fn a_file_that_was_missing_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("car.vspec"), "Car: {type: branch}\n#include parts/door.vspec Car\n").unwrap();
    let watching = Watching::start(folder.path(), &["check", "car.vspec"]);
    watching.until("failed in ");
    fs::create_dir(file("parts")).unwrap();
    watching.until("failed in ");
    fs::write(file("parts/door.vspec"), "Door: {type: sensor, datatype: uint8}\n").unwrap();
    watching.until("done in ");
}

#[test]
fn a_template_and_what_it_includes_are_watched() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("car.vspec"), "Car: {type: branch}\n").unwrap();
    fs::write(file("form.j2"), "{% include 'part.j2' %}").unwrap();
    fs::write(file("part.j2"), "one").unwrap();
    let words = ["export", "template", "form.j2", "car.vspec", "-o", "out"];
    let watching = Watching::start(folder.path(), &words);
    let out = |content: &str| assert_eq!(fs::read_to_string(file("out")).unwrap(), content);
    watching.until("done in ");
    out("one");
    fs::write(file("part.j2"), "two").unwrap();
    watching.until("done in ");
    out("two");
    fs::write(file("form.j2"), "{{ nothing }}").unwrap();
    watching.until("failed in ");
    fs::write(file("form.j2"), "three").unwrap();
    watching.until("done in ");
    out("three");
}

#[test]
fn templates_in_the_place_of_built_in_ones_are_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("car.vspec"), "Car: {type: branch}\n").unwrap();
    fs::create_dir_all(file("own/protobuf")).unwrap();
    let words = ["export", "protobuf", "car.vspec", "--templates", "own", "-o", "out"];
    let watching = Watching::start(folder.path(), &words);
    watching.until("failed in ");
    fs::write(file("own/protobuf/model.proto.j2"), "mine").unwrap();
    watching.until("done in ");
    assert_eq!(fs::read_to_string(file("out")).unwrap(), "mine");
}

#[test]
fn what_makes_no_sense_is_refused_at_once() {
    let refused = |words: &[&str]| {
        let output = vssc().unwrap().arg("watch").args(words).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    let (code, text) = refused(&["explain", "VSS001"]);
    assert_eq!(code, Some(1));
    assert!(text.starts_with("error: 'explain' cannot be watched; it takes check, "), "{text}");
    assert_eq!(refused(&["check", "-"]).0, Some(1));
    assert_eq!(refused(&["check", "--rhubarb"]).0, Some(2));
    assert_eq!(
        refused(&["check"]).1.lines().last().unwrap(),
        "error: the command reads no file of this machine"
    );
}

#[test]
fn nothing_is_left_when_it_is_interrupted() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("car.vspec"), "Car: {type: branch}\n").unwrap();
    let mut watching = Watching::start(folder.path(), &["check", "car.vspec"]);
    watching.until("done in ");
    let pid = watching.process.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    assert!(!watching.process.wait().unwrap().success());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}
