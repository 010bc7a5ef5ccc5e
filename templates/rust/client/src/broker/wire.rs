//! Rust's types <-> the values of `kuksa.val.v2`.
//!
//! 8- and 16-bit integers travel as 32-bit ones, an enum as the text or number that it
//! stands for. What does not fit the type of the signal is none of its values.

use std::{borrow::Borrow, cmp::Ordering, fmt, slice};

use crate::{
    Choice, Value,
    proto::{self, value::TypedValue},
};

/// A type whose values `kuksa.val.v2` can carry: everything but structs and lists of them,
/// for which it has no message.
#[diagnostic::on_unimplemented(
    message = "`kuksa.val.v2` cannot carry values of type `{Self}`",
    label = "the signal has a struct type",
    note = "struct-typed signals have a path and a type, but no get, set or subscribe: the \
            interface has no message for structs"
)]
pub trait Carried: Value + Send {
    /// What a list is made of; of a single value, itself.
    type Element: Element<Item = Self::Item>;

    /// The elements of a list, or the value alone.
    #[doc(hidden)]
    fn elements(&self) -> &[Self::Element];
    /// As it travels.
    #[doc(hidden)]
    fn into_wire(self) -> TypedValue;
    /// `None` where a value of another type, or of none that the model knows, has arrived.
    #[doc(hidden)]
    fn from_wire(typed: &TypedValue) -> Option<Self>;
}

impl<E: Element> Carried for E {
    type Element = E;

    fn elements(&self) -> &[E] {
        slice::from_ref(self)
    }

    fn into_wire(self) -> TypedValue {
        self.one_into_wire()
    }

    fn from_wire(typed: &TypedValue) -> Option<E> {
        E::one_from_wire(typed)
    }
}

impl<E: Element> Carried for Vec<E> {
    type Element = E;

    fn elements(&self) -> &[E] {
        self
    }

    fn into_wire(self) -> TypedValue {
        E::list_into_wire(self)
    }

    fn from_wire(typed: &TypedValue) -> Option<Vec<E>> {
        E::list_from_wire(typed)
    }
}

/// A type that travels by itself or in a list.
#[diagnostic::on_unimplemented(
    message = "`kuksa.val.v2` cannot carry values of type `{Self}`",
    label = "the signal has a struct type",
    note = "struct-typed signals have a path and a type, but no get, set or subscribe: the \
            interface has no message for structs"
)]
pub trait Element: Value + fmt::Debug + Send {
    /// A single value as it travels.
    #[doc(hidden)]
    fn one_into_wire(self) -> TypedValue;
    /// A single value that has arrived, if it is one of this type.
    #[doc(hidden)]
    fn one_from_wire(typed: &TypedValue) -> Option<Self>;
    /// A list as it travels.
    #[doc(hidden)]
    fn list_into_wire(list: Vec<Self>) -> TypedValue;
    /// A list that has arrived, if all in it are of this type.
    #[doc(hidden)]
    fn list_from_wire(typed: &TypedValue) -> Option<Vec<Self>>;
    /// Beside a bound or an allowed value; `None` for what has no order, as NaN.
    #[doc(hidden)]
    fn compare(&self, item: &Self::Item) -> Option<Ordering>;
    /// The text, of types that are text.
    #[doc(hidden)]
    fn text(&self) -> Option<&str> {
        None
    }
}

/// The four conversions of a type, by the variants that carry it.
macro_rules! travels_as {
    ($one:ident, $list:ident) => {
        fn one_into_wire(self) -> TypedValue {
            TypedValue::$one(self.into())
        }

        fn one_from_wire(typed: &TypedValue) -> Option<Self> {
            match typed {
                TypedValue::$one(value) => value.clone().try_into().ok(),
                _ => None,
            }
        }

        fn list_into_wire(list: Vec<Self>) -> TypedValue {
            let values = list.into_iter().map(Into::into).collect();
            TypedValue::$list(proto::$list { values })
        }

        fn list_from_wire(typed: &TypedValue) -> Option<Vec<Self>> {
            match typed {
                TypedValue::$list(list) => {
                    list.values.iter().map(|value| value.clone().try_into().ok()).collect()
                }
                _ => None,
            }
        }
    };
}

macro_rules! plain_elements {
    ($($ty:ty: $one:ident, $list:ident;)*) => {$(
        impl Element for $ty {
            travels_as!($one, $list);

            fn compare(&self, item: &$ty) -> Option<Ordering> {
                self.partial_cmp(item)
            }
        }
    )*};
}

plain_elements! {
    bool: Bool, BoolArray;
    i8: Int32, Int32Array;
    i16: Int32, Int32Array;
    i32: Int32, Int32Array;
    i64: Int64, Int64Array;
    u8: Uint32, Uint32Array;
    u16: Uint32, Uint32Array;
    u32: Uint32, Uint32Array;
    u64: Uint64, Uint64Array;
    f32: Float, FloatArray;
    f64: Double, DoubleArray;
}

impl Element for String {
    travels_as!(String, StringArray);

    fn compare(&self, item: &&'static str) -> Option<Ordering> {
        self.as_str().partial_cmp(*item)
    }

    fn text(&self) -> Option<&str> {
        Some(self)
    }
}

/// What a variant stands for, as a value of its own.
type Raw<C> = <<C as Choice>::Raw as ToOwned>::Owned;

impl<C: Choice> Element for C
where
    Raw<C>: Element,
{
    fn one_into_wire(self) -> TypedValue {
        self.raw().to_owned().one_into_wire()
    }

    fn one_from_wire(typed: &TypedValue) -> Option<C> {
        C::from_raw(Raw::<C>::one_from_wire(typed)?.borrow())
    }

    fn list_into_wire(list: Vec<C>) -> TypedValue {
        Raw::<C>::list_into_wire(list.into_iter().map(|choice| choice.raw().to_owned()).collect())
    }

    fn list_from_wire(typed: &TypedValue) -> Option<Vec<C>> {
        let list = Raw::<C>::list_from_wire(typed)?;
        list.iter().map(|raw| C::from_raw(raw.borrow())).collect()
    }

    fn compare(&self, item: &C) -> Option<Ordering> {
        self.raw().partial_cmp(item.raw())
    }
}

/// A value that has arrived, as a person reads it.
pub(crate) fn shown(typed: &TypedValue) -> String {
    use TypedValue as T;
    match typed {
        T::Bool(value) => value.to_string(),
        T::Int32(value) => value.to_string(),
        T::Int64(value) => value.to_string(),
        T::Uint32(value) => value.to_string(),
        T::Uint64(value) => value.to_string(),
        T::Float(value) => value.to_string(),
        T::Double(value) => value.to_string(),
        T::String(value) => format!("{value:?}"),
        T::BoolArray(list) => format!("{:?}", list.values),
        T::Int32Array(list) => format!("{:?}", list.values),
        T::Int64Array(list) => format!("{:?}", list.values),
        T::Uint32Array(list) => format!("{:?}", list.values),
        T::Uint64Array(list) => format!("{:?}", list.values),
        T::FloatArray(list) => format!("{:?}", list.values),
        T::DoubleArray(list) => format!("{:?}", list.values),
        T::StringArray(list) => format!("{:?}", list.values),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::broker::testing::{Gear, Mode};

    /// Whether a value arrives as it was sent.
    fn survives<T: Carried + Clone + PartialEq + fmt::Debug>(value: T) {
        assert_eq!(T::from_wire(&value.clone().into_wire()), Some(value));
    }

    #[test]
    fn every_type_survives_the_wire() {
        survives(true);
        survives(i8::MIN);
        survives(i16::MIN);
        survives(i32::MIN);
        survives(i64::MIN);
        survives(u8::MAX);
        survives(u16::MAX);
        survives(u32::MAX);
        survives(u64::MAX);
        survives(0.1_f32);
        survives(0.1_f64);
        survives("ä".to_owned());
        survives(vec![true, false]);
        survives(vec![-1_i8, 1]);
        survives(Vec::<u64>::new());
        survives(vec!["a".to_owned(), String::new()]);
        survives(Gear::Reverse);
        survives(vec![Mode::Off, Mode::On]);
    }

    #[test]
    fn an_enum_travels_as_what_it_stands_for() {
        assert_eq!(Mode::On.into_wire(), TypedValue::String("ON".to_owned()));
        assert_eq!(Gear::Reverse.into_wire(), TypedValue::Int32(-1));
    }

    #[test]
    fn what_is_no_value_of_the_type_is_not_made_into_one() {
        assert_eq!(u8::from_wire(&TypedValue::Uint32(256)), None);
        assert_eq!(u8::from_wire(&TypedValue::Int32(1)), None);
        assert_eq!(f64::from_wire(&TypedValue::Float(1.0)), None);
        assert_eq!(Mode::from_wire(&TypedValue::String("AUTO".to_owned())), None);
        assert_eq!(Gear::from_wire(&TypedValue::Int32(7)), None);
        let list = proto::StringArray { values: vec!["ON".to_owned(), "AUTO".to_owned()] };
        assert_eq!(Vec::<Mode>::from_wire(&TypedValue::StringArray(list)), None);
    }
}
