//! Sending mails.

use exeunt_model::job::{JobKind, retry_delay_ms};
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use exeunt_store::desk::{Lease, Mail};

use super::super::error::Error;
use super::super::notice::{Notice, Particulars};
use super::particulars::look_up;
use super::problem::Problem;
use super::work::{Outgoing, Work};

pub(super) fn mail(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let found = store.look("read a mail", |transaction| {
        let Some(mail) = transaction.mail(&id)? else { return Ok(None) };
        let recipient = transaction.principal(&mail.recipient)?;
        let request = mail.request.as_ref().map(|request| transaction.request(request)).transpose()?.flatten();
        Ok::<_, exeunt_store::Error>(Some((mail, recipient, request)))
    })?;
    let now = (work.clock)();
    let Some((mail, recipient, request)) = found else { return end(store, lease, now) };
    let recipient = recipient.and_then(|recipient| Some((recipient.email.clone()?, recipient)));
    let (Some(document), Some((to, recipient))) = (&mail.document, recipient) else { return give_up(store, lease, &mail, now) };
    let notice: Notice = serde_json::from_str(document).map_err(Problem::Record)?;
    let particulars = look_up(work, store, &mail, &notice, request.as_ref(), &recipient)?;
    if is_over(&notice, &particulars) {
        return give_up(store, lease, &mail, now);
    }
    let certificate = match (&notice, request.as_ref().and_then(|request| request.run.as_ref())) {
        (Notice::ErasureEnded { .. }, Some(run)) => store.certificate_of(run)?,
        _ => None,
    };
    let language = recipient.language.unwrap_or(work.settings.language);
    let outgoing =
        Outgoing { id: &id, to: &to, language, notice: &notice, particulars: &particulars, certificate, settings: &work.settings };
    let sent = work.post.send(&outgoing);
    let now = (work.clock)();
    match sent {
        Ok(()) => Ok(store.transact("note a sent mail", |transaction| {
            transaction.mail_sent(&id, now)?;
            // Somebody who was erased is written to once more, and then nobody knows the address any more.
            transaction.forget_closed(&mail.recipient)?;
            transaction.finish_job(lease, now)
        })?),
        Err(error) if error.permanent || lease.failures + 1 >= JobKind::SendMail.attempts() => {
            let told = error.source.to_string();
            store.transact("give a mail up", |transaction| {
                transaction.abandon_mail(&id, now)?;
                transaction.forget_closed(&mail.recipient)?;
                transaction.fail_job(lease, now, &told)
            })?;
            Err(Problem::Settled { told })
        }
        Err(error) => later(work, store, lease, &error.source.to_string()),
    }
}

/// Whether nothing is left to be told: all proposals are decided already, or whoever was pushed again is gone again.
fn is_over(notice: &Notice, particulars: &Particulars) -> bool {
    let waits_for_none = matches!(notice, Notice::ProposalsWait { .. }) && particulars.waiting == 0;
    waits_for_none || (matches!(notice, Notice::Returned { .. }) && particulars.returned.is_none())
}

fn give_up(store: &mut Store, lease: &Lease, mail: &Mail, now: Moment) -> Result<(), Problem> {
    Ok(store.transact("give a mail up", |transaction| {
        transaction.abandon_mail(&mail.id, now)?;
        transaction.forget_closed(&mail.recipient)?;
        transaction.finish_job(lease, now)
    })?)
}

fn end(store: &mut Store, lease: &Lease, now: Moment) -> Result<(), Problem> {
    Ok(store.transact("end a job", |transaction| transaction.finish_job(lease, now))?)
}

fn later(work: &Work, store: &mut Store, lease: &Lease, told: &str) -> Result<(), Problem> {
    let run_at = work.with(|context| {
        let spread = context.spread();
        context.in_milliseconds(retry_delay_ms(lease.failures + 1, spread))
    });
    store.transact("try a job again", |transaction| transaction.retry_job(lease, run_at, told))?;
    Err(Problem::Settled { told: told.to_owned() })
}
