//! Jobs, and pausing the lanes that they run in: for those who run the desk.

use std::sync::Arc;

use axum::extract::State;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::identity::JobId;
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_store::desk::Position;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// A job that waits, runs or failed. No personal data.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobView {
    id: String,
    kind: String,
    state: String,
    /// The request, mail or delivery that it is about.
    target: String,
    contract: Option<String>,
    run_at: String,
    attempt: u64,
    failures: u64,
    /// How often its worker was lost.
    losses: u64,
    worker: Option<String>,
    /// Rows so far, and rows expected where they are known.
    done: u64,
    expected: Option<u64>,
    error: Option<String>,
}

/// A lane of work.
#[derive(Debug, Serialize, ToSchema)]
pub struct LaneView {
    /// `platform`: plans, exports and erasures; `desk`: mails, webhooks and deletions of archives.
    lane: String,
    paused: bool,
}

/// Jobs, where the next page of them begins, and all lanes.
#[derive(Debug, Serialize, ToSchema)]
pub struct JobViews {
    jobs: Vec<JobView>,
    lanes: Vec<LaneView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Which jobs are asked for.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobQuery {
    /// `plan`, `export`, `erase`, `expire_archive`, `send_mail`, `deliver_webhook`, `remind` or `advance_exit`
    kind: Option<String>,
    /// `queued`, `running` or `failed`
    state: Option<String>,
}

impl JobQuery {
    /// What no job is called is an error: an empty list would say that all is well.
    fn read(&self) -> Result<(Option<JobKind>, Option<JobState>), Problem> {
        let of_list = |state: &JobState| *state != JobState::Done;
        let kind = one_of("kind", self.kind.as_deref(), JobKind::ALL.iter().copied(), JobKind::as_str)?;
        let state = one_of("state", self.state.as_deref(), JobState::ALL.iter().copied().filter(of_list), JobState::as_str)?;
        Ok((kind, state))
    }
}

fn one_of<T: Copy>(
    name: &str,
    text: Option<&str>,
    known: impl Iterator<Item = T>,
    spelled: fn(T) -> &'static str,
) -> Result<Option<T>, Problem> {
    let Some(text) = text else { return Ok(None) };
    let known: Vec<T> = known.collect();
    let found = known.iter().copied().find(|one| spelled(*one) == text);
    found.map(Some).ok_or_else(|| {
        let words: Vec<String> = known.iter().map(|one| format!("`{}`", spelled(*one))).collect();
        Problem::bad_request(format!("`{name}`: expected {}", words.join(" or ")))
    })
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Pausing {
    paused: bool,
}

/// Lists jobs that wait, run or failed, oldest first, and the lanes.
#[utoipa::path(get, path = "/jobs", tag = "operation", params(JobQuery, PageQuery),
    responses((status = 200, body = JobViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Query(query): Query<JobQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<JobViews>, Problem> {
    caller.act(Action::ReadJobs, Target::Desk)?;
    let (kind, state) = query.read()?;
    let page = page.read::<Position<JobId>>()?;
    server
        .reading(move |_, store| {
            let (jobs, paused) = store.look("list jobs", |transaction| {
                let jobs = transaction.unfinished_jobs(kind, state, page.after.as_ref(), page.wanted())?;
                Ok::<_, exeunt_store::Error>((jobs, transaction.paused_lanes()?))
            })?;
            let (jobs, next) = page.cut(jobs, |last| Position { at: last.created, id: last.id.clone() });
            let jobs = jobs.into_iter().map(|job| JobView {
                id: job.id.to_string(),
                kind: job.kind.to_string(),
                state: job.state.to_string(),
                target: job.target,
                // Deliveries take turns by their webhook.
                contract: job.contract.filter(|_| job.kind != JobKind::DeliverWebhook),
                run_at: job.run_at.to_string(),
                attempt: job.attempt,
                failures: job.failures,
                losses: job.losses,
                worker: job.worker,
                done: job.done,
                expected: job.expected,
                error: job.error,
            });
            let lanes = Lane::ALL.iter().map(|lane| LaneView { lane: lane.to_string(), paused: paused.contains(lane) });
            Ok(Json(JobViews { jobs: jobs.collect(), lanes: lanes.collect(), next }))
        })
        .await
}

/// Pauses or resumes a lane. Running jobs go on.
#[utoipa::path(put, path = "/lanes/{lane}", tag = "operation", request_body = Pausing,
    params(("lane" = String, Path, description = "`platform` or `desk`")),
    responses((status = 200, body = LaneView),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn pause(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(lane): Path<String>,
    Json(wanted): Json<Pausing>,
) -> Result<Json<LaneView>, Problem> {
    caller.act(Action::OperateJobs, Target::Desk)?;
    let lane = Lane::ALL.iter().copied().find(|known| known.as_str() == lane).ok_or_else(|| Problem::not_found(None))?;
    server
        .blocking(move |_, store| {
            store.transact("pause or resume work", |transaction| transaction.pause_lane(lane, wanted.paused))?;
            Ok(Json(LaneView { lane: lane.to_string(), paused: wanted.paused }))
        })
        .await
}
