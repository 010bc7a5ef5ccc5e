//! Calls with one message each way: many in flight, or past a provider that is silent.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use anyhow::{Result, bail};
use axum::body::Bytes;
use futures_util::{StreamExt, stream};
use tokio::{sync::oneshot, task::JoinSet, time::sleep};
use vehicle_edge_runtime::signals::proto::v2::{
    Datapoint, GetValueRequest, GetValueResponse, PublishValueRequest, SignalId, Value, signal_id,
    value::TypedValue,
};

use crate::{
    Options,
    connection::{Connection, Outgoing, Target},
    frame::frame,
    process::Process,
    provider::Provider,
    report::{Figures, percentiles},
    stream::sensors,
    wire::{Signal, claim},
};

const IN_FLIGHT: usize = 32;
const WARM_UP: Duration = Duration::from_millis(300);
/// Of each kind, past a silent provider.
const QUESTIONS: usize = 5;

#[derive(Clone, Copy, Debug)]
pub(crate) enum Call {
    Publish,
    Get,
}

/// The same call again and again, always 32 of them in flight on one connection.
pub(crate) async fn run(target: &Target, call: Call, options: &Options) -> Result<Figures> {
    let connection = Arc::new(Connection::open(target).await?);
    let signals = sensors(&connection).await?;
    let Some(signal) = signals.first() else { bail!("the broker's model has no float sensor") };
    let (method, body) = (call.method(), Bytes::from(call.body(signal)));
    // So that there is a value to get.
    let published = Outgoing::whole(Call::Publish.body(signal));
    connection.call(Call::Publish.method(), published).await?.whole().await?;

    let count = Arc::new(AtomicU64::new(0));
    let mut tasks: JoinSet<Result<()>> = JoinSet::new();
    for _ in 0..IN_FLIGHT {
        let (connection, body, count) = (connection.clone(), body.clone(), count.clone());
        tasks.spawn(async move {
            loop {
                let answer = connection.call(method, Outgoing::whole(body.clone())).await?;
                answer.whole().await?;
                count.fetch_add(1, Relaxed);
            }
        });
    }
    let sample = || {
        let server = options.server().map(Process::cpu).transpose()?;
        anyhow::Ok((Instant::now(), count.load(Relaxed), server, Process::own().cpu()?))
    };
    let window = async {
        sleep(WARM_UP).await;
        let first = sample()?;
        sleep(options.duration()).await;
        anyhow::Ok((first, sample()?))
    };
    let (first, last) = tokio::select! {
        window = window => window?,
        Some(failed) = tasks.join_next() => {
            failed??;
            bail!("a caller ended");
        }
    };
    let calls = (last.1 - first.1) as f64;
    let each = |time: Duration| time.as_secs_f64() * 1e6 / calls;
    Ok(Figures {
        rate: calls / (last.0 - first.0).as_secs_f64(),
        server_us: last.2.zip(first.2).map(|(last, first)| each(last - first)),
        client_us: Some(each(last.3 - first.3)),
        megabytes: options.server().map(Process::megabytes).transpose()?,
        ..Figures::default()
    })
}

/// Questions for a signal that a provider has claimed and says nothing of, and for another
/// one at the same time. The figures are those of all answers; the rate is answers a second.
pub(crate) async fn past_silent_provider(target: &Target) -> Result<Figures> {
    let connection = Connection::open(target).await?;
    let signals = sensors(&connection).await?;
    let [claimed, other, ..] = signals.as_slice() else {
        bail!("the broker's model has not two float sensors")
    };
    for signal in [claimed, other] {
        let published = Outgoing::whole(Call::Publish.body(signal));
        connection.call(Call::Publish.method(), published).await?.whole().await?;
    }
    let claim = Bytes::from(claim(std::slice::from_ref(claimed)));
    let (leave, left) = oneshot::channel::<()>();
    // Ends without another message.
    let silence = stream::once(left).filter_map(async |_| None);
    let requests = stream::once(async { claim }).chain(silence).boxed();
    let provider = Provider::open(&connection, requests).await?;

    let (mut asker, start) = (JoinSet::new(), Instant::now());
    for signal in [claimed, other] {
        let connection = Connection::open(target).await?;
        let request = GetValueRequest { signal_id: Some(by_path(signal)) };
        asker.spawn(async move {
            let (mut took, mut failed) = (Vec::new(), 0);
            for _ in 0..QUESTIONS {
                let asked = Instant::now();
                match connection.unary::<GetValueResponse>("GetValue", &request).await {
                    Ok(_) => took.push(asked.elapsed().as_nanos() as u64),
                    Err(_) => failed += 1,
                }
            }
            (took, failed)
        });
    }
    let (mut took, mut failed) = (Vec::new(), 0);
    while let Some(answered) = asker.join_next().await {
        let (some, not) = answered?;
        took.extend(some);
        failed += not;
    }
    drop(leave);
    provider.close().await?;
    Ok(Figures {
        rate: took.len() as f64 / start.elapsed().as_secs_f64(),
        failed: Some(failed),
        latency: percentiles(&mut took),
        ..Figures::default()
    })
}

impl Call {
    fn method(self) -> &'static str {
        match self {
            Call::Publish => "PublishValue",
            Call::Get => "GetValue",
        }
    }

    fn body(self, signal: &Signal) -> Vec<u8> {
        let (signal_id, mut body) = (Some(by_path(signal)), Vec::new());
        match self {
            Call::Publish => {
                let value = Some(Value { typed_value: Some(TypedValue::Float(1.0)) });
                let data_point = Some(Datapoint { timestamp: None, value });
                frame(&PublishValueRequest { signal_id, data_point }, &mut body);
            }
            Call::Get => frame(&GetValueRequest { signal_id }, &mut body),
        }
        body
    }
}

fn by_path(signal: &Signal) -> SignalId {
    SignalId { signal: Some(signal_id::Signal::Path(signal.path.clone())) }
}
