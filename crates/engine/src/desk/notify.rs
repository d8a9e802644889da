//! Who is told what: mails into the outbox and events to webhooks, in the transaction that makes them true.

use exeunt_model::identity::{ExitId, PrincipalId, RequestId, WebhookId};
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::text::as_name;
use exeunt_model::webhook::{self, About, AboutExit, Event};
use exeunt_store::desk::{ContractExit, Delivery, Mail, NewJob, Request, Webhook};
use exeunt_store::{Error, Transaction};
use serde::{Deserialize, Serialize};

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
    /// Too few of those who agreed to an erasure may still approve it when it is to begin.
    ApprovalLapsed {
        request: NoticeMail,
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
    /// So many more proposals came that they are told of together.
    ProposalsWait {
        /// The contract's key. Nothing in it names anybody: such a mail belongs to no request with which it would be forgotten.
        contract: String,
        /// How many of them wait when the mail is sent.
        #[serde(skip)]
        waiting: u64,
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
        name: String,
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
const PROPOSED: &str = "proposed";

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
            Self::ApprovalLapsed { .. } => "approval_lapsed",
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
            Self::Proposed { .. } => PROPOSED,
            Self::ProposalsWait { .. } => "proposals_wait",
            Self::WebhookDisabled { .. } => "webhook_disabled",
            Self::Reopened { .. } => "reopened",
            Self::Returned { .. } => "returned",
        }
    }
}

/// Microseconds in which proposals for a contract are told of together.
const TOGETHER: i64 = 3_600_000_000;

fn written(notice: &Notice) -> Result<String, Error> {
    serde_json::to_string(notice).map_err(|_| Error::Damaged { what: "a mail cannot be written as JSON".into() })
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
        self.mail_at(transaction, recipient, request, notice, written(notice)?, self.now)
    }

    /// Tells somebody of a proposal: at once, or with all others of its contract that come within an hour of one that was told of alone.
    ///
    /// An identity provider may close a hundred seats in a minute. Whoever decides gets one mail then, and an hour later one about those that still
    /// wait.
    ///
    /// # Errors
    /// The store's.
    pub(super) fn mail_proposal(
        &mut self,
        transaction: &mut Transaction<'_>,
        recipient: &PrincipalId,
        request: &Request,
    ) -> Result<(), Error> {
        // Several workers plan at once: each must see what the others have told the same person.
        transaction.principal_to_change(recipient)?;
        let together = Notice::ProposalsWait { contract: request.contract.clone(), waiting: 0 };
        let document = written(&together)?;
        if transaction.has_unsent_mail(recipient, together.template(), &document)? {
            return Ok(());
        }
        let told = transaction.last_mail_about(recipient, PROPOSED, &request.contract)?;
        match told.and_then(|told| Moment::from_microseconds(told.microseconds() + TOGETHER)).filter(|until| *until > self.now) {
            Some(until) => self.mail_at(transaction, recipient, None, &together, document, until),
            None => self.mail_to(transaction, recipient, Some(&request.id), &Notice::Proposed { request: NoticeMail::of(request) }),
        }
    }

    fn mail_at(
        &mut self,
        transaction: &mut Transaction<'_>,
        recipient: &PrincipalId,
        request: Option<&RequestId>,
        notice: &Notice,
        document: String,
        run_at: Moment,
    ) -> Result<(), Error> {
        let id = self.mail();
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
        let job = NewJob { id: &job, kind: JobKind::SendMail, target: id.as_str(), contract: None, run_at };
        transaction.enqueue(&job, self.now).map(|_| ())
    }

    /// Tells those who want to know that a request was made or moved.
    pub(super) fn tell_webhooks(&mut self, transaction: &mut Transaction<'_>, request: &Request, event: Event) -> Result<(), Error> {
        let about = About { request: &request.id, scope: request.scope, contract: &request.contract, state: request.state };
        self.call_webhooks(transaction, about.contract, event, &webhook::body(event, self.now, &about))
    }

    /// Tells those who want to know that an exit began or moved.
    pub(super) fn tell_webhooks_of_exit(
        &mut self,
        transaction: &mut Transaction<'_>,
        about: &AboutExit<'_>,
        event: Event,
    ) -> Result<(), Error> {
        self.call_webhooks(transaction, about.contract, event, &webhook::exit_body(event, self.now, about))
    }

    fn call_webhooks(&mut self, transaction: &mut Transaction<'_>, contract: &str, event: Event, body: &str) -> Result<(), Error> {
        for webhook in transaction.webhooks_of(Some(contract), true)?.iter().filter(|webhook| webhook.wants(event)) {
            self.deliver(transaction, webhook, event, body.to_owned())?;
        }
        Ok(())
    }

    /// Has an event delivered to a receiver: at once, or when it has rested.
    pub(super) fn deliver(
        &mut self,
        transaction: &mut Transaction<'_>,
        webhook: &Webhook,
        event: Event,
        body: String,
    ) -> Result<Delivery, Error> {
        let delivery = Delivery {
            id: self.delivery(),
            webhook: webhook.id.clone(),
            event,
            body,
            created: self.now,
            delivered: None,
            abandoned: None,
            status: None,
            attempts: 0,
            attempted: None,
            trouble: None,
        };
        transaction.insert_delivery(&delivery)?;
        let job = self.job();
        let run_at = webhook.rests_until.unwrap_or(self.now).max(self.now);
        // Receivers take turns, as contracts do.
        let turn = Some(webhook.id.as_str());
        let job = NewJob { id: &job, kind: JobKind::DeliverWebhook, target: delivery.id.as_str(), contract: turn, run_at };
        transaction.enqueue(&job, self.now)?;
        Ok(delivery)
    }
}
