//! A mock file, YAML or JSON, read with all its problems at once.
//!
//! ```yaml
//! defaults: true           # play what no rule names
//! signals:                 # a path or pattern, and one behaviour
//!   Vehicle.Speed: { sine: { min: 0, max: 120, period: 60s } }
//!   Vehicle.Cabin.**: plausible
//! triggers:
//!   - when: Vehicle.Speed > 100
//!     set: { Vehicle.Body.Lights.Beam.Low.IsOn: true }
//!     ramp: { Vehicle.Cabin.Infotainment.HMI.Brightness: { to: 20, for: 5s } }
//! ```
//!
//! A list of `{ signal, value }` is a file of constants. `examples/mock/mock.yaml` shows
//! every behaviour.

use std::{collections::BTreeMap, fs::File, io::Read, path::Path, sync::Arc, time::Duration};

use serde::{Deserialize, Deserializer, de};
use serde_yaml::Location;
use vss_codegen::model::{Literal, nearest};

use super::{
    Behaviour, MockError, Rule, Script,
    behaviour::{Csv, Echo, NAMES, Ramp, RandomWalk, Repeat, Sequence, Sine},
    curve,
    script::{Deed, Trigger},
};
use crate::app::{
    document::{self, Data, Fields, Node, Problem, Reader, place},
    parse_duration,
};

const FIELDS: &[&str] = &["defaults", "signals", "triggers"];
const TRIGGER: &[&str] = &["when", "set", "ramp"];
const CONSTANT: &[&str] = &["signal", "value"];

/// One byte more than is read of a document, which says so.
const MAX_BYTES: u64 = (1 << 20) + 1;

impl Script {
    /// Reads a mock file. Files that it names are looked for beside it.
    pub fn load(path: &Path) -> Result<Script, MockError> {
        let name = path.display().to_string();
        let mut text = String::new();
        let read = File::open(path).and_then(|file| file.take(MAX_BYTES).read_to_string(&mut text));
        if let Err(error) = read {
            let message = format!("{name}: cannot be read as a mock file: {error}");
            return Err(MockError(vec![message]));
        }
        let folder = path.parent().filter(|folder| *folder != Path::new(""));
        Script::parse(&name, &text, Some(folder.unwrap_or(Path::new("."))))
    }

    /// `name` is the file's, for messages; without a folder no other file can be named.
    pub fn parse(name: &str, text: &str, folder: Option<&Path>) -> Result<Script, MockError> {
        Script::read(name, text, folder.map_or(Beside::Nothing, Beside::Folder))
    }

    /// The same with the texts of the files that it names, for one that was sent.
    pub fn parse_sent(
        name: &str,
        text: &str,
        files: &BTreeMap<String, String>,
    ) -> Result<Script, MockError> {
        Script::read(name, text, Beside::Sent(files))
    }

    fn read(name: &str, text: &str, beside: Beside<'_>) -> Result<Script, MockError> {
        let read = || {
            let document = document::read(name, text).map_err(|problem| vec![problem])?;
            let mut reader = ScriptReader { reader: Reader::new(name, text, &[]), beside };
            let script = match &document.value {
                Data::List(items) => Some(reader.constants(items)),
                _ => reader.script(&document),
            };
            reader.reader.finish(script)
        };
        let script = read().map_err(|problems: Vec<Problem>| MockError::of_file(&problems))?;
        Ok(Script { file: Some(name.into()), ..script })
    }
}

impl MockError {
    fn of_file(problems: &[Problem]) -> MockError {
        MockError(problems.iter().map(Problem::to_string).collect())
    }
}

/// The same as in a file.
impl<'de> Deserialize<'de> for Behaviour {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Behaviour, D::Error> {
        let text = serde_json::Value::deserialize(deserializer)?.to_string();
        read_behaviour(&text).map_err(|problems| {
            // Places are of no use in what arrived within something else.
            let lines = problems.iter().map(|problem| match problem.field.as_str() {
                "" => problem.message.clone(),
                field => format!("{field}: {}", problem.message),
            });
            de::Error::custom(lines.collect::<Vec<_>>().join("; "))
        })
    }
}

impl Behaviour {
    /// Reads what a mock file says of one signal.
    pub fn parse(text: &str) -> Result<Behaviour, MockError> {
        read_behaviour(text).map_err(|problems| MockError::of_file(&problems))
    }
}

fn read_behaviour(text: &str) -> Result<Behaviour, Vec<Problem>> {
    let document = document::read("behaviour", text).map_err(|problem| vec![problem])?;
    let mut reader =
        ScriptReader { reader: Reader::new("behaviour", text, &[]), beside: Beside::Nothing };
    let behaviour = reader.behaviour(&document, "");
    reader.reader.finish(behaviour)
}

struct ScriptReader<'a> {
    reader: Reader<'a>,
    beside: Beside<'a>,
}

/// Where the files are that a mock file names.
#[derive(Clone, Copy)]
enum Beside<'a> {
    Nothing,
    Folder(&'a Path),
    /// Their texts, by their names.
    Sent(&'a BTreeMap<String, String>),
}

impl ScriptReader<'_> {
    fn script(&mut self, document: &Node) -> Option<Script> {
        let fields = self.reader.fields(document, "", FIELDS)?;
        let defaults = self.reader.flag(&fields, "defaults").unwrap_or(true);
        let signals = self.entries(&fields, "signals");
        let mut rules = Vec::with_capacity(signals.len());
        for (key, node) in signals {
            let field = format!("signals.{}", key.value);
            if let Some(behaviour) = self.behaviour(node, &field) {
                let at = Some((key.referenced.line(), key.referenced.column()));
                rules.push(Rule { at, ..Rule::new(key.value.clone(), behaviour) });
            }
        }
        let triggers = self.reader.items(&fields, "triggers").iter().enumerate();
        let triggers = triggers.filter_map(|(number, node)| self.trigger(number, node)).collect();
        Some(Script { defaults, rules, triggers, file: None })
    }

    /// A list of `{ signal, value }`.
    fn constants(&mut self, items: &[Node]) -> Script {
        let mut rules = Vec::with_capacity(items.len());
        for (number, node) in items.iter().enumerate() {
            let field = format!("[{number}]");
            let Some(fields) = self.reader.fields(node, &field, CONSTANT) else { continue };
            let signal = self.reader.required(&fields, "signal", "the signal's path");
            let value = self.needed(&fields, "value", "the signal's value");
            if let (Some((signal, _)), Some(value)) = (signal, value) {
                let constant = Behaviour::Constant(value.value.to_literal());
                rules.push(Rule { at: place(node), ..Rule::new(signal, constant) });
            }
        }
        Script { rules, ..Script::default() }
    }

    fn trigger(&mut self, number: usize, node: &Node) -> Option<Trigger> {
        let field = format!("triggers[{number}]");
        let fields = self.reader.fields(node, &field, TRIGGER)?;
        let when = self.reader.required(&fields, "when", "a condition, like Vehicle.Speed > 50");
        let mut deeds = Vec::new();
        for (key, node) in self.entries(&fields, "set") {
            deeds.push((key.value.clone(), Deed::Set(node.value.to_literal())));
        }
        for (key, node) in self.entries(&fields, "ramp") {
            let field = format!("{field}.ramp.{}", key.value);
            let Some(ramp) = self.reader.fields(node, &field, &["to", "for"]) else { continue };
            let to = self.needed_number(&ramp, "to", "the number to go to");
            let duration = self.needed_duration(&ramp, "for", "how long it takes, like 5s");
            if let (Some(to), Some(duration)) = (to, duration) {
                deeds.push((key.value.clone(), Deed::Ramp { to, duration }));
            }
        }
        if fields.get("set").is_none() && fields.get("ramp").is_none() {
            self.reader.complain(fields.at, &field, "does nothing: give set or ramp");
        }
        Some(Trigger { when: when?.0, deeds, at: place(node) })
    }

    /// A word, or a map with one behaviour.
    fn behaviour(&mut self, node: &Node, field: &str) -> Option<Behaviour> {
        let (key, node) = match &node.value {
            Data::Text(word) if word == "plausible" => return Some(Behaviour::Plausible),
            Data::Text(word) if word == "off" => return Some(Behaviour::Off),
            Data::Text(word) if word == "echo" => return Some(Behaviour::Echo(Echo::default())),
            // YAML 1.1 habits: an unquoted `off` may arrive as false.
            Data::Bool(false) => return Some(Behaviour::Off),
            Data::Map(entries) if entries.len() == 1 => entries.first()?,
            Data::Map(_) => {
                let message = format!("give exactly one behaviour: {}", NAMES.join(", "));
                self.reader.complain(node.referenced, field, message);
                return None;
            }
            Data::Null => {
                let message = format!("is missing: give plausible, off or {}", NAMES.join(", "));
                self.reader.complain(node.referenced, field, message);
                return None;
            }
            other => {
                let message = format!(
                    "expected a behaviour, got {}: a value that stays is written \
                     {{ constant: {} }}",
                    other.describe(),
                    other.to_literal()
                );
                self.reader.complain(node.referenced, field, message);
                return None;
            }
        };
        let field =
            if field.is_empty() { key.value.clone() } else { format!("{field}.{}", key.value) };
        let field = field.as_str();
        match key.value.as_str() {
            "constant" => Some(Behaviour::Constant(node.value.to_literal())),
            "sine" => self.sine(node, field).map(Behaviour::Sine),
            "ramp" => self.ramp(node, field).map(Behaviour::Ramp),
            "random_walk" => self.random_walk(node, field).map(Behaviour::RandomWalk),
            "sequence" => self.sequence(node, field).map(Behaviour::Sequence),
            "csv" => self.csv(node, field).map(Behaviour::Csv),
            "echo" => self.echo(node, field).map(Behaviour::Echo),
            "expression" => self.reader.string(node, field).map(Behaviour::Expression),
            name => {
                let message = match nearest(name, NAMES.iter().copied()) {
                    Some(near) => format!("unknown behaviour; did you mean '{near}'?"),
                    None => format!("unknown behaviour; known are {}", NAMES.join(", ")),
                };
                self.reader.complain(key.referenced, field, message);
                None
            }
        }
    }

    fn sine(&mut self, node: &Node, field: &str) -> Option<Sine> {
        let fields = self.reader.fields(node, field, &["min", "max", "period", "phase"])?;
        let (min, max) = (self.number(&fields, "min"), self.number(&fields, "max"));
        let phase = self.number(&fields, "phase").unwrap_or(0.0);
        let period = self.needed_duration(&fields, "period", "the time of one wave, like 60s")?;
        Some(Sine { min, max, period, phase })
    }

    fn ramp(&mut self, node: &Node, field: &str) -> Option<Ramp> {
        let fields = self.reader.fields(node, field, &["from", "to", "for", "repeat"])?;
        let from = self.number(&fields, "from");
        let repeat = self.repeat(&fields).unwrap_or(Repeat::Once);
        let to = self.needed_number(&fields, "to", "the number to go to");
        let duration = self.needed_duration(&fields, "for", "how long it takes, like 10s");
        Some(Ramp { from, to: to?, duration: duration?, repeat })
    }

    fn random_walk(&mut self, node: &Node, field: &str) -> Option<RandomWalk> {
        let known = ["min", "max", "step", "every", "seed"];
        let fields = self.reader.fields(node, field, &known)?;
        let (min, max) = (self.number(&fields, "min"), self.number(&fields, "max"));
        let step = self.number(&fields, "step");
        let every = self.duration(&fields, "every").unwrap_or(Duration::from_secs(1));
        let seed = fields.get("seed").and_then(|node| match &node.value {
            Data::Int(seed) if u64::try_from(*seed).is_ok() => u64::try_from(*seed).ok(),
            other => {
                let message = format!("expected a whole number from 0, got {}", other.describe());
                self.reader.complain(node.referenced, &fields.path("seed"), message);
                None
            }
        });
        Some(RandomWalk { min, max, step, every, seed })
    }

    fn sequence(&mut self, node: &Node, field: &str) -> Option<Sequence> {
        let fields = self.reader.fields(node, field, &["values", "every", "repeat"])?;
        let every = self.duration(&fields, "every").unwrap_or(Duration::from_secs(1));
        let repeat = self.repeat(&fields).unwrap_or(Repeat::Loop);
        self.needed(&fields, "values", "a list of values")?;
        let values = self.reader.items(&fields, "values");
        let values: Vec<Literal> = values.iter().map(|node| node.value.to_literal()).collect();
        Some(Sequence { values, every, repeat })
    }

    fn csv(&mut self, node: &Node, field: &str) -> Option<Csv> {
        let fields = self.reader.fields(node, field, &["file", "interpolate", "repeat"])?;
        let interpolate = self.reader.flag(&fields, "interpolate").unwrap_or(false);
        let repeat = self.repeat(&fields).unwrap_or(Repeat::Loop);
        let (file, at) = self.reader.required(&fields, "file", "a file of time,value lines")?;
        let points = match self.beside {
            Beside::Nothing => Ok(Arc::default()),
            Beside::Folder(folder) => curve::read(folder, &file),
            Beside::Sent(files) => match files.get(&file) {
                Some(text) => curve::given(&file, text),
                None => Err(format!("'{file}' was not sent with it")),
            },
        };
        let points = self.reader.parsed(at, &fields.path("file"), points)?;
        Some(Csv { file, interpolate, repeat, points })
    }

    fn echo(&mut self, node: &Node, field: &str) -> Option<Echo> {
        if node.value == Data::Null {
            return Some(Echo::default());
        }
        let fields = self.reader.fields(node, field, &["delay", "rate"])?;
        let delay = self.duration(&fields, "delay").unwrap_or_default();
        Some(Echo { delay, rate: self.number(&fields, "rate") })
    }

    fn repeat(&mut self, fields: &Fields<'_>) -> Option<Repeat> {
        let node = fields.get("repeat")?;
        let field = fields.path("repeat");
        let found = match self.reader.string(node, &field)?.as_str() {
            "once" => Ok(Repeat::Once),
            "loop" => Ok(Repeat::Loop),
            "bounce" => Ok(Repeat::Bounce),
            other => Err(format!("'{other}' is none of once, loop, bounce")),
        };
        self.reader.parsed(node.referenced, &field, found)
    }

    // The shapes that fields have.

    fn entries<'n>(
        &mut self,
        fields: &Fields<'n>,
        name: &str,
    ) -> &'n [(serde_yaml::Spanned<String>, Node)] {
        match fields.get(name) {
            None => &[],
            Some(Node { value: Data::Map(entries), .. }) => entries,
            Some(node) => {
                let got = node.value.describe();
                let message = format!("expected signals with what they do, got {got}");
                self.reader.complain(node.referenced, &fields.path(name), message);
                &[]
            }
        }
    }

    fn needed<'n>(&mut self, fields: &Fields<'n>, name: &str, what: &str) -> Option<&'n Node> {
        let node = fields.get(name);
        if node.is_none() {
            let message = format!("is missing: give {what}");
            self.reader.complain(fields.at, &fields.path(name), message);
        }
        node
    }

    fn needed_number(&mut self, fields: &Fields<'_>, name: &str, what: &str) -> Option<f64> {
        self.needed(fields, name, what)?;
        self.number(fields, name)
    }

    fn number(&mut self, fields: &Fields<'_>, name: &str) -> Option<f64> {
        let node = fields.get(name)?;
        match node.value.to_literal().as_f64() {
            Some(number) if number.is_finite() => Some(number),
            _ => {
                let message = format!("expected a number, got {}", node.value.describe());
                self.reader.complain(node.referenced, &fields.path(name), message);
                None
            }
        }
    }

    fn needed_duration(&mut self, fields: &Fields<'_>, name: &str, what: &str) -> Option<Duration> {
        self.needed(fields, name, what)?;
        self.duration(fields, name)
    }

    fn duration(&mut self, fields: &Fields<'_>, name: &str) -> Option<Duration> {
        let node = fields.get(name)?;
        let field = fields.path(name);
        let text = self.reader.string(node, &field)?;
        self.parsed_duration(node.referenced, &field, &text)
    }

    /// No longer than a year: sums of durations stay far from the end of time.
    fn parsed_duration(&mut self, at: Location, field: &str, text: &str) -> Option<Duration> {
        const YEAR: Duration = Duration::from_secs(366 * 24 * 3600);
        let duration = parse_duration(text).and_then(|duration| match duration <= YEAR {
            true => Ok(duration),
            false => Err(format!("'{text}' is longer than a year")),
        });
        self.reader.parsed(at, field, duration)
    }
}
