//! SIGHUP: certificates and keys are read anew, without cutting anybody off who may stay.

use std::io;

use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::signals::Gate;

/// Reads the gate's files anew at each SIGHUP, until `shutdown`. What has become wrong stays
/// as it was, and is said in the log.
pub(super) fn at_hangup(
    gate: Gate,
    shutdown: CancellationToken,
) -> io::Result<impl Future<Output = ()> + Send> {
    // At once: a SIGHUP before the first wait must not end the process.
    let mut hangups = signal(SignalKind::hangup())?;
    let reload = async move {
        while hangups.recv().await.is_some() {
            match gate.reload() {
                Ok(()) => tracing::info!("certificates and keys of the broker were read anew"),
                Err(error) => tracing::error!("those of before are used on: {error}"),
            }
        }
    };
    Ok(async move { shutdown.run_until_cancelled(reload).await.unwrap_or_default() })
}
