//! Counting before asking.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use exeunt_engine::desk::{self, Question};
use exeunt_engine::directory::Page;
use exeunt_engine::planning;
use exeunt_model::authorization::{Action, Target};
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::moment::Moment;
use exeunt_model::plan::Purpose;
use exeunt_model::request::{Kind, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::categories::{chosen, is_private};
use super::requests::submit::{choices_of, successor_of};
use super::requests::{FoundSubject, subject};
use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Asked {
    /// `export` or `erasure`
    #[schema(value_type = String, example = "erasure")]
    kind: Kind,
    /// `seat` or `contract`
    #[schema(value_type = String, example = "seat")]
    scope: Scope,
    contract: String,
    seat: Option<String>,
    /// The categories to count; all of them without it.
    #[schema(min_items = 1, max_items = 1000)]
    categories: Option<Vec<String>>,
    /// What was decided already, as in a request.
    #[serde(default)]
    choices: BTreeMap<String, String>,
    successor: Option<String>,
}

/// What an export or an erasure would be about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counted {
    /// Those that hold something or were chosen.
    categories: Vec<Category>,
    /// Of what would be taken, as all numbers here.
    rows: u64,
    files: u64,
    bytes: Option<u64>,
    /// Categories with rows that the standard export doesn't hold: the representative gives them out, through a case with the matter
    /// `other_data`.
    without_standard_export: Vec<String>,
    /// Rows that stay, and why.
    kept: Vec<Kept>,
    /// Tables about whose rows the requester must decide, with the words to choose from.
    choices: Vec<Choice>,
    /// Seats of the contract that can take over what is handed over: the first of them.
    successors: Vec<Successor>,
    /// When the subject was exported last.
    exported: Option<String>,
    /// Whether a hold keeps the data, so that an erasure would wait for its end.
    held: bool,
    /// Whether the erasure would be refused, since the contract would be left with nobody who can sign in for it.
    last_admin: bool,
    /// Whether the seat or the contract itself would go.
    takes_subject: bool,
    /// Approvals by others that it would need.
    approvals: u32,
    /// Hours after the last approval in which it could be cancelled.
    waiting_hours: u32,
    /// When an erasure that is asked for and approved now would begin.
    earliest: Option<String>,
    /// What no erasure reaches.
    outside: Vec<String>,
}

/// Counts of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct Category {
    category: String,
    label: String,
    /// Whether the request would take it.
    taken: bool,
    rows: u64,
    files: u64,
    /// Of its files, where their sizes are known.
    bytes: Option<u64>,
    /// Rows that stay though the category is erased.
    kept: u64,
    /// `included`, `on_request` or `excluded`
    export: String,
    /// No export that can be asked for here holds it.
    no_standard_export: bool,
    /// It is not for contracts such as this one.
    not_applicable: bool,
    /// When it was exported last, for this subject or its contract.
    exported: Option<String>,
}

/// Rows that stay.
#[derive(Debug, Serialize, ToSchema)]
pub struct Kept {
    category: Option<String>,
    table: String,
    rows: u64,
    /// `ground`, `shared` or `follows`
    why: String,
    ground: Option<String>,
    /// The day on which the ground ends, where there is a rule for it.
    until: Option<String>,
}

/// What the requester must decide.
#[derive(Debug, Serialize, ToSchema)]
pub struct Choice {
    table: String,
    label: Option<String>,
    category: Option<String>,
    /// Rows that it is about.
    rows: u64,
    actions: Vec<String>,
    /// The one that the counts assume.
    assumed: String,
}

/// A seat that can take over.
#[derive(Debug, Serialize, ToSchema)]
pub struct Successor {
    seat: String,
    email: Option<String>,
    name: Option<String>,
}

/// Seats that are offered; others are found in the list of seats.
const SUCCESSORS: u32 = 50;

/// Counts what an export or an erasure would be about, and says what to know before asking for it. Nothing is written.
#[utoipa::path(post, path = "/previews", tag = "requests", request_body = Asked,
    responses((status = 200, body = Counted),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn make(State(server): State<Arc<Server>>, caller: Caller, Json(asked): Json<Asked>) -> Result<Json<Counted>, Problem> {
    server
        .reading(move |server, store| {
            let found = subject(server, &caller, Action::Preview, asked.scope, &asked.contract, asked.seat.as_deref())?;
            let purpose = match asked.kind {
                Kind::Export => Purpose::Export,
                Kind::Erasure => Purpose::Erase,
                Kind::Case => return Err(Problem::unprocessable("a case counts nothing".to_owned())),
            };
            let categories = chosen(&server.platform.map, asked.categories.as_deref())?;
            let rules = desk::contract_settings(store, &server.settings, &found.contract)?.rules;
            let private = !found.own_seat && is_private(&server.platform.map, &rules, categories.as_deref());
            let successor = asked.successor.as_deref().map(|successor| successor_of(server, &found, successor)).transpose()?;
            let declared = server.platform.map.directory.as_ref().ok_or_else(|| Problem::internal(None))?;
            let contract_key = key_of_text(&found.contract, server.directory.key_columns().0);
            let question = Question {
                request: planning::Request {
                    subject: planning::Subject { kind: found.kind.clone(), key: found.key.clone() },
                    purpose,
                    profile: rules.profile,
                    categories,
                    choices: choices_of(&asked.choices)?,
                    successor,
                },
                scope: asked.scope,
                contract: found.contract.clone(),
                within: contract_key.filter(|_| asked.scope == Scope::Seat).map(|key| (declared.contract.subject.clone(), key)),
                role: found.actor.role,
                own_seat: found.own_seat,
                private,
                rules,
            };
            let preview = desk::preview(store, &server.platform, &server.directory, &question)?;
            let hands_over = preview.choices.iter().any(|choice| choice.actions.iter().any(|action| action == "hand_over"));
            let successors = if hands_over { successors(server, &caller, &found)? } else { Vec::new() };
            Ok(Json(view(preview, successors, purpose)))
        })
        .await
}

/// Who can take over from a seat, for callers who may see the seats of its contract.
fn successors(server: &Server, caller: &Caller, found: &FoundSubject) -> Result<Vec<Successor>, Problem> {
    if caller.role_for(Action::ReadSeats, Target::Contract { contract: &found.contract }).is_none() {
        return Ok(Vec::new());
    }
    let Some(contract) = key_of_text(&found.contract, server.directory.key_columns().0) else { return Ok(Vec::new()) };
    let seats = server.directory.seats_of(&contract, Page { after: None, limit: SUCCESSORS, text: None })?;
    let others = seats.into_iter().filter(|seat| seat.active && seat.key != found.key);
    Ok(others.map(|seat| Successor { seat: key_text(&seat.key), email: seat.email.map(String::from), name: seat.name }).collect())
}

fn view(preview: desk::Preview, successors: Vec<Successor>, purpose: Purpose) -> Counted {
    let without = preview.categories.iter().filter(|row| row.no_standard_export && row.rows > 0).map(|row| row.category.to_string());
    let categories = preview.categories.iter().map(|row| Category {
        category: row.category.to_string(),
        label: row.label.clone(),
        taken: row.taken,
        rows: row.rows,
        files: row.files,
        bytes: row.bytes,
        kept: row.kept,
        export: row.export.as_str().to_owned(),
        no_standard_export: row.no_standard_export,
        not_applicable: row.not_applicable,
        exported: row.exported.map(|at| at.to_string()),
    });
    let kept = preview.kept.iter().map(|kept| Kept {
        category: kept.category.as_ref().map(ToString::to_string),
        table: kept.table.to_string(),
        rows: kept.rows,
        why: kept.why.to_owned(),
        ground: kept.ground.clone(),
        until: kept.until.clone(),
    });
    let choices = preview.choices.iter().map(|choice| Choice {
        table: choice.table.to_string(),
        label: choice.label.clone(),
        category: choice.category.as_ref().map(ToString::to_string),
        rows: choice.rows,
        actions: choice.actions.clone(),
        assumed: choice.assumed.clone(),
    });
    let waiting_hours = preview.requirement.waiting_hours;
    Counted {
        without_standard_export: without.collect(),
        categories: categories.collect(),
        rows: preview.rows,
        files: preview.files,
        bytes: preview.bytes,
        kept: kept.collect(),
        choices: choices.collect(),
        successors,
        exported: preview.exported.map(|at| at.to_string()),
        held: preview.held,
        last_admin: preview.last_admin,
        takes_subject: preview.takes_subject,
        approvals: preview.requirement.approvals,
        waiting_hours,
        earliest: (purpose == Purpose::Erase).then(|| in_hours(waiting_hours).to_string()),
        outside: exeunt_engine::erasure::standard_outside(None).into_iter().map(|outside| outside.what).collect(),
    }
}

fn in_hours(hours: u32) -> Moment {
    let now = now();
    Moment::from_microseconds(now.microseconds().saturating_add(i64::from(hours) * 3_600_000_000)).unwrap_or(now)
}
