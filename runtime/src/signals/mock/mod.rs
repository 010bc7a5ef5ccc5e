//! A car that is not there: plays values for the signals of any model.
//!
//! In: the registry, time, actuations, a [`Script`] of what signals are to do. Out: published
//! values, and a [`MockHandle`] with which all of it is changed while it runs.
//!
//! ```text
//! file ──read──▶ Script ──cast──▶ Role (one a signal) ──▶ Broker
//!                         └─────▶ Watch (one a trigger) ──▶ Role
//! ```
//!
//! - Without a script every signal does what is plausible for it: attributes and actuators
//!   are set once, a speed moves ten times a second, other numbers once.
//! - A role says when it is looked at next, and the mock sleeps until then; expressions and
//!   triggers look at their signals ten times a second. A value that is not new is not
//!   published.
//! - A target becomes the current value, at once unless an echo says otherwise.
//! - A signal that another provider has claimed is left alone, and one that somebody else
//!   published rests for half a minute before the mock goes on with it.
//! - What a trigger set stays until another trigger, or a change, says otherwise.
//!
//! Each run shows the same car: nothing depends on chance or on the time of day.
//! Must not know: HTTP, the command line, apps.

mod act;
mod behaviour;
mod clock;
#[cfg(feature = "daemon")]
mod curve;
mod ensemble;
mod expression;
mod formula;
mod handle;
mod inputs;
mod plausible;
mod range;
#[cfg(feature = "daemon")]
mod read;
mod role;
mod script;
#[cfg(test)]
mod tests;
mod trigger;
mod walk;

use tokio_util::sync::CancellationToken;

pub use self::{
    behaviour::{Behaviour, Csv, Echo, Ramp, RandomWalk, Repeat, Sequence, Sine},
    handle::{Mock, MockError, MockHandle, MockStatus, Origin, Played},
    script::{Deed, Rule, Script, Trigger},
};
use super::{Broker, Share};

/// Plays a script for all signals, as the only source. Must be called within a tokio
/// runtime; ends at `shutdown`.
pub fn start(
    broker: &Broker,
    script: Script,
    shutdown: CancellationToken,
) -> Result<MockHandle, MockError> {
    let mock = Mock::new(broker, script)?;
    let handle = mock.handle();
    tokio::spawn(async move {
        shutdown.run_until_cancelled(mock.play(Share::all())).await;
    });
    Ok(handle)
}
