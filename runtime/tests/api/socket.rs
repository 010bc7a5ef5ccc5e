//! The WebSocket's own manners; what it says about apps is in `apps`.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

use crate::daemon::Daemon;

pub(crate) struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    /// Connects and takes the greeting.
    pub(crate) async fn open(daemon: &Daemon) -> Socket {
        let address = daemon.http.replace("http", "ws") + "/api/ws";
        let mut socket = Socket(connect_async(address).await.unwrap().0);
        let hello = socket.next().await;
        assert_eq!(hello["event"], "hello");
        socket
    }

    pub(crate) async fn say(&mut self, event: &str, data: Value) {
        let message = json!({ "event": event, "id": 1, "data": data });
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    pub(crate) async fn next(&mut self) -> Value {
        let waiting = tokio::time::timeout(Duration::from_secs(20), async {
            loop {
                match self.0.next().await {
                    Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                    Some(Ok(_)) => {}
                    other => panic!("the connection ended: {other:?}"),
                }
            }
        });
        waiting.await.expect("a message within 20 s")
    }

    /// Reads on to the first message that `wanted` takes.
    pub(crate) async fn until(&mut self, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let message = self.next().await;
            if wanted(&message) {
                return message;
            }
        }
    }
}

#[tokio::test]
async fn bad_messages_are_answered_and_the_connection_stays() {
    let daemon = Daemon::start();
    let mut socket = Socket::open(&daemon).await;
    socket.0.send(Message::text("not json")).await.unwrap();
    let answer = socket.next().await;
    assert_eq!(
        (&answer["event"], &answer["data"]["code"]),
        (&json!("error"), &json!("bad_request"))
    );
    socket.say("dance", json!({})).await;
    let answer = socket.next().await;
    assert_eq!(
        answer,
        json!({ "event": "error", "id": 1, "data": {
            "code": "bad_request", "message": "dance: unknown event 'dance'"
        }})
    );
    socket.say("subscribe", json!({ "app_id": "nobody" })).await;
    assert_eq!(socket.next().await["data"]["code"], "unknown_app");
    socket.say("ping", json!({})).await;
    assert_eq!(socket.next().await, json!({ "event": "pong", "id": 1, "data": {} }));
}

#[tokio::test]
async fn signals_come_at_the_rate_that_was_asked_for() {
    let daemon = Daemon::start();
    let mut socket = Socket::open(&daemon).await;
    socket.say("signal:subscribe", json!({ "paths": ["Vehicle.Speed"], "max_rate": 1000 })).await;
    let answer = socket.next().await;
    assert_eq!(answer["data"]["message"], "max_rate 1000: use 0.1 to 100 a second");
    socket.say("signal:subscribe", json!({ "paths": ["Vehicle.Speed"], "max_rate": 4 })).await;
    let answer = socket.next().await;
    assert_eq!(answer["data"], json!({ "paths": ["Vehicle.Speed"] }));
    assert_eq!(socket.next().await["event"], "signal:update", "the present value comes first");
    // Far more changes than are wanted.
    for speed in 0..200 {
        let body = json!({ "Vehicle.Speed": speed }).to_string();
        let put = daemon.request(reqwest::Method::PUT, "/api/signals?as=current").body(body);
        assert_eq!(daemon.call(put).await.0, 200);
    }
    let began = std::time::Instant::now();
    let mut updates = 0;
    while began.elapsed() < Duration::from_secs(1) {
        if let Ok(message) = tokio::time::timeout(Duration::from_millis(300), socket.next()).await {
            assert_eq!(message["event"], "signal:update");
            updates += 1;
        }
    }
    assert!((1..=6).contains(&updates), "{updates} updates in a second, 4 wanted");
}
