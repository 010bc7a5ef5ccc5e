//! A provider's stream, and those who subscribe to what it sends.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use axum::body::Bytes;
use futures_util::{StreamExt, stream};
use tokio::{
    sync::oneshot,
    task::JoinSet,
    time::{Interval, MissedTickBehavior, interval, sleep},
};
use vehicle_edge_runtime::signals::proto::v2::{
    DataType, EntryType, ListMetadataRequest, ListMetadataResponse, Metadata, SubscribeRequest,
};

use crate::{
    Options,
    connection::{Connection, Messages, Outgoing, Target},
    frame::frame,
    process::Process,
    provider::Provider,
    report::{Figures, percentiles},
    wire::{CYCLE, Reader, Seen, Signal, Template, claim},
};

/// Of what is written at once while a stream is saturated: a frame of HTTP/2.
const CHUNK: usize = 16 << 10;
/// Subscriptions of other signals that share a connection: brokers allow 100 to 200.
const SHARED: usize = 100;
/// The most that the interface lets wait for a subscriber.
const BUFFER: u32 = 1000;
const WARM_UP: Duration = Duration::from_millis(500);

#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// In each message of the provider.
    pub(crate) signals: usize,
    /// Of all these signals, each on a connection of its own.
    pub(crate) subscribers: usize,
    /// Subscriptions of other signals.
    pub(crate) others: usize,
    /// Messages a second; None: as fast as the broker takes them.
    pub(crate) rate: Option<u32>,
}

/// What the tasks of a run have counted.
#[derive(Default)]
struct Counts {
    /// The provider has nothing more to send.
    stop: AtomicBool,
    /// Messages.
    sent: AtomicU64,
    values: AtomicU64,
    lost: AtomicU64,
    disordered: AtomicU64,
}

#[derive(Clone, Copy)]
struct Sample {
    at: Instant,
    sent: u64,
    values: u64,
    lost: u64,
    disordered: u64,
    server: Option<Duration>,
    client: Duration,
}

/// When each message went out, by its number, and how long those took that came.
struct Times {
    start: Instant,
    sent: Vec<AtomicU64>,
    took: Mutex<Vec<u64>>,
}

pub(crate) async fn run(target: &Target, load: Load, options: &Options) -> Result<Figures> {
    let connection = Connection::open(target).await?;
    let signals = sensors(&connection).await?;
    let others = usize::from(load.others > 0);
    if signals.len() < load.signals + others {
        let (needed, found) = (load.signals + others, signals.len());
        bail!("{needed} float sensors without bounds are needed, the broker's model has {found}");
    }
    let (own, other) = signals.split_at(load.signals);
    let (counts, times) = (Arc::new(Counts::default()), Arc::new(Times::new()));

    let (begin, begun) = oneshot::channel();
    let flow = Flow {
        template: Template::new(own),
        next: 1,
        pace: load.rate.map(pace),
        counts: counts.clone(),
        times: times.clone(),
    };
    let claim = Bytes::from(claim(own));
    let flow = stream::once(async { claim }).chain(
        stream::once(async move {
            // Dropped only when the run ends early.
            let _ = begun.await;
            stream::unfold(flow, Flow::next)
        })
        .flatten(),
    );
    let mut provider = Provider::open(&connection, flow.boxed()).await?;
    let mut tasks = JoinSet::new();
    for _ in 0..load.subscribers {
        let connection = Connection::open(target).await?;
        let stream = subscribe(&connection, own).await?;
        let subscriber = Subscriber {
            reader: Reader::new(own),
            counts: counts.clone(),
            times: load.rate.is_some().then(|| times.clone()),
        };
        tasks.spawn(subscriber.follow(connection, stream));
    }
    let mut shared = Vec::new();
    for number in 0..load.others {
        if number % SHARED == 0 {
            shared.push(Connection::open(target).await?);
        }
        let one = std::slice::from_ref(&other[number % other.len()]);
        let mut stream = subscribe(&shared[number / SHARED], one).await?;
        tasks.spawn(async move {
            while stream.read(|_| ()).await? {}
            Ok(())
        });
    }

    let _ = begin.send(());
    let window = async {
        sleep(WARM_UP).await;
        times.forget();
        let first = counts.sample(options)?;
        sleep(options.duration()).await;
        Ok::<_, anyhow::Error>((first, counts.sample(options)?))
    };
    let (first, last) = tokio::select! {
        window = window => window?,
        ended = provider.ended() => {
            ended?;
            bail!("the broker ended the provider's stream");
        }
        Some(ended) = tasks.join_next() => {
            ended??;
            bail!("the broker ended a subscription");
        }
    };
    let mut figures = figures(load, first, last);
    if load.rate.is_some() {
        figures.latency = percentiles(&mut times.take());
    }
    figures.megabytes = options.server().map(Process::megabytes).transpose()?;
    counts.stop.store(true, Relaxed);
    provider.close().await?;
    Ok(figures)
}

fn figures(load: Load, first: Sample, last: Sample) -> Figures {
    let seconds = (last.at - first.at).as_secs_f64();
    let updates = ((last.sent - first.sent) * load.signals as u64) as f64;
    let deliveries = (last.values - first.values) as f64;
    let server = last.server.zip(first.server).map(|(last, first)| last - first);
    let each = |time: Duration, of: f64| (of > 0.0).then(|| time.as_secs_f64() * 1e6 / of);
    let mut figures = Figures {
        rate: updates / seconds,
        server_us: server.and_then(|server| each(server, updates)),
        client_us: each(last.client - first.client, updates),
        ..Figures::default()
    };
    if load.subscribers > 0 {
        figures.deliveries = Some(deliveries / seconds);
        figures.delivery_us = server.and_then(|server| each(server, deliveries));
        let lost = (last.lost - first.lost) as f64;
        figures.lost_percent = Some(100.0 * lost / (deliveries + lost).max(1.0));
        figures.disordered = Some(last.disordered);
    }
    figures
}

/// Float sensors without bounds: any number is a value of theirs.
pub(crate) async fn sensors(connection: &Connection) -> Result<Vec<Signal>> {
    let all: ListMetadataResponse =
        connection.unary("ListMetadata", &ListMetadataRequest::default()).await?;
    let fits = |metadata: &Metadata| {
        metadata.data_type() == DataType::Float
            && metadata.entry_type() == EntryType::Sensor
            && metadata.min.is_none()
            && metadata.max.is_none()
    };
    let found = all.metadata.into_iter().filter(fits);
    let mut signals: Vec<_> =
        found.map(|metadata| Signal { id: metadata.id, path: metadata.path }).collect();
    // The same ones of every broker.
    signals.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(signals)
}

/// Opens a subscription and takes its first message, which holds what was before.
async fn subscribe(connection: &Connection, signals: &[Signal]) -> Result<Messages> {
    let signal_paths = signals.iter().map(|signal| signal.path.clone()).collect();
    let request = SubscribeRequest { signal_paths, buffer_size: BUFFER, filter: None };
    let mut body = Vec::new();
    frame(&request, &mut body);
    let mut stream = connection.call("Subscribe", Outgoing::whole(body)).await?;
    let mut first = false;
    while !first {
        if !stream.read(|_| first = true).await? {
            bail!("the broker ended a subscription before its first message");
        }
    }
    Ok(stream)
}

fn pace(rate: u32) -> Interval {
    let mut ticks = interval(Duration::from_secs(1) / rate);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

/// What the provider sends.
struct Flow {
    template: Template,
    next: u64,
    pace: Option<Interval>,
    counts: Arc<Counts>,
    times: Arc<Times>,
}

impl Flow {
    /// The next messages; none once the run is over.
    async fn next(mut self) -> Option<(Bytes, Flow)> {
        if self.counts.stop.load(Relaxed) {
            return None;
        }
        let messages = match &mut self.pace {
            Some(ticks) => {
                ticks.tick().await;
                1
            }
            None => (CHUNK / self.template.len()).max(1),
        };
        let mut bytes = Vec::with_capacity(messages * self.template.len());
        for _ in 0..messages {
            self.template.append(self.next, &mut bytes);
            self.next += 1;
        }
        if self.pace.is_some() {
            self.times.sent(self.next - 1);
        }
        self.counts.sent.fetch_add(messages as u64, Relaxed);
        Some((bytes.into(), self))
    }
}

struct Subscriber {
    reader: Reader,
    counts: Arc<Counts>,
    times: Option<Arc<Times>>,
}

impl Subscriber {
    async fn follow(mut self, _connection: Connection, mut stream: Messages) -> Result<()> {
        loop {
            let mut seen = Seen::default();
            if !stream.read(|message| self.reader.read(message, &mut seen)).await? {
                return Ok(());
            }
            self.counts.add(seen);
            if let (Some(times), Some(number)) = (&self.times, seen.last) {
                times.came(number);
            }
        }
    }
}

impl Counts {
    fn add(&self, seen: Seen) {
        self.values.fetch_add(seen.values, Relaxed);
        self.lost.fetch_add(seen.lost, Relaxed);
        self.disordered.fetch_add(seen.disordered, Relaxed);
    }

    fn sample(&self, options: &Options) -> Result<Sample> {
        Ok(Sample {
            at: Instant::now(),
            sent: self.sent.load(Relaxed),
            values: self.values.load(Relaxed),
            lost: self.lost.load(Relaxed),
            disordered: self.disordered.load(Relaxed),
            server: options.server().map(Process::cpu).transpose()?,
            client: Process::own().cpu()?,
        })
    }
}

impl Times {
    /// More than are ever on their way.
    const LENGTH: usize = 1 << 16;

    fn new() -> Times {
        let sent = (0..Times::LENGTH).map(|_| AtomicU64::new(0)).collect();
        Times { start: Instant::now(), sent, took: Mutex::default() }
    }

    fn now(&self) -> u64 {
        u64::try_from(self.start.elapsed().as_nanos()).unwrap_or(u64::MAX)
    }

    fn sent(&self, number: u64) {
        self.sent[number as usize % Times::LENGTH].store(self.now(), Relaxed);
    }

    fn came(&self, number: u32) {
        const { assert!((CYCLE as usize).is_multiple_of(Times::LENGTH)) };
        let sent = self.sent[number as usize % Times::LENGTH].load(Relaxed);
        self.lock().push(self.now().saturating_sub(sent));
    }

    fn forget(&self) {
        self.lock().clear();
    }

    fn take(&self) -> Vec<u64> {
        std::mem::take(&mut *self.lock())
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<u64>> {
        self.took.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
