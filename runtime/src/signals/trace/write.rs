//! Writes a trace, from wherever the samples come.

use std::{
    collections::HashMap,
    fs::File,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::Arc,
};

use flate2::{Compression, write::DeflateEncoder};
use jiff::Timestamp;
use vss_codegen::model::{DataType, Limits, ModelInfo, Value};

use super::{
    FULL, Kind, LONGEST_PATH, MAGIC, MAX_PATHS, MAX_SIGNALS, MAX_UPDATES, MAX_VALUE, TraceError,
    VERSION, code,
};
use crate::signals::registry::weight;

/// A signal's values of one block may take this much again in the next without asking.
const KEPT: usize = 4 << 10;

#[derive(Debug)]
pub struct TraceWriter<W: Write> {
    out: W,
    /// For errors.
    name: PathBuf,
    deflate: DeflateEncoder<Vec<u8>>,
    /// The numbers of each path, the newest last.
    numbers: HashMap<Arc<str>, Vec<usize>>,
    signals: Vec<Signal>,
    paths: usize,
    block: Block,
    summary: Summary,
}

#[derive(Debug)]
struct Signal {
    datatype: DataType,
    /// The values of the block that is being made.
    values: Vec<u8>,
    previous: u64,
}

/// The one that is being made.
#[derive(Debug, Default)]
struct Block {
    new: u64,
    named: Vec<u8>,
    updates: usize,
    times: Vec<u8>,
    last: i64,
    which: Vec<u8>,
    /// Signals with a value here, by when the first came.
    used: Vec<usize>,
    /// About how many raw bytes.
    size: usize,
}

/// What a recording holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Summary {
    pub signals: usize,
    pub updates: u64,
    /// Lost because the recorder was too slow.
    pub dropped: u64,
    /// What a trace cannot hold: values of more than 256 KiB, times before 1677 or after 2262,
    /// paths of more than 1000 bytes.
    pub left_out: u64,
    /// Of the file.
    pub bytes: u64,
}

impl TraceWriter<File> {
    /// A new file: a trace that is there is never written over.
    pub fn create(
        path: &Path,
        model: &ModelInfo,
        began: Timestamp,
    ) -> Result<TraceWriter<File>, TraceError> {
        let file = File::create_new(path).map_err(|source| match source.kind() {
            io::ErrorKind::AlreadyExists => TraceError::Exists { path: path.to_owned() },
            _ => TraceError::Io { deed: "create", path: path.to_owned(), source },
        })?;
        TraceWriter::new(file, path, model, began)
    }

    /// Writes what waits, and asks the disk to keep it.
    pub fn sync(&mut self) -> Result<(), TraceError> {
        self.flush()?;
        self.out.sync_data().map_err(TraceError::io("write", &self.name))
    }
}

impl<W: Write> TraceWriter<W> {
    /// `name` is what errors call `out`.
    pub fn new(
        out: W,
        name: &Path,
        model: &ModelInfo,
        began: Timestamp,
    ) -> Result<TraceWriter<W>, TraceError> {
        let mut writer = TraceWriter {
            out,
            name: name.to_owned(),
            deflate: DeflateEncoder::new(Vec::new(), Compression::default()),
            numbers: HashMap::new(),
            signals: Vec::new(),
            paths: 0,
            block: Block::default(),
            summary: Summary::default(),
        };
        let mut content = Vec::new();
        code::put_bytes(&mut content, model.name.as_bytes());
        code::put_bytes(&mut content, model.version.as_deref().unwrap_or_default().as_bytes());
        code::put_bytes(&mut content, model.hash.as_bytes());
        code::put_signed(&mut content, nanoseconds(began).unwrap_or_default());
        writer.put(&[MAGIC.as_slice(), &[VERSION]].concat())?;
        writer.put_block(Kind::Header, &content)?;
        Ok(writer)
    }

    /// Names a signal's datatype, which is otherwise taken from its values: as `int32` for
    /// an `int8`.
    pub fn declare(&mut self, path: &Arc<str>, datatype: &DataType) -> Result<(), TraceError> {
        let known = self.numbers.get(path).and_then(|numbers| numbers.last());
        if path.len() <= LONGEST_PATH
            && known.is_none_or(|number| self.signals[*number].datatype != *datatype)
        {
            self.add(path, datatype.clone())?;
        }
        Ok(())
    }

    /// Takes an update; a full block is written. Of a signal whose datatype is not known yet
    /// nothing is kept that has no value.
    pub fn update(
        &mut self,
        path: &Arc<str>,
        time: Timestamp,
        value: Option<&Value>,
    ) -> Result<(), TraceError> {
        let too_large = value.is_some_and(|value| weight(value) > MAX_VALUE);
        let Some(time) = nanoseconds(time).filter(|_| !too_large && path.len() <= LONGEST_PATH)
        else {
            self.summary.left_out += 1;
            return Ok(());
        };
        let Some(number) = self.number(path, value)? else { return Ok(()) };
        let block = &mut self.block;
        let before = block.times.len() + block.which.len();
        code::put_signed(&mut block.times, time.wrapping_sub(block.last));
        block.last = time;
        code::put_number(&mut block.which, (number as u64) << 1 | u64::from(value.is_some()));
        block.size += block.times.len() + block.which.len() - before;
        block.updates += 1;
        if let (Some(value), Some(signal)) = (value, self.signals.get_mut(number)) {
            let before = signal.values.len();
            if before == 0 {
                block.used.push(number);
            }
            code::put_value(&mut signal.values, &mut signal.previous, value);
            block.size += signal.values.len() - before;
        }
        self.summary.updates += 1;
        if self.block.size >= FULL || self.block.updates >= MAX_UPDATES {
            self.flush()?;
        }
        Ok(())
    }

    /// Says how many updates were lost up to now.
    pub fn set_dropped(&mut self, dropped: u64) {
        self.summary.dropped = dropped;
    }

    /// Writes what waits as a block.
    pub fn flush(&mut self) -> Result<(), TraceError> {
        if self.block.updates == 0 && self.block.new == 0 {
            return Ok(());
        }
        let block = std::mem::take(&mut self.block);
        let mut content = Vec::with_capacity(block.size + block.named.len() + 64);
        code::put_number(&mut content, self.summary.dropped);
        code::put_number(&mut content, block.new);
        content.extend_from_slice(&block.named);
        code::put_number(&mut content, block.updates as u64);
        code::put_bytes(&mut content, &block.times);
        code::put_bytes(&mut content, &block.which);
        // By number, as readers expect them.
        let mut used = block.used;
        used.sort_unstable();
        for number in used {
            let signal = &mut self.signals[number];
            code::put_bytes(&mut content, &signal.values);
            signal.values.clear();
            signal.values.shrink_to(KEPT);
            signal.previous = 0;
        }
        self.put_block(Kind::Data, &content)
    }

    /// Writes what waits, and that this is all.
    pub fn finish(mut self) -> Result<(W, Summary), TraceError> {
        self.flush()?;
        let mut content = Vec::new();
        code::put_number(&mut content, self.summary.updates);
        code::put_number(&mut content, self.summary.dropped);
        self.put_block(Kind::End, &content)?;
        self.out.flush().map_err(TraceError::io("write", &self.name))?;
        Ok((self.out, self.summary))
    }

    pub fn summary(&self) -> Summary {
        self.summary
    }

    /// The number under which a signal can hold this value.
    fn number(
        &mut self,
        path: &Arc<str>,
        value: Option<&Value>,
    ) -> Result<Option<usize>, TraceError> {
        let numbers = self.numbers.get(path).map(Vec::as_slice).unwrap_or_default();
        let Some(value) = value else { return Ok(numbers.last().copied()) };
        let any = Limits::default();
        let fits = |number: &&usize| any.check(value, &self.signals[**number].datatype).is_ok();
        if let Some(number) = numbers.iter().rev().find(fits) {
            return Ok(Some(*number));
        }
        self.add(path, value.kind()).map(Some)
    }

    fn add(&mut self, path: &Arc<str>, datatype: DataType) -> Result<usize, TraceError> {
        let number = self.signals.len();
        if number >= MAX_SIGNALS || self.paths + path.len() > MAX_PATHS {
            return Err(TraceError::Full { path: self.name.clone() });
        }
        let datatype_name = datatype.to_string();
        let size = path.len() + datatype_name.len() + 4;
        // So that a block of nothing but names stays within its bound, too.
        if self.block.size + size > FULL {
            self.flush()?;
        }
        let block = &mut self.block;
        code::put_bytes(&mut block.named, path.as_bytes());
        code::put_bytes(&mut block.named, datatype_name.as_bytes());
        block.new += 1;
        block.size += size;
        self.paths += path.len();
        self.signals.push(Signal { datatype, values: Vec::new(), previous: 0 });
        self.numbers.entry(path.clone()).or_default().push(number);
        self.summary.signals = self.numbers.len();
        Ok(number)
    }

    fn put_block(&mut self, kind: Kind, content: &[u8]) -> Result<(), TraceError> {
        let failed = TraceError::io("write", &self.name);
        // Into memory, so this cannot fail.
        let stored = match self.deflate.write_all(content) {
            Ok(()) => self.deflate.reset(Vec::new()).map_err(failed)?,
            Err(error) => return Err(failed(error)),
        };
        let mut block = Vec::with_capacity(super::HEAD + stored.len());
        block.push(kind as u8);
        block.extend_from_slice(&(stored.len() as u32).to_le_bytes());
        block.extend_from_slice(&(content.len() as u32).to_le_bytes());
        let mut crc = crc32fast::Hasher::new();
        crc.update(&block);
        crc.update(&stored);
        block.extend_from_slice(&crc.finalize().to_le_bytes());
        block.extend_from_slice(&stored);
        self.put(&block)
    }

    /// In one go: a crash leaves a block whole or cut, never with a gap.
    fn put(&mut self, bytes: &[u8]) -> Result<(), TraceError> {
        self.out.write_all(bytes).map_err(TraceError::io("write", &self.name))?;
        self.summary.bytes += bytes.len() as u64;
        Ok(())
    }
}

fn nanoseconds(time: Timestamp) -> Option<i64> {
    i64::try_from(time.as_nanosecond()).ok()
}
