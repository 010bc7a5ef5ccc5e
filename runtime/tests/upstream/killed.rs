//! The upstream is a process of its own, which is killed (`kill -9`) and started again, while
//! somebody actuates without a pause.

use std::{
    collections::HashSet,
    path::Path,
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::timeout,
};
use vehicle_edge_runtime::signals::{
    SourceState,
    kuksa::{News, Providing, Remote, Upstream},
};
use vss_codegen::model::Value;

use super::{
    bench::{Mirror, SEAT, SPEED, VIN, here, kuksa, until},
    restarts::{actuate, number},
};

const RESTARTS: usize = 50;
/// Actuations that are carried out between two kills.
const THROUGH: usize = 20;
const MODEL: &str = "\
Vehicle: {type: branch, description: A car.}
Vehicle.Speed: {type: sensor, datatype: float, description: Its speed.}
Vehicle.VIN: {type: attribute, datatype: string, description: Its number.}
Vehicle.Cabin: {type: branch, description: Its inside.}
Vehicle.Cabin.Seat: {type: branch, description: A seat.}
Vehicle.Cabin.Seat.Position: {type: actuator, datatype: uint32, description: Where it is.}
";

/// `vehicle-edge serve`, and a client of it that provides its signals.
struct Car {
    process: Child,
    address: String,
    providing: Providing,
    /// Their connection.
    _remote: Remote,
}

impl Car {
    async fn start(state: &Path, listen: &str) -> Car {
        let model = state.join("car.vspec");
        std::fs::write(&model, MODEL).unwrap();
        let mut process = Command::new(env!("CARGO_BIN_EXE_vehicle-edge"))
            .args(["serve", "--sandbox", "process", "--no-mock", "--log", "error"])
            .args(["--http-listen", "127.0.0.1:0", "--health-listen", "127.0.0.1:0"])
            .args(["--grpc-listen", listen, "--model"])
            .arg(model)
            .env("VEHICLE_EDGE_STATE", state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut ready).await.unwrap();
        let address = ready.split_whitespace().find_map(|part| part.strip_prefix("grpc="));
        let address = address.unwrap_or_else(|| panic!("it is not ready: {ready:?}")).to_owned();
        let upstream = Upstream { address: address.parse().unwrap(), token: None, ca: None };
        let mut remote = Remote::connect(&upstream).await.unwrap();
        let signals = [(SPEED, false), (VIN, false), (SEAT, true)];
        let signals = signals.map(|(path, is_actuator)| (Arc::from(path), is_actuator));
        let providing = remote.provide(&signals).await.unwrap();
        Car { process, address, providing, _remote: remote }
    }

    async fn fill(&mut self, turn: usize) {
        let vin = Value::String(turn.to_string().into());
        self.providing.publish(VIN, vin).await.unwrap();
        self.providing.publish(SPEED, Value::Float(turn as f32)).await.unwrap();
    }

    /// The next actuation; `None` when it is dead.
    async fn asked(&mut self) -> Option<u32> {
        let news = timeout(Duration::from_secs(60), self.providing.next()).await;
        match news.expect("nothing is forwarded") {
            Ok(News::Asked { value, .. }) => Some(number(Some(&value))),
            Ok(News::Refused { path, why }) => panic!("{path}: {why}"),
            Err(_) => None,
        }
    }
}

fn is_filled(mirror: &Mirror, turn: usize) -> bool {
    mirror.value(SPEED) == Some(Value::Float(turn as f32))
        && mirror.value(VIN) == Some(Value::String(turn.to_string().into()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_kills_repeat_nothing_and_show_nothing_stale() {
    let state = tempfile::tempdir().unwrap();
    let mut car = Car::start(state.path(), "127.0.0.1:0").await;
    let address = car.address.clone();
    let mirror = Mirror::start(&here(), vec![kuksa(&address, &[])]);
    car.fill(0).await;
    until(|| is_filled(&mirror, 0)).await;

    let stop = Arc::new(AtomicBool::new(false));
    let actuator = tokio::spawn(actuate(mirror.broker.clone(), stop.clone()));
    let (mut asked, mut times) = (Vec::new(), Vec::new());
    for turn in 1..=RESTARTS {
        for _ in 0..THROUGH {
            asked.push(car.asked().await.expect("it lives"));
        }
        car.process.kill().await.unwrap();
        while let Some(number) = car.asked().await {
            asked.push(number);
        }
        mirror.is(SourceState::Away).await;
        for path in [SPEED, VIN] {
            assert_eq!(mirror.value(path), None, "a stale {path} in turn {turn}");
        }
        car = Car::start(state.path(), &address).await;
        let start = Instant::now();
        car.fill(turn).await;
        until(|| is_filled(&mirror, turn)).await;
        times.push(start.elapsed());
    }
    stop.store(true, Ordering::Relaxed);
    let accepted = actuator.await.unwrap();

    let once: HashSet<u32> = asked.iter().copied().collect();
    assert_eq!(once.len(), asked.len(), "an actuation was carried out twice");
    assert!(once.iter().all(|number| accepted.contains(number)), "nobody asked for that");
    times.sort();
    eprintln!(
        "{RESTARTS} kills: recovered in {:.0?} at the median, {:.0?} at most; {} actuations \
         taken, {} carried out",
        times[RESTARTS / 2],
        times[RESTARTS - 1],
        accepted.len(),
        asked.len(),
    );
}
