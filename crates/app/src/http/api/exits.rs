//! The exit of a contract under the EU Data Act: notice, election, transition, retrieval, erasure.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::{self, ExitShown};
use exeunt_model::authorization::{Action, Target};
use exeunt_model::exit::{Act, Election, Party, next};
use exeunt_model::identity::ExitId;
use exeunt_model::moment::Moment;
use exeunt_store::desk::Position;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::server::{Server, now};
use crate::http::tag::{IfMatch, IfNoneMatch, Tagged};

/// Characters of what is said at most.
const LONGEST_WORDS: usize = 2_000;

/// The customer's notice.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NoticeGiven {
    /// What the customer says, exactly as it is kept and signed.
    #[schema(min_length = 1, max_length = 2000)]
    words: String,
}

/// What somebody does in an exit.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewAct {
    /// By the customer `elect`, `extend`, `confirm_switch`, `agree_later_erasure` or `withdraw`; by the provider `offer_alternative`
    #[schema(example = "elect")]
    act: String,
    /// For `elect`: `other_provider`, `on_premises` or `erase`
    election: Option<String>,
    /// For `extend`, `agree_later_erasure` and `offer_alternative`: until when.
    #[schema(format = DateTime)]
    date: Option<String>,
    /// For `confirm_switch` and the election of `erase`, which lead to the erasure of everything: the contract's name, typed.
    confirmation: Option<String>,
    /// What is said with it, exactly as it is kept and signed. For `offer_alternative` it is the justification.
    #[schema(min_length = 1, max_length = 2000)]
    words: String,
}

/// An exit.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExitView {
    id: String,
    contract: String,
    state: String,
    noticed: String,
    notice_ends: String,
    /// `other_provider`, `on_premises` or `erase`
    election: Option<String>,
    /// Until when the transition lasts by what the provider has told.
    alternative_ends: Option<String>,
    transition_ends: Option<String>,
    /// When the customer confirmed the switch.
    switched: Option<String>,
    /// Until when the customer can fetch its data.
    retrieval_ends: Option<String>,
    /// Nothing is erased before.
    erasure_from: Option<String>,
    finished: Option<String>,
    /// What must be done, in order of its dates.
    due: Vec<DueView>,
    /// What can be done now or later from this state.
    possible: Vec<PossibleView>,
    /// The request of the erasure at the end.
    erasure: Option<String>,
    /// The run whose certificate ended it.
    run: Option<String>,
    history: Vec<DeclarationView>,
}

/// Something that must be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct DueView {
    duty: String,
    /// `customer`, `provider` or `desk`
    by: String,
    at: String,
    /// Of Regulation (EU) 2023/2854.
    article: String,
    overdue: bool,
}

/// Something that can be done.
#[derive(Debug, Serialize, ToSchema)]
pub struct PossibleView {
    /// The move.
    #[serde(rename = "move")]
    attempted: String,
    /// `customer`, `provider` or `desk`
    by: String,
    /// None: now.
    from: Option<String>,
    /// None: no date ends it.
    until: Option<String>,
    /// Of Regulation (EU) 2023/2854.
    article: String,
}

/// A line of an exit's history.
#[derive(Debug, Serialize, ToSchema)]
pub struct DeclarationView {
    at: String,
    /// None: the desk itself.
    actor: Option<String>,
    event: String,
    from: Option<String>,
    to: String,
    /// The exact words; none where nobody said any, and once the contract was erased.
    words: Option<String>,
    /// With the words behind it and a line feed between, SHA-256 makes the digest that the declaration holds.
    salt: Option<String>,
    /// JSON: what is signed.
    declaration: String,
    /// The desk's signature under it.
    signature: String,
}

/// The exits of a contract, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct ExitViews {
    exits: Vec<ExitView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// Lists the exits of a contract, newest first: one that goes on is the first.
#[utoipa::path(get, path = "/contracts/{contract}/exits", tag = "exits",
    params(("contract" = String, Path, description = "Its key"), PageQuery),
    responses((status = 200, body = ExitViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<ExitViews>, Problem> {
    caller.act(Action::ReadExit, Target::Contract { contract: &contract })?;
    let page = page.read::<Position<ExitId>>()?;
    server
        .reading(move |_, store| {
            let exits = desk::exits_of(store, &contract, page.after.as_ref(), page.wanted())?;
            let (exits, next) = page.cut(exits, |last| Position { at: last.exit.noticed(), id: last.id.clone() });
            Ok(Json(ExitViews { exits: exits.into_iter().map(view).collect(), next }))
        })
        .await
}

/// Gives notice: the exit of the contract begins.
#[utoipa::path(post, path = "/contracts/{contract}/exits", tag = "exits", request_body = NoticeGiven,
    params(("contract" = String, Path, description = "Its key")),
    responses((status = 201, body = ExitView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn give_notice(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(contract): Path<String>,
    Json(given): Json<NoticeGiven>,
) -> Result<Response, Problem> {
    let actor = caller.act(Action::LeadExit, Target::Contract { contract: &contract })?;
    fits(&given.words)?;
    let exit = server
        .blocking(move |server, store| {
            let (contract, _) = server.contract(&contract)?;
            let given = server.with(|context| desk::give_notice(store, context, &server.directory, &actor, &contract, &given.words));
            Ok(tagged(given?))
        })
        .await?;
    let location = format!("/api/v1/exits/{}", exit.view.id);
    Ok((StatusCode::CREATED, [(header::LOCATION, location)], exit).into_response())
}

/// Shows an exit.
#[utoipa::path(get, path = "/exits/{id}", tag = "exits",
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfNoneMatch),
    responses((status = 200, body = ExitView, headers(("ETag" = String, description = "Its version"))), (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(exit): Path<String>,
    known: IfNoneMatch,
) -> Result<Response, Problem> {
    let id: ExitId = id(&exit)?;
    server
        .reading(move |_, store| {
            let found = desk::exit(store, &id)?;
            caller.act(Action::ReadExit, Target::Contract { contract: &found.contract })?;
            Ok(tagged(found).unless_known(&known))
        })
        .await
}

/// Does something in an exit, in words that the desk signs.
#[utoipa::path(post, path = "/exits/{id}/acts", tag = "exits", request_body = NewAct,
    params(("id" = String, Path, description = "32 hexadecimal digits"), IfMatch),
    responses((status = 200, body = ExitView, headers(("ETag" = String, description = "Its version"))),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn act(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(exit): Path<String>,
    if_match: IfMatch,
    Json(wanted): Json<NewAct>,
) -> Result<Tagged<ExitView>, Problem> {
    let id: ExitId = id(&exit)?;
    fits(&wanted.words)?;
    let act = act_of(&wanted)?;
    server
        .blocking(move |server, store| {
            let found = desk::exit(store, &id)?;
            let action = match act.attempted().by() {
                Party::Provider => Action::ProlongExit,
                Party::Customer | Party::Desk => Action::LeadExit,
            };
            let actor = caller.act(action, Target::Contract { contract: &found.contract })?;
            let confirmed = match desk::is_to_be_confirmed(&act) {
                true => wanted.confirmation.as_deref().map(str::trim) == Some(server.contract(&found.contract)?.1.trim()),
                false => false,
            };
            let acted = server.with(|context| {
                let context = context.expecting(if_match.expected());
                desk::act_on_exit(store, context, &server.directory, &actor, &id, &act, &wanted.words, confirmed)
            });
            Ok(tagged(acted?))
        })
        .await
}

fn fits(words: &str) -> Result<(), Problem> {
    match words.trim().is_empty() || words.chars().count() > LONGEST_WORDS {
        true => Err(Problem::unprocessable(format!("`words` has 1 to {LONGEST_WORDS} characters"))),
        false => Ok(()),
    }
}

fn act_of(wanted: &NewAct) -> Result<Act, Problem> {
    let missing = |what: &str| Problem::unprocessable(format!("`{what}` is missing"));
    let date = || -> Result<Moment, Problem> {
        let text = wanted.date.as_deref().ok_or_else(|| missing("date"))?;
        let date: Timestamp = text.parse().map_err(|_| Problem::unprocessable("`date` is written 2027-03-01T12:00:00Z".to_owned()))?;
        Ok(Moment::new(date))
    };
    let act = match wanted.act.as_str() {
        "elect" => {
            let election = wanted.election.as_deref().ok_or_else(|| missing("election"))?;
            Act::Elect(election.parse::<Election>().map_err(|error| Problem::unprocessable(error.to_string()))?)
        }
        "extend" => Act::Extend { until: date()? },
        "confirm_switch" => Act::ConfirmSwitch,
        "agree_later_erasure" => Act::AgreeLaterErasure { at: date()? },
        "offer_alternative" => Act::OfferAlternative { ends: date()?, justification: wanted.words.clone() },
        "withdraw" => Act::Withdraw,
        other => return Err(Problem::unprocessable(format!("nobody can `{other}` an exit"))),
    };
    let needs_date = matches!(act, Act::Extend { .. } | Act::AgreeLaterErasure { .. } | Act::OfferAlternative { .. });
    if wanted.election.is_some() && !matches!(act, Act::Elect(_)) {
        return Err(Problem::unprocessable("only `elect` has an election".to_owned()));
    }
    if wanted.date.is_some() && !needs_date {
        return Err(Problem::unprocessable(format!("`{}` has no date", wanted.act)));
    }
    Ok(act)
}

/// An exit as it is shown alone. What is due and can be done changes with the time.
fn tagged(shown: ExitShown) -> Tagged<ExitView> {
    Tagged::varying(shown.version(), view(shown))
}

/// An exit as the API shows it.
fn view(shown: ExitShown) -> ExitView {
    let exit = &shown.exit;
    let next = next(exit, now());
    let text = |moment: Option<Moment>| moment.map(|moment| moment.to_string());
    let due = next.due.iter().map(|due| DueView {
        duty: due.duty.to_string(),
        by: due.by.to_string(),
        at: due.at.to_string(),
        article: due.article.to_owned(),
        overdue: due.overdue,
    });
    let possible = next.possible.iter().map(|possible| PossibleView {
        attempted: possible.attempted.to_string(),
        by: possible.by.to_string(),
        from: text(possible.from),
        until: text(possible.until),
        article: possible.article.to_owned(),
    });
    let history = shown.events.iter().map(|event| DeclarationView {
        at: event.at.to_string(),
        actor: event.actor.as_ref().map(ToString::to_string),
        event: event.event.clone(),
        from: event.from.clone(),
        to: event.to.clone(),
        words: event.words.as_ref().map(|(words, _)| words.clone()),
        salt: event.words.as_ref().map(|(_, salt)| salt.clone()),
        declaration: event.declaration.clone(),
        signature: event.signature.clone(),
    });
    ExitView {
        id: shown.id.to_string(),
        contract: shown.contract.clone(),
        state: exit.state().to_string(),
        noticed: exit.noticed().to_string(),
        notice_ends: exit.notice_ends().to_string(),
        election: exit.election().map(|election| election.to_string()),
        alternative_ends: exit.alternative().map(|alternative| alternative.ends.to_string()),
        transition_ends: text(exit.transition_ends()),
        switched: text(exit.switched()),
        retrieval_ends: text(exit.retrieval_ends()),
        erasure_from: text(exit.erasure_from()),
        finished: text(exit.finished()),
        due: due.collect(),
        possible: possible.collect(),
        erasure: shown.erasure.as_ref().map(ToString::to_string),
        run: shown.run.as_ref().map(|run| run.as_str().to_owned()),
        history: history.collect(),
    }
}
