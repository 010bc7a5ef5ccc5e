//! Numbered updates: written by filling numbers into bytes that were encoded before, read by
//! walking over the fields, so that neither costs what a library's decoding does.

use std::collections::HashMap;

use vehicle_edge_runtime::signals::proto::v2::{
    Datapoint, OpenProviderStreamRequest, PublishValuesRequest, SampleInterval, Value,
    open_provider_stream_request::Action, value::TypedValue,
};

use crate::frame::frame;

/// Numbers begin anew here: a float holds each of them exactly.
pub(crate) const CYCLE: u32 = 1 << 23;

/// In place of the numbers while the bytes are encoded; found again behind the field's tag.
const MARK: f32 = 1.234_567_8e33;

/// A float sensor.
#[derive(Clone, Debug)]
pub(crate) struct Signal {
    pub(crate) id: i32,
    pub(crate) path: String,
}

/// A framed message in which each signal has the same number.
pub(crate) struct Template {
    bytes: Vec<u8>,
    places: Vec<usize>,
}

impl Template {
    pub(crate) fn new(signals: &[Signal]) -> Template {
        let value = Value { typed_value: Some(TypedValue::Float(MARK)) };
        let datapoint = Datapoint { timestamp: None, value: Some(value) };
        let data_points = signals.iter().map(|signal| (signal.id, datapoint.clone())).collect();
        let publish = PublishValuesRequest { request_id: 1, data_points };
        let bytes = framed(Action::PublishValuesRequest(publish));
        let mark = MARK.to_le_bytes();
        let found = bytes.windows(mark.len()).enumerate().filter(|(_, bytes)| **bytes == mark);
        let places = found.map(|(place, _)| place).collect();
        Template { bytes, places }
    }

    pub(crate) fn len(&self) -> usize {
        self.bytes.len()
    }

    pub(crate) fn append(&self, number: u64, out: &mut Vec<u8>) {
        let start = out.len();
        out.extend_from_slice(&self.bytes);
        let value = ((number % u64::from(CYCLE)) as f32).to_le_bytes();
        for place in &self.places {
            out[start + place..][..value.len()].copy_from_slice(&value);
        }
    }
}

/// The claim of a provider.
pub(crate) fn claim(signals: &[Signal]) -> Vec<u8> {
    let interval = |signal: &Signal| (signal.id, SampleInterval { interval_ms: 0 });
    let signals_sample_intervals = signals.iter().map(interval).collect();
    framed(Action::ProvideSignalRequest(
        vehicle_edge_runtime::signals::proto::v2::ProvideSignalRequest { signals_sample_intervals },
    ))
}

fn framed(action: Action) -> Vec<u8> {
    let mut bytes = Vec::new();
    frame(&OpenProviderStreamRequest { action: Some(action) }, &mut bytes);
    bytes
}

/// What one subscriber has seen.
pub(crate) struct Reader {
    signals: Vec<(String, Option<u32>)>,
    places: HashMap<Box<[u8]>, usize>,
    /// Where the next entry probably belongs: brokers keep an order, or there is one signal.
    next: usize,
}

/// Of one chunk of messages.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Seen {
    pub(crate) values: u64,
    pub(crate) lost: u64,
    /// Came after a later one, or twice.
    pub(crate) disordered: u64,
    /// The last number.
    pub(crate) last: Option<u32>,
}

impl Reader {
    pub(crate) fn new(signals: &[Signal]) -> Reader {
        let places = signals.iter().map(|signal| signal.path.as_bytes().into()).zip(0..).collect();
        let signals = signals.iter().map(|signal| (signal.path.clone(), None)).collect();
        Reader { signals, places, next: 0 }
    }

    /// Reads a `SubscribeResponse`.
    pub(crate) fn read(&mut self, message: &[u8], seen: &mut Seen) {
        for entry in Fields(message).filter(|(number, _)| *number == 1) {
            let (mut path, mut value) = (&[][..], None);
            for (number, field) in Fields(entry.1.bytes()) {
                match number {
                    1 => path = field.bytes(),
                    2 => value = float(field.bytes()),
                    _ => {}
                }
            }
            let number = value.map(|value| value as u32);
            if let (Some(number), Some(place)) = (number, self.place(path)) {
                self.count(place, number, seen);
            }
        }
    }

    fn place(&mut self, path: &[u8]) -> Option<usize> {
        let guessed = self.signals.get(self.next).is_some_and(|(own, _)| own.as_bytes() == path);
        let place = if guessed { self.next } else { *self.places.get(path)? };
        self.next = if place + 1 == self.signals.len() { 0 } else { place + 1 };
        Some(place)
    }

    fn count(&mut self, place: usize, number: u32, seen: &mut Seen) {
        let last = self.signals[place].1.replace(number);
        seen.last = Some(number);
        let Some(last) = last else { return };
        seen.values += 1;
        match number.wrapping_sub(last) % CYCLE {
            1 => {}
            ahead @ 2.. if ahead < CYCLE / 2 => seen.lost += u64::from(ahead - 1),
            _ => seen.disordered += 1,
        }
    }
}

/// Of a datapoint.
fn float(datapoint: &[u8]) -> Option<f32> {
    let (_, value) = Fields(datapoint).find(|(number, _)| *number == 2)?;
    match Fields(value.bytes()).find(|(number, _)| *number == 17)? {
        (_, Field::Fixed32(bits)) => Some(f32::from_bits(bits)),
        _ => None,
    }
}

/// The fields of an encoded message; ends at the first that is cut off.
struct Fields<'a>(&'a [u8]);

#[derive(Clone, Copy)]
enum Field<'a> {
    Bytes(&'a [u8]),
    Fixed32(u32),
    Other,
}

impl<'a> Field<'a> {
    fn bytes(self) -> &'a [u8] {
        match self {
            Field::Bytes(bytes) => bytes,
            Field::Fixed32(_) | Field::Other => &[],
        }
    }
}

impl<'a> Iterator for Fields<'a> {
    type Item = (u64, Field<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        let tag = self.varint()?;
        let field = match tag & 7 {
            0 => self.varint().map(|_| Field::Other)?,
            1 => self.take(8).map(|_| Field::Other)?,
            2 => {
                let length = self.varint()?;
                Field::Bytes(self.take(usize::try_from(length).ok()?)?)
            }
            5 => Field::Fixed32(u32::from_le_bytes(self.take(4)?.try_into().ok()?)),
            _ => return None,
        };
        Some((tag >> 3, field))
    }
}

impl<'a> Fields<'a> {
    fn varint(&mut self) -> Option<u64> {
        let mut value = 0;
        for place in 0..10 {
            let (byte, after) = self.0.split_first()?;
            self.0 = after;
            value |= u64::from(byte & 0x7f) << (7 * place);
            if byte & 0x80 == 0 {
                return Some(value);
            }
        }
        None
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, after) = self.0.split_at_checked(length)?;
        self.0 = after;
        Some(taken)
    }
}
