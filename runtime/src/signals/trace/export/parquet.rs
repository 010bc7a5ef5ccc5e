//! As parquet: a row for each update, in columns by the kind of its value.
//!
//! | column | of |
//! |---|---|
//! | `time`, `path` | every update |
//! | `boolean` | booleans |
//! | `integer` | signed integers |
//! | `unsigned` | unsigned integers |
//! | `number` | `float` and `double` |
//! | `text` | strings, and arrays as JSON |
//!
//! All but the first two are null where a value is of another kind, or there is none.

use std::{
    io::{Read, Write},
    sync::Arc,
};

use parquet::{
    basic::{Compression, GzipLevel},
    data_type::{BoolType, ByteArray, ByteArrayType, DataType, DoubleType, Int64Type},
    errors::ParquetError,
    file::{
        properties::WriterProperties,
        writer::{SerializedFileWriter, SerializedRowGroupWriter},
    },
    schema::parser::parse_message_type,
};
use vss_codegen::model::Value;

use super::text;
use crate::signals::{
    registry::weight,
    trace::{TraceError, TraceReader, chosen::Chosen},
};

const SCHEMA: &str = "message trace {
    required int64 time (TIMESTAMP(NANOS, true));
    required binary path (STRING);
    optional boolean boolean;
    optional int64 integer;
    optional int64 unsigned (INTEGER(64, false));
    optional double number;
    optional binary text (STRING);
}";

/// A group is held in memory until it is written: so many rows, or so many bytes.
const ROWS: usize = 128 << 10;
const BYTES: usize = 16 << 20;

pub fn parquet<R: Read>(
    reader: &mut TraceReader<R>,
    patterns: &[String],
    out: impl Write + Send,
) -> Result<u64, TraceError> {
    let mut chosen = Chosen::new(patterns)?;
    let schema = Arc::new(parse_message_type(SCHEMA).map_err(failed)?);
    let properties = WriterProperties::builder()
        .set_compression(Compression::GZIP(GzipLevel::default()))
        .set_created_by(format!("vehicle-edge {}", env!("CARGO_PKG_VERSION")))
        .build();
    let mut file = SerializedFileWriter::new(out, schema, Arc::new(properties)).map_err(failed)?;
    let mut group = Group::default();
    let mut rows = 0;
    while let Some(sample) = reader.next_sample()? {
        if !chosen.has(&sample.path) {
            continue;
        }
        rows += 1;
        group.bytes += sample.value.as_ref().map_or(0, weight);
        // The path is one allocation for all of its rows.
        group.time.push(sample.time.as_nanosecond() as i64);
        group.path.push(path(sample.path));
        group.push(sample.value);
        if group.time.len() >= ROWS || group.bytes >= BYTES {
            std::mem::take(&mut group).write(&mut file).map_err(failed)?;
        }
    }
    if !group.time.is_empty() {
        group.write(&mut file).map_err(failed)?;
    }
    file.close().map_err(failed)?;
    Ok(rows)
}

/// The rows that are written next.
#[derive(Default)]
struct Group {
    time: Vec<i64>,
    path: Vec<ByteArray>,
    boolean: Column<bool>,
    integer: Column<i64>,
    unsigned: Column<i64>,
    number: Column<f64>,
    text: Column<ByteArray>,
    /// About how much the values take.
    bytes: usize,
}

/// A column that has a value in some of its rows.
#[derive(Default)]
struct Column<T> {
    values: Vec<T>,
    /// For each row, 1 if it has one.
    present: Vec<i16>,
}

impl Group {
    /// Each column gets a row.
    fn push(&mut self, value: Option<Value>) {
        let (mut boolean, mut integer, mut unsigned) = (None, None, None);
        let (mut number, mut string) = (None, None);
        match value {
            None => {}
            Some(Value::Bool(v)) => boolean = Some(v),
            Some(Value::Int32(v)) => integer = Some(v.into()),
            Some(Value::Int64(v)) => integer = Some(v),
            Some(Value::Uint32(v)) => unsigned = Some(v.into()),
            // The bits: the schema says that they are without a sign.
            Some(Value::Uint64(v)) => unsigned = Some(v as i64),
            Some(Value::Float(v)) => number = Some(v.into()),
            Some(Value::Double(v)) => number = Some(v),
            Some(other) => string = Some(ByteArray::from(text(Some(&other)).into_bytes())),
        }
        self.boolean.push(boolean);
        self.integer.push(integer);
        self.unsigned.push(unsigned);
        self.number.push(number);
        self.text.push(string);
    }

    /// In the order of the schema.
    fn write<W: Write + Send>(
        self,
        file: &mut SerializedFileWriter<W>,
    ) -> Result<(), ParquetError> {
        let mut group = file.next_row_group()?;
        put::<Int64Type, W>(&mut group, &self.time, None)?;
        put::<ByteArrayType, W>(&mut group, &self.path, None)?;
        put::<BoolType, W>(&mut group, &self.boolean.values, Some(&self.boolean.present))?;
        put::<Int64Type, W>(&mut group, &self.integer.values, Some(&self.integer.present))?;
        put::<Int64Type, W>(&mut group, &self.unsigned.values, Some(&self.unsigned.present))?;
        put::<DoubleType, W>(&mut group, &self.number.values, Some(&self.number.present))?;
        put::<ByteArrayType, W>(&mut group, &self.text.values, Some(&self.text.present))?;
        group.close().map(drop)
    }
}

impl<T> Column<T> {
    fn push(&mut self, value: Option<T>) {
        self.present.push(value.is_some().into());
        self.values.extend(value);
    }
}

fn put<T: DataType, W: Write + Send>(
    group: &mut SerializedRowGroupWriter<'_, W>,
    values: &[T::T],
    present: Option<&[i16]>,
) -> Result<(), ParquetError> {
    if let Some(mut column) = group.next_column()? {
        column.typed::<T>().write_batch(values, present, None)?;
        column.close()?;
    }
    Ok(())
}

/// Shares the text with the trace's reader.
fn path(path: Arc<str>) -> ByteArray {
    struct Text(Arc<str>);
    impl AsRef<[u8]> for Text {
        fn as_ref(&self) -> &[u8] {
            self.0.as_bytes()
        }
    }
    bytes::Bytes::from_owner(Text(path)).into()
}

fn failed(error: ParquetError) -> TraceError {
    TraceError::Export { format: "parquet", message: error.to_string() }
}
