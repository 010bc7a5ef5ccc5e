//! Signals for the unit tests of this folder.

use vss_codegen::model::{DataType, Element, Signal, SignalKind};

/// A float without bounds.
pub(super) fn signal(path: &str, kind: SignalKind) -> Signal {
    Signal {
        path: path.to_owned(),
        kind,
        datatype: DataType::scalar(Element::Float),
        access: kind.access().to_vec(),
        unit: None,
        min: None,
        max: None,
        allowed: vec![],
        default: None,
        description: None,
        comment: None,
        deprecation: None,
    }
}
