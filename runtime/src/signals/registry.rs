//! The catalogue of signals: paths, ids, metadata, limits. One never changes once built; when
//! the model is exchanged, a new one succeeds it.

use std::{collections::HashMap, sync::Arc};

use vss_codegen::model::{Limits, Manifest, ModelInfo, Signal, Value, Violation, nearest};

use super::{InvalidPattern, Pattern, SignalError, slot::Slot};

const LONGEST_PATH: usize = 1000;
/// Values wait in queues, a thousand for a slow reader: what one may take is bounded.
const LARGEST_VALUE: usize = 64 << 10;

#[derive(Debug)]
pub struct Registry {
    model: ModelInfo,
    /// Counts the registries of one broker.
    generation: u64,
    entries: Vec<Arc<Entry>>,
    by_path: HashMap<Arc<str>, usize>,
    /// The place in `entries` of each id; ids are few and close together.
    by_id: Vec<Option<usize>>,
    next_id: i32,
}

/// One signal, as one registry has it.
#[derive(Debug)]
pub struct Entry {
    id: i32,
    /// Where it stands in the registry of this generation.
    index: usize,
    generation: u64,
    path: Arc<str>,
    signal: Signal,
    limits: Limits,
    /// Its life, which outlasts the registry where the next one still has the signal.
    slot: Arc<Slot>,
}

/// A manifest that the compiler did not write.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RegistryError {
    #[error("the manifest names {0} twice: generate it anew with vssc")]
    Twice(String),
    #[error("the manifest's bounds of {path} are wrong ({violation}): generate it anew with vssc")]
    Limits { path: String, violation: Violation },
}

/// What became of the signals when a registry was succeeded by another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Succession {
    /// Those that are not there any more, or are of another type or kind now.
    pub gone: Vec<Arc<str>>,
    pub added: Vec<Arc<str>>,
}

impl Registry {
    pub fn new(manifest: &Manifest) -> Result<Registry, RegistryError> {
        Registry::build(manifest.model.clone(), &manifest.signals, None)
    }

    /// The registry of another model after this one. A signal of the same path, type and
    /// kind keeps its id and its life: value, readers and claims.
    pub(super) fn succeeded_by(
        &self,
        model: ModelInfo,
        signals: &[Signal],
    ) -> Result<Registry, RegistryError> {
        Registry::build(model, signals, Some(self))
    }

    fn build(
        model: ModelInfo,
        signals: &[Signal],
        before: Option<&Registry>,
    ) -> Result<Registry, RegistryError> {
        let mut registry = Registry {
            model,
            generation: before.map_or(0, |before| before.generation + 1),
            entries: Vec::with_capacity(signals.len()),
            by_path: HashMap::with_capacity(signals.len()),
            by_id: Vec::new(),
            // From 1, so that an id that a client forgot to set (0) is never a signal's.
            next_id: before.map_or(1, |before| before.next_id),
        };
        for signal in signals {
            registry.add(signal, before.and_then(|before| before.same(signal)))?;
        }
        Ok(registry)
    }

    fn add(&mut self, signal: &Signal, before: Option<&Entry>) -> Result<(), RegistryError> {
        let limits = signal
            .limits()
            .map_err(|violation| RegistryError::Limits { path: signal.path.clone(), violation })?;
        let (id, path, slot) = match before {
            Some(entry) => (entry.id, entry.path.clone(), entry.slot.clone()),
            None => (self.next_id, signal.path.as_str().into(), Arc::default()),
        };
        let index = self.entries.len();
        if self.by_path.insert(path.clone(), index).is_some() {
            return Err(RegistryError::Twice(signal.path.clone()));
        }
        let number = usize::try_from(id).unwrap_or_default();
        if self.by_id.len() <= number {
            self.by_id.resize(number + 1, None);
        }
        self.by_id[number] = Some(index);
        self.next_id = self.next_id.max(id.saturating_add(1));
        let (generation, signal) = (self.generation, signal.clone());
        self.entries.push(Arc::new(Entry { id, index, generation, path, signal, limits, slot }));
        Ok(())
    }

    /// The signal that goes on as this one.
    fn same(&self, signal: &Signal) -> Option<&Entry> {
        let entry = self.get(&signal.path)?;
        let same = entry.signal.datatype == signal.datatype && entry.signal.kind == signal.kind;
        same.then_some(&**entry)
    }

    /// What changes when `next` comes.
    pub(super) fn succession(&self, next: &Registry) -> Succession {
        let missing = |from: &Registry, other: &Registry| {
            let lives = |entry: &&Arc<Entry>| {
                let there = other.get(&entry.path);
                !there.is_some_and(|there| Arc::ptr_eq(&there.slot, &entry.slot))
            };
            from.entries.iter().filter(lives).map(|entry| entry.path.clone()).collect()
        };
        Succession { gone: missing(self, next), added: missing(next, self) }
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub fn model(&self) -> &ModelInfo {
        &self.model
    }

    /// All signals, in the order of the model.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    pub fn get(&self, path: &str) -> Option<&Arc<Entry>> {
        self.by_path.get(path).and_then(|index| self.entries.get(*index))
    }

    pub fn by_id(&self, id: i32) -> Option<&Arc<Entry>> {
        let index = self.by_id.get(usize::try_from(id).ok()?).copied().flatten()?;
        self.entries.get(index)
    }

    /// The signals of a leaf, a branch or a pattern, in the order of the model.
    pub fn matching(&self, pattern: &str) -> Result<Vec<&Arc<Entry>>, InvalidPattern> {
        if let Some(entry) = self.get(pattern) {
            return Ok(vec![entry]);
        }
        let pattern = Pattern::parse(pattern)?;
        Ok(self.entries.iter().filter(|entry| pattern.matches(&entry.path)).collect())
    }

    /// The path that was probably meant. Compares with every path: not for hostile callers.
    pub fn nearest(&self, path: &str) -> Option<&str> {
        nearest(path, self.entries.iter().map(|entry| entry.path()))
    }

    pub(super) fn resolve(&self, path: &str) -> Result<&Arc<Entry>, SignalError> {
        if path.is_empty() {
            return Err(SignalError::BadPath("the signal's path is empty".to_owned()));
        }
        if path.len() > LONGEST_PATH {
            let length = path.len();
            return Err(SignalError::BadPath(format!(
                "a signal's path has at most {LONGEST_PATH} bytes, this one {length}"
            )));
        }
        self.get(path)
            .ok_or_else(|| SignalError::UnknownPath { path: path.to_owned(), nearest: None })
    }

    pub(super) fn resolve_id(&self, id: i32) -> Result<&Arc<Entry>, SignalError> {
        self.by_id(id).ok_or(SignalError::UnknownId(id))
    }
}

impl Entry {
    /// The number of this signal in this broker's life.
    pub fn id(&self) -> i32 {
        self.id
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    pub fn signal(&self) -> &Signal {
        &self.signal
    }

    pub fn limits(&self) -> &Limits {
        &self.limits
    }

    pub(super) fn shared_path(&self) -> Arc<str> {
        self.path.clone()
    }

    pub(super) fn index(&self) -> usize {
        self.index
    }

    pub(super) fn generation(&self) -> u64 {
        self.generation
    }

    pub(super) fn slot(&self) -> &Arc<Slot> {
        &self.slot
    }

    pub(super) fn check(&self, value: &Value) -> Result<(), SignalError> {
        let size = weight(value);
        if size > LARGEST_VALUE {
            let path = self.path.clone();
            return Err(SignalError::TooLarge { path, size, most: LARGEST_VALUE });
        }
        self.limits
            .check(value, &self.signal.datatype)
            .map_err(|violation| SignalError::Invalid { path: self.path.clone(), violation })
    }
}

/// About how many bytes a value takes in memory and on the wire, beside its frame.
pub(super) fn weight(value: &Value) -> usize {
    match value {
        Value::Bool(_)
        | Value::Int32(_)
        | Value::Int64(_)
        | Value::Uint32(_)
        | Value::Uint64(_)
        | Value::Float(_)
        | Value::Double(_) => 8,
        Value::String(text) => text.len(),
        Value::BoolArray(items) => items.len(),
        Value::Int32Array(items) => size_of_val(items.as_ref()),
        Value::Int64Array(items) => size_of_val(items.as_ref()),
        Value::Uint32Array(items) => size_of_val(items.as_ref()),
        Value::Uint64Array(items) => size_of_val(items.as_ref()),
        Value::FloatArray(items) => size_of_val(items.as_ref()),
        Value::DoubleArray(items) => size_of_val(items.as_ref()),
        Value::StringArray(items) => items.iter().map(|text| size_of::<&str>() + text.len()).sum(),
    }
}
