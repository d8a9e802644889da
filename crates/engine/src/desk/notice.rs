//! What mails are about: the notices of the outbox, and what is looked up when one is sent.
//!
//! A notice is kept until its mail is sent, and belongs to the request with which it is forgotten. Whoever acts stands in it by the id of their
//! principal alone: who that is, what people call the contract and what somebody wrote with a decision are [`Particulars`], looked up when the mail
//! is sent. So a mail tells nothing of whom the desk has forgotten meanwhile.
//!
//! Documents that an older version has written are read as well: what was added later is optional.

use exeunt_model::identity::{DirectoryUserId, EmailAddress, ExitId, PrincipalId, RequestId, Role, WebhookId};
use exeunt_model::moment::Moment;
use exeunt_model::request::document::Matter;
use exeunt_model::request::{Channel, case, export};
use exeunt_model::text::as_name;
use exeunt_store::desk::{ContractExit, Request};
use serde::{Deserialize, Serialize};

use super::context::Actor;

/// What a mail says. Kept in the outbox until it is sent; what it may hold of a person goes then.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "notice")]
pub enum Notice {
    SignIn {
        link: String,
        minutes: u32,
    },
    ApprovalAsked {
        request: NoticeMail,
    },
    Approved {
        request: NoticeMail,
        starts: Option<Moment>,
    },
    Rejected {
        request: NoticeMail,
        reason: String,
        /// `None` for the desk itself.
        #[serde(default)]
        by: Option<By>,
    },
    Cancelled {
        request: NoticeMail,
        #[serde(default)]
        by: Option<By>,
    },
    ExportReady {
        request: NoticeMail,
        expires: Moment,
    },
    /// To a holder whose messages or notes an admin exports.
    ExportedByAdmin {
        request: NoticeMail,
    },
    ErasureEnded {
        request: NoticeMail,
        state: String,
    },
    PlanChanged {
        request: NoticeMail,
        difference: String,
    },
    /// Too few of those who agreed to an erasure may still approve it when it is to begin.
    ApprovalLapsed {
        request: NoticeMail,
    },
    OnHold {
        request: NoticeMail,
        /// `None` for the desk itself, which keeps what is under a hold.
        #[serde(default)]
        by: Option<By>,
    },
    /// It was on hold, and goes on.
    Released {
        request: NoticeMail,
    },
    Failed {
        request: NoticeMail,
        reason: String,
    },
    /// To whoever opened a case: the platform's people have done something in it.
    CaseMessage {
        request: NoticeMail,
        /// `take`, `ask` or `answer`; `None` for a message alone.
        #[serde(default)]
        step: Option<String>,
    },
    /// To those who handle cases: there is a new one.
    CaseOpened {
        request: NoticeMail,
        matter: Option<Matter>,
        due: Moment,
    },
    /// To those who handle cases: the customer has done something in one.
    CaseMoved {
        request: NoticeMail,
        /// `tell`, `hand_back` or `close`; `None` for a message alone.
        step: Option<String>,
        by: By,
    },
    /// The receipt.
    Received {
        request: NoticeMail,
        received: Moment,
        due: Moment,
    },
    /// It takes longer, for a reason.
    Extended {
        request: NoticeMail,
        due: Moment,
        reason: String,
    },
    DueSoon {
        request: NoticeMail,
        due: Moment,
    },
    /// An archive of the whole contract is not offered any more, since somebody in it was erased.
    ArchiveEnded {
        request: NoticeMail,
    },
    /// Something was done in the exit of a contract.
    ExitMoved {
        exit: ExitMail,
        /// `give_notice`, or the move.
        event: String,
        /// The date that it leads to.
        date: Option<Moment>,
    },
    /// A date of an exit is near, or over.
    ExitDue {
        exit: ExitMail,
        duty: String,
        at: Moment,
        overdue: bool,
    },
    /// The date is over, and the request is not answered.
    Overdue {
        request: NoticeMail,
        due: Moment,
    },
    /// An identity provider closed a seat, or another protocol asks: an admin decides.
    Proposed {
        request: NoticeMail,
    },
    /// So many more proposals came that they are told of together.
    ProposalsWait {
        /// The contract's key. Nothing in it names anybody: such a mail belongs to no request with which it would be forgotten.
        contract: String,
    },
    /// Nothing is sent to a webhook any more, to whoever made it.
    WebhookDisabled {
        webhook: WebhookId,
        /// The machine that was called; the rest of its address may be a secret.
        host: String,
        /// `gone` or `failing`.
        reason: String,
    },
    /// An identity provider opened a seat again whose erasure was approved.
    Reopened {
        request: NoticeMail,
        starts: Option<Moment>,
    },
    /// An identity provider has pushed somebody again whose seat was erased.
    Returned {
        /// The name that they were pushed under, in the words of an older version; it is looked up when the mail is sent.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// The contract's key.
        #[serde(default)]
        contract: Option<String>,
        #[serde(default)]
        user: Option<DirectoryUserId>,
        erased: Moment,
    },
}

/// A request in a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoticeMail {
    pub id: RequestId,
    /// `export`, `erasure` or `case`.
    pub kind: String,
    pub scope: String,
    /// What people know the subject by; `None` once it was erased.
    pub label: Option<String>,
    /// It is about chosen categories alone.
    #[serde(default)]
    pub in_part: bool,
}

/// An exit in a mail. Nothing in it names anybody: such a mail belongs to no request with which it would be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitMail {
    pub id: ExitId,
    /// The contract's key.
    pub contract: String,
}

impl ExitMail {
    pub(super) fn of(exit: &ContractExit) -> Self {
        Self { id: exit.id.clone(), contract: exit.contract.clone() }
    }
}

impl NoticeMail {
    pub(super) fn of(request: &Request) -> Self {
        Self {
            id: request.id.clone(),
            kind: request.state.kind().to_string(),
            scope: request.scope.to_string(),
            label: request.personal.as_ref().map(|personal| as_name(&personal.label)),
            in_part: request.document.categories.is_some(),
        }
    }
}

/// What the outbox files a single proposal under.
pub(super) const PROPOSED: &str = "proposed";

/// Who has done what a mail tells of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    Somebody {
        principal: PrincipalId,
        /// The role by which they might.
        role: Role,
    },
    /// The contract's identity provider, by what it pushed.
    IdentityProvider,
}

impl From<&Actor> for By {
    fn from(actor: &Actor) -> Self {
        Self::Somebody { principal: actor.principal.clone(), role: actor.role }
    }
}

/// What is looked up when a mail is sent, and kept nowhere.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Particulars {
    /// Whether the recipient is whoever asked.
    pub own: bool,
    /// `None` where the mail is about no contract.
    pub contract: Option<ContractName>,
    /// How the request came in.
    pub channel: Option<Channel>,
    pub received: Option<Moment>,
    /// Who asked for it, told to others.
    pub asked_by: Who,
    /// Who has done what the mail tells of, if somebody has and the recipient may know.
    pub done_by: Option<Who>,
    /// What they wrote with it.
    pub words: Option<String>,
    /// How many proposals wait.
    pub waiting: u64,
    /// What somebody is called who was pushed again.
    pub returned: Option<String>,
}

/// What a contract is called in a mail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractName {
    pub key: String,
    /// `None` where the directory is away, or knows it no more.
    pub name: Option<String>,
}

/// Somebody, as a mail tells of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Who {
    /// Nobody knows who any more.
    #[default]
    Somebody,
    /// Whoever is written to.
    Recipient,
    /// One of those who run the platform.
    Platform,
    IdentityProvider,
    Person {
        name: Option<String>,
        email: EmailAddress,
    },
}

impl Notice {
    /// The contract that it is about, of a notice that belongs to no request.
    pub(super) fn contract(&self) -> Option<&str> {
        match self {
            Self::ExitMoved { exit, .. } | Self::ExitDue { exit, .. } => Some(&exit.contract),
            Self::ProposalsWait { contract, .. } => Some(contract),
            Self::Returned { contract, .. } => contract.as_deref(),
            Self::SignIn { .. }
            | Self::ApprovalAsked { .. }
            | Self::Approved { .. }
            | Self::Rejected { .. }
            | Self::Cancelled { .. }
            | Self::ExportReady { .. }
            | Self::ExportedByAdmin { .. }
            | Self::ErasureEnded { .. }
            | Self::PlanChanged { .. }
            | Self::ApprovalLapsed { .. }
            | Self::OnHold { .. }
            | Self::Released { .. }
            | Self::Failed { .. }
            | Self::CaseMessage { .. }
            | Self::CaseOpened { .. }
            | Self::CaseMoved { .. }
            | Self::Received { .. }
            | Self::Extended { .. }
            | Self::DueSoon { .. }
            | Self::Overdue { .. }
            | Self::ArchiveEnded { .. }
            | Self::Proposed { .. }
            | Self::WebhookDisabled { .. }
            | Self::Reopened { .. } => None,
        }
    }

    /// Who has done what it tells of, and the move of the request's history that their words stand beside.
    ///
    /// What is said in a case is no such move: a mail never quotes it.
    pub(super) fn done(&self) -> Option<(&By, Option<&'static str>)> {
        match self {
            Self::Rejected { by, .. } => Some((by.as_ref()?, Some(case::Move::Reject.as_str()))),
            Self::Cancelled { by, .. } => Some((by.as_ref()?, Some(case::Move::Cancel.as_str()))),
            Self::OnHold { by, .. } => Some((by.as_ref()?, Some(export::Move::Suspend.as_str()))),
            Self::CaseMoved { by, .. } => Some((by, None)),
            Self::SignIn { .. }
            | Self::ApprovalAsked { .. }
            | Self::Approved { .. }
            | Self::ExportReady { .. }
            | Self::ExportedByAdmin { .. }
            | Self::ErasureEnded { .. }
            | Self::PlanChanged { .. }
            | Self::ApprovalLapsed { .. }
            | Self::Released { .. }
            | Self::Failed { .. }
            | Self::CaseMessage { .. }
            | Self::CaseOpened { .. }
            | Self::Received { .. }
            | Self::Extended { .. }
            | Self::DueSoon { .. }
            | Self::Overdue { .. }
            | Self::ArchiveEnded { .. }
            | Self::ExitMoved { .. }
            | Self::ExitDue { .. }
            | Self::Proposed { .. }
            | Self::ProposalsWait { .. }
            | Self::WebhookDisabled { .. }
            | Self::Reopened { .. }
            | Self::Returned { .. } => None,
        }
    }

    /// The name that the outbox files it under.
    pub fn template(&self) -> &'static str {
        match self {
            Self::SignIn { .. } => "sign_in",
            Self::ApprovalAsked { .. } => "approval_asked",
            Self::Approved { .. } => "approved",
            Self::Rejected { .. } => "rejected",
            Self::Cancelled { .. } => "cancelled",
            Self::ExportReady { .. } => "export_ready",
            Self::ExportedByAdmin { .. } => "exported_by_admin",
            Self::ErasureEnded { .. } => "erasure_ended",
            Self::PlanChanged { .. } => "plan_changed",
            Self::ApprovalLapsed { .. } => "approval_lapsed",
            Self::OnHold { .. } => "on_hold",
            Self::Released { .. } => "released",
            Self::Failed { .. } => "failed",
            Self::CaseMessage { .. } => "case_message",
            Self::CaseOpened { .. } => "case_opened",
            Self::CaseMoved { .. } => "case_moved",
            Self::Received { .. } => "received",
            Self::Extended { .. } => "extended",
            Self::DueSoon { .. } => "due_soon",
            Self::Overdue { .. } => "overdue",
            Self::ArchiveEnded { .. } => "archive_ended",
            Self::ExitMoved { .. } => "exit_moved",
            Self::ExitDue { .. } => "exit_due",
            Self::Proposed { .. } => PROPOSED,
            Self::ProposalsWait { .. } => "proposals_wait",
            Self::WebhookDisabled { .. } => "webhook_disabled",
            Self::Reopened { .. } => "reopened",
            Self::Returned { .. } => "returned",
        }
    }
}
