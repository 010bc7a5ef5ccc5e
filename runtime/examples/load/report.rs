//! What a scenario gave, as a line of JSON or of a table.

use serde::Serialize;

/// Figures that a scenario has not are left out.
#[derive(Clone, Debug, Default, Serialize)]
pub(crate) struct Figures {
    /// Updates of a signal, or calls, a second.
    pub(crate) rate: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) deliveries: Option<f64>,
    /// Of what should have been delivered, by the gaps in the numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) lost_percent: Option<f64>,
    /// Came after a later one of the same signal, or twice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) disordered: Option<u64>,
    /// Processor time of the broker, for each update or call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_us: Option<f64>,
    /// The same for each delivery.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) delivery_us: Option<f64>,
    /// Processor time of this program, for each update or call.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) client_us: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none", flatten)]
    pub(crate) latency: Option<Latency>,
    /// Calls that were answered with an error.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) failed: Option<u64>,
    /// The broker's memory at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) megabytes: Option<f64>,
}

/// In microseconds.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Latency {
    pub(crate) p50_us: f64,
    pub(crate) p99_us: f64,
    pub(crate) max_us: f64,
}

/// Of nanoseconds.
pub(crate) fn percentiles(took: &mut [u64]) -> Option<Latency> {
    took.sort_unstable();
    let at = |share: f64| {
        let place = (took.len() as f64 * share) as usize;
        took.get(place).or(took.last()).map(|nanoseconds| *nanoseconds as f64 / 1e3)
    };
    Some(Latency { p50_us: at(0.5)?, p99_us: at(0.99)?, max_us: at(1.0)? })
}

pub(crate) fn json(scenario: &str, figures: &Figures) -> anyhow::Result<String> {
    #[derive(Serialize)]
    struct Line<'a> {
        scenario: &'a str,
        #[serde(flatten)]
        figures: &'a Figures,
    }
    Ok(serde_json::to_string(&Line { scenario, figures })?)
}

pub(crate) fn heading() -> String {
    let columns = ["updates/s", "deliveries/s", "lost %", "broker µs", "µs/delivery", "client µs"];
    let more = ["p50 µs", "p99 µs", "max µs", "failed", "MB"];
    let columns: String = columns.iter().chain(&more).map(|name| format!("{name:>13}")).collect();
    format!("{:14}{columns}", "scenario")
}

pub(crate) fn row(scenario: &str, figures: &Figures) -> String {
    let of = |figure: Option<f64>, digits: usize| match figure {
        Some(figure) => format!("{figure:>13.digits$}"),
        None => format!("{:>13}", ""),
    };
    let latency = |part: fn(Latency) -> f64| of(figures.latency.map(part), 0);
    let disordered = figures.disordered.filter(|count| *count > 0);
    [
        format!("{scenario:14}"),
        of(Some(figures.rate), 0),
        of(figures.deliveries, 0),
        of(figures.lost_percent, 3),
        of(figures.server_us, 2),
        of(figures.delivery_us, 2),
        of(figures.client_us, 2),
        latency(|latency| latency.p50_us),
        latency(|latency| latency.p99_us),
        latency(|latency| latency.max_us),
        of(figures.failed.map(|failed| failed as f64), 0),
        of(figures.megabytes, 1),
        disordered.map(|count| format!("  {count} out of order")).unwrap_or_default(),
    ]
    .concat()
}
