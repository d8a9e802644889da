//! What an erasure is given: the approved plan, its terms, and the means to carry it out.

use std::collections::BTreeSet;

use exeunt_model::certificate::{Outside, Purpose};
use exeunt_model::digest::Digest;
use exeunt_model::map::DataMap;
use exeunt_model::moment::Moment;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_model::plan::{Choice, Plan, Step, Work};
use exeunt_model::run::RunId;
use exeunt_model::tombstone::subject_hash;
use exeunt_store::{Run, Store};
use serde::{Deserialize, Serialize};

use super::error::Error;
use crate::planning::{Request, count_difference, difference};
use crate::platform::Platform;
use crate::residual::Baseline;

/// From this many planned rows on, an erasure runs in batches unless it is told otherwise.
pub const BATCHES_FROM_ROWS: u64 = 500_000;
/// Rows of a batch, unless it is told otherwise.
pub const BATCH_ROWS: u64 = 50_000;

/// What is to be erased.
#[derive(Debug, Clone)]
pub struct Order<'a> {
    pub request: &'a Request,
    pub terms: Terms,
    /// Erase though of a store of files not one that the rows name is there.
    pub accept_missing_files: bool,
    /// The run's name, where the caller must know it before anything is written; none is drawn then. It names no other run.
    pub run: Option<RunId>,
}

/// The copies that no erasure reaches, for the certificate. `backups_until` is the day on which the last backup with the data is gone.
pub fn standard_outside(backups_until: Option<String>) -> Vec<Outside> {
    vec![
        Outside { what: "exports, messages and files that recipients already have".to_owned(), until: None },
        Outside { what: "copies in the customer's own systems, such as a CRM that was synchronised with".to_owned(), until: None },
        Outside { what: "backups of the sources; after a restore, exeunt replay erases again".to_owned(), until: backups_until },
    ]
}

/// What was decided beside the plan. No personal data: it stands in the certificate.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    pub purpose: Purpose,
    /// The request that is answered, as a number.
    pub reference: Option<String>,
    /// Copies that the erasure does not reach.
    pub outside: Vec<Outside>,
    /// Search all text columns for the subject's identifiers, before and after.
    pub search_residuals: bool,
    /// Rows of a batch; `None` lets the size of the plan decide.
    pub batch_rows: Option<u64>,
}

/// What the journal keeps of a run beside personal data.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Document {
    pub plan: Plan,
    pub terms: Terms,
    /// Rows of a batch, where the run goes in batches.
    pub batch_rows: Option<u64>,
    pub baseline: Option<Baseline>,
    /// Keyed hashes of the subjects that go with this one.
    pub within: Vec<(SubjectKind, Digest)>,
    /// The transactions in which the run has erased or was about to, where the database numbers them: what became of one that was cut off is
    /// the database's to say.
    #[serde(default)]
    pub transactions: Vec<(SourceName, String)>,
    /// The folders in which files were found, by what they are known again.
    #[serde(default)]
    pub folders: Vec<(SourceName, String)>,
}

impl Document {
    pub(crate) fn new(plan: Plan, terms: &Terms) -> Self {
        let rows = plan.step_rows.iter().fold(0u64, |sum, rows| sum.saturating_add(*rows));
        let batch_rows = match terms.batch_rows {
            Some(batch) => (rows > batch.max(1)).then_some(batch.max(1)),
            None => (rows > BATCHES_FROM_ROWS).then_some(BATCH_ROWS),
        };
        Self { plan, terms: terms.clone(), batch_rows, baseline: None, within: Vec::new(), transactions: Vec::new(), folders: Vec::new() }
    }
}

impl Document {
    /// Whether the run leaves nothing of the subject that a later request could be about: it erases everything, or the subject's own row with
    /// all that hangs from it.
    pub(crate) fn takes_subject(&self, map: &DataMap) -> bool {
        let outline = &self.plan.outline;
        let own = map.subject(&outline.kind).map(|subject| &subject.table);
        let deletes = |step: &Step| Some(&step.table) == own && matches!(step.work, Work::Delete { .. });
        let mut own_rows = outline.steps.iter().zip(&self.plan.step_rows).filter(|(step, _)| deletes(step));
        outline.categories.is_none() || (outline.takes_subject() && own_rows.any(|(_, rows)| *rows > 0))
    }
}

/// The subjects that a run leaves nothing of, as keyed hashes: those that it was about and those that went with them.
///
/// # Errors
/// [`Error::NoSuchRun`] and [`Error::Record`].
pub fn subjects_gone(store: &Store, map: &DataMap, run: &RunId) -> Result<Vec<(SubjectKind, Digest)>, Error> {
    let record = store.run(run)?.ok_or_else(|| Error::NoSuchRun { run: run.clone() })?;
    let document: Document = serde_json::from_str(&record.document).map_err(|source| Error::Record { run: run.clone(), source })?;
    let own = document.takes_subject(map).then_some((record.kind, record.subject));
    Ok(own.into_iter().chain(document.within).collect())
}

/// What an erasure works with. Clock and randomness are the caller's.
pub struct Means<'a> {
    pub platform: &'a Platform,
    pub store: &'a mut Store,
    pub now: &'a dyn Fn() -> Moment,
    pub random: &'a mut dyn FnMut(&mut [u8]),
    /// Whether somebody has asked the program to stop.
    pub interrupted: &'a (dyn Fn() -> bool + Sync),
    pub report: &'a mut dyn FnMut(Progress<'_>),
}

/// How far an erasure is.
#[derive(Debug, Clone, Copy)]
pub enum Progress<'a> {
    /// The certificate is open; from now on a crash leaves a run that can be resumed.
    Opened {
        run: &'a RunId,
    },
    Batch {
        table: &'a TableName,
        erased: u64,
        planned: u64,
    },
    Committed {
        source: &'a SourceName,
    },
    Files {
        done: u64,
        total: u64,
    },
    Searching {
        table: &'a TableName,
    },
}

impl Means<'_> {
    pub(crate) fn moment(&self) -> Moment {
        (self.now)()
    }

    pub(crate) fn random_run(&mut self) -> RunId {
        let mut bits = [0; 16];
        (self.random)(&mut bits);
        RunId::from_random(u128::from_be_bytes(bits))
    }

    pub(crate) fn random_secret(&mut self) -> [u8; 32] {
        let mut secret = [0; 32];
        (self.random)(&mut secret);
        secret
    }
}

/// In what a request differs from what an unfinished run of the same subject was begun with, in words. `None` where it asks for nothing else:
/// what it leaves out, the run has decided.
///
/// # Errors
/// [`Error::Record`] where the run's record cannot be read.
pub fn decided_otherwise(store: &Store, run: &Run, request: &Request, approved: Option<&Plan>) -> Result<Option<String>, Error> {
    let document: Document = serde_json::from_str(&run.document).map_err(|source| Error::Record { run: run.id.clone(), source })?;
    let begun = &document.plan;
    let another = approved.and_then(|approved| difference(approved, begun).or_else(|| count_difference(approved, begun)));
    if another.is_some() {
        return Ok(Some("another plan was approved".to_owned()));
    }
    if let Some(choice) = request.choices.iter().find(|choice| !begun.outline.choices.contains(choice)) {
        return Ok(Some(format!("{} was not chosen for {}", choice.action, choice.table)));
    }
    // A run of some categories is no answer to a request for others, and least of all to one for everything.
    let begun_with = begun.outline.categories.as_ref().map(|chosen| chosen.names.iter().collect::<BTreeSet<_>>());
    let asked_for = request.categories.as_ref().map(|names| names.iter().collect::<BTreeSet<_>>());
    if begun_with != asked_for && !(approved.is_some() && asked_for.is_none()) {
        return Ok(Some("other categories were chosen".to_owned()));
    }
    let successor = request.successor.as_ref().map(|key| subject_hash(&store.hash_secret(), &request.subject.kind, key));
    Ok((successor.is_some() && successor != begun.successor).then(|| "it hands over to somebody else or to nobody".to_owned()))
}

/// The choices and the successor's hash that a run's record names.
pub(crate) fn recorded_choices(document: &str) -> Result<(Vec<Choice>, Option<Digest>), serde_json::Error> {
    let document: Document = serde_json::from_str(document)?;
    Ok((document.plan.outline.choices, document.plan.successor))
}

/// The categories that a run's record names; `None` where it is about everything.
pub(crate) fn recorded_categories(document: &str) -> Result<Option<Vec<CategoryName>>, serde_json::Error> {
    let document: Document = serde_json::from_str(document)?;
    Ok(document.plan.outline.categories.map(|chosen| chosen.names))
}
