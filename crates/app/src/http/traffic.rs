//! What happens to every request, whatever it asks for: it gets an id and limits in time, it is counted and logged, and it is answered even where
//! its handler panics.

use std::panic::AssertUnwindSafe;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use exeunt_model::identity::PrincipalId;
use futures_util::{FutureExt as _, StreamExt as _};
use tokio::sync::Notify;
use tokio::time::{Instant as Moment, sleep_until};

use super::problem::Problem;
use super::request_id::{self, RequestId};
use super::server::Server;
use crate::figures;
use crate::logging::milliseconds;

/// How long a client and the desk may take.
#[derive(Debug, Clone, Copy)]
pub struct Patience {
    /// For a body, and a second more for each [`SECOND_OF_BYTES`] of it.
    pub body: Duration,
    /// For the answer, once the body is there.
    pub answer: Duration,
}

/// Bytes of a body that earn a client a further second: nobody who sends steadily is sent away, and nobody holds a connection with drops.
const SECOND_OF_BYTES: u64 = 16 * 1024;

/// Whom a request turned out to come from: written where that is found out, read where it is logged.
#[derive(Debug, Clone, Default)]
pub struct Seen(Arc<OnceLock<PrincipalId>>);

impl Seen {
    pub fn note(&self, principal: &PrincipalId) {
        // The first is the one who calls.
        let _ = self.0.set(principal.clone());
    }
}

/// The route of what no route was found for. What was asked for may be a secret, and there is no end of it.
const NO_ROUTE: &str = "none";

/// Sees a request through.
pub async fn see_through(State(server): State<Arc<Server>>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(request.headers());
    let method = spelled(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or(NO_ROUTE, MatchedPath::as_str).to_owned();
    let seen = Seen::default();
    request.extensions_mut().insert(seen.clone());
    let around = id.clone();
    // In a task of its own: what was begun is finished and logged, even if the client goes away.
    let work = tokio::spawn(around.around(async move {
        let begun = Instant::now();
        let answering = AssertUnwindSafe(within(server.patience, request, next)).catch_unwind();
        let mut response = answering.await.unwrap_or_else(|_| Problem::internal(None).into_response());
        if is_stream(&response) {
            let stopping = server.stopping();
            response = response.map(|body| Body::from_stream(body.into_data_stream().take_until(stopping)));
        }
        told(&id, method, &route, &seen, response.status().as_u16(), begun.elapsed());
        if let Some(value) = id.header() {
            response.headers_mut().insert(request_id::HEADER, value);
        }
        response
    }));
    // The task ends without an answer when the runtime does; then nobody waits for one.
    work.await.unwrap_or_else(|_| Problem::unavailable(None).into_response())
}

fn told(id: &RequestId, method: &'static str, route: &str, seen: &Seen, status: u16, took: Duration) {
    figures::answered(method, route, status, took);
    let principal = seen.0.get().map(PrincipalId::as_str).unwrap_or_default();
    let (request_id, took) = (id.as_str(), milliseconds(took));
    let is_probe = matches!(route, "/healthz" | "/readyz") && status < 400;
    match status {
        _ if is_probe => tracing::debug!(method, route, status, milliseconds = took, request_id, "answered"),
        500.. => tracing::warn!(method, route, status, milliseconds = took, request_id, principal, "answered"),
        _ => tracing::info!(method, route, status, milliseconds = took, request_id, principal, "answered"),
    }
}

/// The method as metrics have it: whoever makes up methods makes up no series.
fn spelled(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

/// Answers in time. Blocking work that was begun goes on; its effect may come after the answer.
async fn within(patience: Patience, request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let arrived = Arc::new(Arrived::default());
    if body.is_end_stream() {
        arrived.end();
    }
    let body = Body::new(Noticed { body, arrived: arrived.clone() });
    tokio::select! {
        response = next.run(Request::from_parts(parts, body)) => response,
        response = too_late(patience, &arrived) => response,
    }
}

/// Waits for as long as the client and the desk may take.
async fn too_late(patience: Patience, arrived: &Arrived) -> Response {
    let begun = Moment::now();
    loop {
        if let Some(whole) = arrived.whole.get() {
            sleep_until(*whole + patience.answer).await;
            return Problem::takes_too_long(None).into_response();
        }
        let earned = arrived.bytes.load(Ordering::Acquire) / SECOND_OF_BYTES;
        let due = begun + patience.body + Duration::from_secs(earned);
        if Moment::now() >= due {
            return closing(Problem::too_slow(None));
        }
        tokio::select! {
            () = sleep_until(due) => {}
            () = arrived.ended.notified() => {}
        }
    }
}

/// What comes after half a request could not be told from its rest.
fn closing(problem: Problem) -> Response {
    let mut response = problem.into_response();
    response.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("close"));
    response
}

fn is_stream(response: &Response) -> bool {
    response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"))
}

/// What has come of a body.
#[derive(Debug, Default)]
struct Arrived {
    bytes: AtomicU64,
    whole: OnceLock<Moment>,
    ended: Notify,
}

impl Arrived {
    fn end(&self) {
        let _ = self.whole.set(Moment::now());
        self.ended.notify_one();
    }
}

/// A body that notices what comes.
struct Noticed {
    body: Body,
    arrived: Arc<Arrived>,
}

impl HttpBody for Noticed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<hyper::body::Frame<Self::Data>, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(context);
        if let Poll::Ready(Some(Ok(frame))) = &polled
            && let Some(data) = frame.data_ref()
        {
            self.arrived.bytes.fetch_add(data.len() as u64, Ordering::AcqRel);
        }
        if matches!(polled, Poll::Ready(None)) || self.body.is_end_stream() {
            self.arrived.end();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> hyper::body::SizeHint {
        self.body.size_hint()
    }
}
