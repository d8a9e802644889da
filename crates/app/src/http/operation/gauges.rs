//! What the store knows, as text for Prometheus. No label tells of a contract or a person.

use std::fmt::Write as _;

use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_model::moment::Moment;
use exeunt_store::desk::Measures;

/// Labels and their number.
type Sample = (Vec<(&'static str, String)>, f64);

/// Writes the gauges. Without measures, only that the store is away.
pub fn write(text: &mut String, measures: Option<&Measures>, now: Moment) {
    let version = vec![("version", env!("CARGO_PKG_VERSION").to_owned())];
    gauge(text, "exeunt_build_info", "The version of the program", &[(version, 1.0)]);
    gauge(text, "exeunt_store_up", "Whether the store answers", &[(Vec::new(), f64::from(u8::from(measures.is_some())))]);
    let Some(measures) = measures else { return };
    let requests: Vec<Sample> = measures
        .requests
        .iter()
        .map(|(kind, state, count)| (vec![("kind", kind.clone()), ("state", state.clone())], number(*count)))
        .collect();
    gauge(text, "exeunt_requests", "Requests by kind and state", &requests);
    let overdue = ["case", "erasure", "export"].map(|kind| {
        let found = measures.overdue.iter().find(|(known, _)| known == kind);
        (vec![("kind", kind.to_owned())], number(found.map_or(0, |(_, count)| *count)))
    });
    gauge(text, "exeunt_requests_overdue", "Requests that should have been answered by now", &overdue);
    let (mut jobs, mut oldest, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    for kind in JobKind::ALL.iter().copied() {
        for state in [JobState::Queued, JobState::Running] {
            let found = measures.jobs.iter().find(|open| open.kind == kind && open.state == state);
            let labels = vec![("kind", kind.to_string()), ("state", state.to_string())];
            jobs.push((labels.clone(), number(found.map_or(0, |open| open.jobs))));
            // A job that is to begin later waits for nobody.
            let age = found.map_or(0, |open| now.microseconds().saturating_sub(open.oldest.microseconds()).max(0));
            oldest.push((labels, seconds(age)));
        }
        let found = measures.failed.iter().find(|(known, _)| *known == kind);
        failed.push((vec![("kind", kind.to_string())], number(found.map_or(0, |(_, count)| *count))));
    }
    gauge(text, "exeunt_jobs", "Jobs that wait or run", &jobs);
    gauge(text, "exeunt_job_oldest_seconds", "Since when the first of them should have begun, or has run", &oldest);
    gauge(text, "exeunt_jobs_failed_last_day", "Jobs that failed for good in the last 24 hours", &failed);
    let paused: Vec<Sample> =
        Lane::ALL.iter().map(|lane| (vec![("lane", lane.to_string())], f64::from(u8::from(measures.paused.contains(lane))))).collect();
    gauge(text, "exeunt_lane_paused", "Whether work of this lane is paused", &paused);
    gauge(text, "exeunt_archives", "Archives that are kept", &[(Vec::new(), number(measures.archives))]);
    gauge(text, "exeunt_archive_bytes", "Bytes of the archives that are kept", &[(Vec::new(), number(measures.archive_bytes))]);
    gauge(text, "exeunt_log_entries", "Entries of the append-only log", &[(Vec::new(), number(measures.log_entries))]);
}

fn gauge(text: &mut String, name: &str, help: &str, samples: &[Sample]) {
    // Writing to a String never fails.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} gauge");
    for (labels, value) in samples {
        let labels: Vec<String> = labels.iter().map(|(name, value)| format!("{name}=\"{}\"", escaped(value))).collect();
        let labels = if labels.is_empty() { String::new() } else { format!("{{{}}}", labels.join(",")) };
        let _ = writeln!(text, "{name}{labels} {value}");
    }
    text.push('\n');
}

fn escaped(value: &str) -> String {
    value.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn number(count: u64) -> f64 {
    count as f64
}

#[expect(clippy::cast_precision_loss, reason = "Prometheus has no other numbers")]
fn seconds(microseconds: i64) -> f64 {
    microseconds as f64 / 1_000_000.0
}
