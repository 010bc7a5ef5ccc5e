use vehicle_edge_runtime::{
    app::{Operation, State},
    supervisor::{Error, EventBody},
};

use crate::bench::{Bench, COUNTER, PATIENCE};

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_an_app_is_said_before_anything_is_done() {
    let Some(bench) = Bench::new().await else { return };
    let manifest = "\
vehicle_signal_lib:
  signals:
    - Vehicle.Sped
    - { path: Vehicle.Speed, access: [read, write] }
    - { path: Vehicle.Body.Horn.IsActive, access: write }
";
    let bundle = bench.bundle("wrong", manifest, "");
    std::fs::remove_file(bundle.join("main.py")).unwrap();
    let error = bench.supervisor.install(bundle.clone(), true).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "vehicle-app.yaml:6:7: vehicle_signal_lib.signals: the model Vehicle 1.0.0 has no signal \
         'Vehicle.Sped'; did you mean 'Vehicle.Speed'?\n\
         vehicle-app.yaml:7:15: vehicle_signal_lib.signals: 'Vehicle.Speed' is a sensor: it \
         cannot be written; an app that supplies its value asks for 'provide'\n\
         vehicle-app.yaml: entrypoint: the app's folder has no file 'main.py'"
    );
    assert!(!bundle.exists(), "the refused bundle is removed");
    bench.assert_empty().await;

    let bundle = bench.bundle("none", "", "");
    std::fs::remove_file(bundle.join("vehicle-app.yaml")).unwrap();
    let error = bench.supervisor.install(bundle, true).await.unwrap_err().to_string();
    assert!(error.starts_with("the folder holds no manifest"), "{error}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_id_is_installed_once() {
    let Some(bench) = Bench::new().await else { return };
    let app = bench.run("twin", "", COUNTER).await;
    let second = bench.bundle("twin", "", "");
    let error = bench.supervisor.install(second, false).await.unwrap_err();
    assert!(matches!(error, Error::Denied { operation: Operation::Install, .. }));
    assert_eq!(
        error.to_string(),
        "cannot install 'twin': it is installed already: uninstall it first"
    );
    assert_eq!(bench.status(&app).state, State::Running);
    bench.supervisor.shutdown(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_that_fails_leaves_nothing() {
    let Some(bench) = Bench::new().await else { return };
    let mut events = bench.supervisor.events().1;
    // Refused by uv without a look at any index.
    let manifest = "python_deps: [iniconfig==1.0, iniconfig==2.0]\n";
    let bundle = bench.bundle("conflict", manifest, "");
    bench.supervisor.install(bundle, true).await.unwrap();
    let mut steps = vec![];
    let reason = loop {
        let event = tokio::time::timeout(PATIENCE, events.recv()).await.unwrap().unwrap();
        match event.body {
            EventBody::Removed { reason } => break reason.unwrap(),
            EventBody::Progress { step, message, percent } => steps.push((step, message, percent)),
            EventBody::Status(_) => {}
        }
    };
    // uv's explanation comes with the failure only.
    assert_eq!(steps, [("resolve".to_owned(), "2 requirements".to_owned(), Some(5))]);
    assert!(reason.starts_with("installation failed: the app's python_deps"), "{reason}");
    bench.assert_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_install_under_way_can_be_called_off() {
    let Some(bench) = Bench::new().await else { return };
    let bundle = bench.bundle("brief", "python_deps: [iniconfig]\n", COUNTER);
    let app = bench.supervisor.install(bundle, true).await.unwrap().id;
    bench.ask(&app, Operation::Uninstall).await.unwrap();
    bench.until_gone(&app).await;
    bench.assert_empty().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installed_app_waits_to_be_started() {
    let Some(bench) = Bench::new().await else { return };
    let manifest = "vehicle_signal_lib: { signals: [Vehicle.Speed] }\n";
    let bundle = bench.bundle("calm", manifest, COUNTER);
    let app = bench.supervisor.install(bundle, false).await.unwrap().id;
    bench.until(&app, State::Installed).await;
    let details = bench.supervisor.inspect(&app).await.unwrap();
    assert_eq!(details.manifest.id, app);
    assert_eq!(details.grants.len(), 1);
    assert_eq!(details.dependencies[0].name, "Vehicle.Speed");
    assert_eq!(details.dependencies[0].resolved.as_deref(), Some("1.0.0"));
    assert!(details.paths.code.join("main.py").is_file());
    assert!(details.paths.lock.is_file());
    bench.ask(&app, Operation::Start).await.unwrap();
    bench.until(&app, State::Running).await;
    bench.supervisor.shutdown(false).await;
}
