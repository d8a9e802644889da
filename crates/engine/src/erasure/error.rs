//! Why an erasure stopped.

use exeunt_model::certificate::Phase;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_model::plan::Effect;
use exeunt_model::run::RunId;

use crate::missing::NoneThere;

use crate::planning::{consequence, counted, to_choose};

/// An erasure did not come to its end. [`Error::erased_nothing`] tells whether anything was touched.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("{} in {database}", phase.as_str())]
    Source {
        database: SourceName,
        phase: Phase,
        #[source]
        source: exeunt_sources::Error,
    },
    #[error("delete files of {files}")]
    Files {
        files: SourceName,
        #[source]
        source: exeunt_sources::files::Error,
    },
    #[error("{files} is another folder than when the run began: bring that one back, or go on with --accept-missing-files")]
    OtherFolder { files: SourceName },
    #[error("{} of {files} {} deleted while a row came to name {}; look which rows do", counted(*named, "file"), if *named == 1 { "was" } else { "were" }, if *named == 1 { "it" } else { "them" })]
    NamedTooLate { files: SourceName, named: u64 },
    #[error("plan the erasure")]
    Plan(#[from] crate::planning::Error),
    #[error(transparent)]
    FilesMissing(#[from] NoneThere),
    #[error("nobody approved the plan")]
    NotApproved,
    /// The map names no identifying columns, or the subject's rows hold nothing long enough in them: a search would prove nothing.
    #[error("this {kind} has no identifier to search for")]
    NothingToSearchFor { kind: SubjectKind },
    /// What an unfinished run has erased already is missing from what this one could count, and what it hands over may be in both.
    #[error("run {run} has not come to its end, and may be about rows of this one")]
    Entangled { run: RunId },
    #[error("the record of run {run} cannot be read")]
    Record {
        run: RunId,
        #[source]
        source: serde_json::Error,
    },
    #[error("keep the record of the erasure")]
    Store(#[from] exeunt_store::Error),
    #[error("the plan is for another database than {database}")]
    OtherDatabase { database: SourceName },
    #[error("the tables or columns of {database} have changed since the plan was made")]
    Drift { database: SourceName },
    #[error("{table}: the plan counted {} to {work}, and there are {found}", counted(*planned, "row"))]
    CountsDiffer { table: TableName, work: &'static str, planned: u64, found: u64 },
    #[error("{}", other_rows(table, *gone, *new))]
    KeysDiffer { table: TableName, gone: u64, new: u64 },
    /// Deleted, or made somebody else's or nobody's.
    #[error("rows of the plan are gone from {database}, and this run has not deleted them")]
    TakenAway { database: SourceName },
    #[error("{table}: whether the rows of the plan are deleted cannot be told from {} that {} nobody's", counted(*rows, "row"), if *rows == 1 { "is" } else { "are" })]
    Unowned { table: TableName, rows: u64 },
    #[error("the run's transaction in {database} has not come to its end")]
    StillGoingOn { database: SourceName },
    #[error("{} of {table} would suffer: {columns} → {references}, {}{}", counted(*rows, "row"), consequence(*effect), to_choose(choose))]
    Guarded { table: TableName, columns: String, references: TableName, effect: Effect, rows: u64, choose: Vec<CategoryName> },
    #[error("the plan names a source that the map does not have: {source_name}")]
    NoSource { source_name: SourceName },
    #[error("interrupted before anything was erased")]
    Interrupted,
    /// Rows are gone, and the run is not closed: resuming it goes on.
    #[error("run {run} is not finished")]
    Unfinished {
        run: RunId,
        #[source]
        source: Box<Error>,
    },
    #[error("interrupted after rows were erased")]
    InterruptedHalfway,
    #[error("there is no run {run}")]
    NoSuchRun { run: RunId },
    #[error("run {run} is {state}; there is nothing to resume")]
    NothingToResume { run: RunId, state: exeunt_model::run::State },
    #[error("the journal of run {run} cannot be read")]
    Journal {
        run: RunId,
        #[source]
        source: serde_json::Error,
    },
    #[error("the journal of run {run} has lost what it needs to go on")]
    JournalGone { run: RunId },
    #[error("run {run} was planned with another data map")]
    OtherMap { run: RunId },
    /// Only with the feature `failpoints`.
    #[error("a test stopped the run at {name}")]
    Failpoint { name: &'static str },
}

impl Error {
    pub(crate) fn source(database: &SourceName, phase: Phase) -> impl Fn(exeunt_sources::Error) -> Self {
        let database = database.clone();
        move |source| Self::Source { database: database.clone(), phase, source }
    }

    /// The run was opened and neither stopped nor closed.
    pub(crate) fn unfinished(self, run: &RunId) -> Self {
        match self {
            unfinished @ Self::Unfinished { .. } => unfinished,
            error => Self::Unfinished { run: run.clone(), source: Box::new(error) },
        }
    }

    /// Whether the same call may succeed when it is simply made again: another transaction stood in the way, or the connection was lost.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Source { source, .. } => source.is_transient() || source.is_conflict(),
            // A database that cannot be reached now cannot be reached at once.
            Self::Plan(crate::planning::Error::Read { source, .. }) => source.is_conflict(),
            _ => false,
        }
    }

    /// Whether somebody may approve what is there now, for the run to go on.
    pub(crate) fn can_be_approved(&self) -> bool {
        matches!(
            self,
            Self::CountsDiffer { .. } | Self::KeysDiffer { .. } | Self::TakenAway { .. } | Self::Unowned { .. } | Self::Guarded { .. }
        )
    }

    /// Whether everything is as it was before.
    pub fn erased_nothing(&self) -> bool {
        !matches!(
            self,
            Self::Unfinished { .. }
                | Self::InterruptedHalfway
                | Self::NothingToResume { .. }
                | Self::OtherMap { .. }
                | Self::JournalGone { .. }
        )
    }

    /// The error with its causes in one line, for certificates: it holds names of tables and no values.
    pub(crate) fn told(&self) -> String {
        crate::causes::chain(self)
    }
}

/// The number of rows is that of before, and they are other ones.
fn other_rows(table: &TableName, gone: u64, new: u64) -> String {
    let gone = format!("{} of the plan {} no longer the subject's", counted(gone, "row"), if gone == 1 { "is" } else { "are" });
    match new {
        0 => format!("{table}: {gone}"),
        new => format!("{table}: {gone}, and {new} that {} not in the plan", if new == 1 { "is" } else { "are" }),
    }
}
