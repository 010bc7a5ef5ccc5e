//! The compiler gives what the reference tool gives: the cases of `tests/conformance`, each
//! with the answer of that tool. `make conformance` asks the tool anew; this test does
//! without it. How a case is written is in `tests/conformance/README.md`.

// A test fails by panicking.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use vehicle_edge_tests::root;
use vss_codegen::{
    Diagnostic, Request, cli, compile,
    model::Catalog,
    source::{Input, LoadError, Loader},
    target::{
        csv::{self, Columns},
        id, json, static_id,
        yaml::{self, Extras},
    },
};

#[derive(Debug, Default)]
struct Case {
    /// The file and the title, for messages.
    name: String,
    fields: BTreeMap<String, String>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    answers: BTreeMap<String, String>,
}

/// How we deviate from the reference tool.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Ours<'a> {
    Same,
    Warns(&'a str),
    Rejects(&'a str),
    Accepts,
}

impl Case {
    fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn rules(&self) -> impl Iterator<Item = &str> {
        self.field("rule").split(' ')
    }

    fn is_rejected(&self) -> bool {
        self.answers.contains_key("rejected")
    }

    fn ours(&self) -> Ours<'_> {
        let Some(text) = self.fields.get("ours") else { return Ours::Same };
        let (what, reason) = text.split_once(": ").unwrap_or_default();
        assert!(!reason.is_empty(), "{}: 'ours' gives no reason", self.name);
        match what.split_once(' ') {
            Some(("warns", code)) => Ours::Warns(code),
            Some(("rejects", code)) => Ours::Rejects(code),
            None if what == "accepts" => Ours::Accepts,
            _ => panic!("{}: 'ours' is warns, rejects or accepts", self.name),
        }
    }

    fn request(&self) -> Request {
        let options: Vec<&str> =
            ["model.vspec"].into_iter().chain(self.field("options").split_whitespace()).collect();
        cli::request(&options).unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }
}

/// Serves the files of a case as if they lay in the working folder.
impl Loader for Case {
    fn load(&self, input: &Input) -> Result<Vec<u8>, LoadError> {
        let Input::Path(path) = input else {
            return Err(LoadError::Other("only files here".to_owned()));
        };
        self.files.get(path).cloned().ok_or(LoadError::NotFound)
    }
}

fn folder() -> PathBuf {
    root().join("tests/conformance")
}

fn cases() -> Vec<Case> {
    let shared = ["units.yaml", "quantities.yaml"];
    let shared = shared.map(|name| (PathBuf::from(name), fs::read(folder().join(name)).unwrap()));
    let mut cases = Vec::new();
    for path in glob("cases") {
        let text = fs::read_to_string(&path).unwrap();
        let file = path.file_stem().unwrap().to_string_lossy();
        for part in format!("\n{text}").split("\n=== ").skip(1) {
            let mut case = read(part, &file);
            if case.field("units") != "own" {
                for (name, bytes) in &shared {
                    case.files.entry(name.clone()).or_insert_with(|| bytes.clone());
                }
            }
            cases.push(case);
        }
    }
    cases
}

fn glob(extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder()).unwrap().map(|entry| entry.unwrap().path());
    let mut paths: Vec<PathBuf> =
        entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    paths.sort();
    paths
}

/// One case, from its title on.
fn read(text: &str, file: &str) -> Case {
    let mut parts = text.split('\n');
    let mut case = Case { name: format!("{file}: {}", parts.next().unwrap()), ..Case::default() };
    let mut block: Option<(&str, bool, Vec<&str>)> = None;
    for line in parts.chain(["--- "]) {
        let mark = [("--- ", true), (">>> ", false)]
            .into_iter()
            .find_map(|(mark, is_file)| Some((line.strip_prefix(mark)?, is_file)));
        match (mark, &mut block) {
            (Some((name, is_file)), block) => {
                if let Some((name, is_file, lines)) = block.replace((name, is_file, Vec::new())) {
                    case.add(name, is_file, &lines);
                }
            }
            (None, Some((_, _, lines))) => lines.push(line),
            (None, None) => {
                let Some((name, value)) = line.split_once(':') else { continue };
                case.fields.insert(name.to_owned(), value.trim().to_owned());
            }
        }
    }
    case
}

impl Case {
    fn add(&mut self, name: &str, is_file: bool, lines: &[&str]) {
        let text = lines.join("\n");
        let mut bytes = decode(text.trim_end_matches('\n'));
        if is_file {
            bytes.push(b'\n');
            self.files.insert(name.into(), bytes);
        } else {
            self.answers.insert(name.to_owned(), String::from_utf8(bytes).unwrap());
        }
    }
}

/// `«0D»` stands for the byte 0D.
fn decode(text: &str) -> Vec<u8> {
    let mut parts = text.split('«');
    let mut bytes = parts.next().unwrap().as_bytes().to_vec();
    for part in parts {
        let (digits, rest) = part.split_once('»').expect("a '«' has its '»'");
        let pairs = digits.as_bytes().chunks(2);
        bytes.extend(pairs.map(|pair| {
            u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).expect("hexadecimal")
        }));
        bytes.extend(rest.bytes());
    }
    bytes
}

fn export(catalog: &Catalog, format: &str, request: &Request) -> String {
    let extra = &request.extended_attributes;
    let ids = |case| id::to_string(&static_id::assign(&catalog.root, case).unwrap());
    match format {
        "json" => json::to_string(catalog, false),
        "pretty" => json::to_string(catalog, true),
        "yaml" => yaml::to_string(catalog, Extras::Named(extra)),
        "csv" => csv::to_string(catalog, Columns { instances: !request.expand, extra }),
        "id" => ids(static_id::Case::Insensitive),
        "id-case" => ids(static_id::Case::Sensitive),
        other => panic!("no such format: {other}"),
    }
}

/// What is wrong with our answer; nothing where it is as it should be.
fn problem(case: &Case) -> Option<String> {
    let request = case.request();
    let (catalog, diagnostics) = compile(&request, case);
    let rendered = || diagnostics.iter().map(|d| d.render(false)).collect::<String>();
    let codes = |is_wanted: fn(&&Diagnostic) -> bool| -> BTreeSet<String> {
        diagnostics.iter().filter(is_wanted).map(|d| d.code.to_string()).collect()
    };
    let expected = match (case.ours(), case.is_rejected()) {
        (Ours::Same, true) => Err(case.field("code")),
        (Ours::Rejects(code), false) => Err(code),
        (Ours::Same | Ours::Warns(_), false) | (Ours::Accepts, _) => Ok(()),
        (Ours::Rejects(_) | Ours::Warns(_), true) => {
            return Some("the reference tool rejects it, too".to_owned());
        }
    };
    let catalog = match (catalog, expected) {
        (None, Ok(())) => return Some(format!("it is rejected\n{}", rendered())),
        (Some(_), Err(_)) => return Some(format!("it is accepted\n{}", rendered())),
        (None, Err(expected)) => {
            let found = Vec::from_iter(codes(|d| d.is_error())).join(" ");
            return (found != expected)
                .then(|| format!("the codes are {found} and not {expected}\n{}", rendered()));
        }
        (Some(catalog), Ok(())) => catalog,
    };
    if let Ours::Warns(code) = case.ours()
        && !codes(|d| !d.is_error()).contains(code)
    {
        return Some(format!("the warning {code} is missing\n{}", rendered()));
    }
    for (format, answer) in &case.answers {
        let format = match case.ours() {
            Ours::Accepts => format.strip_prefix("ours "),
            _ => Some(format.as_str()),
        };
        let Some(format) = format else { continue };
        let export = export(&catalog, format, &request);
        if export != *answer {
            return Some(format!("{export}\n  is not\n{answer}"));
        }
    }
    None
}

#[test]
fn every_case_is_answered_as_by_the_reference_tool() {
    let problems: Vec<String> = cases()
        .iter()
        .filter_map(|case| Some(format!("{}\n  {}", case.name, problem(case)?)))
        .collect();
    assert!(problems.is_empty(), "{} cases:\n\n{}", problems.len(), problems.join("\n\n"));
}

/// The rules of the list, each with whether something can break it.
fn rules(path: &Path) -> BTreeMap<String, bool> {
    let text = fs::read_to_string(path).unwrap();
    let rule = |line: &str| {
        let (name, text) = line.strip_prefix("- **")?.split_once("** ")?;
        Some((name.to_owned(), !text.ends_with("Nothing to reject.")))
    };
    text.lines().filter_map(rule).collect()
}

#[test]
fn every_rule_has_a_case_that_keeps_it_and_one_that_breaks_it() {
    let rules = rules(&folder().join("rules.md"));
    let cases = cases();
    let of = |rejected: bool| -> BTreeSet<&str> {
        cases.iter().filter(|c| c.is_rejected() == rejected).flat_map(Case::rules).collect()
    };
    let (accepted, rejected) = (of(false), of(true));
    for (rule, can_break) in &rules {
        assert!(accepted.contains(rule.as_str()), "{rule} has no case that is accepted");
        let has_rejected = rejected.contains(rule.as_str());
        assert_eq!(has_rejected, *can_break, "{rule}: whether a case is rejected");
    }
    for rule in accepted.union(&rejected) {
        assert!(rules.contains_key(*rule), "{rule} is no rule of the list");
    }
}

#[test]
fn there_are_enough_cases_and_no_two_of_one_name() {
    let cases = cases();
    let names: BTreeSet<&str> = cases.iter().map(|case| case.name.as_str()).collect();
    assert_eq!(names.len(), cases.len());
    assert!(cases.len() >= 200, "{} cases", cases.len());
}
