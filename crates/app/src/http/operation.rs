//! What those who run the desk ask: whether it lives, whether it can work, and how much there is of what.

mod gauges;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::{Router, routing};
use exeunt_engine::desk::job::Wake;
use exeunt_engine::directory::Directory;
use exeunt_store::Store;
use exeunt_store::archives::ArchiveStore;
use metrics_exporter_prometheus::PrometheusHandle;
use serde::Serialize;

use super::problem::Problem;
use super::server::now;

/// What it takes to answer them, in a server as in a worker. It has a connection of its own, so that a probe never waits for a request.
pub struct Operation {
    store: Mutex<Store>,
    directory: Arc<Directory>,
    archives: ArchiveStore,
    wake: Arc<Wake>,
    figures: Option<PrometheusHandle>,
}

/// Whether the desk can work.
#[derive(Debug, Serialize)]
struct Readiness {
    ready: bool,
    store: Answers,
    /// While the platform's database is away, those who run the desk can work, and requests wait: that alone is no reason to send people elsewhere.
    directory: Answers,
    /// Without archives most of what people do here goes on: that is no reason either.
    archives: Answers,
    stopping: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
enum Answers {
    Yes,
    No,
}

impl Operation {
    pub fn new(
        store: Store,
        directory: Arc<Directory>,
        archives: ArchiveStore,
        wake: Arc<Wake>,
        figures: Option<PrometheusHandle>,
    ) -> Self {
        Self { store: Mutex::new(store), directory, archives, wake, figures }
    }

    fn readiness(&self, archives: Answers) -> Readiness {
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let looked = store.look("look whether the store answers", |transaction| transaction.paused_lanes());
        let store = if looked.is_ok() { Answers::Yes } else { Answers::No };
        // A key that no contract has is looked up like any other.
        let key = vec!["0".to_owned(); self.directory.key_columns().0];
        let directory = if self.directory.contract(&key).is_ok() { Answers::Yes } else { Answers::No };
        let stopping = self.wake.is_stopped();
        Readiness { ready: store == Answers::Yes && !stopping, store, directory, archives, stopping }
    }

    /// All figures as text for Prometheus: those of this process, and those of the store, which every process tells alike.
    fn text(&self) -> String {
        let mut text = String::new();
        if let Some(figures) = &self.figures {
            figures.run_upkeep();
            text.push_str(&figures.render());
        }
        let store = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        let now = now();
        let measured = store.look("measure the desk", |transaction| transaction.measures(now));
        gauges::write(&mut text, measured.as_ref().ok(), now);
        text
    }
}

/// The listener for Prometheus alone: figures and probes, without the rest of the desk.
pub fn router(operation: Arc<Operation>) -> Router {
    Router::new()
        .route("/healthz", routing::get(health))
        .route("/readyz", routing::get(ready))
        .route("/metrics", routing::get(figures))
        .fallback(|| async { Problem::not_found(None) })
        .with_state(operation)
}

/// How long the archive store may take to answer who asks whether the desk is ready.
const ARCHIVES_ANSWER: Duration = Duration::from_secs(2);

/// The process lives.
pub async fn health(headers: HeaderMap) -> Response {
    if wants_json(&headers) { axum::Json(serde_json::json!({ "alive": true })).into_response() } else { "ok\n".into_response() }
}

/// Whether the store answers and the desk isn't about to stop; as JSON also whether the directory and the archive store answer.
pub async fn ready(State(operation): State<Arc<Operation>>, headers: HeaderMap) -> Response {
    let asked = operation.clone();
    let looked = tokio::task::spawn_blocking(move || asked.archives.look().is_ok());
    let archives = match tokio::time::timeout(ARCHIVES_ANSWER, looked).await {
        Ok(Ok(true)) => Answers::Yes,
        Ok(Ok(false) | Err(_)) | Err(_) => Answers::No,
    };
    let Ok(readiness) = tokio::task::spawn_blocking(move || operation.readiness(archives)).await else {
        return Problem::internal(None).into_response();
    };
    let status = if readiness.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    match (wants_json(&headers), readiness.ready) {
        (true, _) => (status, axum::Json(readiness)).into_response(),
        (false, true) if readiness.archives == Answers::No => "ok, but the archive store is away\n".into_response(),
        (false, true) => "ok\n".into_response(),
        (false, false) if readiness.stopping => Problem::unavailable("the desk is stopping".to_owned()).into_response(),
        (false, false) => Problem::unavailable("the store does not answer".to_owned()).into_response(),
    }
}

async fn figures(State(operation): State<Arc<Operation>>) -> Response {
    match tokio::task::spawn_blocking(move || operation.text()).await {
        Ok(text) => {
            let mut response = text.into_response();
            let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
            response.headers_mut().insert(header::CONTENT_TYPE, kind);
            response
        }
        Err(_) => Problem::internal(None).into_response(),
    }
}

fn wants_json(headers: &HeaderMap) -> bool {
    headers.get(header::ACCEPT).and_then(|value| value.to_str().ok()).is_some_and(|kinds| kinds.contains("application/json"))
}
