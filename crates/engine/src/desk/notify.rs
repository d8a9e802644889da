//! Who is told what: mails into the outbox and events to webhooks, in the transaction that makes them true.

use exeunt_model::identity::{PrincipalId, RequestId};
use exeunt_model::job::JobKind;
use exeunt_model::moment::Moment;
use exeunt_model::webhook::{self, About, AboutExit, Event};
use exeunt_store::desk::{Delivery, Mail, NewJob, Request, Webhook};
use exeunt_store::{Error, Transaction};

use super::context::Context;
use super::notice::{Notice, NoticeMail, PROPOSED};

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
        let together = Notice::ProposalsWait { contract: request.contract.clone() };
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
