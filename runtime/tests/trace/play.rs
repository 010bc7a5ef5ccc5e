//! Replays, on a paused clock.

use std::{path::PathBuf, sync::Arc, time::Duration};

use jiff::Timestamp;
use tempfile::TempDir;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use vehicle_edge_runtime::signals::{
    Broker, Client, Part, SignalRef, SourceState, Sources,
    trace::{
        Sample, Speed, TraceWriter,
        replay::{Replay, Sink, play, play_into},
    },
};
use vss_codegen::model::Value;

use crate::drive::manifest;

const SPEED: &str = "Vehicle.Part0.Signal0";
const LEVEL: &str = "Vehicle.Part1.Signal50";
const OPEN: &str = "Vehicle.Part0.Signal70";

/// A trace of (milliseconds, path, value).
fn trace(updates: &[(i64, &str, Value)]) -> (TempDir, Replay) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("car.trace");
    let began = Timestamp::from_second(1_700_000_000).unwrap();
    let mut writer = TraceWriter::create(&file, &manifest().model, began).unwrap();
    for (milliseconds, path, value) in updates {
        let time = began + jiff::SignedDuration::from_millis(*milliseconds);
        writer.update(&Arc::from(*path), time, Some(value)).unwrap();
    }
    writer.finish().unwrap();
    (folder, Replay { file, ..Replay::default() })
}

/// Writes down what comes and when.
struct Notes {
    began: Instant,
    lines: Vec<String>,
    /// Ends the replay after so many.
    most: usize,
    stop: CancellationToken,
}

impl Sink for Notes {
    async fn publish(&mut self, sample: Sample) -> Result<(), String> {
        let value = sample.value.map_or("none".to_owned(), |value| value.to_string());
        let name = sample.path.rsplit('.').next().unwrap();
        self.lines.push(format!("{} {name}={value}", self.began.elapsed().as_millis()));
        if self.lines.len() == self.most {
            self.stop.cancel();
        }
        Ok(())
    }
}

async fn notes(replay: &Replay, most: usize) -> Vec<String> {
    let stop = CancellationToken::new();
    let mut notes = Notes { began: Instant::now(), lines: Vec::new(), most, stop: stop.clone() };
    play(replay, &mut notes, &stop).await.unwrap();
    notes.lines
}

fn steps() -> (TempDir, Replay) {
    trace(&[
        (0, SPEED, Value::Float(0.0)),
        (0, OPEN, Value::Bool(true)),
        (1000, SPEED, Value::Float(10.0)),
        (3000, SPEED, Value::Float(30.0)),
        (2000, OPEN, Value::Bool(false)),
        (4000, LEVEL, Value::Uint32(4)),
    ])
}

#[tokio::test(start_paused = true)]
async fn values_come_at_their_times() {
    let (_folder, replay) = steps();
    assert_eq!(
        notes(&replay, usize::MAX).await,
        [
            "0 Signal0=0",
            "0 Signal70=true",
            "1000 Signal0=10",
            "3000 Signal0=30",
            "3000 Signal70=false", // a clock that went back: at once
            "4000 Signal50=4",
        ]
    );
    let fast = Replay { speed: Speed::Times(4.0), ..replay.clone() };
    assert_eq!(notes(&fast, usize::MAX).await.last().unwrap(), "1000 Signal50=4");
    let max = Replay { speed: Speed::Max, ..replay };
    assert_eq!(notes(&max, usize::MAX).await.last().unwrap(), "0 Signal50=4");
}

#[tokio::test(start_paused = true)]
async fn a_part_begins_with_the_state_of_that_moment() {
    let (_folder, mut replay) = steps();
    replay.from = Duration::from_millis(1500);
    replay.until = Some(Duration::from_millis(3500));
    assert_eq!(
        notes(&replay, usize::MAX).await,
        ["0 Signal0=10", "0 Signal70=true", "1500 Signal0=30", "1500 Signal70=false"]
    );
    replay.patterns = vec!["Vehicle.*.Signal70".to_owned()];
    replay.until = None;
    let lines = notes(&replay, usize::MAX).await;
    assert_eq!(lines[0], "0 Signal70=true");
    assert!(lines[1].ends_with("Signal70=false"), "{lines:?}");
}

#[tokio::test(start_paused = true)]
async fn it_begins_again_until_it_is_stopped() {
    let (_folder, mut replay) =
        trace(&[(0, SPEED, Value::Float(1.0)), (1000, SPEED, Value::Float(2.0))]);
    replay.repeat = true;
    assert_eq!(
        notes(&replay, 5).await,
        ["0 Signal0=1", "1000 Signal0=2", "1000 Signal0=1", "2000 Signal0=2", "2000 Signal0=1"]
    );
    replay.speed = Speed::Max;
    assert_eq!(notes(&replay, 1000).await.len(), 1000);
}

#[tokio::test]
async fn what_the_broker_does_not_take_is_counted_and_said_once() {
    let (_folder, replay) = trace(&[
        (0, SPEED, Value::Float(1.0)),
        (0, "Vehicle.Old", Value::Bool(true)),
        (0, LEVEL, Value::String("full".into())),
        (0, OPEN, Value::Bool(true)),
        (1, LEVEL, Value::Uint32(7)),
        (1, "Vehicle.Old", Value::Bool(false)),
    ]);
    let (broker, client) = (Broker::new(&manifest()).unwrap(), Client::runtime());
    let (other, _actuations) = broker.provider(&client);
    other.claim_signals(&[SignalRef::Path(OPEN)]).unwrap();
    let report = play_into(&broker, &client, &replay, &CancellationToken::new()).await.unwrap();
    assert_eq!((report.published, report.rounds, report.broken_off), (2, 1, false));
    let left_out: Vec<String> = report
        .left_out
        .values()
        .map(|left_out| format!("{}: {}", left_out.updates, left_out.why))
        .collect();
    assert_eq!(
        left_out,
        [
            "2: no signal has the path 'Vehicle.Old'".to_owned(),
            format!("1: {OPEN} is already claimed by another provider"),
            format!("1: {LEVEL}: expected uint8, got string full"),
        ]
    );
    assert_eq!(report.to_string(), "values played: 2; left out: 4, of signals: 3");
    assert_eq!(broker.get(&client, LEVEL).unwrap().value, Some(Value::Uint32(7)));
}

#[tokio::test]
async fn as_a_source_it_fills_its_share() {
    let (_folder, mut replay) =
        trace(&[(0, SPEED, Value::Float(1.0)), (0, LEVEL, Value::Uint32(7))]);
    replay.speed = Speed::Max;
    let (broker, client) = (Broker::new(&manifest()).unwrap(), Client::runtime());
    let parts = vec![Part::new(replay, vec!["Vehicle.Part0".to_owned()]).unwrap()];
    let sources = Sources::start(&broker, parts, &CancellationToken::new());
    let ended = ended(&sources).await;
    assert_eq!(ended, "values played: 1; left out: 1, of signals: 1");
    assert_eq!(broker.get(&client, SPEED).unwrap().value, Some(Value::Float(1.0)));
    assert_eq!(broker.get(&client, LEVEL).unwrap().value, None, "somebody else's");

    let file = PathBuf::from("/nowhere/car.trace");
    let missing = Part::new(Replay { file, ..Replay::default() }, Vec::new()).unwrap();
    let sources = Sources::start(&broker, vec![missing], &CancellationToken::new());
    let why = self::ended(&sources).await;
    assert!(why.starts_with("cannot open /nowhere/car.trace: No such file"), "{why}");
}

/// What a source says at its end.
async fn ended(sources: &Sources) -> String {
    loop {
        let status = sources.list().remove(0);
        if status.state == SourceState::Ended {
            return status.detail.unwrap_or_default();
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}
