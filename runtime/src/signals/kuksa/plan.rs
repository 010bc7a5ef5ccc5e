//! Which of our signals the upstream has: decided anew for each connection, as a broker
//! gives its ids when it starts.

use std::{collections::HashMap, sync::Arc};

use crate::signals::{Entry, proto::v2 as proto, v2::convert};

/// What is mirrored over one connection.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    /// Our ids by the upstream's.
    pub(super) signals: HashMap<i32, i32>,
    /// The upstream's ids of what it may be asked for, by ours.
    pub(super) actuators: HashMap<i32, i32>,
    /// How many signals are ours to fill.
    pub(super) wanted: usize,
    /// Where the two models differ, each with its path.
    pub(super) differences: Vec<(String, String)>,
}

impl Plan {
    pub(super) fn new<'a>(
        wanted: impl IntoIterator<Item = &'a Arc<Entry>>,
        there: Vec<proto::Metadata>,
    ) -> Plan {
        let there: HashMap<String, proto::Metadata> =
            there.into_iter().map(|metadata| (metadata.path.clone(), metadata)).collect();
        let mut plan = Plan::default();
        for entry in wanted {
            plan.wanted += 1;
            if let Some(metadata) = there.get(entry.path()) {
                plan.add(entry, metadata);
            }
        }
        plan
    }

    fn add(&mut self, entry: &Entry, metadata: &proto::Metadata) {
        let ours = convert::metadata(entry);
        if ours.data_type == proto::DataType::Unspecified as i32 {
            self.differ(entry, "is a struct, which kuksa.val.v2 cannot carry: it is left out");
            return;
        }
        if ours.data_type != metadata.data_type {
            let (here, there) = (ours.data_type(), metadata.data_type());
            let (here, there) = (here.as_str_name(), there.as_str_name());
            self.differ(entry, &format!("is {here} here and {there} upstream: it is left out"));
            return;
        }
        self.signals.insert(metadata.id, entry.id());
        if ours.entry_type() != proto::EntryType::Actuator {
            return;
        }
        if metadata.entry_type() == proto::EntryType::Actuator {
            self.actuators.insert(entry.id(), metadata.id);
        } else {
            self.differ(entry, "is no actuator upstream: it is only read from there");
        }
    }

    fn differ(&mut self, entry: &Entry, how: &str) {
        self.differences.push((entry.path().to_owned(), how.to_owned()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::signals::testing::registry;

    #[test]
    fn signals_meet_by_their_paths_and_what_differs_is_named() {
        let registry = registry();
        let mut there: Vec<_> = registry.entries().iter().map(|e| convert::metadata(e)).collect();
        there.reverse();
        for (metadata, id) in there.iter_mut().zip(100..) {
            metadata.id = id;
            match metadata.path.as_str() {
                "Vehicle.Speed" => metadata.data_type = proto::DataType::Double.into(),
                "Vehicle.Cabin.Light.Level" => {
                    metadata.entry_type = proto::EntryType::Sensor.into();
                }
                "Vehicle.Mode" => metadata.path = "Vehicle.Other".to_owned(),
                _ => {}
            }
        }
        let plan = Plan::new(registry.entries(), there);
        // Reversed: the last of ours has 100.
        let expected = [(105, 2), (104, 3), (103, 4), (102, 5), (100, 7)];
        assert_eq!(plan.signals, expected.into());
        assert_eq!(plan.actuators, [(3, 104)].into());
        assert_eq!(plan.wanted, 7);
        let differences: Vec<_> =
            plan.differences.iter().map(|(path, how)| format!("{path} {how}")).collect();
        assert_eq!(
            differences,
            [
                "Vehicle.Speed is DATA_TYPE_FLOAT here and DATA_TYPE_DOUBLE upstream: it is left \
                 out",
                "Vehicle.Cabin.Light.Level is no actuator upstream: it is only read from there",
            ]
        );
    }
}
