//! What a user writes against the crate that is generated from the built-in model.

use vehicle_signal_model::{Branch, Choice, Instances, vehicle, vehicle::cabin::seat::row::side};

/// Bounds are constants.
const FULL_HEAT: i8 = side::HEATING_COOLING.max.unwrap();

fn main() {
    let speed = vehicle().speed();
    assert_eq!(speed.path(), "Vehicle.Speed");
    assert_eq!((speed.datatype, speed.unit, speed.max), ("float", Some("km/h"), None));

    let seat = vehicle().cabin().seat();
    let heating = seat.row2().passenger_side().heating_cooling();
    assert_eq!(heating.path(), "Vehicle.Cabin.Seat.Row2.PassengerSide.HeatingCooling");
    assert_eq!((heating.min, FULL_HEAT), (Some(-100), 100));
    let backs: Vec<&str> = seat
        .instances()
        .flat_map(Instances::instances)
        .map(|side| side.backrest().recline().path())
        .collect();
    assert_eq!(backs.len(), 4);
    assert_eq!(backs[1], "Vehicle.Cabin.Seat.Row1.PassengerSide.Backrest.Recline");
    assert_eq!(seat.row2().driver_side().backrest().path(), "Vehicle.Cabin.Seat.Row2.DriverSide.Backrest");

    let wiping = vehicle().body().windshield().front().wiping().mode();
    let first = wiping.allowed[0];
    assert_eq!((first.raw(), wiping.allowed.len()), ("OFF", 6));
    assert!(Choice::from_raw("RAIN_SENSOR").is_some_and(|mode| wiping.allowed.contains(&mode)));

    let seats = vehicle().cabin().seat_pos_count();
    assert_eq!(seats.default, Some(&[2, 2][..]));
    println!("{}", vehicle().steering().angle().path());
}
