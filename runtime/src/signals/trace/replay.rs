//! Plays a trace: publishes its values at their times, faster or slower.
//!
//! In: a [`Replay`]. Out: values of a [`Provider`] of the broker, which claims each signal
//! that it publishes, so that a mock leaves it alone; and a [`Report`].
//! What the broker does not take is counted and, for each signal, said once: a signal that
//! the model does not have any more or has with another datatype, one that somebody else has
//! claimed. The rest is played all the same.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Ending, Sample, Speed, TraceError, TraceReader,
    chosen::Chosen,
    schedule::{Place, Schedule},
};
use crate::signals::{Broker, Client, Provider, SignalError, SignalRef};

/// At full speed others get their turn after so many updates.
const TURN: usize = 256;

/// What to play, and how.
#[derive(Clone, Debug, Default)]
pub struct Replay {
    pub file: PathBuf,
    /// Leaves, branches and patterns; none: everything.
    pub patterns: Vec<String>,
    pub speed: Speed,
    /// Begins again at the end, until it is stopped.
    pub repeat: bool,
    /// Counted from the trace's first update, which this many seconds of it are left out.
    /// The part begins with the values that the signals had then.
    pub from: Duration,
    pub until: Option<Duration>,
}

/// What became of a replay.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Report {
    pub rounds: u64,
    pub published: u64,
    pub left_out: BTreeMap<Arc<str>, LeftOut>,
    /// The recording was not finished: its last moments are missing.
    pub broken_off: bool,
}

/// Of one signal.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct LeftOut {
    pub updates: u64,
    /// Why the first of them was.
    pub why: String,
}

/// Plays a trace into the broker until it ends or `stop`.
pub async fn run(
    broker: &Broker,
    client: &Client,
    replay: &Replay,
    stop: &CancellationToken,
) -> Result<Report, TraceError> {
    let (provider, _no_actuations) = broker.provider(client);
    let mut stage = Stage { provider, claimed: Default::default(), report: Report::default() };
    let played = stop.run_until_cancelled(play(replay, &mut stage)).await;
    played.unwrap_or(Ok(()))?;
    Ok(stage.report)
}

struct Stage {
    provider: Provider,
    claimed: std::collections::BTreeSet<Arc<str>>,
    report: Report,
}

impl Stage {
    fn publish(&mut self, sample: Sample) {
        let path = sample.path.clone();
        match self.try_publish(sample) {
            Ok(()) => self.report.published += 1,
            Err(error) => {
                let left_out = self.report.left_out.entry(path).or_default();
                if left_out.updates == 0 {
                    left_out.why = error.to_string();
                    tracing::warn!(%error, "the replay leaves out a value, and will others like it");
                }
                left_out.updates += 1;
            }
        }
    }

    /// A claim that somebody else has is tried anew each time: they may leave.
    fn try_publish(&mut self, sample: Sample) -> Result<(), SignalError> {
        let signal = SignalRef::Path(&sample.path);
        if !self.claimed.contains(&sample.path) {
            self.provider.claim_signals(&[signal])?;
            self.claimed.insert(sample.path.clone());
        }
        self.provider.publish(signal, sample.value)
    }
}

async fn play(replay: &Replay, stage: &mut Stage) -> Result<(), TraceError> {
    let mut chosen = Chosen::new(&replay.patterns)?;
    let schedule = Schedule { speed: replay.speed, from: replay.from, until: replay.until };
    loop {
        play_once(replay, &schedule, &mut chosen, stage).await?;
        stage.report.rounds += 1;
        if !replay.repeat {
            return Ok(());
        }
        // Of a trace that is due all at once.
        tokio::task::yield_now().await;
    }
}

async fn play_once(
    replay: &Replay,
    schedule: &Schedule,
    chosen: &mut Chosen,
    stage: &mut Stage,
) -> Result<(), TraceError> {
    let file = replay.file.clone();
    let mut reader = blocking(move || TraceReader::open(&file)).await?;
    let began = Instant::now();
    let mut first = None;
    let mut before: BTreeMap<Arc<str>, Sample> = BTreeMap::new();
    let mut turn = 0;
    loop {
        let block;
        (reader, block) = blocking(move || {
            let block = reader.next_block()?;
            Ok((reader, block))
        })
        .await?;
        let Some(block) = block else { break };
        for sample in block {
            let first = *first.get_or_insert(sample.time);
            let due = match schedule.place(first, sample.time) {
                Place::Due(due) => due,
                Place::Before => {
                    if chosen.has(&sample.path) {
                        before.insert(sample.path.clone(), sample);
                    }
                    continue;
                }
                Place::After => return Ok(play_state(&mut before, stage)),
            };
            play_state(&mut before, stage);
            if !chosen.has(&sample.path) {
                continue;
            }
            let due = began + due;
            if due > Instant::now() {
                sleep_until(due).await;
                turn = 0;
            } else if turn == TURN {
                tokio::task::yield_now().await;
                turn = 0;
            }
            turn += 1;
            stage.publish(sample);
        }
    }
    play_state(&mut before, stage);
    stage.report.broken_off = reader.ending() != Some(Ending::Finished);
    Ok(())
}

/// What the signals were when the part begins.
fn play_state(before: &mut BTreeMap<Arc<str>, Sample>, stage: &mut Stage) {
    for sample in std::mem::take(before).into_values() {
        stage.publish(sample);
    }
}

/// Away from the tasks that others wait for.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, TraceError> + Send + 'static,
) -> Result<T, TraceError> {
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(TraceError::Lost("reads a trace")))
}
