//! What an app asks for, held against the model.

use vss_codegen::model::{Access, Manifest, Signal, nearest};

use super::{ManifestProblem, SignalRequest};

/// `matched` is what the request's path or pattern means in the model.
pub(super) fn request(
    file: &str,
    request: &SignalRequest,
    model: &Manifest,
    matched: &[&Signal],
) -> Option<ManifestProblem> {
    let message = match matched {
        [] => unknown(&request.path, model),
        _ => forbidden(request, matched)?,
    };
    Some(ManifestProblem {
        line: request.at.map(|(line, _)| line),
        column: request.at.map(|(_, column)| column),
        field: "vehicle_signal_lib.signals".to_owned(),
        ..ManifestProblem::of_file(file, message)
    })
}

fn unknown(path: &str, model: &Manifest) -> String {
    let name = match &model.model.version {
        Some(version) => format!("{} {version}", model.model.name),
        None => model.model.name.clone(),
    };
    if path.contains('*') {
        return format!("the pattern '{path}' matches no signal of the model {name}");
    }
    let known = model.signals.iter().map(|signal| signal.path.as_str());
    match nearest(path, known) {
        Some(near) => format!("the model {name} has no signal '{path}'; did you mean '{near}'?"),
        None => format!("the model {name} has no signal '{path}'"),
    }
}

/// An access that not one of the signals allows. A pattern may cover sensors and
/// actuators; it then grants writing for the actuators.
fn forbidden(request: &SignalRequest, matched: &[&Signal]) -> Option<String> {
    let refused = |access: &Access| matched.iter().all(|signal| !signal.access.contains(access));
    let access = request.access.iter().find(|access| refused(access))?;
    let word = match access {
        Access::Read => "read",
        Access::Write => "written",
        Access::Provide => "provided",
    };
    let path = &request.path;
    Some(match matched {
        [signal] => format!(
            "'{path}' is {} {}: it cannot be {word}{}",
            article(signal.kind.name()),
            signal.kind.name(),
            // The usual mistake: an app that makes the values of a sensor.
            if *access == Access::Write {
                "; an app that supplies its value asks for 'provide'"
            } else {
                ""
            }
        ),
        _ => format!("none of the {} signals of '{path}' can be {word}", matched.len()),
    })
}

fn article(noun: &str) -> &'static str {
    if noun.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" }
}

#[cfg(test)]
mod tests {
    use vss_codegen::model::{ModelInfo, SdkInfo, SignalKind};

    use super::*;
    use crate::app::testing::signal;

    fn model() -> Manifest {
        Manifest {
            model: ModelInfo {
                name: "Vehicle".into(),
                version: Some("6.0.0".into()),
                hash: String::new(),
            },
            sdk: SdkInfo { name: "vehicle_signal_runtime".into(), version: "1".into() },
            signals: vec![
                signal("Vehicle.Speed", SignalKind::Sensor),
                signal("Vehicle.VehicleIdentification.VIN", SignalKind::Attribute),
                signal("Vehicle.Body.Lights.IsHazardOn", SignalKind::Actuator),
            ],
        }
    }

    fn told(path: &str, access: &[Access]) -> Option<String> {
        let model = model();
        // The broker's registry knows patterns; here one that matches all will do.
        let matched: Vec<&Signal> =
            model.signals.iter().filter(|s| s.path == path || path == "Vehicle.**").collect();
        let asked = SignalRequest { path: path.into(), access: access.into(), at: Some((7, 9)) };
        request("vehicle-app.yaml", &asked, &model, &matched).map(|problem| problem.to_string())
    }

    #[test]
    fn a_misspelled_signal_gets_the_nearest() {
        assert_eq!(
            told("Vehicle.Sped", &[Access::Read]).unwrap(),
            "vehicle-app.yaml:7:9: vehicle_signal_lib.signals: \
             the model Vehicle 6.0.0 has no signal 'Vehicle.Sped'; did you mean 'Vehicle.Speed'?"
        );
    }

    #[test]
    fn writing_a_sensor_says_that_it_is_one() {
        assert_eq!(
            told("Vehicle.Speed", &[Access::Read, Access::Write]).unwrap(),
            "vehicle-app.yaml:7:9: vehicle_signal_lib.signals: 'Vehicle.Speed' is a sensor: \
             it cannot be written; an app that supplies its value asks for 'provide'"
        );
        assert!(
            told("Vehicle.VehicleIdentification.VIN", &[Access::Write])
                .unwrap()
                .contains("an attribute")
        );
        assert_eq!(told("Vehicle.Body.Lights.IsHazardOn", &[Access::Read, Access::Write]), None);
    }

    #[test]
    fn a_pattern_needs_one_signal_that_allows_it() {
        assert_eq!(told("Vehicle.**", &[Access::Read, Access::Write]), None);
        assert!(told("Vehicle.Cabin.*", &[Access::Read]).unwrap().contains("matches no signal"));
    }
}
