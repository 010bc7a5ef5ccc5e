//! Records: from the broker, or from whoever sends samples.
//!
//! A [`Recorder`] is a thread, since a disk may take its time; what waits for it is bounded.
//! While the disk is slow, the broker's queue for us fills, and drops are counted there.

use std::{path::Path, sync::Arc, thread, time::Duration};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{MissedTickBehavior, interval},
};
use tokio_util::sync::CancellationToken;
use vss_codegen::model::{DataType, ModelInfo};

use super::{Sample, Summary, TraceError, TraceWriter};
use crate::signals::{
    Broker, Client, Update,
    following::{self, Following},
};

/// How often what came is put on the disk.
const SYNC: Duration = Duration::from_secs(1);
/// Batches that may wait for the disk.
const WAITING: usize = 64;

/// Writes a trace from samples that are sent to it, in a thread of its own.
#[derive(Debug)]
pub struct Recorder {
    orders: mpsc::Sender<Order>,
    outcome: oneshot::Receiver<Result<Summary, TraceError>>,
}

#[derive(Debug)]
enum Order {
    Declare(Arc<str>, DataType),
    Write(Vec<Sample>),
    Dropped(u64),
    Sync,
}

impl Recorder {
    /// Makes the file. Blocks for that moment.
    pub fn create(path: &Path, model: &ModelInfo) -> Result<Recorder, TraceError> {
        let writer = TraceWriter::create(path, model, Timestamp::now())?;
        let (orders, receiver) = mpsc::channel(WAITING);
        let (report, outcome) = oneshot::channel();
        thread::Builder::new()
            .name("recorder".to_owned())
            .spawn(move || {
                // Nobody waits any more if this cannot be sent.
                let _ = report.send(carry_out(writer, receiver));
            })
            .map_err(TraceError::io("start a thread that writes", path))?;
        Ok(Recorder { orders, outcome })
    }

    /// Names a signal's datatype; see [`TraceWriter::declare`].
    pub async fn declare(&mut self, path: Arc<str>, datatype: DataType) -> Result<(), TraceError> {
        self.order(Order::Declare(path, datatype)).await
    }

    /// Waits while the disk is too slow.
    pub async fn write(&mut self, samples: Vec<Sample>) -> Result<(), TraceError> {
        self.order(Order::Write(samples)).await
    }

    /// Says how many updates were lost up to now.
    pub async fn set_dropped(&mut self, dropped: u64) -> Result<(), TraceError> {
        self.order(Order::Dropped(dropped)).await
    }

    /// Has what came put on the disk. To be called each second, not for each update.
    pub async fn sync(&mut self) -> Result<(), TraceError> {
        self.order(Order::Sync).await
    }

    /// Writes the last block.
    pub async fn finish(self) -> Result<Summary, TraceError> {
        drop(self.orders);
        self.outcome.await.unwrap_or(Err(TraceError::Lost(RECORDS)))
    }

    async fn order(&mut self, order: Order) -> Result<(), TraceError> {
        if self.orders.send(order).await.is_ok() {
            return Ok(());
        }
        // The thread ended, and says why.
        match (&mut self.outcome).await {
            Ok(Err(error)) => Err(error),
            Ok(Ok(_)) | Err(_) => Err(TraceError::Lost(RECORDS)),
        }
    }
}

const RECORDS: &str = "records a trace";

/// Until nobody can send any more.
fn carry_out(
    mut writer: TraceWriter<std::fs::File>,
    mut orders: mpsc::Receiver<Order>,
) -> Result<Summary, TraceError> {
    while let Some(order) = orders.blocking_recv() {
        match order {
            Order::Declare(path, datatype) => writer.declare(&path, &datatype)?,
            Order::Write(samples) => {
                for sample in &samples {
                    writer.update(&sample.path, sample.time, sample.value.as_ref())?;
                }
            }
            Order::Dropped(dropped) => writer.set_dropped(dropped),
            Order::Sync => writer.sync()?,
        }
    }
    writer.sync()?;
    let (file, summary) = writer.finish()?;
    // The end is in the file; whether the disk has it already changes nothing for a reader.
    let _ = file.sync_data();
    Ok(summary)
}

/// What to record.
#[derive(Clone, Debug)]
pub struct Recording<'a> {
    pub file: &'a Path,
    /// Leaves, branches and patterns; none: everything the client may read.
    pub patterns: &'a [String],
}

/// Records what the broker says of these signals until `stop`, and on while models come and
/// go. The first updates are the values that the signals have now.
pub async fn record(
    broker: &Broker,
    client: &Client,
    recording: Recording<'_>,
    stop: &CancellationToken,
) -> Result<Summary, TraceError> {
    for pattern in recording.patterns {
        // One that means nothing is probably a slip.
        if broker.visible(client, pattern)?.is_empty() {
            return Err(TraceError::NoSuchSignal { pattern: pattern.clone() });
        }
    }
    let patterns = following::parse(recording.patterns)?;
    let mut following = Following::start(broker, client, patterns)?;
    let mut recorder = Recorder::create(recording.file, broker.registry().model())?;
    let outcome = follow(&mut following, &mut recorder, stop).await;
    // What was recorded until then is kept, whatever happened.
    recorder.set_dropped(following.dropped()).await?;
    let summary = recorder.finish().await?;
    outcome.map(|()| summary)
}

async fn follow(
    following: &mut Following,
    recorder: &mut Recorder,
    stop: &CancellationToken,
) -> Result<(), TraceError> {
    for (path, entry) in following.entries() {
        recorder.declare(path.clone(), entry.signal().datatype.clone()).await?;
    }
    let mut syncs = interval(SYNC);
    syncs.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            biased;
            () = stop.cancelled() => return Ok(()),
            _ = syncs.tick() => {
                recorder.set_dropped(following.dropped()).await?;
                recorder.sync().await?;
            }
            batch = following.next() => {
                let samples = batch?.iter().filter_map(|update| sample(update)).collect();
                recorder.write(samples).await?;
            }
        }
    }
}

/// `None` for a signal that never had a value.
fn sample(update: &Update) -> Option<Sample> {
    let datapoint = update.datapoint();
    let time = datapoint.timestamp?;
    Some(Sample { path: update.path().clone(), time, value: datapoint.value.clone() })
}
