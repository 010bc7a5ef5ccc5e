//! The catalogue of signals: paths, ids, metadata, limits. Never changes once built.

use std::{collections::HashMap, sync::Arc};

use vss_codegen::model::{Limits, Manifest, ModelInfo, Signal, Value, Violation, nearest};

use super::{InvalidPattern, Pattern, SignalError};

const LONGEST_PATH: usize = 1000;
/// Values wait in queues, a thousand for a slow reader: what one may take is bounded.
const LARGEST_VALUE: usize = 64 << 10;

#[derive(Debug)]
pub struct Registry {
    model: ModelInfo,
    entries: Vec<Entry>,
    by_path: HashMap<Arc<str>, usize>,
}

/// One signal.
#[derive(Debug)]
pub struct Entry {
    id: i32,
    path: Arc<str>,
    signal: Signal,
    limits: Limits,
}

/// A manifest that the compiler did not write.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum RegistryError {
    #[error("the manifest names {0} twice: generate it anew with vssc")]
    Twice(String),
    #[error("the manifest's bounds of {path} are wrong ({violation}): generate it anew with vssc")]
    Limits { path: String, violation: Violation },
}

impl Registry {
    pub(super) fn new(manifest: &Manifest) -> Result<Registry, RegistryError> {
        let mut entries = Vec::with_capacity(manifest.signals.len());
        let mut by_path = HashMap::with_capacity(manifest.signals.len());
        for (index, signal) in manifest.signals.iter().enumerate() {
            let path: Arc<str> = signal.path.as_str().into();
            let limits = signal.limits().map_err(|violation| RegistryError::Limits {
                path: signal.path.clone(),
                violation,
            })?;
            if by_path.insert(path.clone(), index).is_some() {
                return Err(RegistryError::Twice(signal.path.clone()));
            }
            entries.push(Entry { id: id_of(index), path, signal: signal.clone(), limits });
        }
        Ok(Registry { model: manifest.model.clone(), entries, by_path })
    }

    pub fn model(&self) -> &ModelInfo {
        &self.model
    }

    /// All signals, in the order of the model.
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.by_path.get(path).and_then(|index| self.entries.get(*index))
    }

    pub fn by_id(&self, id: i32) -> Option<&Entry> {
        index_of(id).and_then(|index| self.entries.get(index))
    }

    /// The signals of a leaf, a branch or a pattern, in the order of the model.
    pub fn matching(&self, pattern: &str) -> Result<Vec<&Entry>, InvalidPattern> {
        if let Some(entry) = self.get(pattern) {
            return Ok(vec![entry]);
        }
        let pattern = Pattern::parse(pattern)?;
        Ok(self.entries.iter().filter(|entry| pattern.matches(&entry.path)).collect())
    }

    /// The path that was probably meant. Compares with every path: not for hostile callers.
    pub fn nearest(&self, path: &str) -> Option<&str> {
        nearest(path, self.entries.iter().map(Entry::path))
    }

    pub(super) fn resolve(&self, path: &str) -> Result<&Entry, SignalError> {
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

    pub(super) fn resolve_id(&self, id: i32) -> Result<&Entry, SignalError> {
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
        index_of(self.id).unwrap_or_default()
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

/// Ids start at 1, so that an id that a client forgot to set (0) is never a signal's.
fn id_of(index: usize) -> i32 {
    i32::try_from(index + 1).unwrap_or(i32::MAX)
}

fn index_of(id: i32) -> Option<usize> {
    usize::try_from(id).ok()?.checked_sub(1)
}
