//! Several signals as one: a handle, a tuple of them, a list of them.

use super::reading::Update;
use crate::{Actuator, Attribute, Carried, Reading, Sensor, Signal};

/// What is read together: a signal, a `Vec` of signals of one type, or a tuple of whatever
/// is read together.
///
/// ```ignore
/// let (speed, doors) = client.get((vehicle().speed(), vec![left, right])).await?;
/// ```
pub trait Signals: Clone + Send + Unpin + 'static {
    /// A [`Reading`] for each signal, in the same arrangement.
    type Readings;

    /// Adds the path of each signal.
    #[doc(hidden)]
    fn add_paths(&self, paths: &mut Vec<&'static str>);

    /// Takes an update for each signal, in the order of the paths.
    #[doc(hidden)]
    fn read(&self, updates: &mut dyn Iterator<Item = Update>) -> Self::Readings;
}

/// [`Signals`] that change while the vehicle is in use: all but attributes.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be subscribed to",
    note = "sensors and actuators can, alone or in a tuple or `Vec`; an attribute does not change: \
            `get` it"
)]
pub trait Changing: Signals {}

impl<T: Carried> Signals for Signal<T> {
    type Readings = Reading<T>;

    fn add_paths(&self, paths: &mut Vec<&'static str>) {
        paths.push(self.path());
    }

    fn read(&self, updates: &mut dyn Iterator<Item = Update>) -> Reading<T> {
        Reading::new(self, updates.next().unwrap_or_default())
    }
}

macro_rules! handles {
    ($($handle:ident)*) => {$(
        impl<T: Carried> Signals for $handle<T> {
            type Readings = Reading<T>;

            fn add_paths(&self, paths: &mut Vec<&'static str>) {
                (**self).add_paths(paths);
            }

            fn read(&self, updates: &mut dyn Iterator<Item = Update>) -> Reading<T> {
                (**self).read(updates)
            }
        }
    )*};
}

handles!(Sensor Actuator Attribute);

impl<T: Carried> Changing for Sensor<T> {}
impl<T: Carried> Changing for Actuator<T> {}

impl<S: Signals> Signals for Vec<S> {
    type Readings = Vec<S::Readings>;

    fn add_paths(&self, paths: &mut Vec<&'static str>) {
        self.iter().for_each(|signals| signals.add_paths(paths));
    }

    fn read(&self, updates: &mut dyn Iterator<Item = Update>) -> Self::Readings {
        self.iter().map(|signals| signals.read(updates)).collect()
    }
}

impl<S: Changing> Changing for Vec<S> {}

macro_rules! tuples {
    ($(($($name:ident $index:tt),*))*) => {$(
        impl<$($name: Signals),*> Signals for ($($name,)*) {
            type Readings = ($($name::Readings,)*);

            fn add_paths(&self, paths: &mut Vec<&'static str>) {
                $(self.$index.add_paths(paths);)*
            }

            fn read(&self, updates: &mut dyn Iterator<Item = Update>) -> Self::Readings {
                ($(self.$index.read(updates),)*)
            }
        }

        impl<$($name: Changing),*> Changing for ($($name,)*) {}
    )*};
}

tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, E 4)
    (A 0, B 1, C 2, D 3, E 4, F 5)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6)
    (A 0, B 1, C 2, D 3, E 4, F 5, G 6, H 7)
}

/// The paths of `signals`, in order.
pub(crate) fn paths(signals: &impl Signals) -> Vec<&'static str> {
    let mut paths = Vec::new();
    signals.add_paths(&mut paths);
    paths
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        broker::testing::{MODE, Mode, SPEED, VIN},
        proto::{Datapoint, Value, value::TypedValue},
    };

    #[test]
    fn readings_stand_as_their_signals_do() {
        let signals = (SPEED, vec![MODE, MODE], (VIN,));
        assert_eq!(
            paths(&signals),
            ["Vehicle.Speed", "Vehicle.Mode", "Vehicle.Mode", "Vehicle.VIN"]
        );
        let typed = [
            TypedValue::Float(1.0),
            TypedValue::String("ON".to_owned()),
            TypedValue::String("OFF".to_owned()),
        ];
        let mut updates = typed.into_iter().map(|typed| {
            let value = Some(Value { typed_value: Some(typed) });
            Update { datapoint: Datapoint { timestamp: None, value }, initial: false }
        });
        let (speed, modes, (vin,)) = signals.read(&mut updates);
        assert_eq!(speed.value, Some(1.0));
        let modes: Vec<_> = modes.into_iter().map(|mode| mode.value).collect();
        assert_eq!(modes, [Some(Mode::On), Some(Mode::Off)]);
        assert_eq!((vin.path, vin.value), ("Vehicle.VIN", None));
    }
}
