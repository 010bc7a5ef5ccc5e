//! From the tree to an [`AppManifest`], noting every problem on the way.

use std::{collections::BTreeMap, time::Duration};

use vss_codegen::model::Access;

use super::{
    AppManifest, ManifestProblem, RestartPolicy, SignalLib, SignalRequest,
    requirement::Requirement, values,
};
use crate::app::{
    AppId, Limits,
    document::{self, Data, Fields, Node, Reader, place},
    limits,
};

const FIELDS: &[&str] = &[
    "id",
    "name",
    "version",
    "type",
    "entrypoint",
    "args",
    "env",
    "config",
    "python_deps",
    "vehicle_signal_lib",
    "mqtt",
    "limits",
    "restart",
    "stop_grace_period",
    "network",
];
const LIB_FIELDS: &[&str] = &["version", "signals", "auto_generate", "vss_endpoint"];
const SIGNAL_FIELDS: &[&str] = &["path", "access"];
const LIMIT_FIELDS: &[&str] = &["cpus", "mem_limit", "pids_limit"];

/// Words that will mean something; better told so than guessed to be misspelled.
const LATER: &[&str] = &["command", "depends_on", "healthcheck", "vss_endpoint"];

const DEFAULT_GRACE: Duration = Duration::from_secs(10);

pub(super) fn manifest(file: &str, text: &str) -> Result<AppManifest, Vec<ManifestProblem>> {
    let document = document::read(file, text).map_err(|problem| vec![problem])?;
    let mut reader = Reader::new(file, text, LATER);
    let manifest = reader.manifest(&document);
    reader.finish(manifest)
}

impl Reader<'_> {
    /// Always reads all fields, so that all problems come at once; `None` only where a
    /// value without a default is missing or wrong, which was complained about.
    fn manifest(&mut self, document: &Node) -> Option<AppManifest> {
        let fields = self.fields(document, "", FIELDS)?;
        self.only(&fields, "type", "python", "apps of type 'python' are the only ones so far");
        self.only(&fields, "network", "none", "apps have no network so far");
        let id = self.required(&fields, "id", "the app's name in paths and commands");
        let id = id.and_then(|(text, at)| self.parsed(at, "id", text.parse::<AppId>()));
        let version = self.required(&fields, "version", "the app's own version, like 1.0.0");
        let entrypoint = self.required(&fields, "entrypoint", "the Python file to run");
        let entrypoint = entrypoint
            .and_then(|(text, at)| self.parsed(at, "entrypoint", values::inside_folder(text)));
        let name = fields.get("name").and_then(|node| {
            let name = self.string(node, "name")?;
            self.parsed(node.referenced, "name", values::label(&name)).map(|()| name)
        });
        if let Some((version, at)) = &version {
            self.parsed(*at, "version", values::label(version));
        }
        let args = self.args(&fields);
        let python_deps = self.python_deps(&fields);
        let env = self.env(&fields);
        let config = fields.get("config").map(|node| {
            let config = node.value.to_json();
            self.parsed(node.referenced, "config", values::argument(&config.to_string()));
            config
        });
        let vehicle_signal_lib = self.signal_lib(&fields);
        let mqtt = self.flag(&fields, "mqtt");
        let limits = self.limits(&fields);
        let restart = self.restart(&fields);
        let grace = fields.get("stop_grace_period").and_then(|node| {
            let text = self.string(node, "stop_grace_period")?;
            self.parsed(node.referenced, "stop_grace_period", values::grace(&text))
        });
        let id = id?;
        Some(AppManifest {
            name: name.unwrap_or_else(|| id.to_string()),
            id,
            version: version?.0,
            entrypoint: entrypoint?,
            args,
            env,
            config: config.unwrap_or_default(),
            python_deps,
            vehicle_signal_lib,
            mqtt: mqtt.unwrap_or(false),
            limits,
            restart,
            stop_grace_period: grace.unwrap_or(DEFAULT_GRACE),
        })
    }

    fn args(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let mut args = Vec::new();
        for (index, node) in self.items(fields, "args").iter().enumerate() {
            let field = format!("args[{index}]");
            let Some(text) = self.string(node, &field) else { continue };
            self.parsed(node.referenced, &field, values::argument(&text));
            args.push(text);
        }
        args
    }

    fn python_deps(&mut self, fields: &Fields<'_>) -> Vec<String> {
        let mut deps = Vec::new();
        for (index, node) in self.items(fields, "python_deps").iter().enumerate() {
            let field = format!("python_deps[{index}]");
            let Some(text) = self.string(node, &field) else { continue };
            self.parsed(node.referenced, &field, Requirement::parse(&text));
            deps.push(text.trim().to_owned());
        }
        deps
    }

    fn env(&mut self, fields: &Fields<'_>) -> BTreeMap<String, String> {
        let Some(node) = fields.get("env") else { return BTreeMap::new() };
        let Data::Map(entries) = &node.value else {
            let message =
                format!("expected a map of names to values, got {}", node.value.describe());
            self.complain(node.referenced, "env", message);
            return BTreeMap::new();
        };
        let mut env = BTreeMap::new();
        for (key, node) in entries {
            let field = format!("env.{}", key.value);
            self.parsed(key.referenced, &field, values::env_name(&key.value));
            if let Some(value) = self.string(node, &field) {
                self.parsed(node.referenced, &field, values::argument(&value));
                env.insert(key.value.clone(), value);
            }
        }
        env
    }

    fn signal_lib(&mut self, fields: &Fields<'_>) -> SignalLib {
        let empty = SignalLib { auto_generate: true, ..SignalLib::default() };
        let Some(node) = fields.get("vehicle_signal_lib") else { return empty };
        let Some(lib) = self.fields(node, "vehicle_signal_lib", LIB_FIELDS) else { return empty };
        if let Some(node) = lib.get("vss_endpoint") {
            self.complain(
                node.referenced,
                "vehicle_signal_lib.vss_endpoint",
                "is not supported yet: apps use the model that the runtime was started with",
            );
        }
        let version = lib.get("version");
        let version = version.and_then(|node| self.string(node, "vehicle_signal_lib.version"));
        let auto_generate = self.flag(&lib, "auto_generate");
        let nodes = self.items(&lib, "signals");
        let signals = nodes.iter().enumerate();
        let signals = signals.filter_map(|(index, node)| self.signal(index, node)).collect();
        SignalLib { version, signals, auto_generate: auto_generate.unwrap_or(true) }
    }

    /// `Vehicle.Speed`, or a map with `path` and `access`.
    fn signal(&mut self, index: usize, node: &Node) -> Option<SignalRequest> {
        let field = format!("vehicle_signal_lib.signals[{index}]");
        if !matches!(node.value, Data::Map(_)) {
            let path = self.string(node, &field)?;
            let path = self.parsed(node.referenced, &field, values::signal_path(path))?;
            return Some(SignalRequest { path, access: vec![Access::Read], at: place(node) });
        }
        let fields = self.fields(node, &field, SIGNAL_FIELDS)?;
        let access = self.access(&fields);
        let (path, at) = self.required(&fields, "path", "a signal's path or a pattern")?;
        let path = self.parsed(at, &fields.path("path"), values::signal_path(path))?;
        Some(SignalRequest { path, access, at: fields.get("path").and_then(place) })
    }

    /// One word or a list of them; `read` when not given.
    fn access(&mut self, fields: &Fields<'_>) -> Vec<Access> {
        let field = fields.path("access");
        let nodes = match fields.get("access") {
            None => return vec![Access::Read],
            Some(Node { value: Data::List(items), .. }) => items.as_slice(),
            Some(node) => std::slice::from_ref(node),
        };
        let mut access: Vec<Access> = Vec::new();
        for node in nodes {
            let Some(word) = self.string(node, &field) else { continue };
            match word.as_str() {
                "read" => access.push(Access::Read),
                "write" => access.push(Access::Write),
                "provide" => access.push(Access::Provide),
                other => {
                    let message = format!("'{other}' is none of read, write, provide");
                    self.complain(node.referenced, &field, message);
                }
            }
        }
        access.sort();
        access.dedup();
        access
    }

    fn limits(&mut self, fields: &Fields<'_>) -> Limits {
        let none = Limits::default();
        let Some(node) = fields.get("limits") else { return none };
        let Some(fields) = self.fields(node, "limits", LIMIT_FIELDS) else { return none };
        let mut limit = |name: &str| {
            let node = fields.get(name)?;
            let text = self.string(node, &fields.path(name))?;
            Some((text, node.referenced))
        };
        let (cpus, memory, pids) = (limit("cpus"), limit("mem_limit"), limit("pids_limit"));
        Limits {
            cpus: cpus
                .and_then(|(text, at)| self.parsed(at, "limits.cpus", values::processors(&text))),
            mem_limit: memory.and_then(|(text, at)| {
                self.parsed(at, "limits.mem_limit", limits::parse_size(&text))
            }),
            pids_limit: pids
                .and_then(|(text, at)| self.parsed(at, "limits.pids_limit", values::count(&text))),
        }
    }

    fn restart(&mut self, fields: &Fields<'_>) -> RestartPolicy {
        let Some(node) = fields.get("restart") else { return RestartPolicy::No };
        // YAML 1.1 habits: an unquoted `no` may arrive as false.
        if node.value == Data::Bool(false) {
            return RestartPolicy::No;
        }
        let Some(word) = self.string(node, "restart") else { return RestartPolicy::No };
        let found = RestartPolicy::ALL.into_iter().find(|policy| policy.name() == word);
        found.unwrap_or_else(|| {
            let message = format!("'{word}' is none of no, on-failure, always");
            self.complain(node.referenced, "restart", message);
            RestartPolicy::No
        })
    }

    fn only(&mut self, fields: &Fields<'_>, name: &str, value: &str, why: &str) {
        if let Some(node) = fields.get(name)
            && let Some(text) = self.string(node, name)
            && text != value
        {
            self.complain(node.referenced, name, format!("'{text}' is not supported yet: {why}"));
        }
    }
}

#[cfg(test)]
mod tests;
