//! What an export or an erasure would take, before anybody asks for it.

use exeunt_model::map::ExportDisposition;
use exeunt_model::moment::Moment;
use exeunt_model::names::CategoryName;
use exeunt_model::plan::Plan;
use exeunt_store::Store;
use serde::Serialize;

use super::error::Error;
use crate::planning::{self, Request as PlanRequest, Snapshot};
use crate::platform::Platform;

/// Counts by category, and what a person must know before the irreversible.
#[derive(Debug, Clone, Serialize)]
pub struct Preview {
    pub categories: Vec<PreviewRow>,
    pub rows: u64,
    pub files: u64,
    /// Tables for which the requester must say what becomes of their rows, with the words to choose from.
    pub choices: Vec<(String, Vec<String>)>,
    /// When the subject was exported last, by requests whose archive was delivered.
    pub exported: Option<Moment>,
}

/// One category.
#[derive(Debug, Clone, Serialize)]
pub struct PreviewRow {
    pub category: CategoryName,
    pub label: String,
    /// Rows to be erased or changed.
    pub rows: u64,
    /// Rows that stay, on a ground.
    pub kept: u64,
    /// `included`, `on_request` or `excluded`: whether the standard export holds it.
    pub export: ExportDisposition,
}

/// Counts what a request would be about. Nothing is written.
///
/// Where the map lets the requester choose, the counts are those of `delete`, and the choices are named.
///
/// # Errors
/// [`Error::Plan`].
pub fn preview(store: &Store, platform: &Platform, request: &PlanRequest) -> Result<Preview, Error> {
    let mut request = request.clone();
    let mut choices = Vec::new();
    let prepared = loop {
        let mut snapshot = Snapshot::open(platform)?;
        match snapshot.prepare(platform, &request, &store.hash_secret()) {
            Ok(prepared) => break prepared,
            Err(planning::Error::Plan(exeunt_model::plan::planner::Error::Undecided { tables })) if choices.is_empty() => {
                for (table, words) in tables {
                    choices.push((table.to_string(), words.iter().map(ToString::to_string).collect()));
                    request.choices.push(exeunt_model::plan::Choice { table, action: "delete".to_owned() });
                }
            }
            Err(error) => return Err(error.into()),
        }
    };
    let plan = &prepared.plan;
    let exported = store.look("look for exports", |transaction| {
        let requests = transaction.requests_about(&plan.outline.kind, &plan.subject)?;
        Ok::<_, exeunt_store::Error>(
            requests
                .iter()
                .filter(|request| request.document.counts.is_some())
                .filter_map(|request| {
                    matches!(request.state, exeunt_model::request::State::Export(_)).then_some(request.answered).flatten()
                })
                .max(),
        )
    })?;
    Ok(Preview {
        categories: rows(platform, plan),
        rows: plan.step_rows.iter().sum(),
        files: plan.files.iter().map(|count| count.files).sum(),
        choices,
        exported,
    })
}

fn rows(platform: &Platform, plan: &Plan) -> Vec<PreviewRow> {
    let map = &platform.map;
    let of =
        |category: &CategoryName| {
            let steps = plan.outline.steps.iter().zip(&plan.step_rows);
            let rows = steps.filter(|(step, _)| step.category.as_ref() == Some(category)).map(|(_, rows)| rows).sum();
            let kept =
                plan.outline.kept.iter().zip(&plan.kept_rows).filter(|(kept, _)| {
                    map.tables.iter().any(|entry| entry.table == kept.table && entry.category.as_ref() == Some(category))
                });
            (rows, kept.map(|(_, rows)| rows).sum())
        };
    let shown = map.categories.iter().map(|category| {
        let (rows, kept) = of(&category.name);
        PreviewRow { category: category.name.clone(), label: category.label.clone(), rows, kept, export: category.export }
    });
    shown.filter(|row| row.rows > 0 || row.kept > 0).collect()
}
