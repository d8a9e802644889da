//! How far a request is, as server-sent events: its moves, and the rows of the job that works on it.
//!
//! A stream holds no connection to the store while it waits. It looks again when something happened in this process, and once in a while for what
//! happened in others. Whether whoever reads it still may is asked before anything is told, and every few seconds while nothing is.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use exeunt_model::authorization::Action;
use exeunt_model::identity::RequestId;
use exeunt_store::Store;
use serde::Serialize;
use serde_json::json;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};

use super::requests::find;
use crate::http::caller::{self, Caller};
use crate::http::extract::{Path, id};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::streams::Place;

/// Between two looks for what other processes did.
const POLL: Duration = Duration::from_secs(1);
/// Between two looks, however much happens.
const SHORTEST_PAUSE: Duration = Duration::from_millis(200);
/// Nobody keeps a stream open for longer who may not read it any more.
const RECOGNISED_FOR: Duration = Duration::from_secs(5);
/// Between two signs of life while nothing happens.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// A stream ends after so long, and whoever goes on listening is asked again who they are.
const LONGEST: Duration = Duration::from_secs(600);

/// How far a job is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Progress {
    job: String,
    /// Rows so far.
    done: u64,
    /// Rows expected: an estimate for an export, those of the plan for an erasure.
    expected: Option<u64>,
}

/// What a look has found.
struct Look {
    events: Vec<exeunt_store::desk::Event>,
    state: &'static str,
    is_over: bool,
    progress: Option<Progress>,
}

/// What another look comes to.
enum Looked {
    At(Look),
    /// The same with the caller recognised anew.
    Recognised(Look),
    /// The session or token has ended, or the caller's part in the request.
    NoMore,
}

/// What a stream has told, and whether its caller must be recognised anew.
struct Known<'a> {
    progress: Option<&'a Progress>,
    is_stale: bool,
}

/// Follows a request: `state` for each of its moves, with the move's number as id; `progress` with the rows of its running job; `end` when it has
/// come to its end, and then nothing more. A stream ends after ten minutes at the latest; go on with `Last-Event-ID`. It ends within seconds when
/// the caller's session or token does, or their right to see the request.
#[utoipa::path(get, path = "/requests/{id}/progress", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"),
           ("Last-Event-ID" = Option<u64>, Header, description = "The number of the last move that is known already")),
    responses((status = 200, description = "Server-sent events, until the request comes to its end", body = String, content_type = "text/event-stream"),
              (status = 204, description = "The request has come to its end, and the caller knows: nothing more will come"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn follow(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let id: RequestId = id(&request)?;
    let known = known(&headers)?;
    let next = known.map_or(0, |known| known.saturating_add(1));
    let principal = caller.principal.id.clone();
    let recognised = Instant::now();
    let mut changes = server.changes.subscribe();
    changes.mark_unchanged();
    let wanted = id.clone();
    let look = server
        .reading(move |_, store| {
            find(store, &caller, Action::ReadRequests, &wanted)?;
            look(store, &wanted, next)
        })
        .await?;
    if look.is_over && known.is_some() && look.events.is_empty() {
        return Ok(StatusCode::NO_CONTENT.into_response());
    }
    let place = server.streams.take(&principal);
    let place = place.ok_or_else(|| Problem::too_many("you follow as many requests as you can: close some".to_owned()))?;
    let mut following = Following {
        server,
        id,
        next,
        progress: None,
        pending: VecDeque::new(),
        is_over: false,
        changes,
        until: recognised + LONGEST,
        headers: Arc::new(headers),
        recognised,
        _place: place,
    };
    following.take(look);
    let events = futures_util::stream::unfold(following, Following::next);
    let buffering = HeaderName::from_static("x-accel-buffering");
    let sent = Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE));
    // No proxy is to keep events until there are many of them.
    Ok(([(header::CACHE_CONTROL, "no-store"), (buffering, "no")], sent).into_response())
}

fn known(headers: &HeaderMap) -> Result<Option<u64>, Problem> {
    let Some(value) = headers.get("last-event-id").filter(|value| !value.is_empty()) else { return Ok(None) };
    let number = value.to_str().ok().and_then(|text| text.parse::<u32>().ok());
    number.map(|number| Some(number.into())).ok_or_else(|| Problem::bad_request("Last-Event-ID is the number of a move".to_owned()))
}

/// Looks again, and recognises the caller anew where there is something to tell or it was long ago.
fn look_again(
    server: &Server,
    store: &mut Store,
    headers: &HeaderMap,
    id: &RequestId,
    from: u64,
    known: Known<'_>,
) -> Result<Looked, Problem> {
    let look = look(store, id, from)?;
    let is_silent = look.events.is_empty() && !look.is_over && look.progress.as_ref() == known.progress;
    if is_silent && !known.is_stale {
        return Ok(Looked::At(look));
    }
    let recognised = caller::recognise(server, store, headers).and_then(|caller| find(store, &caller, Action::ReadRequests, id));
    match recognised {
        Ok(_) => Ok(Looked::Recognised(look)),
        Err(problem) if problem.status().is_client_error() => Ok(Looked::NoMore),
        Err(problem) => Err(problem),
    }
}

fn look(store: &mut Store, id: &RequestId, from: u64) -> Result<Look, Problem> {
    let found = store.look("look how far a request is", |transaction| {
        let Some(request) = transaction.request(id)? else { return Ok(None) };
        Ok::<_, exeunt_store::Error>(Some((request, transaction.events_of(id, from)?, transaction.running_job(id.as_str())?)))
    })?;
    let (request, events, job) = found.ok_or_else(|| Problem::not_found(None))?;
    let counted = request.document.counts.map(|counts| counts.rows);
    let progress = job.map(|job| Progress { job: job.kind.to_string(), done: job.done, expected: job.expected.or(counted) });
    Ok(Look { events, state: request.state.as_str(), is_over: !request.state.is_unanswered(), progress })
}

/// A stream that somebody reads.
struct Following {
    server: Arc<Server>,
    id: RequestId,
    /// The number of the next move.
    next: u64,
    progress: Option<Progress>,
    pending: VecDeque<Event>,
    is_over: bool,
    changes: watch::Receiver<()>,
    until: Instant,
    /// By which the caller is recognised again.
    headers: Arc<HeaderMap>,
    recognised: Instant,
    _place: Place,
}

impl Following {
    fn take(&mut self, look: Look) {
        for event in look.events {
            self.next = event.number + 1;
            let data = json!({
                "number": event.number,
                "at": event.at.to_string(),
                "event": event.event,
                "from": event.from,
                "to": event.to,
            });
            self.pending.push_back(Event::default().event("state").id(event.number.to_string()).data(data.to_string()));
        }
        if look.progress != self.progress {
            if let Some(progress) = &look.progress {
                let data = json!({ "job": progress.job, "done": progress.done, "expected": progress.expected });
                self.pending.push_back(Event::default().event("progress").data(data.to_string()));
            }
            self.progress = look.progress;
        }
        if look.is_over {
            self.is_over = true;
            self.pending.push_back(Event::default().event("end").data(json!({ "state": look.state }).to_string()));
        }
    }

    async fn next(mut self) -> Option<(Result<Event, Infallible>, Self)> {
        loop {
            if let Some(event) = self.pending.pop_front() {
                return Some((Ok(event), self));
            }
            let stopping = crate::interrupt::requested() || self.server.wake.is_stopped();
            if self.is_over || stopping || Instant::now() >= self.until {
                return None;
            }
            // Whether something happened or only time passed is seen in the store.
            let _ = timeout(POLL, self.changes.changed()).await;
            sleep(SHORTEST_PAUSE).await;
            self.changes.mark_unchanged();
            let (id, next, headers, progress) = (self.id.clone(), self.next, self.headers.clone(), self.progress.clone());
            let is_stale = self.recognised.elapsed() >= RECOGNISED_FOR;
            let looking = Instant::now();
            let looked = self.server.reading(move |server, store| {
                look_again(server, store, &headers, &id, next, Known { progress: progress.as_ref(), is_stale })
            });
            match looked.await {
                Ok(Looked::At(look)) => self.take(look),
                Ok(Looked::Recognised(look)) => {
                    self.recognised = looking;
                    self.take(look);
                }
                Ok(Looked::NoMore) => return None,
                // A store that is away is looked at again.
                Err(_) => {}
            }
        }
    }
}
