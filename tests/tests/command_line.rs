//! `vssc` as a program: exit codes and streams.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    fs,
    io::Write,
    process::{Command, Output, Stdio},
};

use vehicle_edge_tests::{root, vssc};

fn run(arguments: &[&str]) -> Output {
    vssc().unwrap().args(arguments).current_dir(root()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn code(arguments: &[&str]) -> Option<i32> {
    run(arguments).status.code()
}

#[test]
fn exit_codes_tell_a_bad_model_from_bad_arguments() {
    assert_eq!(code(&["check"]), Some(0));
    assert_eq!(code(&["check", "tests/cases/values/bad_bounds/model.vspec"]), Some(1));
    assert_eq!(code(&["check", "nowhere.vspec"]), Some(1));
    assert_eq!(code(&["export", "json", "-o", "/nowhere/at/all.json"]), Some(1));
    assert_eq!(code(&["check", "--rhubarb"]), Some(2));
    assert_eq!(code(&["check", "a.vspec", "-s", "b.vspec"]), Some(2));
    assert_eq!(code(&["check", ""]), Some(2), "a variable of the shell that is not set");
}

#[test]
fn a_variable_that_is_set_to_nothing_counts_as_not_set() {
    for name in ["VSSC_CA", "VSSC_OFFLINE", "VSSC_TOKEN", "VSSC_AUTH_HOST", "VSSC_CACHE_DIR"] {
        let output = vssc().unwrap().arg("check").env(name, "").output().unwrap();
        assert!(output.status.success(), "{name}: {}", text(&output.stderr));
    }
}

#[test]
fn diagnostics_go_to_standard_error_without_colours() {
    let output = run(&["export", "json", "tests/cases/yaml/duplicate_keys/model.vspec"]);
    let errors = text(&output.stderr);
    assert!(errors.starts_with("warning[VSS006]: 'type' is defined twice"), "{errors}");
    assert!(errors.ends_with("\n2 warnings\n"), "{errors}");
    assert!(!errors.contains('\x1b'));
    assert!(text(&output.stdout).starts_with("{\"Car\": {"));
}

#[test]
fn a_model_can_come_from_standard_input() {
    for model in ["Car: {type: branch}\n", "{\"Car\": {\"type\": \"branch\"}}"] {
        let mut child = vssc()
            .unwrap()
            .args(["export", "json", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(model.as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        assert_eq!(text(&output.stdout), "{\"Car\": {\"type\": \"branch\"}}\n");
    }
}

#[test]
fn a_file_gets_the_text_alone() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("out.json");
    let model = "tests/cases/tree/root_only/model.vspec";
    assert_eq!(code(&["export", "json", "-s", model, "-o", file.to_str().unwrap()]), Some(0));
    let written = fs::read_to_string(file).unwrap();
    assert_eq!(written, r#"{"Car": {"description": "Alone.", "type": "branch"}}"#);
}

#[test]
fn an_address_of_another_kind_is_no_missing_file() {
    let errors = text(&run(&["check", "ftp://cars.test/model.vspec"]).stderr);
    assert!(errors.starts_with("error[VSS001]: cannot read ftp://cars.test/model.vspec: "));
    assert!(
        errors.contains("help: of addresses, only http:// and https:// can be read"),
        "{errors}"
    );
}

#[test]
fn an_output_that_is_not_there_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let said = |arguments: &[&str]| {
        let output = vssc().unwrap().args(arguments).current_dir(folder.path()).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert_eq!(
        said(&["export", "json", "-o", "none/model.json"]),
        "error: cannot write none/model.json: there is no folder none\n"
    );
    fs::write(folder.path().join("file"), "").unwrap();
    assert_eq!(
        said(&["generate", "python", "-o", "file"]),
        "error: file is a file; the output goes to a folder\n"
    );
    let below = said(&["generate", "python", "-o", "file/sdk"]);
    assert_eq!(below.matches("os error").count(), 1, "the cause is said once: {below}");
}

#[test]
fn a_closed_or_full_output_is_no_crash() {
    let run = |command: &str| {
        let program = vssc().unwrap();
        let mut shell = Command::new("bash");
        shell.args(["-c", command]).env("vssc", program.get_program()).output().unwrap()
    };
    for command in [
        "$vssc check 2>/dev/full",
        "$vssc check 2>&-",
        "$vssc export json | true; exit ${PIPESTATUS[0]}",
        "$vssc completions bash | true; exit ${PIPESTATUS[0]}",
    ] {
        let output = run(command);
        assert!(output.status.success(), "{command}: {}", text(&output.stderr));
    }
    assert_eq!(run("$vssc check nowhere.vspec 2>/dev/full").status.code(), Some(1));
    for command in ["$vssc export json >/dev/full", "$vssc completions bash >/dev/full"] {
        let output = run(command);
        assert_eq!(output.status.code(), Some(1), "{command}");
        let errors = text(&output.stderr);
        assert!(errors.starts_with("error: cannot write to standard output: "), "{errors}");
    }
}

#[test]
fn one_signal_is_counted_as_one() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("model.vspec");
    fs::write(&model, "Car: {type: branch}\nCar.On: {type: sensor, datatype: boolean}\n").unwrap();
    let output = run(&["check", model.to_str().unwrap()]);
    assert_eq!(text(&output.stderr), "Car: 1 signal, no errors\n");
}

#[test]
fn struct_types_are_written_with_the_model_or_apart_and_read_back_either_way() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (whole, signals, types) = (at("whole.json"), at("signals.json"), at("types.json"));
    let case = "tests/cases/types/defaults";
    let (model, authored) = (format!("{case}/model.vspec"), format!("{case}/types.vspec"));
    let units = ["-u", "tests/cases/units.yaml", "-q", "tests/cases/quantities.yaml"];
    let export = |arguments: &[&str]| {
        let output = run(&[&["export", "json"], arguments, &units].concat());
        assert_eq!(text(&output.stderr), "");
        text(&output.stdout)
    };
    export(&[&model, "-t", &authored, "-o", &whole]);
    export(&[&model, "-t", &authored, "-o", &signals, "--types-output", &types]);

    let read = |file: &str| fs::read_to_string(file).unwrap();
    assert!(read(&whole).contains("ComplexDataTypes") && !read(&signals).contains("Complex"));
    assert!(
        read(&types).starts_with("{\"Types\": {\"children\": {\"Nothing\""),
        "{}",
        read(&types)
    );
    let expected = format!("{}\n", read(&whole));
    assert_eq!(export(&[&whole]), expected);
    assert_eq!(export(&[&signals, "-t", &types]), expected);

    let output = run(&["export", "json", "-o", &at("a.json"), "--types-output", &at("b.json")]);
    assert_eq!(
        text(&output.stderr),
        format!("{} is not written: there are no types\n", at("b.json"))
    );
    assert!(!folder.path().join("b.json").exists());
}

#[test]
fn every_shell_gets_its_completions() {
    for shell in ["bash", "zsh", "fish"] {
        let output = run(&["completions", shell]);
        assert!(text(&output.stdout).contains("overlays"), "{shell}");
    }
}
