use proptest::prelude::*;

use super::*;

fn formatted(text: &str) -> String {
    let input = Input::Path("a.vspec".into());
    let formatted = format(&input, text).unwrap_or_else(|error| panic!("{error:?}\n{text}"));
    let again = format(&input, &formatted.text).unwrap();
    assert_eq!(again.text, formatted.text, "a formatted file stays as it is");
    assert_eq!(again.hunks, []);
    assert_eq!(formatted.hunks.is_empty(), formatted.text == text, "{:?}", formatted.hunks);
    formatted.text
}

#[test]
fn attributes_get_their_order_and_indent_and_take_their_comments_along() {
    assert_eq!(
        formatted(
            "A.B:\n    description:   Some text.\n    # How it is measured.\n    unit: km/h # with a remark\n    type: sensor\n    x-mine: 1\n    datatype: float\n    # The end.\n"
        ),
        "A.B:\n  datatype: float\n  type: sensor\n  # How it is measured.\n  unit: km/h # with a remark\n  description: Some text.\n  x-mine: 1\n  # The end.\n"
    );
}

#[test]
fn one_blank_line_stands_between_nodes_and_comments_stay_with_theirs() {
    assert_eq!(
        formatted(
            "\n# Head.\n\n\n\n# On A.\nA:\n  type: branch\n# On B.\nB:\n\n  type: branch\n\n\n# Alone.\n\nC:\n  type: branch\n#include d.vspec\n#include e.vspec E\nF:\n  type: branch\n\n"
        ),
        "# Head.\n\n# On A.\nA:\n  type: branch\n\n# On B.\nB:\n  type: branch\n\n# Alone.\n\nC:\n  type: branch\n#include d.vspec\n#include e.vspec E\n\nF:\n  type: branch\n"
    );
}

#[test]
fn an_include_may_stand_right_below_the_branch_that_it_fills() {
    let text =
        "A:\n  type: branch\n#include a.vspec A\n\nB:\n  type: branch\n\n#include b.vspec B\n";
    assert_eq!(formatted(text), text);
}

#[test]
fn nodes_of_one_line_may_stand_together() {
    let text = "A: {type: branch}\nA.B: {type: sensor, datatype: float}\n\nA.C: {min: 1}\n";
    assert_eq!(formatted(text), text);
}

#[test]
fn line_ends_and_blanks_at_the_end_go() {
    assert_eq!(formatted("\u{feff}A:  \r\n  type: branch\t\r\n"), "A:\n  type: branch\n");
    assert_eq!(formatted("A:\n  type: branch"), "A:\n  type: branch\n");
    assert_eq!(formatted(""), "");
    assert_eq!(formatted("# Only this.\n"), "# Only this.\n");
}

#[test]
fn texts_of_several_lines_keep_what_they_say() {
    assert_eq!(
        formatted(
            "A:\n    comment: |\n        One\n          deeper  \n\n        #include not.vspec\n    description: plain text\n      that goes on\n         and on\n    type: branch\n"
        ),
        // The include counts, wherever it stands, so nothing is moved.
        "A:\n  comment: |\n      One\n        deeper  \n\n      #include not.vspec\n  description: plain text\n    that goes on\n       and on\n  type: branch\n"
    );
    let kept = "A:\n  comment: |+\n    One\n\n\nB:\n  type: branch\n";
    assert_eq!(formatted(kept), kept);
    assert_eq!(
        formatted(
            "A:\n  comment: |+\n    One\n\n\n  description: >-\n    Two\n    lines\n  type: branch\n"
        ),
        "A:\n  type: branch\n  description: >-\n    Two\n    lines\n  comment: |+\n    One\n\n\n"
    );
    assert_eq!(
        formatted(
            "A:\n  description:\n        below\n        its key\n  comment: 'one\n\n   two'\n  type: branch\n"
        ),
        "A:\n  type: branch\n  description:\n    below\n    its key\n  comment: 'one\n\n    two'\n"
    );
    let aligned = "A:\n  type: branch\n  description: One\n               two.\n  comment:     Three\n               four.\n";
    assert_eq!(formatted(aligned), aligned);
    assert_eq!(formatted(&aligned.replace("\n  ", "\n    ")), aligned);
}

#[test]
fn lists_and_maps_keep_their_form() {
    assert_eq!(
        formatted(
            "A:\n   allowed: [\n      'X',  # one\n      'Y'   # two\n   ]\n   type: sensor\n   dbc:\n      message: M\n      more:\n         - a: 1\n           b: 2\n         -   c\n   instances:\n   - L\n   - [R,S]\n"
        ),
        "A:\n  type: sensor\n  instances:\n    - L\n    - [R, S]\n  allowed: [\n     'X',  # one\n     'Y'   # two\n  ]\n  dbc:\n    message: M\n    more:\n      - a: 1\n        b: 2\n      -   c\n"
    );
}

#[test]
fn quotes_become_single_where_both_mean_the_same() {
    assert_eq!(
        formatted(
            "A:\n  instances: [\"L\",\"R\"]\n  description: \"It's\"\n  comment: \"a\\tb\"\n  \"unit\": \"km\"\n"
        ),
        "A:\n  instances: ['L', 'R']\n  'unit': 'km'\n  description: \"It's\"\n  comment: \"a\\tb\"\n"
    );
}

#[test]
fn anchors_stay_before_their_aliases() {
    let text = "A:\n  description: &text Text.\n  comment: *text\n  type: branch\nB:\n  <<: &b {min: 1}\n  type: sensor\n";
    let expected = "A:\n  description: &text Text.\n  comment: *text\n  type: branch\n\nB:\n  type: sensor\n  <<: &b {min: 1}\n";
    assert_eq!(formatted(text), expected);
}

#[test]
fn attributes_of_unit_files_stay_in_their_order() {
    let text = "km:\n  definition: Far\n  unit: kilometer\n  quantity: length\n";
    let input = Input::Path("units.yaml".into());
    assert_eq!(format(&input, text).unwrap().text, text);
}

#[test]
fn broken_files_and_json_have_no_layout() {
    let format = |name: &str, text: &str| format(&Input::Path(name.into()), text);
    assert!(matches!(format("a.vspec", "A: [\n"), Err(FormatError::Broken(d)) if d.len() == 1));
    assert!(matches!(format("a.json", "{}"), Err(FormatError::Json)));
}

#[test]
fn a_hunk_shows_the_lines_that_change_and_no_others() {
    let input = Input::Path("a.vspec".into());
    let text = "A:\n  type: branch\n\n\nB:\n  type: sensor\n  datatype: float\n  min: 1\n";
    let hunks = format(&input, text).unwrap().hunks;
    let shown: Vec<_> =
        hunks.iter().map(|hunk| (hunk.line, hunk.old.concat(), hunk.new.concat())).collect();
    let expected = [
        (4, "\n", ""),
        (6, "  type: sensor\n  datatype: float\n", "  datatype: float\n  type: sensor\n"),
    ];
    let expected = expected.map(|(line, old, new)| (line, old.to_owned(), new.to_owned()));
    assert_eq!(shown, expected);
}

fn piece() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "A:",
        "A.B:",
        "\n",
        "\n  ",
        "\n    ",
        "\n\n",
        "\r\n",
        " ",
        "  ",
        "type: branch",
        "unit:",
        "min: 1",
        "x: ",
        "# note",
        " # note",
        "#include b.vspec",
        "- ",
        "- a",
        "[a,b]",
        "[",
        "]",
        "{a: 1,b: 2}",
        "{",
        "}",
        ",",
        "'one\n  two'",
        "\"q\"",
        "|\n    text  \n      more\n",
        ">-\n    text\n",
        "|+\n  x\n\n",
        "&a ",
        "*a",
        "<<: ",
        "plain text",
        "\n      goes on",
        ": ",
        "---\n",
        "? ",
    ])
}

proptest! {
    /// Whatever the text, there is an answer, and a second time changes nothing.
    #[test]
    fn formatting_settles(pieces in prop::collection::vec(piece(), 0..24)) {
        let input = Input::Path("a.vspec".into());
        let text = pieces.concat();
        if let Ok(once) = format(&input, &text) {
            let twice = format(&input, &once.text);
            prop_assert!(twice.is_ok(), "{text:?} -> {:?}: {:?}", once.text, twice);
            prop_assert_eq!(twice.map(|t| t.text).ok(), Some(once.text), "{:?}", text);
        }
    }
}
