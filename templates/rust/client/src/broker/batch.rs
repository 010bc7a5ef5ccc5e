//! Several actuations in one message.

use super::client::actuation;
use crate::{Actuator, Carried, Client, Error, proto::ActuateRequest};

/// Actuations that are sent together: the broker accepts all of them, or none.
///
/// ```ignore
/// let mut batch = client.batch();
/// batch.set(low, true)?.set(high, false)?;
/// batch.send().await?;
/// ```
#[derive(Debug)]
pub struct Batch {
    client: Client,
    requests: Vec<ActuateRequest>,
}

impl Batch {
    pub(crate) fn new(client: Client) -> Batch {
        Batch { client, requests: Vec::new() }
    }

    /// Adds an actuation, or fails with [`Error::InvalidValue`] for what the model does not
    /// allow.
    pub fn set<T: Carried>(
        &mut self,
        actuator: Actuator<T>,
        value: T,
    ) -> Result<&mut Batch, Error> {
        self.requests.push(actuation(&actuator, value)?);
        Ok(self)
    }

    /// Sends all of it; nothing when it is empty. Fails as [`Actuator::set`] does.
    pub async fn send(self) -> Result<(), Error> {
        if self.requests.is_empty() {
            return Ok(());
        }
        self.client.actuate_all(self.requests).await
    }
}
