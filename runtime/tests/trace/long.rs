//! A long recording, and its replay through a broker at the times of the recording: on a
//! clock that is moved by hand, so that a day takes minutes.

use std::path::Path;

use tokio_util::sync::CancellationToken;
use vehicle_edge_runtime::signals::{
    Broker, Client,
    trace::{
        Summary, TraceWriter,
        replay::{Replay, Report, play_into},
    },
};

use crate::drive::{A_SECOND, Digest, Drive, manifest};

/// Records so many seconds; what came, in order, without its times.
pub(crate) fn record(file: &Path, seconds: u64) -> (Summary, (u64, u64)) {
    let manifest = manifest();
    let began = Drive::new(1).next().unwrap().time;
    let mut writer = TraceWriter::create(file, &manifest.model, began).unwrap();
    for signal in &manifest.signals {
        writer.declare(&signal.path.as_str().into(), &signal.datatype).unwrap();
    }
    let mut digest = Digest::default();
    for sample in Drive::new(seconds) {
        writer.update(&sample.path, sample.time, sample.value.as_ref()).unwrap();
        digest.add(&sample.path, None, sample.value.as_ref());
        // As the recorder does each second; whether the disk has it is not the point here.
        if digest.count().is_multiple_of(A_SECOND) {
            writer.flush().unwrap();
        }
    }
    let (_, summary) = writer.finish().unwrap();
    (summary, digest.finish())
}

/// Replays it at the speed of the recording; what a subscriber got, in order. To be called on
/// a paused clock, in a runtime of one thread: the subscriber then always comes before the
/// next update.
pub(crate) async fn replay(file: &Path) -> (Report, (u64, u64), u64) {
    let broker = Broker::new(&manifest()).unwrap();
    let client = Client::runtime();
    let paths: Vec<String> = manifest().signals.into_iter().map(|signal| signal.path).collect();
    let mut subscription = broker.subscribe(&client, &paths, 1000).unwrap();
    // What there was before.
    subscription.next().await.unwrap();
    let stop = CancellationToken::new();
    let subscriber = tokio::spawn({
        let stop = stop.clone();
        async move {
            let mut digest = Digest::default();
            while let Some(batch) = stop.run_until_cancelled(subscription.next()).await {
                for update in batch.unwrap() {
                    digest.add(update.path(), None, update.datapoint().value.as_ref());
                }
            }
            (digest.finish(), subscription.dropped())
        }
    });
    let replay = Replay { file: file.to_owned(), ..Replay::default() };
    let report = play_into(&broker, &client, &replay, &CancellationToken::new()).await.unwrap();
    // Let the subscriber have the last one.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    stop.cancel();
    let (digest, dropped) = subscriber.await.unwrap();
    (report, digest, dropped)
}
