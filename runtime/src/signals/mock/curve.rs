//! A file of `time,value` lines: a recorded course of one signal. Times are seconds.

use std::{
    fs::{self, File},
    io::Read,
    path::{Component, Path},
    sync::Arc,
    time::Duration,
};

/// A day at ten values a second would be larger; such a course is a trace to replay.
const MAX_BYTES: u64 = 8 << 20;
const MAX_POINTS: usize = 100_000;

type Points = Arc<[(Duration, String)]>;

/// Reads a file that lies in the folder or below it, links included.
pub(super) fn read(folder: &Path, file: &str) -> Result<Points, String> {
    let outside = || format!("'{file}' must be a file beside the mock file or in a folder there");
    let path = Path::new(file);
    if !path.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
        return Err(outside());
    }
    let unreadable = |error: std::io::Error| format!("cannot read '{file}': {error}");
    let folder = fs::canonicalize(folder).map_err(unreadable)?;
    let path = fs::canonicalize(folder.join(path)).map_err(unreadable)?;
    if !path.starts_with(&folder) {
        return Err(outside());
    }
    let metadata = fs::metadata(&path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(format!("'{file}' is no file"));
    }
    let mut bytes = Vec::new();
    let opened = File::open(&path).map_err(unreadable)?;
    opened.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > MAX_BYTES {
        return Err(format!("'{file}' is longer than {MAX_BYTES} bytes"));
    }
    points(&bytes).map_err(|error| format!("'{file}' {error}"))
}

/// A file's text, from whoever has read the file.
pub(super) fn given(file: &str, text: &str) -> Result<Points, String> {
    points(text.as_bytes()).map_err(|error| format!("'{file}' {error}"))
}

fn points(bytes: &[u8]) -> Result<Points, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "is not UTF-8 text".to_owned())?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .comment(Some(b'#'))
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut points: Vec<(Duration, String)> = Vec::new();
    for (number, record) in reader.records().enumerate() {
        let record = record.map_err(|error| error.to_string())?;
        let line = record.position().map_or(0, csv::Position::line);
        let (Some(time), Some(value), 2) = (record.get(0), record.get(1), record.len()) else {
            return Err(format!("line {line}: expected time,value"));
        };
        let Ok(seconds) = time.parse::<f64>() else {
            // The names of the columns.
            if number == 0 {
                continue;
            }
            return Err(format!("line {line}: '{time}' is no time in seconds"));
        };
        let time = Duration::try_from_secs_f64(seconds)
            .map_err(|_| format!("line {line}: {seconds} is no time: write seconds from 0"))?;
        if points.last().is_some_and(|(before, _)| *before >= time) {
            return Err(format!("line {line}: {seconds} is not later than the line before"));
        }
        if points.len() == MAX_POINTS {
            return Err(format!("line {line}: at most {MAX_POINTS} points are read"));
        }
        points.push((time, value.to_owned()));
    }
    if points.is_empty() {
        return Err("has no lines of time,value".to_owned());
    }
    Ok(points.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_time_and_value_are_read() {
        let read = points(b"time, value\n0, 1.5\n# a remark\n0.5,\"a, b\"\n").unwrap();
        let expected =
            [(Duration::ZERO, "1.5".to_owned()), (Duration::from_millis(500), "a, b".to_owned())];
        assert_eq!(*read, expected);
    }

    #[test]
    fn what_is_no_course_says_its_line() {
        let text = |bytes: &[u8]| points(bytes).unwrap_err();
        let all = [
            text(b""),
            text(b"time,value\n"),
            text(b"0,1\n0,2\n"),
            text(b"0,1\n1\n"),
            text(b"0,1\nsoon,2\n"),
            text(b"-1,1\n"),
            text(b"0,\xff\n"),
        ];
        insta::assert_snapshot!(all.join("\n"), @r"
        has no lines of time,value
        has no lines of time,value
        line 2: 0 is not later than the line before
        line 2: expected time,value
        line 2: 'soon' is no time in seconds
        line 1: -1 is no time: write seconds from 0
        is not UTF-8 text
        ");
    }

    #[test]
    fn no_file_outside_the_folder_is_read() {
        let all = tempfile::tempdir().unwrap();
        let folder = all.path().join("mock");
        fs::create_dir(&folder).unwrap();
        fs::write(all.path().join("secret.csv"), "0,1\n").unwrap();
        fs::write(folder.join("good.csv"), "0,1\n").unwrap();
        std::os::unix::fs::symlink("../secret.csv", folder.join("link.csv")).unwrap();
        assert!(read(&folder, "./good.csv").is_ok());
        let absolute = all.path().join("secret.csv");
        for file in ["../secret.csv", "link.csv", absolute.to_str().unwrap()] {
            let error = read(&folder, file).unwrap_err();
            assert!(error.contains("must be a file beside the mock file"), "{error}");
        }
        assert_eq!(read(&folder, ".").unwrap_err(), "'.' is no file");
    }
}
