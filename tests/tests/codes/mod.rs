//! Every code of `vssc`, by the examples of its page in `codegen/explain`: the wrong one gives
//! this code alone, the right one nothing. `cases/codes/<code>/` holds all that a user would
//! see of the wrong one, as people read it (`human.snap`) and as programs do (`json.snap`).
//! JSON and SARIF hold to their schemas.

use std::{collections::BTreeSet, fs, path::Path};

use jsonschema::Validator;
use vehicle_edge_tests::root;
use vss_codegen::{
    Diagnostic, cli, compile,
    diagnostic::{
        Code, SCHEMA,
        explain::{self, Example},
        sarif,
    },
    source::{Input, LoadError, Loader},
};

use super::shared_file;

/// Codes that no text on a page can give; the pages say why.
const WITHOUT_EXAMPLE: &[Code] = &[
    Code::NotUtf8,
    Code::TooManyIncludes,
    Code::TooDeep,
    Code::NotCached,
    Code::AccessRefused,
    Code::BadArchive,
];

/// Of these, the ones whose golden files are those of `tests/sources`.
const OF_SOURCES: &[Code] = &[Code::NotCached, Code::AccessRefused, Code::BadArchive];

#[derive(Debug)]
struct Files(Vec<(String, Vec<u8>)>);

impl Files {
    fn new<B: AsRef<[u8]>>(files: impl IntoIterator<Item = (impl ToString, B)>) -> Files {
        let owned = |(name, bytes): (_, B)| (ToString::to_string(&name), bytes.as_ref().to_vec());
        Files(files.into_iter().map(owned).collect())
    }

    /// The input of a code that no page can show.
    fn made(code: Code) -> Option<Files> {
        let chain = |n: usize| (format!("{n}.vspec"), format!("#include {}.vspec\n", n + 1));
        Some(match code {
            Code::NotUtf8 => Files::new([("model.vspec", b"Car:\n  description: f\xfcr alle\n")]),
            Code::TooManyIncludes => Files::new(
                [("model.vspec".to_owned(), "#include 0.vspec\n".to_owned())]
                    .into_iter()
                    .chain((0..300).map(chain)),
            ),
            Code::TooDeep => {
                let path = vec!["A"; 200].join(".");
                Files::new([(
                    "model.vspec",
                    format!("A: {{type: branch}}\n{path}: {{type: branch}}\n"),
                )])
            }
            _ => return None,
        })
    }
}

impl Loader for Files {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let name = input.to_string();
        let own = self.0.iter().find(|(file, _)| *file == name);
        let own = own.map(|(_, bytes)| bytes.clone());
        own.or_else(|| shared_file(Path::new(&name))).ok_or(LoadError::NotFound)
    }

    fn list(&self, input: &Input, extension: &str) -> Result<Option<Vec<Input>>, LoadError> {
        let files = self.0.iter().filter(|(file, _)| file.ends_with(extension));
        let all = || files.map(|(file, _)| Input::parse(file)).collect();
        Ok((input.to_string() == ".").then(all))
    }
}

fn run(code: Code, command: &str, files: &Files) -> Vec<Diagnostic> {
    let words: Vec<&str> = command.split_whitespace().collect();
    let ["vssc", "check", options @ ..] = words.as_slice() else {
        panic!("{code}: '{command}' is no call of vssc check")
    };
    let request = cli::request(options).unwrap_or_else(|error| panic!("{code}: {error}"));
    compile(&request, files).1
}

fn schema(text: &str) -> Validator {
    let schema = serde_json::from_str(text).unwrap();
    jsonschema::meta::validate(&schema).unwrap_or_else(|error| panic!("{error}"));
    jsonschema::validator_for(&schema).unwrap()
}

fn assert_valid(schema: &Validator, text: &str) {
    let value = serde_json::from_str(text).unwrap();
    let errors: Vec<String> =
        schema.iter_errors(&value).map(|e| format!("{}: {e}", e.instance_path())).collect();
    assert!(errors.is_empty(), "{}\n{text}", errors.join("\n"));
}

/// Holds what was said against the golden files of the code.
fn assert_golden(code: Code, said: &[Diagnostic]) {
    let human: Vec<String> = said.iter().map(|d| d.render(false)).collect();
    let human = human.join("\n");
    let codes: BTreeSet<Code> = said.iter().map(|diagnostic| diagnostic.code).collect();
    let expected = BTreeSet::from([code]);
    assert_eq!(codes, expected, "what is wrong for {code} gives this code alone, not\n{human}");
    let json: String = said.iter().map(Diagnostic::json).collect();
    insta::with_settings!({
        snapshot_path => format!("../../cases/codes/{code}"),
        prepend_module_to_snapshot => false,
        omit_expression => true,
    }, {
        insta::assert_snapshot!("human", human);
        insta::assert_snapshot!("json", json);
    });
}

#[test]
fn the_examples_of_every_page_are_wrong_and_right() {
    for code in Code::ALL {
        let examples = explain::examples(explain::page(*code));
        assert_eq!(
            examples.is_err(),
            WITHOUT_EXAMPLE.contains(code),
            "{code}: WITHOUT_EXAMPLE here lists it exactly when its page says 'No example: ...'"
        );
        let Ok(examples) = examples else { continue };
        let run = |example: &Example<'_>| {
            run(*code, example.command, &Files::new(example.files.iter().copied()))
        };
        let [wrong, right] = examples.each_ref().map(run);
        assert_golden(*code, &wrong);
        assert_eq!(right, [], "the right example of codegen/explain/{code}.md");
    }
}

#[test]
fn codes_that_no_page_can_show_have_golden_files_too() {
    for code in WITHOUT_EXAMPLE {
        if let Some(files) = Files::made(*code) {
            assert_golden(*code, &run(*code, "vssc check model.vspec", &files));
        }
    }
}

#[test]
fn every_code_has_golden_files_and_every_golden_file_a_code() {
    let folder = root().join("tests/cases/codes");
    let mut expected = BTreeSet::new();
    for code in Code::ALL {
        let is_golden = !WITHOUT_EXAMPLE.contains(code)
            || OF_SOURCES.contains(code)
            || Files::made(*code).is_some();
        if is_golden {
            expected.insert(code.to_string());
        }
    }
    let found: BTreeSet<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(found, expected, "folders of tests/cases/codes");
}

#[test]
fn json_and_sarif_hold_to_their_schemas() {
    let message = schema(SCHEMA);
    let log = schema(include_str!("sarif.json"));
    for code in Code::ALL {
        let Ok([wrong, _]) = explain::examples(explain::page(*code)) else { continue };
        let said = run(*code, wrong.command, &Files::new(wrong.files));
        for diagnostic in &said {
            assert_valid(&message, &diagnostic.json());
        }
        assert_valid(&log, &sarif::log(&said, "model.vspec"));
    }
}
