//! What was chosen for a contract, and what holds for it.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use exeunt_engine::desk::{self, ContractSettings};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::due::Regime;
use exeunt_model::exit::{Notice, Terms};
use exeunt_model::names::CategoryName;
use exeunt_model::plan::Profile;
use exeunt_model::setting::{Approvals, Chosen};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

/// What is chosen for a contract; what is left out is the desk's own.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
#[derive(Default)]
pub struct Choices {
    /// `documented` or `symmetric`
    #[schema(value_type = Option<String>, example = "documented")]
    profile: Option<Profile>,
    /// `gdpr`, `ccpa` or `none`
    #[schema(value_type = Option<String>, example = "gdpr")]
    regime: Option<Regime>,
    /// Days in which requests are answered where no law sets a date.
    #[schema(minimum = 1, maximum = 3650)]
    target_days: Option<u16>,
    approvals: ChosenApprovals,
    /// Categories that are private beside those that are private at the whole desk.
    #[schema(max_items = 200)]
    private_categories: Vec<String>,
    exit: Option<ExitTerms>,
}

/// What the contract asks of requests. No number may be smaller than the desk's own.
#[derive(Debug, Clone, Default, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ChosenApprovals {
    #[schema(minimum = 0, maximum = 20)]
    contract_erasure_admins: Option<u32>,
    #[schema(minimum = 0, maximum = 20)]
    seat_erasure_admins: Option<u32>,
    #[schema(minimum = 0, maximum = 8784)]
    contract_erasure_waiting_hours: Option<u32>,
    #[schema(minimum = 0, maximum = 8784)]
    seat_erasure_waiting_hours: Option<u32>,
    #[schema(minimum = 0, maximum = 20)]
    colleagues_export_admins: Option<u32>,
}

/// The periods of an exit, within the bounds of Regulation (EU) 2023/2854, art. 25.
#[derive(Debug, Clone, Deserialize, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ExitTerms {
    /// None: two months.
    #[schema(minimum = 0, maximum = 59)]
    notice_days: Option<u16>,
    #[schema(minimum = 1, maximum = 30)]
    transition_days: u16,
    #[schema(minimum = 30, maximum = 3650)]
    retrieval_days: u16,
}

/// The settings of a contract.
#[derive(Debug, Serialize, ToSchema)]
pub struct SettingsView {
    contract: String,
    /// What was chosen for this contract.
    chosen: Choices,
    /// What holds for it: the choice, and the desk's own where nothing was chosen or the desk is stricter.
    effective: Choices,
    /// Who chose; none where nothing was chosen yet.
    by: Option<String>,
}

/// Days of a retrieval at most: ten years.
const LONGEST_RETRIEVAL_DAYS: u16 = 3_650;

/// Shows the settings of a contract. The `ETag` is to be sent as `If-Match` with a change.
#[utoipa::path(get, path = "/contracts/{contract}/settings", tag = "directory",
    params(("contract" = String, Path, description = "Its key"), IfNoneMatch),
    responses((status = 200, body = SettingsView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "They are as they were"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    caller.act(Action::ReadContract, Target::Contract { contract: &contract })?;
    server
        .reading(move |server, store| {
            let contract = server.contract(&contract)?.0;
            let found = desk::contract_settings(store, &server.settings, &contract)?;
            Ok(tagged(contract, found).unless_known(&known))
        })
        .await
}

/// Chooses the settings of a contract anew: what is left out is the desk's own again. Requests that were made before keep what held for them.
#[utoipa::path(put, path = "/contracts/{contract}/settings", tag = "directory", request_body = Choices,
    params(("contract" = String, Path, description = "Its key"),
           ("If-Match" = Option<String>, Header, description = "The `ETag` that was read; without it nothing is changed")),
    responses((status = 200, body = SettingsView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn choose(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<Choices>,
) -> Result<Tagged<SettingsView>, Problem> {
    let actor = caller.act(Action::ChangeSettings, Target::Contract { contract: &contract })?;
    let expected = if_match.required()?;
    let chosen = chosen(&server, wanted)?;
    server
        .blocking(move |server, store| {
            let contract = server.contract(&contract)?.0;
            let found = server.with(|context| desk::choose(store, context.expecting(expected), &actor, &contract, &chosen))?;
            Ok(tagged(contract, found))
        })
        .await
}

fn chosen(server: &Server, wanted: Choices) -> Result<Chosen, Problem> {
    let mut private_categories: Vec<CategoryName> = Vec::new();
    for name in wanted.private_categories {
        let name = CategoryName::new(name);
        if !server.platform.map.categories.iter().any(|category| category.name == name) {
            return Err(Problem::unprocessable(format!("the map has no category `{name}`")));
        }
        if !private_categories.contains(&name) {
            private_categories.push(name);
        }
    }
    let exit = wanted.exit.map(|exit| {
        let notice = exit.notice_days.map_or(Notice::TwoMonths, Notice::Days);
        let terms = Terms::new(notice, exit.transition_days, exit.retrieval_days);
        let terms = terms.map_err(|error| Problem::setting(error.to_string()))?;
        match exit.retrieval_days > LONGEST_RETRIEVAL_DAYS {
            true => Err(Problem::setting(format!("a retrieval has at most {LONGEST_RETRIEVAL_DAYS} days"))),
            false => Ok(terms),
        }
    });
    let approvals = wanted.approvals;
    Ok(Chosen {
        profile: wanted.profile,
        regime: wanted.regime,
        target_days: wanted.target_days,
        approvals: Approvals {
            contract_erasure_admins: approvals.contract_erasure_admins,
            seat_erasure_admins: approvals.seat_erasure_admins,
            contract_erasure_waiting_hours: approvals.contract_erasure_waiting_hours,
            seat_erasure_waiting_hours: approvals.seat_erasure_waiting_hours,
            colleagues_export_admins: approvals.colleagues_export_admins,
        },
        private_categories,
        exit: exit.transpose()?,
    })
}

fn tagged(contract: String, found: ContractSettings) -> Tagged<SettingsView> {
    let version = found.version;
    let (chosen, rules) = (found.chosen, found.rules);
    let names = |names: Vec<CategoryName>| names.iter().map(ToString::to_string).collect();
    let view = SettingsView {
        contract,
        chosen: Choices {
            profile: chosen.profile,
            regime: chosen.regime,
            target_days: chosen.target_days,
            approvals: ChosenApprovals {
                contract_erasure_admins: chosen.approvals.contract_erasure_admins,
                seat_erasure_admins: chosen.approvals.seat_erasure_admins,
                contract_erasure_waiting_hours: chosen.approvals.contract_erasure_waiting_hours,
                seat_erasure_waiting_hours: chosen.approvals.seat_erasure_waiting_hours,
                colleagues_export_admins: chosen.approvals.colleagues_export_admins,
            },
            private_categories: names(chosen.private_categories),
            exit: chosen.exit.map(terms),
        },
        effective: Choices {
            profile: Some(rules.profile),
            regime: Some(rules.regime),
            target_days: Some(rules.target_days),
            approvals: ChosenApprovals {
                contract_erasure_admins: Some(rules.policy.contract_erasure_admins),
                seat_erasure_admins: Some(rules.policy.seat_erasure_admins),
                contract_erasure_waiting_hours: Some(rules.policy.contract_erasure_waiting_hours),
                seat_erasure_waiting_hours: Some(rules.policy.seat_erasure_waiting_hours),
                colleagues_export_admins: Some(rules.policy.colleagues_export_admins),
            },
            private_categories: names(rules.private_categories),
            exit: Some(terms(rules.exit)),
        },
        by: found.by.map(String::from),
    };
    Tagged::of(version, view)
}

fn terms(terms: Terms) -> ExitTerms {
    let notice_days = match terms.notice() {
        Notice::TwoMonths => None,
        Notice::Days(days) => Some(days),
    };
    ExitTerms { notice_days, transition_days: terms.transition_days(), retrieval_days: terms.retrieval_days() }
}
