//! Struct types as an app uses them: it compiles, and it runs.

use vehicle_signal_model::{
    About, Choice, cart,
    types::{Kind, Level, Mark, Place, Trip},
};

fn main() {
    let about: &About<Vec<Trip>> = &cart::ROUTE;
    assert_eq!(about.datatype, "Types.Trip[]");
    assert_eq!(cart().load().left().origin().datatype, "Types.Place");

    let near = vec![Mark { major: 1 }];
    let place = Place { latitude: 48.0, kind: Kind::City, level: Level::First, near };
    let trip = Trip { mark: place.near.clone(), place, float: 0.5, from: "here".to_owned() };
    assert_eq!(trip.place.kind.raw(), "CITY");
    assert_eq!(trip.mark, [Mark { major: 1 }]);
}
