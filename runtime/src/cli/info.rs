//! `vehicle-edge info`: the runtime, its model and its sandbox.

use anyhow::Result;
use clap::Args;

use super::{
    client::Client,
    output::{Output, age, print_fields},
};
use crate::{
    api::wire::Info as Answer,
    signals::{SourceState, SourceStatus},
};

#[derive(Debug, Args)]
pub(crate) struct Info {
    #[command(flatten)]
    output: Output,
}

impl Info {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let info: Answer = client.get("/api/info", &[]).await?;
        self.output.one(&info, || print_fields(&fields(&info)))
    }
}

fn fields(info: &Answer) -> Vec<(&'static str, String)> {
    let (model, sandbox) = (&info.model.model, &info.sandbox);
    let version = model.version.as_deref().map_or_else(String::new, |v| format!(" {v}"));
    let lacks: Vec<String> = sandbox.lacks.iter().map(|lack| lack.sentence.clone()).collect();
    let mut fields = vec![
        ("version", info.version.clone()),
        ("runtime id", info.runtime_id.clone()),
        ("running", format!("{}, pid {}", age(info.started_at), info.pid)),
        ("state", info.state_dir.clone()),
        ("http", info.listen.http.clone()),
        ("grpc", info.listen.grpc.clone()),
        ("health", info.listen.health.clone()),
        (
            "model",
            format!(
                "{}{version}, {} signals, {}",
                model.name, info.model.signals, info.model.source
            ),
        ),
        ("hash", model.hash.clone()),
        ("signals from", providers(&info.providers)),
        ("sandbox", format!("{} ({})", sandbox.backend.name(), sandbox.isolation)),
    ];
    if !lacks.is_empty() {
        fields.push(("lacks", lacks.join("\n")));
    }
    fields
}

/// A line for each, with what there is to know beside that all is well.
fn providers(providers: &[SourceStatus]) -> String {
    let line = |provider: &SourceStatus| {
        let mut line = provider.name.clone();
        if !provider.signals.is_empty() {
            line.push_str(&format!(" ({})", provider.signals.join(", ")));
        }
        match provider.state {
            SourceState::Connected => {}
            SourceState::Starting => line.push_str(", starting"),
            SourceState::Away => line.push_str(&format!(", away for {}", age(provider.since))),
            SourceState::Ended => line.push_str(", ended"),
        }
        if let Some(detail) = &provider.detail {
            line.push_str(&format!(": {detail}"));
        }
        line
    };
    match providers {
        [] => "nobody here".to_owned(),
        some => some.iter().map(line).collect::<Vec<_>>().join("\n"),
    }
}
