use super::*;

fn problems(text: &str) -> Vec<String> {
    let problems = manifest("vehicle-app.yaml", text).unwrap_err();
    problems.iter().map(ManifestProblem::to_string).collect()
}

const FULL: &str = r#"
id: speed-monitor
name: Speed monitor
version: 1.10
entrypoint: src/main.py
args: [--fast, 3]
env: { LEVEL: debug, N: 1.50 }
config:
  limit: 120
python_deps:
  - numpy>=1.20.0
  - requests
vehicle_signal_lib:
  version: "1.0.0"
  signals:
    - Vehicle.Speed
    - { path: Vehicle.Body.**, access: [write, read, read] }
    - { path: Vehicle.Cabin.Temp, access: provide }
mqtt: true
limits: { cpus: 0.5, mem_limit: 256m, pids_limit: 64 }
restart: on-failure
stop_grace_period: 1m30s
"#;

#[test]
fn every_field_is_read() {
    let app = manifest("f", FULL).unwrap();
    assert_eq!(app.id.as_str(), "speed-monitor");
    assert_eq!(app.name, "Speed monitor");
    assert_eq!(app.version, "1.10");
    assert_eq!(app.entrypoint, "src/main.py");
    assert_eq!(app.args, ["--fast", "3"]);
    assert_eq!(app.env["N"], "1.50");
    assert_eq!(app.config["limit"], 120);
    assert_eq!(app.python_deps, ["numpy>=1.20.0", "requests"]);
    let signals = &app.vehicle_signal_lib.signals;
    assert_eq!(signals[0].access, [Access::Read]);
    assert_eq!(signals[1].access, [Access::Read, Access::Write]);
    assert_eq!(signals[2].access, [Access::Provide]);
    assert_eq!(signals[0].at, Some((16, 7)));
    assert!(app.vehicle_signal_lib.auto_generate);
    assert!(app.mqtt);
    let limits = Limits { cpus: Some(0.5), mem_limit: Some(256 << 20), pids_limit: Some(64) };
    assert_eq!(app.limits, limits);
    assert_eq!(app.restart, RestartPolicy::OnFailure);
    assert_eq!(app.stop_grace_period, Duration::from_secs(90));
}

#[test]
fn little_is_needed() {
    let app = manifest("f", r#"{"id": "a", "version": "1", "entrypoint": "main.py"}"#).unwrap();
    assert_eq!((app.name.as_str(), app.restart), ("a", RestartPolicy::No));
    assert!(!app.mqtt);
    assert_eq!(app.stop_grace_period, Duration::from_secs(10));
    let no = manifest("f", "id: a\nversion: 1\nentrypoint: m.py\nrestart: no\n").unwrap();
    assert_eq!(no.restart, RestartPolicy::No);
}

#[test]
fn all_problems_come_at_once_with_their_places() {
    let text = "\
id: ../evil
vesion: 1
entrypoint: ../main.py
python_deps: [-r x, numpy]
env: { HOME: x }
limits: { mem_limit: lots, memory: 1 }
restart: sometimes
network: host
vehicle_signal_lib:
  vss_endpoint: http://x
  signals: [Vehicle..Speed, { path: V, access: [look] }]
";
    assert_eq!(
        problems(text),
        [
            "vehicle-app.yaml:1:1: version: is missing: give the app's own version, like 1.0.0",
            "vehicle-app.yaml:1:5: id: '../evil' is not an app id: use 1 to 63 letters, digits, \
             '_', '-' or '.', starting with a letter or digit",
            "vehicle-app.yaml:2:1: vesion: unknown field; did you mean 'version'?",
            "vehicle-app.yaml:3:13: entrypoint: '../main.py' must be a file below the app's own \
             folder, like src/main.py",
            "vehicle-app.yaml:4:15: python_deps[0]: '-r x' is an option of pip; only package \
             names are accepted",
            "vehicle-app.yaml:5:8: env.HOME: is set by the runtime and cannot be changed",
            "vehicle-app.yaml:6:22: limits.mem_limit: 'lots' is not a size: write it like 256m, \
             1g or 65536",
            "vehicle-app.yaml:6:28: limits.memory: unknown field; known are cpus, mem_limit, \
             pids_limit",
            "vehicle-app.yaml:7:10: restart: 'sometimes' is none of no, on-failure, always",
            "vehicle-app.yaml:8:10: network: 'host' is not supported yet: apps have no network \
             so far",
            "vehicle-app.yaml:10:17: vehicle_signal_lib.vss_endpoint: is not supported yet: apps \
             use the model that the runtime was started with",
            "vehicle-app.yaml:11:13: vehicle_signal_lib.signals[0]: 'Vehicle..Speed' is no signal \
             path: write it like Vehicle.Speed or Vehicle.Cabin.**",
            "vehicle-app.yaml:11:49: vehicle_signal_lib.signals[1].access: 'look' is none of \
             read, write, provide",
        ]
    );
}

#[test]
fn wrong_shapes_say_what_was_expected() {
    assert_eq!(problems("[]"), ["vehicle-app.yaml:1:1: expected named fields, got a list"]);
    let text = "id: [a]\nversion: 1\nentrypoint: m.py\nargs: x\nhealthcheck: {}\nmqtt: on a\n\
                mqt: true\n";
    assert_eq!(
        problems(text),
        [
            "vehicle-app.yaml:1:5: id: expected a text, got a list",
            "vehicle-app.yaml:4:7: args: expected a list, got 'x'",
            "vehicle-app.yaml:5:1: healthcheck: is not supported yet",
            "vehicle-app.yaml:6:7: mqtt: expected true or false, got 'on a'",
            "vehicle-app.yaml:7:1: mqt: unknown field; did you mean 'mqtt'?",
        ]
    );
}

#[test]
fn values_that_no_terminal_kernel_or_clock_could_bear_are_refused() {
    let text = format!(
        "id: a\nname: \"a\\e[31mred\"\nversion: \"1\\n2\"\nentrypoint: \"m\\n.py\"\n\
         args: [\"a\\0b\", {long}]\nenv: {{ A: \"\\0\" }}\nconfig: {{ x: {long} }}\n\
         stop_grace_period: 18000000000000000000s\n",
        long = "x".repeat(200_000),
    );
    assert_eq!(
        problems(&text),
        [
            "vehicle-app.yaml:2:7: name: must be one line of plain text, at most 128 characters",
            "vehicle-app.yaml:3:10: version: must be one line of plain text, at most 128 characters",
            "vehicle-app.yaml:4:13: entrypoint: 'm\n.py' must be a file below the app's own \
             folder, like src/main.py",
            "vehicle-app.yaml:5:8: args[0]: cannot hold a NUL character",
            "vehicle-app.yaml:5:16: args[1]: is 200000 bytes long; at most 102400 can be passed on",
            "vehicle-app.yaml:6:11: env.A: cannot hold a NUL character",
            "vehicle-app.yaml:7:9: config: is 200008 bytes long; at most 102400 can be passed on",
            "vehicle-app.yaml:8:20: stop_grace_period: '18000000000000000000s' is longer than 1h",
        ]
    );
}
