//! The upstream's connections are cut, and it starts again, again and again, while somebody actuates without a
//! pause and somebody else follows a value.

use std::{
    collections::HashSet,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use vehicle_edge_runtime::signals::{ActuationStream, Broker, Client, SourceState};
use vss_codegen::model::Value;

use super::bench::{
    Mirror, NUMBERED, SEAT, SPEED, Upstream, VIN, here, kuksa, numbered, there, until,
};

const RESTARTS: usize = 50;

/// Actuations that the upstream carries out between two kills, and what it has taken besides.
const THROUGH: usize = 20;

/// On an idle machine it is a second at most. Tests run beside much else.
const RECOVERY: Duration = Duration::from_secs(20);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_restarts_lose_nothing_and_repeat_nothing() {
    let mut upstream = Upstream::start(&there(0), "127.0.0.1:0").await;
    let address = upstream.address.to_string();
    fill(&upstream, 0);
    let mirror = Mirror::start(&here(), vec![kuksa(&address, &[])]);
    until(|| is_filled(&mirror, 0)).await;

    let stop = Arc::new(AtomicBool::new(false));
    let actuator = tokio::spawn(actuate(mirror.broker.clone(), stop.clone()));
    let follower = tokio::spawn(follow(mirror.broker.clone()));
    let mut asked = Vec::new();
    let mut times = Vec::new();
    for turn in 1..=RESTARTS {
        // The claim is there again: much goes through, and there is more to lose.
        for _ in 0..THROUGH {
            read_one(&mut upstream.actuations, &mut asked).await;
        }
        let last = mirror.time(SPEED);
        read_all(upstream.kill().await, &mut asked).await;
        mirror.is(SourceState::Away).await;
        for path in [SPEED, VIN, &numbered(0), &numbered(NUMBERED - 1)] {
            assert_eq!(mirror.value(path), None, "a stale {path} in turn {turn}");
        }
        assert_eq!(mirror.time(SPEED), last, "it has no value, and the time of its last");

        let start = Instant::now();
        upstream = Upstream::start(&there(turn), &address).await;
        fill(&upstream, turn);
        until(|| is_filled(&mirror, turn)).await;
        times.push(start.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let accepted = actuator.await.unwrap();
    mirror.broker.publish(&Client::runtime(), SPEED, Value::Float(-1.0)).unwrap();
    check_order(&follower.await.unwrap());

    // What was taken has reached the upstream once, or was reported as refused.
    until(|| {
        while let Ok(batch) = upstream.actuations.try_recv() {
            asked
                .extend(batch.iter().map(|actuation| number(actuation.datapoint().value.as_ref())));
        }
        asked.len() as u64 + mirror.broker.refused() >= accepted.len() as u64
    })
    .await;
    let once: HashSet<u32> = asked.iter().copied().collect();
    assert_eq!(once.len(), asked.len(), "an actuation was carried out twice");
    assert!(once.iter().all(|number| accepted.contains(number)), "nobody asked for that");

    times.sort();
    let (longest, median) = (times[RESTARTS - 1], times[RESTARTS / 2]);
    eprintln!(
        "{RESTARTS} restarts: recovered in {median:.0?} at the median, {longest:.0?} at most; \
         {} actuations taken, {} carried out, {} refused",
        accepted.len(),
        asked.len(),
        mirror.broker.refused()
    );
    assert!(longest < RECOVERY, "{times:?}");
}

/// Every value of this turn says so.
fn fill(upstream: &Upstream, turn: usize) {
    upstream.publish(VIN, Value::String(turn.to_string().into()));
    for number in [0, NUMBERED - 1] {
        upstream.publish(&numbered(number), Value::Int32((turn * 1000 + number) as i32));
    }
    upstream.publish(SPEED, Value::Float(turn as f32));
}

fn is_filled(mirror: &Mirror, turn: usize) -> bool {
    let is = |number: usize| {
        mirror.value(&numbered(number)) == Some(Value::Int32((turn * 1000 + number) as i32))
    };
    is(0)
        && is(NUMBERED - 1)
        && mirror.value(SPEED) == Some(Value::Float(turn as f32))
        && mirror.value(VIN) == Some(Value::String(turn.to_string().into()))
}

/// Asks for another number each time; gives those that were taken.
pub(crate) async fn actuate(broker: Broker, stop: Arc<AtomicBool>) -> HashSet<u32> {
    let client = Client::outside();
    let mut taken = HashSet::new();
    for number in 0.. {
        if stop.load(Ordering::Relaxed) {
            break;
        }
        match broker.actuate(&client, SEAT, Value::Uint32(number)).await {
            Ok(()) => _ = taken.insert(number),
            Err(_) => tokio::time::sleep(Duration::from_millis(1)).await,
        }
        tokio::task::yield_now().await;
    }
    taken
}

pub(crate) fn number(value: Option<&Value>) -> u32 {
    match value {
        Some(Value::Uint32(number)) => *number,
        other => panic!("{other:?}"),
    }
}

async fn read_one(actuations: &mut ActuationStream, asked: &mut Vec<u32>) {
    let wait = tokio::time::timeout(Duration::from_secs(60), actuations.recv());
    let batch = wait.await.expect("nothing is forwarded").unwrap();
    asked.extend(batch.iter().map(|actuation| number(actuation.datapoint().value.as_ref())));
}

/// The provider is gone, so this ends.
async fn read_all(mut actuations: ActuationStream, asked: &mut Vec<u32>) {
    while let Some(batch) = actuations.recv().await {
        asked.extend(batch.iter().map(|actuation| number(actuation.datapoint().value.as_ref())));
    }
}

/// All values of a signal until it is -1.
async fn follow(broker: Broker) -> Vec<Option<Value>> {
    let mut seen = Vec::new();
    let mut subscription = broker.subscribe(&Client::outside(), &[SPEED], 1000).unwrap();
    loop {
        for update in subscription.next().await.unwrap() {
            let value = update.datapoint().value.clone();
            if value == Some(Value::Float(-1.0)) {
                return seen;
            }
            seen.push(value);
        }
    }
}

/// Each turn's value once there, then none, then the next turn's.
fn check_order(seen: &[Option<Value>]) {
    let expected: Vec<_> = (0..=RESTARTS)
        .flat_map(|turn| [Some(Value::Float(turn as f32)), None])
        .take(2 * RESTARTS + 1)
        .collect();
    // A mirror that came before the first value of a turn may say twice that there is none.
    let mut seen = seen.to_vec();
    seen.dedup();
    assert_eq!(seen, expected);
}
