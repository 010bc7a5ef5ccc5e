//! The options on how addresses are read, and the bar that shows a download.

use std::{
    env,
    ffi::OsString,
    io::{IsTerminal, stderr},
    path::PathBuf,
    sync::mpsc,
    thread,
    time::Duration,
};

use clap::Args;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::source::{Access, Download, HostLoader};

/// A heading for the whole of them would take in what commands add behind them.
const HEADING: &str = "Addresses";

#[derive(Debug, Args)]
pub(super) struct AccessOptions {
    /// Read copies of earlier runs, and nothing from the network [env: VSSC_OFFLINE=1].
    #[arg(long, help_heading = HEADING)]
    offline: bool,

    /// Read everything anew, and keep no copies.
    #[arg(long, conflicts_with = "offline", help_heading = HEADING)]
    no_cache: bool,

    /// Certificates (PEM) to trust beside those of the system.
    #[arg(long, value_name = "FILE", env = "VSSC_CA", hide_env_values = true, help_heading = HEADING)]
    #[arg(value_hint = clap::ValueHint::FilePath)]
    ca: Option<OsString>,
}

impl AccessOptions {
    pub(super) fn loader(&self) -> HostLoader {
        let mut access = Access::from_env();
        access.offline |= self.offline;
        // A variable that is set to nothing counts as not set.
        access.ca = self.ca.clone().filter(|path| !path.is_empty()).map(PathBuf::from);
        if self.no_cache {
            access.cache = None;
        }
        if stderr().is_terminal() {
            access.progress = Some(begin);
        }
        HostLoader::with(access)
    }
}

/// Sooner than this most downloads are over, and a bar would only flicker.
const PATIENCE: Duration = Duration::from_millis(300);
const TICK: Duration = Duration::from_millis(100);

/// A bar that appears after a while, and goes when the download is over.
struct Bar {
    bar: ProgressBar,
    /// Dropped to say that nobody needs the bar any more.
    over: Option<mpsc::Sender<()>>,
    starter: Option<thread::JoinHandle<()>>,
}

fn begin(name: &str) -> Box<dyn Download> {
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
    bar.set_style(style("{spinner} {wide_msg} {bytes}"));
    bar.set_message(name.chars().filter(|c| !c.is_control()).collect::<String>());
    let (over, is_over) = mpsc::channel();
    let shown = bar.clone();
    let starter = thread::spawn(move || {
        if is_over.recv_timeout(PATIENCE) == Err(mpsc::RecvTimeoutError::Timeout) {
            shown.set_draw_target(ProgressDrawTarget::stderr());
            shown.enable_steady_tick(TICK);
        }
    });
    Box::new(Bar { bar, over: Some(over), starter: Some(starter) })
}

fn style(template: &str) -> ProgressStyle {
    let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let bar = if no_color { "{bar:24}" } else { "{bar:24.blue}" };
    let template = template.replace("{bar}", bar);
    ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

impl Download for Bar {
    fn received(&mut self, bytes: u64, announced: Option<u64>) {
        if let Some(total) = announced
            && self.bar.length().is_none()
        {
            self.bar.set_length(total);
            self.bar.set_style(style("{spinner} {wide_msg} {bar} {bytes} of {total_bytes}"));
        }
        self.bar.set_position(bytes);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.over.take();
        if let Some(starter) = self.starter.take() {
            let _ = starter.join();
        }
        self.bar.finish_and_clear();
    }
}
