//! Counting before asking.

use std::sync::Arc;

use axum::extract::State;
use exeunt_engine::desk::{contract_settings, preview};
use exeunt_engine::planning;
use exeunt_model::authorization::Action;
use exeunt_model::plan::{Profile, Purpose};
use exeunt_model::request::{Kind, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::subject;
use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::server::Server;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Wanted {
    /// `export` or `erasure`
    #[schema(value_type = String, example = "erasure")]
    kind: Kind,
    /// `seat` or `contract`
    #[schema(value_type = String, example = "seat")]
    scope: Scope,
    contract: String,
    seat: Option<String>,
}

/// What an export or an erasure would be about.
#[derive(Debug, Serialize, ToSchema)]
pub struct Counted {
    categories: Vec<Category>,
    rows: u64,
    files: u64,
    /// Categories with rows that the standard export doesn't hold.
    without_standard_export: Vec<String>,
    /// Tables about whose rows the requester must decide, with the words to choose from.
    choices: Vec<Choice>,
    /// When the subject was exported last.
    exported: Option<String>,
    /// What no erasure reaches.
    outside: Vec<String>,
}

/// Counts of a category.
#[derive(Debug, Serialize, ToSchema)]
pub struct Category {
    category: String,
    label: String,
    rows: u64,
    kept: u64,
    /// `included`, `on_request` or `excluded`
    export: String,
}

/// What the requester must decide.
#[derive(Debug, Serialize, ToSchema)]
pub struct Choice {
    table: String,
    actions: Vec<String>,
}

/// Counts what an export or an erasure would be about. Nothing is written.
#[utoipa::path(post, path = "/previews", tag = "requests", request_body = Wanted,
    responses((status = 200, body = Counted),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn make(State(server): State<Arc<Server>>, caller: Caller, Json(wanted): Json<Wanted>) -> Result<Json<Counted>, Problem> {
    server
        .blocking(move |server, store| {
            let subject = subject(server, &caller, Action::Preview, wanted.scope, &wanted.contract, wanted.seat.as_deref())?;
            let purpose = match wanted.kind {
                Kind::Export => Purpose::Export,
                Kind::Erasure => Purpose::Erase,
                Kind::Case => return Err(Problem::unprocessable("a case counts nothing".to_owned())),
            };
            let profile = contract_settings(store, &server.settings, &subject.contract)?.rules.profile;
            let asked = planning::Request {
                subject: planning::Subject { kind: subject.kind, key: subject.key },
                purpose,
                profile: Profile::Symmetric,
                choices: Vec::new(),
                successor: None,
            };
            let counted = preview(store, &server.platform, &asked)?;
            let word = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
            let categories: Vec<Category> = counted
                .categories
                .iter()
                .map(|row| Category {
                    category: row.category.to_string(),
                    label: row.label.clone(),
                    rows: row.rows,
                    kept: row.kept,
                    export: serde_json::to_value(row.export).as_ref().map(word).unwrap_or_default(),
                })
                .collect();
            let exported = |row: &Category| match profile {
                Profile::Documented => row.export == "included",
                Profile::Symmetric => row.export != "excluded",
            };
            let without = categories.iter().filter(|row| !exported(row) && row.rows > 0).map(|row| row.category.clone());
            Ok(Json(Counted {
                without_standard_export: without.collect(),
                categories,
                rows: counted.rows,
                files: counted.files,
                choices: counted.choices.into_iter().map(|(table, actions)| Choice { table, actions }).collect(),
                exported: counted.exported.map(|at| at.to_string()),
                outside: exeunt_engine::erasure::standard_outside(None).into_iter().map(|outside| outside.what).collect(),
            }))
        })
        .await
}
