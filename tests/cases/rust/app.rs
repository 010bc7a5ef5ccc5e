//! What a program does with the generated crate: one scenario for each argument, against the
//! broker that the environment names. What is wrong panics.

use std::time::{Duration, SystemTime};

use tokio::{sync::mpsc, time::sleep};
use vehicle_signal_model::{
    About, Choice, Client, Error, Instances, Options, Provider, ProviderBuilder, Reject, Sensor,
    vehicle, vehicle::body::windshield::instance::wiping::Mode,
};

type Result<T = (), E = Box<dyn std::error::Error>> = std::result::Result<T, E>;

/// Long, since it is only waited for when something is wrong.
const PATIENCE: Duration = Duration::from_secs(60);

/// Between two looks at what tells nobody when it changes.
const MOMENT: Duration = Duration::from_millis(10);

#[tokio::main]
async fn main() -> Result {
    let name = std::env::args().nth(1).unwrap_or_default();
    let client = Client::from_env()?;
    tokio::time::timeout(PATIENCE, scenario(&name, &client)).await??;
    println!("done");
    Ok(())
}

async fn scenario(name: &str, client: &Client) -> Result {
    match name {
        "values" => values(client).await,
        "refusals" => refusals(client).await,
        "several" => several(client).await,
        "provider" => provider(client).await,
        "batch" => batch(client).await,
        "queues" => queues(client).await,
        "restart" => restart(client).await,
        "nobody" => nobody(client).await,
        other => panic!("no scenario {other}"),
    }
}

async fn values(client: &Client) -> Result {
    client.ready().await?;
    let speed = vehicle().speed();
    let never = speed.get(client).await?;
    assert_eq!((never.value, never.timestamp), (None, None));
    assert_eq!(never.reason.as_deref(), Some("no value has been published yet"));

    let before = SystemTime::now();
    speed.publish(client, 42.5).await?;
    let reading = speed.get(client).await?;
    assert_eq!((reading.path, reading.value, reading.reason), ("Vehicle.Speed", Some(42.5), None));
    assert!(!reading.initial);
    assert!(reading.timestamp.unwrap() + Duration::from_secs(1) > before);

    let counts = vehicle().cabin().seat_pos_count();
    counts.publish(client, vec![2, 3]).await?;
    assert_eq!(counts.get(client).await?.value, Some(vec![2, 3]));

    speed.withdraw(client).await?;
    let withdrawn = speed.get(client).await?;
    assert_eq!(withdrawn.value, None);
    assert!(withdrawn.timestamp.is_some());
    Ok(())
}

async fn refusals(client: &Client) -> Result {
    let heating = vehicle().cabin().seat().row1().driver_side().heating_cooling();
    let refused = heating.set(client, 101).await.unwrap_err();
    let text = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling: 101 is above the maximum 100";
    assert_eq!(refused, Error::InvalidValue(text.to_owned()));
    let refused = heating.publish(client, -101).await.unwrap_err();
    assert!(refused.to_string().ends_with("-101 is below the minimum -100"), "{refused}");
    assert!(client.batch().set(heating, 101).is_err());

    let vin = vehicle().vehicle_identification().vin();
    let refused = vin.publish(client, "too short".to_owned()).await.unwrap_err();
    assert!(refused.to_string().contains("does not match the pattern"), "{refused}");

    // The model allows this, and there is nobody who does it.
    let refused = heating.set(client, 100).await.unwrap_err();
    assert!(matches!(&refused, Error::NoProvider(text) if text.contains("HeatingCooling")));

    static ABOUT: About<f32> = About::new("float", "In another model.");
    let unknown = Sensor::new("Vehicle.Sped", &ABOUT);
    let refused = unknown.get(client).await.unwrap_err();
    assert!(matches!(&refused, Error::UnknownSignal(text) if text.contains("Vehicle.Speed")));
    let mut readings = unknown.subscribe(client, Options::default());
    assert!(matches!(readings.next().await, Some(Err(Error::UnknownSignal(_)))));
    assert!(readings.next().await.is_none());
    Ok(())
}

async fn several(client: &Client) -> Result {
    let (speed, angle) = (vehicle().speed(), vehicle().steering().angle());
    let seats = vehicle().cabin().seat().instances().flat_map(Instances::instances);
    let positions: Vec<_> = seats.map(|seat| seat.position()).collect();
    positions[1].publish(client, 30).await?;
    speed.publish(client, 1.5).await?;
    let (speed_now, (positions_now,), angle_now) = client.get((speed, (positions,), angle)).await?;
    assert_eq!((speed_now.value, angle_now.value), (Some(1.5), None));
    let positions_now: Vec<_> = positions_now.into_iter().map(|reading| reading.value).collect();
    assert_eq!(positions_now, [None, Some(30), None, None]);

    let mut both = client.subscribe((speed, angle, speed), Options::default());
    let (first, second, same) = both.next().await.unwrap()?;
    assert_eq!((first.value, first.initial), (Some(1.5), true));
    assert_eq!((second.value, second.initial), (None, true));
    assert_eq!(same, first);
    angle.publish(client, -7.0).await?;
    let (first, second, _) = both.next().await.unwrap()?;
    assert_eq!((first.value, first.initial), (Some(1.5), true));
    assert_eq!((second.value, second.initial), (Some(-7.0), false));
    Ok(())
}

async fn provider(client: &Client) -> Result {
    let hood = vehicle().body().hood().is_open();
    let front = vehicle().body().windshield().front().wiping().mode();
    let (speed, brand) = (vehicle().speed(), vehicle().vehicle_identification().brand());
    let feeder = client.clone();
    let provider = client
        .provider()
        .carries_out(hood, move |is_open| {
            let feeder = feeder.clone();
            async move {
                hood.publish(&feeder, is_open).await?;
                Ok(())
            }
        })
        .carries_out(front, |mode| async move {
            Err(Reject::new(format!("the wiper is stuck, no {}", mode.raw())))
        })
        .publishes(speed)
        .publishes(brand)
        .open()
        .await?;

    // Set, and read back what the provider made of it.
    let mut hoods = hood.subscribe(client, Options::default());
    assert_eq!(hoods.next().await.unwrap()?.value, None);
    hood.set(client, true).await?;
    let opened = hoods.next().await.unwrap()?;
    assert_eq!((opened.value, opened.initial), (Some(true), false));

    // The broker is told, and nothing becomes of it. It tells nobody: `set` does not wait.
    front.set(client, Mode::Slow).await?;
    hood.set(client, false).await?;
    assert_eq!(hoods.next().await.unwrap()?.value, Some(false));
    assert_eq!(front.get(client).await?.value, None);

    // Values over the stream, one and several.
    let mut speeds = client.subscribe((speed, vec![speed]), Options::default());
    speeds.next().await.unwrap()?;
    provider.publish(speed, 3.5).await?;
    assert_eq!(speeds.next().await.unwrap()?.0.value, Some(3.5));
    let mut publication = provider.publication();
    publication.add(speed, 4.5)?.add(brand, "Ours".to_owned())?;
    publication.send().await?;
    assert_eq!(speeds.next().await.unwrap()?.0.value, Some(4.5));
    assert_eq!(brand.get(client).await?.value.as_deref(), Some("Ours"));

    let unclaimed = vehicle().steering().angle();
    let refused = provider.publish(unclaimed, 1.0).await.unwrap_err();
    assert!(matches!(&refused, Error::NotClaimed(text) if text.contains("Steering.Angle")));
    assert_eq!(provider.refused(), None);
    // The model allows a text of any length, the broker does not.
    provider.publish(brand, "W".repeat(1 << 20)).await?;
    provider.publish(speed, 5.5).await?;
    assert_eq!(speeds.next().await.unwrap()?.0.value, Some(5.5));
    let refused = loop {
        match provider.refused() {
            Some(refused) => break refused,
            None => sleep(MOMENT).await,
        }
    };
    assert!(matches!(&refused, Error::InvalidValue(text) if text.contains("Brand")), "{refused}");

    // One provider at a time, and the next when it is gone.
    let panics = |_| async { panic!("on purpose") };
    let next = || client.provider().carries_out(hood, panics).publishes(speed);
    assert!(matches!(next().open().await, Err(Error::NotClaimed(_))));
    drop(provider);
    let next = open_when_free(next).await?;
    hood.set(client, true).await?;
    assert!(matches!(next.ended().await, Error::Handler(_)));
    assert!(matches!(next.ended().await, Error::Handler(_)));
    // It has given up all of it, though it is still there.
    open_when_free(|| client.provider().publishes(speed)).await?;
    assert!(matches!(next.publish(speed, 6.5).await, Err(Error::Handler(_))));
    Ok(())
}

/// The broker gives signals free some time after their provider is gone.
async fn open_when_free(provider: impl Fn() -> ProviderBuilder) -> Result<Provider> {
    loop {
        match provider().open().await {
            Err(Error::NotClaimed(_)) => sleep(MOMENT).await,
            other => return Ok(other?),
        }
    }
}

async fn batch(client: &Client) -> Result {
    let doors = vehicle().cabin().door().row1();
    let windows: Vec<_> = doors.instances().map(|door| door.window().position()).collect();
    let (sender, mut carried_out) = mpsc::unbounded_channel();
    let mut provider = client.provider();
    for window in windows.clone() {
        let sender = sender.clone();
        provider = provider.carries_out(window, move |position| {
            let sent = sender.send((window.path(), position));
            async move { sent.map_err(|error| Reject::new(error.to_string())) }
        });
    }
    let _provider = provider.open().await?;

    let mut batch = client.batch();
    batch.set(windows[0], 10)?.set(windows[1], 20)?;
    batch.send().await?;
    assert_eq!(carried_out.recv().await, Some((windows[0].path(), 10)));
    assert_eq!(carried_out.recv().await, Some((windows[1].path(), 20)));

    // Nobody wipes, so no window moves either.
    let wiping = vehicle().body().windshield().rear().wiping().mode();
    let mut batch = client.batch();
    batch.set(windows[0], 30)?.set(wiping, Mode::Off)?;
    assert!(matches!(batch.send().await, Err(Error::NoProvider(_))));
    windows[0].set(client, 40).await?;
    assert_eq!(carried_out.recv().await, Some((windows[0].path(), 40)));

    client.batch().send().await?;
    Ok(())
}

async fn queues(client: &Client) -> Result {
    let speed = vehicle().speed();
    let mut newest = speed.subscribe(client, Options::newest());
    let mut all = speed.subscribe(client, Options::queue(1000));
    assert!(newest.next().await.unwrap()?.initial);
    assert!(all.next().await.unwrap()?.initial);
    for number in 1..=200_u8 {
        speed.publish(client, number.into()).await?;
    }
    for number in 1..=200_u8 {
        assert_eq!(all.next().await.unwrap()?.value, Some(number.into()));
    }
    let mut taken = 0;
    loop {
        taken += 1;
        if newest.next().await.unwrap()?.value == Some(200.0) {
            break;
        }
    }
    // Every value was either taken or counted.
    assert_eq!((newest.dropped() + taken, all.dropped()), (200, 0));
    Ok(())
}

/// Says `up` and `lost`, so that the broker can be stopped and started in between.
async fn restart(client: &Client) -> Result {
    let (speed, hood) = (vehicle().speed(), vehicle().body().hood().is_open());
    let (sender, mut carried_out) = mpsc::unbounded_channel();
    let handler = move |is_open: bool| {
        let sent = sender.send(is_open);
        async move { sent.map_err(|error| Reject::new(error.to_string())) }
    };
    let provider = client.provider().carries_out(hood, handler).publishes(speed).open().await?;
    let mut speeds = speed.subscribe(client, Options::default());
    assert!(speeds.next().await.unwrap()?.initial);
    provider.publish(speed, 1.0).await?;
    assert_eq!(speeds.next().await.unwrap()?.value, Some(1.0));
    println!("up");

    while speeds.lost().is_none() {
        sleep(MOMENT).await;
    }
    assert!(matches!(speeds.lost(), Some(Error::NotConnected(_))));
    assert!(matches!(speed.get(client).await, Err(Error::NotConnected(_))));
    println!("lost");

    // The new broker has no value yet.
    let again = speeds.next().await.unwrap()?;
    assert_eq!((again.value, again.initial, speeds.lost()), (None, true, None));
    // The provider comes back by itself, and what it publishes comes once.
    while carried_out.is_empty() {
        match hood.set(client, true).await {
            Ok(()) | Err(Error::NoProvider(_) | Error::NotConnected(_)) => sleep(MOMENT).await,
            Err(error) => return Err(error.into()),
        }
    }
    assert_eq!(carried_out.recv().await, Some(true));
    for number in 1..=20_u8 {
        provider.publish(speed, number.into()).await?;
    }
    for number in 1..=20_u8 {
        let reading = speeds.next().await.unwrap()?;
        assert_eq!((reading.value, reading.initial), (Some(number.into()), false));
    }
    Ok(())
}

/// Without a broker.
async fn nobody(client: &Client) -> Result {
    let error = vehicle().speed().get(client).await.unwrap_err();
    let place = format!("no connection to the broker at {}: ", client.address());
    assert!(matches!(&error, Error::NotConnected(text) if text.starts_with(&place)), "{error}");
    assert!(error.heals());
    let error = Client::connect("localhost").unwrap_err();
    assert!(error.to_string().contains("write unix:///path or host:port"), "{error}");
    Ok(())
}
