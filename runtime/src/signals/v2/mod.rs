//! `kuksa.val.v2`: translates between its messages and the [`Broker`].
//!
//! In: requests of one client. Out: responses, or a [`Status`] with the code that the
//! interface prescribes. Access, types and bounds are the broker's business.
//! A file per subject; `convert` alone knows how values and metadata look on the wire.

mod actuate;
pub(super) mod convert;
mod entries;
mod provide;
mod status;
mod subscribe;

use futures_util::StreamExt;
use tonic::{Request, Response, Status, Streaming};
use vss_codegen::model::Access;

pub use entries::Entries;

use super::{
    Broker, Client, SignalError, SignalRef,
    budget::Budget,
    proto::servers::v2::val_server,
    proto::v2 as proto,
    serve::{client_of, requests},
};
use status::{from_error, from_pattern};

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
    type SubscribeStream = subscribe::EntriesStream;
    type SubscribeByIdStream = subscribe::EntriesStream;
    type OpenProviderStreamStream = provide::ProviderStream;

    async fn get_value(
        &self,
        request: Request<proto::GetValueRequest>,
    ) -> Result<Response<proto::GetValueResponse>, Status> {
        let service = self.service(&request)?;
        let id = request.get_ref().signal_id.as_ref();
        let data_point = Some(service.read(id, &mut Budget::new())?);
        Ok(Response::new(proto::GetValueResponse { data_point }))
    }

    async fn get_values(
        &self,
        request: Request<proto::GetValuesRequest>,
    ) -> Result<Response<proto::GetValuesResponse>, Status> {
        let service = self.service(&request)?;
        let ids = request.get_ref().signal_ids.iter();
        let mut budget = Budget::new();
        let data_points =
            ids.map(|id| service.read(Some(id), &mut budget)).collect::<Result<_, _>>()?;
        Ok(Response::new(proto::GetValuesResponse { data_points }))
    }

    async fn subscribe(
        &self,
        request: Request<proto::SubscribeRequest>,
    ) -> Result<Response<subscribe::EntriesStream>, Status> {
        let service = self.service(&request)?;
        subscribe::by_path(&service, request.get_ref()).map(Response::new)
    }

    async fn subscribe_by_id(
        &self,
        request: Request<proto::SubscribeByIdRequest>,
    ) -> Result<Response<subscribe::EntriesStream>, Status> {
        let service = self.service(&request)?;
        subscribe::by_id(&service, request.get_ref()).map(Response::new)
    }

    async fn actuate(
        &self,
        request: Request<proto::ActuateRequest>,
    ) -> Result<Response<proto::ActuateResponse>, Status> {
        let service = self.service(&request)?;
        actuate::all(&service, std::slice::from_ref(request.get_ref())).await?;
        Ok(Response::new(proto::ActuateResponse {}))
    }

    async fn actuate_stream(
        &self,
        request: Request<Streaming<proto::ActuateRequest>>,
    ) -> Result<Response<proto::ActuateResponse>, Status> {
        let service = self.service(&request)?;
        let mut requests = requests(&service.client, request.into_inner());
        while let Some(request) = requests.next().await {
            actuate::all(&service, &[request?]).await?;
        }
        Ok(Response::new(proto::ActuateResponse {}))
    }

    async fn batch_actuate(
        &self,
        request: Request<proto::BatchActuateRequest>,
    ) -> Result<Response<proto::BatchActuateResponse>, Status> {
        let service = self.service(&request)?;
        actuate::all(&service, &request.get_ref().actuate_requests).await?;
        Ok(Response::new(proto::BatchActuateResponse {}))
    }

    async fn list_metadata(
        &self,
        request: Request<proto::ListMetadataRequest>,
    ) -> Result<Response<proto::ListMetadataResponse>, Status> {
        let service = self.service(&request)?;
        let root = &request.get_ref().root;
        let entries = service.broker.visible(&service.client, root).map_err(from_pattern)?;
        if entries.is_empty() {
            // An app that forgot to declare a signal is told so, not that there is none.
            let signal =
                service.broker.allowed(&service.client, SignalRef::Path(root), Access::Read);
            return Err(match signal {
                Err(denied @ SignalError::Denied { .. }) => from_error(denied),
                _ => Status::not_found(format!("no signal matches '{root}'")),
            });
        }
        let metadata = entries.iter().map(|entry| convert::metadata(entry)).collect();
        Ok(Response::new(proto::ListMetadataResponse { metadata }))
    }

    async fn publish_value(
        &self,
        request: Request<proto::PublishValueRequest>,
    ) -> Result<Response<proto::PublishValueResponse>, Status> {
        let service = self.service(&request)?;
        let proto::PublishValueRequest { signal_id, data_point } = request.into_inner();
        let signal = convert::signal_ref(signal_id.as_ref())?;
        let Some(data_point) = data_point else {
            return Err(Status::invalid_argument("data_point is missing: nothing to publish"));
        };
        let value = data_point.value.and_then(convert::to_value);
        service.broker.publish_to(&service.client, signal, value).map_err(from_error)?;
        Ok(Response::new(proto::PublishValueResponse {}))
    }

    async fn open_provider_stream(
        &self,
        request: Request<Streaming<proto::OpenProviderStreamRequest>>,
    ) -> Result<Response<provide::ProviderStream>, Status> {
        let service = self.service(&request)?;
        Ok(Response::new(provide::open(&service, request.into_inner())))
    }

    async fn get_server_info(
        &self,
        _request: Request<proto::GetServerInfoRequest>,
    ) -> Result<Response<proto::GetServerInfoResponse>, Status> {
        Ok(Response::new(proto::GetServerInfoResponse {
            name: super::SERVER_NAME.to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit_hash: String::new(),
        }))
    }
}

impl Service {
    fn read(
        &self,
        id: Option<&proto::SignalId>,
        budget: &mut Budget,
    ) -> Result<proto::Datapoint, Status> {
        budget.entry()?;
        let signal = convert::signal_ref(id)?;
        let entry = self.broker.allowed(&self.client, signal, Access::Read).map_err(from_error)?;
        let datapoint = self.broker.current(&entry);
        budget.value(&datapoint)?;
        Ok(convert::datapoint(&datapoint))
    }
}
