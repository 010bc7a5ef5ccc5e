//! What another file has to do with a problem. An overlay that narrows a datatype makes a
//! default of the model wrong, and the model alone would not show why.

use crate::{
    diagnostic::Report,
    syntax::{Attributes, Name},
};

/// Shows the attributes that a value was held against, where they stand in another file.
pub(super) fn held_against(mut report: Report, attributes: &Attributes, names: &[Name]) -> Report {
    let Some(place) = report.place() else { return report };
    for name in names {
        if let Some(partner) = attributes.value(name)
            && partner.span.source != place.source
        {
            report = report.label(partner.span, format!("the '{}'", name.text()));
        }
    }
    report
}
