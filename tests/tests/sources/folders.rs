//! A folder as the model.

use std::{fs, path::Path};

use tempfile::TempDir;
use vehicle_edge_tests::vssc;

use crate::{compiled, paths, spec_tree};

fn folder(files: &[(&str, String)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

fn problems(folder: &Path) -> String {
    let (catalog, text) = compiled(&folder.display().to_string());
    assert!(catalog.is_none());
    text.replace(&folder.display().to_string(), "DIR")
}

fn root(name: &str) -> String {
    format!("{name}:\n  type: branch\n  description: A root\n")
}

#[test]
fn the_root_file_is_the_one_that_no_other_includes() {
    let folder = folder(&spec_tree());
    let (catalog, problems) = compiled(&folder.path().display().to_string());
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Car.Doors.Gap"]);
}

#[test]
fn a_file_named_as_that_of_the_catalogue_goes_before_others() {
    let signal = "Vehicle.On:\n  type: sensor\n  datatype: boolean\n  description: Runs\n";
    let folder = folder(&[
        ("spec/VehicleSignalSpecification.vspec", root("Vehicle") + signal),
        ("spec/Other.vspec", root("Other")),
    ]);
    let (catalog, problems) = compiled(&folder.path().display().to_string());
    assert_eq!(problems, "");
    assert_eq!(paths(&catalog.unwrap()), ["Vehicle.On"]);
}

#[test]
fn overlays_struct_types_and_hidden_files_are_no_roots() {
    let types = root("Types") + "Types.Pair:\n  type: struct\n  description: Two\n";
    let mut files = spec_tree();
    files.push(("overlays/more.vspec", "Car.Doors:\n  description: All\n".to_owned()));
    files.push(("types/Types.vspec", types));
    files.push((".git/old.vspec", root("Old")));
    let folder = folder(&files);
    let (catalog, problems) = compiled(&folder.path().display().to_string());
    assert_eq!(problems, "");
    assert_eq!(catalog.unwrap().root.name, "Car");
}

#[test]
fn several_roots_are_listed() {
    let folder = folder(&[("b.vspec", root("B")), ("a/a.vspec", root("A"))]);
    assert_eq!(
        problems(folder.path()),
        "\
error[VSS009]: 'DIR' has 2 files that can be its root
  = help: name one of them:
          DIR/a/a.vspec
          DIR/b.vspec
"
    );
}

#[test]
fn a_folder_without_a_root_is_reported() {
    let empty = folder(&[("README.md", "nothing".to_owned())]);
    assert_eq!(
        problems(empty.path()),
        "error[VSS009]: 'DIR' holds no .vspec file\n  = help: name the model's root file itself\n"
    );
    let overlays = folder(&[("a.vspec", "A.B:\n  type: branch\n".to_owned())]);
    assert_eq!(
        problems(overlays.path()),
        "\
error[VSS009]: no .vspec file of 'DIR' is a root
  = help: a root has a node without a dot, no structs, and is included by no other file
"
    );
}

#[test]
fn the_program_takes_a_folder_as_it_is_named() {
    let folder = folder(&spec_tree());
    for (name, place) in [(".", folder.path().join("spec")), ("spec/", folder.path().to_owned())] {
        let output = vssc().unwrap().args(["check", name]).current_dir(place).output().unwrap();
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(text, "Car: 1 signal, no errors\n", "{name}");
    }
}
