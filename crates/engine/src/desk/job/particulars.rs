//! What a mail tells besides its notice, looked up at the moment when it is sent.
//!
//! Whom the desk has forgotten meanwhile is nobody then, and what somebody wrote with a decision is told as long as it stands in the request's history
//! and the recipient may read it there. While the platform's database cannot be asked, whatever the reason, a mail goes out all the same: a contract is
//! called by its key, nobody by a name, and customers are told neither who has decided nor what was written.

use exeunt_model::authorization::{Action, NO_CONTRACT, Principal, Target};
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::identity::{PrincipalId, Role};
use exeunt_model::text::as_name;
use exeunt_store::Store;
use exeunt_store::desk::{Account, Mail, Request};

use super::super::error::Error;
use super::super::notice::{By, ContractName, Notice, Particulars, Who};
use super::super::rights::{grant_of_account, grants};
use super::work::Work;

/// Looks up what a mail needs.
///
/// # Errors
/// The store's; what only the directory knows is left out while it is away.
pub(super) fn look_up(
    work: &Work,
    store: &Store,
    mail: &Mail,
    notice: &Notice,
    request: Option<&Request>,
    recipient: &Account,
) -> Result<Particulars, Error> {
    let mut particulars = Particulars::default();
    let contract = notice.contract().or(request.map(|request| request.contract.as_str())).filter(|contract| *contract != NO_CONTRACT);
    // Whoever finds it away doesn't ask it again: each question may take as long as a connection is waited for.
    let mut is_there = true;
    particulars.contract = contract.map(|contract| called(work, contract, &mut is_there));
    if let Notice::ProposalsWait { contract } = notice {
        particulars.waiting = store.look("count proposals", |transaction| transaction.proposals_waiting(contract))?;
    }
    if let Notice::Returned { name, contract, user, .. } = notice {
        particulars.returned = match contract.as_ref().zip(user.as_ref()) {
            Some((contract, user)) => {
                let found = store.look("look up a pushed user", |transaction| transaction.directory_user(contract, user))?;
                found.map(|user| as_name(&user.user_name))
            }
            None => name.clone(),
        };
    }
    let Some(request) = request else { return Ok(particulars) };
    let people = People { work, store, contract: &request.contract, recipient, directory_is_there: is_there };
    particulars.own = request.requester == recipient.id && !request.channel.is_proposal();
    particulars.channel = Some(request.channel);
    particulars.received = Some(request.received);
    // Whoever was asked may have lost the role that they were asked by.
    if tells_who_asked(notice) && (!people.directory_is_there || people.see(request)?) {
        particulars.asked_by = people.who(&request.requester, request.role)?;
    }
    if let Some((by, event)) = notice.done()
        && people.see(request)?
    {
        particulars.done_by = Some(match by {
            By::Somebody { principal, role } => people.who(principal, *role)?,
            By::IdentityProvider => Who::IdentityProvider,
        });
        let is_of_others = matches!(by, By::Somebody { principal, .. } if *principal != recipient.id);
        if let Some(event) = event.filter(|_| is_of_others) {
            let events = store.look("read a request's history", |transaction| transaction.events_of(&request.id, 0))?;
            // The line of the history that was written together with the mail.
            let line = events.into_iter().rfind(|line| line.event == event && line.at == mail.created);
            particulars.words = line.and_then(|line| line.note).filter(|note| !note.trim().is_empty());
        }
    }
    Ok(particulars)
}

/// Whether a mail says who asked.
fn tells_who_asked(notice: &Notice) -> bool {
    match notice {
        Notice::ApprovalAsked { .. }
        | Notice::Approved { .. }
        | Notice::CaseOpened { .. }
        | Notice::DueSoon { .. }
        | Notice::Overdue { .. } => true,
        Notice::SignIn { .. }
        | Notice::Rejected { .. }
        | Notice::Cancelled { .. }
        | Notice::ExportReady { .. }
        | Notice::ExportedByAdmin { .. }
        | Notice::ErasureEnded { .. }
        | Notice::PlanChanged { .. }
        | Notice::ApprovalLapsed { .. }
        | Notice::OnHold { .. }
        | Notice::Released { .. }
        | Notice::Failed { .. }
        | Notice::CaseMessage { .. }
        | Notice::CaseMoved { .. }
        | Notice::Received { .. }
        | Notice::Extended { .. }
        | Notice::ArchiveEnded { .. }
        | Notice::ExitMoved { .. }
        | Notice::ExitDue { .. }
        | Notice::Proposed { .. }
        | Notice::ProposalsWait { .. }
        | Notice::WebhookDisabled { .. }
        | Notice::Reopened { .. }
        | Notice::Returned { .. } => false,
    }
}

fn called(work: &Work, contract: &str, is_there: &mut bool) -> ContractName {
    let key = key_of_text(contract, work.directory.key_columns().0);
    let entry = key.map_or(Ok(None), |key| work.directory.contract(&key));
    *is_there = entry.is_ok();
    let name = entry.ok().flatten().and_then(|entry| entry.name).filter(|name| !name.trim().is_empty());
    ContractName { key: as_name(contract), name: name.map(|name| as_name(&name)) }
}

/// The people of a contract, as one of them may know them.
struct People<'a> {
    work: &'a Work,
    store: &'a Store,
    contract: &'a str,
    recipient: &'a Account,
    directory_is_there: bool,
}

impl People<'_> {
    fn who(&self, principal: &PrincipalId, role: Role) -> Result<Who, Error> {
        if *principal == self.recipient.id {
            return Ok(Who::Recipient);
        }
        match role {
            Role::Operator | Role::Representative | Role::Auditor => return Ok(Who::Platform),
            Role::Agent => return Ok(Who::Somebody),
            Role::Admin | Role::SubAdmin | Role::Holder => {}
        }
        let account = self.store.look("look up a principal", |transaction| transaction.principal(principal))?;
        // Of somebody who was erased the address may stay until the certificate is sent, and for that alone.
        let Some(email) = account.filter(|account| account.closed.is_none()).and_then(|account| account.email) else {
            return Ok(Who::Somebody);
        };
        // What somebody is called in another contract is none of this one's business.
        let seats = match self.directory_is_there {
            true => self.work.directory.seats_by_email(&email).unwrap_or_default(),
            false => Vec::new(),
        };
        let names = seats.into_iter().filter(|seat| key_text(&seat.contract) == self.contract).filter_map(|seat| seat.name);
        let name = names.map(|name| as_name(&name)).find(|name| !name.trim().is_empty());
        Ok(Who::Person { name, email })
    }

    /// Whether the recipient may see the request at the desk now.
    fn see(&self, request: &Request) -> Result<bool, Error> {
        if self.recipient.closed.is_some() {
            return Ok(false);
        }
        let by_directory = |email| match grants(self.store, &self.work.directory, &self.work.settings, email) {
            Err(Error::Directory(_)) => Ok(Vec::new()),
            found => found,
        };
        let email = self.recipient.email.as_ref().filter(|_| self.directory_is_there);
        let mut held = email.map(by_directory).transpose()?.unwrap_or_default();
        held.extend(grant_of_account(self.store, self.recipient)?);
        let principal = Principal { id: self.recipient.id.clone(), grants: held, limited_to: None };
        let seat = request.seat();
        let target = Target::Request { contract: &request.contract, seat: seat.as_deref(), requester: &request.requester };
        Ok(principal.may(Action::ReadRequests, target))
    }
}
