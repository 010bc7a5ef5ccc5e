//! `sdv.databroker.v1`: translates between its messages and the [`Broker`].
//!
//! In: requests of one client. Out: replies, whose errors mostly stand inside them, one for
//! each signal. Access, types and bounds are the broker's business.
//!
//! The service `Broker` is for those who use signals, `Collector` for those who provide them.
//! A target that is set here reaches a `v2` provider.

mod collect;
mod convert;
mod errors;
mod get;
mod set;
mod subscribe;

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt};
use tonic::{Request, Response, Status, Streaming};

use super::{
    Broker, Client,
    proto::{
        sdv as proto,
        servers::sdv::{broker_server, collector_server},
    },
    serve::{client_of, requests},
};

/// What the wire calls, for both services.
#[derive(Clone, Debug)]
pub(crate) struct Server {
    broker: Broker,
}

/// The services as the client of one request sees them.
#[derive(Clone, Debug)]
struct Service {
    broker: Broker,
    client: Client,
}

pub(super) fn broker(broker: Broker) -> broker_server::BrokerServer<Server> {
    broker_server::BrokerServer::new(Server { broker })
}

pub(super) fn collector(broker: Broker) -> collector_server::CollectorServer<Server> {
    collector_server::CollectorServer::new(Server { broker })
}

impl Server {
    fn service<T>(&self, request: &Request<T>) -> Result<Service, Status> {
        Ok(Service { broker: self.broker.clone(), client: client_of(request)? })
    }
}

#[tonic::async_trait]
impl broker_server::Broker for Server {
    type SubscribeStream = subscribe::RowStream;

    async fn get_datapoints(
        &self,
        request: Request<proto::GetDatapointsRequest>,
    ) -> Result<Response<proto::GetDatapointsReply>, Status> {
        let service = self.service(&request)?;
        let datapoints = get::datapoints(&service, request.into_inner().datapoints)?;
        Ok(Response::new(proto::GetDatapointsReply { datapoints }))
    }

    async fn set_datapoints(
        &self,
        request: Request<proto::SetDatapointsRequest>,
    ) -> Result<Response<proto::SetDatapointsReply>, Status> {
        let service = self.service(&request)?;
        let errors = set::targets(&service, request.into_inner().datapoints).await;
        Ok(Response::new(proto::SetDatapointsReply { errors }))
    }

    async fn subscribe(
        &self,
        request: Request<proto::SubscribeRequest>,
    ) -> Result<Response<subscribe::RowStream>, Status> {
        let service = self.service(&request)?;
        subscribe::open(&service, &request.get_ref().query).map(Response::new)
    }

    async fn get_metadata(
        &self,
        request: Request<proto::GetMetadataRequest>,
    ) -> Result<Response<proto::GetMetadataReply>, Status> {
        let service = self.service(&request)?;
        let list = get::metadata(&service, &request.get_ref().names)?;
        Ok(Response::new(proto::GetMetadataReply { list }))
    }
}

#[tonic::async_trait]
impl collector_server::Collector for Server {
    type StreamDatapointsStream =
        Pin<Box<dyn Stream<Item = Result<proto::StreamDatapointsReply, Status>> + Send>>;

    async fn register_datapoints(
        &self,
        request: Request<proto::RegisterDatapointsRequest>,
    ) -> Result<Response<proto::RegisterDatapointsReply>, Status> {
        let service = self.service(&request)?;
        let results = collect::register(&service, request.into_inner().list)?;
        Ok(Response::new(proto::RegisterDatapointsReply { results }))
    }

    async fn update_datapoints(
        &self,
        request: Request<proto::UpdateDatapointsRequest>,
    ) -> Result<Response<proto::UpdateDatapointsReply>, Status> {
        let service = self.service(&request)?;
        let errors = set::values(&service, request.into_inner().datapoints);
        Ok(Response::new(proto::UpdateDatapointsReply { errors }))
    }

    async fn stream_datapoints(
        &self,
        request: Request<Streaming<proto::StreamDatapointsRequest>>,
    ) -> Result<Response<Self::StreamDatapointsStream>, Status> {
        let service = self.service(&request)?;
        let replies = requests(&service.client, request.into_inner());
        let replies = replies.map(move |request| {
            let errors = set::values(&service, request?.datapoints);
            Ok(proto::StreamDatapointsReply { errors })
        });
        Ok(Response::new(Box::pin(replies)))
    }
}
