//! The messages of the WebSocket.
//!
//! From a client: `subscribe`, `unsubscribe`, `app:stdin`, `signal:subscribe`,
//! `signal:unsubscribe`, `ping`. To a client: `hello`, `app:stdout`, `app:stderr`,
//! `app:notice` (the runtime's own line in a console), `app:status`, `app:removed`,
//! `app:progress`, `app:gap`, `signal:update`, and the answers `subscribed`,
//! `unsubscribed`, `app:stdin`, `signal:subscribed`, `signal:unsubscribed`, `pong`, `error`.

use serde::{Deserialize, Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use crate::{
    api::{
        error::{ApiError, ErrorBody},
        wire::{ConsoleLine, Progress},
    },
    app::{AppId, AppStatus, Line, Stream},
    console::Item,
    supervisor::{Event, EventBody},
};

/// What every message looks like.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Envelope {
    pub(crate) event: String,
    /// Given back in the answer.
    #[serde(default, skip_serializing_if = "Json::is_null")]
    pub(crate) id: Json,
    #[serde(default)]
    pub(crate) data: Json,
}

/// What a client may ask.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Request {
    Subscribe(Subscribe),
    Unsubscribe(Unsubscribe),
    Stdin(Stdin),
    SubscribeSignals(SubscribeSignals),
    UnsubscribeSignals,
    Ping,
}

/// One app, or all of them (present and future) without `app_id`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Subscribe {
    pub(crate) app_id: Option<AppId>,
    /// Continue the console after this number; the oldest kept line otherwise.
    pub(crate) after: Option<u64>,
    /// Begin the console with this many last lines.
    pub(crate) tail: Option<usize>,
    /// False: states and progress only.
    #[serde(default = "yes")]
    pub(crate) console: bool,
}

fn yes() -> bool {
    true
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Unsubscribe {
    pub(crate) app_id: Option<AppId>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stdin {
    pub(crate) app_id: AppId,
    /// As it is: a line needs its line end.
    pub(crate) input: String,
}

/// Replaces the signals subscribed before.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubscribeSignals {
    /// Paths or patterns.
    pub(crate) paths: Vec<String>,
    /// Messages a second at most; each holds the newest value of what changed.
    #[serde(default = "default_rate")]
    pub(crate) max_rate: f64,
}

fn default_rate() -> f64 {
    20.0
}

/// A message that cannot be answered with more than this.
#[derive(Debug)]
pub(crate) struct Malformed {
    pub(crate) id: Json,
    pub(crate) error: ApiError,
}

/// Reads one text message.
pub(crate) fn parse(text: &str) -> Result<(Json, Request), Malformed> {
    let envelope: Envelope = serde_json::from_str(text).map_err(|error| Malformed {
        id: Json::Null,
        error: ApiError::bad_request(format!("no message {{\"event\", \"data\"}}: {error}")),
    })?;
    let Envelope { event, id, data } = envelope;
    let request = match event.as_str() {
        "subscribe" => of(data).map(Request::Subscribe),
        "unsubscribe" => of(data).map(Request::Unsubscribe),
        "app:stdin" => of(data).map(Request::Stdin),
        "signal:subscribe" => of(data).map(Request::SubscribeSignals),
        "signal:unsubscribe" => Ok(Request::UnsubscribeSignals),
        "ping" => Ok(Request::Ping),
        other => Err(format!("unknown event '{other}'")),
    };
    match request {
        Ok(request) => Ok((id, request)),
        Err(message) => {
            let error = ApiError::bad_request(format!("{event}: {message}"));
            Err(Malformed { id, error })
        }
    }
}

/// No data at all is the same as an empty object.
fn of<T: DeserializeOwned>(data: Json) -> Result<T, String> {
    let data = if data.is_null() { json!({}) } else { data };
    serde_json::from_value(data).map_err(|error| error.to_string())
}

/// A message to the client, as text.
pub(crate) fn write(event: &str, id: &Json, data: impl Serialize) -> String {
    #[derive(Serialize)]
    struct Message<'a, T> {
        event: &'a str,
        #[serde(skip_serializing_if = "Json::is_null")]
        id: &'a Json,
        data: T,
    }
    let message = Message { event, id, data };
    // Our own types always serialise; an empty object is no worse than a panic.
    serde_json::to_string(&message).unwrap_or_else(|_| "{}".to_owned())
}

pub(crate) fn error(id: &Json, error: ApiError) -> String {
    let body: ErrorBody = error.into_body();
    write("error", id, body)
}

/// A line, or the news that some are lost.
pub(crate) fn console(app: &AppId, item: &Item) -> String {
    match item {
        Item::Line(line) => console_line(app, line),
        Item::Gap { from, to } => {
            write("app:gap", &Json::Null, json!({ "app_id": app, "from": from, "to": to }))
        }
    }
}

fn console_line(app: &AppId, line: &Line) -> String {
    let event = match line.stream {
        Stream::Stdout => "app:stdout",
        Stream::Stderr => "app:stderr",
        Stream::Status => "app:notice",
    };
    let data = ConsoleLine {
        app_id: app.as_str().into(),
        seq: line.seq,
        at: line.at,
        content: line.text.as_ref().into(),
        partial: line.partial,
    };
    write(event, &Json::Null, data)
}

/// A change of an app.
pub(crate) fn event(event: &Event) -> String {
    let app = &event.app;
    match &event.body {
        EventBody::Status(status) => app_status(status),
        EventBody::Progress { step, message, percent } => {
            let (step, message) = (step.clone(), message.clone());
            let data = Progress { app_id: app.clone(), step, message, percent: *percent };
            write("app:progress", &Json::Null, data)
        }
        EventBody::Removed { reason } => app_removed(app, reason.as_deref()),
    }
}

/// `status` is the state, by its older name; `app` is everything.
pub(crate) fn app_status(status: &AppStatus) -> String {
    let data = json!({ "app_id": status.id, "status": status.state, "app": status });
    write("app:status", &Json::Null, data)
}

pub(crate) fn app_removed(app: &AppId, reason: Option<&str>) -> String {
    write("app:removed", &Json::Null, json!({ "app_id": app, "reason": reason }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(text: &str) -> String {
        let malformed = parse(text).unwrap_err();
        serde_json::from_str::<Json>(&error(&malformed.id, malformed.error)).unwrap()["data"]
            ["message"]
            .as_str()
            .unwrap()
            .to_owned()
    }

    #[test]
    fn requests_are_read_with_their_defaults() {
        let all = Subscribe { app_id: None, after: None, tail: None, console: true };
        let (id, request) = parse(r#"{"event":"subscribe","id":7}"#).unwrap();
        assert_eq!((id, request), (json!(7), Request::Subscribe(all)));
        let (_, request) =
            parse(r#"{"event":"app:stdin","data":{"app_id":"a","input":"x\n"}}"#).unwrap();
        let app_id = "a".parse().unwrap();
        assert_eq!(request, Request::Stdin(Stdin { app_id, input: "x\n".to_owned() }));
    }

    #[test]
    fn what_is_wrong_with_a_message_is_said() {
        assert_eq!(refused(r#"{"event":"dance"}"#), "dance: unknown event 'dance'");
        assert!(refused("hello").starts_with("no message {\"event\", \"data\"}: "));
        assert!(refused(r#"{"event":"app:stdin"}"#).contains("missing field `app_id`"));
        let message = refused(r#"{"event":"subscribe","data":{"app":"a"}}"#);
        assert!(message.contains("unknown field `app`"), "{message}");
        let message = refused(r#"{"event":"subscribe","data":{"app_id":"../a"}}"#);
        assert!(message.contains("'../a' is not an app id"), "{message}");
    }

    #[test]
    fn an_answer_carries_the_id_of_its_request_and_news_carry_none() {
        assert_eq!(write("pong", &json!("x"), json!({})), r#"{"event":"pong","id":"x","data":{}}"#);
        let app = "a".parse().unwrap();
        let line = Line {
            seq: 3,
            stream: Stream::Stderr,
            at: jiff::Timestamp::UNIX_EPOCH,
            text: "oh \"no\"".into(),
            partial: false,
        };
        assert_eq!(
            console(&app, &Item::Line(line)),
            r#"{"event":"app:stderr","data":{"app_id":"a","seq":3,"at":"1970-01-01T00:00:00Z","content":"oh \"no\""}}"#
        );
        assert_eq!(
            console(&app, &Item::Gap { from: 4, to: 9 }),
            r#"{"event":"app:gap","data":{"app_id":"a","from":4,"to":9}}"#
        );
    }
}
