//! The types that signals can have.

use std::fmt;

/// A type that the values of a signal can have.
pub trait Value: Sized + 'static {
    /// One element of a value as a constant: what bounds and allowed values are made of.
    type Item: Copy + fmt::Debug + Send + Sync + 'static;
    /// A whole value as a constant.
    type Constant: Copy + fmt::Debug + Send + Sync + 'static;
}

macro_rules! plain_values {
    ($($ty:ty)*) => {
        $(impl Value for $ty {
            type Item = $ty;
            type Constant = $ty;
        })*
    };
}

plain_values!(bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64);

impl Value for String {
    type Item = &'static str;
    type Constant = &'static str;
}

impl<T: Value> Value for Vec<T> {
    type Item = T::Item;
    type Constant = &'static [T::Item];
}

impl<C: Choice> Value for C {
    type Item = C;
    type Constant = C;
}

/// An enum that stands for a list of texts or numbers.
pub trait Choice: Copy + fmt::Debug + Send + Sync + 'static {
    /// What travels: `str`, or a number.
    type Raw: ?Sized + PartialOrd + ToOwned + 'static;

    /// Every variant, in the order of the model.
    const ALL: &'static [Self];
    /// What each of [`Choice::ALL`] stands for.
    const RAW: &'static [&'static Self::Raw];

    /// The place in [`Choice::ALL`].
    fn index(self) -> usize;

    /// What the variant stands for.
    fn raw(self) -> &'static Self::Raw {
        Self::RAW[self.index()]
    }

    /// The variant that stands for `raw`, if there is one.
    fn from_raw(raw: &Self::Raw) -> Option<Self> {
        let index = Self::RAW.iter().position(|candidate| *candidate == raw)?;
        Self::ALL.get(index).copied()
    }
}
