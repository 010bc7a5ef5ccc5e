//! What is served and whether it is: gRPC reflection and health, for every client alike.
//!
//! Both tell of the interfaces alone and nothing of the car, so no door stands before them.

use std::sync::OnceLock;

use tonic::service::Routes;
use tonic_health::{ServingStatus, server::HealthReporter};
use tonic_reflection::server::{Builder, Error};

use crate::signals::proto::{
    DESCRIPTORS,
    servers::{
        sdv::{broker_server, collector_server},
        v1, v2,
    },
};

/// The empty name stands for the server as a whole.
const SERVICES: [&str; 5] = [
    "",
    v2::val_server::SERVICE_NAME,
    v1::val_server::SERVICE_NAME,
    broker_server::SERVICE_NAME,
    collector_server::SERVICE_NAME,
];

/// Made once for all doors.
static REFLECTION: OnceLock<Routes> = OnceLock::new();

pub(super) async fn routes() -> Routes {
    let reflection = REFLECTION.get_or_init(|| {
        reflection().unwrap_or_else(|error| {
            // The descriptors were compiled in: everything else is served all the same.
            tracing::error!(%error, "there is no reflection");
            Routes::default()
        })
    });
    let reporter = HealthReporter::new();
    for service in SERVICES {
        reporter.set_service_status(service, ServingStatus::Serving).await;
    }
    let health = tonic_health::server::HealthService::from_health_reporter(reporter);
    let health = tonic_health::pb::health_server::HealthServer::new(health);
    reflection.clone().add_service(health)
}

/// In its version 1, and as older clients ask for it.
fn reflection() -> Result<Routes, Error> {
    let builder = || {
        Builder::configure()
            .register_encoded_file_descriptor_set(DESCRIPTORS)
            .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
    };
    Ok(Routes::new(builder().build_v1()?).add_service(builder().build_v1alpha()?))
}
