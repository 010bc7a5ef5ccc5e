//! `vehicle-edge install DIR`: packs an app's folder, uploads it and shows the progress.

use std::{
    fs,
    io::{self, IsTerminal},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::{Context, Result, anyhow, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use reqwest::{Body, Method, RequestBuilder};
use tokio_util::io::ReaderStream;

use super::{
    client::Client,
    operate::{Wait, complaint, pending, ran, summary},
    output::{Format, Output, print_line},
    pack::{self, Packed},
    stream::Stream,
};
use crate::{
    api::wire::{ConflictList, OperationReply, Progress, Subscribe},
    app::{AppId, AppManifest, State},
};

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  vehicle-edge install ./my-app
  vehicle-edge install --start ./my-app

Not uploaded: .git, __pycache__, .venv, target, node_modules and caches of Python tools.")]
pub(crate) struct Install {
    /// The app's folder, with vehicle-app.yaml in it
    #[arg(value_name = "DIR")]
    folder: PathBuf,
    /// Start the app when it is installed
    #[arg(long)]
    start: bool,
    #[command(flatten)]
    wait: Wait,
    #[command(flatten)]
    output: Output,
}

/// Large dependencies take a while to fetch.
const PATIENCE: u64 = 600;
/// Of apps that want whole branches there may be thousands.
const MOST_WARNINGS: usize = 10;
/// What the upload itself may take beyond the wait.
const UPLOAD_TIMEOUT: Duration = Duration::from_secs(300);

impl Install {
    pub(crate) async fn run(self, client: &Client) -> Result<()> {
        let (app, manifest) = read_manifest(&pack::manifest(&self.folder)?)?;
        let packed = pack::pack(&self.folder)?;
        if let Some(name) = unexpected(&packed) {
            eprintln!("not uploaded: {name}");
        }
        warn_of_conflicts(client, manifest).await;
        let wait = self.wait.duration(PATIENCE);
        let upload = self.upload(client, packed, wait)?;
        let reply: OperationReply = tokio::select! {
            biased;
            reply = client.json(upload) => reply?,
            // Progress alone never ends a wait: without a stream there is none to show.
            never = show_progress(client, &app) => match never {},
        };
        if self.output.output == Format::Table {
            print_line(&summary(&app, &reply));
        } else {
            self.output.one(&reply, || ())?;
        }
        self.verdict(&app, &reply, wait)
    }

    fn upload(&self, client: &Client, packed: Packed, wait: Duration) -> Result<RequestBuilder> {
        let size = packed.archive.metadata()?.len();
        let archive = tokio::fs::File::from_std(packed.archive);
        let seconds = wait.as_secs().to_string();
        let query = [("start", if self.start { "true" } else { "false" }), ("wait", &seconds)];
        Ok(client
            .request(Method::POST, client.url("/api/apps", &query))
            .header("content-type", "application/gzip")
            .header("content-length", size)
            .body(Body::wrap_stream(ReaderStream::new(archive)))
            .timeout(wait + UPLOAD_TIMEOUT))
    }

    fn verdict(&self, app: &AppId, reply: &OperationReply, wait: Duration) -> Result<()> {
        if !reply.settled {
            return match wait.is_zero() {
                true => Ok(()),
                false => Err(anyhow!(pending(app, wait))),
            };
        }
        match &reply.app {
            None => bail!("'{app}' was uninstalled meanwhile"),
            Some(status) if self.start && ran(status) => Ok(()),
            Some(status) if !self.start && status.state != State::Failed => Ok(()),
            Some(status) => Err(anyhow!(complaint(app, status))),
        }
    }
}

/// The id in the manifest and its text. Its every problem is said here already, without an
/// upload.
fn read_manifest(path: &Path) -> Result<(AppId, String)> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    match AppManifest::parse(&path.display().to_string(), &text) {
        Ok(manifest) => Ok((manifest.id, text)),
        Err(problems) => {
            let lines: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Err(anyhow!("the app's manifest is not right\n{}", lines.join("\n")))
        }
    }
}

/// Says where the app and those installed want the same signal, which hinders nothing. What
/// keeps the runtime from answering is told by the upload.
async fn warn_of_conflicts(client: &Client, manifest: String) {
    let request = client.request(Method::POST, client.url("/api/conflicts", &[])).body(manifest);
    let Ok(list) = client.json::<ConflictList>(request).await else { return };
    for conflict in list.conflicts.iter().take(MOST_WARNINGS) {
        eprintln!("warning: {conflict}");
    }
    if let Some(more @ 1..) = list.conflicts.len().checked_sub(MOST_WARNINGS) {
        eprintln!("warning: {more} more signals are wanted by other apps as well");
    }
}

/// What was left out though its author may have meant it: a folder called `target`.
fn unexpected(packed: &Packed) -> Option<String> {
    let found = packed.ignored.iter().find(|path| path.ends_with("target"));
    found.map(|path| path.display().to_string())
}

/// Shows each step until dropped.
async fn show_progress(client: &Client, app: &AppId) -> std::convert::Infallible {
    let display = Display::new();
    // Not being able to show progress is no reason to fail.
    let _ = follow_progress(client, app, &display).await;
    std::future::pending().await
}

async fn follow_progress(client: &Client, app: &AppId, display: &Display) -> Result<()> {
    let mut stream = Stream::open(client).await?;
    // To all apps, as this one is not there yet.
    let all = Subscribe { app_id: None, after: None, tail: None, console: false };
    stream.ask("subscribe", all).await?;
    while let Some(message) = stream.next().await? {
        if message.event != "app:progress" {
            continue;
        }
        let progress: Progress = serde_json::from_value(message.data)?;
        if progress.app_id == *app {
            display.show(&progress);
        }
    }
    Ok(())
}

/// A spinner on a terminal, plain lines anywhere else; on standard error both.
struct Display {
    spinner: Option<ProgressBar>,
}

impl Display {
    fn new() -> Display {
        let spinner = io::stderr().is_terminal().then(|| {
            let spinner = ProgressBar::new_spinner();
            if let Ok(style) = ProgressStyle::with_template("{spinner} {msg} ({elapsed})") {
                spinner.set_style(style);
            }
            spinner.enable_steady_tick(Duration::from_millis(120));
            spinner
        });
        Display { spinner }
    }

    fn show(&self, progress: &Progress) {
        let text = format!("{}: {}", progress.step, progress.message);
        match (&self.spinner, progress.percent) {
            (Some(spinner), Some(percent)) => spinner.set_message(format!("{percent:>2} % {text}")),
            (Some(spinner), None) => spinner.set_message(text),
            (None, _) => eprintln!("{text}"),
        }
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        if let Some(spinner) = &self.spinner {
            spinner.finish_and_clear();
        }
    }
}
