use super::*;
use crate::{Request, compile, source::HostLoader};

fn catalog() -> Catalog {
    compile(&Request::default(), &HostLoader::new()).0.unwrap()
}

fn paths(query: &str) -> Vec<String> {
    let catalog = catalog();
    let found = search(&catalog, &query.parse().unwrap());
    found.hits.iter().map(|node| node.path.clone()).collect()
}

#[test]
fn the_best_hit_comes_first() {
    assert_eq!(paths("speed")[0], "Vehicle.Speed");
    assert!(paths("speed").len() > 2);
    assert_eq!(paths("SPEED"), paths("speed"));
    assert_eq!(paths("child lock"), paths("\"child lock\""), "words of a name");
    assert_eq!(paths("child lock")[0], "Vehicle.Cabin.Door.Row1.DriverSide.IsChildLockActive");
}

#[test]
fn every_term_must_match() {
    let both = paths("door type:actuator unit:percent");
    assert!(!both.is_empty());
    assert!(both.iter().all(|path| path.contains("Door")), "{both:?}");
    assert!(paths("path:Cabin.* type:branch").contains(&"Vehicle.Cabin.Seat".to_owned()));
    assert_eq!(paths("door unit:km/h"), Vec::<String>::new());
}

#[test]
fn a_slip_finds_the_word_that_was_meant() {
    let catalog = catalog();
    let found = search(&catalog, &"sped".parse().unwrap());
    assert_eq!(found.corrected, [("sped".to_owned(), "speed".to_owned())]);
    assert_eq!(found.hits[0].path, "Vehicle.Speed");
    let found = search(&catalog, &"qqqqqqqq".parse().unwrap());
    assert!(found.hits.is_empty() && found.corrected.is_empty());
}

#[test]
fn a_word_that_is_right_elsewhere_is_a_slip_beside_the_others() {
    let catalog = catalog();
    let found = |query: &str| search(&catalog, &query.parse().unwrap());
    assert_eq!(found("opened").corrected, [], "some text holds it");
    let hood = found("opened hood");
    assert_eq!(hood.corrected, [("opened".to_owned(), "open".to_owned())]);
    assert_eq!(hood.hits[0].path, "Vehicle.Body.Hood.IsOpen");
    assert_eq!(found("sped lock").corrected.len(), 1, "a slip of a slip is none");
    let doors = found("doors is open");
    assert_eq!(doors.corrected, [("doors".to_owned(), "door".to_owned())]);
    assert_eq!(doors.hits[0].path, "Vehicle.Cabin.Door.Row1.DriverSide.IsOpen");
}
