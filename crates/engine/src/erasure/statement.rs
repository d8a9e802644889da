//! What the certificate states, put together from the plan and what was found.

use exeunt_model::certificate::{
    ChoiceMade, FileCount, KeptRows, KeptWhy, MapBinding, Recount, Residual, Scope, SourceBinding, Statement, TableCount, Tool,
    Verification,
};
use exeunt_model::moment::Moment;
use exeunt_model::plan::{KeptReason, Plan, Work};
use exeunt_model::run::Ending;

use super::running::Running;

/// What verification found.
pub(super) struct Findings {
    /// Rows that each step would still affect.
    pub remaining: Vec<Option<u64>>,
    pub recount: Recount,
    pub files: Vec<FileCount>,
    pub residual: Residual,
    pub closed: Moment,
}

/// The statement of a run. Its state follows from the counts and from nothing else.
pub(super) fn statement(running: &Running, findings: Findings) -> Statement {
    let plan = &running.document.plan;
    let outline = &plan.outline;
    let terms = &running.document.terms;
    let tables: Vec<TableCount> = outline
        .steps
        .iter()
        .enumerate()
        .map(|(at, step)| TableCount {
            table: step.table.clone(),
            category: step.category.clone(),
            action: action(&step.work).to_owned(),
            columns: columns(&step.work),
            planned: running.planned[at],
            affected: running.affected[at].unwrap_or(0),
            remaining: findings.remaining[at],
        })
        .collect();
    let mut statement = Statement {
        id: running.run.clone(),
        // Replaced below, where all counts are known.
        state: Ending::PartlyFailed,
        purpose: terms.purpose,
        reference: terms.reference.clone(),
        scope: Scope {
            kind: outline.kind.clone(),
            subject: plan.subject.clone(),
            successor: plan.successor.clone(),
            categories: outline.categories.as_ref().map(|chosen| chosen.names.clone()),
        },
        started: running.started,
        closed: findings.closed,
        attempts: running.attempts,
        tool: Tool { name: "exeunt".to_owned(), version: env!("CARGO_PKG_VERSION").to_owned() },
        map: MapBinding { name: outline.map.name.clone(), digest: outline.map.digest.clone(), lock: plan.lock.clone() },
        sources: outline
            .catalogs
            .iter()
            .map(|catalog| SourceBinding {
                source: catalog.source.clone(),
                identity: catalog.identity.clone(),
                catalog: catalog.digest.clone(),
            })
            .collect(),
        plan: plan.digest(),
        choices: outline.choices.iter().map(|choice| ChoiceMade { table: choice.table.clone(), action: choice.action.clone() }).collect(),
        categories: Statement::sums(&tables),
        tables,
        kept: kept(plan),
        files: findings.files,
        outside: terms.outside.clone(),
        verification: Verification { recount: findings.recount, residual: findings.residual },
        failures: running.failures.clone(),
    };
    statement.state = statement.ending();
    statement
}

/// The columns that a step writes into.
fn columns(work: &Work) -> Vec<String> {
    match work {
        Work::HandOver { column } => vec![column.clone()],
        Work::Unlink { columns } | Work::BreakCycle { columns } => columns.clone(),
        Work::Change { changes } => changes.iter().map(|(path, _)| path.to_string()).collect(),
        Work::Read { .. } | Work::Delete { .. } => Vec::new(),
    }
}

fn kept(plan: &Plan) -> Vec<KeptRows> {
    let ends = plan.kept_until.iter().cloned().chain(std::iter::repeat(None));
    plan.outline
        .kept
        .iter()
        .zip(&plan.kept_rows)
        .zip(ends)
        .filter(|((_, rows), _)| **rows > 0)
        .map(|((kept, rows), until)| KeptRows {
            table: kept.table.clone(),
            category: kept.category.clone(),
            rows: *rows,
            why: match &kept.reason {
                KeptReason::Ground(ground) => KeptWhy::Ground { ground: ground.ground.clone(), until },
                KeptReason::Shared => KeptWhy::Shared,
                KeptReason::Follows => KeptWhy::Follows,
            },
        })
        .collect()
}

fn action(work: &Work) -> &'static str {
    match work {
        Work::Read { .. } => "read",
        Work::HandOver { .. } => "hand_over",
        Work::Unlink { .. } => "unlink",
        Work::BreakCycle { .. } => "clear_first",
        Work::Change { .. } => "change",
        Work::Delete { .. } => "delete",
    }
}
