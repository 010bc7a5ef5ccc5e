//! `--for`: who is going to read the model.

use clap::{Args, ValueEnum};

use crate::Request;

#[derive(Debug, Args)]
pub(super) struct ConsumerOptions {
    /// Refuse what this program cannot read.
    #[arg(long = "for", value_enum, value_name = "PROGRAM")]
    consumer: Option<Consumer>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Consumer {
    /// The Kuksa databroker
    Kuksa,
}

impl ConsumerOptions {
    pub(super) fn is_kuksa(&self) -> bool {
        self.consumer == Some(Consumer::Kuksa)
    }

    pub(super) fn apply(&self, request: Request) -> Request {
        Request { for_kuksa: self.is_kuksa(), ..request }
    }
}
