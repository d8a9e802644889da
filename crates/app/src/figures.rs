//! Counters and durations of this process, for Prometheus. What the store knows is asked of it when somebody looks: see `http::operation`.

use std::time::Duration;

use exeunt_model::job::JobKind;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};

const HTTP_REQUESTS: &str = "exeunt_http_requests_total";
const HTTP_SECONDS: &str = "exeunt_http_request_seconds";
const HTTP_CONNECTIONS: &str = "exeunt_http_connections";
const JOB_SECONDS: &str = "exeunt_job_seconds";
const MAILS: &str = "exeunt_mails_total";
const STORE_TROUBLES: &str = "exeunt_worker_store_troubles_total";

/// Bounds of durations in seconds: answers, and jobs.
const ANSWERS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 60.0];
const JOBS: [f64; 10] = [0.05, 0.1, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];

/// What became of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    Done,
    /// It stopped, and is tried again or has failed.
    Stopped,
    /// It was left at a safe place because the desk stops.
    Left,
}

impl Outcome {
    /// As logs and metrics spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Stopped => "stopped",
            Self::Left => "left",
        }
    }
}

/// Begins to count. `None` where something else counts already.
pub fn install() -> Option<PrometheusHandle> {
    let builder = PrometheusBuilder::new();
    let builder = builder.set_buckets_for_metric(Matcher::Full(HTTP_SECONDS.to_owned()), &ANSWERS).ok()?;
    let builder = builder.set_buckets_for_metric(Matcher::Full(JOB_SECONDS.to_owned()), &JOBS).ok()?;
    let recorder = builder.build_recorder();
    let handle = recorder.handle();
    metrics::set_global_recorder(recorder).ok()?;
    describe_counter!(HTTP_REQUESTS, "Requests that this process has answered");
    describe_histogram!(HTTP_SECONDS, Unit::Seconds, "How long answers took until their first byte");
    describe_gauge!(HTTP_CONNECTIONS, "Connections that are open");
    describe_histogram!(JOB_SECONDS, Unit::Seconds, "How long jobs of this process took");
    describe_counter!(MAILS, "Attempts of this process to send a mail");
    describe_counter!(STORE_TROUBLES, "How often a worker of this process could not work because of the store");
    // What has not happened yet is a figure too: alerts compare the two.
    for outcome in ["sent", "failed"] {
        counter!(MAILS, "outcome" => outcome).increment(0);
    }
    Some(handle)
}

/// A request was answered. `route` is the template of its address.
pub fn answered(method: &'static str, route: &str, status: u16, took: Duration) {
    let route = route.to_owned();
    counter!(HTTP_REQUESTS, "method" => method, "route" => route.clone(), "status" => status.to_string()).increment(1);
    histogram!(HTTP_SECONDS, "method" => method, "route" => route).record(took.as_secs_f64());
}

/// So many connections are open.
pub fn connections(open: usize) {
    // Exact as far as anybody can have connections.
    gauge!(HTTP_CONNECTIONS).set(u32::try_from(open).unwrap_or(u32::MAX));
}

/// A worker could not work because of the store.
pub fn store_trouble() {
    counter!(STORE_TROUBLES).increment(1);
}

/// A job ended.
pub fn job(kind: JobKind, outcome: Outcome, took: Duration) {
    histogram!(JOB_SECONDS, "kind" => kind.as_str(), "outcome" => outcome.as_str()).record(took.as_secs_f64());
    if kind == JobKind::SendMail {
        let sent = match outcome {
            Outcome::Done => "sent",
            Outcome::Stopped | Outcome::Left => "failed",
        };
        counter!(MAILS, "outcome" => sent).increment(1);
    }
}
