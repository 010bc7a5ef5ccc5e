//! The stock Rust client against our broker, whose address is the argument: each of its three
//! protocols gets, sets and subscribes, and sees what the others set.
//!
//! The broker has its default model, played by the mock.

use std::{collections::HashMap, env, time::Duration};

use anyhow::{Context, Result, ensure};
use kuksa_rust_sdk::{
    kuksa::{
        common::ClientError,
        val::{v1::KuksaClient, v2::KuksaClientV2},
    },
    sdv::databroker::v1::SDVClient,
    sdv_proto, v1_proto, v2_proto,
};
use tokio::time::{sleep, timeout};

const SPEED: &str = "Vehicle.Speed";
const WINDOW: &str = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position";
const PATIENCE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let address = env::args().nth(1).context("usage: vehicle-edge-kuksa-rust ADDRESS:PORT")?;
    let address = format!("http://{address}");
    let mut clients = Clients {
        v1: KuksaClient::new(address.parse()?),
        v2: KuksaClientV2::new(address.parse()?),
        sdv: SDVClient::new(address.parse()?),
    };
    clients.v1().await.context("kuksa.val.v1")?;
    clients.v2().await.context("kuksa.val.v2")?;
    clients.sdv().await.context("sdv.databroker.v1")?;
    println!("kuksa-rust-sdk: v1, v2 and sdv get, set and subscribe");
    Ok(())
}

struct Clients {
    v1: KuksaClient,
    v2: KuksaClientV2,
    sdv: SDVClient,
}

impl Clients {
    async fn v1(&mut self) -> Result<()> {
        use kuksa_rust_sdk::kuksa::common::ClientTraitV1 as _;
        use v1_proto::datapoint::Value;
        let point = |value| v1_proto::Datapoint { timestamp: None, value: Some(value) };
        self.v1.set_current_values([(SPEED.into(), point(Value::Float(11.0)))].into()).await?;
        let entries = self.v1.get_current_values(vec![SPEED.into()]).await?;
        let value = entries[0].value.as_ref().and_then(|point| point.value.clone());
        ensure!(value == Some(Value::Float(11.0)), "{value:?}");

        let mut changes = self.v1.subscribe_current_values(vec![WINDOW.into()]).await?;
        self.v1.set_target_values([(WINDOW.into(), point(Value::Uint32(20)))].into()).await?;
        loop {
            let change = timeout(PATIENCE, changes.message()).await??.context("no end")?;
            let entry = change.updates[0].entry.clone().context("an entry")?;
            if entry.value.and_then(|point| point.value) == Some(Value::Uint32(20)) {
                break;
            }
        }
        let metadata = self.v1.get_metadata(vec![SPEED.into()]).await?;
        let metadata = metadata[0].metadata.as_ref().context("metadata")?;
        ensure!(metadata.unit.as_deref() == Some("km/h"), "{metadata:?}");
        let unknown = self.v1.get_current_values(vec!["Vehicle.Nothing".into()]).await;
        let Err(ClientError::Function(errors)) = unknown else { anyhow::bail!("{unknown:?}") };
        ensure!(errors[0].code == 404, "{errors:?}");
        Ok(())
    }

    async fn v2(&mut self) -> Result<()> {
        use kuksa_rust_sdk::kuksa::common::ClientTraitV2 as _;
        use v2_proto::value::TypedValue;
        let value = |value| v2_proto::Value { typed_value: Some(value) };
        self.v2.publish_value(SPEED.into(), value(TypedValue::Float(22.0))).await?;
        let got = self.v2.get_value(SPEED.into()).await?.and_then(|point| point.value);
        ensure!(got == Some(value(TypedValue::Float(22.0))), "{got:?}");

        let mut changes = self.v2.subscribe(vec![WINDOW.into()], None, None).await?;
        self.v2.actuate(WINDOW.into(), value(TypedValue::Uint32(40))).await?;
        loop {
            let change = timeout(PATIENCE, changes.message()).await??.context("no end")?;
            if change.entries[WINDOW].value == Some(value(TypedValue::Uint32(40))) {
                break;
            }
        }
        let metadata = self.v2.list_metadata((WINDOW.into(), String::new())).await?;
        ensure!(metadata.len() == 1 && metadata[0].path == WINDOW, "{metadata:?}");
        let ids = vec![metadata[0].id];
        let mut by_id = self.v2.subscribe_by_id(ids.clone(), None, None).await?;
        let first = timeout(PATIENCE, by_id.message()).await??.context("no end")?;
        ensure!(first.entries.contains_key(&ids[0]), "{first:?}");
        let info = self.v2.get_server_info().await?;
        ensure!(info.name == "vehicle-edge", "{info:?}");
        let unknown = self.v2.get_value("Vehicle.Nothing".into()).await;
        ensure!(matches!(unknown, Err(ClientError::Status(_))), "{unknown:?}");
        Ok(())
    }

    async fn sdv(&mut self) -> Result<()> {
        use kuksa_rust_sdk::kuksa::common::{ClientTraitV2 as _, SDVClientTraitV1 as _};
        use sdv_proto::datapoint::Value;
        let point = |value| sdv_proto::Datapoint { timestamp: None, value: Some(value) };
        let query = format!("SELECT {SPEED} AS now, LAG({SPEED}) AS before WHERE {SPEED} = 33");
        let mut rows = self.sdv.subscribe(query).await?;
        // What another protocol sets is the value before.
        let speed = v2_proto::Value { typed_value: Some(v2_proto::value::TypedValue::Float(32.0)) };
        self.v2.publish_value(SPEED.into(), speed).await?;
        let update = HashMap::from([(SPEED.to_owned(), point(Value::FloatValue(33.0)))]);
        let reply = self.sdv.update_datapoints(update).await?;
        ensure!(reply.errors.is_empty(), "{reply:?}");
        let row = timeout(PATIENCE, rows.message()).await??.context("no end")?;
        let column = |name: &str| row.fields.get(name).and_then(|point| point.value.clone());
        let both = (column("now"), column("before"));
        ensure!(both == (Some(Value::FloatValue(33.0)), Some(Value::FloatValue(32.0))), "{row:?}");

        let target = HashMap::from([(WINDOW.to_owned(), point(Value::Uint32Value(60)))]);
        let reply = self.sdv.set_datapoints(target).await?;
        ensure!(reply.errors.is_empty(), "{reply:?}");
        timeout(PATIENCE, async {
            loop {
                let got = self.sdv.get_datapoints(vec![WINDOW.into()]).await?;
                if got[WINDOW].value == Some(Value::Uint32Value(60)) {
                    return anyhow::Ok(());
                }
                sleep(Duration::from_millis(20)).await;
            }
        })
        .await??;
        let sensor = HashMap::from([(SPEED.to_owned(), point(Value::FloatValue(1.0)))]);
        let reply = self.sdv.set_datapoints(sensor).await?;
        let denied = sdv_proto::DatapointError::AccessDenied.into();
        ensure!(reply.errors.get(SPEED) == Some(&denied), "{reply:?}");
        let metadata = self.sdv.get_metadata(vec![WINDOW.into(), SPEED.into()]).await?;
        let names: Vec<_> = metadata.iter().map(|metadata| metadata.name.as_str()).collect();
        ensure!(names == [WINDOW, SPEED], "{names:?}");
        Ok(())
    }
}
