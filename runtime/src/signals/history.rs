//! The last values of chosen signals, for charts.
//!
//! In: updates of the broker ([`follow`]), or from anybody ([`History::push`]). Out: a
//! [`Series`] of one signal, thinned to as many points as a chart has room for.
//! Memory is bounded whatever comes: each signal keeps so many points, and all together so
//! many bytes. Where those are reached, the signal that takes most gives up its oldest points,
//! so a chatty signal costs a quiet one nothing. Long texts are cut, long arrays not kept;
//! both are counted.
//! Must not know: HTTP; who draws.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    sync::{Arc, Mutex},
};

use jiff::Timestamp;
use serde::Serialize;
use tokio_util::sync::CancellationToken;
use vss_codegen::model::Value;

use super::{
    Broker, Client, InvalidPattern, Pattern, SignalError, following::Following, lock,
    registry::weight,
};

/// A text keeps so many bytes.
const LONGEST_TEXT: usize = 256;
/// An array of more is not kept.
const LARGEST_ARRAY: usize = 4 << 10;
/// What a value on the heap takes beside itself.
const ON_HEAP: usize = 2 * size_of::<usize>();
/// What a signal takes beside its points.
const FRAME: usize = 256;

/// What to keep.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keep {
    /// Leaves, branches and patterns; none: nothing is kept.
    pub patterns: Vec<Pattern>,
    /// Of each signal.
    pub points: usize,
    /// Of all signals together.
    pub bytes: usize,
}

impl Keep {
    /// Ten minutes of a signal that comes each second, of every signal of a large model.
    pub fn new(patterns: &[String]) -> Result<Keep, InvalidPattern> {
        let patterns =
            patterns.iter().map(|text| Pattern::parse(text)).collect::<Result<_, _>>()?;
        Ok(Keep { patterns, points: 600, bytes: 16 << 20 })
    }
}

/// A cheap handle; all clones are the same history.
#[derive(Clone, Debug)]
pub struct History {
    keep: Arc<Keep>,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    tracks: BTreeMap<Arc<str>, Track>,
    /// The bytes of each track: the last one gives way.
    sizes: BTreeSet<(usize, Arc<str>)>,
    bytes: usize,
}

/// The points of one signal, the oldest first.
#[derive(Debug, Default)]
struct Track {
    points: VecDeque<Point>,
    /// What its values take on the heap.
    heap: usize,
    cut: u64,
    left_out: u64,
}

/// A value at a time, as `[milliseconds since 1970, value]` in JSON; `null` where there was none.
#[derive(Clone, Debug, PartialEq)]
pub struct Point {
    pub time: Timestamp,
    pub value: Option<Value>,
}

/// What there is of one signal.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Series {
    pub path: Arc<str>,
    /// The oldest first.
    pub points: Vec<Point>,
    /// How many there were in this time, before they were thinned.
    pub of: usize,
    /// When the oldest was that is still kept, in milliseconds since 1970: what lies before
    /// was given up, or never was.
    pub since: Option<i64>,
    /// Texts that were cut, and arrays that were not kept, since the start.
    pub cut: u64,
    pub left_out: u64,
}

/// What the whole history takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Usage {
    pub signals: usize,
    pub points: usize,
    pub bytes: usize,
    pub most_bytes: usize,
}

/// A part of a signal's history.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Query {
    /// Both included.
    pub from: Option<Timestamp>,
    pub to: Option<Timestamp>,
    /// At most so many points: of more, the minima and maxima of equal parts of the time.
    pub most: usize,
}

impl History {
    pub fn new(keep: Keep) -> History {
        History { keep: Arc::new(keep), state: Arc::default() }
    }

    /// Whether this signal is kept.
    pub fn has(&self, path: &str) -> bool {
        self.keep.patterns.iter().any(|pattern| pattern.matches(path))
    }

    /// Takes a value of a signal that is chosen.
    pub fn push(&self, path: &Arc<str>, time: Timestamp, value: Option<&Value>) {
        lock(&self.state).push(&self.keep, path, time, value);
    }

    /// `None` for a signal that is not kept; one of which nothing came yet has no points.
    pub fn query(&self, path: &str, query: Query) -> Option<Series> {
        let state = lock(&self.state);
        let Some((path, track)) = state.tracks.get_key_value(path) else {
            let path = self.has(path).then(|| Arc::from(path))?;
            return Some(Series { path, ..Series::default() });
        };
        let after = |point: &Point| query.from.is_none_or(|from| point.time >= from);
        let before = |point: &Point| query.to.is_none_or(|to| point.time <= to);
        let within = || track.points.iter().filter(|point| after(point) && before(point));
        Some(Series {
            path: path.clone(),
            points: thin(within, query.most),
            of: within().count(),
            since: track.points.front().map(|point| point.time.as_millisecond()),
            cut: track.cut,
            left_out: track.left_out,
        })
    }

    pub fn usage(&self) -> Usage {
        let state = lock(&self.state);
        Usage {
            signals: state.tracks.len(),
            points: state.tracks.values().map(|track| track.points.len()).sum(),
            bytes: state.bytes,
            most_bytes: self.keep.bytes,
        }
    }
}

impl State {
    fn push(&mut self, keep: &Keep, path: &Arc<str>, time: Timestamp, value: Option<&Value>) {
        let before = self.tracks.get(path).map(Track::size);
        let track = self.tracks.entry(path.clone()).or_default();
        track.push(keep.points, time, value);
        let after = track.size();
        self.resize(path, before, after);
        while self.bytes > keep.bytes {
            let Some((size, path)) = self.sizes.last().cloned() else { break };
            let Some(track) = self.tracks.get_mut(&path) else { break };
            if track.points.is_empty() {
                // There is no room for the signal itself.
                self.tracks.remove(&path);
                self.sizes.pop_last();
                self.bytes -= size;
                continue;
            }
            track.give_way();
            let smaller = track.size();
            self.resize(&path, Some(size), smaller);
        }
    }

    fn resize(&mut self, path: &Arc<str>, before: Option<usize>, after: usize) {
        if before == Some(after) {
            return;
        }
        if let Some(before) = before {
            self.sizes.remove(&(before, path.clone()));
        }
        self.bytes = self.bytes + after - before.unwrap_or_default();
        self.sizes.insert((after, path.clone()));
    }
}

impl Track {
    fn push(&mut self, most: usize, time: Timestamp, value: Option<&Value>) {
        let value = match value {
            Some(Value::String(text)) if text.len() > LONGEST_TEXT => {
                self.cut += 1;
                Some(Value::String(start(text).into()))
            }
            Some(value) if weight(value) > LARGEST_ARRAY => {
                self.left_out += 1;
                return;
            }
            value => value.cloned(),
        };
        while self.points.len() >= most.max(1) {
            self.pop();
        }
        // By an eighth and not by twice, so that what is reserved is about what is used.
        if self.points.len() == self.points.capacity() {
            let room = most.saturating_sub(self.points.len()).max(1);
            self.points.reserve_exact((self.points.len() / 8).max(8).min(room));
        }
        self.heap += heap(value.as_ref());
        self.points.push_back(Point { time, value });
    }

    fn pop(&mut self) {
        if let Some(point) = self.points.pop_front() {
            self.heap -= heap(point.value.as_ref());
        }
    }

    /// An eighth at once, for shrinking moves the rest.
    fn give_way(&mut self) {
        for _ in 0..(self.points.len() / 8).max(1) {
            self.pop();
        }
        self.points.shrink_to_fit();
    }

    fn size(&self) -> usize {
        FRAME + self.points.capacity() * size_of::<Point>() + self.heap
    }
}

/// As much of a text as is kept, in whole characters.
fn start(text: &str) -> &str {
    let mut end = LONGEST_TEXT.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    &text[..end]
}

fn heap(value: Option<&Value>) -> usize {
    match value {
        Some(value @ Value::String(_)) => ON_HEAP + weight(value),
        Some(Value::StringArray(items)) => {
            ON_HEAP
                + items.iter().map(|text| size_of_val(text) + ON_HEAP + text.len()).sum::<usize>()
        }
        Some(value) if value.kind().is_array => ON_HEAP + weight(value),
        _ => 0,
    }
}

/// Keeps what the broker says of the chosen signals, until `stop`.
pub async fn follow(
    broker: &Broker,
    client: &Client,
    history: &History,
    stop: &CancellationToken,
) -> Result<(), SignalError> {
    let mut following = Following::start(broker, client, history.keep.patterns.clone())?;
    while let Some(batch) = stop.run_until_cancelled(following.next()).await {
        for update in batch? {
            let datapoint = update.datapoint();
            if let Some(time) = datapoint.timestamp {
                history.push(update.path(), time, datapoint.value.as_ref());
            }
        }
    }
    Ok(())
}

/// At most `most` points: the least and the greatest of each of `most / 2` equal parts of the
/// time, so that a chart shows every peak; of what is no number, the first and the last.
fn thin<'a, I: Iterator<Item = &'a Point>>(points: impl Fn() -> I, most: usize) -> Vec<Point> {
    let count = points().count();
    if count <= most {
        return points().cloned().collect();
    }
    if most < 2 {
        return points().last().into_iter().take(most).cloned().collect();
    }
    let times = || points().map(|point| point.time.as_nanosecond());
    let (first, last) = (times().min().unwrap_or_default(), times().max().unwrap_or_default());
    let parts = most / 2;
    let mut chosen: Vec<Option<(usize, usize)>> = vec![None; parts];
    let all: Vec<&Point> = points().collect();
    for (index, point) in all.iter().enumerate() {
        let part = (point.time.as_nanosecond() - first) * parts as i128 / (last - first + 1);
        let Some(part) = usize::try_from(part).ok().and_then(|part| chosen.get_mut(part)) else {
            continue;
        };
        let (least, greatest) = part.get_or_insert((index, index));
        match (number(point), number(all[*least]), number(all[*greatest])) {
            (Some(new), Some(low), Some(high)) => {
                if new < low {
                    *least = index;
                }
                if new > high {
                    *greatest = index;
                }
            }
            // A number is more than a gap.
            (Some(_), _, _) => (*least, *greatest) = (index, index),
            (None, None, None) => *greatest = index,
            (None, _, _) => {}
        }
    }
    let mut indices: Vec<usize> = chosen.into_iter().flatten().flat_map(|(a, b)| [a, b]).collect();
    indices.sort_unstable();
    indices.dedup();
    indices.into_iter().map(|index| all[index].clone()).collect()
}

/// Large 64-bit integers are compared as what a chart draws.
fn number(point: &Point) -> Option<f64> {
    let number = match point.value.as_ref()? {
        Value::Bool(v) => f64::from(*v),
        Value::Int32(v) => (*v).into(),
        Value::Int64(v) => *v as f64,
        Value::Uint32(v) => (*v).into(),
        Value::Uint64(v) => *v as f64,
        Value::Float(v) => (*v).into(),
        Value::Double(v) => *v,
        _ => return None,
    };
    (!number.is_nan()).then_some(number)
}

impl Serialize for Point {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        (self.time.as_millisecond(), &self.value).serialize(serializer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use vss_codegen::model::Value;

    use super::*;
    use crate::signals::testing::broker;

    const ALL: Query = Query { from: None, to: None, most: usize::MAX };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn history(points: usize, bytes: usize) -> History {
        let keep = Keep::new(&["Vehicle".to_owned()]).unwrap();
        History::new(Keep { points, bytes, ..keep })
    }

    fn push(history: &History, path: &str, second: i64, value: Value) {
        history.push(&path.into(), at(second), Some(&value));
    }

    fn seconds(series: &Series) -> Vec<i64> {
        series.points.iter().map(|point| point.time.as_second()).collect()
    }

    #[test]
    fn the_last_points_of_a_signal_are_kept() {
        let history = history(3, 1 << 20);
        for second in 0..10 {
            push(&history, "Vehicle.Speed", second, Value::Float(second as f32));
        }
        let series = history.query("Vehicle.Speed", ALL).unwrap();
        assert_eq!(seconds(&series), [7, 8, 9]);
        let part = Query { from: Some(at(8)), to: Some(at(8)), ..ALL };
        assert_eq!(seconds(&history.query("Vehicle.Speed", part).unwrap()), [8]);
        let series = history.query("Vehicle.Gear", ALL).unwrap();
        assert_eq!((series.points.len(), series.since), (0, None), "kept, but nothing came");
        assert_eq!(history.query("Motor.Speed", ALL), None);
    }

    #[test]
    fn the_json_is_what_a_chart_reads() {
        let history = history(10, 1 << 20);
        push(&history, "Vehicle.Speed", 1, Value::Float(0.1));
        history.push(&"Vehicle.Speed".into(), at(2), None);
        let series = history.query("Vehicle.Speed", ALL).unwrap();
        assert_eq!(
            serde_json::to_string(&series).unwrap(),
            r#"{"path":"Vehicle.Speed","points":[[1000,0.1],[2000,null]],"of":2,"since":1000,"cut":0,"left_out":0}"#
        );
    }

    #[test]
    fn the_signal_that_takes_most_gives_way() {
        let history = history(100_000, 100_000);
        for second in 0..10 {
            push(&history, "Vehicle.Quiet", second, Value::Bool(true));
        }
        for second in 0..50_000 {
            push(&history, "Vehicle.Chatty", second, Value::Int64(second));
            assert!(history.usage().bytes <= 100_000);
        }
        assert_eq!(history.query("Vehicle.Quiet", ALL).unwrap().points.len(), 10);
        let chatty = history.query("Vehicle.Chatty", ALL).unwrap();
        assert_eq!(seconds(&chatty).last(), Some(&49_999), "the newest stay");
        assert!(
            chatty.points.len() > 1000,
            "and most of the room is used: {}",
            chatty.points.len()
        );
    }

    #[test]
    fn long_texts_are_cut_and_long_arrays_left_out() {
        let history = history(10, 1 << 20);
        push(&history, "Vehicle.Text", 1, Value::String("ü".repeat(1000).into()));
        push(&history, "Vehicle.Text", 2, Value::Int64Array(vec![0; 1000].into()));
        let series = history.query("Vehicle.Text", ALL).unwrap();
        assert_eq!((series.points.len(), series.cut, series.left_out), (1, 1, 1));
        assert_eq!(series.points[0].value, Some(Value::String("ü".repeat(128).into())));
    }

    #[test]
    fn thinning_keeps_every_peak() {
        let history = history(10_000, 1 << 20);
        for second in 0..10_000 {
            let value = match second {
                3_333 => 1000.0,
                6_666 => -1000.0,
                other => (other as f32 / 100.0).sin(),
            };
            push(&history, "Vehicle.Speed", second, Value::Float(value));
        }
        let thinned = history.query("Vehicle.Speed", Query { most: 100, ..ALL }).unwrap();
        assert!(thinned.points.len() <= 100 && thinned.points.len() > 80);
        assert_eq!(thinned.of, 10_000);
        assert!(seconds(&thinned).is_sorted());
        for peak in [3_333, 6_666] {
            assert!(seconds(&thinned).contains(&peak), "{peak}");
        }
        let newest = history.query("Vehicle.Speed", Query { most: 1, ..ALL }).unwrap();
        assert_eq!(seconds(&newest), [9_999]);
        assert!(
            history.query("Vehicle.Speed", Query { most: 0, ..ALL }).unwrap().points.is_empty()
        );
    }

    proptest! {
        #[test]
        fn memory_is_bounded_whatever_comes(
            pushes in prop::collection::vec((0..40_u8, any::<i32>(), 0..400_usize), 1..400),
            points in 0..50_usize,
            bytes in 0..20_000_usize,
        ) {
            let history = history(points, bytes);
            for (signal, second, length) in pushes {
                let value = match signal % 4 {
                    0 => Value::String("x".repeat(length).into()),
                    1 => Value::StringArray(vec!["y".into(); length / 8].into()),
                    2 => Value::DoubleArray(vec![0.5; length].into()),
                    _ => Value::Int32(second),
                };
                push(&history, &format!("Vehicle.S{signal}"), second.into(), value);
                let state = lock(&history.state);
                let sizes: usize = state.tracks.values().map(Track::size).sum();
                prop_assert_eq!(state.bytes, sizes);
                prop_assert_eq!(state.sizes.len(), state.tracks.len());
                prop_assert!(state.bytes <= bytes);
                let most = points.max(1);
                prop_assert!(state.tracks.values().all(|track| track.points.len() <= most));
            }
        }

        #[test]
        fn thinned_points_are_few_in_order_and_hold_the_extremes(
            values in prop::collection::vec((any::<i32>(), prop::option::of(-100..100_i32)), 1..300),
            most in 2..60_usize,
        ) {
            let history = history(1000, 1 << 20);
            for (second, value) in &values {
                let value = value.map(Value::Int32);
                history.push(&"Vehicle.S".into(), at((*second).into()), value.as_ref());
            }
            let points = history.query("Vehicle.S", Query { most, ..ALL }).unwrap().points;
            prop_assert!(points.len() <= most && !points.is_empty());
            let numbers: Vec<f64> = points.iter().filter_map(number).collect();
            let all = || values.iter().filter_map(|(_, value)| value.map(f64::from));
            prop_assert_eq!(
                numbers.iter().copied().reduce(f64::max), all().reduce(f64::max)
            );
            prop_assert_eq!(
                numbers.iter().copied().reduce(f64::min), all().reduce(f64::min)
            );
        }
    }

    #[tokio::test]
    async fn it_follows_the_broker() {
        let (broker, client) = (broker(), Client::runtime());
        let history = history(10, 1 << 20);
        let stop = CancellationToken::new();
        let task = {
            let (broker, client) = (broker.clone(), client.clone());
            let (history, stop) = (history.clone(), stop.clone());
            tokio::spawn(async move { follow(&broker, &client, &history, &stop).await })
        };
        broker.publish(&client, "Vehicle.Speed", Value::Float(30.0)).unwrap();
        let newest = || history.query("Vehicle.Speed", ALL).unwrap().points.pop();
        while newest().is_none_or(|point| point.value != Some(Value::Float(30.0))) {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
        stop.cancel();
        task.await.unwrap().unwrap();
    }
}
