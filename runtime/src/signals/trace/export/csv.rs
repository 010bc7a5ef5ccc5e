//! As csv.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    path::Path,
    sync::Arc,
};

use csv::Writer;
use jiff::Timestamp;

use super::text;
use crate::signals::trace::{Sample, TraceError, TraceReader, chosen::Chosen};

/// A row for each update: time, path, value. A signal that has no value any more has an empty
/// field.
pub fn csv<R: Read>(
    reader: &mut TraceReader<R>,
    patterns: &[String],
    out: impl Write,
) -> Result<u64, TraceError> {
    let mut chosen = Chosen::new(patterns)?;
    let mut out = Writer::from_writer(out);
    let mut rows = 0;
    out.write_record(["time", "path", "value"]).map_err(failed)?;
    while let Some(Sample { path, time, value }) = reader.next_sample()? {
        if chosen.has(&path) {
            let (time, value) = (time.to_string(), text(value.as_ref()));
            out.write_record([&time, path.as_ref(), &value]).map_err(failed)?;
            rows += 1;
        }
    }
    out.flush().map_err(|error| failed(error.into()))?;
    Ok(rows)
}

/// A row for each time and a column for each signal, which is empty where nothing came. Reads
/// the trace twice: the first row needs the names of all signals. Returns how many updates
/// there were.
pub fn csv_wide(trace: &Path, patterns: &[String], out: impl Write) -> Result<u64, TraceError> {
    let mut chosen = Chosen::new(patterns)?;
    let columns = columns(trace, &mut chosen)?;
    let mut out = Writer::from_writer(out);
    let names = columns.keys().map(|path| path.as_ref());
    out.write_record(["time"].into_iter().chain(names)).map_err(failed)?;
    let mut row = Row { time: None, cells: vec![None; columns.len()] };
    let mut reader = TraceReader::open(trace)?;
    let mut updates = 0;
    while let Some(Sample { path, time, value }) = reader.next_sample()? {
        // A recording that still goes on may have got signals since.
        let Some(column) = columns.get(&path) else { continue };
        // Two updates of a signal at the same time are two rows.
        if row.time != Some(time) || row.cells[*column].is_some() {
            row.end(&mut out)?;
        }
        row.time = Some(time);
        row.cells[*column] = Some(text(value.as_ref()));
        updates += 1;
    }
    row.end(&mut out)?;
    out.flush().map_err(|error| failed(error.into()))?;
    Ok(updates)
}

/// The place of each signal that has an update.
fn columns(trace: &Path, chosen: &mut Chosen) -> Result<BTreeMap<Arc<str>, usize>, TraceError> {
    let mut reader = TraceReader::open(trace)?;
    let mut columns = BTreeMap::new();
    while let Some(sample) = reader.next_sample()? {
        if !columns.contains_key(&sample.path) && chosen.has(&sample.path) {
            columns.insert(sample.path, 0);
        }
    }
    columns.values_mut().zip(0..).for_each(|(column, place)| *column = place);
    Ok(columns)
}

struct Row {
    time: Option<Timestamp>,
    cells: Vec<Option<String>>,
}

impl Row {
    fn end(&mut self, out: &mut Writer<impl Write>) -> Result<(), TraceError> {
        let Some(time) = self.time.take() else { return Ok(()) };
        out.write_field(time.to_string()).map_err(failed)?;
        for cell in &mut self.cells {
            out.write_field(cell.take().unwrap_or_default()).map_err(failed)?;
        }
        out.write_record(None::<&[u8]>).map_err(failed)
    }
}

fn failed(error: csv::Error) -> TraceError {
    TraceError::Export { format: "csv", message: error.to_string() }
}
