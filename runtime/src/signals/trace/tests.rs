//! What is written is read, however a file ends and whatever is in it.

use std::{path::Path, sync::Arc};

use jiff::Timestamp;
use proptest::prelude::*;
use vss_codegen::model::{ModelInfo, Value};

use super::*;

const NAME: &str = "car.trace";

pub(super) fn model() -> ModelInfo {
    let (name, version) = ("Vehicle".to_owned(), Some("6.0".to_owned()));
    ModelInfo { name, version, hash: "sha256:07".to_owned() }
}

pub(super) fn began() -> Timestamp {
    Timestamp::from_second(1_700_000_000).unwrap()
}

pub(super) fn sample(path: &str, nanoseconds: i64, value: Option<Value>) -> Sample {
    let time = Timestamp::from_nanosecond(nanoseconds.into()).unwrap();
    Sample { path: path.into(), time, value }
}

fn writer() -> TraceWriter<Vec<u8>> {
    TraceWriter::new(Vec::new(), Path::new(NAME), &model(), began()).unwrap()
}

/// A finished trace, with a block for each of these.
pub(super) fn trace(blocks: &[Vec<Sample>]) -> Vec<u8> {
    let mut writer = writer();
    for block in blocks {
        put(&mut writer, block);
        writer.flush().unwrap();
    }
    writer.finish().unwrap().0
}

fn put(writer: &mut TraceWriter<Vec<u8>>, samples: &[Sample]) {
    for sample in samples {
        writer.update(&sample.path, sample.time, sample.value.as_ref()).unwrap();
    }
}

fn open(bytes: &[u8]) -> Result<TraceReader<&[u8]>, TraceError> {
    TraceReader::new(bytes, Path::new(NAME))
}

fn read(bytes: &[u8]) -> Result<(Vec<Sample>, Ending), TraceError> {
    let mut reader = open(bytes)?;
    let mut samples = Vec::new();
    while let Some(sample) = reader.next_sample()? {
        samples.push(sample);
    }
    Ok((samples, reader.ending().unwrap()))
}

fn refused(bytes: &[u8]) -> String {
    read(bytes).unwrap_err().to_string()
}

fn every_kind() -> Vec<Sample> {
    let texts: Arc<[Arc<str>]> = ["a".into(), "".into(), "ü".into()].into();
    let values = [
        Value::Bool(true),
        Value::Int32(i32::MIN),
        Value::Int64(i64::MIN),
        Value::Uint32(u32::MAX),
        Value::Uint64(u64::MAX),
        Value::Float(-0.1),
        Value::Double(f64::INFINITY),
        Value::String("PARK".into()),
        Value::BoolArray([true, false].into()),
        Value::Int32Array([1, -1].into()),
        Value::Int64Array([i64::MAX, i64::MIN].into()),
        Value::Uint32Array([].into()),
        Value::Uint64Array([u64::MAX, 0].into()),
        Value::FloatArray([1.5, -1.5].into()),
        Value::DoubleArray([0.1].into()),
        Value::StringArray(texts),
    ];
    let sample_of = |(number, value): (i64, Value)| {
        sample(&format!("Vehicle.S{number}"), number * 1_000_003, Some(value))
    };
    (1..).zip(values).map(sample_of).collect()
}

#[test]
fn every_kind_of_value_survives() {
    let mut samples = every_kind();
    samples.push(sample("Vehicle.S1", 5, None));
    samples.push(sample("Vehicle.S5", i64::MIN, Some(Value::Uint64(0))));
    samples.push(sample("Vehicle.S5", i64::MAX, Some(Value::Uint64(7))));
    let bytes = trace(&[samples.clone(), every_kind()]);
    samples.extend(every_kind());
    assert_eq!(read(&bytes).unwrap(), (samples, Ending::Finished));
    let reader = open(&bytes).unwrap();
    assert_eq!(reader.header(), &Header { model: model(), began: began() });
}

/// The whole promise: no byte is special.
#[test]
fn a_file_cut_anywhere_is_good_up_to_its_last_whole_block() {
    let blocks: Vec<Vec<Sample>> = (0..4_i64)
        .map(|block| {
            let mut samples = every_kind();
            samples.push(sample("Vehicle.Speed", block, Some(Value::Float(block as f32))));
            samples.push(sample(&format!("Vehicle.New{block}"), block, Some(Value::Bool(true))));
            samples
        })
        .collect();
    // Where each block ends, and what was recorded until there.
    let mut writer = writer();
    let mut ends = vec![(writer.summary().bytes as usize, Vec::new())];
    let mut all = Vec::new();
    for block in &blocks {
        put(&mut writer, block);
        writer.flush().unwrap();
        all.extend(block.clone());
        ends.push((writer.summary().bytes as usize, all.clone()));
    }
    let (bytes, _) = writer.finish().unwrap();
    for cut in 0..bytes.len() {
        let whole = ends.iter().rev().find(|(end, _)| *end <= cut);
        let Some((end, samples)) = whole else {
            assert_eq!(
                refused(&bytes[..cut]),
                "car.trace ends before its first whole block: nothing was recorded yet when the \
                 recording broke off"
            );
            continue;
        };
        let broken_off = Ending::BrokenOff { offset: *end as u64 };
        assert_eq!(read(&bytes[..cut]).unwrap(), (samples.clone(), broken_off), "cut at {cut}");
        // A file system that had the length but not the data.
        let mut zeros = bytes[..cut].to_vec();
        zeros.resize(bytes.len() + 5000, 0);
        let (read, ending) = read(&zeros).unwrap();
        assert!(read.starts_with(samples) && read.len() <= all.len(), "zeros from {cut}");
        // Whole after all, where what was lost were zeros.
        assert_eq!(ending == Ending::Finished, zeros.starts_with(&bytes));
    }
    assert_eq!(read(&bytes).unwrap(), (all, Ending::Finished));
}

/// A flipped bit is found, and said with its place; what stands before it is read.
#[test]
fn a_flipped_bit_is_found() {
    let blocks = [every_kind(), every_kind(), every_kind()];
    let bytes = trace(&blocks);
    let (good, _) = read(&bytes).unwrap();
    for at in MAGIC.len() + 1..bytes.len() {
        let mut bytes = bytes.clone();
        bytes[at] ^= 1 << (at % 8);
        let Ok(mut reader) = open(&bytes) else { continue };
        let mut samples = Vec::new();
        let error = loop {
            match reader.next_sample() {
                Ok(Some(sample)) => samples.push(sample),
                Ok(None) => break None,
                Err(error) => break Some(error),
            }
        };
        assert!(good.starts_with(&samples), "byte {at}");
        assert!(reader.ending() != Some(Ending::Finished), "byte {at}");
        let last = samples.len() == good.len()
            || matches!(reader.ending(), Some(Ending::BrokenOff { .. }));
        assert!(error.is_some() || last, "byte {at}");
        assert!(reader.next_sample().unwrap().is_none(), "it stays ended");
    }
}

#[test]
fn a_damaged_block_in_the_middle_is_said_with_its_place() {
    let mut writer = writer();
    put(&mut writer, &every_kind());
    writer.flush().unwrap();
    let second = writer.summary().bytes as usize;
    put(&mut writer, &every_kind());
    writer.flush().unwrap();
    put(&mut writer, &every_kind());
    let (mut bytes, _) = writer.finish().unwrap();
    bytes[second + HEAD] ^= 1;
    assert_eq!(
        refused(&bytes),
        format!(
            "car.trace: the block at byte {second} is damaged (its checksum is wrong); the updates \
             before it are good: copy the file from where it was recorded once more, or cut it \
             there (truncate -s {second} FILE)"
        )
    );
}

#[test]
fn what_is_no_trace_of_ours_is_refused() {
    assert_eq!(
        refused(b"time,path,value\n"),
        "car.trace is no trace: it does not begin with VETRACE \
         (`vehicle-edge signals record -o FILE` makes one)"
    );
    assert_eq!(
        refused(b"VETRACE\x02rest"),
        "car.trace is a trace of format 2, and this program reads format 1: read it with the \
         version of vehicle-edge that wrote it, or a newer one"
    );
    let missing = TraceReader::open(Path::new("/nowhere/car.trace")).unwrap_err().to_string();
    assert!(missing.starts_with("cannot open /nowhere/car.trace: No such file"), "{missing}");
}

/// A block with a good checksum around anything.
fn block(kind: u8, content: &[u8], raw: Option<u32>) -> Vec<u8> {
    use std::io::Write;
    let mut deflate =
        flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::default());
    deflate.write_all(content).unwrap();
    let stored = deflate.finish().unwrap();
    let raw = raw.unwrap_or(content.len() as u32);
    let mut block = vec![kind];
    block.extend_from_slice(&(stored.len() as u32).to_le_bytes());
    block.extend_from_slice(&raw.to_le_bytes());
    let mut crc = crc32fast::Hasher::new();
    crc.update(&block);
    crc.update(&stored);
    block.extend_from_slice(&crc.finalize().to_le_bytes());
    block.extend_from_slice(&stored);
    block
}

fn hostile(blocks: &[Vec<u8>]) -> String {
    let start = trace(&[]);
    // Without its end.
    let mut bytes = start[..start.len() - block(3, &[0, 0], None).len()].to_vec();
    blocks.iter().for_each(|block| bytes.extend_from_slice(block));
    refused(&bytes).split('(').nth(1).unwrap().split(')').next().unwrap().to_owned()
}

#[test]
fn a_hostile_block_is_refused_with_its_flaw() {
    let flaw = |content: &[u8]| hostile(&[block(2, content, None)]);
    assert_eq!(hostile(&[block(2, &vec![0; 2 << 20], None)]), "it would be larger than 1 MiB");
    let bomb = block(2, &vec![0; 2 << 20], Some(100));
    assert_eq!(hostile(&[bomb]), "it does not inflate to its size");
    assert_eq!(hostile(&[block(9, &[], None)]), "it is of a kind that version 1 does not have");
    assert_eq!(hostile(&[block(1, &[], None)]), "a second header");
    assert_eq!(hostile(&[block(3, &[5, 0], None)]), "blocks before it are missing");
    assert_eq!(flaw(&[]), "its content ends too early");
    assert_eq!(flaw(&[0, 0x80, 0x80, 0x80, 0x01]), "its content ends too early");
    assert_eq!(
        flaw(&[0, 1, 1, b'A', 4, b'b', b'o', b'o', b'l']),
        "it names a datatype that there is not"
    );
    assert_eq!(flaw(b"\0\x01\x01A\x03A.B"), "it has a signal with a struct as its datatype");
    assert_eq!(flaw(b"\0\x01\0\x04int8"), "a path is empty or has more than 1000 bytes");
    assert_eq!(flaw(&[0, 0, 1, 1, 0, 1, 0]), "it has an update of a signal that no block names");
    assert_eq!(flaw(b"\0\x01\x01A\x04int8\x01\x01\0\x01\x01\0"), "its content ends too early");
    assert_eq!(flaw(&[0, 0, 0, 0, 0, 7]), "something is left over in it");
    let many = [&[0, 0, 0x81, 0x80, 0x04][..], &[0; 70_000]].concat();
    assert_eq!(flaw(&many), "it has more than 65536 updates");
}

#[test]
fn too_many_names_are_refused_by_writer_and_reader() {
    let mut writer = writer();
    for number in 0..MAX_SIGNALS {
        writer.declare(&format!("Vehicle.S{number}").into(), &"int8".parse().unwrap()).unwrap();
    }
    let error = writer.update(&"Vehicle.One".into(), began(), Some(&Value::Bool(true)));
    assert_eq!(
        error.unwrap_err().to_string(),
        "car.trace: a trace holds at most 100000 signals with 16777216 bytes of paths: record \
         fewer signals, or several traces"
    );
    let (bytes, summary) = writer.finish().unwrap();
    assert_eq!(summary.signals, MAX_SIGNALS);
    let mut reader = open(&bytes).unwrap();
    assert!(reader.next_sample().unwrap().is_none());
    assert_eq!(reader.signals().count(), MAX_SIGNALS);
    let names: Vec<u8> = [&[0, 1][..], b"\x01A\x04int8", &[0, 0, 0]].concat();
    let start = bytes.len() - block(3, &[0, 0], None).len();
    let over = [&bytes[..start], &block(2, &names, None)].concat();
    assert!(refused(&over).contains("(the trace has too many signals)"));
}

#[test]
fn what_a_trace_cannot_hold_is_counted() {
    let mut writer = writer();
    let large = Value::String("x".repeat(300 << 10).into());
    let speed: Arc<str> = "Vehicle.Speed".into();
    writer.update(&speed, began(), Some(&large)).unwrap();
    writer.update(&speed, Timestamp::MAX, Some(&Value::Bool(true))).unwrap();
    writer.update(&"p".repeat(1001).into(), began(), Some(&Value::Bool(true))).unwrap();
    writer.update(&speed, began(), None).unwrap();
    writer.set_dropped(9);
    let (bytes, summary) = writer.finish().unwrap();
    assert_eq!((summary.updates, summary.left_out, summary.dropped), (0, 3, 9));
    let mut reader = open(&bytes).unwrap();
    assert!(reader.next_sample().unwrap().is_none());
    assert_eq!(reader.dropped(), 9);
}

#[test]
fn a_signal_whose_datatype_changes_is_named_anew() {
    let mut writer = writer();
    let level: Arc<str> = "Vehicle.Level".into();
    writer.declare(&level, &"uint8".parse().unwrap()).unwrap();
    let values = [Value::Uint32(255), Value::Uint32(256), Value::String("full".into())];
    for value in &values {
        writer.update(&level, began(), Some(value)).unwrap();
    }
    writer.update(&level, began(), Some(&Value::Uint32(1))).unwrap();
    let (bytes, _) = writer.finish().unwrap();
    let mut reader = open(&bytes).unwrap();
    let mut read = Vec::new();
    while let Some(sample) = reader.next_sample().unwrap() {
        read.push(sample.value.unwrap());
    }
    assert_eq!(read, [&values[..], &[Value::Uint32(1)]].concat());
    let named: Vec<_> =
        reader.signals().map(|(path, datatype)| format!("{path} {datatype}")).collect();
    assert_eq!(named, ["Vehicle.Level uint8", "Vehicle.Level uint32", "Vehicle.Level string"]);
}

/// An update each millisecond costs a byte or two.
#[test]
fn a_smooth_signal_is_small_and_blocks_close_by_themselves() {
    let mut writer = writer();
    let speed: Arc<str> = "Vehicle.Speed".into();
    for step in 0..100_000_i64 {
        let time = Timestamp::from_millisecond(1_700_000_000_000 + step).unwrap();
        let value = Value::Float((step as f32 / 1000.0).sin() * 50.0 + 100.0);
        writer.update(&speed, time, Some(&value)).unwrap();
    }
    let waiting = writer.summary().bytes;
    assert!(waiting > 0);
    let (bytes, summary) = writer.finish().unwrap();
    assert!(bytes.len() < 300_000, "{} bytes", bytes.len());
    assert_eq!(summary.bytes, bytes.len() as u64);
    assert_eq!(read(&bytes).unwrap().0.len(), 100_000);
}

proptest! {
    #[test]
    fn any_bytes_after_the_start_are_read_or_refused(kind in 1..4_u8, content: Vec<u8>) {
        let mut bytes = trace(&[every_kind()]);
        bytes.extend_from_slice(&block(kind, &content, None));
        let _ = read(&bytes);
        let mut bytes = trace(&[])[..MAGIC.len() + 1].to_vec();
        bytes.extend_from_slice(&block(kind, &content, None));
        let _ = read(&bytes);
    }

    #[test]
    fn any_samples_survive(
        updates in prop::collection::vec((0..5_u8, any::<i64>(), prop::option::of(any::<i32>())), 0..200),
        cuts in prop::collection::vec(0..200_usize, 0..5),
    ) {
        let mut writer = writer();
        let mut known = std::collections::HashSet::new();
        let mut expected = Vec::new();
        for (index, (signal, time, value)) in updates.into_iter().enumerate() {
            let sample = sample(&format!("V.S{signal}"), time, value.map(Value::Int32));
            put(&mut writer, std::slice::from_ref(&sample));
            // Of a signal that never had a value nothing is kept.
            if sample.value.is_some() || known.contains(&signal) {
                known.insert(signal);
                expected.push(sample);
            }
            if cuts.contains(&index) {
                writer.flush().unwrap();
            }
        }
        let (bytes, summary) = writer.finish().unwrap();
        prop_assert_eq!(summary.updates, expected.len() as u64);
        prop_assert_eq!(read(&bytes).unwrap(), (expected, Ending::Finished));
    }
}
