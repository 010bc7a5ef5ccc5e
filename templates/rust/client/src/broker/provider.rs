//! The side of the vehicle: what carries out actuations and publishes values.

use std::{
    collections::HashMap,
    fmt,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::{mpsc, oneshot, watch},
    task::AbortHandle,
};

use super::{check::check, client::datapoint, session, wire};
use crate::{
    Actuator, Carried, Client, Error, Signal,
    proto::{self, open_provider_stream_request::Action as Request, value::TypedValue},
};

/// Why an actuation is not carried out, for the broker to know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reject(String);

impl Reject {
    /// `why` is for people to read.
    pub fn new(why: impl Into<String>) -> Reject {
        Reject(why.into())
    }
}

impl fmt::Display for Reject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Reject {}

/// A handler that calls the broker may pass on what goes wrong there.
impl From<Error> for Reject {
    fn from(error: Error) -> Reject {
        Reject(error.to_string())
    }
}

type Answer = Pin<Box<dyn Future<Output = Result<(), Reject>> + Send>>;
type Handler = Box<dyn FnMut(Option<TypedValue>) -> Answer + Send>;

/// What a provider is for, before it begins.
///
/// ```ignore
/// let provider = client
///     .provider()
///     .carries_out(hood, move |is_open| async move {
///         if driving { return Err(Reject::new("not while driving")) }
///         Ok(())
///     })
///     .publishes(speed)
///     .open()
///     .await?;
/// provider.publish(speed, 3.5).await?;
/// ```
#[must_use = "a provider begins with `open`"]
pub struct ProviderBuilder {
    client: Client,
    claims: Claims,
    handlers: Handlers,
}

/// What carries out the actuations of each signal.
pub(super) type Handlers = HashMap<&'static str, Handler>;

/// The signals that a provider asks the broker for.
#[derive(Debug, Default)]
pub(super) struct Claims {
    pub(super) actuators: Vec<&'static str>,
    pub(super) published: Vec<&'static str>,
}

impl ProviderBuilder {
    pub(super) fn new(client: Client) -> ProviderBuilder {
        ProviderBuilder { client, claims: Claims::default(), handlers: Handlers::new() }
    }

    /// Calls `handler` for each actuation of the signal. The broker hears whether it was
    /// carried out or why not; the value that the signal then has is the handler's to
    /// publish.
    ///
    /// The handlers of a provider run one after the other, in the order of the actuations:
    /// what takes long belongs into a task of its own. A value that the model does not allow
    /// is rejected without asking.
    pub fn carries_out<T, H, F>(mut self, actuator: Actuator<T>, mut handler: H) -> ProviderBuilder
    where
        T: Carried,
        H: FnMut(T) -> F + Send + 'static,
        F: Future<Output = Result<(), Reject>> + Send + 'static,
    {
        let signal = *actuator;
        let handler = move |typed: Option<TypedValue>| -> Answer {
            match read(&signal, typed) {
                Ok(value) => Box::pin(handler(value)),
                Err(reject) => Box::pin(std::future::ready(Err(reject))),
            }
        };
        if self.handlers.insert(signal.path(), Box::new(handler)).is_none() {
            self.claims.actuators.push(signal.path());
        }
        self
    }

    /// Lets [`Provider::publish`] publish the signal. While this provider is open, no other
    /// can have the signal.
    pub fn publishes<T: Carried>(mut self, signal: impl AsRef<Signal<T>>) -> ProviderBuilder {
        let path = signal.as_ref().path();
        if !self.claims.published.contains(&path) {
            self.claims.published.push(path);
        }
        self
    }

    /// Begins. Waits for a broker that is not there yet; fails when the broker refuses:
    /// with [`Error::NotClaimed`] when a signal has another provider.
    pub async fn open(self) -> Result<Provider, Error> {
        let ProviderBuilder { client, claims, handlers } = self;
        let shared = Arc::new(Shared::default());
        let (opened, accepted) = oneshot::channel();
        let (ending, end) = watch::channel(None);
        let address = client.address().to_owned();
        let runtime = client.runtime().clone();
        let session = runtime.spawn(session::run(client, claims, handlers, shared.clone(), opened));
        let provider =
            Provider { shared: shared.clone(), end, address, task: session.abort_handle() };
        runtime.spawn(async move {
            let error = session.await.unwrap_or_else(|_panicked| handler_panicked());
            // What is left by a panic would keep the claims.
            shared.lock().session = None;
            ending.send_replace(Some(error));
        });
        match accepted.await {
            Ok(()) => Ok(provider),
            Err(_refused) => Err(provider.ended().await),
        }
    }
}

impl fmt::Debug for ProviderBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("ProviderBuilder").field(&self.claims).finish()
    }
}

fn handler_panicked() -> Error {
    let text = "the handler of an actuation panicked, which ended its provider";
    Error::Handler(text.to_owned())
}

/// What an actuation asks for.
fn read<T: Carried>(signal: &Signal<T>, typed: Option<TypedValue>) -> Result<T, Reject> {
    let path = signal.path();
    let typed = typed.ok_or_else(|| Reject(format!("{path}: the actuation has no value")))?;
    let value = T::from_wire(&typed).ok_or_else(|| {
        let shown = wire::shown(&typed);
        Reject(format!("{path}: {shown} is nothing that the model ({}) knows", signal.datatype))
    })?;
    check(signal, &value)?;
    Ok(value)
}

/// An open provider. It is restored after a lost connection, with all that it has claimed.
/// Dropping it gives that up.
#[derive(Debug)]
pub struct Provider {
    shared: Arc<Shared>,
    /// Why it ended, once it has.
    end: watch::Receiver<Option<Error>>,
    address: String,
    task: AbortHandle,
}

/// What the connection and the provider's owner share.
#[derive(Debug, Default)]
pub(super) struct Shared {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    /// `None` while there is no connection.
    pub(super) session: Option<Session>,
    pub(super) refused: Option<Error>,
}

/// A connection on which the claims are accepted.
#[derive(Clone, Debug)]
pub(super) struct Session {
    pub(super) requests: mpsc::Sender<proto::OpenProviderStreamRequest>,
    /// The broker's numbers for the published signals.
    pub(super) ids: Arc<HashMap<&'static str, i32>>,
}

impl Shared {
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Provider {
    /// Publishes a value of a signal that was named by [`ProviderBuilder::publishes`].
    ///
    /// Returns when it is on its way, and fails with [`Error::NotConnected`] while there is
    /// no connection, or with what ended the provider. What the broker does not accept shows
    /// in [`Provider::refused`].
    pub async fn publish<T: Carried>(
        &self,
        signal: impl AsRef<Signal<T>>,
        value: T,
    ) -> Result<(), Error> {
        let mut publication = self.publication();
        publication.add(signal, value)?;
        publication.send().await
    }

    /// Several values in one message.
    pub fn publication(&self) -> Publication<'_> {
        Publication { provider: self, datapoints: HashMap::new() }
    }

    /// Why the broker did not accept a value that was published; the newest refusal since
    /// this was last asked.
    pub fn refused(&self) -> Option<Error> {
        self.shared.lock().refused.take()
    }

    /// Waits for the end of a provider that cannot be restored, and says why it ended.
    pub async fn ended(&self) -> Error {
        let mut end = self.end.clone();
        let ended = end.wait_for(Option::is_some).await.ok().and_then(|end| end.clone());
        // The runtime itself may be gone before it could say why.
        ended.unwrap_or_else(|| Error::closed(&self.address))
    }

    fn session(&self) -> Result<Session, Error> {
        let session = self.shared.lock().session.clone();
        session.ok_or_else(|| {
            let end = self.end.borrow().clone();
            end.unwrap_or_else(|| Error::closed(&self.address))
        })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Values of several signals that are published together.
#[derive(Debug)]
pub struct Publication<'p> {
    provider: &'p Provider,
    datapoints: HashMap<&'static str, proto::Datapoint>,
}

impl Publication<'_> {
    /// Adds a value of this moment, or fails with [`Error::InvalidValue`] for what the model
    /// does not allow.
    pub fn add<T: Carried>(
        &mut self,
        signal: impl AsRef<Signal<T>>,
        value: T,
    ) -> Result<&mut Self, Error> {
        let signal = signal.as_ref();
        self.datapoints.insert(signal.path(), datapoint(signal, value)?);
        Ok(self)
    }

    /// Sends all of it. Fails as [`Provider::publish`] does.
    pub async fn send(self) -> Result<(), Error> {
        let session = self.provider.session()?;
        let mut data_points = HashMap::new();
        for (path, datapoint) in self.datapoints {
            let id = session.ids.get(path).ok_or_else(|| {
                Error::NotClaimed(format!(
                    "{path} is not among what this provider publishes: name it with `publishes`"
                ))
            })?;
            data_points.insert(*id, datapoint);
        }
        let request = proto::PublishValuesRequest { request_id: 0, data_points };
        let action = Some(Request::PublishValuesRequest(request));
        let sent = session.requests.send(proto::OpenProviderStreamRequest { action }).await;
        sent.map_err(|_gone| Error::closed(&self.provider.address))
    }
}
