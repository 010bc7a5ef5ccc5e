//! `OpenProviderStream`: a provider's claims and values in, actuations out.
//!
//! A task reads what the provider sends and never waits for anything but the next message,
//! room for an answer to a claim, or a moment for readers that are as quick as itself, so
//! that unread messages do not pile up on the connection. Claims live as long as the
//! response stream: a provider that only carries out actuations may close its own half after
//! its claim. One that carries out none has nothing more to say then, so its stream ends,
//! and its claims with it.

use std::{
    pin::{Pin, pin},
    sync::Arc,
    task::{Context, Poll},
};

use tokio::{sync::mpsc, task::coop::consume_budget};
use tokio_stream::Stream;
use tokio_util::sync::{CancellationToken, DropGuard};
use tonic::{Status, Streaming};

use super::{
    Service, convert,
    proto::{
        self, open_provider_stream_request::Action as Request,
        open_provider_stream_response::Action as Reply,
    },
    status::{from_error, in_stream},
};
use crate::signals::{Actuation, ActuationStream, Provider, SignalRef};

/// Answers that wait for a provider to read them.
const WAITING: usize = 64;

/// What a provider is sent.
#[derive(Debug)]
pub(crate) struct ProviderStream {
    provider: Arc<Provider>,
    actuations: ActuationStream,
    replies: mpsc::Receiver<Result<Reply, Status>>,
    /// Ends the reading task when the provider is gone.
    _gone: DropGuard,
}

pub(super) fn open(
    service: &Service,
    requests: Streaming<proto::OpenProviderStreamRequest>,
) -> ProviderStream {
    let (provider, actuations) = service.broker.provider(&service.client);
    let (sender, replies) = mpsc::channel(WAITING);
    let gone = CancellationToken::new();
    let provider = Arc::new(provider);
    let reader = Reader { provider: provider.clone(), sender };
    let cancelled = gone.clone();
    tokio::spawn(async move { cancelled.run_until_cancelled(reader.run(requests)).await });
    ProviderStream { provider, actuations, replies, _gone: gone.drop_guard() }
}

impl Drop for ProviderStream {
    /// Not left to the reading task: who closes a stream and asks for the same claims on the
    /// next one would be faster.
    fn drop(&mut self) {
        self.provider.release();
    }
}

impl Stream for ProviderStream {
    type Item = Result<proto::OpenProviderStreamResponse, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        // Answers first: a provider hears that it has a claim before what the claim brings.
        let action = match self.replies.poll_recv(context) {
            Poll::Ready(Some(Ok(reply))) => reply,
            Poll::Ready(Some(Err(status))) => return Poll::Ready(Some(Err(status))),
            Poll::Ready(None) => return Poll::Ready(None),
            Poll::Pending => match self.actuations.poll_recv(context) {
                Poll::Ready(Some(batch)) => Reply::BatchActuateStreamRequest(actuations(&batch)),
                // The reading task is about to end the replies as well.
                Poll::Ready(None) | Poll::Pending => return Poll::Pending,
            },
        };
        Poll::Ready(Some(Ok(proto::OpenProviderStreamResponse { action: Some(action) })))
    }
}

fn actuations(batch: &[Actuation]) -> proto::BatchActuateStreamRequest {
    let actuate_requests = batch.iter().map(|actuation| proto::ActuateRequest {
        signal_id: Some(convert::id(actuation.id())),
        value: actuation.datapoint().value.as_ref().map(convert::value),
    });
    proto::BatchActuateStreamRequest { actuate_requests: actuate_requests.collect() }
}

struct Reader {
    provider: Arc<Provider>,
    sender: mpsc::Sender<Result<Reply, Status>>,
}

impl Reader {
    async fn run(self, mut requests: Streaming<proto::OpenProviderStreamRequest>) {
        let mut revoked = pin!(self.provider.revoked());
        loop {
            // A provider that sends without end must not keep this thread from the readers.
            consume_budget().await;
            let message = tokio::select! {
                // What is revoked ends first, however fast the provider sends.
                biased;
                error = &mut revoked => {
                    let _ = self.sender.send(Err(from_error(error))).await;
                    return;
                }
                message = requests.message() => message,
            };
            match message {
                Ok(Some(proto::OpenProviderStreamRequest { action: Some(action) })) => {
                    if let Err(status) = self.handle(action).await {
                        // A refused claim ends the stream, as the interface has it.
                        let _ = self.sender.send(Err(status)).await;
                        return;
                    }
                }
                Ok(Some(proto::OpenProviderStreamRequest { action: None })) => {}
                Ok(None) if !self.provider.carries_out() => return,
                Ok(None) => {
                    tokio::select! {
                        () = self.sender.closed() => {}
                        error = revoked => {
                            let _ = self.sender.send(Err(from_error(error))).await;
                        }
                    }
                    return;
                }
                Err(status) => {
                    tracing::debug!(%status, "a provider's connection broke");
                    return;
                }
            }
        }
    }

    async fn handle(&self, request: Request) -> Result<(), Status> {
        match request {
            Request::ProvideActuationRequest(request) => {
                let signals = request
                    .actuator_identifiers
                    .iter()
                    .map(|id| convert::signal_ref(Some(id)))
                    .collect::<Result<Vec<_>, _>>()?;
                self.provider.claim_actuations(&signals).map_err(from_error)?;
                self.reply(Reply::ProvideActuationResponse(proto::ProvideActuationResponse {}))
                    .await;
            }
            Request::ProvideSignalRequest(request) => {
                let ids = request.signals_sample_intervals.keys();
                let signals: Vec<_> = ids.map(|id| SignalRef::Id(*id)).collect();
                self.provider.claim_signals(&signals).map_err(from_error)?;
                self.reply(Reply::ProvideSignalResponse(proto::ProvideSignalResponse {})).await;
            }
            Request::PublishValuesRequest(request) => self.publish(request).await?,
            Request::BatchActuateStreamResponse(response) => {
                let error = response.error.filter(|e| e.code() != proto::ErrorCode::Ok);
                let signal = convert::signal_ref(response.signal_id.as_ref());
                if let (Some(error), Ok(signal)) = (error, signal) {
                    self.provider.refuse(signal, &error.message);
                }
            }
            Request::ProviderErrorIndication(indication) => {
                tracing::info!(error = ?indication.provider_error(), "a provider has trouble");
            }
            // Answers to questions that this broker never asks.
            Request::UpdateFilterResponse(_) | Request::GetProviderValueResponse(_) => {}
        }
        Ok(())
    }

    async fn publish(&self, request: proto::PublishValuesRequest) -> Result<(), Status> {
        let mut refused = Vec::new();
        for (id, datapoint) in request.data_points {
            let value = datapoint.value.and_then(convert::to_value);
            match self.provider.publish_under(SignalRef::Id(id), value) {
                Ok(None) => {}
                Ok(Some(pressure)) => pressure.relieved().await,
                Err(error) => match in_stream(&error) {
                    Some(error) => refused.push((id, error)),
                    None => return Err(from_error(error)),
                },
            }
        }
        if !refused.is_empty() {
            let status = refused.into_iter().collect();
            let response = proto::PublishValuesResponse { request_id: request.request_id, status };
            // A provider that reads no answers is not waited for.
            let _ = self.sender.try_send(Ok(Reply::PublishValuesResponse(response)));
        }
        Ok(())
    }

    /// Fails only when the provider is gone, which ends this task anyway.
    async fn reply(&self, reply: Reply) {
        let _ = self.sender.send(Ok(reply)).await;
    }
}
