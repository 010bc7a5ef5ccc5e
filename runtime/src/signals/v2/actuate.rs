//! `Actuate`, `ActuateStream` and `BatchActuate`: one kind of request, checked together.

use tonic::Status;
use vss_codegen::model::Value;

use super::{Service, convert, proto, status::from_error};
use crate::signals::{SignalRef, broker::Delivery};

pub(super) async fn all(
    service: &Service,
    requests: &[proto::ActuateRequest],
) -> Result<(), Status> {
    let requests = requests.iter().map(one).collect::<Result<Vec<_>, _>>()?;
    service
        .broker
        .actuate_all(&service.client, requests, Delivery::Required)
        .await
        .map_err(from_error)
}

fn one(request: &proto::ActuateRequest) -> Result<(SignalRef<'_>, Value), Status> {
    let signal = convert::signal_ref(request.signal_id.as_ref())?;
    let value = request.value.clone().and_then(convert::to_value);
    let value = value.ok_or_else(|| Status::invalid_argument("value is missing"))?;
    Ok((signal, value))
}
