//! Subscription messages straight from their bytes into samples.
//!
//! This is the path of every update: a message's paths are looked up in the subscription's
//! index instead of being copied, and scalar values never exist as protobuf structs.
//!
//! ```text
//! SubscribeResponse { 1: entry { 1: path, 2: Datapoint { 1: timestamp, 2: value } } … }
//! ```

use std::{collections::HashMap, sync::Arc};

use bytes::Buf;
use prost::Message as _;
use tonic::{
    Status,
    codec::{Codec, DecodeBuf, Decoder},
};
use tonic_prost::ProstEncoder;
use vss_codegen::model::Value;

use crate::{
    proto,
    sample::{Sample, Time, Update},
    wire,
};

/// The paths of a subscription, each with its place.
#[derive(Debug)]
pub(crate) struct Index {
    places: HashMap<String, usize>,
    /// The path of a subscription to one signal, which needs no search.
    only: Option<String>,
}

/// The updates of one moment. Most messages hold one, which needs no allocation.
#[derive(Debug, Default)]
pub(crate) struct Message {
    pub(crate) first: Option<Update>,
    pub(crate) rest: Vec<Update>,
}

#[derive(Debug)]
pub(crate) struct SubscribeCodec {
    pub(crate) index: Arc<Index>,
}

#[derive(Debug)]
pub(crate) struct MessageDecoder {
    index: Arc<Index>,
}

impl Index {
    pub(crate) fn new(paths: &[String]) -> Index {
        let only = match paths {
            [path] => Some(path.clone()),
            _ => None,
        };
        Index { places: paths.iter().cloned().zip(0..).collect(), only }
    }

    fn place(&self, path: &[u8]) -> Option<usize> {
        match &self.only {
            Some(only) => (only.as_bytes() == path).then_some(0),
            None => self.places.get(std::str::from_utf8(path).ok()?).copied(),
        }
    }
}

impl Message {
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Update> {
        self.first.iter().chain(&self.rest)
    }

    /// Marks the message that a stream begins with. Signals without a value are left out of
    /// the very first: nothing has happened to them. Later their having none is news.
    pub(crate) fn begin(&mut self, keep_empty: bool) {
        self.first.iter_mut().chain(&mut self.rest).for_each(|u| u.sample.initial = true);
        if !keep_empty {
            self.first = self.first.take().filter(|update| update.sample.value.is_some());
            self.rest.retain(|update| update.sample.value.is_some());
        }
    }

    fn push(&mut self, update: Update) {
        match self.first {
            None => self.first = Some(update),
            Some(_) => self.rest.push(update),
        }
    }
}

impl IntoIterator for Message {
    type Item = Update;
    type IntoIter = std::iter::Chain<std::option::IntoIter<Update>, std::vec::IntoIter<Update>>;

    fn into_iter(self) -> Self::IntoIter {
        self.first.into_iter().chain(self.rest)
    }
}

impl Codec for SubscribeCodec {
    type Encode = proto::SubscribeRequest;
    type Decode = Message;
    type Encoder = ProstEncoder<proto::SubscribeRequest>;
    type Decoder = MessageDecoder;

    fn encoder(&mut self) -> Self::Encoder {
        ProstEncoder::default()
    }

    fn decoder(&mut self) -> MessageDecoder {
        MessageDecoder { index: self.index.clone() }
    }
}

impl Decoder for MessageDecoder {
    type Item = Message;
    type Error = Status;

    fn decode(&mut self, source: &mut DecodeBuf<'_>) -> Result<Option<Message>, Status> {
        let length = source.remaining();
        let message = if source.chunk().len() == length {
            message(source.chunk(), &self.index)
        } else {
            message(&source.copy_to_bytes(length), &self.index)
        };
        source.advance(source.remaining());
        match message {
            Some(message) => Ok(Some(message)),
            None => Err(Status::internal("the broker sent a message that cannot be read")),
        }
    }
}

/// `None` for bytes that are no message.
fn message(bytes: &[u8], index: &Index) -> Option<Message> {
    let mut message = Message::default();
    each_field(bytes, |number, field| {
        if let (1, Field::Bytes(entry)) = (number, field) {
            message.push_entry(entry, index)?;
        }
        Some(())
    })?;
    Some(message)
}

impl Message {
    fn push_entry(&mut self, bytes: &[u8], index: &Index) -> Option<()> {
        let (mut path, mut sample) = (&[][..], Sample::default());
        each_field(bytes, |number, field| {
            match (number, field) {
                (1, Field::Bytes(bytes)) => path = bytes,
                (2, Field::Bytes(bytes)) => sample = datapoint(bytes)?,
                _ => {}
            }
            Some(())
        })?;
        if let Some(signal) = index.place(path) {
            self.push(Update { signal, sample });
        }
        Some(())
    }
}

fn datapoint(bytes: &[u8]) -> Option<Sample> {
    let mut sample = Sample::default();
    each_field(bytes, |number, field| {
        match (number, field) {
            (1, Field::Bytes(bytes)) => sample.at = Some(time(bytes)?),
            (2, Field::Bytes(bytes)) => sample.value = value(bytes)?,
            _ => {}
        }
        Some(())
    })?;
    Some(sample)
}

fn time(bytes: &[u8]) -> Option<Time> {
    let mut time = Time::default();
    each_field(bytes, |number, field| {
        match (number, field) {
            (1, Field::Varint(seconds)) => time.seconds = seconds as i64,
            (2, Field::Varint(nanos)) => time.nanos = nanos as i32,
            _ => {}
        }
        Some(())
    })?;
    Some(time)
}

/// `Some(None)` for a value whose oneof is not set.
fn value(bytes: &[u8]) -> Option<Option<Value>> {
    let mut value = None;
    each_field(bytes, |number, field| {
        value = Some(match (number, field) {
            (11, Field::Bytes(text)) => Value::String(std::str::from_utf8(text).ok()?.into()),
            (12, Field::Varint(number)) => Value::Bool(number != 0),
            (13, Field::Varint(number)) => Value::Int32(unzigzag(number) as i32),
            (14, Field::Varint(number)) => Value::Int64(unzigzag(number)),
            (15, Field::Varint(number)) => Value::Uint32(number as u32),
            (16, Field::Varint(number)) => Value::Uint64(number),
            (17, Field::Fixed32(bits)) => Value::Float(f32::from_bits(bits)),
            (18, Field::Fixed64(bits)) => Value::Double(f64::from_bits(bits)),
            (21..=28, Field::Bytes(_)) => {
                wire::to_value(proto::Value::decode(bytes).ok()?.typed_value?)
            }
            _ => return Some(()),
        });
        Some(())
    })?;
    Some(value)
}

/// A field's content by its wire type.
enum Field<'a> {
    Varint(u64),
    Fixed64(u64),
    Bytes(&'a [u8]),
    Fixed32(u32),
}

/// Calls `visit` with each field of a message; `None` when it fails or the bytes do.
#[inline]
fn each_field<'a>(
    mut bytes: &'a [u8],
    mut visit: impl FnMut(u32, Field<'a>) -> Option<()>,
) -> Option<()> {
    while !bytes.is_empty() {
        let key = varint(&mut bytes)?;
        let number = u32::try_from(key >> 3).ok()?;
        let field = match key & 7 {
            0 => Field::Varint(varint(&mut bytes)?),
            1 => Field::Fixed64(u64::from_le_bytes(fixed(&mut bytes)?)),
            2 => {
                let length = usize::try_from(varint(&mut bytes)?).ok()?;
                let (content, after) = bytes.split_at_checked(length)?;
                bytes = after;
                Field::Bytes(content)
            }
            5 => Field::Fixed32(u32::from_le_bytes(fixed(&mut bytes)?)),
            _ => return None,
        };
        visit(number, field)?;
    }
    Some(())
}

#[inline]
fn varint(bytes: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for (place, byte) in bytes.iter().take(10).enumerate() {
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            *bytes = &bytes[place + 1..];
            return Some(value);
        }
    }
    None
}

fn fixed<const N: usize>(bytes: &mut &[u8]) -> Option<[u8; N]> {
    let (content, after) = bytes.split_first_chunk::<N>()?;
    *bytes = after;
    Some(*content)
}

fn unzigzag(number: u64) -> i64 {
    (number >> 1) as i64 ^ -((number & 1) as i64)
}
