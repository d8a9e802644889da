//! Making a request.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::{self, Submission, Submitted};
use exeunt_model::authorization::Action;
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::identity::RequestId;
use exeunt_model::plan::Choice;
use exeunt_model::request::document::Matter;
use exeunt_model::request::{Channel, Kind, Scope};
use exeunt_model::tombstone::{repetition_fingerprint, repetition_key, subject_hash};
use exeunt_store::Store;
use exeunt_store::desk::Personal;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::super::{cases, categories};
use super::subject::{FoundSubject, subject};
use super::view::{View, tagged};
use crate::http::caller::Caller;
use crate::http::extract::{Json, id};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::tag::Tagged;

/// What somebody asks for.
#[derive(Debug, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewRequest {
    /// `export`, `erasure` or `case`
    #[schema(value_type = String, example = "export")]
    pub(in crate::http::api) kind: Kind,
    /// `seat` or `contract`
    #[schema(value_type = String, example = "seat")]
    pub(in crate::http::api) scope: Scope,
    /// The contract's key.
    pub(in crate::http::api) contract: String,
    /// The seat's key, where the scope is `seat`.
    pub(in crate::http::api) seat: Option<String>,
    /// The categories that it is about; all of them without it. A case can name those that it asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(min_items = 1, max_items = 1000)]
    pub(in crate::http::api) categories: Option<Vec<String>>,
    /// What becomes of rows where the map lets the requester choose: a word for each table.
    #[serde(default)]
    pub(in crate::http::api) choices: BTreeMap<String, String>,
    /// The key of the seat that takes over what is handed over.
    pub(in crate::http::api) successor: Option<String>,
    /// For an erasure: the name of what is to be erased, typed.
    pub(in crate::http::api) confirmation: Option<String>,
    /// For an erasure: the export that must be downloaded first.
    pub(in crate::http::api) linked_export: Option<String>,
    /// For a case: `other_data` or `enterprise_data`.
    #[schema(value_type = Option<String>)]
    pub(in crate::http::api) matter: Option<Matter>,
    /// For a case: what is asked for.
    #[schema(min_length = 1, max_length = 20000)]
    pub(in crate::http::api) message: Option<String>,
}

/// Asks for an export, an erasure or other data. With an `Idempotency-Key`, the same request sent again returns what was made the first time.
#[utoipa::path(post, path = "/requests", tag = "requests", request_body = NewRequest,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters of the caller's choice")),
    responses((status = 201, body = View, headers(("ETag" = String, description = "Its version"))), (status = 200, body = View, headers(("ETag" = String, description = "Its version")), description = "It was made before, under the same key"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn submit(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    Json(wanted): Json<NewRequest>,
) -> Result<Response, Problem> {
    let key = idempotency_key(&headers)?;
    let (status, made) = server.blocking(move |server, store| make(server, store, &caller, &wanted, Channel::Desk, key)).await?;
    let location = format!("/api/v1/requests/{}", made.view.id);
    Ok((status, [(header::LOCATION, location)], made).into_response())
}

/// Characters of an idempotency key at most.
const LONGEST_KEY: usize = 128;

pub(in crate::http::api) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let Some(value) = headers.get("idempotency-key") else { return Ok(None) };
    let key = value.to_str().ok().filter(|key| !key.is_empty() && key.len() <= LONGEST_KEY);
    match key {
        Some(key) => Ok(Some(key.to_owned())),
        None => Err(Problem::bad_request("an Idempotency-Key has 1 to 128 visible characters".to_owned())),
    }
}

/// Makes a request, if the caller may.
pub(in crate::http::api) fn make(
    server: &Server,
    store: &mut Store,
    caller: &Caller,
    wanted: &NewRequest,
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
    wanted.message.as_deref().map(cases::fits).transpose()?;
    if wanted.matter == Some(Matter::Person) {
        return Err(Problem::unprocessable("persons without a seat are asked for by other protocols alone".to_owned()));
    }
    let chosen = categories::chosen(&server.platform.map, wanted.categories.as_deref())?;
    let rules = desk::contract_settings(store, &server.settings, &found.contract)?.rules;
    categories::exportable(&server.platform.map, &rules, wanted.kind, chosen.as_deref())?;
    let choices = choices_of(&wanted.choices)?;
    let successor = wanted.successor.as_deref().map(|successor| successor_of(server, &found, successor)).transpose()?;
    let linked = wanted.linked_export.as_deref().map(id::<RequestId>).transpose()?;
    let body = serde_json::to_vec(wanted).map_err(|_| Problem::internal(None))?;
    let secret = store.hash_secret();
    let idempotency = key.map(|key| (repetition_key(&secret, &key), repetition_fingerprint(&secret, &body)));
    let private = !found.own_seat && categories::is_private(&server.platform.map, &rules, chosen.as_deref());
    let submission = Submission {
        kind: wanted.kind,
        scope: wanted.scope,
        channel,
        contract: found.contract.clone(),
        subject: subject_hash(&secret, &found.kind, &found.key),
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
        idempotency,
    };
    let submitted = server.with(|context| desk::submit(store, context, &server.directory, &found.actor, &submission))?;
    let status = match &submitted {
        Submitted::New(_) => StatusCode::CREATED,
        Submitted::Repeated(_) => StatusCode::OK,
    };
    Ok((status, tagged(submitted.request())))
}

/// What was decided, table by table.
pub(in crate::http::api) fn choices_of(words: &BTreeMap<String, String>) -> Result<Vec<Choice>, Problem> {
    let mut choices = Vec::new();
    for (table, word) in words {
        let table = table.parse().map_err(|_| Problem::unprocessable(format!("`{table}` names no table")))?;
        choices.push(Choice { table, action: word.clone() });
    }
    Ok(choices)
}

/// Who takes over: a seat of the same contract that somebody uses.
pub(in crate::http::api) fn successor_of(server: &Server, found: &FoundSubject, successor: &str) -> Result<Vec<String>, Problem> {
    let wrong = || Problem::unprocessable("the successor is no seat of this contract".to_owned());
    let key = key_of_text(successor, server.directory.key_columns().1).ok_or_else(wrong)?;
    let seat = server.directory.seat(&key)?.filter(|seat| key_text(&seat.contract) == found.contract).ok_or_else(wrong)?;
    match seat.active {
        true => Ok(seat.key),
        false => Err(Problem::unprocessable("the successor's seat is not in use: nobody would have what is handed over".to_owned())),
    }
}
