//! The JSON of the API, written by the handlers and read by the command line.

use std::{borrow::Cow, collections::BTreeMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use vss_codegen::model::{Access, Literal, ModelInfo, SignalKind, Value};

pub(crate) use super::{
    error::{ErrorBody, ErrorReply},
    ws::message::{Envelope, Subscribe, SubscribeSignals},
};
pub(crate) use crate::supervisor::{AccessOrder, AccessReport, Standing};
use crate::{
    app::{AppId, AppStatus, Conflict, Line, Stream},
    sandbox::Capabilities,
    signals::{
        SourceStatus,
        history::{Point, Series},
        mock::{MockStatus, Played},
    },
    supervisor::{Admission, DenialRow, Model, ModelChange},
};

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AppList {
    pub(crate) apps: Vec<AppStatus>,
}

/// The answer to an operation.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct OperationReply {
    pub(crate) admission: Admission,
    /// Whether the operation is over; false when it goes on in the background.
    pub(crate) settled: bool,
    /// The app now; none once it is uninstalled.
    pub(crate) app: Option<AppStatus>,
}

/// A part of a console. Numbers that no longer exist are listed in `gaps`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct LogPage {
    pub(crate) lines: Vec<LogLine>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) gaps: Vec<Gap>,
    /// Whether asking again with `after` the last number gives more.
    pub(crate) more: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LogLine {
    pub(crate) seq: u64,
    pub(crate) stream: Stream,
    pub(crate) at: Timestamp,
    pub(crate) content: String,
    /// The next line of the same stream goes on where this one stops.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partial: bool,
}

impl From<Line> for LogLine {
    fn from(line: Line) -> LogLine {
        let content = line.text.as_ref().to_owned();
        let Line { seq, stream, at, partial, .. } = line;
        LogLine { seq, stream, at, content, partial }
    }
}

/// Both numbers are included.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub(crate) struct Gap {
    pub(crate) from: u64,
    pub(crate) to: u64,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalList {
    pub(crate) signals: Vec<SignalEntry>,
}

/// A signal with what it is and what it holds.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalEntry {
    pub(crate) path: String,
    #[serde(rename = "type")]
    pub(crate) kind: SignalKind,
    pub(crate) datatype: String,
    pub(crate) access: Vec<Access>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) unit: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) min: Option<Literal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) max: Option<Literal>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) allowed: Vec<Literal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) description: Option<String>,
    /// Null while nobody has published it.
    pub(crate) value: Json,
    pub(crate) timestamp: Option<Timestamp>,
}

/// A signal's value in JSON. Numbers of 32 bits with their own digits: as they are, they
/// would become the double next to them, 0.1 then is 0.10000000149011612.
pub(crate) fn signal_value(value: Option<&Value>) -> Json {
    let shortest = |number: &f32| number.to_string().parse::<f64>().map_or(Json::Null, Json::from);
    match value {
        Some(Value::Float(number)) => shortest(number),
        Some(Value::FloatArray(numbers)) => numbers.iter().map(shortest).collect(),
        other => json!(other),
    }
}

/// One change in a `signal:update`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalUpdate {
    pub(crate) path: String,
    pub(crate) value: Json,
    pub(crate) timestamp: Option<Timestamp>,
}

/// The answer to setting signals: the paths, in the order given.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalsSet {
    pub(crate) set: Vec<String>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalHistories {
    pub(crate) histories: Vec<SignalHistory>,
}

/// The last values of a signal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalHistory {
    pub(crate) path: String,
    /// Milliseconds since 1970 and the value, the oldest first; null where there was none.
    pub(crate) points: Vec<(i64, Json)>,
    /// How many there were before they were thinned to as many as were asked for.
    pub(crate) of: usize,
    /// When the oldest was that is still kept, in milliseconds since 1970.
    pub(crate) since: Option<i64>,
    /// Texts that were cut, and arrays that were too long to keep.
    pub(crate) cut: u64,
    pub(crate) left_out: u64,
}

impl From<Series> for SignalHistory {
    fn from(series: Series) -> SignalHistory {
        let point =
            |point: Point| (point.time.as_millisecond(), signal_value(point.value.as_ref()));
        let Series { path, points, of, since, cut, left_out } = series;
        let points = points.into_iter().map(point).collect();
        SignalHistory { path: path.to_string(), points, of, since, cut, left_out }
    }
}

/// The mocks that run, and what they play.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MockList {
    pub(crate) mocks: Vec<MockStatus>,
    pub(crate) signals: Vec<Played>,
}

/// The body of `PUT /api/signals/mock`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MockSet {
    /// A path, a branch or a pattern.
    pub(crate) signals: String,
    /// As in a mock file: JSON, or YAML in a string.
    pub(crate) behaviour: Json,
}

/// The body of `PUT /api/signals/mock/script`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct MockScript {
    /// What errors call it.
    pub(crate) name: String,
    /// The mock file.
    pub(crate) text: String,
    /// The texts of the files that it names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) files: BTreeMap<String, String>,
}

/// The answer to a change of what the mock plays.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct MockChanged {
    /// How many signals do something else now; after a script, how many are played.
    pub(crate) signals: usize,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Info {
    pub(crate) version: String,
    pub(crate) runtime_id: String,
    pub(crate) pid: u32,
    pub(crate) started_at: Timestamp,
    pub(crate) state_dir: String,
    pub(crate) listen: Listen,
    pub(crate) model: InfoModel,
    pub(crate) sandbox: Capabilities,
    /// What fills the signals, in the order in which they are divided.
    pub(crate) providers: Vec<SourceStatus>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Listen {
    pub(crate) http: String,
    pub(crate) grpc: String,
    pub(crate) health: String,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct InfoModel {
    #[serde(flatten)]
    pub(crate) model: ModelInfo,
    pub(crate) signals: usize,
    pub(crate) source: String,
}

impl InfoModel {
    pub(crate) fn of(model: &Model) -> InfoModel {
        let (signals, source) = (model.manifest.signals.len(), model.source.clone());
        InfoModel { model: model.info().clone(), signals, source }
    }
}

/// The body of `PUT /api/model`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewModel {
    /// As `vssc export json` writes it.
    pub(crate) model: String,
    /// Its struct types, in the same form.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) types: Option<String>,
    /// Where it comes from, for people.
    pub(crate) source: String,
}

/// Where an app and others want the same signal.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ConflictList {
    pub(crate) conflicts: Vec<Conflict>,
}

/// How it stands with what apps declare.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AccessList {
    pub(crate) apps: Vec<AccessReport>,
}

/// What was denied, the oldest first.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct AuditReply {
    pub(crate) denials: Vec<DenialRow>,
    /// Denials since the runtime started that found no room.
    pub(crate) lost: u64,
}

/// The answer to an exchange of the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ModelReply {
    pub(crate) model: InfoModel,
    #[serde(flatten)]
    pub(crate) change: ModelChange,
}

/// A line of `app:stdout`, `app:stderr` or `app:notice`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ConsoleLine<'a> {
    #[serde(borrow)]
    pub(crate) app_id: Cow<'a, str>,
    pub(crate) seq: u64,
    pub(crate) at: Timestamp,
    #[serde(borrow)]
    pub(crate) content: Cow<'a, str>,
    /// As in [`LogLine`].
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) partial: bool,
}

/// How often a client may want a `signal:update`, a second.
pub(crate) const RATES: std::ops::RangeInclusive<f64> = 0.1..=100.0;

/// What changed, in a `signal:update`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct SignalUpdates {
    pub(crate) updates: Vec<SignalUpdate>,
}

/// Progress of an install, in `app:progress`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Progress {
    pub(crate) app_id: AppId,
    pub(crate) step: String,
    pub(crate) message: String,
    pub(crate) percent: Option<u8>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_float_keeps_its_own_digits() {
        assert_eq!(signal_value(Some(&Value::Float(83.6))).to_string(), "83.6");
        assert_eq!(signal_value(Some(&Value::Float(-5.0))).to_string(), "-5.0");
        assert_eq!(signal_value(Some(&Value::FloatArray([0.1, 2.5].into()))), json!([0.1, 2.5]));
        assert_eq!(signal_value(Some(&Value::Double(0.1))), json!(0.1));
        assert_eq!(signal_value(Some(&Value::Float(f32::NAN))), Json::Null);
        assert_eq!(signal_value(None), Json::Null);
    }
}
