//! The mock as a whole: what a script says is what clients of the broker see.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use tokio::time::{advance, sleep};
use tokio_util::sync::CancellationToken;
use vss_codegen::model::{Literal, Value};

use super::{behaviour::Repeat, role::Role, *};
use crate::signals::{Client, SignalRef, testing};

const SPEED: &str = "Vehicle.Speed";
const LEVEL: &str = "Vehicle.Cabin.Light.Level";
const DOOR: &str = "Vehicle.Cabin.Door.Row1.Left.IsOpen";
const TEMPERATURE: &str = "Vehicle.Cabin.Temperature";

struct Car {
    broker: Broker,
    mock: MockHandle,
    _stop: tokio_util::sync::DropGuard,
}

impl Car {
    fn start(script: Script) -> Car {
        Car::of(testing::broker(), script)
    }

    fn of(broker: Broker, script: Script) -> Car {
        let stop = CancellationToken::new();
        let mock = start(&broker, script, stop.clone()).unwrap();
        Car { broker, mock, _stop: stop.drop_guard() }
    }

    fn shown(&self, path: &str) -> String {
        let value = self.broker.get(&Client::outside(), path).unwrap().value;
        value.map_or_else(|| "nothing".to_owned(), |value| value.to_string())
    }

    /// Lets the mock do what is due; the paused clock moves to the end of the sleep.
    async fn pass(&self, millis: u64) {
        sleep(Duration::from_millis(millis)).await;
        sleep(Duration::from_millis(1)).await;
    }

    async fn ask(&self, path: &str, value: Value) {
        self.broker.actuate(&Client::outside(), path, value).await.unwrap();
    }
}

fn only(rules: &[(&str, Behaviour)]) -> Script {
    let rules = rules.iter().map(|(signals, b)| Rule::new(*signals, b.clone())).collect();
    Script { defaults: false, rules, ..Script::default() }
}

fn constant(number: i128) -> Behaviour {
    Behaviour::Constant(Literal::Int(number))
}

fn expression(text: &str) -> Behaviour {
    Behaviour::Expression(text.to_owned())
}

fn ramp(to: f64, seconds: u64, repeat: Repeat) -> Behaviour {
    let duration = Duration::from_secs(seconds);
    Behaviour::Ramp(Ramp { from: Some(0.0), to, duration, repeat })
}

fn trigger(when: &str, deeds: &[(&str, Deed)]) -> Trigger {
    let deeds = deeds.iter().map(|(path, deed)| ((*path).to_owned(), deed.clone())).collect();
    Trigger { when: when.to_owned(), deeds, at: None }
}

#[tokio::test(start_paused = true)]
async fn every_signal_has_a_value_and_targets_come_true() {
    let car = Car::start(Script::default());
    car.pass(0).await;
    for entry in car.broker.registry().entries() {
        assert_ne!(car.shown(entry.path()), "nothing", "{}", entry.path());
    }
    assert_eq!(car.shown(DOOR), "false");
    car.ask(DOOR, Value::Bool(true)).await;
    car.pass(0).await;
    assert_eq!(car.shown(DOOR), "true");
}

#[tokio::test(start_paused = true)]
async fn a_signal_that_another_provider_claims_is_left_alone() {
    let (broker, client) = (testing::broker(), Client::outside());
    let (provider, mut actuations) = broker.provider(&client);
    provider.claim_signals(&[SignalRef::Path(SPEED)]).unwrap();
    provider.claim_actuations(&[SignalRef::Path(LEVEL)]).unwrap();
    let car = Car::of(broker, Script::default());
    car.pass(10_000).await;
    assert_eq!(car.shown(SPEED), "nothing");

    car.ask(LEVEL, Value::Uint32(7)).await;
    assert_eq!(actuations.recv().await.unwrap()[0].path().as_ref(), LEVEL);
    assert_eq!(car.shown(LEVEL), "nothing");

    drop(provider);
    car.pass(1000).await;
    assert_ne!(car.shown(SPEED), "nothing");
    car.ask(LEVEL, Value::Uint32(8)).await;
    car.pass(0).await;
    assert_eq!(car.shown(LEVEL), "8");
}

#[tokio::test(start_paused = true)]
async fn what_somebody_sets_stays_for_a_while() {
    let car = Car::start(Script::default());
    car.pass(1000).await;
    car.broker.publish(&Client::outside(), SPEED, Value::Float(249.0)).unwrap();
    // The hold is by the wall clock, which the test's clock does not move.
    car.pass(60_000).await;
    assert_eq!(car.shown(SPEED), "249");
}

#[tokio::test(start_paused = true)]
async fn without_defaults_what_no_rule_names_is_left_to_others() {
    let car = Car::start(only(&[(SPEED, constant(30))]));
    car.pass(5000).await;
    assert_eq!(car.shown(SPEED), "30");
    assert_eq!(car.shown(TEMPERATURE), "nothing");
    let asked = car.broker.actuate(&Client::outside(), DOOR, Value::Bool(true)).await;
    assert!(asked.unwrap_err().to_string().contains("no provider"));
}

#[tokio::test(start_paused = true)]
async fn courses_run_by_the_clock() {
    let sequence = Sequence {
        values: ["PARK", "DRIVE"].map(|mode| Literal::String(mode.to_owned())).to_vec(),
        every: Duration::from_secs(2),
        repeat: Repeat::Loop,
    };
    let points = [(0, "1"), (1000, "2"), (3000, "9")];
    let points = points.map(|(at, text)| (Duration::from_millis(at), text.to_owned()));
    let csv = Csv {
        file: "level.csv".to_owned(),
        interpolate: false,
        repeat: Repeat::Once,
        points: Arc::from(points),
    };
    let car = Car::start(only(&[
        (SPEED, ramp(100.0, 10, Repeat::Bounce)),
        ("Vehicle.Mode", Behaviour::Sequence(sequence)),
        (LEVEL, Behaviour::Csv(csv)),
        (TEMPERATURE, ramp(20.0, 4, Repeat::Once)),
    ]));
    let mut seen = Vec::new();
    for _ in 0..6 {
        car.pass(0).await;
        let shown = [SPEED, "Vehicle.Mode", LEVEL, TEMPERATURE].map(|path| car.shown(path));
        seen.push(shown.join(" "));
        sleep(Duration::from_millis(2499)).await;
    }
    assert_eq!(
        seen,
        [
            "0 PARK 1 0",
            "25 DRIVE 2 13",
            "50 PARK 9 20",
            "75 DRIVE 9 20",
            "100 DRIVE 9 20",
            "75 PARK 9 20"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn an_echo_comes_late_and_no_faster_than_its_rate() {
    let echo = Echo { delay: Duration::from_secs(1), rate: Some(10.0) };
    let car = Car::start(only(&[(LEVEL, Behaviour::Echo(echo))]));
    car.pass(0).await;
    assert_eq!(car.shown(LEVEL), "20");
    car.ask(LEVEL, Value::Uint32(50)).await;
    let mut seen = Vec::new();
    for _ in 0..5 {
        car.pass(1000).await;
        seen.push(car.shown(LEVEL));
    }
    assert_eq!(seen, ["20", "30", "40", "50", "50"]);
}

#[tokio::test(start_paused = true)]
async fn an_expression_follows_its_signals_and_has_no_value_without_theirs() {
    let car = Car::start(only(&[
        (LEVEL, expression("Vehicle.Speed / 2")),
        (DOOR, expression("Vehicle.Cabin.Light.Level > 30")),
        (TEMPERATURE, expression("Vehicle.Speed * 1000")),
    ]));
    car.pass(200).await;
    assert_eq!(car.shown(LEVEL), "nothing");
    let client = Client::outside();
    car.broker.publish(&client, SPEED, Value::Float(80.0)).unwrap();
    car.pass(200).await;
    assert_eq!([car.shown(LEVEL), car.shown(DOOR)], ["40", "true"]);
    assert_eq!(car.shown(TEMPERATURE), "60", "it is kept within its limits");
    car.broker.clear(&client, SPEED).unwrap();
    car.pass(200).await;
    assert_eq!([car.shown(LEVEL), car.shown(DOOR)], ["nothing", "nothing"]);
}

#[tokio::test(start_paused = true)]
async fn a_trigger_acts_once_each_time_its_condition_becomes_true() {
    let set = |number| Deed::Set(Literal::Int(number));
    let ramp = Deed::Ramp { to: 40.0, duration: Duration::from_secs(2) };
    let script = Script {
        triggers: vec![trigger("Vehicle.Speed > 100", &[(LEVEL, set(5)), (TEMPERATURE, ramp)])],
        ..only(&[(TEMPERATURE, constant(20))])
    };
    let (car, client) = (Car::start(script), Client::outside());
    let speed = |number| car.broker.publish(&client, SPEED, Value::Float(number)).unwrap();
    speed(50.0);
    car.pass(200).await;
    assert_eq!([car.shown(LEVEL), car.shown(TEMPERATURE)], ["nothing", "20"]);
    speed(120.0);
    car.pass(1200).await;
    assert_eq!(car.shown(LEVEL), "5");
    let on_the_way: i32 = car.shown(TEMPERATURE).parse().unwrap();
    assert!((25..35).contains(&on_the_way), "{on_the_way}");
    car.pass(1200).await;
    assert_eq!(car.shown(TEMPERATURE), "40");
    // It held all the time: nothing happens anew until it did not.
    car.broker.publish(&client, LEVEL, Value::Uint32(9)).unwrap();
    speed(130.0);
    car.pass(200).await;
    assert_eq!(car.shown(LEVEL), "9");
    speed(90.0);
    car.pass(200).await;
    speed(110.0);
    car.pass(200).await;
    assert_eq!(car.shown(LEVEL), "5");
    // What it set is undone as a change is.
    car.mock.reset("Vehicle.Cabin").unwrap();
    car.pass(200).await;
    assert_eq!(car.shown(TEMPERATURE), "20");
}

#[tokio::test(start_paused = true)]
async fn triggers_that_set_each_other_off_are_cut_short() {
    let when = |level: i128, then: i128| {
        trigger(&format!("{LEVEL} = {level}"), &[(LEVEL, Deed::Set(Literal::Int(then)))])
    };
    let script = Script {
        triggers: vec![when(2, 0), when(1, 2), when(0, 1)],
        ..only(&[(LEVEL, constant(0))])
    };
    let car = Car::start(script);
    let mut levels = car.broker.subscribe(&Client::outside(), &[LEVEL], 1000).unwrap();
    car.pass(1000).await;
    let rounds = car.mock.status().cut_short;
    assert!((8..=12).contains(&rounds), "once each tenth of a second: {rounds}");
    let mut updates = 0;
    while let Ok(batch) = tokio::time::timeout(Duration::ZERO, levels.next()).await {
        updates += batch.unwrap().len();
    }
    assert!(updates <= 12 * 20, "{updates}");
}

#[tokio::test(start_paused = true)]
async fn what_is_changed_counts_at_once_and_costs_others_nothing() {
    let script = only(&[(SPEED, ramp(100.0, 100, Repeat::Once)), (LEVEL, constant(1))]);
    let car = Car::start(script.clone());
    car.pass(10_000).await;
    assert_eq!([car.shown(SPEED), car.shown(LEVEL)], ["10", "1"]);

    assert_eq!(car.mock.set("Vehicle.Cabin.Light.*", constant(2)), Ok(1));
    car.pass(0).await;
    assert_eq!(car.shown(LEVEL), "2");
    let list = car.mock.list();
    let level = list.iter().find(|played| played.signal == LEVEL).unwrap();
    assert_eq!(level.from, Origin::Live("Vehicle.Cabin.Light.*".to_owned()));
    car.pass(9998).await;
    assert_eq!(car.shown(SPEED), "20", "the ramp has not begun anew");

    assert_eq!(car.mock.reset("Vehicle.Cabin"), Ok(3));
    car.pass(0).await;
    assert_eq!(car.shown(LEVEL), "1");

    // A new script keeps what stays the same.
    car.mock.set(LEVEL, constant(9)).unwrap();
    car.mock.play(Script { rules: script.rules[..1].to_vec(), ..script }).unwrap();
    car.pass(9998).await;
    assert_eq!(car.shown(SPEED), "30");
    assert_eq!(car.mock.list().len(), 1);

    let error = car.mock.set("Vehicle.Cabin.**", constant(1000)).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"signals.Vehicle.Cabin.**: does not fit Vehicle.Cabin.Temperature: constant: 1000 does not fit int8 (-128 to 127) (and 2 more of its signals)");
    let error = car.mock.set("Vehicle.Sped", Behaviour::Off).unwrap_err().to_string();
    insta::assert_snapshot!(error, @"signals.Vehicle.Sped: no signal has the path 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?");
    assert_eq!(car.mock.list().len(), 1, "nothing was changed");
}

#[tokio::test(start_paused = true)]
async fn a_paused_mock_stands_still_and_goes_on_where_it_was() {
    let car = Car::start(only(&[
        (SPEED, ramp(100.0, 100, Repeat::Once)),
        (DOOR, Behaviour::Echo(Echo::default())),
    ]));
    car.pass(10_000).await;
    car.mock.pause();
    car.pass(50_000).await;
    assert_eq!(car.shown(SPEED), "10");
    assert!(car.mock.status().paused);
    car.ask(DOOR, Value::Bool(true)).await;
    car.pass(0).await;
    assert_eq!(car.shown(DOOR), "true");
    car.mock.resume();
    car.pass(10_000).await;
    assert_eq!(car.shown(SPEED), "20");
}

#[tokio::test(start_paused = true)]
async fn an_exchange_of_the_model_is_followed() {
    let script = Script {
        rules: only(&[(SPEED, constant(30)), (LEVEL, constant(3))]).rules,
        ..Script::default()
    };
    let car = Car::start(script);
    car.pass(0).await;
    let mut manifest = testing::manifest();
    manifest.signals.retain(|signal| signal.path != LEVEL);
    let mut added = manifest.signals[1].clone();
    added.path = "Vehicle.Outside.Temperature".to_owned();
    manifest.signals.push(added);
    car.broker.swap_model(&manifest).unwrap();
    car.pass(200).await;
    assert_eq!(car.shown(SPEED), "30");
    assert_ne!(car.shown("Vehicle.Outside.Temperature"), "nothing");
    car.ask(DOOR, Value::Bool(true)).await;
    car.pass(0).await;
    assert_eq!(car.shown(DOOR), "true");
}

#[tokio::test(start_paused = true)]
async fn a_mock_that_ended_claims_nothing() {
    let broker = testing::broker();
    let stop = CancellationToken::new();
    let mock = start(&broker, Script::default(), stop.clone()).unwrap();
    sleep(Duration::from_millis(1)).await;
    broker.actuate(&Client::outside(), DOOR, Value::Bool(true)).await.unwrap();
    stop.cancel();
    sleep(Duration::from_millis(1)).await;
    assert!(broker.actuate(&Client::outside(), DOOR, Value::Bool(true)).await.is_err());
    assert!(mock.list().is_empty());
}

#[tokio::test(start_paused = true)]
async fn time_that_jumps_is_not_caught_up() {
    let car = Car::start(only(&[(SPEED, ramp(100.0, 10, Repeat::Loop))]));
    let mut speeds = car.broker.subscribe(&Client::outside(), &[SPEED], 1000).unwrap();
    car.pass(0).await;
    advance(Duration::from_secs(3605)).await;
    car.pass(50).await;
    let mut updates = 0;
    while let Ok(batch) = tokio::time::timeout(Duration::ZERO, speeds.next()).await {
        updates += batch.unwrap().len();
    }
    assert!(updates < 6, "{updates}");
}

/// Of every shape, sensible or not; the sensible ones are to play only what fits.
fn behaviours() -> impl Strategy<Value = Behaviour> {
    let number = || prop_oneof![-300.0..300.0, Just(f64::NAN), Just(1e300), -1.0..1.0];
    let time = || (0u64..100_000).prop_map(Duration::from_millis);
    let repeat = || prop_oneof![Just(Repeat::Once), Just(Repeat::Loop), Just(Repeat::Bounce)];
    let literal = prop_oneof![
        any::<bool>().prop_map(Literal::Bool),
        (-300i128..300).prop_map(Literal::Int),
        number().prop_map(Literal::Float),
        "[A-Z]{0,3}|PARK|DRIVE".prop_map(Literal::String),
        Just(Literal::List(vec![Literal::String("x".to_owned())])),
    ];
    let points = prop::collection::vec((1u64..3000, "-?[0-9]{1,3}|true|PARK"), 0..5);
    prop_oneof![
        literal.clone().prop_map(Behaviour::Constant),
        (prop::option::of(number()), prop::option::of(number()), time(), number()).prop_map(
            |(min, max, period, phase)| Behaviour::Sine(Sine { min, max, period, phase })
        ),
        (prop::option::of(number()), number(), time(), repeat()).prop_map(
            |(from, to, duration, repeat)| Behaviour::Ramp(Ramp { from, to, duration, repeat })
        ),
        (
            prop::option::of(number()),
            prop::option::of(number()),
            time(),
            prop::option::of(any::<u64>())
        )
            .prop_map(|(min, step, every, seed)| {
                Behaviour::RandomWalk(RandomWalk { min, max: None, step, every, seed })
            }),
        (prop::collection::vec(literal, 0..5), time(), repeat()).prop_map(
            |(values, every, repeat)| Behaviour::Sequence(Sequence { values, every, repeat })
        ),
        (points, any::<bool>(), repeat()).prop_map(|(points, interpolate, repeat)| {
            let mut at = Duration::ZERO;
            let points = points.into_iter().map(|(wait, text)| {
                at += Duration::from_millis(wait);
                (at, text)
            });
            Behaviour::Csv(Csv {
                file: "f".to_owned(),
                interpolate,
                repeat,
                points: points.collect(),
            })
        }),
        Just(Behaviour::Plausible),
    ]
}

proptest! {
    #[test]
    fn every_value_at_every_time_is_one_the_signal_may_hold(
        behaviour in behaviours(),
        mut waits in prop::collection::vec(0u64..200_000, 1..30),
    ) {
        let registry = testing::registry();
        let behaviour = Arc::new(behaviour);
        waits.insert(0, 0);
        for entry in registry.entries() {
            let role = Role::new(&behaviour, Origin::Default, entry, &registry, None);
            let Ok(Some(mut role)) = role else { continue };
            let act = role.act().unwrap();
            let mut now = Duration::ZERO;
            for wait in &waits {
                now += Duration::from_millis(*wait);
                if let Some(value) = act.at(now) {
                    prop_assert_eq!(entry.check(&value), Ok(()), "{} {:?}", entry.path(), now);
                }
                if let Some(next) = act.next(now, 3) {
                    prop_assert!(next > now, "{now:?} is followed by {next:?}");
                }
            }
        }
    }

    /// Looking at the times that it names and no others, nothing is missed.
    #[test]
    fn a_course_of_steps_names_the_times_of_its_changes(
        waits in prop::collection::vec(10u64..500, 1..5),
        again in prop_oneof![Just(Repeat::Once), Just(Repeat::Loop), Just(Repeat::Bounce)],
    ) {
        let mut at = Duration::ZERO;
        let mut points = vec![(at, "0".to_owned())];
        for (number, wait) in waits.iter().enumerate() {
            at += Duration::from_millis(*wait);
            points.push((at, (number + 1).to_string()));
        }
        let csv = Csv { file: "f".to_owned(), interpolate: false, repeat: again, points: points.into() };
        let registry = testing::registry();
        let entry = registry.get(LEVEL).unwrap();
        let mut act = act::Act::csv(entry, &csv).unwrap();
        let (mut shown, mut due) = (act.at(Duration::ZERO), act.next(Duration::ZERO, 0));
        for millis in 1..5000 {
            let now = Duration::from_millis(millis);
            if due.is_some_and(|due| due <= now) {
                shown = act.at(now);
                due = act.next(now, 0);
            }
            prop_assert_eq!(&shown, &act.at(now), "{:?}", now);
        }
    }
}

#[cfg(feature = "daemon")]
mod files {
    use super::*;

    fn load(text: &str) -> Result<Script, MockError> {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("level.csv"), "time,value\n0,1\n2,x\n").unwrap();
        Script::parse("mock.yaml", text, Some(folder.path()))
    }

    fn problems(text: &str) -> String {
        let script = load(text).and_then(|script| Mock::new(&testing::broker(), script).map(drop));
        script.unwrap_err().to_string()
    }

    #[test]
    fn what_is_written_wrongly_is_told_at_once_with_its_line() {
        let text = "\
default: false
signals:
  Vehicle.Speed: { sin: { period: 5s } }
  Vehicle.Mode: { sequence: { vals: [PARK], every: soon } }
  Vehicle.Cabin.*: 5
  Vehicle.Cabin.Temperature: { sine: { min: low, period: 60s }, constant: 1 }
  Vehicle.Cabin.Light.Level: { csv: { file: ../level.csv } }
  Vehicle.Cabin.Light.*: { csv: { file: other.csv, repeat: often } }
  Vehicle.Errors: { ramp: {} }
  Vehicle.Identification.VIN: { random_walk: { seed: -1, every: 400d } }
triggers:
  - set: { Vehicle.Speed: 3 }
  - when: Vehicle.Speed > 3
  - { when: Vehicle.Speed > 3, ramp: { Vehicle.Speed: { too: 3 } }, do: 1 }
";
        insta::assert_snapshot!(problems(text), @r"
        mock.yaml:1:1: default: unknown field; did you mean 'defaults'?
        mock.yaml:3:20: signals.Vehicle.Speed.sin: unknown behaviour; did you mean 'sine'?
        mock.yaml:4:29: signals.Vehicle.Mode.sequence.values: is missing: give a list of values
        mock.yaml:4:31: signals.Vehicle.Mode.sequence.vals: unknown field; known are values, every, repeat
        mock.yaml:4:52: signals.Vehicle.Mode.sequence.every: 'soon' is not a duration: write it like 10s, 500ms or 1m30s
        mock.yaml:5:20: signals.Vehicle.Cabin.*: expected a behaviour, got the number 5: a value that stays is written { constant: 5 }
        mock.yaml:6:30: signals.Vehicle.Cabin.Temperature: give exactly one behaviour: constant, sine, ramp, random_walk, sequence, csv, echo, expression
        mock.yaml:7:45: signals.Vehicle.Cabin.Light.Level.csv.file: '../level.csv' must be a file beside the mock file or in a folder there
        mock.yaml:8:41: signals.Vehicle.Cabin.Light.*.csv.file: cannot read 'other.csv': No such file or directory (os error 2)
        mock.yaml:8:60: signals.Vehicle.Cabin.Light.*.csv.repeat: 'often' is none of once, loop, bounce
        mock.yaml:9:27: signals.Vehicle.Errors.ramp.to: is missing: give the number to go to
        mock.yaml:9:27: signals.Vehicle.Errors.ramp.for: is missing: give how long it takes, like 10s
        mock.yaml:10:54: signals.Vehicle.Identification.VIN.random_walk.seed: expected a whole number from 0, got the number -1
        mock.yaml:10:65: signals.Vehicle.Identification.VIN.random_walk.every: '400d' is not a duration: write it like 10s, 500ms or 1m30s
        mock.yaml:12:5: triggers[0].when: is missing: give a condition, like Vehicle.Speed > 50
        mock.yaml:13:5: triggers[1]: does nothing: give set or ramp
        mock.yaml:14:55: triggers[2].ramp.Vehicle.Speed.to: is missing: give the number to go to
        mock.yaml:14:55: triggers[2].ramp.Vehicle.Speed.for: is missing: give how long it takes, like 5s
        mock.yaml:14:57: triggers[2].ramp.Vehicle.Speed.too: unknown field; did you mean 'to'?
        mock.yaml:14:69: triggers[2].do: unknown field; known are when, set, ramp
        ");
    }

    #[test]
    fn what_does_not_fit_the_model_is_told_at_once_with_its_line() {
        let text = "\
signals:
  Vehicle.Sped: { constant: 5 }
  Vehicle.Speed: { constant: 300 }
  Vehicle.Mode: { sequence: { values: [PARK, FLY] } }
  Vehicle.Cabin.**: { constant: true }
  Vehicle.Cabin.Temperature: { sine: { min: -50, max: 20, period: 60s } }
  Vehicle.Cabin.Light.Level: { csv: { file: level.csv } }
  Vehicle.Identification.*: { expression: Vehicle.Speed * 2 }
  Vehicle.Errors: { echo: { delay: 1s } }
  Vehicle.**.Row9.*: plausible
triggers:
  - when: Vehicle.Mode > 3
    set: { Vehicle.Spee: 3, Vehicle.Mode: FLY }
  - when: Vehicle.Speed >
    ramp: { Vehicle.Mode: { to: 3, for: 5s } }
";
        insta::assert_snapshot!(problems(text), @r#"
        mock.yaml:2:3: signals.Vehicle.Sped: no signal has the path 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?
        mock.yaml:3:3: signals.Vehicle.Speed: constant: 300 is above the maximum 250
        mock.yaml:4:3: signals.Vehicle.Mode: sequence: FLY is not one of the allowed values [PARK, DRIVE]
        mock.yaml:6:3: signals.Vehicle.Cabin.Temperature: sine: min: -50 is below the minimum -40
        mock.yaml:7:3: signals.Vehicle.Cabin.Light.Level: csv: level.csv at 2 s: expected uint8, got "x"
        mock.yaml:8:3: signals.Vehicle.Identification.*: does not fit Vehicle.Identification.VIN: expression: gives a number, the signal is a string
        mock.yaml:9:3: signals.Vehicle.Errors: echo: needs an actuator, this is a sensor: nobody can ask it for a value
        mock.yaml:10:3: signals.Vehicle.**.Row9.*: matches no signal: 'vehicle-edge signals ls' lists them
        mock.yaml:12:5: triggers[0].when: Vehicle.Mode (string) cannot be compared with 3 (a number)
        mock.yaml:12:5: triggers[0].set.Vehicle.Spee: no signal has the path 'Vehicle.Spee'; did you mean 'Vehicle.Speed'?
        mock.yaml:12:5: triggers[0].set.Vehicle.Mode: FLY is not one of the allowed values [PARK, DRIVE]
        mock.yaml:14:5: triggers[1].when: column 16 of the condition: expected a signal, a number, a text in quotes, true, false, NOT or (, found its end
        mock.yaml:14:5: triggers[1].ramp.Vehicle.Mode: needs a signal that is a number, this one is string
        "#);
    }

    #[test]
    fn what_is_no_mock_file_is_told() {
        let all = [
            problems("5"),
            problems("signals: [Vehicle.Speed]"),
            problems("signals:\n  Vehicle.Speed: off\n  Vehicle.Speed: off\n"),
            problems("signals: {"),
            problems("[{signal: Vehicle.Speed}, {signal: Vehicle.Mode, value: DRIVE, x: 1}]"),
            problems("[{signal: Vehicle.Speed, value: 1}, {signal: Vehicle.Speed, value: 2}]"),
            Script::load(std::path::Path::new("/no/mock.yaml")).unwrap_err().to_string(),
        ];
        insta::assert_snapshot!(all.join("\n--\n"), @r"
        mock.yaml:1:1: expected named fields, got the number 5
        --
        mock.yaml:1:10: signals: expected signals with what they do, got a list
        --
        mock.yaml:3:3: duplicate mapping key: Vehicle.Speed: leave one of the two out
        --
        mock.yaml:1:10: unclosed bracket '{'
        --
        mock.yaml:1:2: [0].value: is missing: give the signal's value
        mock.yaml:1:64: [1].x: unknown field; known are signal, value
        --
        mock.yaml:1:37: signals.Vehicle.Speed: is named twice: line 1 has it too
        --
        /no/mock.yaml: cannot be read as a mock file: No such file or directory (os error 2)
        ");
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_of_signals_with_values_is_a_file_of_constants() {
        let script = load(
            r#"[{"signal": "Vehicle.Speed", "value": 12.5},
            {"signal": "Vehicle.Errors", "value": ["a"]}]"#,
        );
        let car = Car::start(script.unwrap());
        car.pass(0).await;
        assert_eq!([car.shown(SPEED), car.shown("Vehicle.Errors")], ["12.5", "[a]"]);
        assert_ne!(car.shown(TEMPERATURE), "nothing", "others do what is plausible");
    }

    #[test]
    fn the_example_fits_the_built_in_model_and_shows_every_behaviour() {
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/mock/mock.yaml");
        let loader = vss_codegen::source::HostLoader::default();
        let (catalog, _) = vss_codegen::compile(&vss_codegen::Request::default(), &loader);
        let manifest = vss_codegen::target::manifest::manifest(&catalog.unwrap());
        let script = Script::load(std::path::Path::new(file)).unwrap();
        let shown = serde_json::to_string(
            &script.rules.iter().map(|rule| &*rule.behaviour).collect::<Vec<_>>(),
        );
        let shown = shown.unwrap();
        for name in behaviour::NAMES {
            assert!(shown.contains(&format!("{{\"{name}\":")), "{name} is not in {shown}");
        }
        if let Err(error) = Mock::new(&Broker::new(&manifest).unwrap(), script) {
            panic!("{error}");
        }
    }

    #[test]
    fn a_behaviour_is_the_same_on_the_wire_and_in_a_file() {
        let script = load(
            "signals:
  Vehicle.Speed: { sine: { min: 0, max: 120, period: 1m30s, phase: 0.25 } }
  Vehicle.Cabin.*: { ramp: { to: 3, for: 2500ms, repeat: bounce } }
  Vehicle.Mode: { sequence: { values: [PARK, DRIVE], every: 2s } }
  Vehicle.Cabin.Temperature: { random_walk: { step: 2, seed: 7 } }
  Vehicle.Cabin.Light.Level: { echo: { delay: 1s, rate: 5 } }
  Vehicle.Cabin.Light.*: echo
  Vehicle.Errors: off
  Vehicle.Identification.VIN: { constant: X }
  Vehicle.**.IsOpen: { expression: Vehicle.Speed < 1 }
  Vehicle.*: plausible
",
        );
        for rule in &script.unwrap().rules {
            let json = serde_json::to_string(&rule.behaviour).unwrap();
            let back: Behaviour = serde_json::from_str(&json).unwrap();
            assert_eq!(back, *rule.behaviour, "{json}");
        }
        let error = serde_json::from_str::<Behaviour>(r#"{"sine": {"perod": 1, "min": "a"}}"#);
        insta::assert_snapshot!(error.unwrap_err().to_string(), @"sine.period: is missing: give the time of one wave, like 60s; sine.perod: unknown field; did you mean 'period'?; sine.min: expected a number, got 'a'");
    }

    #[tokio::test(start_paused = true)]
    async fn a_file_is_loaded_into_the_running_mock_or_changes_nothing() {
        let car = Car::start(only(&[(SPEED, constant(1))]));
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("mock.yaml");
        std::fs::write(&file, "defaults: false\nsignals: { Vehicle.Speed: { constant: 2 } }")
            .unwrap();
        car.mock.load(&file).unwrap();
        car.pass(0).await;
        assert_eq!(car.shown(SPEED), "2");
        assert_eq!(car.mock.status().file, Some(file.display().to_string()));
        std::fs::write(&file, "signals: { Vehicle.Speed: { constant: fast } }").unwrap();
        let error = car.mock.load(&file).unwrap_err().to_string();
        assert!(error.contains("mock.yaml:1:12: signals.Vehicle.Speed: constant: "), "{error}");
        car.pass(1000).await;
        assert_eq!(car.shown(SPEED), "2");
    }
}
