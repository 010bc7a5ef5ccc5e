//! The message of a subscription, put together from entries that were encoded before.
//!
//! On the wire a map is a list of entries, and an entry looks the same for every
//! subscriber. So an update is encoded once, and each message is a copy of bytes.

use std::sync::Arc;

use bytes::{Buf, BufMut, Bytes};
use prost::{
    DecodeError, Message,
    encoding::{self, DecodeContext, WireType},
};

use super::convert;
use crate::signals::Update;

/// `SubscribeResponse` and `SubscribeByIdResponse`; only ever sent.
#[derive(Clone, Debug, Default)]
pub struct Entries {
    updates: Vec<Arc<Update>>,
    key: Key,
}

/// By what the map's entries are named.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Key {
    #[default]
    Path,
    Id,
}

/// The number of the field `entries` in both messages, and of an entry's key and value.
const ENTRIES: u32 = 1;
const KEY: u32 = 1;
const VALUE: u32 = 2;

impl Entries {
    pub(super) fn new(updates: Vec<Arc<Update>>, key: Key) -> Entries {
        Entries { updates, key }
    }

    fn encoded(&self) -> impl Iterator<Item = &Bytes> {
        self.updates.iter().map(|update| match self.key {
            Key::Path => update.encoded.by_path.get_or_init(|| encode(update, Key::Path)),
            Key::Id => update.encoded.by_id.get_or_init(|| encode(update, Key::Id)),
        })
    }
}

fn encode(update: &Update, key: Key) -> Bytes {
    let datapoint = convert::datapoint(update.datapoint());
    let key_length = match key {
        Key::Path => {
            let length = update.path().len();
            encoding::key_len(KEY) + encoding::encoded_len_varint(length as u64) + length
        }
        Key::Id => encoding::int32::encoded_len(KEY, &update.id()),
    };
    let length = key_length + encoding::message::encoded_len(VALUE, &datapoint);
    let mut entry = Vec::with_capacity(length + 4);
    encoding::encode_key(ENTRIES, WireType::LengthDelimited, &mut entry);
    encoding::encode_varint(length as u64, &mut entry);
    match key {
        Key::Path => {
            encoding::encode_key(KEY, WireType::LengthDelimited, &mut entry);
            encoding::encode_varint(update.path().len() as u64, &mut entry);
            entry.extend_from_slice(update.path().as_bytes());
        }
        Key::Id => encoding::int32::encode(KEY, &update.id(), &mut entry),
    }
    encoding::message::encode(VALUE, &datapoint, &mut entry);
    entry.into()
}

impl Message for Entries {
    fn encode_raw(&self, buffer: &mut impl BufMut) {
        for entry in self.encoded() {
            buffer.put_slice(entry);
        }
    }

    fn encoded_len(&self) -> usize {
        self.encoded().map(Bytes::len).sum()
    }

    /// A server reads none of these: fields are passed over.
    fn merge_field(
        &mut self,
        tag: u32,
        wire_type: WireType,
        buffer: &mut impl Buf,
        context: DecodeContext,
    ) -> Result<(), DecodeError> {
        encoding::skip_field(wire_type, tag, buffer, context)
    }

    fn clear(&mut self) {
        self.updates.clear();
    }
}

#[cfg(test)]
mod tests {
    use vss_codegen::model::Value;

    use super::{super::proto, *};
    use crate::signals::testing::registry;

    #[test]
    fn a_message_reads_as_the_map_of_the_interface() {
        let registry = registry();
        let values = [Some(Value::Float(87.5)), None];
        let updates: Vec<_> = registry
            .entries()
            .iter()
            .zip(values)
            .map(|(entry, value)| Update::now(entry, value))
            .collect();
        for _encoded_once_used_twice in 0..2 {
            let bytes = Entries::new(updates.clone(), Key::Path).encode_to_vec();
            let read = proto::SubscribeResponse::decode(bytes.as_slice()).unwrap();
            assert_eq!(read.entries.len(), 2);
            let speed = &read.entries["Vehicle.Speed"];
            assert_eq!(speed, &convert::datapoint(updates[0].datapoint()));
            assert_eq!(read.entries["Vehicle.Cabin.Temperature"].value, None);

            let bytes = Entries::new(updates.clone(), Key::Id).encode_to_vec();
            let read = proto::SubscribeByIdResponse::decode(bytes.as_slice()).unwrap();
            assert_eq!(&read.entries[&1], speed);
        }
    }
}
