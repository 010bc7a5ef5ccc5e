//! Reads a trace block by block, and trusts none.

use std::{
    fs::File,
    io::{self, BufReader, Read},
    path::{Path, PathBuf},
    sync::Arc,
    vec,
};

use flate2::bufread::DeflateDecoder;
use jiff::Timestamp;
use vss_codegen::model::{DataType, Element, ModelInfo};

use super::{
    HEAD, Kind, LONGEST_PATH, MAGIC, MAX_BLOCK, MAX_PATHS, MAX_SIGNALS, MAX_UPDATES, Sample,
    TraceError, VERSION,
    code::{self, Flaw, Input},
};

/// Holds one block at a time.
#[derive(Debug)]
pub struct TraceReader<R: Read> {
    source: R,
    /// For errors.
    name: PathBuf,
    /// Of the block that is read next.
    offset: u64,
    header: Header,
    signals: Vec<Signal>,
    paths: usize,
    samples: vec::IntoIter<Sample>,
    updates: u64,
    dropped: u64,
    ending: Option<Ending>,
}

/// What the trace says of itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Header {
    pub model: ModelInfo,
    pub began: Timestamp,
}

/// How a trace ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// The recording was finished.
    Finished,
    /// It broke off: what stands from this byte on is no whole block, if anything does.
    BrokenOff { offset: u64 },
}

#[derive(Debug)]
struct Signal {
    path: Arc<str>,
    datatype: DataType,
}

/// What comes next in the file.
enum Next {
    Block(Kind, Vec<u8>),
    Nothing,
    /// A block that was not written to its end.
    Part,
}

impl TraceReader<BufReader<File>> {
    pub fn open(path: &Path) -> Result<Self, TraceError> {
        let file = File::open(path).map_err(TraceError::io("open", path))?;
        TraceReader::new(BufReader::new(file), path)
    }
}

impl<R: Read> TraceReader<R> {
    /// `name` is what errors call `source`.
    pub fn new(source: R, name: &Path) -> Result<TraceReader<R>, TraceError> {
        let model = ModelInfo { name: String::new(), version: None, hash: String::new() };
        let mut reader = TraceReader {
            source,
            name: name.to_owned(),
            offset: 0,
            header: Header { model, began: Timestamp::UNIX_EPOCH },
            signals: Vec::new(),
            paths: 0,
            samples: Vec::new().into_iter(),
            updates: 0,
            dropped: 0,
            ending: None,
        };
        reader.begin()?;
        Ok(reader)
    }

    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The next update, in the order in which they were recorded.
    pub fn next_sample(&mut self) -> Result<Option<Sample>, TraceError> {
        loop {
            if let Some(sample) = self.samples.next() {
                return Ok(Some(sample));
            }
            match self.next_block()? {
                Some(samples) => self.samples = samples.into_iter(),
                None => return Ok(None),
            }
        }
    }

    /// The updates of the next block, at most [`MAX_UPDATES`].
    pub fn next_block(&mut self) -> Result<Option<Vec<Sample>>, TraceError> {
        if self.ending.is_some() {
            return Ok(None);
        }
        let offset = self.offset;
        let content = match self.next()? {
            Next::Block(Kind::Data, content) => content,
            Next::Block(Kind::End, content) => {
                self.end(&content).map_err(|flaw| self.damaged(offset, flaw))?;
                self.ending = Some(Ending::Finished);
                return Ok(None);
            }
            Next::Block(Kind::Header, _) => {
                return Err(self.damaged(offset, "a second header"));
            }
            Next::Nothing | Next::Part => {
                self.ending = Some(Ending::BrokenOff { offset });
                return Ok(None);
            }
        };
        let samples = self.data(&content).map_err(|flaw| self.damaged(offset, flaw))?;
        self.updates += samples.len() as u64;
        Ok(Some(samples))
    }

    /// `None` while there is more to read.
    pub fn ending(&self) -> Option<Ending> {
        self.ending
    }

    /// In the blocks read so far.
    pub fn updates(&self) -> u64 {
        self.updates
    }

    /// How many updates the recorder lost, up to the last block read.
    pub fn dropped(&self) -> u64 {
        self.dropped
    }

    /// The signals named so far. One whose datatype changed is there twice.
    pub fn signals(&self) -> impl Iterator<Item = (&Arc<str>, &DataType)> {
        self.signals.iter().map(|signal| (&signal.path, &signal.datatype))
    }

    fn begin(&mut self) -> Result<(), TraceError> {
        let mut start = [0; MAGIC.len() + 1];
        let got = self.fill(&mut start)?;
        let magic = &start[..got.min(MAGIC.len())];
        if !MAGIC.starts_with(magic) {
            return Err(TraceError::NotATrace { path: self.name.clone() });
        }
        if got == start.len() && start[MAGIC.len()] != VERSION {
            let version = start[MAGIC.len()];
            return Err(TraceError::Version { path: self.name.clone(), version });
        }
        self.offset = got as u64;
        let offset = self.offset;
        match self.next()? {
            Next::Block(Kind::Header, content) => {
                self.header = header(&content).map_err(|flaw| self.damaged(offset, flaw))?;
                Ok(())
            }
            Next::Block(..) => Err(self.damaged(offset, "the first block is no header")),
            Next::Nothing | Next::Part => Err(TraceError::Nothing { path: self.name.clone() }),
        }
    }

    fn next(&mut self) -> Result<Next, TraceError> {
        let offset = self.offset;
        let mut head = [0; HEAD];
        match self.fill(&mut head)? {
            0 => return Ok(Next::Nothing),
            HEAD => {}
            _ => return Ok(Next::Part),
        }
        let word = |at: usize| {
            u32::from_le_bytes([head[at], head[at + 1], head[at + 2], head[at + 3]]) as usize
        };
        let (stored_size, raw_size, crc) = (word(1), word(5), word(9));
        if head == [0; HEAD] {
            return self.part_or("it is empty");
        }
        if stored_size > MAX_BLOCK || raw_size > MAX_BLOCK {
            return Err(self.damaged(offset, "it would be larger than 1 MiB"));
        }
        let mut stored = vec![0; stored_size];
        if self.fill(&mut stored)? < stored_size {
            return Ok(Next::Part);
        }
        let mut actual = crc32fast::Hasher::new();
        actual.update(&head[..9]);
        actual.update(&stored);
        if actual.finalize() as usize != crc {
            return self.part_or("its checksum is wrong");
        }
        let kind = match head[0] {
            1 => Kind::Header,
            2 => Kind::Data,
            3 => Kind::End,
            _ => return Err(self.damaged(offset, "it is of a kind that version 1 does not have")),
        };
        let mut raw = Vec::with_capacity(raw_size);
        let inflated =
            DeflateDecoder::new(stored.as_slice()).take(raw_size as u64 + 1).read_to_end(&mut raw);
        if inflated.is_err() || raw.len() != raw_size {
            return Err(self.damaged(offset, "it does not inflate to its size"));
        }
        self.offset += (HEAD + stored_size) as u64;
        Ok(Next::Block(kind, raw))
    }

    /// A block that is wrong is one that was not written to its end, if nothing but zeros
    /// follows; else it is damaged.
    fn part_or(&mut self, flaw: Flaw) -> Result<Next, TraceError> {
        let mut rest = [0; 4096];
        loop {
            let got = self.fill(&mut rest)?;
            if rest[..got].iter().any(|byte| *byte != 0) {
                return Err(self.damaged(self.offset, flaw));
            }
            if got < rest.len() {
                return Ok(Next::Part);
            }
        }
    }

    fn data(&mut self, content: &[u8]) -> Result<Vec<Sample>, Flaw> {
        let mut input = Input(content);
        self.dropped = input.number()?;
        for _ in 0..input.count()? {
            self.name_signal(&mut input)?;
        }
        let updates = input.count()?;
        if updates > MAX_UPDATES {
            return Err("it has more than 65536 updates");
        }
        let mut times = Input(input.bytes()?);
        let mut which = Input(input.bytes()?);
        let mut columns = self.columns(which, updates, &mut input)?;
        let mut samples = Vec::with_capacity(updates);
        let mut time = 0_i64;
        for _ in 0..updates {
            time = time.wrapping_add(times.signed()?);
            let (number, has_value) = reference(&mut which)?;
            let signal = self.signals.get(number).ok_or(NO_SIGNAL)?;
            let value = if has_value {
                let place = columns.binary_search_by_key(&number, |column| column.number);
                let column =
                    place.ok().and_then(|place| columns.get_mut(place)).ok_or(NO_SIGNAL)?;
                let values = &mut column.values;
                Some(code::take_value(values, &mut column.previous, &signal.datatype)?)
            } else {
                None
            };
            let path = signal.path.clone();
            let time = Timestamp::from_nanosecond(time.into()).map_err(|_| "a time is wrong")?;
            samples.push(Sample { path, time, value });
        }
        let over = |column: &Column<'_>| !column.values.is_empty();
        if !times.is_empty() || !which.is_empty() || columns.iter().any(over) || !input.is_empty() {
            return Err("something is left over in it");
        }
        Ok(samples)
    }

    /// A column for each signal that has a value in this block, by number.
    fn columns<'a>(
        &self,
        mut which: Input<'_>,
        updates: usize,
        input: &mut Input<'a>,
    ) -> Result<Vec<Column<'a>>, Flaw> {
        let mut numbers = Vec::new();
        for _ in 0..updates {
            let (number, has_value) = reference(&mut which)?;
            if has_value {
                numbers.push(number);
            }
        }
        numbers.sort_unstable();
        numbers.dedup();
        let column = |number| Ok(Column { number, values: Input(input.bytes()?), previous: 0 });
        numbers.into_iter().map(column).collect()
    }

    fn name_signal(&mut self, input: &mut Input<'_>) -> Result<(), Flaw> {
        let path = input.text()?;
        let datatype: DataType =
            input.text()?.parse().map_err(|_| "it names a datatype that there is not")?;
        if matches!(datatype.element, Element::Struct(_)) {
            return Err(code::STRUCT);
        }
        self.paths += path.len();
        if self.signals.len() >= MAX_SIGNALS || self.paths > MAX_PATHS {
            return Err("the trace has too many signals");
        }
        if path.is_empty() || path.len() > LONGEST_PATH {
            return Err("a path is empty or has more than 1000 bytes");
        }
        self.signals.push(Signal { path: path.into(), datatype });
        Ok(())
    }

    fn end(&mut self, content: &[u8]) -> Result<(), Flaw> {
        let mut input = Input(content);
        let (updates, dropped) = (input.number()?, input.number()?);
        if updates != self.updates {
            return Err("blocks before it are missing");
        }
        self.dropped = dropped;
        Ok(())
    }

    /// Reads until the buffer is full or there is no more.
    fn fill(&mut self, buffer: &mut [u8]) -> Result<usize, TraceError> {
        let mut got = 0;
        while got < buffer.len() {
            match self.source.read(&mut buffer[got..]) {
                Ok(0) => break,
                Ok(count) => got += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(TraceError::io("read", &self.name)(error)),
            }
        }
        Ok(got)
    }

    /// Nothing is read after it.
    fn damaged(&mut self, offset: u64, flaw: Flaw) -> TraceError {
        self.ending = Some(Ending::BrokenOff { offset });
        TraceError::Damaged { path: self.name.clone(), offset, flaw }
    }
}

const NO_SIGNAL: Flaw = "it has an update of a signal that no block names";

/// The values of one signal in one block.
struct Column<'a> {
    number: usize,
    values: Input<'a>,
    previous: u64,
}

/// A signal's number, and whether it has a value.
fn reference(which: &mut Input<'_>) -> Result<(usize, bool), Flaw> {
    let reference = which.number()?;
    Ok((usize::try_from(reference >> 1).map_err(|_| NO_SIGNAL)?, reference & 1 == 1))
}

/// What follows in it is of later versions.
fn header(content: &[u8]) -> Result<Header, Flaw> {
    let mut input = Input(content);
    let name = input.text()?.to_owned();
    let version = Some(input.text()?.to_owned()).filter(|version| !version.is_empty());
    let hash = input.text()?.to_owned();
    let began =
        Timestamp::from_nanosecond(input.signed()?.into()).map_err(|_| "its time is wrong")?;
    Ok(Header { model: ModelInfo { name, version, hash }, began })
}
