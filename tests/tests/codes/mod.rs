//! Every code of `vssc`, by the examples of its page in `codegen/explain`: the wrong one gives
//! this code alone, the right one nothing. `cases/codes/<code>/` holds all that a user would
//! see of the wrong one, as people read it (`human.snap`) and as programs do (`json.snap`).
//! JSON and SARIF hold to their schemas.

use std::{collections::BTreeSet, fs, path::Path};

use jsonschema::Validator;
use vss_codegen::{
    Diagnostic, cli, compile,
    diagnostic::{
        Code,
        explain::{self, Example},
        sarif,
    },
    source::{Input, LoadError, Loader},
};

use super::shared_file;

/// Codes that no text on a page can give; the pages say why.
const WITHOUT_EXAMPLE: &[Code] =
    &[Code::NotUtf8, Code::TooManyIncludes, Code::TooDeep, Code::AccessRefused, Code::BadArchive];

/// Of these, the ones with golden files nevertheless, from `tests/sources`.
const OF_SOURCES: &[Code] = &[Code::AccessRefused, Code::BadArchive];

#[derive(Debug)]
struct Files<'p>(Vec<(&'p str, &'p str)>);

impl Loader for Files<'_> {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let name = input.to_string();
        let own = self.0.iter().find(|(file, _)| *file == name);
        let own = own.map(|(_, text)| text.as_bytes().to_vec());
        own.or_else(|| shared_file(Path::new(&name))).ok_or(LoadError::NotFound)
    }

    fn list(&self, input: &Input, extension: &str) -> Result<Option<Vec<Input>>, LoadError> {
        let files = self.0.iter().filter(|(file, _)| file.ends_with(extension));
        let all = || files.map(|(file, _)| Input::parse(file)).collect();
        Ok((input.to_string() == ".").then(all))
    }
}

fn run(code: Code, example: Example<'_>) -> Vec<Diagnostic> {
    let words: Vec<&str> = example.command.split_whitespace().collect();
    let ["vssc", "check", options @ ..] = words.as_slice() else {
        panic!("{code}: '{}' is no call of vssc check", example.command)
    };
    let request = cli::request(options).unwrap_or_else(|error| panic!("{code}: {error}"));
    compile(&request, &Files(example.files)).1
}

fn schema(file: &str) -> Validator {
    let text = fs::read_to_string(vehicle_edge_tests::root().join(file)).unwrap();
    let schema = serde_json::from_str(&text).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{file}: {error}"));
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &Validator, text: &str) {
    let value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
}

#[test]
fn the_examples_of_every_page_are_wrong_and_right() {
    let schema = schema("codegen/schema/message.json");
    let sarif_schema = self::schema("tests/tests/codes/sarif.json");
    for code in Code::ALL {
        let examples = explain::examples(explain::page(*code));
        let is_without = WITHOUT_EXAMPLE.contains(code);
        assert_eq!(
            examples.is_err(),
            is_without,
            "{code}: WITHOUT_EXAMPLE here lists it exactly when its page says 'No example: ...'"
        );
        let Ok([wrong, right]) = examples else { continue };

        let said = run(*code, wrong);
        let human: Vec<String> = said.iter().map(|d| d.render(false)).collect();
        let codes: BTreeSet<Code> = said.iter().map(|diagnostic| diagnostic.code).collect();
        assert_eq!(
            codes,
            BTreeSet::from([*code]),
            "the wrong example of codegen/explain/{code}.md gives this code alone, not\n{}",
            human.join("\n")
        );
        assert_eq!(run(*code, right), [], "the right example of {code}");

        let json: String = said.iter().map(Diagnostic::json).collect();
        for line in json.lines() {
            assert_valid(&schema, line);
        }
        assert_valid(&sarif_schema, &sarif::log(&said, "model.vspec"));
        insta::with_settings!({
            snapshot_path => format!("../../cases/codes/{code}"),
            prepend_module_to_snapshot => false,
            omit_expression => true,
        }, {
            insta::assert_snapshot!("human", human.join("\n"));
            insta::assert_snapshot!("json", json);
        });
    }
}

#[test]
fn every_golden_folder_belongs_to_a_code() {
    for folder in fs::read_dir(vehicle_edge_tests::root().join("tests/cases/codes")).unwrap() {
        let name = folder.unwrap().file_name().into_string().unwrap();
        let code = Code::parse(&name)
            .filter(|code| OF_SOURCES.contains(code) || !WITHOUT_EXAMPLE.contains(code));
        assert!(code.is_some(), "tests/cases/codes/{name} belongs to no code with an example");
    }
}
