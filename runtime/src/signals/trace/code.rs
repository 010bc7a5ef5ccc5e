//! Numbers, texts and values as bytes, and back.

use std::sync::Arc;

use vss_codegen::model::{DataType, Element, Value};

/// Why bytes cannot be read.
pub(super) type Flaw = &'static str;

const SHORT: Flaw = "its content ends too early";

pub(super) fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

pub(super) fn put_signed(out: &mut Vec<u8>, number: i64) {
    put_number(out, ((number << 1) ^ (number >> 63)) as u64);
}

pub(super) fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_number(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

/// What is left to read.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl<'a> Input<'a> {
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn number(&mut self) -> Result<u64, Flaw> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let (byte, rest) = self.0.split_first().ok_or(SHORT)?;
            self.0 = rest;
            let bits = u64::from(byte & 0x7f);
            if (bits << shift) >> shift != bits {
                break;
            }
            number |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(number);
            }
        }
        Err("a number has more than 64 bits")
    }

    pub(super) fn signed(&mut self) -> Result<i64, Flaw> {
        let number = self.number()?;
        Ok((number >> 1) as i64 ^ -((number & 1) as i64))
    }

    /// Of things of which each takes a byte or more.
    pub(super) fn count(&mut self) -> Result<usize, Flaw> {
        let count = self.number()?;
        usize::try_from(count).ok().filter(|count| *count <= self.0.len()).ok_or(SHORT)
    }

    pub(super) fn bytes(&mut self) -> Result<&'a [u8], Flaw> {
        let length = self.count()?;
        let (bytes, rest) = self.0.split_at(length);
        self.0 = rest;
        Ok(bytes)
    }

    pub(super) fn text(&mut self) -> Result<&'a str, Flaw> {
        std::str::from_utf8(self.bytes()?).map_err(|_| "a text is not UTF-8")
    }
}

/// Appends a value. `previous` is that of the same signal before it.
pub(super) fn put_value(out: &mut Vec<u8>, previous: &mut u64, value: &Value) {
    match value {
        Value::Bool(v) => put_bits(out, previous, (*v).into()),
        Value::Int32(v) => put_bits(out, previous, i64::from(*v) as u64),
        Value::Int64(v) => put_bits(out, previous, *v as u64),
        Value::Uint32(v) => put_bits(out, previous, (*v).into()),
        Value::Uint64(v) => put_bits(out, previous, *v),
        Value::Float(v) => put_bits(out, previous, v.to_bits().into()),
        Value::Double(v) => put_bits(out, previous, v.to_bits()),
        Value::String(v) => put_bytes(out, v.as_bytes()),
        Value::BoolArray(v) => put_list(out, v, |v| (*v).into()),
        Value::Int32Array(v) => put_list(out, v, |v| i64::from(*v) as u64),
        Value::Int64Array(v) => put_list(out, v, |v| *v as u64),
        Value::Uint32Array(v) => put_list(out, v, |v| (*v).into()),
        Value::Uint64Array(v) => put_list(out, v, |v| *v),
        Value::FloatArray(v) => put_list(out, v, |v| v.to_bits().into()),
        Value::DoubleArray(v) => put_list(out, v, |v| v.to_bits()),
        Value::StringArray(v) => {
            put_number(out, v.len() as u64);
            v.iter().for_each(|text| put_bytes(out, text.as_bytes()));
        }
    }
}

fn put_bits(out: &mut Vec<u8>, previous: &mut u64, bits: u64) {
    put_signed(out, bits.wrapping_sub(*previous) as i64);
    *previous = bits;
}

fn put_list<T>(out: &mut Vec<u8>, items: &[T], bits: impl Fn(&T) -> u64) {
    put_number(out, items.len() as u64);
    let mut previous = 0;
    items.iter().for_each(|item| put_bits(out, &mut previous, bits(item)));
}

/// Reads a value of a signal of this datatype.
pub(super) fn take_value(
    input: &mut Input<'_>,
    previous: &mut u64,
    datatype: &DataType,
) -> Result<Value, Flaw> {
    use Element as E;
    if datatype.is_array {
        return Ok(match &datatype.element {
            E::Boolean => Value::BoolArray(take_list(input, boolean)?),
            E::Int8 | E::Int16 | E::Int32 => Value::Int32Array(take_list(input, int32)?),
            E::Int64 | E::Int => Value::Int64Array(take_list(input, int64)?),
            E::Uint8 | E::Uint16 | E::Uint32 => Value::Uint32Array(take_list(input, uint32)?),
            E::Uint64 => Value::Uint64Array(take_list(input, Ok)?),
            E::Float => Value::FloatArray(take_list(input, float)?),
            E::Double | E::Numeric => Value::DoubleArray(take_list(input, double)?),
            E::String => {
                let count = input.count()?;
                Value::StringArray((0..count).map(|_| Ok(input.text()?.into())).collect::<Result<
                    Arc<[Arc<str>]>,
                    Flaw,
                >>(
                )?)
            }
            E::Struct(_) => return Err(STRUCT),
        });
    }
    if datatype.element == E::String {
        return Ok(Value::String(input.text()?.into()));
    }
    let bits = take_bits(input, previous)?;
    Ok(match &datatype.element {
        E::Boolean => Value::Bool(boolean(bits)?),
        E::Int8 | E::Int16 | E::Int32 => Value::Int32(int32(bits)?),
        E::Int64 | E::Int => Value::Int64(int64(bits)?),
        E::Uint8 | E::Uint16 | E::Uint32 => Value::Uint32(uint32(bits)?),
        E::Uint64 => Value::Uint64(bits),
        E::Float => Value::Float(float(bits)?),
        E::Double | E::Numeric => Value::Double(double(bits)?),
        E::String | E::Struct(_) => return Err(STRUCT),
    })
}

pub(super) const STRUCT: Flaw = "it has a signal with a struct as its datatype";
const RANGE: Flaw = "a value does not fit its datatype";

fn take_bits(input: &mut Input<'_>, previous: &mut u64) -> Result<u64, Flaw> {
    *previous = previous.wrapping_add(input.signed()? as u64);
    Ok(*previous)
}

fn take_list<T>(
    input: &mut Input<'_>,
    convert: impl Fn(u64) -> Result<T, Flaw>,
) -> Result<Arc<[T]>, Flaw> {
    let count = input.count()?;
    let mut previous = 0;
    (0..count).map(|_| convert(take_bits(input, &mut previous)?)).collect()
}

fn boolean(bits: u64) -> Result<bool, Flaw> {
    match bits {
        0 => Ok(false),
        1 => Ok(true),
        _ => Err(RANGE),
    }
}

fn int32(bits: u64) -> Result<i32, Flaw> {
    i32::try_from(bits as i64).map_err(|_| RANGE)
}

fn int64(bits: u64) -> Result<i64, Flaw> {
    Ok(bits as i64)
}

fn uint32(bits: u64) -> Result<u32, Flaw> {
    u32::try_from(bits).map_err(|_| RANGE)
}

fn float(bits: u64) -> Result<f32, Flaw> {
    u32::try_from(bits).map(f32::from_bits).map_err(|_| RANGE)
}

fn double(bits: u64) -> Result<f64, Flaw> {
    Ok(f64::from_bits(bits))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn numbers_survive(number: u64, signed: i64) {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            put_signed(&mut bytes, signed);
            let mut input = Input(&bytes);
            prop_assert_eq!(input.number(), Ok(number));
            prop_assert_eq!(input.signed(), Ok(signed));
            prop_assert!(input.is_empty());
        }

        #[test]
        fn any_bytes_are_read_or_refused(bytes: Vec<u8>, is_array: bool, name in 0..14_usize) {
            let name = Element::names().nth(name).unwrap();
            let element = name.parse::<DataType>().unwrap().element;
            let datatype = DataType { element, is_array };
            let _ = take_value(&mut Input(&bytes), &mut 0, &datatype);
        }

        #[test]
        fn floats_keep_every_bit(bits: Vec<u32>) {
            let value = Value::FloatArray(bits.iter().map(|bits| f32::from_bits(*bits)).collect());
            let mut bytes = Vec::new();
            put_value(&mut bytes, &mut 0, &value);
            let read = take_value(&mut Input(&bytes), &mut 0, &"float[]".parse().unwrap());
            let Ok(Value::FloatArray(read)) = read else { panic!("{read:?}") };
            prop_assert_eq!(read.iter().map(|v| v.to_bits()).collect::<Vec<_>>(), bits);
        }
    }

    #[test]
    fn small_steps_are_small() {
        let mut bytes = Vec::new();
        let mut previous = 0;
        put_value(&mut bytes, &mut previous, &Value::Uint64(u64::MAX));
        put_value(&mut bytes, &mut previous, &Value::Uint64(3));
        assert_eq!(bytes, [1, 8], "-1, then +4, both modulo 2^64");
    }

    #[test]
    fn what_does_not_fit_is_refused() {
        let read = |bytes: &[u8], datatype: &str| {
            take_value(&mut Input(bytes), &mut 0, &datatype.parse().unwrap())
        };
        assert_eq!(read(&[4], "boolean"), Err(RANGE));
        assert_eq!(read(&[1], "uint8"), Err(RANGE));
        assert_eq!(read(&[0xff; 10], "int64"), Err("a number has more than 64 bits"));
        assert_eq!(read(&[200, 1, 0], "int8[]"), Err(SHORT), "200 elements in one byte");
        assert_eq!(read(&[2, 0xff, 0xff], "string"), Err("a text is not UTF-8"));
    }
}
