//! The owner of one app: nobody else changes its state.
//!
//! Takes requests and outcomes one at a time, asks `app::transition` what follows, writes
//! that down, tells the world, carries it out, and takes the outcome as the next input.

use std::{
    collections::VecDeque,
    hash::{BuildHasher, RandomState},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{mpsc, oneshot},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use super::{
    Admission, Error, Result,
    core::{Core, Handle, Message},
    fault, folders, install, model,
    run::{self, Doors, Run, Sink},
};
use crate::{
    app::{
        Action, AppId, AppStatus, Denied, Input, Operation, Outcome, Rules, Situation, State,
        Stream, transition,
    },
    sandbox::{Control, Running, SandboxError},
};

/// Until a state that could not be written down is written again.
const RETRY: Duration = Duration::from_secs(1);

/// What an app's task begins with.
#[derive(Debug)]
pub(super) enum First {
    Install,
    /// Its process was found alive.
    Adopt(Running),
    /// It was known before, and no process of it lives.
    Return,
}

pub(super) struct Task {
    core: Arc<Core>,
    handle: Handle,
    rules: Rules,
    now: Situation,
    run: Option<Run>,
    /// Cancels the installation under way.
    install: CancellationToken,
    /// When a backoff is over.
    delay: Option<Instant>,
    /// The state is not in the database yet, which was full or locked.
    unsaved: bool,
    shim_seq: Arc<AtomicU64>,
    /// Why an installation was undone; told with the removal.
    undone: Option<String>,
    leaving: Option<oneshot::Sender<()>>,
    gone: bool,
}

/// Starts the app's task. The receiver hears when its first step is done.
pub(super) fn spawn(
    core: &Arc<Core>,
    handle: Handle,
    mailbox: mpsc::Receiver<Message>,
    now: Situation,
    shim_seq: u64,
    first: First,
) -> oneshot::Receiver<()> {
    let (begun, has_begun) = oneshot::channel();
    let manifest = &handle.app.manifest;
    let task = Task {
        core: core.clone(),
        rules: Rules { restart: manifest.restart, limits: manifest.limits.clone() },
        handle,
        now,
        run: None,
        install: CancellationToken::new(),
        delay: None,
        unsaved: false,
        shim_seq: Arc::new(AtomicU64::new(shim_seq)),
        undone: None,
        leaving: None,
        gone: false,
    };
    task.publish();
    tokio::spawn(task.live(mailbox, first, begun));
    has_begun
}

impl Task {
    async fn live(
        mut self,
        mut mailbox: mpsc::Receiver<Message>,
        first: First,
        begun: oneshot::Sender<()>,
    ) {
        self.begin(first).await;
        let _ = begun.send(());
        while !self.is_done() {
            let delay = self.delay.unwrap_or_else(Instant::now);
            tokio::select! {
                message = mailbox.recv() => match message {
                    Some(message) => self.take(message).await,
                    None => break,
                },
                () = sleep_until(delay), if self.delay.is_some() => {
                    self.feed(Input::DelayOver).await;
                }
                () = tokio::time::sleep(RETRY), if self.unsaved => self.save_again().await,
            }
        }
        if let Some(done) = self.leaving.take() {
            let _ = done.send(());
        }
    }

    /// Nothing is left to wait for.
    fn is_done(&self) -> bool {
        let at_rest = !matches!(
            self.now.state,
            State::Installing
                | State::Starting
                | State::Running
                | State::Paused
                | State::Stopping
                | State::Uninstalling
        );
        self.gone || (self.leaving.is_some() && at_rest)
    }

    fn id(&self) -> &AppId {
        self.handle.app.id()
    }

    async fn begin(&mut self, first: First) {
        match first {
            First::Install => self.start_install(),
            First::Adopt(running) => {
                let pid = running.pid;
                match run::open_doors(&self.core, &self.handle) {
                    Ok(doors) => {
                        self.hold(running, doors);
                        self.feed(Input::Adopted { pid }).await;
                    }
                    // It runs, but without signals: better a new run.
                    Err(reason) => {
                        tracing::warn!("'{}' cannot be adopted: {reason}", self.id());
                        self.clear_run().await;
                        self.feed(Input::NotAdopted).await;
                    }
                }
            }
            First::Return => self.feed(Input::NotAdopted).await,
        }
    }

    async fn take(&mut self, message: Message) {
        match message {
            Message::Ask(operation, reply) if self.leaving.is_some() => {
                tracing::debug!("{operation} of '{}' comes too late", self.id());
                let _ = reply.send(Err(Error::ShuttingDown));
            }
            Message::Ask(operation, reply) => self.ask(operation, reply).await,
            Message::Input(input) => {
                if matches!(input, Input::Ended(_) | Input::Lost(_)) {
                    self.clear_run().await;
                }
                self.feed(input).await;
            }
            Message::Leave { keep, done } => {
                self.leaving = Some(done);
                // An installation cannot go on without us; a run can.
                let on_its_own = !matches!(self.now.state, State::Installing | State::Uninstalling);
                if keep && on_its_own {
                    self.run = None;
                    self.gone = true;
                } else {
                    self.feed(Input::Leaving).await;
                }
            }
        }
    }

    /// A request is answered when its consequence is written down; pause and resume, which
    /// take a moment only, when they are done.
    async fn ask(&mut self, operation: Operation, reply: oneshot::Sender<Result<Admission>>) {
        let app = self.id().clone();
        let input = Input::Ask(operation);
        let (next, actions) = match transition(&self.now, &input, &self.rules, Timestamp::now()) {
            Err(Denied(reason)) => {
                let _ = reply.send(Err(Error::Denied { app, operation, reason }));
                return;
            }
            Ok(Outcome::Already) => {
                let _ = reply.send(Ok(Admission::Already));
                return;
            }
            Ok(Outcome::Next(next, actions)) => (next, actions),
        };
        if let Err(error) = self.core.state.save(&app, &next).await {
            let _ = reply.send(Err(error.into()));
            return;
        }
        fault::point(&app, operation.name(), "saved");
        self.enter(next);
        if !matches!(operation, Operation::Pause | Operation::Resume) {
            let _ = reply.send(Ok(Admission::Accepted));
            self.carry_out(actions).await;
            return;
        }
        let answer = match self.carry_out(actions).await {
            Some(Input::NotFrozen(reason) | Input::NotThawed(reason)) => {
                Err(Error::Failed { app, operation, reason })
            }
            _ => Ok(Admission::Accepted),
        };
        let _ = reply.send(answer);
    }

    /// What has happened cannot be refused: it holds even while it cannot be written down.
    async fn feed(&mut self, input: Input) {
        let at = Timestamp::now();
        let Ok(Outcome::Next(next, actions)) = transition(&self.now, &input, &self.rules, at)
        else {
            return;
        };
        if self.now.state == State::Installing && next.state == State::Uninstalling {
            self.undone = Some(next.reason.clone());
        }
        let saved = self.core.state.save(self.handle.app.id(), &next).await;
        self.unsaved = saved.is_err();
        if let Err(error) = saved {
            tracing::error!("the state of '{}' could not be saved: {error}", self.id());
        }
        fault::point(self.id(), next.state.name(), "saved");
        self.enter(next);
        self.carry_out(actions).await;
    }

    async fn save_again(&mut self) {
        self.unsaved = self.core.state.save(self.handle.app.id(), &self.now).await.is_err();
    }

    /// The last outcome, after all of them were taken in.
    async fn carry_out(&mut self, actions: Vec<Action>) -> Option<Input> {
        let mut outcomes = VecDeque::new();
        for action in actions {
            outcomes.extend(self.act(action).await);
        }
        let mut last = None;
        while let Some(outcome) = outcomes.pop_front() {
            Box::pin(self.feed(outcome.clone())).await;
            last = Some(outcome);
        }
        last
    }

    fn enter(&mut self, next: Situation) {
        let changed = next.state != self.now.state;
        self.now = next;
        self.delay = None;
        if changed {
            let text = format!("{}: {}", self.now.state, self.now.reason);
            let line = self.handle.console.push(Stream::Status, self.now.since, &text, false);
            self.core.logs.append_if_room(self.id(), line);
            tracing::info!("'{}' is {text}", self.id());
        }
        self.publish();
    }

    fn publish(&self) {
        let (manifest, now) = (&self.handle.app.manifest, &self.now);
        self.core.publisher.status(AppStatus {
            id: manifest.id.clone(),
            name: manifest.name.clone(),
            version: manifest.version.clone(),
            state: now.state,
            desired: now.desired,
            health: now.health,
            reason: Some(now.reason.clone()),
            pid: now.pid,
            exit_code: now.exit_code,
            restarts: now.restarts,
            since: now.since,
            started_at: now.started_at,
        });
    }

    /// The outcome, where it is known at once.
    async fn act(&mut self, action: Action) -> Option<Input> {
        match action {
            Action::CancelInstall => {
                self.install.cancel();
                None
            }
            Action::Launch => Some(match self.launch().await {
                Ok(pid) => Input::Started { pid },
                Err(reason) => Input::NotStarted(reason),
            }),
            Action::Freeze => Some(match self.control().freeze().await {
                Ok(()) => {
                    fault::point(self.id(), "pause", "frozen");
                    Input::Frozen
                }
                Err(error) => Input::NotFrozen(error.to_string()),
            }),
            Action::Thaw => Some(match self.control().thaw().await {
                Ok(()) => {
                    fault::point(self.id(), "resume", "thawed");
                    Input::Thawed
                }
                Err(error) => Input::NotThawed(error.to_string()),
            }),
            Action::Terminate => {
                self.terminate().await;
                fault::point(self.id(), "stop", "asked");
                None
            }
            Action::Wait(delay) => {
                self.delay = Some(Instant::now() + jittered(delay));
                None
            }
            Action::Remove => self.remove().await.err().map(Input::NotRemoved),
        }
    }

    async fn launch(&mut self) -> Result<u32, String> {
        model::check(&self.core, &self.handle.app).await?;
        let doors = run::open_doors(&self.core, &self.handle)?;
        let first_seq = self.shim_seq.load(Ordering::Relaxed) + 1;
        match run::launch(&self.core, &self.handle.app, first_seq).await {
            Ok(running) => {
                fault::point(self.id(), "start", "launched");
                let pid = running.pid;
                self.hold(running, doors);
                Ok(pid)
            }
            Err(reason) => {
                drop(doors);
                self.clear_run().await;
                Err(reason)
            }
        }
    }

    fn hold(&mut self, running: Running, doors: Doors) {
        self.handle.control.set(Some(running.control.clone()));
        let sink = Sink {
            app: self.id().clone(),
            console: self.handle.console.clone(),
            logs: self.core.logs.clone(),
            shim_seq: self.shim_seq.clone(),
            mailbox: self.handle.mailbox.clone(),
        };
        self.run = Some(run::hold(running, doors, sink));
    }

    fn control(&self) -> Reach {
        Reach(self.handle.control.get())
    }

    async fn terminate(&mut self) {
        let Some(control) = self.handle.control.get() else { return };
        let ended = match control.terminate().await {
            Err(SandboxError::Silent) => Err(SandboxError::Silent),
            Err(error) => {
                tracing::debug!("'{}' could not be asked to end: {error}", self.id());
                control.kill().await
            }
            Ok(()) => return,
        };
        // Its end comes as an event, where need be by that of its shim.
        if let Err(error) = ended
            && !matches!(error, SandboxError::Gone)
        {
            tracing::warn!("'{}' is ended with its shim: {error}", self.id());
            let _ = self.core.sandbox.remove(&self.handle.app.paths.run).await;
        }
    }

    /// After a run has ended: its sockets, shim and cgroup.
    async fn clear_run(&mut self) {
        self.run = None;
        self.handle.control.set(None);
        if let Err(error) = self.core.sandbox.remove(&self.handle.app.paths.run).await {
            tracing::warn!("what is left of a run of '{}': {error}", self.id());
        }
    }

    fn start_install(&mut self) {
        let (core, app) = (self.core.clone(), self.handle.app.clone());
        let (mailbox, cancelled) = (self.handle.mailbox.clone(), self.install.clone());
        tokio::spawn(async move {
            let input = match install::install(&core, &app, &cancelled).await {
                Ok(()) => Input::Installed,
                Err(reason) => Input::NotInstalled(reason),
            };
            let _ = mailbox.send(Message::Input(input)).await;
        });
    }

    /// Everything of the app. Its row goes last: until then a restart tries again.
    async fn remove(&mut self) -> Result<(), String> {
        self.run = None;
        self.handle.control.set(None);
        let (id, run) = (self.id().clone(), self.handle.app.paths.run.clone());
        self.core.sandbox.remove(&run).await.map_err(|error| error.to_string())?;
        fault::point(&id, "uninstall", "ended");
        let home = folders::home(&self.core.state_dir, &id);
        let builder = self.core.builder.clone();
        let removed = tokio::task::spawn_blocking(move || {
            builder.end_strays(&home);
            for folder in [home, run] {
                folders::remove(&folder)
                    .map_err(|error| format!("{}: {error}", folder.display()))?;
            }
            Ok::<(), String>(())
        });
        removed.await.map_err(|error| error.to_string())??;
        fault::point(&id, "uninstall", "folders");
        self.core.logs.delete(&id).await.map_err(|error| error.to_string())?;
        fault::point(&id, "uninstall", "logs");
        self.core.state.delete(&id).await.map_err(|error| error.to_string())?;
        fault::point(&id, "uninstall", "row");
        self.core.forget(&id);
        self.core.publisher.removed(&id, self.undone.take());
        self.gone = true;
        Ok(())
    }
}

/// A control that may be gone.
struct Reach(Option<Control>);

impl Reach {
    async fn freeze(&self) -> Result<(), SandboxError> {
        match &self.0 {
            Some(control) => control.freeze().await,
            None => Err(SandboxError::Gone),
        }
    }

    async fn thaw(&self) -> Result<(), SandboxError> {
        match &self.0 {
            Some(control) => control.thaw().await,
            None => Err(SandboxError::Gone),
        }
    }
}

/// Between half of it and all of it, so that apps that failed together do not start
/// together.
fn jittered(delay: Duration) -> Duration {
    let random = RandomState::new().hash_one(0u8) as f64 / u64::MAX as f64;
    delay.mul_f64(0.5 + random / 2.0)
}
