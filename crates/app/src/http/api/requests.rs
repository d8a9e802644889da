//! Requests: making them, seeing them, deciding about them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::{self, Actor, Handling, Submission, Submitted, Verdict};
use exeunt_model::authorization::{Action, Grant, NO_CONTRACT, Target};
use exeunt_model::certificate;
use exeunt_model::digest::{Digest, hex};
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::identity::RequestId;
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::Choice;
use exeunt_model::request::document::Matter;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{Channel, Kind, Scope};
use exeunt_model::tombstone::subject_hash;
use exeunt_store::Store;
use exeunt_store::desk::{Filter, Personal, Position, Request, Sight};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use utoipa::{IntoParams, ToSchema};

use super::categories;
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

/// What somebody asks for.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `export`, `erasure` or `case`
    #[schema(value_type = String, example = "export")]
    pub(super) kind: Kind,
    /// `seat` or `contract`
    #[schema(value_type = String, example = "seat")]
    pub(super) scope: Scope,
    /// The contract's key.
    pub(super) contract: String,
    /// The seat's key, where the scope is `seat`.
    pub(super) seat: Option<String>,
    /// The categories that it is about; all of them without it. A case can name those that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub(super) categories: Option<Vec<String>>,
    /// What becomes of rows where the map lets the requester choose: a word for each table.
    #[serde(default)]
    pub(super) choices: BTreeMap<String, String>,
    /// The key of the seat that takes over what is handed over.
    pub(super) successor: Option<String>,
    /// For an erasure: the name of what is to be erased, typed.
    pub(super) confirmation: Option<String>,
    /// For an erasure: the export that must be downloaded first.
    pub(super) linked_export: Option<String>,
    /// For a case: `other_data` or `enterprise_data`.
    #[schema(value_type = Option<String>)]
    pub(super) matter: Option<Matter>,
    /// For a case: what is asked for.
    #[schema(max_length = 20000)]
    pub(super) message: Option<String>,
}

/// A request.
#[derive(Debug, Serialize, ToSchema)]
pub struct View {
    pub(super) id: String,
    kind: String,
    pub(super) state: String,
    scope: String,
    channel: String,
    contract: String,
    /// The categories that were chosen; none: all of them.
    categories: Option<Vec<String>>,
    /// None once the subject was erased.
    seat: Option<String>,
    label: Option<String>,
    requester: String,
    received: String,
    /// `gdpr`, `ccpa` or `none`: the law whose clock counts.
    regime: String,
    /// By when it must be answered.
    due: String,
    answered: Option<String>,
    /// By when whoever asked must be told that it has come in; none where no law asks for it.
    acknowledge_by: Option<String>,
    /// When they were told.
    acknowledged: Option<String>,
    /// More time that the law gives; none where it gives none.
    extension: Option<ExtensionView>,
    /// From when on an erasure starts; until then it can be cancelled.
    scheduled: Option<String>,
    /// The digest of the plan, to be sent with an approval.
    plan: Option<String>,
    rows: Option<u64>,
    files: Option<u64>,
    /// Approvals by others than the requester that it needs.
    approvals: u32,
    linked_export: Option<String>,
    waived: bool,
    /// Why it was rejected or failed.
    reason: Option<String>,
    changed: String,
}

/// More time than at first, if whoever asked is told of it with a reason.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExtensionView {
    /// The last moment at which they can be told.
    tell_by: String,
    /// By when it must be answered then.
    answer_by: String,
    /// When they were told.
    told: Option<String>,
}

/// Requests, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct Views {
    requests: Vec<View>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// A line of a request's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventView {
    number: u64,
    at: String,
    /// None: the desk itself.
    actor: Option<String>,
    event: String,
    from: Option<String>,
    to: String,
    note: Option<String>,
}

/// A request's history, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventViews {
    events: Vec<EventView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ListQuery {
    contract: Option<String>,
    /// `export`, `erasure` or `case`
    #[param(value_type = Option<String>)]
    kind: Option<Kind>,
    state: Option<String>,
    /// `seat` or `contract`
    #[param(value_type = Option<String>)]
    scope: Option<Scope>,
    /// Only unanswered ones that are overdue.
    overdue: Option<bool>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Approval {
    /// For an erasure: the digest of the plan that was seen.
    plan: Option<String>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Note {
    note: Option<String>,
}

/// Why it takes longer.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// Sent to whoever asked.
    #[schema(min_length = 1, max_length = 2000)]
    reason: String,
}

/// What the platform's people do with a request.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct HandlingWanted {
    /// `suspend`, `release`, `retry` or `reject`
    handling: String,
    /// For `reject`: the code of the reason.
    reason: Option<String>,
    note: Option<String>,
}

/// A subject that was found and that the caller may do this to.
pub struct FoundSubject {
    pub actor: Actor,
    pub contract: String,
    pub kind: SubjectKind,
    pub key: Vec<String>,
    pub label: String,
    pub own_seat: bool,
}

/// Finds a subject, and makes sure that the caller may do this to it. Whatever the caller may not know of is not there.
pub fn subject(
    server: &Server,
    caller: &Caller,
    action: Action,
    scope: Scope,
    contract: &str,
    seat: Option<&str>,
) -> Result<FoundSubject, Problem> {
    let none = || Problem::not_found(None);
    let declared = server.platform.map.directory.as_ref().ok_or_else(|| Problem::internal(None))?;
    let (contract_columns, seat_columns) = server.directory.key_columns();
    match (scope, seat) {
        (Scope::Contract, None) => {
            let actor = caller.act(action, Target::Contract { contract })?;
            let key = key_of_text(contract, contract_columns).ok_or_else(none)?;
            let entry = server.directory.contract(&key)?.ok_or_else(none)?;
            let text = key_text(&entry.key);
            Ok(FoundSubject {
                actor,
                label: entry.label(),
                contract: text,
                kind: declared.contract.subject.clone(),
                key: entry.key,
                own_seat: false,
            })
        }
        (Scope::Seat, Some(seat)) => {
            let actor = caller.act(action, Target::Seat { contract, seat })?;
            let key = key_of_text(seat, seat_columns).ok_or_else(none)?;
            // A seat of another contract is none of this one, whoever asks.
            let entry = server.directory.seat(&key)?.filter(|entry| key_text(&entry.contract) == contract).ok_or_else(none)?;
            let text = key_text(&entry.key);
            // What was typed may lead to a seat that is written otherwise: rights are those to the seat that was found.
            let actor = if text == seat { actor } else { caller.act(action, Target::Seat { contract, seat: &text })? };
            let own = Grant::Holder { contract: contract.to_owned(), seat: text.clone() };
            Ok(FoundSubject {
                actor,
                contract: contract.to_owned(),
                kind: declared.seat.subject.clone(),
                label: entry.label(),
                key: entry.key,
                own_seat: caller.principal.grants.contains(&own),
            })
        }
        (Scope::Contract, Some(_)) => Err(Problem::unprocessable("a whole contract is asked for without a seat".to_owned())),
        (Scope::Seat, None) => Err(Problem::unprocessable("`seat` is missing".to_owned())),
    }
}

/// Asks for an export, an erasure or other data. With an `Idempotency-Key`, the same request sent again returns what was made the first time.
#[utoipa::path(post, path = "/requests", tag = "requests", request_body = Wanted,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters of the caller's choice")),
    responses((status = 201, body = View, headers(("ETag" = String, description = "Its version"))), (status = 200, body = View, headers(("ETag" = String, description = "Its version")), description = "It was made before, under the same key"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn submit(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    Json(wanted): Json<Wanted>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let (status, made) = server.blocking(move |server, store| make(server, store, &caller, &wanted, Channel::Desk, key)).await?;
    let location = format!("/api/v1/requests/{}", made.view.id);
    Ok((status, [(header::LOCATION, location)], made).into_response())
}

/// Characters of an idempotency key at most.
const LONGEST_KEY: usize = 128;

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Problem::bad_request("an Idempotency-Key has 1 to 128 visible characters".to_owned())),
    }
}

/// Makes a request, if the caller may.
pub(super) fn make(
    server: &Server,
    store: &mut Store,
    caller: &Caller,
    wanted: &Wanted,
    channel: Channel,
    key: Option<String>,
) -> Result<(StatusCode, Tagged<View>), Problem> {
    let action = match (wanted.kind, wanted.scope) {
        (Kind::Export, Scope::Seat) => Action::ExportSeat,
        (Kind::Export, Scope::Contract) => Action::ExportContract,
        (Kind::Erasure, Scope::Seat) => Action::EraseSeat,
        (Kind::Erasure, Scope::Contract) => Action::EraseContract,
        (Kind::Case, Scope::Seat | Scope::Contract) => Action::OpenCase,
    };
    let found = subject(server, caller, action, wanted.scope, &wanted.contract, wanted.seat.as_deref())?;
    if wanted.kind != Kind::Case && (wanted.message.is_some() || wanted.matter.is_some()) {
        return Err(Problem::unprocessable("only a case has a message and a matter".to_owned()));
    }
    if wanted.matter == Some(Matter::Person) {
        return Err(Problem::unprocessable("persons without a seat are asked for by other protocols alone".to_owned()));
    }
    let chosen = categories::chosen(&server.platform.map, wanted.categories.as_deref())?;
    let rules = desk::contract_settings(store, &server.settings, &found.contract)?.rules;
    categories::exportable(&server.platform.map, &rules, wanted.kind, chosen.as_deref())?;
    let choices = choices_of(&wanted.choices)?;
    let successor = wanted.successor.as_deref().map(|successor| successor_of(server, &found, successor)).transpose()?;
    let linked = wanted.linked_export.as_deref().map(id::<RequestId>).transpose()?;
    let fingerprint = serde_json::to_vec(wanted).map(|body| hex(&Sha256::digest(&body))).map_err(|_| Problem::internal(None))?;
    let private = !found.own_seat && categories::is_private(&server.platform.map, &rules, chosen.as_deref());
    let submission = Submission {
        kind: wanted.kind,
        scope: wanted.scope,
        channel,
        contract: found.contract.clone(),
        subject: subject_hash(&store.hash_secret(), &found.kind, &found.key),
        subject_kind: found.kind,
        personal: Personal { key: found.key, label: found.label, successor, addresses: Vec::new() },
        own_seat: found.own_seat,
        private,
        regime: None,
        categories: chosen,
        choices,
        confirmation: wanted.confirmation.clone(),
        linked,
        matter: wanted.matter,
        message: wanted.message.clone(),
        idempotency: key.map(|key| (key, fingerprint)),
    };
    let submitted = server.with(|context| desk::submit(store, context, &server.directory, &found.actor, &submission))?;
    let status = match &submitted {
        Submitted::New(_) => StatusCode::CREATED,
        Submitted::Repeated(_) => StatusCode::OK,
    };
    Ok((status, tagged(submitted.request())))
}

/// What was decided, table by table.
pub(super) fn choices_of(words: &BTreeMap<String, String>) -> Result<Vec<Choice>, Problem> {
    let mut choices = Vec::new();
    for (table, word) in words {
        let table = table.parse().map_err(|_| Problem::unprocessable(format!("`{table}` names no table")))?;
        choices.push(Choice { table, action: word.clone() });
    }
    Ok(choices)
}

/// Who takes over: a seat of the same contract.
pub(super) fn successor_of(server: &Server, found: &FoundSubject, successor: &str) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::unprocessable("the successor is no seat of this contract".to_owned());
    let key = key_of_text(successor, server.directory.key_columns().1).ok_or_else(wrong)?;
    let seat = server.directory.seat(&key)?.filter(|seat| key_text(&seat.contract) == found.contract).ok_or_else(wrong)?;
    Ok(seat.key)
}

/// Lists requests, newest first: those that the caller may see.
#[utoipa::path(get, path = "/requests", tag = "requests", params(ListQuery, PageQuery),
    responses((status = 200, body = Views),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Query(query): Query<ListQuery>,
    Query(page): Query<PageQuery>,
) -> Result<Json<Views>, Problem> {
    let page = page.read::<Position<RequestId>>()?;
    server
        .reading(move |server, store| {
            let mut filter = visible(server, store, &caller);
            filter.contract = query.contract;
            filter.kind = query.kind;
            filter.state = query.state;
            filter.scope = query.scope;
            filter.due_before = query.overdue.filter(|overdue| *overdue).map(|_| now());
            let found = store.look("list requests", |transaction| transaction.requests(&filter, page.after.as_ref(), page.wanted()))?;
            let (found, next) = page.cut(found, |last| Position { at: last.received, id: last.id.clone() });
            // The list holds nothing else; what somebody sees is decided in one place all the same.
            let found: Vec<Request> = found.into_iter().filter(|request| may_see(&caller, request)).collect();
            Ok(Json(Views { requests: found.iter().map(view).collect(), next }))
        })
        .await
}

/// What a caller may see, as the store looks for it: what [`may_see`] says of a single request.
fn visible(server: &Server, store: &Store, caller: &Caller) -> Filter {
    let mut sight = Sight::default();
    let mut own = BTreeSet::new();
    let mut everything = false;
    for grant in caller.grants_for(Action::ReadRequests) {
        match grant {
            Grant::Operator | Grant::Auditor => everything = true,
            // What became of its own, its protocol tells it.
            Grant::Agent => {}
            Grant::Representative { contracts } => sight.contracts.extend(contracts.iter().cloned()),
            Grant::Admin { contract } | Grant::SubAdmin { contract } | Grant::Holder { contract, .. } if contract == NO_CONTRACT => {}
            Grant::Admin { contract } | Grant::SubAdmin { contract } => {
                sight.contracts.insert(contract.clone());
            }
            Grant::Holder { contract, seat } => {
                own.insert(contract.clone());
                let declared = server.platform.map.directory.as_ref();
                let key = key_of_text(seat, server.directory.key_columns().1);
                if let (Some(declared), Some(key)) = (declared, key) {
                    let subject = subject_hash(&store.hash_secret(), &declared.seat.subject, &key);
                    sight.seats.insert((contract.clone(), subject.as_str().to_owned()));
                }
            }
        }
    }
    sight.asked = Some((caller.principal.id.clone(), own));
    Filter { sight: (!everything).then_some(sight), within: caller.limit().map(str::to_owned), ..Filter::default() }
}

fn may_see(caller: &Caller, request: &Request) -> bool {
    let seat = seat_of(request);
    caller.role_for(Action::ReadRequests, target(request, seat.as_deref())).is_some()
}

/// The seat that a request is about, as rights know it.
pub fn seat_of(request: &Request) -> Option<String> {
    request.personal.as_ref().filter(|_| request.scope == Scope::Seat).map(|personal| key_text(&personal.key))
}

/// A request as the authorization sees it.
pub fn target<'a>(request: &'a Request, seat: Option<&'a str>) -> Target<'a> {
    Target::Request { contract: &request.contract, seat, requester: &request.requester }
}

/// Finds a request, and makes sure that the caller may do this to it.
pub fn find(store: &Store, caller: &Caller, action: Action, id: &RequestId) -> Result<(Request, Actor), Problem> {
    let found = store.look("read a request", |transaction| transaction.request(id))?.ok_or_else(|| Problem::not_found(None))?;
    let seat = seat_of(&found);
    let actor = caller.act(action, target(&found, seat.as_deref()))?;
    Ok((found, actor))
}

/// Shows a request.
#[utoipa::path(get, path = "/requests/{id}", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let id = id(&request)?;
    let found = server.reading(move |_, store| Ok(find(store, &caller, Action::ReadRequests, &id)?.0)).await?;
    Ok(tagged(&found).unless_known(&known))
}

/// Shows what happened to a request, in order.
#[utoipa::path(get, path = "/requests/{id}/events", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), PageQuery),
    responses((status = 200, body = EventViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn events(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<EventViews>, Problem> {
    let id = id(&request)?;
    let page = page.read::<u32>()?;
    server
        .reading(move |_, store| {
            find(store, &caller, Action::ReadRequests, &id)?;
            let from = page.after.map_or(0, |last| u64::from(last) + 1);
            let events = store.look("read a request's history", |transaction| transaction.events(&id, from, page.wanted()))?;
            let (events, next) = page.cut(events, |last| u32::try_from(last.number).unwrap_or(u32::MAX));
            let events = events.into_iter().map(|event| EventView {
                number: event.number,
                at: event.at.to_string(),
                actor: event.actor.map(String::from),
                event: event.event,
                from: event.from,
                to: event.to,
                note: event.note,
            });
            Ok(Json(EventViews { events: events.collect(), next }))
        })
        .await
}

/// Agrees to a request.
#[utoipa::path(post, path = "/requests/{id}/approve", tag = "requests", request_body = Approval,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn approve(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(approval): Json<Approval>,
) -> Result<Tagged<View>, Problem> {
    let plan: Option<Digest> = match approval.plan {
        Some(plan) => Some(serde_json::from_value(plan.into()).map_err(|_| Problem::unprocessable("`plan` is no digest".to_owned()))?),
        None => None,
    };
    decide(server, caller, request, if_match, Verdict::Agree { plan }).await
}

/// Refuses a request.
#[utoipa::path(post, path = "/requests/{id}/reject", tag = "requests", request_body = Note,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn reject(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(note): Json<Note>,
) -> Result<Tagged<View>, Problem> {
    decide(server, caller, request, if_match, Verdict::Refuse { note: note.note }).await
}

async fn decide(
    server: Arc<Server>,
    caller: Caller,
    request: String,
    if_match: IfMatch,
    verdict: Verdict,
) -> Result<Tagged<View>, Problem> {
    let id: RequestId = id(&request)?;
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Decide, &id)?;
            let decided = server.with(|context| desk::decide(store, context.expecting(if_match.expected()), &actor, &id, &verdict))?;
            Ok(tagged(&decided))
        })
        .await
}

/// Gives a request up. An erasure that has started cannot be.
#[utoipa::path(post, path = "/requests/{id}/cancel", tag = "requests", request_body = Note,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn cancel(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(note): Json<Note>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Cancel, &id)?;
            let cancelled =
                server.with(|context| desk::cancel(store, context.expecting(if_match.expected()), &actor, &id, note.note.as_deref()))?;
            Ok(tagged(&cancelled))
        })
        .await
}

/// Does without the export that an erasure waits for.
#[utoipa::path(post, path = "/requests/{id}/waive-export", tag = "requests",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn waive(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    server
        .blocking(move |server, store| {
            let (found, _) = find(store, &caller, Action::ReadRequests, &id)?;
            // Whoever asked for the erasure, and may still do so, may also say that it needs no export.
            let action = if found.scope == Scope::Contract { Action::EraseContract } else { Action::EraseSeat };
            let (_, actor) = find(store, &caller, action, &id)?;
            let waived = server.with(|context| desk::waive(store, context.expecting(if_match.expected()), &actor, &id))?;
            Ok(tagged(&waived))
        })
        .await
}

/// Stops a request for a look, releases it, tries it again, or refuses it: for the platform's people.
#[utoipa::path(post, path = "/requests/{id}/handle", tag = "requests", request_body = HandlingWanted,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn handle(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<HandlingWanted>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    let handling = match (wanted.handling.as_str(), &wanted.reason) {
        ("suspend", None) => Handling::Suspend,
        ("release", None) => Handling::Release,
        ("retry", None) => Handling::Retry,
        ("reject", Some(reason)) => {
            Handling::Reject(reason.parse::<Rejection>().map_err(|error| Problem::unprocessable(error.to_string()))?)
        }
        ("reject", None) => return Err(Problem::unprocessable("`reason` is missing".to_owned())),
        ("suspend" | "release" | "retry", Some(_)) => return Err(Problem::unprocessable("only `reject` has a reason".to_owned())),
        _ => return Err(Problem::unprocessable("`handling` is suspend, release, retry or reject".to_owned())),
    };
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Handle, &id)?;
            let note = wanted.note.as_deref();
            let handled = server.with(|context| {
                desk::handle(store, context.expecting(if_match.expected()), &server.directory, &actor, &id, handling, note)
            })?;
            Ok(tagged(&handled))
        })
        .await
}

/// Characters of a reason at most.
const LONGEST_REASON: usize = 2_000;

/// Takes the further time that the law gives, and tells whoever asked, with the reason: once, and before the first date.
#[utoipa::path(post, path = "/requests/{id}/extend", tag = "requests", request_body = Reason,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = View, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn extend(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<Reason>,
) -> Result<Tagged<View>, Problem> {
    let id = id(&request)?;
    if wanted.reason.trim().is_empty() || wanted.reason.chars().count() > LONGEST_REASON {
        return Err(Problem::unprocessable(format!("a reason has 1 to {LONGEST_REASON} characters")));
    }
    server
        .blocking(move |server, store| {
            let (_, actor) = find(store, &caller, Action::Handle, &id)?;
            let extended =
                server.with(|context| desk::extend(store, context.expecting(if_match.expected()), &actor, &id, wanted.reason.trim()))?;
            Ok(tagged(&extended))
        })
        .await
}

/// Returns the certificate of an erasure that has ended, as it was signed.
#[utoipa::path(get, path = "/requests/{id}/certificate", tag = "requests", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The certificate; `exeunt verify` checks it without a network", content_type = "application/json"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn certificate(State(server): State<Arc<Server>>, caller: Caller, Path(request): Path<String>) -> Result<Response, Problem> {
    let id = id(&request)?;
    let bytes = server
        .reading(move |_, store| {
            let (found, _) = find(store, &caller, Action::ReadCertificate, &id)?;
            let run = found.run.ok_or_else(|| Problem::not_found(None))?;
            let bytes = store.certificate_of(&run)?.ok_or_else(|| Problem::not_found(None))?;
            certificate::verify(&bytes, None).map_err(|_| Problem::internal(None))?;
            Ok(bytes)
        })
        .await?;
    Ok(([(header::CONTENT_TYPE, "application/json")], bytes).into_response())
}

/// A request as it is shown alone.
pub fn tagged(request: &Request) -> Tagged<View> {
    Tagged::of(request.version, view(request))
}

/// A request as the API shows it.
pub fn view(request: &Request) -> View {
    let counts = request.document.counts;
    let clock = &request.document.clock;
    View {
        id: request.id.to_string(),
        kind: request.state.kind().to_string(),
        state: request.state.to_string(),
        scope: request.scope.to_string(),
        channel: request.channel.to_string(),
        contract: request.contract.clone(),
        categories: request.document.categories.as_ref().map(|chosen| chosen.iter().map(ToString::to_string).collect()),
        seat: seat_of(request),
        label: request.personal.as_ref().map(|personal| personal.label.clone()),
        requester: request.requester.to_string(),
        received: request.received.to_string(),
        regime: clock.regime.to_string(),
        due: request.due.to_string(),
        answered: request.answered.map(|at| at.to_string()),
        acknowledge_by: clock.dates.acknowledge_by.map(|at| at.to_string()),
        acknowledged: clock.acknowledged.map(|at| at.to_string()),
        extension: clock.dates.extension.map(|extension| ExtensionView {
            tell_by: extension.tell_by.to_string(),
            answer_by: extension.answer_by.to_string(),
            told: clock.extended.map(|at| at.to_string()),
        }),
        scheduled: request.scheduled.map(|at| at.to_string()),
        plan: request.plan.as_ref().map(|(_, digest)| digest.as_str().to_owned()),
        rows: counts.map(|counts| counts.rows),
        files: counts.map(|counts| counts.files),
        approvals: request.document.requirement.approvals,
        linked_export: request.linked.as_ref().map(ToString::to_string),
        waived: request.waived,
        reason: request.reason.clone(),
        changed: request.changed.to_string(),
    }
}
