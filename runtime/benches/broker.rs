//! The broker without a wire: what a delivery costs, and what the broker itself takes of a
//! process with a whole catalogue. A model is taken from the environment's `MANIFEST`, as
//! `vssc generate manifest` writes it; without it the embedded one.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a measurement ends by it")]

use std::{
    fs::{self, File},
    io::BufReader,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::Relaxed},
    },
    thread,
    time::{Duration, Instant},
};

use futures_util::FutureExt;
use vehicle_edge_runtime::signals::{Broker, Client, Provider, SignalRef, Subscription};
use vss_codegen::{
    Request, compile,
    model::{DataType, Element, Manifest, SignalKind, Value},
    source::HostLoader,
};

const ROUNDS: usize = 5;
const READERS: usize = 100;
/// Published before everybody reads: fits into every queue, so that nothing is lost.
const BURST: usize = 500;
const BURSTS: usize = 200;

fn main() {
    let manifest = match std::env::var_os("MANIFEST") {
        Some(path) => serde_json::from_reader(BufReader::new(File::open(path).unwrap())).unwrap(),
        None => embedded(),
    };
    let (megabytes, milliseconds) = share(&manifest);
    println!(
        "{} signals: the broker starts in {milliseconds:.1} ms and takes {megabytes:.1} MB",
        manifest.signals.len()
    );
    let (client, path) = (Client::runtime(), float(&manifest));
    for readers in [1, 10, READERS] {
        let broker = Broker::new(&manifest).unwrap();
        let mut subscriptions: Vec<_> =
            (0..readers).map(|_| broker.subscribe(&client, &[&path], 1000).unwrap()).collect();
        let (provider, _actuations) = broker.provider(&client);
        provider.claim_signals(&[SignalRef::Path(&path)]).unwrap();
        let mut each: Vec<_> = (0..ROUNDS)
            .map(|_| deliver(&provider, &path, &mut subscriptions, BURSTS * READERS / readers / 10))
            .collect();
        each.sort_by(f64::total_cmp);
        let each = each[ROUNDS / 2];
        println!(
            "{readers} subscribers: {each:.1} ns for each delivery, {:.1} M a second, one thread",
            1e3 / each
        );
    }
    let rate = beside(&manifest, &path);
    println!(
        "{READERS} subscribers, read by another thread: {:.1} M deliveries a second",
        rate / 1e6
    );
}

/// Nanoseconds for each value that a reader got, from publishing to reading.
fn deliver(
    provider: &Provider,
    path: &str,
    subscriptions: &mut [Subscription],
    bursts: usize,
) -> f64 {
    let mut values = 0;
    let start = Instant::now();
    for burst in 0..bursts {
        for number in 0..BURST {
            let value = Value::Float((burst * BURST + number) as f32);
            provider.publish(SignalRef::Path(path), Some(value)).unwrap();
        }
        for subscription in &mut *subscriptions {
            values += drain(subscription);
        }
    }
    let took = start.elapsed();
    let lost: u64 = subscriptions.iter().map(Subscription::dropped).sum();
    assert_eq!(lost, 0, "values were lost, so this measures something else");
    assert!(values >= bursts * BURST * subscriptions.len());
    took.as_secs_f64() * 1e9 / values as f64
}

/// Deliveries a second while one thread publishes and another one reads.
fn beside(manifest: &Manifest, path: &str) -> f64 {
    let (broker, client) = (Broker::new(manifest).unwrap(), Client::runtime());
    let mut subscriptions: Vec<_> =
        (0..READERS).map(|_| broker.subscribe(&client, &[path], 1000).unwrap()).collect();
    let over = Arc::new(AtomicBool::new(false));
    let reader = thread::spawn({
        let over = over.clone();
        move || {
            let (mut values, start) = (0, Instant::now());
            while !over.load(Relaxed) {
                values += subscriptions.iter_mut().map(drain).sum::<usize>();
            }
            values as f64 / start.elapsed().as_secs_f64()
        }
    });
    let start = Instant::now();
    for number in 0.. {
        broker.publish(&client, path, Value::Float(number as f32)).unwrap();
        if number % 1000 == 0 && start.elapsed() > Duration::from_secs(2) {
            break;
        }
    }
    over.store(true, Relaxed);
    reader.join().unwrap()
}

fn drain(subscription: &mut Subscription) -> usize {
    let (mut values, mut batch) = (0, Vec::new());
    while let Some(outcome) = subscription.next_into(&mut batch).now_or_never() {
        outcome.unwrap();
        values += batch.len();
        batch.clear();
    }
    values
}

/// What a broker takes: megabytes and milliseconds.
fn share(manifest: &Manifest) -> (f64, f64) {
    let mut times: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let start = Instant::now();
            drop(Broker::new(manifest).unwrap());
            start.elapsed().as_secs_f64() * 1e3
        })
        .collect();
    times.sort_by(f64::total_cmp);
    // Several, so that memory which is taken in big pieces, or was free already, evens out.
    let before = resident();
    let brokers: Vec<_> = (0..ROUNDS).map(|_| Broker::new(manifest).unwrap()).collect();
    let each = (resident() - before) / ROUNDS as f64;
    drop(brokers);
    (each, times[ROUNDS / 2])
}

/// Megabytes of this process.
fn resident() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    line.split_whitespace().next().unwrap().parse::<f64>().unwrap() * 1024.0 / 1e6
}

fn embedded() -> Manifest {
    let (catalog, _) = compile(&Request::default(), &HostLoader::default());
    vss_codegen::target::manifest::manifest(&catalog.expect("the embedded model compiles"))
}

/// A float sensor that takes any number.
fn float(manifest: &Manifest) -> String {
    let fits = |signal: &&vss_codegen::model::Signal| {
        signal.kind == SignalKind::Sensor
            && signal.datatype == DataType::scalar(Element::Float)
            && signal.min.is_none()
            && signal.max.is_none()
    };
    manifest.signals.iter().find(fits).expect("a float sensor without bounds").path.clone()
}
