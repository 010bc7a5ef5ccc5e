//! The connection to an MQTT broker, which carries the topics of existing apps; nothing here
//! knows Python.
//!
//! Messages are sent at most once. Those of an app that publishes while there is no connection
//! wait for it, up to a limit; what is under way when it breaks is lost.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use bytes::Bytes;
use rumqttc::{
    AsyncClient, ConnectReturnCode, ConnectionError, Event, EventLoop, MqttOptions, Outgoing,
    Packet, QoS, SubscribeFilter, matches, valid_filter, valid_topic,
};
use vehicle_signal_client::Backoff;

use crate::bridge::Waiter;

/// How many messages may wait, to be sent or for one callback.
const LONGEST_QUEUE: usize = 1024;

/// Of a message, in bytes.
pub(crate) const LARGEST_MESSAGE: usize = 16 << 20;

const KEEP_ALIVE: Duration = Duration::from_secs(30);

/// How a connection stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) enum Connection {
    #[default]
    Connecting,
    Up,
    /// Why; it is tried again.
    Down(String),
    /// Why; it is not tried again.
    Refused(String),
    /// As asked.
    Closed,
}

/// One broker's connection and what is subscribed to there.
#[derive(Debug)]
pub(crate) struct Mqtt {
    requests: AsyncClient,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connection: Connection,
    inboxes: Vec<Arc<Inbox>>,
    /// Resolved at the next change of the connection.
    watcher: Option<Waiter>,
}

/// Messages of one subscription that wait for its callback; the oldest give way.
#[derive(Debug)]
pub(crate) struct Inbox {
    filter: String,
    waiting: Mutex<Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    messages: VecDeque<Bytes>,
    dropped: u64,
    waiter: Option<Waiter>,
}

impl Mqtt {
    /// Connects once its events are followed.
    pub(crate) fn new(mut options: MqttOptions) -> (Arc<Mqtt>, EventLoop) {
        options.set_keep_alive(KEEP_ALIVE);
        // What MQTT adds to a message is small beside it.
        options.set_max_packet_size(2 * LARGEST_MESSAGE, 2 * LARGEST_MESSAGE);
        let (requests, events) = AsyncClient::new(options, LONGEST_QUEUE);
        (Arc::new(Mqtt { requests, state: Mutex::default() }), events)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn connection(&self) -> Connection {
        self.lock().connection.clone()
    }

    /// Resolves `watcher` at the next change of the connection.
    pub(crate) fn watch(&self, watcher: Waiter) {
        self.lock().watcher = Some(watcher);
    }

    fn set(&self, connection: Connection) {
        let mut state = self.lock();
        let is_change = state.connection != connection;
        state.connection = connection;
        let watcher = if is_change { state.watcher.take() } else { None };
        // Waking asks for the interpreter, whose holder may be waiting for this lock.
        drop(state);
        if let Some(watcher) = watcher {
            watcher.wake();
        }
    }

    /// Whether the message can be sent or may wait; `false` when too many wait already.
    pub(crate) fn publish(&self, topic: &str, payload: Vec<u8>) -> bool {
        self.requests.try_publish(topic, QoS::AtMostOnce, false, payload).is_ok()
    }

    /// Subscribes as soon as there is a connection, and again after each loss.
    pub(crate) async fn subscribe(&self, inbox: Arc<Inbox>) {
        let filter = inbox.filter.clone();
        let is_up = {
            let mut state = self.lock();
            state.inboxes.push(inbox);
            state.connection == Connection::Up
        };
        if is_up {
            self.send_subscriptions(vec![filter]).await;
        }
    }

    async fn send_subscriptions(&self, filters: Vec<String>) {
        let filters = filters.into_iter().map(|f| SubscribeFilter::new(f, QoS::AtMostOnce));
        // Fails only when nobody follows the events any more, and then nothing can be done.
        let _ = self.requests.subscribe_many(filters).await;
    }

    fn filters(&self) -> Vec<String> {
        self.lock().inboxes.iter().map(|inbox| inbox.filter.clone()).collect()
    }

    fn deliver(&self, topic: &str, payload: &Bytes) {
        let matching: Vec<_> = {
            let state = self.lock();
            state.inboxes.iter().filter(|i| matches(topic, &i.filter)).cloned().collect()
        };
        for inbox in matching {
            inbox.push(payload.clone());
        }
    }

    /// Asks to end the connection after what waits to be sent; `false` when there is none, and
    /// none is being made for the first time.
    pub(crate) fn close(&self) -> bool {
        let may_send = matches!(self.connection(), Connection::Connecting | Connection::Up);
        may_send && self.requests.try_disconnect().is_ok()
    }
}

/// Keeps the connection until it is closed, or refused for good.
pub(crate) async fn follow(mqtt: Arc<Mqtt>, mut events: EventLoop) {
    let mut backoff = Backoff::new();
    loop {
        match events.poll().await {
            Ok(Event::Incoming(Packet::ConnAck(_))) => {
                backoff = Backoff::new();
                mqtt.set(Connection::Up);
                let filters = mqtt.filters();
                if !filters.is_empty() {
                    // Beside this loop, which has to go on to make room for it.
                    let mqtt = mqtt.clone();
                    tokio::spawn(async move { mqtt.send_subscriptions(filters).await });
                }
            }
            Ok(Event::Incoming(Packet::Publish(message))) => {
                mqtt.deliver(&message.topic, &message.payload);
            }
            Ok(Event::Outgoing(Outgoing::Disconnect)) => return mqtt.set(Connection::Closed),
            Ok(_) => {}
            Err(error) if is_final(&error) => {
                return mqtt.set(Connection::Refused(text(&error)));
            }
            Err(error) => {
                mqtt.set(Connection::Down(text(&error)));
                backoff.wait().await;
            }
        }
    }
}

fn is_final(error: &ConnectionError) -> bool {
    use ConnectReturnCode as Code;
    let ConnectionError::ConnectionRefused(code) = error else { return false };
    !matches!(code, Code::Success | Code::ServiceUnavailable)
}

/// What the system says, without the library's words around it.
fn text(error: &ConnectionError) -> String {
    match error {
        ConnectionError::Io(error) => error.to_string(),
        error => error.to_string(),
    }
}

impl Inbox {
    pub(crate) fn new(filter: String) -> Inbox {
        Inbox { filter, waiting: Mutex::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, payload: Bytes) {
        let mut waiting = self.lock();
        if waiting.messages.len() >= LONGEST_QUEUE {
            waiting.messages.pop_front();
            waiting.dropped += 1;
        }
        waiting.messages.push_back(payload);
        let waiter = waiting.waiter.take();
        drop(waiting);
        if let Some(waiter) = waiter {
            waiter.wake();
        }
    }

    pub(crate) fn take(&self) -> VecDeque<Bytes> {
        std::mem::take(&mut self.lock().messages)
    }

    /// Registers who waits; `false` when there is something to take already.
    pub(crate) fn wait(&self, waiter: Waiter) -> bool {
        let mut waiting = self.lock();
        let idle = waiting.messages.is_empty();
        if idle {
            waiting.waiter = Some(waiter);
        }
        idle
    }

    pub(crate) fn dropped(&self) -> u64 {
        self.lock().dropped
    }
}

/// What is wrong with a topic to publish on.
pub(crate) fn topic_problem(topic: &str) -> Option<&'static str> {
    match topic {
        _ if !valid_topic(topic) => Some("a topic to publish on has no wildcards (+ and #)"),
        _ => text_problem(topic),
    }
}

/// What is wrong with a topic to subscribe to.
pub(crate) fn filter_problem(filter: &str) -> Option<&'static str> {
    match filter {
        _ if !valid_filter(filter) => {
            Some("+ stands for a whole level of a topic, and # for the levels that are left")
        }
        _ => text_problem(filter),
    }
}

fn text_problem(text: &str) -> Option<&'static str> {
    match text {
        "" => Some("a topic has a name"),
        _ if text.len() > usize::from(u16::MAX) => Some("a topic has at most 65535 bytes"),
        _ if text.contains('\0') => Some("a topic has no zero byte"),
        _ => None,
    }
}
