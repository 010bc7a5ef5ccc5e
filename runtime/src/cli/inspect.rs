//! `vehicle-edge inspect APP`: everything about one app.

use anyhow::Result;
use clap::Args;

use super::{
    AppArgument,
    client::Client,
    output::{Output, age, print_fields},
    ps::coloured,
};
use crate::supervisor::{AppDetails, Dependency};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge inspect my-app
  vehicle-edge inspect my-app --output yaml")]
pub(crate) struct Inspect {
    #[command(flatten)]
    app: AppArgument,
    #[command(flatten)]
    output: Output,
}

impl Inspect {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let details: AppDetails = client.get(&format!("/api/apps/{}", self.app.app), &[]).await?;
        self.output.one(&details, || print_fields(&fields(&details)))
    }
}

fn fields(details: &AppDetails) -> Vec<(&'static str, String)> {
    let (status, manifest) = (&details.status, &details.manifest);
    let mut fields = vec![
        ("app", status.id.to_string()),
        ("name", status.name.clone()),
        ("version", status.version.clone()),
        ("state", format!("{} for {}", coloured(status.state), age(status.since))),
        ("desired", status.desired.to_string()),
        ("health", status.health.to_string()),
    ];
    let mut optional = |name, value: Option<String>| {
        if let Some(value) = value.filter(|value| !value.is_empty()) {
            fields.push((name, value));
        }
    };
    optional("reason", status.reason.clone());
    optional("pid", status.pid.map(|pid| pid.to_string()));
    // While it runs, this is of the run before.
    optional("last exit", status.exit_code.map(|code| format!("code {code}")));
    optional("restarts", Some(status.restarts).filter(|n| *n > 0).map(|n| n.to_string()));
    optional("entrypoint", Some(manifest.entrypoint.clone()));
    optional("signals", Some(signals(details)));
    optional("packages", Some(packages(&details.dependencies)));
    fields.extend([
        ("code", details.paths.code.display().to_string()),
        ("env", details.paths.env.display().to_string()),
        ("data", details.paths.data.display().to_string()),
        ("lock", details.paths.lock.display().to_string()),
    ]);
    fields
}

fn signals(details: &AppDetails) -> String {
    let lines = details.grants.iter().map(|grant| {
        let access: Vec<String> =
            grant.access.iter().map(|access| format!("{access:?}").to_lowercase()).collect();
        format!("{} ({})", grant.path, access.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn packages(dependencies: &[Dependency]) -> String {
    let python = dependencies.iter().filter(|dependency| dependency.kind == "python");
    let lines = python.map(|dependency| {
        let resolved = dependency.resolved.as_deref().unwrap_or("not resolved");
        match dependency.wanted.as_str() {
            "" => format!("{} {resolved}", dependency.name),
            wanted => format!("{} {resolved} (asked for {wanted})", dependency.name),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
