//! A provider's stream: opened with a claim, closed so that the claim is free again.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use axum::body::Bytes;
use futures_util::stream::BoxStream;
use prost::Message;
use tokio::{task::JoinHandle, time::timeout};
use vehicle_edge_runtime::signals::proto::v2::{
    ErrorCode, OpenProviderStreamResponse, open_provider_stream_response::Action,
};

use crate::connection::{Connection, Messages, Outgoing};

const PATIENCE: Duration = Duration::from_secs(10);

pub(crate) struct Provider {
    /// Reads what the broker answers.
    answers: JoinHandle<Result<()>>,
}

impl Provider {
    /// The first of `requests` is the claim, which is granted when this comes back.
    pub(crate) async fn open(
        connection: &Connection,
        requests: BoxStream<'static, Bytes>,
    ) -> Result<Provider> {
        let call = connection.call("OpenProviderStream", Outgoing::Stream(requests));
        let mut answers = call.await?;
        if !answers.read(|_| ()).await? {
            bail!("the broker ended the provider's stream before it granted the claim");
        }
        Ok(Provider { answers: tokio::spawn(read(answers)) })
    }

    /// Comes back when the broker ends the stream.
    pub(crate) async fn ended(&mut self) -> Result<()> {
        (&mut self.answers).await?
    }

    /// After the end of the requests: waits until the broker has seen it.
    pub(crate) async fn close(mut self) -> Result<()> {
        let ended = timeout(PATIENCE, self.ended()).await;
        ended.context("the broker does not end the stream of a provider that left")?
    }
}

async fn read(mut answers: Messages) -> Result<()> {
    let mut accepted = Ok(());
    while answers.read(|answer| accepted = check(answer)).await? {
        accepted?;
        accepted = Ok(());
    }
    accepted
}

/// Fails where the broker has refused a value.
fn check(answer: &[u8]) -> Result<()> {
    let answer = OpenProviderStreamResponse::decode(answer)?;
    let Some(Action::PublishValuesResponse(response)) = answer.action else { return Ok(()) };
    let refused = response.status.into_values().find(|error| error.code() != ErrorCode::Ok);
    match refused {
        Some(error) => bail!("the broker refuses a value: {}", error.message),
        None => Ok(()),
    }
}
