//! Traces: what signals did, in a file, to be played again or looked at elsewhere.
//!
//! In: [`Sample`]s, from the broker ([`record`]) or from anybody else ([`Recorder`],
//! [`TraceWriter`]). Out: the same samples ([`TraceReader`]), published at their times
//! ([`replay`]) or as csv and parquet ([`export`]).
//! Must not know: apps, HTTP, where the samples of a [`TraceWriter`] come from.
//!
//! # The file
//!
//! ```text
//! file   = "VETRACE" version(1 byte: 1) block*
//! block  = kind(1) stored(4) raw(4) crc(4) content
//! ```
//!
//! Integers of fixed size are little-endian. `content` has `stored` bytes; inflated (raw
//! deflate, RFC 1951) it has `raw` bytes. `crc` is the CRC-32 of zip and PNG over the 9 bytes
//! before it and the content as it is stored. Blocks are only ever appended, and each is whole
//! in itself but for the signals that those before it name; so a file that ends anywhere, after
//! a power failure say, is good up to its last whole block. A tail of zeros, which some file
//! systems leave then, counts as not written.
//!
//! A `number` is a LEB128 varint of at most 64 bits; a `signed` number is one in zigzag
//! (0, -1, 1, -2 are 0, 1, 2, 3); `text` is a number of bytes and that much UTF-8.
//!
//! | kind | content |
//! |---|---|
//! | 1: header, the first block | text: the model's name; text: its version, or empty; text: its hash; signed: when the recording began |
//! | 2: data | see below |
//! | 3: end, the last block of a recording that was finished | number: all updates; number: all that were dropped |
//!
//! Times are nanoseconds since 1970 (UTC), so from 1677 to 2262. Data is stored in columns,
//! which deflate well:
//!
//! ```text
//! data     = dropped new signal* updates column(times) column(which) column(values)*
//! signal   = path:text datatype:text
//! column   = bytes:number content
//! ```
//!
//! - `dropped`, `new`, `updates` are numbers: of updates lost so far because the recorder
//!   was too slow, of the signals named here for the first time, and of the updates here.
//!   Signals are numbered from 0 through the whole file. A path is named anew where its
//!   datatype changed, and then has a second number.
//! - `times`: for each update, signed, the difference to the one before it (the first: to 0).
//!   Updates are in the order in which they came; a time may go back.
//! - `which`: for each update, a number: twice its signal, plus one if it has a value.
//! - `values`: a column for each signal with values here, by the signal's number. Text is
//!   `text`. Anything else is 64 bits: a boolean 0 or 1, an integer itself in two's
//!   complement, a `float` or `double` its IEEE bits; of these, signed, the difference
//!   (modulo 2^64) to that signal's value before it in this block (the first: to 0). An array
//!   is the number of its elements and then each; differences are to the element before it.
//!
//! A reader refuses what is beyond these bounds, so that a hostile file costs it little: a
//! block of [`MAX_BLOCK`] bytes, stored or raw; [`MAX_UPDATES`] updates in a block;
//! [`MAX_SIGNALS`] signals; [`MAX_PATHS`] bytes of paths.
//!
//! # When it is on the disk
//!
//! A [`Recorder`] writes a block and asks the disk to keep it (fdatasync) each second in which
//! something came; a block of [`FULL`] raw bytes is written at once and kept with the next
//! second. A crash of the program or of the machine costs the last second, at most.

mod chosen;
mod code;
mod error;
pub mod export;
mod read;
mod record;
pub mod replay;
mod schedule;
#[cfg(test)]
mod tests;
mod write;

use std::sync::Arc;

use jiff::Timestamp;
use vss_codegen::model::Value;

pub use error::TraceError;
pub use read::{Ending, Header, TraceReader};
pub use record::{Recorder, Recording, record};
pub use schedule::{InvalidSpeed, Speed};
pub use write::{Summary, TraceWriter};

const MAGIC: &[u8; 7] = b"VETRACE";
const VERSION: u8 = 1;
/// Of what stands before a block's content.
const HEAD: usize = 13;

/// The writer closes a block that has so many raw bytes.
pub const FULL: usize = 64 << 10;
/// No block is larger. A value that would not fit is left out by the writer, and counted.
pub const MAX_BLOCK: usize = 1 << 20;
pub const MAX_UPDATES: usize = 1 << 16;
pub const MAX_SIGNALS: usize = 100_000;
pub const MAX_PATHS: usize = 16 << 20;
/// In a trace.
const MAX_VALUE: usize = 256 << 10;
const LONGEST_PATH: usize = 1000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Header = 1,
    Data = 2,
    End = 3,
}

/// One signal's value at one time; `None` if it had none any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Sample {
    pub path: Arc<str>,
    pub time: Timestamp,
    pub value: Option<Value>,
}
