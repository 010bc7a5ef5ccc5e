//! What comes out, word for word.

use std::{io::Write, path::Path};

use ::parquet::{
    file::reader::{FileReader, SerializedFileReader},
    record::Field,
};
use bytes::Bytes;
use vss_codegen::model::Value;

use super::*;
use crate::signals::trace::{
    Sample, TraceReader,
    tests::{sample, trace},
};

const SECOND: i64 = 1_000_000_000;

fn samples() -> Vec<Sample> {
    vec![
        sample("Vehicle.Speed", SECOND, Some(Value::Float(0.1))),
        sample("Vehicle.Gear", SECOND, Some(Value::String("say \"D\", or R".into()))),
        sample("Vehicle.Speed", 2 * SECOND + 5_000_000, Some(Value::Float(88.5))),
        sample("Vehicle.Speed", 2 * SECOND + 5_000_000, Some(Value::Float(88.75))),
        sample("Vehicle.Open", 3 * SECOND, Some(Value::Bool(true))),
        sample(
            "Vehicle.Codes",
            3 * SECOND,
            Some(Value::StringArray(["a".into(), "b,c".into()].into())),
        ),
        sample("Vehicle.Level", 4 * SECOND, Some(Value::Uint64(u64::MAX))),
        sample("Vehicle.Angle", 4 * SECOND, Some(Value::Int32(-5))),
        sample("Vehicle.Speed", 5 * SECOND, None),
    ]
}

fn reader(bytes: &[u8]) -> TraceReader<&[u8]> {
    TraceReader::new(bytes, Path::new("car.trace")).unwrap()
}

#[test]
fn csv_has_a_row_for_each_update() {
    let (trace, mut out) = (trace(&[samples()]), Vec::new());
    assert_eq!(csv(&mut reader(&trace), &[], &mut out).unwrap(), 9);
    let expected = "\
time,path,value
1970-01-01T00:00:01Z,Vehicle.Speed,0.1
1970-01-01T00:00:01Z,Vehicle.Gear,\"say \"\"D\"\", or R\"
1970-01-01T00:00:02.005Z,Vehicle.Speed,88.5
1970-01-01T00:00:02.005Z,Vehicle.Speed,88.75
1970-01-01T00:00:03Z,Vehicle.Open,true
1970-01-01T00:00:03Z,Vehicle.Codes,\"[\"\"a\"\",\"\"b,c\"\"]\"
1970-01-01T00:00:04Z,Vehicle.Level,18446744073709551615
1970-01-01T00:00:04Z,Vehicle.Angle,-5
1970-01-01T00:00:05Z,Vehicle.Speed,
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn wide_csv_has_a_row_for_each_time_and_a_column_for_each_signal() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(&trace(&[samples()])).unwrap();
    let patterns = ["Vehicle.Speed".to_owned(), "Vehicle.Gear".to_owned()];
    let mut out = Vec::new();
    assert_eq!(csv_wide(file.path(), &patterns, &mut out).unwrap(), 5);
    let expected = "\
time,Vehicle.Gear,Vehicle.Speed
1970-01-01T00:00:01Z,\"say \"\"D\"\", or R\",0.1
1970-01-01T00:00:02.005Z,,88.5
1970-01-01T00:00:02.005Z,,88.75
1970-01-01T00:00:05Z,,
";
    assert_eq!(String::from_utf8(out).unwrap(), expected);
}

#[test]
fn parquet_has_a_column_for_each_kind_of_value() {
    let (trace, mut out) = (trace(&[samples()]), Vec::new());
    assert_eq!(parquet(&mut reader(&trace), &[], &mut out).unwrap(), 9);
    let file = SerializedFileReader::new(Bytes::from(out)).unwrap();
    let rows = file.get_row_iter(None).unwrap().map(|row| {
        let row = row.unwrap();
        let filled = row.get_column_iter().filter(|(_, field)| **field != Field::Null);
        filled.map(|(name, field)| format!("{name}={field}")).collect::<Vec<_>>().join(" ")
    });
    let rows: Vec<String> =
        rows.map(|row| row.split_once(" path=").unwrap().1.to_owned()).collect();
    assert_eq!(
        rows,
        [
            r#""Vehicle.Speed" number=0.10000000149011612"#,
            r#""Vehicle.Gear" text="say "D", or R""#,
            r#""Vehicle.Speed" number=88.5"#,
            r#""Vehicle.Speed" number=88.75"#,
            r#""Vehicle.Open" boolean=true"#,
            r#""Vehicle.Codes" text="["a","b,c"]""#,
            r#""Vehicle.Level" unsigned=18446744073709551615"#,
            r#""Vehicle.Angle" integer=-5"#,
            r#""Vehicle.Speed""#,
        ]
    );
}

/// More than one group of rows.
#[test]
fn a_long_trace_is_written_in_groups() {
    let step = |number: i64| sample("Vehicle.Speed", number, Some(Value::Int64(number)));
    let blocks: Vec<Vec<Sample>> =
        (0..30).map(|block| (block * 10_000..(block + 1) * 10_000).map(step).collect()).collect();
    let (trace, mut out) = (trace(&blocks), Vec::new());
    assert_eq!(parquet(&mut reader(&trace), &[], &mut out).unwrap(), 300_000);
    let file = SerializedFileReader::new(Bytes::from(out)).unwrap();
    assert_eq!(file.metadata().num_row_groups(), 3);
    let times =
        file.get_row_iter(None).unwrap().map(|row| match row.unwrap().get_column_iter().nth(3) {
            Some((_, Field::Long(number))) => *number,
            other => panic!("{other:?}"),
        });
    assert!(times.eq(0..300_000));
}
