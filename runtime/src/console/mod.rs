//! The console of each app: numbered lines, kept for a while, told to whoever follows.
//!
//! In: lines as the app writes them, and where older ones can be read ([`Archive`]). Out:
//! readers that follow from a number and are told of every gap.
//! Writing never waits for a reader: a reader that is slower than the ring reads what it
//! missed from the archive, as one that comes late does.
//! Must not know: the database, processes, HTTP.
//!
//! ```text
//! push ─▶ ring (the last lines, in memory) ─▶ readers
//!           older: archive ───────────────────┘
//! ```

mod reader;
mod ring;

use std::{
    fmt::Debug,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use futures_util::future::BoxFuture;
use jiff::Timestamp;
use tokio::sync::watch;

use self::ring::Ring;
use crate::app::{Line, Stream};

pub use reader::ConsoleReader;

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

/// Where lines are found that the ring no longer has. Every line that was pushed is there
/// by the time it is asked for, or lost.
pub(crate) trait Archive: Send + Sync + Debug {
    /// Lines above `after`, oldest first.
    fn read(&self, after: u64, limit: u32) -> BoxFuture<'_, Vec<Line>>;
    /// The last lines below `before`, oldest first.
    fn read_back(&self, before: u64, limit: u32) -> BoxFuture<'_, Vec<Line>>;
}

/// The writing end. Cheap to clone; readers end when all clones are gone.
#[derive(Clone, Debug)]
pub(crate) struct Console {
    shared: Arc<Shared>,
    /// Wakes readers. Not in `shared`, which readers hold, too.
    news: Arc<watch::Sender<()>>,
}

#[derive(Debug)]
struct Shared {
    ring: Mutex<Ring>,
    archive: Arc<dyn Archive>,
}

impl Console {
    /// `last` is the number of the last line that the archive has, 0 for none.
    pub(crate) fn new(last: u64, archive: Arc<dyn Archive>) -> Console {
        let shared = Shared { ring: Mutex::new(Ring::new(last + 1)), archive };
        Console { shared: Arc::new(shared), news: Arc::new(watch::Sender::new(())) }
    }

    /// Numbers the line and shows it to all readers.
    pub(crate) fn push(&self, stream: Stream, at: Timestamp, text: &str, partial: bool) -> Line {
        let line = self.shared.lock().push(stream, at, text.into(), partial);
        self.news.send_replace(());
        line
    }

    /// Numbers for lines that were lost before they came here.
    pub(crate) fn skip(&self, lines: u64) {
        self.shared.lock().skip(lines);
        self.news.send_replace(());
    }

    /// All kept lines, or those after number `after`, and only the last `tail` of them;
    /// then what follows.
    pub(crate) fn reader(&self, after: Option<u64>, tail: Option<usize>) -> ConsoleReader {
        ConsoleReader::new(self.shared.clone(), self.news.subscribe(), after, tail)
    }
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, Ring> {
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
