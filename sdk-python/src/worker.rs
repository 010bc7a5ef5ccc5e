//! The one background thread, with the tokio runtime that does all network work.

use std::{
    future::Future,
    sync::{Mutex, MutexGuard, PoisonError},
    thread::JoinHandle,
};

use pyo3::prelude::*;
use tokio::{runtime::Handle, sync::oneshot, task::AbortHandle};

struct Worker {
    handle: Handle,
    /// Dropped to end the thread.
    stop: oneshot::Sender<()>,
    thread: JoinHandle<()>,
    /// A forked child inherits this record but not the thread.
    process: u32,
}

static WORKER: Mutex<Option<Worker>> = Mutex::new(None);

fn worker() -> MutexGuard<'static, Option<Worker>> {
    WORKER.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The runtime's handle; starts the thread at the first call of the process.
pub(crate) fn handle() -> std::io::Result<Handle> {
    let mut slot = worker();
    if let Some(running) = slot.as_ref()
        && running.process == std::process::id()
    {
        return Ok(running.handle.clone());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let handle = runtime.handle().clone();
    let (stop, stopped) = oneshot::channel::<()>();
    let thread = std::thread::Builder::new().name("vehicle-signals".into()).spawn(move || {
        let _ = runtime.block_on(stopped);
    })?;
    let started = Worker { handle: handle.clone(), stop, thread, process: std::process::id() };
    // What a fork left here belongs to a thread that does not exist in this process.
    std::mem::forget(slot.replace(started));
    Ok(handle)
}

/// Runs a task on the background thread.
pub(crate) fn spawn(
    task: impl Future<Output = ()> + Send + 'static,
) -> std::io::Result<AbortHandle> {
    Ok(handle()?.spawn(task).abort_handle())
}

/// Ends the background thread; a later call starts a new one. Registered with `atexit`:
/// a thread that asks for the interpreter while that is taken down would crash it.
#[pyfunction]
pub(crate) fn shutdown(py: Python<'_>) {
    let Some(running) = worker().take() else { return };
    if running.process != std::process::id() {
        std::mem::forget(running);
        return;
    }
    drop(running.stop);
    // Detached, because the thread may be waiting for the interpreter right now.
    py.detach(|| {
        let _ = running.thread.join();
    });
}
