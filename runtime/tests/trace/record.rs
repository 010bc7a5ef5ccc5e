//! Recordings of a broker that runs.

use std::{path::Path, sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use vehicle_edge_runtime::signals::{
    Broker, Client,
    trace::{Ending, Recorder, Recording, Sample, Summary, TraceReader, record},
};
use vss_codegen::model::Value;

use crate::drive::{Drive, manifest};

fn read(file: &Path) -> (Vec<Sample>, Ending, u64) {
    let mut reader = TraceReader::open(file).unwrap();
    let mut samples = Vec::new();
    while let Some(sample) = reader.next_sample().unwrap() {
        samples.push(sample);
    }
    (samples, reader.ending().unwrap(), reader.dropped())
}

#[tokio::test]
async fn what_the_broker_says_is_recorded_until_it_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("car.trace");
    let (broker, client) = (Broker::new(&manifest()).unwrap(), Client::runtime());
    let stop = CancellationToken::new();
    let task = tokio::spawn({
        let (broker, client, file, stop) =
            (broker.clone(), client.clone(), file.clone(), stop.clone());
        async move {
            let recording = Recording { file: &file, patterns: &[] };
            record(&broker, &client, recording, &stop).await
        }
    });
    // The file is made once the subscription stands.
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let mut published = Vec::new();
    for sample in Drive::new(3) {
        broker.publish(&client, &sample.path, sample.value.clone().unwrap()).unwrap();
        published.push((sample.path, sample.value));
        // A thousand may wait, so the recorder has every chance.
        if published.len().is_multiple_of(100) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }
    stop.cancel();
    let summary: Summary = task.await.unwrap().unwrap();
    let (samples, ending, dropped) = read(&file);
    assert_eq!((ending, dropped), (Ending::Finished, summary.dropped));
    assert_eq!(summary.bytes, std::fs::metadata(&file).unwrap().len());
    assert!(samples.iter().all(|sample| sample.time > Timestamp::UNIX_EPOCH));
    let recorded: Vec<_> = samples.into_iter().map(|sample| (sample.path, sample.value)).collect();
    if summary.dropped == 0 {
        // What was published in the moment of the stop may not be there.
        assert!(recorded.len() > published.len() - 200, "{}", recorded.len());
        for path in manifest().signals.iter().map(|signal| signal.path.as_str()) {
            let of = |all: &[(Arc<str>, Option<Value>)]| -> Vec<Option<Value>> {
                all.iter().filter(|(p, _)| &**p == path).map(|(_, value)| value.clone()).collect()
            };
            assert!(of(&published).starts_with(&of(&recorded)), "{path}");
        }
    } else {
        assert!(recorded.len() as u64 + summary.dropped <= published.len() as u64);
    }
}

#[tokio::test]
async fn each_second_is_on_the_disk_though_nobody_finishes() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("car.trace");
    let mut recorder = Recorder::create(&file, &manifest().model).unwrap();
    let samples: Vec<Sample> = Drive::new(1).take(10).collect();
    recorder.write(samples.clone()).await.unwrap();
    recorder.set_dropped(3).await.unwrap();
    recorder.sync().await.unwrap();
    let mut read_so_far = Vec::new();
    while read_so_far.is_empty() {
        tokio::time::sleep(Duration::from_millis(1)).await;
        if let Ok(mut reader) = TraceReader::open(&file) {
            while let Some(sample) = reader.next_sample().unwrap() {
                read_so_far.push(sample);
            }
            assert!(matches!(reader.ending(), Some(Ending::BrokenOff { .. })));
        }
    }
    assert_eq!(read_so_far, samples);
    let summary = recorder.finish().await.unwrap();
    assert_eq!((summary.updates, summary.dropped), (10, 3));
    assert_eq!(read(&file), (samples, Ending::Finished, 3));
}

#[tokio::test]
async fn a_recording_that_cannot_be_is_refused_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("car.trace");
    let (broker, client) = (Broker::new(&manifest()).unwrap(), Client::runtime());
    let refused = async |file: &Path, patterns: &[String]| {
        let recording = Recording { file, patterns };
        let stop = CancellationToken::new();
        record(&broker, &client, recording, &stop).await.unwrap_err().to_string()
    };
    assert_eq!(
        refused(&file, &["Vehicle.Sped".to_owned()]).await,
        "Vehicle.Sped: no signal of the model matches; `vehicle-edge signals ls` lists them"
    );
    assert!(!file.exists());
    std::fs::write(&file, "mine").unwrap();
    assert_eq!(
        refused(&file, &[]).await,
        format!("{} is there already: name another file, or remove it first", file.display())
    );
    assert_eq!(std::fs::read(&file).unwrap(), b"mine");
    let nowhere = refused(Path::new("/nowhere/car.trace"), &[]).await;
    assert!(nowhere.starts_with("cannot create /nowhere/car.trace: No such file"), "{nowhere}");
}

/// A disk that is full: the recording ends and says so.
#[tokio::test]
async fn a_disk_that_refuses_ends_the_recording_with_its_reason() {
    // A file that can be made, and written to only for a little while.
    let full = Path::new("/dev/full");
    if !full.exists() {
        return;
    }
    let model = manifest().model;
    let out = std::fs::OpenOptions::new().write(true).open(full).unwrap();
    let error = vehicle_edge_runtime::signals::trace::TraceWriter::new(
        out,
        full,
        &model,
        Timestamp::UNIX_EPOCH,
    );
    let error = error.unwrap_err().to_string();
    assert!(error.starts_with("cannot write /dev/full: No space left"), "{error}");
}
