//! `kuksa.val.v1`: translates between its messages and the [`Broker`].
//!
//! In: requests of one client. Out: responses, whose errors mostly stand inside them, each
//! with a code after the manner of HTTP. Access, types and bounds are the broker's business.
//!
//! A target that is set here reaches a `v2` provider, and the other way round: both go
//! through the broker's one way of actuating.

mod convert;
mod errors;
mod fields;
mod get;
mod set;
mod subscribe;

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::{
    Broker, Client,
    proto::servers::v1::val_server,
    proto::v1 as proto,
    serve::{client_of, requests},
};

/// What the wire calls.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    broker: Broker,
}

/// The service as the client of one request sees it.
#[derive(Clone, Debug)]
struct Service {
    broker: Broker,
    client: Client,
}

pub(super) fn server(broker: Broker) -> val_server::ValServer<Server> {
    val_server::ValServer::new(Server { broker })
}

impl Server {
    fn service<T>(&self, request: &Request<T>) -> Result<Service, Status> {
        Ok(Service { broker: self.broker.clone(), client: client_of(request)? })
    }
}

#[tonic::async_trait]
impl val_server::Val for Server {
    type StreamedUpdateStream =
        Pin<Box<dyn Stream<Item = Result<proto::StreamedUpdateResponse, Status>> + Send>>;
    type SubscribeStream = subscribe::UpdateStream;

    async fn get(
        &self,
        request: Request<proto::GetRequest>,
    ) -> Result<Response<proto::GetResponse>, Status> {
        let service = self.service(&request)?;
        get::get(&service, request.get_ref()).map(Response::new)
    }

    async fn set(
        &self,
        request: Request<proto::SetRequest>,
    ) -> Result<Response<proto::SetResponse>, Status> {
        let service = self.service(&request)?;
        let errors = set::set(&service, request.into_inner().updates).await?;
        Ok(Response::new(proto::SetResponse { error: None, errors }))
    }

    async fn streamed_update(
        &self,
        request: Request<Streaming<proto::StreamedUpdateRequest>>,
    ) -> Result<Response<Self::StreamedUpdateStream>, Status> {
        let service = self.service(&request)?;
        let responses = requests(&service.client, request.into_inner()).then(move |request| {
            let service = service.clone();
            async move {
                let errors = set::set(&service, request?.updates).await?;
                Ok(proto::StreamedUpdateResponse { error: None, errors })
            }
        });
        Ok(Response::new(Box::pin(responses)))
    }

    async fn subscribe(
        &self,
        request: Request<proto::SubscribeRequest>,
    ) -> Result<Response<subscribe::UpdateStream>, Status> {
        let service = self.service(&request)?;
        subscribe::open(&service, request.get_ref()).map(Response::new)
    }

    async fn get_server_info(
        &self,
        _request: Request<proto::GetServerInfoRequest>,
    ) -> Result<Response<proto::GetServerInfoResponse>, Status> {
        Ok(Response::new(proto::GetServerInfoResponse {
            name: super::SERVER_NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        }))
    }
}
