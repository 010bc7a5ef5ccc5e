//! A thousand clients that mean harm, and one that does not notice.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::{
    env, fs,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tokio::{
    io::AsyncWriteExt,
    net::TcpStream,
    time::{sleep, timeout},
};
use tokio_stream::StreamExt;
use tonic::{
    Streaming,
    transport::{Channel, Endpoint},
};
use vehicle_edge_runtime::signals::proto::v2::{
    Datapoint, PublishValueRequest, SignalId, SubscribeRequest, SubscribeResponse, Value,
    signal_id::Signal, val_client::ValClient, value::TypedValue,
};

const SPEED: &str = "Vehicle.Speed";
const OF_EACH_KIND: usize = 250;
/// Subscriptions of a flooding client, none of which it reads.
const STREAMS: usize = 4;
/// An unoptimised broker takes ten times as long for each.
const UPDATES: u16 = if cfg!(debug_assertions) { 100 } else { 1000 };
/// What the broker may take for all of them, in bytes.
const MOST_MEMORY: u64 = 256 << 20;

/// The broker as a process of its own: what it takes is not mixed with what its clients take.
struct Broker {
    process: Child,
    address: String,
}

impl Broker {
    fn start() -> Broker {
        let own = env::current_exe().unwrap();
        let program = own.parent().unwrap().with_file_name("examples").join("broker");
        let mut process = Command::new(&program)
            .args(["--listen", "127.0.0.1:0", "--no-mock"])
            .stdout(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("{error}: `cargo build --examples` makes {program:?}"));
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("ready grpc=").unwrap().to_owned();
        Broker { process, address }
    }

    async fn client(&self) -> ValClient<Channel> {
        ValClient::connect(format!("http://{}", self.address)).await.unwrap()
    }

    /// One that takes a few messages from the broker, and then none until they are read.
    async fn narrow_client(&self) -> ValClient<Channel> {
        let endpoint = Endpoint::new(format!("http://{}", self.address)).unwrap();
        ValClient::new(endpoint.initial_stream_window_size(1 << 10).connect().await.unwrap())
    }

    /// In bytes.
    fn memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id())).unwrap();
        let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() << 10
    }
}

impl Drop for Broker {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn publish(value: f32) -> PublishValueRequest {
    let value = Some(Value { typed_value: Some(TypedValue::Float(value)) });
    PublishValueRequest {
        signal_id: Some(SignalId { signal: Some(Signal::Path(SPEED.to_owned())) }),
        data_point: Some(Datapoint { timestamp: None, value }),
    }
}

async fn subscribe(client: &mut ValClient<Channel>) -> Streaming<SubscribeResponse> {
    let signal_paths = vec![SPEED.to_owned()];
    let request = SubscribeRequest { signal_paths, buffer_size: 1000, filter: None };
    client.subscribe(request).await.unwrap().into_inner()
}

/// Says nothing, or stops in the middle of the first frame.
async fn silent(address: &str, beginning: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning).await.unwrap();
    stream
}

/// Sends what is no HTTP/2 for as long as it is taken.
async fn garbage(address: &str) -> TcpStream {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let noise = [0xa5; 16 << 10];
    let flood = async { while stream.write_all(&noise).await.is_ok() {} };
    let _ = timeout(Duration::from_millis(20), flood).await;
    stream
}

/// Publishes at a steady pace and waits for each value: all arrive. The slowest but 1 in 100.
async fn use_it(broker: &Broker) -> Duration {
    let mut client = broker.client().await;
    let mut stream = subscribe(&mut client).await;
    stream.next().await.unwrap().unwrap();
    let mut latencies = Vec::new();
    for number in 0..UPDATES {
        let request = publish(f32::from(number % 250));
        let value = request.data_point.as_ref().unwrap().value.clone();
        let at = Instant::now();
        client.publish_value(request).await.unwrap();
        let message = timeout(Duration::from_secs(20), stream.next()).await.expect("it stalled");
        assert_eq!(message.unwrap().unwrap().entries[SPEED].value, value, "update {number}");
        latencies.push(at.elapsed());
        sleep(Duration::from_millis(1)).await;
    }
    latencies.sort();
    latencies[latencies.len() * 99 / 100]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_hostile_clients_harm_nobody() {
    let broker = Broker::start();
    let (alone, before) = (use_it(&broker).await, broker.memory());

    let preface = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    // Settings whose last bytes never come.
    let half_open = [preface.as_slice(), &[0, 0, 18, 4, 0, 0, 0, 0, 0, 0, 3]].concat();
    let (mut connections, mut unread) = (Vec::new(), Vec::new());
    for _ in 0..OF_EACH_KIND {
        connections.push(silent(&broker.address, b"").await);
        connections.push(silent(&broker.address, &half_open).await);
        connections.push(garbage(&broker.address).await);
        let mut client = broker.narrow_client().await;
        for _ in 0..STREAMS {
            unread.push(subscribe(&mut client).await);
        }
    }
    // Until their windows are full, and their queues.
    for _ in 0..3 {
        use_it(&broker).await;
    }
    let (beside, taken) = (use_it(&broker).await, broker.memory() - before);
    println!("99 % within {alone:?} alone, {beside:?} beside them, who take {} MB", taken >> 20);
    assert!(taken < MOST_MEMORY, "{} MB", taken >> 20);
    drop((connections, unread));
    use_it(&broker).await;
}
