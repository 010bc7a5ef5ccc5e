//! The help of `vssc`: every subcommand says in a line what it does and shows examples, and
//! every example works as printed.
//!
//! Examples run in the order in which a help text shows them, in a fresh folder that holds
//! the repository's `vss/` and nothing else; an explanation beside one follows after three
//! blanks.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{fs, path::Path, process::Command};

use vehicle_edge_tests::{root, vssc};
use vss_codegen::cli;

/// Words of examples that no test can run, and why.
const EXCLUDED: [(&str, &str); 2] = [
    ("https://", "no test reaches for the network"),
    ("vssc watch", "it goes on until Ctrl-C; tests/watch.rs runs it"),
];

/// Every command, `vssc` itself included, as its words and what it says of itself in a line.
fn commands() -> Vec<(Vec<String>, String)> {
    let mut commands = Vec::new();
    let mut open = vec![(Vec::new(), cli::command())];
    while let Some((words, command)) = open.pop() {
        for inner in command.get_subcommands() {
            let words: Vec<String> =
                words.iter().cloned().chain([inner.get_name().to_owned()]).collect();
            open.push((words, inner.clone()));
        }
        commands.push((words, command.get_about().map(ToString::to_string).unwrap_or_default()));
    }
    commands
}

fn help(words: &[String]) -> String {
    let output = vssc().unwrap().args(words).arg("--help").output().unwrap();
    assert!(output.status.success(), "{words:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The commands below `Examples:`, up to an empty line.
fn examples(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Examples:").skip(1);
    let lines = lines.take_while(|line| !line.is_empty());
    lines.map(|line| line.trim().split("   ").next().unwrap_or_default().to_owned()).collect()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn run(example: &str, folder: &Path) {
    let program = vssc().unwrap();
    let programs = Path::new(program.get_program()).parent().unwrap();
    let path = format!("{}:{}", programs.display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", example])
        .current_dir(folder)
        .env("PATH", path)
        .env("HOME", folder)
        .stdin(std::process::Stdio::null())
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    let errors = errors.lines().take(20).collect::<Vec<_>>().join("\n");
    assert!(output.status.success(), "`{example}` ends with {}\n{errors}", output.status);
}

#[test]
fn the_examples_of_every_command_work_as_printed() {
    for (words, _) in commands() {
        let examples = examples(&help(&words));
        let name = format!("vssc {}", words.join(" "));
        assert!(!examples.is_empty(), "the help of `{name}` shows no examples");
        let folder = tempfile::tempdir().unwrap();
        copy(&root().join("vss"), &folder.path().join("vss"));
        for example in &examples {
            assert!(example.contains("vssc "), "`{example}` of `{name}` does not call vssc");
            if !EXCLUDED.iter().any(|(word, _)| example.contains(word)) {
                run(example, folder.path());
            }
        }
    }
}

#[test]
fn an_exclusion_that_nothing_needs_goes() {
    let all: String = commands().iter().map(|(words, _)| help(words)).collect();
    for (word, reason) in EXCLUDED {
        assert!(all.contains(word), "no example holds {word} ({reason})");
    }
}

#[test]
fn every_command_says_in_a_line_what_it_does() {
    for (words, about) in commands() {
        assert!(!about.is_empty() && !about.contains('\n'), "{words:?}: {about:?}");
        let Some((name, outer)) = words.split_last() else { continue };
        let listing = help(outer);
        let listed = listing.lines().any(|line| {
            let mut parts = line.trim().splitn(2, ' ');
            parts.next() == Some(name) && parts.next().is_some_and(|rest| !rest.trim().is_empty())
        });
        assert!(listed, "{words:?} is not in the list of the help above it\n{listing}");
    }
}

#[test]
fn only_options_on_addresses_stand_below_their_heading() {
    for (words, _) in commands() {
        let help = help(&words);
        let below = help.lines().skip_while(|line| *line != "Addresses:").skip(1);
        let below = below.take_while(|line| line.is_empty() || line.starts_with(' '));
        let words_of_lines = below.filter_map(|line| line.split_whitespace().next());
        let options: Vec<&str> = words_of_lines.filter(|word| word.starts_with('-')).collect();
        let expected: &[&str] =
            if options.is_empty() { &[] } else { &["--offline", "--no-cache", "--ca"] };
        assert_eq!(options, expected, "{words:?}");
    }
}
