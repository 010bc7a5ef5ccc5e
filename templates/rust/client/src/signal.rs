//! The handles of signals, and what is known of a signal at compile time.

use std::{fmt, ops::Deref};

use crate::Value;

/// What the model says of a signal.
#[derive(Debug)]
pub struct About<T: Value> {
    /// As the model spells it, `uint8` or `string[]`.
    pub datatype: &'static str,
    /// What the signal is; empty where the model does not say.
    pub description: &'static str,
    /// `km/h`, `percent`.
    pub unit: Option<&'static str>,
    /// The smallest value, of each element for a list.
    pub min: Option<T::Item>,
    /// The largest value, of each element for a list.
    pub max: Option<T::Item>,
    /// Empty where every value of the type is allowed.
    pub allowed: &'static [T::Item],
    /// A regular expression that texts match from their start.
    pub pattern: Option<&'static str>,
    /// The value of a signal that nobody has set.
    pub default: Option<T::Constant>,
    /// What else is to be known.
    pub comment: Option<&'static str>,
    /// What to use instead, or since when.
    pub deprecation: Option<&'static str>,
}

impl<T: Value> About<T> {
    /// A signal without unit, bounds and the like.
    pub const fn new(datatype: &'static str, description: &'static str) -> Self {
        About {
            datatype,
            description,
            unit: None,
            min: None,
            max: None,
            allowed: &[],
            pattern: None,
            default: None,
            comment: None,
            deprecation: None,
        }
    }
}

/// A signal of whatever kind. Its [`About`] is reached through it: `signal.unit`.
pub struct Signal<T: Value> {
    path: &'static str,
    about: &'static About<T>,
}

impl<T: Value> Signal<T> {
    /// `Vehicle.Cabin.Seat.Row1.DriverSide.Position`
    pub const fn path(&self) -> &'static str {
        self.path
    }

    /// What the model says of it.
    pub const fn about(&self) -> &'static About<T> {
        self.about
    }
}

impl<T: Value> Clone for Signal<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Value> Copy for Signal<T> {}

impl<T: Value> fmt::Debug for Signal<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.path, self.about.datatype)
    }
}

impl<T: Value> Deref for Signal<T> {
    type Target = About<T>;

    fn deref(&self) -> &About<T> {
        self.about
    }
}

macro_rules! handles {
    ($($(#[$doc:meta])* $handle:ident)*) => {$(
        $(#[$doc])*
        #[derive(Debug)]
        pub struct $handle<T: Value>(Signal<T>);

        impl<T: Value> $handle<T> {
            /// For generated code: the signal of that path.
            pub const fn new(path: &'static str, about: &'static About<T>) -> Self {
                $handle(Signal { path, about })
            }
        }

        impl<T: Value> Clone for $handle<T> {
            fn clone(&self) -> Self {
                *self
            }
        }

        impl<T: Value> Copy for $handle<T> {}

        impl<T: Value> Deref for $handle<T> {
            type Target = Signal<T>;

            fn deref(&self) -> &Signal<T> {
                &self.0
            }
        }

        impl<T: Value> AsRef<Signal<T>> for $handle<T> {
            fn as_ref(&self) -> &Signal<T> {
                &self.0
            }
        }
    )*};
}

handles! {
    /// A signal that the vehicle measures.
    Sensor
    /// A signal that can also be set.
    Actuator
    /// A property of the vehicle that does not change while it drives.
    Attribute
}
