//! What can be done with a signal: read, set where it is an actuator, publish as its
//! provider.

use std::time::SystemTime;

use super::client::{actuation, datapoint};
use crate::{
    Actuator, Carried, Client, Error, Options, Reading, Sensor, Signal, Subscription, Value, proto,
};

impl<T: Value> Signal<T> {
    /// The present value. A signal without one gives a reading that says why.
    pub async fn get(&self, client: &Client) -> Result<Reading<T>, Error>
    where
        T: Carried,
    {
        client.get(*self).await
    }

    /// Says, as the provider of the signal, that it has this value now.
    ///
    /// Fails with [`Error::InvalidValue`], before anything is sent, for what the model does
    /// not allow.
    pub async fn publish(&self, client: &Client, value: T) -> Result<(), Error>
    where
        T: Carried,
    {
        client.publish(self.path(), datapoint(self, value)?).await
    }

    /// Says, as the provider of the signal, that it has no value now.
    pub async fn withdraw(&self, client: &Client) -> Result<(), Error> {
        let timestamp = Some(SystemTime::now().into());
        client.publish(self.path(), proto::Datapoint { timestamp, value: None }).await
    }
}

impl<T: Value> Actuator<T> {
    /// Asks for a value. Returns when the broker has handed that to the signal's provider,
    /// not when it is carried out: [`Actuator::subscribe`] shows what becomes of it.
    ///
    /// Fails with [`Error::InvalidValue`], before anything is sent, for what the model does
    /// not allow; with [`Error::NoProvider`] when nobody carries out actuations.
    pub async fn set(&self, client: &Client, value: T) -> Result<(), Error>
    where
        T: Carried,
    {
        client.actuate(self.path(), actuation(self, value)?).await
    }

    /// Follows the present value, not the one that was asked for.
    pub fn subscribe(&self, client: &Client, options: Options) -> Subscription<Self>
    where
        T: Carried,
    {
        client.subscribe(*self, options)
    }
}

impl<T: Value> Sensor<T> {
    /// Follows the value.
    pub fn subscribe(&self, client: &Client, options: Options) -> Subscription<Self>
    where
        T: Carried,
    {
        client.subscribe(*self, options)
    }
}
