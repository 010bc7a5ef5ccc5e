//! Every method of every protocol, asked by everybody who may not: nothing leaks, and nothing
//! happens.
//!
//! Two branches of a model: `Car.Mine`, which is granted, and `Car.Theirs`, which is not. What
//! the signals hold and what their metadata says is a word that no answer may have in it. The
//! methods are those of the descriptors, so one without requests fails the test.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

#[path = "broker/bench.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod bench;
#[path = "broker/dynamic.rs"]
mod dynamic;
#[path = "broker/guarded.rs"]
#[allow(dead_code, reason = "half of it is for the other tests")]
mod guarded;

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use bench::{Bench, until};
use dynamic::{Call, ask, methods, name};
use guarded::{Guarded, Issuer, claims, in_seconds};
use prost_reflect::MethodDescriptor;
use serde_json::json;
use tokio::time::timeout;
use tonic::transport::Channel;
use vehicle_edge_runtime::signals::{Broker, Client, Grants, SignalRef};
use vss_codegen::model::{Access, Value};

const REQUESTS: &str = include_str!("access/requests.txt");
/// What is asked for, with its words.
const BRANCHES: [(&str, &str); 2] = [("Mine", "OWN-WORD"), ("Theirs", "SECRET")];

fn manifest() -> String {
    let signal = |branch: &str, word: &str, name: &str, kind: &str| {
        json!({
            "path": format!("Car.{branch}.{name}"), "type": kind, "datatype": "string",
            "access": ["read", "write", "provide"], "description": word, "comment": word,
        })
    };
    let signals = BRANCHES.iter().flat_map(|(branch, word)| {
        [("Sensor", "sensor"), ("Actuator", "actuator"), ("Free", "actuator")]
            .map(|(name, kind)| signal(branch, word, name, kind))
    });
    json!({
        "model": {"name": "Car", "hash": "sha256:00"},
        "sdk": {"name": "car", "version": "1"},
        "signals": signals.collect::<Vec<_>>(),
    })
    .to_string()
}

/// What a request needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Need {
    Free,
    List,
    Create,
    Of(Access),
}

#[derive(Debug)]
struct Asked {
    need: Need,
    requests: Vec<serde_json::Value>,
}

/// The requests of each method about one branch.
fn requests(branch: &str) -> BTreeMap<String, Vec<Asked>> {
    let first = if branch == "Mine" { 1 } else { 4 };
    let text = REQUESTS
        .replace("$SENSOR_ID", &first.to_string())
        .replace("$ACTUATOR_ID", &(first + 1).to_string())
        .replace("$SENSOR", &format!("Car.{branch}.Sensor"))
        .replace("$ACTUATOR", &format!("Car.{branch}.Actuator"))
        .replace("$FREE", &format!("Car.{branch}.Free"));
    let mut requests = BTreeMap::<String, Vec<Asked>>::new();
    let mut method = String::new();
    for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let Some((need, request)) = line.trim_start().split_once(' ') else {
            method = line.to_owned();
            continue;
        };
        let need = match need {
            "free" => Need::Free,
            "list" => Need::List,
            "create" => Need::Create,
            "read" => Need::Of(Access::Read),
            "write" => Need::Of(Access::Write),
            "provide" => Need::Of(Access::Provide),
            other => panic!("{other}"),
        };
        let requests_of = requests.entry(method.clone()).or_default();
        let request = serde_json::from_str(request).unwrap_or_else(|e| panic!("{line}: {e}"));
        let all = match request {
            serde_json::Value::Array(all) => all,
            one => vec![one],
        };
        requests_of.push(Asked { need, requests: all });
    }
    requests
}

/// Somebody who asks, and for what.
struct Situation {
    name: &'static str,
    channel: Channel,
    token: Option<String>,
    branch: &'static str,
    rights: Vec<Access>,
    let_in: bool,
}

impl Situation {
    fn may(&self, need: Need) -> bool {
        match need {
            Need::Free => true,
            Need::List => self.rights.contains(&Access::Read),
            Need::Create => false,
            Need::Of(access) => self.branch == "Mine" && self.rights.contains(&access),
        }
    }

    /// Whether nothing of the branch may be in an answer.
    fn is_secret(&self, branch: &str) -> bool {
        branch != "Mine" || self.rights.is_empty()
    }

    fn call(&self, method: &MethodDescriptor) -> Call {
        Call::new(self.channel.clone(), method.clone()).with_token(self.token.clone())
    }
}

/// What the broker holds, to see whether somebody changed it.
fn state(broker: &Broker) -> String {
    let runtime = Client::runtime();
    let mut state = Vec::new();
    for (branch, _) in BRANCHES {
        for name in ["Sensor", "Actuator", "Free"] {
            let path = format!("Car.{branch}.{name}");
            let value = broker.get(&runtime, &path).unwrap().value;
            let target = broker.target(&runtime, &path).map(|target| target.value);
            let holders = broker.holders(&path);
            state.push(format!("{path} {value:?} {target:?} {holders:?}"));
        }
    }
    state.push(format!("{} signals", broker.registry().entries().len()));
    state.join("\n")
}

/// Everything as it was before the first question.
async fn reset(broker: &Broker) {
    let runtime = Client::runtime();
    for (branch, word) in BRANCHES {
        let path = |name: &str| format!("Car.{branch}.{name}");
        // The claims of the last question end when its stream is seen to be closed.
        until(async || broker.holders(&path("Sensor")).publisher.is_none()).await;
        until(async || broker.holders(&path("Free")).actuation.is_none()).await;
        for name in ["Sensor", "Actuator"] {
            broker.publish(&runtime, &path(name), Value::String(word.into())).unwrap();
        }
        broker.actuate(&runtime, &path("Actuator"), Value::String(word.into())).await.unwrap();
    }
}

/// What is wrong with how the method answers in this situation.
async fn check(
    broker: &Broker,
    situation: &Situation,
    method: &MethodDescriptor,
    asked: &Asked,
) -> Vec<String> {
    reset(broker).await;
    let before = state(broker);
    let (outcome, said) = ask(situation.call(method), &asked.requests).await;
    let said = serde_json::to_string(&said).unwrap();
    let mut wrong = Vec::new();
    for (branch, word) in BRANCHES {
        if situation.is_secret(branch) && said.contains(word) {
            wrong.push(format!("LEAK: {said}"));
        }
    }
    match () {
        () if !situation.let_in && outcome != "UNAUTHENTICATED" => {
            wrong.push(format!("{outcome}, not UNAUTHENTICATED"));
        }
        () if situation.let_in && situation.may(asked.need) && outcome != "OK" => {
            wrong.push(format!("{outcome}, though it is granted"));
        }
        () if !situation.may(asked.need) && asked.need != Need::List && outcome == "OK" => {
            wrong.push("OK, though it is not granted".to_owned());
        }
        () => {}
    }
    let may = situation.let_in && situation.may(asked.need);
    if !may && state(broker) != before {
        wrong.push(format!("LEAK: changed\n{before}\nto\n{}", state(broker)));
    }
    let about = format!("{}, {}, {:?}", situation.name, name(method), asked.requests);
    wrong.into_iter().map(|wrong| format!("{about}: {wrong}")).collect()
}

const ALL: [Access; 3] = [Access::Read, Access::Write, Access::Provide];

fn granted(pattern: &str) -> Vec<(&str, Access)> {
    ALL.iter().map(|access| (pattern, *access)).collect()
}

#[tokio::test]
async fn nothing_leaks_to_anybody() {
    let bench = Bench::with(&manifest()).await;
    let broker = &bench.broker;
    let (_provider, _actuations) = provide(broker);
    let guarded = Guarded::of(broker.clone(), false, false).await;
    let issuer = Issuer::ec(&guarded);
    let token = |scope: &str, name: &str, value: serde_json::Value| {
        let mut claims = claims(scope);
        claims[name] = value;
        Some(issuer.token(&claims))
    };
    let everything = "read actuate provide create";
    let valid = |scope: &str| token(scope, "sub", json!("bob"));

    let declared = bench.app("declared", &granted("Car.Mine.*"));
    let nobody = bench.app("nobody", &[]);
    let revoked = bench.app("revoked", &granted("Car.**"));
    revoked.app.set_grants(Grants::default());
    let closed = bench.app("closed", &granted("Car.**"));
    closed.app.close();
    let (port, read) = (guarded.plain().await, vec![Access::Read]);
    let app = |name, channel, branch, rights: &[Access]| {
        let rights = rights.to_vec();
        Situation { name, channel, token: None, branch, rights, let_in: true }
    };
    let outside = |name, token, branch, rights: &[Access], let_in| {
        let (channel, rights) = (port.clone(), rights.to_vec());
        Situation { name, channel, token, branch, rights, let_in }
    };
    let mine = "read:Car.Mine.* actuate:Car.Mine.* provide:Car.Mine.*";
    let expired = token(everything, "exp", json!(in_seconds(-3600)));
    let elsewhere = token(everything, "aud", json!("somebody.else"));
    let situations = [
        app("declared", declared.channel().await, "Mine", &ALL),
        app("undeclared", declared.channel().await, "Theirs", &ALL),
        app("an app without grants", nobody.channel().await, "Mine", &[]),
        app("another app's socket", nobody.channel().await, "Theirs", &[]),
        app("after revoke", revoked.channel().await, "Mine", &[]),
        app("after revoke, theirs", revoked.channel().await, "Theirs", &[]),
        app("after its run", closed.channel().await, "Mine", &[]),
        outside("all scopes of a branch", valid(mine), "Mine", &ALL, true),
        outside("scopes of another branch", valid(mine), "Theirs", &ALL, true),
        outside("read-only", valid("read:Car.Mine.*"), "Mine", &read, true),
        outside("read-only, theirs", valid("read:Car.Mine.*"), "Theirs", &read, true),
        outside("no scope", valid("openid"), "Mine", &[], true),
        outside("no token", None, "Mine", &[], false),
        outside("expired", expired, "Mine", &[], false),
        outside("wrong audience", elsewhere, "Mine", &[], false),
    ];
    let (mut wrong, mut rows) = (Vec::new(), 0);
    for situation in &situations {
        let mut requests = requests(situation.branch);
        for method in methods() {
            let name = name(&method);
            let asked = requests.remove(&name).unwrap_or_default();
            assert!(!asked.is_empty(), "{name} has no requests in access/requests.txt");
            for asked in asked {
                wrong.extend(check(broker, situation, &method, &asked).await);
                rows += 1;
            }
        }
        assert!(requests.is_empty(), "no such methods: {:?}", requests.keys());
    }
    println!("{rows} questions, {} wrong answers", wrong.len());
    assert!(wrong.is_empty(), "{} of {rows}:\n{}", wrong.len(), wrong.join("\n"));
}

/// Somebody who carries out actuations of both actuators.
fn provide(broker: &Broker) -> (impl Sized, impl Sized) {
    let (provider, mut actuations) = broker.provider(&Client::runtime());
    let actuators = ["Car.Mine.Actuator", "Car.Theirs.Actuator"].map(SignalRef::Path);
    provider.claim_actuations(&actuators).unwrap();
    let taken = tokio::spawn(async move {
        while std::future::poll_fn(|context| actuations.poll_recv(context)).await.is_some() {}
    });
    (provider, taken)
}

/// What was open before the revoke ends, and brings nothing of what came after it.
#[tokio::test]
async fn open_streams_end_when_nothing_is_granted_any_more() {
    let bench = Bench::with(&manifest()).await;
    let broker = &bench.broker;
    let mut times = Vec::new();
    for method in methods().into_iter().filter(MethodDescriptor::is_server_streaming) {
        let Some(asked) = requests("Mine").remove(&name(&method)) else { continue };
        for asked in asked {
            let door = bench.app("short", &granted("Car.Mine.*"));
            let _provider = provide(broker);
            reset(broker).await;
            let call = Call::new(door.channel().await, method.clone());
            let mut answers = call.send(&asked.requests).await.unwrap();
            answers.next().await.unwrap().unwrap();
            let revoked = Instant::now();
            // Values stop when they are not granted any more; who only sends has to be closed.
            match method.is_client_streaming() {
                true => door.app.close(),
                false => door.app.set_grants(Grants::default()),
            }
            let later = Value::String("LATER".into());
            broker.publish(&Client::runtime(), "Car.Mine.Sensor", later).unwrap();
            let what = format!("{} {:?}", name(&method), asked.requests);
            let ended = async {
                while let Ok(Some(answer)) = answers.next().await {
                    let said = serde_json::to_string(&answer).unwrap();
                    assert!(!said.contains("LATER"), "{what}: {said}");
                }
            };
            timeout(Duration::from_secs(10), ended)
                .await
                .unwrap_or_else(|_| panic!("{what} goes on"));
            times.push(revoked.elapsed());
        }
    }
    let longest = times.iter().max().unwrap();
    println!("{} streams, the last to end after {longest:.0?}", times.len());
}
