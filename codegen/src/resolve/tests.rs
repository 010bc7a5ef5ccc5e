//! What holds for any input at all.

use std::collections::HashMap;

use proptest::prelude::*;

use crate::{
    Diagnostic, Request, compile,
    model::Catalog,
    source::{Input, LoadError, Loader},
};

#[derive(Debug)]
struct Files(HashMap<&'static str, String>);

impl Loader for Files {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let name = input.to_string();
        let text = self.0.get(name.as_str()).ok_or(LoadError::NotFound)?;
        Ok(text.clone().into_bytes())
    }
}

fn compiled(files: Files, model: &str, overlay: bool) -> (Option<Catalog>, Vec<Diagnostic>) {
    let mut request = Request { model: Some(Input::parse(model)), ..Request::default() };
    if overlay {
        request.overlays.push(Input::parse("over.vspec"));
    }
    compile(&request, &files)
}

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
    ])
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(fragment(), 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn any_text_gives_a_catalog_or_an_error(model in text(), over in text()) {
        let files = HashMap::from([("a.vspec", model), ("over.vspec", over)]);
        let (catalog, diagnostics) = compiled(Files(files), "a.vspec", true);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
        for diagnostic in diagnostics {
            prop_assert!(!diagnostic.render(false).is_empty());
        }
    }

    #[test]
    fn any_json_gives_a_catalog_or_an_error(model in text()) {
        let model = format!("{{\"A\": {{\"type\": \"branch\", \"children\": {{{model}}}}}}}");
        let files = HashMap::from([("a.json", model)]);
        let (catalog, diagnostics) = compiled(Files(files), "a.json", false);
        prop_assert_eq!(catalog.is_none(), diagnostics.iter().any(Diagnostic::is_error));
    }
}

/// What was exported reads back as the same model.
#[cfg(feature = "generate")]
mod round_trip {
    use super::*;
    use crate::target::json;

    proptest! {
        #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

        #[test]
        fn an_export_compiles_to_the_same_export(rest in text()) {
            let model = format!("A: {{type: branch}}\nA.B: {{type: branch, instances: [L, R]}}\n{rest}");
            let files = HashMap::from([("a.vspec", model)]);
            let (catalog, _) = compiled(Files(files), "a.vspec", false);
            let Some(catalog) = catalog else { return Ok(()) };
            let first = json::to_string(&catalog, false);
            let files = HashMap::from([("a.json", first.clone())]);
            let (again, diagnostics) = compiled(Files(files), "a.json", false);
            let again = again.ok_or_else(|| TestCaseError::fail(format!("{diagnostics:?}")))?;
            prop_assert_eq!(json::to_string(&again, false), first);
        }
    }
}
