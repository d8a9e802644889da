//! The end of every run: count again, delete files, search, close.

use exeunt_model::certificate::{Certificate, Failure, Phase, Recount};
use exeunt_model::digest::Digest;
use exeunt_model::map::action::Change;
use exeunt_model::names::TableName;
use exeunt_model::plan::{Outline, Work};
use exeunt_model::selection::ColumnPath;
use exeunt_model::tombstone;
use exeunt_store::Gone;

use super::acting::Acting;
use super::error::Error;
use super::files;
use super::order::Means;
use super::running::Running;
use super::statement::{Findings, statement};
use crate::failpoint::failpoint;
use crate::residual;

/// A run that was carried out, wholly or in part.
#[derive(Debug)]
pub struct Outcome {
    pub certificate: Certificate,
    /// The run partly failed, and going on with it leads to the same end until somebody approves what is there now, or gives it up.
    pub undecided: bool,
}

/// Verifies what was done and closes the run with its certificate.
///
/// # Errors
/// [`Error::Unfinished`]: whatever was erased stays erased, and the run can be resumed.
pub(super) fn finish(means: &mut Means<'_>, mut running: Running) -> Result<Outcome, Error> {
    let run = running.run.clone();
    failpoint!("before_recount", &run);
    let mut counted = None;
    // Files and databases keep different parts of the machine waiting.
    let mut count = |means: &Means<'_>, running: &mut Running| {
        counted.get_or_insert_with(|| recount(means, running));
    };
    for source in running.sources.iter_mut().filter(|source| source.committed) {
        source.acting.iter_mut().for_each(Acting::begin_reading);
    }
    let files = files::delete(means, &mut running, &mut count)?;
    let (remaining, recount) = counted.unwrap_or_else(|| recount(means, &mut running));
    let kept = |table: &TableName| {
        let plan = &running.document.plan;
        plan.outline.kept.iter().zip(&plan.kept_rows).filter(|(kept, _)| kept.table == *table).map(|(_, rows)| rows).sum()
    };
    let residual =
        residual::conclude(means, &running.document.plan, running.document.baseline.as_ref(), &running.personal.identifiers, kept);
    let findings = Findings { remaining, recount, files, residual, closed: means.moment() };
    let statement = statement(&running, findings);
    failpoint!("before_close", &run);
    let gone = Gone {
        subject: running.document.takes_subject(&means.platform.map),
        remainder: remainder(means, &mut running),
        within: &running.document.within,
    };
    let certificate = means.store.close_run(statement, &gone).map_err(|error| Error::from(error).unfinished(&run))?;
    failpoint!("after_close", &run);
    Ok(Outcome { certificate, undecided: running.undecided })
}

/// What the tombstone remembers of the subject's own row. Where it cannot be read, the subject is taken for back later, and somebody looks.
fn remainder(means: &Means<'_>, running: &mut Running) -> Option<Digest> {
    let plan = running.document.plan.clone();
    let subject = means.platform.map.subject(&plan.outline.kind)?;
    let places = replaced_places(&plan.outline, &subject.table);
    if places.is_empty() {
        return None;
    }
    let values = running.acting(&subject.table.source)?.own_row(&plan, &subject.table, &subject.key, &places).ok()??;
    let named = places.iter().map(ToString::to_string).zip(values).collect::<Vec<_>>();
    Some(tombstone::remainder(&means.store.hash_secret(), &plan.subject, &named))
}

/// The places in a table's rows that the plan writes into, where a count does not tell whether that was done; otherwise none.
pub(crate) fn replaced_places(outline: &Outline, table: &TableName) -> Vec<ColumnPath> {
    let changes = outline.steps.iter().filter(|step| step.table == *table).filter_map(|step| match &step.work {
        Work::Change { changes } => Some(changes),
        Work::HandOver { .. } | Work::Unlink { .. } | Work::BreakCycle { .. } | Work::Read { .. } | Work::Delete { .. } => None,
    });
    let changes: Vec<_> = changes.flatten().collect();
    let counted = changes.iter().all(|(_, change)| matches!(change, Change::Clear));
    if counted { Vec::new() } else { changes.into_iter().map(|(place, _)| place.clone()).collect() }
}

/// Counts the rows of every step again, on a snapshot of each database that was made after its last commit.
fn recount(means: &Means<'_>, running: &mut Running) -> (Vec<Option<u64>>, Recount) {
    let plan = &running.document.plan;
    let mut remaining = vec![None; plan.outline.steps.len()];
    let mut done = true;
    for source in &mut running.sources {
        let counted = match source.acting.as_mut() {
            Some(acting) => {
                let steps = acting.steps(plan);
                let left = acting.left(plan, &steps, Phase::Recounting);
                left.and_then(|left| acting.end_reading().map(|()| (steps, left)))
            }
            None => {
                // Its failure is written down already.
                done = false;
                continue;
            }
        };
        match counted {
            Ok((steps, left)) => steps.into_iter().zip(left).for_each(|(step, rows)| remaining[step] = rows),
            Err(error) => {
                done = false;
                running.failures.push(Failure { source: source.name.clone(), during: Phase::Recounting, reason: error.told() });
            }
        }
    }
    (remaining, if done { Recount::Done { at: means.moment() } } else { Recount::NotDone })
}
