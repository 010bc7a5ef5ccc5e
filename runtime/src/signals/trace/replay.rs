//! Plays a trace: publishes its values at their times, faster or slower.
//!
//! In: a [`Replay`]. Out: values for a [`Sink`], and a [`Report`]. As a [`Source`] it fills its
//! share of the broker's signals; [`play_into`] claims each signal that it publishes, so that
//! what else fills them leaves them alone.
//! What the sink does not take is counted and, for each signal, said once: a signal that the
//! model does not have any more or has with another datatype, one that somebody else has
//! claimed. The rest is played all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    path::PathBuf,
    sync::Arc,
    time::Duration,
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use super::{
    Ending, Sample, Speed, TraceError, TraceReader,
    chosen::Chosen,
    schedule::{Place, Schedule},
};
use crate::signals::{Broker, Client, Datapoint, Provider, SignalRef, Source, SourceState, Stage};

/// At full speed others get their turn after so many updates.
const TURN: usize = 256;
/// From the beginning of a round to the next: a trace that is due all at once, or is empty,
/// must not keep a core busy.
const SHORTEST: Duration = Duration::from_millis(100);

/// What to play, and how.
#[derive(Clone, Debug, Default, PartialEq)]
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

/// Where a replay's values go.
pub trait Sink: Send {
    /// An error says why this value is left out; the others are played all the same.
    fn publish(&mut self, sample: Sample) -> impl Future<Output = Result<(), String>> + Send;
}

/// Plays a trace until it ends or `stop`.
pub async fn play(
    replay: &Replay,
    sink: &mut impl Sink,
    stop: &CancellationToken,
) -> Result<Report, TraceError> {
    let mut output = Output { sink, report: Report::default() };
    let played = stop.run_until_cancelled(rounds(replay, &mut output)).await;
    played.unwrap_or(Ok(()))?;
    Ok(output.report)
}

/// Plays a trace into the broker, whatever else fills it: its signals are claimed.
pub async fn play_into(
    broker: &Broker,
    client: &Client,
    replay: &Replay,
    stop: &CancellationToken,
) -> Result<Report, TraceError> {
    let (provider, _no_actuations) = broker.provider(client);
    play(replay, &mut Claims { provider, claimed: BTreeSet::new() }, stop).await
}

/// A trace as one of the sources of the broker: it fills the signals of its share.
impl Source for Replay {
    fn kind(&self) -> &'static str {
        "replay"
    }

    fn run(self: Box<Self>, stage: Stage) -> BoxFuture<'static, Result<(), String>> {
        Box::pin(async move {
            let file = self.file.display();
            stage.report(SourceState::Connected, format!("{file} at speed {}", self.speed));
            let mut sink = Shared { stage };
            let outcome = play(&self, &mut sink, &CancellationToken::new()).await;
            let report = outcome.map_err(|error| error.to_string())?;
            sink.stage.report(SourceState::Ended, report.to_string());
            Ok(())
        })
    }
}

struct Claims {
    provider: Provider,
    claimed: BTreeSet<Arc<str>>,
}

impl Sink for Claims {
    /// A claim that somebody else has is tried anew each time: they may leave.
    async fn publish(&mut self, sample: Sample) -> Result<(), String> {
        let signal = SignalRef::Path(&sample.path);
        if !self.claimed.contains(&sample.path) {
            self.provider.claim_signals(&[signal]).map_err(|error| error.to_string())?;
            self.claimed.insert(sample.path.clone());
        }
        self.provider.publish(signal, sample.value).map_err(|error| error.to_string())
    }
}

struct Shared {
    stage: Stage,
}

impl Sink for Shared {
    async fn publish(&mut self, sample: Sample) -> Result<(), String> {
        if !self.stage.share().owns(&sample.path) {
            return Err(format!("{}: the signal belongs to another provider", sample.path));
        }
        let registry = self.stage.broker().registry();
        let Some(entry) = registry.get(&sample.path) else {
            return Err(format!("{}: the model has no such signal", sample.path));
        };
        let datapoint = Datapoint { value: sample.value, timestamp: Some(Timestamp::now()) };
        self.stage.publish(entry, datapoint).map(drop).map_err(|error| error.to_string())
    }
}

/// A sink, and what became of the values.
struct Output<'a, S> {
    sink: &'a mut S,
    report: Report,
}

impl<S: Sink> Output<'_, S> {
    async fn publish(&mut self, sample: Sample) {
        let path = sample.path.clone();
        let Err(why) = self.sink.publish(sample).await else {
            self.report.published += 1;
            return;
        };
        let left_out = self.report.left_out.entry(path).or_default();
        if left_out.updates == 0 {
            tracing::warn!(
                why,
                "the replay leaves out a value, and more of that signal may follow"
            );
            left_out.why = why;
        }
        left_out.updates += 1;
    }
}

/// As a source says it at the end.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let left_out: u64 = self.left_out.values().map(|left_out| left_out.updates).sum();
        write!(f, "values played: {}", self.published)?;
        if left_out > 0 {
            write!(f, "; left out: {left_out}, of signals: {}", self.left_out.len())?;
        }
        if self.broken_off {
            f.write_str("; the recording had broken off")?;
        }
        Ok(())
    }
}

async fn rounds(replay: &Replay, output: &mut Output<'_, impl Sink>) -> Result<(), TraceError> {
    let mut chosen = Chosen::new(&replay.patterns)?;
    let schedule = Schedule { speed: replay.speed, from: replay.from, until: replay.until };
    loop {
        let soonest = Instant::now() + SHORTEST;
        round(replay, &schedule, &mut chosen, output).await?;
        output.report.rounds += 1;
        if !replay.repeat {
            return Ok(());
        }
        sleep_until(soonest).await;
    }
}

async fn round(
    replay: &Replay,
    schedule: &Schedule,
    chosen: &mut Chosen,
    output: &mut Output<'_, impl Sink>,
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
                Place::After => {
                    play_state(&mut before, output).await;
                    return Ok(());
                }
            };
            play_state(&mut before, output).await;
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
            output.publish(sample).await;
        }
    }
    play_state(&mut before, output).await;
    output.report.broken_off = reader.ending() != Some(Ending::Finished);
    Ok(())
}

/// What the signals were when the part begins.
async fn play_state(before: &mut BTreeMap<Arc<str>, Sample>, output: &mut Output<'_, impl Sink>) {
    for sample in std::mem::take(before).into_values() {
        output.publish(sample).await;
    }
}

/// Away from the tasks that others wait for.
async fn blocking<T: Send + 'static>(
    read: impl FnOnce() -> Result<T, TraceError> + Send + 'static,
) -> Result<T, TraceError> {
    tokio::task::spawn_blocking(read).await.unwrap_or(Err(TraceError::Lost("reads a trace")))
}
