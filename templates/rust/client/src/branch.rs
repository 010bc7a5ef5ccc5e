//! What all branches of a tree have in common.

/// A branch of the tree.
pub trait Branch: Copy {
    /// `Vehicle.Cabin.Seat`
    fn path(&self) -> &'static str;
}

/// A branch below which others are the same: its seats, its doors.
pub trait Instances: Branch {
    /// What there are several of.
    type Instance: Branch;

    /// Each of them, in the order of the model.
    fn instances(self) -> impl ExactSizeIterator<Item = Self::Instance>;
}
