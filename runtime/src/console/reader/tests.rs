use std::sync::Mutex;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::*;
use crate::{
    app::Stream,
    console::{Archive, Console},
};

/// Keeps what it is given, as the database does.
#[derive(Debug, Default)]
struct Shelf(Mutex<Vec<Line>>);

impl Archive for Shelf {
    fn read(&self, after: u64, limit: u32) -> BoxFuture<'_, Vec<Line>> {
        let lines = self.0.lock().unwrap();
        let found = lines.iter().filter(|line| line.seq > after).take(limit as usize);
        let found: Vec<Line> = found.cloned().collect();
        Box::pin(async move { found })
    }

    fn read_back(&self, before: u64, limit: u32) -> BoxFuture<'_, Vec<Line>> {
        let lines = self.0.lock().unwrap();
        let below: Vec<Line> = lines.iter().filter(|line| line.seq < before).cloned().collect();
        let start = below.len().saturating_sub(limit as usize);
        Box::pin(async move { below[start..].to_vec() })
    }
}

struct Bench {
    shelf: Arc<Shelf>,
    console: Console,
}

impl Bench {
    /// With lines 1 to `last` written in an earlier life of the runtime.
    fn new(last: u64) -> Bench {
        let shelf = Arc::new(Shelf::default());
        let early = Console::new(0, shelf.clone());
        for _ in 0..last {
            let line = early.push(Stream::Stdout, Timestamp::UNIX_EPOCH, "x", false);
            shelf.0.lock().unwrap().push(line);
        }
        Bench { console: Console::new(last, shelf.clone()), shelf }
    }

    fn push(&self, lines: usize) {
        for _ in 0..lines {
            let line = self.console.push(Stream::Stdout, Timestamp::UNIX_EPOCH, "x", false);
            self.shelf.0.lock().unwrap().push(line);
        }
    }
}

/// `1-3` for lines, `!4-5` for gaps.
async fn kept(reader: &mut ConsoleReader) -> String {
    let mut runs: Vec<(bool, u64, u64)> = vec![];
    while let Some(item) = reader.next_kept().await {
        match (item, runs.last_mut()) {
            (Item::Line(line), Some((true, _, to))) if *to + 1 == line.seq => *to = line.seq,
            (Item::Line(line), _) => runs.push((true, line.seq, line.seq)),
            (Item::Gap { from, to }, _) => runs.push((false, from, to)),
        }
    }
    let text = |(line, from, to): &(bool, u64, u64)| {
        format!("{}{from}-{to}", if *line { "" } else { "!" })
    };
    runs.iter().map(text).collect::<Vec<_>>().join(" ")
}

#[tokio::test]
async fn a_reader_starts_with_what_is_kept_and_goes_on() {
    let bench = Bench::new(1500);
    bench.push(10);
    let mut reader = bench.console.reader(None, None);
    assert_eq!(kept(&mut reader).await, "1-1510");
    bench.push(2);
    assert_eq!(kept(&mut reader).await, "1511-1512");
}

#[tokio::test]
async fn a_reader_that_comes_back_goes_on_from_its_number() {
    let bench = Bench::new(20);
    bench.push(10);
    assert_eq!(kept(&mut bench.console.reader(Some(25), None)).await, "26-30");
    assert_eq!(kept(&mut bench.console.reader(Some(15), None)).await, "16-30");
    // A number of another console.
    assert_eq!(kept(&mut bench.console.reader(Some(99), None)).await, "");
}

#[tokio::test]
async fn a_tail_is_short_wherever_its_lines_are() {
    let bench = Bench::new(20);
    bench.push(10);
    assert_eq!(kept(&mut bench.console.reader(None, Some(3))).await, "28-30");
    assert_eq!(kept(&mut bench.console.reader(None, Some(15))).await, "16-30");
    assert_eq!(kept(&mut bench.console.reader(None, Some(99))).await, "1-30");
    assert_eq!(kept(&mut bench.console.reader(None, Some(0))).await, "");
    assert_eq!(kept(&mut bench.console.reader(Some(29), Some(9))).await, "30-30");
}

#[tokio::test]
async fn lost_lines_are_told_as_a_gap() {
    let bench = Bench::new(20);
    bench.push(2);
    bench.console.skip(3);
    bench.push(1);
    assert_eq!(kept(&mut bench.console.reader(Some(21), None)).await, "22-22 !23-25 26-26");
    // Deleted from the archive: a gap for who had a number, no gap for who wants all.
    bench.shelf.0.lock().unwrap().retain(|line| line.seq > 10);
    assert_eq!(kept(&mut bench.console.reader(Some(5), None)).await, "!6-10 11-22 !23-25 26-26");
    assert_eq!(kept(&mut bench.console.reader(None, None)).await, "11-22 !23-25 26-26");
    bench.shelf.0.lock().unwrap().clear();
    assert_eq!(kept(&mut bench.console.reader(Some(5), None)).await, "!6-20 21-22 !23-25 26-26");
}

#[tokio::test]
async fn a_reader_slower_than_the_ring_misses_nothing() {
    let bench = Bench::new(0);
    bench.push(1);
    let mut reader = bench.console.reader(None, None);
    assert!(reader.next().await.is_some());
    bench.push(9000);
    assert_eq!(kept(&mut reader).await, "2-9001");
}

#[tokio::test]
async fn a_waiting_reader_gets_the_line_and_the_end() {
    let Bench { shelf: _shelf, console } = Bench::new(0);
    let mut reader = console.reader(None, None);
    let follow = tokio::spawn(async move {
        let mut lines = vec![];
        while let Some(item) = reader.next().await {
            lines.push(item);
        }
        lines
    });
    for text in ["a", "b"] {
        tokio::task::yield_now().await;
        console.push(Stream::Stderr, Timestamp::UNIX_EPOCH, text, false);
    }
    drop(console);
    assert_eq!(follow.await.unwrap().len(), 2);
}
