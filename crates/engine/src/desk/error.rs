//! Why the desk refuses.

use exeunt_model::identity::RequestId;
use exeunt_model::request::conflict::Conflict;
use exeunt_model::{due, exit, setting};

use crate::directory;

/// A request was not made or not changed. Nothing was written.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("keep the desk's records")]
    Store(#[from] exeunt_store::Error),
    #[error("look into the directory")]
    Directory(#[from] directory::Error),
    #[error("there is no such request")]
    NoSuchRequest,
    /// The request isn't where the move begins.
    #[error(transparent)]
    Move(#[from] exeunt_model::request::Error),
    #[error("{}", conflicting(.0))]
    Conflict(Conflict),
    #[error("the confirmation is not the name of what is to be erased")]
    Confirmation,
    #[error("this key was used for another request")]
    IdempotencyKey,
    #[error("nobody waits for this decision")]
    NothingToDecide,
    #[error("whoever asked cannot approve")]
    OwnRequest,
    #[error("only whoever asked can do without the export")]
    NotRequester,
    #[error("an approval of a {role} does not count here")]
    NotAnApprover { role: exeunt_model::identity::Role },
    #[error("the plan that was seen is not the plan any more: look at it again")]
    OtherPlan,
    #[error("the contract would be left without an admin")]
    LastAdmin,
    #[error("export {id} is not one of the same subject that this erasure can wait for")]
    NotLinkable { id: RequestId },
    #[error("what was chosen for the contract cannot be")]
    Setting(#[from] setting::Error),
    #[error("somebody has changed it since it was read")]
    Changed,
    #[error(transparent)]
    Extension(#[from] due::Refusal),
    #[error("the request is answered")]
    Answered,
    #[error("the contract is leaving already")]
    ExitOpen,
    #[error(transparent)]
    Exit(#[from] exit::Error),
    #[error("reckon a date")]
    Calendar(#[from] due::Error),
    #[error("there are as many webhooks as there may be: {}", super::webhook::MOST_WEBHOOKS)]
    TooManyWebhooks,
    #[error("the webhook is disabled: enable it first")]
    WebhookDisabled,
    #[error("it has begun or come to its end, and cannot be taken back")]
    TooLate,
    #[error("plan the request")]
    Plan(#[from] crate::planning::Error),
    #[error("this case has {most} files already")]
    TooManyFiles { most: usize },
    #[error("read what the desk itself has written")]
    Record(#[source] serde_json::Error),
}

impl Error {
    /// Whether what was refused may have been written all the same.
    pub fn is_outcome_unknown(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_outcome_unknown())
    }
}

fn conflicting(conflict: &Conflict) -> String {
    match conflict {
        Conflict::Duplicate { of } => format!("the same was asked for already, as request {of}"),
        Conflict::Covered { by } => format!("an erasure that takes this along was asked for already, as request {by}"),
        Conflict::Erasing { by } => format!("an erasure of the same data has begun, as request {by}"),
    }
}
