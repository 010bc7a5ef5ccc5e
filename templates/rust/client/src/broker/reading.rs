//! What a signal held at a moment.

use std::time::SystemTime;

use super::wire;
use crate::{Carried, Signal, proto};

/// The value of a signal at a moment, or why there is none.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Reading<T> {
    /// Of the signal.
    pub path: &'static str,
    /// `None` when the signal has no value; nothing stands in for a missing one.
    pub value: Option<T>,
    /// When the value was set; `None` when it never was.
    pub timestamp: Option<SystemTime>,
    /// Why there is no value; `None` when there is one.
    pub reason: Option<String>,
    /// Whether this is what a subscription found when it began, or began again after a lost
    /// connection, and no change.
    pub initial: bool,
}

/// A reading before its type is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Update {
    pub(crate) datapoint: proto::Datapoint,
    pub(crate) initial: bool,
}

impl<T: Carried> Reading<T> {
    pub(crate) fn new(signal: &Signal<T>, update: Update) -> Reading<T> {
        let Update { datapoint, initial } = update;
        let timestamp = datapoint.timestamp.and_then(|at| SystemTime::try_from(at).ok());
        let (value, reason) = match datapoint.value.and_then(|value| value.typed_value) {
            None => (None, Some("no value has been published yet".to_owned())),
            Some(typed) => read(signal, &typed),
        };
        Reading { path: signal.path(), value, timestamp, reason, initial }
    }
}

fn read<T: Carried>(
    signal: &Signal<T>,
    typed: &proto::value::TypedValue,
) -> (Option<T>, Option<String>) {
    let value = T::from_wire(typed);
    let reason = value.is_none().then(|| {
        let (held, datatype) = (wire::shown(typed), signal.datatype);
        format!("the broker holds {held}, which the model ({datatype}) does not know")
    });
    (value, reason)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::{
        broker::testing::{MODE, Mode, SPEED},
        proto::value::TypedValue,
    };

    fn update(typed: Option<TypedValue>) -> Update {
        let value = Some(proto::Value { typed_value: typed });
        let timestamp = Some(prost_types::Timestamp { seconds: 1, nanos: 5 });
        Update { datapoint: proto::Datapoint { timestamp, value }, initial: true }
    }

    #[test]
    fn a_reading_has_a_value_or_a_reason() {
        let reading = Reading::new(&SPEED, update(Some(TypedValue::Float(0.5))));
        let at = SystemTime::UNIX_EPOCH + Duration::new(1, 5);
        assert_eq!((reading.value, reading.timestamp), (Some(0.5), Some(at)));
        assert_eq!((reading.path, reading.reason, reading.initial), ("Vehicle.Speed", None, true));

        let reading = Reading::new(&SPEED, update(None));
        assert_eq!(reading.value, None);
        assert_eq!(reading.reason.as_deref(), Some("no value has been published yet"));
        assert_eq!(Reading::new(&SPEED, Update::default()).timestamp, None);
    }

    #[test]
    fn a_value_that_the_model_does_not_know_reads_as_none() {
        let mode = |text: &str| {
            let reading = Reading::new(&MODE, update(Some(TypedValue::String(text.to_owned()))));
            (reading.value, reading.reason)
        };
        assert_eq!(mode("ON"), (Some(Mode::On), None));
        let reason = "the broker holds \"AUTO\", which the model (string) does not know";
        assert_eq!(mode("AUTO"), (None, Some(reason.to_owned())));
    }
}
