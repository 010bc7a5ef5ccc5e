//! A message as gRPC puts it into a body: behind its length.

use prost::Message;
use tonic::Status;

/// Of a message: whether it is compressed, then its length.
pub(crate) const PREFIX: usize = 5;

/// Appends a message as it goes out.
pub(crate) fn frame(message: &impl Message, out: &mut Vec<u8>) {
    let length = u32::try_from(message.encoded_len()).unwrap_or(u32::MAX);
    out.push(0);
    out.extend(length.to_be_bytes());
    // A Vec grows as needed: this never fails.
    let _ = message.encode(out);
}

/// The only message of a body.
pub(crate) fn parse<M: Message + Default>(body: &[u8]) -> Result<M, Status> {
    let message = body.get(PREFIX..).unwrap_or_default();
    M::decode(message).map_err(|error| Status::invalid_argument(error.to_string()))
}
