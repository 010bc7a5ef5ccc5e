//! Topics of an MQTT broker as Python sees them.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use pyo3::{
    prelude::*,
    types::{PyBytes, PyList},
};
use rumqttc::{MqttOptions, Transport};
use tokio::{task::JoinHandle, time::timeout};
use vehicle_edge_runtime::socket::ShortPath;

use crate::{
    bridge,
    failure::{Failure, Kind},
    mqtt::{self, Connection, Inbox, Mqtt},
    pause::Pause,
    worker,
};

/// How long a connection that is being closed may take to send what waits.
const CLOSING: Duration = Duration::from_secs(2);

/// A connection to an MQTT broker, made at once and again after each loss.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Topics {
    mqtt: Arc<Mqtt>,
    /// Taken when it is to end.
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Topics {
    fn following(
        mqtt: Arc<Mqtt>,
        follow: impl Future<Output = ()> + Send + 'static,
    ) -> PyResult<Topics> {
        let task = worker::handle()?.spawn(follow);
        Ok(Topics { mqtt, task: Mutex::new(Some(task)) })
    }
}

#[pymethods]
impl Topics {
    #[new]
    #[pyo3(signature = (host, port, client_id, user=None, password=""))]
    fn new(
        host: &str,
        port: u16,
        client_id: &str,
        user: Option<&str>,
        password: &str,
    ) -> PyResult<Topics> {
        let mut options = MqttOptions::new(client_id, host, port);
        if let Some(user) = user {
            options.set_credentials(user, password);
        }
        let (mqtt, events) = Mqtt::new(options);
        Topics::following(mqtt.clone(), mqtt::follow(mqtt, events))
    }

    /// The same with a broker at a unix socket.
    #[staticmethod]
    fn at_socket(path: &str, client_id: &str) -> PyResult<Topics> {
        // What is wrong with its folder is told when connecting fails.
        let short = ShortPath::to(Path::new(path)).ok();
        let place = short.as_ref().map_or(Path::new(path), ShortPath::as_path).to_string_lossy();
        // A socket has no port.
        let mut options = MqttOptions::new(client_id, place, 0);
        options.set_transport(Transport::unix());
        let (mqtt, events) = Mqtt::new(options);
        let follow = mqtt::follow(mqtt.clone(), events);
        Topics::following(mqtt, async move {
            let _kept = short;
            follow.await;
        })
    }

    /// Sends a message, or lets it wait for the connection; False when too many wait already.
    fn publish(&self, topic: &str, payload: Vec<u8>) -> PyResult<bool> {
        if let Some(problem) = mqtt::topic_problem(topic) {
            return Err(refused(topic, problem));
        }
        if payload.len() > mqtt::LARGEST_MESSAGE {
            let length = payload.len();
            let problem = format!("a message has at most 16 MiB, this one {length} bytes");
            return Err(refused(topic, &problem));
        }
        Ok(self.mqtt.publish(topic, payload))
    }

    /// Subscribes to a topic, which may have wildcards, now and after each loss.
    fn subscribe(&self, topic: String) -> PyResult<Topic> {
        if let Some(problem) = mqtt::filter_problem(&topic) {
            return Err(refused(&topic, problem));
        }
        let inbox = Arc::new(Inbox::new(topic));
        let (mqtt, to) = (self.mqtt.clone(), inbox.clone());
        worker::spawn(async move { mqtt.subscribe(to).await })?;
        Ok(Topic { inbox })
    }

    /// A future that is resolved at the next change of the properties below.
    fn changed<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let waiter = bridge::waiter(py)?;
        let future = waiter.future(py);
        self.mqtt.watch(waiter);
        Ok(future)
    }

    /// Why there is no connection; None when there is one, or the first is being made.
    #[getter]
    fn trouble(&self) -> Option<String> {
        match self.mqtt.connection() {
            Connection::Down(why) | Connection::Refused(why) => Some(why),
            Connection::Connecting | Connection::Up | Connection::Closed => None,
        }
    }

    /// Whether the broker refuses this app, so that trying again does not help.
    #[getter]
    fn refused(&self) -> bool {
        matches!(self.mqtt.connection(), Connection::Refused(_))
    }

    /// Sends what waits, as far as there is a connection, and ends it.
    fn close<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let waiter = bridge::waiter(py)?;
        let future = waiter.future(py);
        let task = self.task.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mqtt = self.mqtt.clone();
        worker::spawn(async move {
            if let Some(mut task) = task {
                if mqtt.close() {
                    let _ = timeout(CLOSING, &mut task).await;
                }
                task.abort();
            }
            waiter.wake();
        })?;
        Ok(future)
    }
}

impl Drop for Topics {
    fn drop(&mut self) {
        let task = self.task.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(task) = task {
            task.abort();
        }
    }
}

/// A subscription to one topic, whose messages are taken in batches.
#[pyclass(frozen, module = "vehicle_signal_runtime._core")]
#[derive(Debug)]
pub(crate) struct Topic {
    inbox: Arc<Inbox>,
}

#[pymethods]
impl Topic {
    /// The messages that have come since the last call.
    fn take<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyList>> {
        let messages = self.inbox.take();
        PyList::new(py, messages.iter().map(|message| PyBytes::new(py, message)))
    }

    /// To be awaited until there is something new.
    fn wait<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, Pause>> {
        bridge::pause(py, |waiter| self.inbox.wait(waiter))
    }

    /// How many messages were dropped because the callback was slower than they came.
    #[getter]
    fn dropped(&self) -> u64 {
        self.inbox.dropped()
    }
}

fn refused(topic: &str, problem: &str) -> PyErr {
    Failure::new(Kind::InvalidValue, "", format!("the topic {topic:?}: {problem}")).into()
}
