//! What holds for any input at all.

use proptest::prelude::*;

use super::{compiled, files};
use crate::{Diagnostic, Request, StrictRule, VssVersion, compile, source::Input};

/// Fragments that meet in ways nobody thought of.
fn fragment() -> impl Strategy<Value = &'static str> {
    prop::sample::select(vec![
        "A",
        "A.B",
        "A.B.C",
        "A.B.R1",
        "'A.*'",
        "B",
        "..",
        ": ",
        ":\n",
        "{",
        "}",
        "[",
        "]",
        ", ",
        "\n",
        "\n  ",
        "\n- ",
        "type: ",
        "branch",
        "sensor",
        "actuator",
        "struct",
        "datatype: ",
        "uint8",
        "string[]",
        "instances: ",
        "'R[1,2]'",
        "'R[2,1]'",
        "[L, R]",
        "min: ",
        "max: ",
        "default: ",
        "allowed: ",
        "enum: ",
        "unit: ",
        "delete: ",
        "instantiate: ",
        "fka: ",
        "arraysize: ",
        "pattern: ",
        "'('",
        "5",
        "-1",
        "1.5",
        "true",
        "null",
        "ON",
        "010",
        "1:30",
        "&a ",
        "*a",
        "<<: ",
        "!x ",
        "|\n",
        "> ",
        "\"",
        "'",
        "#include ",
        "over.vspec",
        " A",
        "#",
        "\t",
        "\r\n",
        "\u{feff}",
        "\u{0}",
        "ü",
        "🚗",
        "---\n",
        "%YAML 1.1\n",
        "? ",
        "A: {type: branch}\n",
        "A.B: {type: branch, instances: 'R[1,2]'}\n",
        "A.B.C: {type: sensor, datatype: uint8}\n",
        "A.B.R1.C: {min: 3}\n",
        "instances_relation: sibling",
        "includes: [over.vspec]",
        "A.VersionVSS.Major: {type: Attribute, datatype: uint32, default: 3}\n",
        "units: ",
        "T.S.P: {type: property, datatype: uint8}\n",
        "T.S.Q: {type: property, datatype: S}\n",
        "T.R.S: {type: property, datatype: 'T.S[]'}\n",
        "T.R: {type: struct}\n",
        "A.Y: {type: sensor, datatype: T.S, default: {P: 1}}\n",
        "name-style",
        "{km: {label: k, description: d, domain: l}}",
        "km: {definition: d, unit: k, quantity: l}\n",
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_catalog_or_an_error(model in text(), over in text()) {
        let files = files([("a.vspec", model), ("over.vspec", over)]);
        let (catalog, diagnostics) = compiled(files, &["a.vspec", "-l", "over.vspec"]);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
        for diagnostic in diagnostics {
            prop_assert!(!diagnostic.render(false).is_empty());
        }
    }

    #[test]
    fn any_text_is_an_old_model_or_an_error(model in text(), units in text(), over in text()) {
        let files = files([("a.vspec", model), ("units.yaml", units), ("over.vspec", over)]);
        let request = Request {
            model: Some(Input::parse("a.vspec")),
            vss_version: VssVersion::Auto,
            ..Request::default()
        };
        let (catalog, diagnostics) = compile(&request, &files);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn any_text_holds_struct_types_and_exceptions_or_an_error(
        model in text(),
        types in text(),
        exceptions in text(),
    ) {
        let files = files([
            ("a.vspec", format!("A: {{type: branch}}\nA.X: {{type: sensor, datatype: T.S}}\n{model}")),
            ("types.vspec", format!("T: {{type: branch}}\nT.S: {{type: struct}}\n{types}")),
            ("exceptions.yaml", exceptions),
        ]);
        let request = Request {
            model: Some(Input::parse("a.vspec")),
            types: vec![Input::parse("types.vspec")],
            strict: vec![StrictRule::NameStyle, StrictRule::DefaultMatchesFirstAllowed],
            strict_exceptions: Some(Input::parse("exceptions.yaml")),
            ..Request::default()
        };
        let (catalog, diagnostics) = compile(&request, &files);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
    }

    #[test]
    fn any_json_gives_a_catalog_or_an_error(model in text()) {
        let model = format!("{{\"A\": {{\"type\": \"branch\", \"children\": {{{model}}}}}}}");
        let (catalog, diagnostics) = compiled(files([("a.json", model)]), &["a.json"]);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
    }
}
