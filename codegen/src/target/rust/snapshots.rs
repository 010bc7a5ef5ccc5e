//! What the generated crate looks like. That it compiles is tested in the crate `tests`.

use crate::{
    Target, Templates, generate,
    target::fixture::{catalog, shown},
};

const MODEL: &str = "
Vehicle: {type: branch, description: A car.}
Vehicle.VersionVSS: {type: branch, description: The version.}
Vehicle.VersionVSS.Major: {type: attribute, datatype: uint32, default: 1, description: First number.}
Vehicle.VersionVSS.Minor: {type: attribute, datatype: uint32, default: 2, description: Second number.}
Vehicle.VersionVSS.Patch: {type: attribute, datatype: uint32, default: 3, description: Third number.}
Vehicle.Speed: {type: sensor, datatype: float, unit: km/h, max: 250, description: How fast., comment: Always.}
Vehicle.Seat: {type: branch, instances: ['Row[1,2]', [Left, Right]], description: A seat.}
Vehicle.Seat.Position: {type: actuator, datatype: uint16, unit: mm, min: 0, max: 500, description: Where.}
Vehicle.Seat.Mode: {type: actuator, datatype: string, allowed: ['OFF', 'ON'], default: 'OFF', description: How., deprecation: v2 gone}
";

#[test]
fn a_small_model() {
    let files = generate(&catalog(MODEL), Target::Rust, &Templates::embedded()).unwrap();
    insta::assert_snapshot!(shown(&files, |path| !path.starts_with("client/")));
}

#[test]
fn structs_and_enums() {
    let model = "
Model: {type: branch}
Model.Point: {type: struct, description: A point.}
Model.Point.x: {type: property, datatype: double, description: Across.}
Model.Point.Kind: {type: property, datatype: string, allowed: ['A', 'B'], description: Which.}
Model.Route: {type: sensor, datatype: 'Model.Point[]', description: Points.}
Model.Gear: {type: actuator, datatype: int8, enum: {PARK: 0, REVERSE: -1}, default: 0, description: A gear.}
Model.Levels: {type: attribute, datatype: 'uint8[]', allowed: [1, 2], default: [2, 1], description: Levels.}
";
    let catalog = catalog(model);
    let files = generate(&catalog, Target::Rust, &Templates::embedded()).unwrap();
    insta::assert_snapshot!(shown(&files, |p| p == "src/types.rs" || p == "src/model.rs"));
}

#[test]
fn the_client_goes_along_as_it_is() {
    let files = generate(&catalog(MODEL), Target::Rust, &Templates::embedded()).unwrap();
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../templates/rust/client");
    let client: Vec<_> =
        files.iter().filter_map(|file| Some((file.path.strip_prefix("client/")?, file))).collect();
    assert!(client.iter().any(|(path, _)| *path == "src/broker/proto.rs"));
    for (path, file) in client {
        assert_eq!(file.contents, std::fs::read_to_string(own.join(path)).unwrap(), "{path}");
    }
}

#[test]
fn an_instance_that_an_overlay_changed_has_a_type_of_its_own() {
    let model = "
Model: {type: branch}
Model.Seat: {type: branch, instances: ['Row[1,3]'], description: A seat.}
Model.Seat.X: {type: sensor, datatype: uint8, description: Of each.}
Model.Seat.Row2.X: {type: sensor, datatype: uint8, max: 7, description: Of one.}
";
    let files = generate(&catalog(model), Target::Rust, &Templates::embedded()).unwrap();
    let paths: Vec<&str> = files.iter().map(|file| &*file.path).collect();
    assert_eq!(
        paths[2..6],
        ["src/model/seat/row.rs", "src/model/seat/row2.rs", "src/model/seat.rs", "src/model.rs"]
    );
    let seat = shown(&files, |path| path == "src/model/seat.rs");
    assert!(seat.contains("pub const fn row2(self) -> row2::Row2"), "{seat}");
    assert!(seat.contains("pub const fn row3(self) -> row::Row"), "{seat}");
}
