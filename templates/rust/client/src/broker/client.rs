//! The connection, and the calls that are one question and one answer.

use std::{sync::Arc, time::SystemTime};

use tokio::runtime::Handle;
use tonic::{Status, Streaming, transport::Channel};

use super::{check::check, reading::Update, signals::paths};
use crate::{
    Address, Backoff, Batch, Carried, Changing, Error, Options, ProviderBuilder, Signal, Signals,
    Subscription,
    proto::{self, signal_id::Signal as Id, val_client::ValClient},
};

/// The environment variable that says where the broker is: `unix:///path` or `host:port`.
pub const BROKER_VARIABLE: &str = "VEHICLE_EDGE_BROKER";

/// Where the broker is when nothing else is said.
pub const DEFAULT_BROKER: &str = "127.0.0.1:55555";

/// Larger than any broker's answer about many signals.
const LARGEST_MESSAGE: usize = 64 << 20;

/// A connection to a broker, made at the first call and again after each loss. Clones are
/// cheap and share it.
#[derive(Clone, Debug)]
pub struct Client {
    rpc: ValClient<Channel>,
    address: Arc<str>,
    runtime: Handle,
}

impl Client {
    /// For the broker at `unix:///path` or `host:port`. Nothing is sent yet: a broker that is
    /// not there is noticed by the first call.
    ///
    /// Must be called within a tokio runtime, in which subscriptions and providers then run.
    pub fn connect(address: &str) -> Result<Client, Error> {
        let runtime = Handle::try_current().map_err(|error| {
            Error::Runtime(format!("a client is made within a tokio runtime: {error}"))
        })?;
        let channel = Address::parse(address).and_then(|parsed| parsed.channel());
        let rpc = ValClient::new(channel.map_err(Error::Address)?)
            .max_decoding_message_size(LARGEST_MESSAGE);
        Ok(Client { rpc, address: address.into(), runtime })
    }

    /// For the broker that the environment names in [`BROKER_VARIABLE`], which the runtime
    /// sets for each app; else the one at [`DEFAULT_BROKER`].
    pub fn from_env() -> Result<Client, Error> {
        match std::env::var(BROKER_VARIABLE) {
            Ok(address) if !address.is_empty() => Client::connect(&address),
            Ok(_) | Err(std::env::VarError::NotPresent) => Client::connect(DEFAULT_BROKER),
            Err(error) => Err(Error::Address(format!("{BROKER_VARIABLE}: {error}"))),
        }
    }

    /// The broker's address, as it was given.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Waits until the broker answers, however long that takes. Fails at once when it
    /// answers with a refusal.
    pub async fn ready(&self) -> Result<(), Error> {
        let mut backoff = Backoff::new();
        loop {
            let answer = self.rpc().get_server_info(proto::GetServerInfoRequest {}).await;
            match answer.map_err(|status| self.error(&status, "")) {
                Ok(_) => return Ok(()),
                Err(error) if error.heals() => backoff.wait().await,
                Err(error) => return Err(error),
            }
        }
    }

    /// The present values of several signals, asked for in one message.
    pub async fn get<S: Signals>(&self, signals: S) -> Result<S::Readings, Error> {
        let paths = paths(&signals);
        let signal_ids = paths.iter().map(|path| by_path(path)).collect();
        let request = proto::GetValuesRequest { signal_ids };
        let response = self.rpc().get_values(request).await;
        let response = response.map_err(|status| self.error(&status, one(&paths)))?;
        let datapoints = response.into_inner().data_points.into_iter();
        let mut updates = datapoints.map(|datapoint| Update { datapoint, initial: false });
        Ok(signals.read(&mut updates))
    }

    /// Follows several signals together: each item holds the newest reading of all of them,
    /// and comes when any of them is set.
    pub fn subscribe<S: Changing>(&self, signals: S, options: Options) -> Subscription<S> {
        Subscription::open(self.clone(), signals, options)
    }

    /// Several actuations in one message: all of them are accepted, or none.
    pub fn batch(&self) -> Batch {
        Batch::new(self.clone())
    }

    /// The side of the vehicle: carries out actuations, and publishes values.
    pub fn provider(&self) -> ProviderBuilder {
        ProviderBuilder::new(self.clone())
    }

    pub(crate) fn rpc(&self) -> ValClient<Channel> {
        self.rpc.clone()
    }

    pub(crate) fn runtime(&self) -> &Handle {
        &self.runtime
    }

    pub(crate) fn error(&self, status: &Status, path: &str) -> Error {
        Error::from_status(status, path, &self.address)
    }

    pub(crate) async fn actuate(
        &self,
        path: &str,
        request: proto::ActuateRequest,
    ) -> Result<(), Error> {
        let answer = self.rpc().actuate(request).await;
        answer.map(drop).map_err(|status| self.error(&status, path))
    }

    pub(crate) async fn actuate_all(
        &self,
        actuate_requests: Vec<proto::ActuateRequest>,
    ) -> Result<(), Error> {
        let request = proto::BatchActuateRequest { actuate_requests };
        let answer = self.rpc().batch_actuate(request).await;
        answer.map(drop).map_err(|status| self.error(&status, ""))
    }

    pub(crate) async fn publish(
        &self,
        path: &str,
        datapoint: proto::Datapoint,
    ) -> Result<(), Error> {
        let request = proto::PublishValueRequest {
            signal_id: Some(by_path(path)),
            data_point: Some(datapoint),
        };
        let answer = self.rpc().publish_value(request).await;
        answer.map(drop).map_err(|status| self.error(&status, path))
    }

    pub(crate) async fn follow(
        &self,
        paths: &[&'static str],
        buffer_size: u32,
    ) -> Result<Streaming<proto::SubscribeResponse>, Error> {
        let signal_paths = paths.iter().map(|path| (*path).to_owned()).collect();
        let request = proto::SubscribeRequest { signal_paths, buffer_size, filter: None };
        let answer = self.rpc().subscribe(request).await;
        answer.map(tonic::Response::into_inner).map_err(|status| self.error(&status, one(paths)))
    }
}

/// The path to name in an error about several signals: none, unless there is only one.
pub(crate) fn one<'a>(paths: &[&'a str]) -> &'a str {
    match paths {
        [path] => path,
        _ => "",
    }
}

pub(crate) fn by_path(path: &str) -> proto::SignalId {
    proto::SignalId { signal: Some(Id::Path(path.to_owned())) }
}

/// A request for an actuation, if the model allows the value.
pub(crate) fn actuation<T: Carried>(
    signal: &Signal<T>,
    value: T,
) -> Result<proto::ActuateRequest, Error> {
    check(signal, &value)?;
    Ok(proto::ActuateRequest { signal_id: Some(by_path(signal.path())), value: wire(value) })
}

/// A value of this moment, if the model allows it.
pub(crate) fn datapoint<T: Carried>(
    signal: &Signal<T>,
    value: T,
) -> Result<proto::Datapoint, Error> {
    check(signal, &value)?;
    Ok(proto::Datapoint { timestamp: Some(SystemTime::now().into()), value: wire(value) })
}

fn wire<T: Carried>(value: T) -> Option<proto::Value> {
    Some(proto::Value { typed_value: Some(value.into_wire()) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_client_needs_a_runtime_and_an_address() {
        let error = Client::connect(DEFAULT_BROKER).unwrap_err();
        assert!(matches!(&error, Error::Runtime(text) if text.contains("tokio runtime")));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let _context = runtime.enter();
        let error = Client::connect("ftp://here:1").unwrap_err();
        assert!(matches!(&error, Error::Address(text) if text.contains("ftp://here:1")));
        let client = Client::connect("here:1").unwrap();
        assert_eq!(client.address(), "here:1");
    }
}
