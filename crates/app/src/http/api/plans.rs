//! The stored plan of an erasure, for whoever decides about it.

use std::sync::Arc;

use axum::extract::State;
use exeunt_model::authorization::Action;
use exeunt_model::names::CategoryName;
use exeunt_model::plan::file::PlanFile;
use exeunt_model::plan::{KeptReason, LeftOutReason, Plan, Work};
use serde::Serialize;
use utoipa::ToSchema;

use super::requests::find;
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, id};
use crate::http::problem::Problem;
use crate::http::server::Server;

/// What an erasure will do, table by table. It names nobody.
#[derive(Debug, Serialize, ToSchema)]
pub struct PlanView {
    /// To be sent with an approval: it covers everything below.
    digest: String,
    /// The categories that were chosen; none: all of them.
    categories: Option<Vec<String>>,
    /// Whether the seat or the contract itself goes.
    takes_subject: bool,
    /// In the order of execution; steps without rows are left out.
    steps: Vec<StepView>,
    kept: Vec<KeptView>,
    files: Vec<FilesView>,
    /// What the requester decided, by table.
    choices: std::collections::BTreeMap<String, String>,
    /// Categories of the subject that the plan leaves alone.
    not_chosen: Vec<String>,
}

/// What is done to rows of a table.
#[derive(Debug, Serialize, ToSchema)]
pub struct StepView {
    category: Option<String>,
    /// The category's name for people.
    label: Option<String>,
    table: String,
    /// `delete`, `change`, `hand over`, `unlink` or `clear first`
    action: String,
    /// The columns that are written into; none where whole rows are deleted.
    columns: Vec<String>,
    rows: u64,
}

/// Rows that stay, and why.
#[derive(Debug, Serialize, ToSchema)]
pub struct KeptView {
    category: Option<String>,
    table: String,
    rows: u64,
    /// `ground`, `shared` or `follows`
    why: String,
    ground: Option<String>,
    /// The day on which the ground ends, where the map gives a rule for it.
    until: Option<String>,
}

/// Files that rows of a table name.
#[derive(Debug, Serialize, ToSchema)]
pub struct FilesView {
    category: Option<String>,
    table: String,
    /// To be deleted with the rows.
    files: u64,
    /// They stay, since other rows name them too.
    shared: u64,
    bytes: Option<u64>,
}

/// Shows the plan of an erasure, to whoever may see the request. There is none before it was made, and none for exports and cases.
#[utoipa::path(get, path = "/requests/{id}/plan", tag = "requests", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, body = PlanView),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn show(State(server): State<Arc<Server>>, caller: Caller, Path(request): Path<String>) -> Result<Json<PlanView>, Problem> {
    let id = id(&request)?;
    server
        .reading(move |server, store| {
            let (found, _) = find(store, &caller, Action::ReadRequests, &id)?;
            let (json, _) = found.plan.ok_or_else(|| Problem::state("it has no plan, or none yet".to_owned()))?;
            let plan = PlanFile::read(&json).map_err(|_| Problem::internal(None))?;
            Ok(Json(view(server, &plan)))
        })
        .await
}

fn view(server: &Server, plan: &Plan) -> PlanView {
    let outline = &plan.outline;
    let name = |category: &Option<CategoryName>| category.as_ref().map(ToString::to_string);
    let label = |category: &Option<CategoryName>| {
        let known = outline.map.categories.iter().find(|known| Some(&known.name) == category.as_ref());
        known.map(|known| known.label.clone())
    };
    let steps = outline.steps.iter().zip(&plan.step_rows).filter(|(_, rows)| **rows > 0).map(|(step, rows)| StepView {
        category: name(&step.category),
        label: label(&step.category),
        table: step.table.to_string(),
        action: step.work.word().to_owned(),
        columns: match &step.work {
            Work::HandOver { column } => vec![column.clone()],
            Work::Unlink { columns } | Work::BreakCycle { columns } => columns.clone(),
            Work::Change { changes } => changes.iter().map(|(place, _)| place.to_string()).collect(),
            Work::Read { .. } | Work::Delete { .. } => Vec::new(),
        },
        rows: *rows,
    });
    let ends = plan.kept_until.iter().cloned().chain(std::iter::repeat(None));
    let kept = outline.kept.iter().zip(&plan.kept_rows).zip(ends).filter(|((_, rows), _)| **rows > 0).map(|((kept, rows), until)| {
        let (why, ground) = match &kept.reason {
            KeptReason::Ground(ground) => ("ground", Some(ground.ground.clone())),
            KeptReason::Shared => ("shared", None),
            KeptReason::Follows => ("follows", None),
        };
        KeptView { category: name(&kept.category), table: kept.table.to_string(), rows: *rows, why: why.to_owned(), ground, until }
    });
    let map = &server.platform.map;
    let files = plan.files.iter().filter(|count| count.files + count.shared > 0).map(|count| FilesView {
        category: name(&map.entry(&count.table).and_then(|entry| entry.category.clone())),
        table: count.table.to_string(),
        files: count.files,
        shared: count.shared,
        bytes: count.bytes,
    });
    let not_chosen = outline.left_out.iter().filter(|left| left.reason == LeftOutReason::NotChosen);
    PlanView {
        digest: plan.digest().as_str().to_owned(),
        categories: outline.categories.as_ref().map(|chosen| chosen.names.iter().map(ToString::to_string).collect()),
        takes_subject: outline.takes_subject(),
        steps: steps.collect(),
        kept: kept.collect(),
        files: files.collect(),
        choices: outline.choices.iter().map(|choice| (choice.table.to_string(), choice.action.clone())).collect(),
        not_chosen: not_chosen.filter_map(|left| name(&left.category)).collect(),
    }
}
