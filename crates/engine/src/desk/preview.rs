//! What an export or an erasure would take, before anybody asks for it.

use std::collections::BTreeMap;

use exeunt_model::identity::Role;
use exeunt_model::map::ExportDisposition;
use exeunt_model::moment::Moment;
use exeunt_model::names::{CategoryName, SubjectKind, TableName};
use exeunt_model::plan::{Choice, KeptReason, LeftOutReason, Plan, Profile, Purpose, planner};
use exeunt_model::request::approval::{Ask, Requirement, requirement};
use exeunt_model::request::{Channel, Kind, Scope, State};
use exeunt_model::setting::Rules;
use exeunt_model::tombstone::subject_hash;
use exeunt_store::Store;
use exeunt_store::desk::Request;

use super::error::Error;
use super::job::held;
use super::people::locks_out;
use crate::directory::Directory;
use crate::planning::{self, Prepared, Request as PlanRequest, Snapshot};
use crate::platform::Platform;

/// What somebody thinks of asking for.
#[derive(Debug, Clone)]
pub struct Question {
    /// With the choices that are made already; others are taken to be `delete` where that is offered.
    pub request: PlanRequest,
    pub scope: Scope,
    pub contract: String,
    /// For a seat: its contract, whose exports hold the seat too.
    pub within: Option<(SubjectKind, Vec<String>)>,
    /// The role by which it is asked, and whether the seat is the asker's own.
    pub role: Role,
    pub own_seat: bool,
    /// Whether an export would take messages or notes of colleagues.
    pub private: bool,
    /// What holds for the contract.
    pub rules: Rules,
}

/// Counts by category, and what a person must know before the irreversible.
#[derive(Debug, Clone)]
pub struct Preview {
    /// Those that hold something or were chosen, in the order of the map.
    pub categories: Vec<PreviewRow>,
    /// Of what would be taken.
    pub rows: u64,
    pub files: u64,
    pub bytes: Option<u64>,
    pub kept: Vec<KeptRows>,
    pub choices: Vec<OpenChoice>,
    /// When the subject was exported last, by requests whose archive was delivered.
    pub exported: Option<Moment>,
    /// A hold keeps the data: an erasure would wait for its end.
    pub held: bool,
    /// The contract would be left with nobody who can sign in for it: the request would be refused.
    pub last_admin: bool,
    /// The subject as a whole would go.
    pub takes_subject: bool,
    pub requirement: Requirement,
}

/// One category.
#[derive(Debug, Clone)]
pub struct PreviewRow {
    pub category: CategoryName,
    pub label: String,
    /// Whether the request would take it.
    pub taken: bool,
    /// Rows to be exported; or to be erased, changed, handed over or unlinked.
    pub rows: u64,
    pub files: u64,
    /// Of its files; `None` where a size is not known.
    pub bytes: Option<u64>,
    /// Rows that stay though everything of the category is to be erased.
    pub kept: u64,
    pub export: ExportDisposition,
    /// Not for contracts such as this one.
    pub not_applicable: bool,
    /// No export that can be asked for holds it: it is given out by the representative.
    pub no_standard_export: bool,
    /// When it was exported last, for this subject or its contract.
    pub exported: Option<Moment>,
}

/// Rows of a table that stay, and why.
#[derive(Debug, Clone)]
pub struct KeptRows {
    pub table: TableName,
    pub category: Option<CategoryName>,
    pub rows: u64,
    /// `ground`, `shared` or `follows`.
    pub why: &'static str,
    pub ground: Option<String>,
    /// The day on which the ground ends, where the map gives a rule for it.
    pub until: Option<String>,
}

/// A table about whose rows the requester must decide.
#[derive(Debug, Clone)]
pub struct OpenChoice {
    pub table: TableName,
    pub label: Option<String>,
    pub category: Option<CategoryName>,
    /// Rows that the choice is about, by what was assumed.
    pub rows: u64,
    pub actions: Vec<String>,
    /// What the counts assume.
    pub assumed: String,
}

/// Counts what a request would be about. Nothing is written.
///
/// An export is counted with all that is given out on request too, so that everybody sees what the standard export leaves out.
///
/// # Errors
/// [`Error::Plan`]; among them that categories must be chosen together.
pub fn preview(store: &Store, platform: &Platform, directory: &Directory, question: &Question) -> Result<Preview, Error> {
    let mut request = question.request.clone();
    request.profile = Profile::Symmetric;
    let (prepared, open) = plan(store, platform, &mut request)?;
    let plan = &prepared.plan;
    let erases = request.purpose == Purpose::Erase;
    let not_applicable = not_applicable(platform, &request)?;
    let subject = (plan.outline.kind.clone(), plan.subject.clone());
    let within = question.within.as_ref().map(|(kind, key)| (kind.clone(), subject_hash(&store.hash_secret(), kind, key)));
    let (exports, held) = store.look("look for exports and holds", |transaction| {
        let mut exports = delivered(transaction.requests_about(&subject.0, &subject.1)?);
        if let Some((kind, hash)) = &within {
            exports.extend(delivered(transaction.requests_about(kind, hash)?));
        }
        let held = held(transaction, &question.contract, question.scope, &subject.0, &subject.1)?.is_some();
        Ok::<_, Error>((exports, held))
    })?;
    let last_admin = erases && {
        let key = &prepared.request.subject.key;
        locks_out(store, directory, question.scope, &question.contract, key, request.categories.as_deref())?
    };
    let categories = rows(platform, plan, question.rules.profile, &not_applicable, &exports);
    let taken = || categories.iter().filter(|row| row.taken);
    let ask = Ask {
        kind: if erases { Kind::Erasure } else { Kind::Export },
        scope: question.scope,
        channel: Channel::Desk,
        role: question.role,
        own_seat: question.own_seat,
        private: question.private && !erases,
    };
    Ok(Preview {
        rows: taken().map(|row| row.rows).sum(),
        files: taken().map(|row| row.files).sum(),
        bytes: taken().map(|row| row.bytes).sum(),
        kept: kept(plan),
        choices: open.into_iter().map(|(table, actions, assumed)| choice(platform, plan, table, actions, assumed)).collect(),
        exported: exports.iter().map(|export| export.at).max(),
        held: erases && held,
        last_admin,
        takes_subject: plan.outline.takes_subject(),
        requirement: requirement(&ask, &question.rules.policy),
        categories,
    })
}

/// A table whose action is open, the words to choose from, and the one that is assumed.
type Open = (TableName, Vec<String>, String);

/// The plan, with what the requester has not decided yet taken to be `delete` where that is offered.
fn plan(store: &Store, platform: &Platform, request: &mut PlanRequest) -> Result<(Prepared, Vec<Open>), Error> {
    let mut open = Vec::new();
    loop {
        let mut snapshot = Snapshot::open(platform)?;
        match snapshot.prepare(platform, request, &store.hash_secret()) {
            Ok(prepared) => return Ok((prepared, open)),
            Err(planning::Error::Plan(planner::Error::Undecided { tables })) if open.is_empty() => {
                for (table, words) in tables {
                    let rest = words.iter().find(|word| **word != "hand_over").or(words.first());
                    let assumed = words.iter().find(|word| **word == "delete").or(rest).copied().unwrap_or_default();
                    request.choices.push(Choice { table: table.clone(), action: assumed.to_owned() });
                    open.push((table, words.iter().map(ToString::to_string).collect(), assumed.to_owned()));
                }
            }
            Err(error) => return Err(error.into()),
        }
    }
}

/// The categories that are not for contracts such as the subject's.
fn not_applicable(platform: &Platform, request: &PlanRequest) -> Result<Vec<CategoryName>, Error> {
    let export = PlanRequest { purpose: Purpose::Export, categories: None, choices: Vec::new(), successor: None, ..request.clone() };
    let outline = Snapshot::open(platform)?.outline(&export)?;
    let left = outline.left_out.into_iter().filter(|left| left.reason == LeftOutReason::NotApplicable);
    Ok(left.filter_map(|left| left.category).collect())
}

/// An export whose archive was delivered.
struct Delivered {
    at: Moment,
    profile: Profile,
    categories: Option<Vec<CategoryName>>,
}

fn delivered(requests: Vec<Request>) -> Vec<Delivered> {
    let of = |request: Request| {
        let counted = matches!(request.state, State::Export(_)) && request.document.counts.is_some();
        let at = request.answered.filter(|_| counted)?;
        Some(Delivered { at, profile: request.document.profile, categories: request.document.categories })
    };
    requests.into_iter().filter_map(of).collect()
}

fn rows(platform: &Platform, plan: &Plan, profile: Profile, not_applicable: &[CategoryName], exports: &[Delivered]) -> Vec<PreviewRow> {
    let map = &platform.map;
    let erases = plan.outline.purpose == Purpose::Erase;
    let chosen = plan.outline.categories.as_ref().map(|chosen| chosen.names.as_slice());
    let mut last: BTreeMap<&CategoryName, Moment> = BTreeMap::new();
    for export in exports {
        for category in map.exported(export.profile, export.categories.as_deref()) {
            let at = last.entry(&category.name).or_insert(export.at);
            *at = export.at.max(*at);
        }
    }
    let row = |category: &exeunt_model::map::Category| {
        let name = &category.name;
        let of_category = |found: &Option<CategoryName>| found.as_ref() == Some(name);
        let steps = plan.outline.steps.iter().zip(&plan.step_rows).filter(|(step, _)| of_category(&step.category));
        let kept = plan.outline.kept.iter().zip(&plan.kept_rows).filter(|(kept, _)| of_category(&kept.category));
        let category_of = |table: &TableName| map.entry(table).and_then(|entry| entry.category.as_ref());
        let files = || plan.files.iter().filter(|count| category_of(&count.table) == Some(name));
        let applies = !not_applicable.contains(name);
        let standard = category.export.is_part_of(profile) && applies;
        let is_chosen = chosen.is_none_or(|chosen| chosen.contains(name));
        PreviewRow {
            category: name.clone(),
            label: category.label.clone(),
            taken: is_chosen && (erases || standard),
            rows: steps.map(|(_, rows)| rows).sum(),
            files: files().map(|count| count.files).sum(),
            bytes: files().map(|count| count.bytes).sum(),
            kept: kept.map(|(_, rows)| rows).sum(),
            export: category.export,
            not_applicable: !applies,
            no_standard_export: !category.export.is_part_of(profile),
            exported: last.get(name).copied(),
        }
    };
    let shown = map.categories.iter().map(row);
    let is_shown = |row: &PreviewRow| row.rows > 0 || row.kept > 0 || chosen.is_some_and(|chosen| chosen.contains(&row.category));
    shown.filter(is_shown).collect()
}

fn kept(plan: &Plan) -> Vec<KeptRows> {
    let ends = plan.kept_until.iter().cloned().chain(std::iter::repeat(None));
    let groups = plan.outline.kept.iter().zip(&plan.kept_rows).zip(ends).filter(|((_, rows), _)| **rows > 0);
    groups
        .map(|((kept, rows), until)| {
            let (why, ground) = match &kept.reason {
                KeptReason::Ground(ground) => ("ground", Some(ground.ground.clone())),
                KeptReason::Shared => ("shared", None),
                KeptReason::Follows => ("follows", None),
            };
            KeptRows { table: kept.table.clone(), category: kept.category.clone(), rows: *rows, why, ground, until }
        })
        .collect()
}

fn choice(platform: &Platform, plan: &Plan, table: TableName, actions: Vec<String>, assumed: String) -> OpenChoice {
    let entry = platform.map.entry(&table);
    let steps = plan.outline.steps.iter().zip(&plan.step_rows).filter(|(step, _)| step.table == table);
    let kept = plan.outline.kept.iter().zip(&plan.kept_rows).filter(|(kept, _)| kept.table == table && kept.reason != KeptReason::Shared);
    OpenChoice {
        label: entry.and_then(|entry| entry.label.clone()),
        category: entry.and_then(|entry| entry.category.clone()),
        rows: steps.map(|(_, rows)| rows).chain(kept.map(|(_, rows)| rows)).max().copied().unwrap_or(0),
        table,
        actions,
        assumed,
    }
}
