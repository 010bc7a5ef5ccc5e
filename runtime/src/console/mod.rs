//! The console of each app: numbered lines, kept for a while, told to whoever follows.
//!
//! In: lines as the app writes them, and where older ones can be read. Out: readers that
//! follow from a number and are told of every gap.
//! Must not know: the database, processes, HTTP.

use crate::app::Line;

/// What a reader of a console is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Item {
    Line(Line),
    /// These numbers (both included) are no longer, or never were, to be had.
    Gap {
        from: u64,
        to: u64,
    },
}

/// Follows the console of one app.
#[derive(Debug)]
pub struct ConsoleReader {}

impl ConsoleReader {
    /// The next line, as soon as there is one; `None` when the app is gone.
    pub async fn next(&mut self) -> Option<Item> {
        None
    }

    /// The next line if one is kept already: `logs` without following ends here.
    pub async fn next_kept(&mut self) -> Option<Item> {
        None
    }
}
