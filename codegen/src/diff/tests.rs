use super::*;
use crate::{
    Request, compile,
    source::{Input, LoadError, Loader},
};

#[derive(Debug)]
struct Model<'a>(&'a str);

impl Loader for Model<'_> {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let text = match input.to_string().as_str() {
            "m.vspec" => self.0,
            _ => return Err(LoadError::NotFound),
        };
        Ok(text.as_bytes().to_vec())
    }
}

fn catalog(model: &str) -> Catalog {
    let request = Request { model: Some(Input::parse("m.vspec")), ..Request::default() };
    let (catalog, problems) = compile(&request, &Model(model));
    let shown: Vec<String> = problems.iter().map(|problem| problem.render(false)).collect();
    catalog.unwrap_or_else(|| panic!("{}", shown.join("\n")))
}

fn between(old: &str, new: &str) -> Diff {
    let common = "Car: {type: branch}\n";
    diff(&catalog(&format!("{common}{old}")), &catalog(&format!("{common}{new}")))
}

fn shown(old: &str, new: &str) -> String {
    between(old, new).to_text(false)
}

#[test]
fn a_model_does_not_differ_from_itself() {
    let model = "Car.Speed: {type: sensor, datatype: float}\n";
    let diff = between(model, model);
    assert_eq!((diff.step, diff.changes.len(), diff.next_version), (Step::None, 0, None));
    assert_eq!(shown(model, model), "no changes\n");
}

#[test]
fn what_came_went_and_changed_is_shown_in_that_order() {
    let old = "Car.A: {type: sensor, datatype: uint8, max: 10}\nCar.B: {type: sensor, datatype: string}\n";
    let new = "Car.C: {type: actuator, datatype: string}\nCar.A: {type: actuator, datatype: uint8, max: 9}\n";
    assert_eq!(
        shown(old, new),
        "\
Removed
  - Car.B  sensor  breaking

Changed
  ~ Car.A  actuator
      type: sensor -> actuator
      max: 10 -> 9 (narrower)

Added
  + Car.C  actuator

3 changes, 1 breaking; a major step
"
    );
}

const DOORS: &str = "Car.Door: {type: branch, instances: ['Row[1,2]', [L, R]]}\n";

#[test]
fn a_change_of_every_instance_is_one() {
    let old = format!("{DOORS}Car.Door.Is: {{type: sensor, datatype: boolean}}\n");
    let new = format!("{DOORS}Car.Door.Is: {{type: actuator, datatype: boolean}}\n");
    let diff = between(&old, &new);
    assert_eq!(diff.changes.len(), 1);
    assert_eq!(diff.changes[0].path, "Car.Door.*.*.Is");
    assert_eq!(diff.changes[0].paths.len(), 4);
    assert!(shown(&old, &new).contains("  ~ Car.Door.*.*.Is  actuator, 4 signals\n"));
}

#[test]
fn a_change_of_some_instances_says_of_which() {
    let old = format!("{DOORS}Car.Door.Is: {{type: sensor, datatype: boolean}}\n");
    let new = format!(
        "{old}Car.Door.Row2.L.Is: {{description: Left.}}\nCar.Door.Row2.R.Is: {{description: Left.}}\n"
    );
    let expected =
        "  ~ Car.Door.Row2.*.Is  sensor, 2 of 4 signals\n      description: none -> Left.\n";
    assert!(shown(&old, &new).contains(expected), "{}", shown(&old, &new));
}

#[test]
fn an_instance_that_comes_is_that_instance() {
    let leaf = "Car.Door.Is: {type: sensor, datatype: boolean}\n";
    let old = format!("Car.Door: {{type: branch, instances: ['Row[1,2]', [L, R]]}}\n{leaf}");
    let new = format!("Car.Door: {{type: branch, instances: ['Row[1,2]', [L, R, M]]}}\n{leaf}");
    let text = shown(&old, &new);
    assert!(text.contains("  + Car.Door.*.M  2 branches, 2 signals\n"), "{text}");
}

#[test]
fn a_branch_takes_what_is_below_it_along() {
    let old = "Car.A: {type: branch}\nCar.A.X: {type: sensor, datatype: string}\nCar.A.Y: {type: sensor, datatype: string}\n";
    assert!(shown(old, "").contains("  - Car.A  branch, 2 signals  breaking\n"));
    assert!(shown("", old).contains("  + Car.A  branch, 2 signals\n"));
    let new =
        old.replace("Car.A", "Car.B").replace("{type: branch}", "{type: branch, fka: [Car.A]}");
    let text = shown(old, &new);
    assert!(
        text.starts_with("Renamed\n  > Car.A -> Car.B  branch, 2 signals  breaking\n"),
        "{text}"
    );
}

#[test]
fn a_signal_that_becomes_a_branch_is_one_line() {
    let old = "Car.A: {type: sensor, datatype: uint8, max: 3}\n";
    let new = "Car.A: {type: branch}\n";
    let text = shown(old, new);
    assert!(
        text.contains("  ~ Car.A  branch  breaking\n      type: sensor -> branch  breaking\n\n"),
        "{text}"
    );
}

#[test]
fn a_rename_is_known_by_its_fka_in_every_instance() {
    let old = format!("{DOORS}Car.Door.Is: {{type: sensor, datatype: boolean}}\n");
    let new = format!(
        "{DOORS}Car.Door.IsOpen: {{type: sensor, datatype: boolean, fka: [Car.Door.Is]}}\n"
    );
    let text = shown(&old, &new);
    let expected = "  > Car.Door.*.*.Is -> Car.Door.*.*.IsOpen  sensor, 4 signals  breaking\n";
    assert!(text.contains(expected), "{text}");
    assert!(!text.contains("Removed") && !text.contains("Added"), "{text}");
}

#[test]
fn a_branch_with_instances_is_renamed_with_all_of_them() {
    let leaf = "{type: sensor, datatype: boolean}";
    let old = format!("{DOORS}Car.Door.Is: {leaf}\nCar.Door.Has: {leaf}\n");
    let new = old.replace("Car.Door", "Car.Gate").replace("branch,", "branch, fka: [Car.Door],");
    let expected = "Renamed\n  > Car.Door -> Car.Gate  branch, 8 signals  breaking\n\n1 change,";
    let text = shown(&old, &new);
    assert!(text.starts_with(expected), "{text}");
    // What is more than a new name is said of the signal.
    let text = shown(&old, &new.replace("Has: {type: sensor", "Has: {type: actuator"));
    let expected = "  > Car.Door.*.*.Has -> Car.Gate.*.*.Has  actuator, 4 signals  breaking\n      type: sensor -> actuator\n";
    assert!(text.contains(expected), "{text}");
}

#[test]
fn an_fka_of_a_node_that_is_still_there_renames_nothing() {
    let old = "Car.A: {type: sensor, datatype: string}\n";
    let new = format!("{old}Car.B: {{type: sensor, datatype: string, fka: [Car.A]}}\n");
    assert_eq!(between(old, &new).step, Step::Minor);
}

#[test]
fn a_signal_equal_but_for_its_path_is_a_hint() {
    let leaf = "{type: sensor, datatype: string, description: One.}";
    let (old, new) = (format!("Car.A: {leaf}\n"), format!("Car.B: {leaf}\n"));
    let diff = between(&old, &new);
    assert_eq!(diff.hints.len(), 1);
    assert!(diff.is_breaking(), "a hint is no rename, and a rename breaks too");
    // Two that are equal leave it open which one it was.
    let two = format!("{new}Car.C: {leaf}\n");
    assert_eq!(between(&old, &two).hints, []);
    let moved = |branch: &str| {
        format!("Car.{branch}: {{type: branch, instances: [L, R]}}\nCar.{branch}.X: {leaf}\n")
    };
    let hints = between(&moved("A"), &moved("B")).hints;
    assert_eq!((hints[0].new.as_str(), hints[0].signals), ("Car.B.*", 2));
}

#[test]
fn a_further_property_breaks_who_makes_values_of_the_struct() {
    let old = "Car.S: {type: struct}\nCar.S.A: {type: property, datatype: string}\n";
    let new = format!("{old}Car.S.B: {{type: property, datatype: string}}\n");
    assert_eq!(between(old, &new).step, Step::Major);
    assert_eq!(between("", &new).step, Step::Minor, "a new struct with all it has");
}

#[test]
fn the_next_version_is_a_step_from_the_old_one() {
    for (version, step, expected) in [
        ("5.1.2", Step::Major, Some("6.0.0")),
        ("5.1.2-dev", Step::Minor, Some("5.2.0")),
        ("5.1.2", Step::Patch, Some("5.1.3")),
        ("5.1.2", Step::None, None),
        ("5.1", Step::Major, None),
    ] {
        assert_eq!(next_version(version, step).as_deref(), expected, "{version}");
    }
}

#[test]
fn texts_of_a_model_do_not_reach_the_terminal_or_the_page_raw() {
    let old = "Car.A: {type: sensor, datatype: string, description: a}\n";
    let new = "Car.A: {type: sensor, datatype: string, description: \"\\e[2J*b*\"}\n";
    let diff = between(old, new);
    assert!(!diff.to_text(false).contains('\x1b'));
    assert!(diff.to_markdown().contains("\\*b\\*"), "{}", diff.to_markdown());
}

#[test]
fn narrower_bounds_break_those_alone_who_made_the_value_before() {
    let signal =
        |kind: &str, max: u8| format!("Car.A: {{type: {kind}, datatype: uint8, max: {max}}}\n");
    let step = |old: &str, new: &str| between(&signal(old, 9), &signal(new, 8)).step;
    assert_eq!(step("actuator", "actuator"), Step::Major);
    assert_eq!(step("sensor", "sensor"), Step::Minor);
    assert_eq!(step("attribute", "attribute"), Step::Minor);
    assert_eq!(step("sensor", "actuator"), Step::Minor, "nobody could set it before");
    let property = |max: u8| {
        format!(
            "Car.S: {{type: struct}}\nCar.S.A: {{type: property, datatype: uint8, max: {max}}}\n"
        )
    };
    assert_eq!(between(&property(9), &property(8)).step, Step::Major);
}
