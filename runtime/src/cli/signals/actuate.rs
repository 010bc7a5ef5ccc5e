//! `vehicle-edge signals actuate PATH VALUE [--wait]`.

use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use reqwest::Method;
use serde_json::{Value as Json, json};

use crate::{
    api::wire::{SignalUpdates, SignalsSet, SubscribeSignals},
    app::parse_duration,
    cli::{client::Client, stream::Stream},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge signals actuate Vehicle.Body.Lights.Beam.Low.IsOn true
  vehicle-edge signals actuate Vehicle.Cabin.Door.Row1.DriverSide.Window.Position 50 --wait=30s")]
pub(crate) struct Actuate {
    /// Path of the actuator
    #[arg(value_name = "PATH")]
    path: String,
    /// The value that it is to get, as its type is written; an array as [1, 2]
    #[arg(value_name = "VALUE", allow_hyphen_values = true)]
    value: String,
    /// Wait until its current value is that one: 10s, unless said otherwise
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    #[arg(num_args = 0..=1, require_equals = true, default_missing_value = "10s")]
    wait: Option<Duration>,
}

/// Updates a second of what is waited for.
const RATE: f64 = 50.0;

impl Actuate {
    /// An actuator that nobody provides, and what is none, are errors of the runtime.
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let Some(patience) = self.wait else { return self.ask(client).await };
        // First, so that nothing is missed; it begins with the value of now.
        let mut stream = Stream::open(client).await?;
        let wanted = SubscribeSignals { paths: vec![self.path.clone()], max_rate: RATE };
        stream.ask("signal:subscribe", wanted).await?;
        self.ask(client).await?;
        match tokio::time::timeout(patience, self.reached(&mut stream)).await {
            Ok(reached) => reached,
            Err(_) => bail!(
                "{}: its provider was asked, and it is not {} after {} s: `vehicle-edge signals \
                 watch {}` shows what it does",
                self.path,
                self.value,
                patience.as_secs_f64(),
                self.path
            ),
        }
    }

    async fn ask(&self, client: &Client) -> Result<()> {
        let body = json!({ &self.path: self.value }).to_string();
        let address = client.url("/api/signals", &[("as", "target")]);
        let request = client.request(Method::PUT, address).body(body);
        client.json::<SignalsSet>(request).await.map(drop)
    }

    async fn reached(&self, stream: &mut Stream) -> Result<()> {
        while let Some(message) = stream.next().await? {
            if message.event != "signal:update" {
                continue;
            }
            let news: SignalUpdates = serde_json::from_value(message.data)?;
            if news.updates.iter().any(|update| is(&update.value, &self.value)) {
                return Ok(());
            }
        }
        bail!("the connection to the runtime ended before {} was {}", self.path, self.value)
    }
}

/// Whether a value is what a text says, however its number is written.
fn is(value: &Json, text: &str) -> bool {
    match value {
        Json::String(value) => value == text,
        Json::Number(value) => match (value.as_f64(), text.parse::<f64>()) {
            // A float has about seven digits.
            (Some(value), Ok(wanted)) => (value - wanted).abs() <= wanted.abs() * 1e-6,
            _ => false,
        },
        value => serde_json::from_str(text).is_ok_and(|wanted: Json| wanted == *value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_the_same_however_it_is_written() {
        assert!(is(&json!(50), "50.0") && is(&json!(0.1), "0.1000000001") && is(&json!(0), "-0"));
        assert!(is(&json!(true), "true") && is(&json!("50"), "50") && is(&json!([1, 2]), "[1,2]"));
        assert!(!is(&json!(50), "51") && !is(&json!("50"), "50.0") && !is(&Json::Null, "0"));
    }
}
