//! Load for any broker that speaks `kuksa.val.v2`: what it takes, delivers, loses, and what
//! that costs it.
//!
//! ```text
//! cargo run --release --example load -- --address ADDR:PORT [--pid PID] [--seconds N] \
//!     [--token TOKEN] [--json] [SCENARIO...]
//! ```
//!
//! Values are numbered, so that losses are counted and order is checked by what arrives.
//! Requests are encoded beforehand and answers read without a library's decoding: this
//! program shares the processors with the broker, and should be the smaller part.

mod connection;
#[path = "../flood/frame.rs"]
mod frame;
mod process;
mod provider;
mod report;
mod stream;
mod unary;
mod wire;

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::http::HeaderValue;
use clap::Parser;

use self::{connection::Target, process::Process, report::Figures, stream::Load, unary::Call};

#[derive(Debug, Parser)]
struct Options {
    /// Of the broker
    #[arg(long, default_value = "127.0.0.1:55555")]
    address: String,
    /// The broker's process, for its processor time and memory
    #[arg(long)]
    pid: Option<u32>,
    /// How long each scenario is measured
    #[arg(long, default_value_t = 3.0)]
    seconds: f64,
    /// A JWT that is sent along
    #[arg(long)]
    token: Option<String>,
    /// Threads of this program
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// A line of JSON for each scenario instead of a table
    #[arg(long)]
    json: bool,
    /// All of them without
    scenarios: Vec<String>,
}

#[derive(Clone, Copy)]
enum Scenario {
    Stream(Load),
    Unary(Call),
    Silent,
}

const NONE: Load = Load { signals: 1, subscribers: 0, others: 0, rate: None };

const SCENARIOS: [(&str, Scenario); 13] = [
    ("saturated", Scenario::Stream(NONE)),
    ("readers-1", Scenario::Stream(Load { subscribers: 1, ..NONE })),
    ("readers-10", Scenario::Stream(Load { subscribers: 10, ..NONE })),
    ("readers-100", Scenario::Stream(Load { subscribers: 100, ..NONE })),
    ("batches-100", Scenario::Stream(Load { signals: 50, subscribers: 100, ..NONE })),
    ("others-100", Scenario::Stream(Load { others: 100, ..NONE })),
    ("others-1000", Scenario::Stream(Load { others: 1000, ..NONE })),
    ("publish", Scenario::Unary(Call::Publish)),
    ("get", Scenario::Unary(Call::Get)),
    ("paced-1", Scenario::Stream(Load { subscribers: 1, rate: Some(1000), ..NONE })),
    ("paced-100", Scenario::Stream(Load { subscribers: 100, rate: Some(500), ..NONE })),
    // What Kuksa takes at most: 13,600 updates a second.
    (
        "paced-batches",
        Scenario::Stream(Load { signals: 50, subscribers: 100, rate: Some(272), ..NONE }),
    ),
    ("silent", Scenario::Silent),
];

fn main() -> Result<()> {
    let options = Options::parse();
    if !(options.seconds > 0.0 && options.seconds < 1e6) {
        bail!("--seconds is a number above 0");
    }
    let mut builder = match options.threads {
        0 => bail!("--threads is a number above 0"),
        1 => tokio::runtime::Builder::new_current_thread(),
        _ => tokio::runtime::Builder::new_multi_thread(),
    };
    builder.worker_threads(options.threads).enable_all().build()?.block_on(run(&options))
}

async fn run(options: &Options) -> Result<()> {
    let token = match &options.token {
        Some(token) => Some(
            HeaderValue::try_from(format!("Bearer {token}"))
                .context("--token: only visible ASCII can be sent")?,
        ),
        None => None,
    };
    let target = Target { address: options.address.clone(), token };
    if !options.json {
        println!("{}", report::heading());
    }
    for (name, scenario) in options.chosen()? {
        let figures = measure(&target, scenario, options).await.context(name)?;
        match options.json {
            true => println!("{}", report::json(name, &figures)?),
            false => println!("{}", report::row(name, &figures)),
        }
    }
    Ok(())
}

async fn measure(target: &Target, scenario: Scenario, options: &Options) -> Result<Figures> {
    match scenario {
        Scenario::Stream(load) => stream::run(target, load, options).await,
        Scenario::Unary(call) => unary::run(target, call, options).await,
        Scenario::Silent => unary::past_silent_provider(target).await,
    }
}

impl Options {
    fn chosen(&self) -> Result<Vec<(&'static str, Scenario)>> {
        if self.scenarios.is_empty() {
            return Ok(SCENARIOS.to_vec());
        }
        let known = || SCENARIOS.map(|(name, _)| name).join(", ");
        let one = |wanted: &String| {
            let found = SCENARIOS.into_iter().find(|(name, _)| name == wanted);
            found
                .with_context(|| format!("no scenario is called '{wanted}': there are {}", known()))
        };
        self.scenarios.iter().map(one).collect()
    }

    fn duration(&self) -> Duration {
        Duration::from_secs_f64(self.seconds)
    }

    fn server(&self) -> Option<Process> {
        self.pid.map(Process::of)
    }
}
