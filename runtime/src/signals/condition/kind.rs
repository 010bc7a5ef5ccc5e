//! What single values can be compared with each other.

use vss_codegen::model::{DataType, Element};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::signals) enum Kind {
    Bool,
    Number,
    Text,
}

impl Kind {
    /// Of a signal's values; `None` for arrays and structs.
    pub(in crate::signals) fn of(datatype: &DataType) -> Option<Kind> {
        match &datatype.element {
            _ if datatype.is_array => None,
            Element::Struct(_) => None,
            Element::Boolean => Some(Kind::Bool),
            Element::String => Some(Kind::Text),
            _ => Some(Kind::Number),
        }
    }

    pub(in crate::signals) fn name(self) -> &'static str {
        match self {
            Kind::Bool => "a boolean",
            Kind::Number => "a number",
            Kind::Text => "a text",
        }
    }
}
