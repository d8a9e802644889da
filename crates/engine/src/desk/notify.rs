//! Who is told what: mails into the outbox and events to webhooks, in the transaction that makes them true.

use exeunt_model::identity::{ExitId, PrincipalId, RequestId};
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_store::desk::{ContractExit, Delivery, Mail, NewJob, Request};
use exeunt_store::{Error, Transaction};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::context::Context;

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
    },
    Cancelled {
        request: NoticeMail,
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
    OnHold {
        request: NoticeMail,
    },
    Failed {
        request: NoticeMail,
        reason: String,
    },
    CaseMessage {
        request: NoticeMail,
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
            label: request.personal.as_ref().map(|personal| personal.label.clone()),
        }
    }
}

impl Notice {
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
            Self::OnHold { .. } => "on_hold",
            Self::Failed { .. } => "failed",
            Self::CaseMessage { .. } => "case_message",
            Self::Received { .. } => "received",
            Self::Extended { .. } => "extended",
            Self::DueSoon { .. } => "due_soon",
            Self::Overdue { .. } => "overdue",
            Self::ArchiveEnded { .. } => "archive_ended",
            Self::ExitMoved { .. } => "exit_moved",
            Self::ExitDue { .. } => "exit_due",
            Self::Proposed { .. } => "proposed",
        }
    }
}

impl Context<'_> {
    /// Puts a mail into the outbox, and enqueues its sending.
    ///
    /// # Errors
    /// The store's.
    pub fn mail_to(
        &mut self,
        transaction: &mut Transaction<'_>,
        recipient: &PrincipalId,
        request: Option<&RequestId>,
        notice: &Notice,
    ) -> Result<(), Error> {
        let id = self.mail();
        let document = serde_json::to_string(notice).map_err(|_| Error::Damaged { what: "a mail cannot be written as JSON".into() })?;
        transaction.insert_mail(&Mail {
            id: id.clone(),
            recipient: recipient.clone(),
            request: request.cloned(),
            template: notice.template().to_owned(),
            document: Some(document),
            created: self.now,
            sent: None,
            abandoned: None,
        })?;
        let job = self.job();
        let job = NewJob { id: &job, kind: JobKind::SendMail, target: id.as_str(), contract: None, run_at: self.now };
        transaction.enqueue(&job, self.now).map(|_| ())
    }

    /// Tells those who want to know that a request was made or moved.
    pub(super) fn tell_webhooks(&mut self, transaction: &mut Transaction<'_>, request: &Request, event: &str) -> Result<(), Error> {
        for webhook in transaction.webhooks_of(Some(&request.contract), true)? {
            let wanted = webhook.disabled.is_none() && (webhook.events.is_empty() || webhook.events.iter().any(|wanted| wanted == event));
            if !wanted {
                continue;
            }
            let body = json!({
                "type": event,
                "timestamp": self.now,
                "data": {
                    "request": request.id,
                    "kind": request.state.kind().as_str(),
                    "scope": request.scope.as_str(),
                    "contract": request.contract,
                    "state": request.state.as_str(),
                },
            });
            let id = self.delivery();
            transaction.insert_delivery(&Delivery {
                id: id.clone(),
                webhook: webhook.id,
                event: event.to_owned(),
                body: body.to_string(),
                created: self.now,
                delivered: None,
                abandoned: None,
                status: None,
            })?;
            let job = self.job();
            let job = NewJob { id: &job, kind: JobKind::DeliverWebhook, target: id.as_str(), contract: None, run_at: self.now };
            transaction.enqueue(&job, self.now)?;
        }
        Ok(())
    }
}
