//! A small model for the unit tests of this folder.

use std::sync::Arc;

use vss_codegen::model::Manifest;

use super::{Broker, Registry};

pub(super) fn manifest() -> Manifest {
    let json = r#"{
        "model": {"name": "Vehicle", "hash": "sha256:00"},
        "sdk": {"name": "vehicle_signal_model", "version": "1"},
        "signals": [
            {"path": "Vehicle.Speed", "type": "sensor", "datatype": "float",
             "access": ["read", "provide"], "unit": "km/h", "max": 250},
            {"path": "Vehicle.Cabin.Temperature", "type": "sensor", "datatype": "int8",
             "access": ["read", "provide"], "min": -40, "max": 60},
            {"path": "Vehicle.Cabin.Door.Row1.Left.IsOpen", "type": "actuator",
             "datatype": "boolean", "access": ["read", "write", "provide"]},
            {"path": "Vehicle.Cabin.Light.Level", "type": "actuator", "datatype": "uint8",
             "access": ["read", "write", "provide"], "max": 100, "default": 20},
            {"path": "Vehicle.Identification.VIN", "type": "attribute", "datatype": "string",
             "access": ["read", "provide"]},
            {"path": "Vehicle.Mode", "type": "sensor", "datatype": "string",
             "access": ["read", "provide"], "allowed": ["PARK", "DRIVE"],
             "description": "What the car does", "comment": "By us", "deprecation": "soon"},
            {"path": "Vehicle.Errors", "type": "sensor", "datatype": "string[]",
             "access": ["read", "provide"]}
        ]
    }"#;
    serde_json::from_str(json).unwrap()
}

pub(super) fn registry() -> Arc<Registry> {
    Arc::new(Registry::new(&manifest()).unwrap())
}

pub(super) fn broker() -> Broker {
    Broker::new(&manifest()).unwrap()
}
