//! What the mails in English are made of.

use exeunt_model::moment::Moment;
use exeunt_model::request::Channel;

use super::super::message::short;
use crate::desk::{ContractName, ExitMail, NoticeMail, Particulars, Settings, Who};

/// What is said of a mail's particulars.
pub(super) struct English<'a> {
    pub(super) particulars: &'a Particulars,
    pub(super) settings: &'a Settings,
}

impl English<'_> {
    /// What was asked for, without saying of whom.
    pub(super) fn what(&self, request: &NoticeMail) -> String {
        let scope = if request.scope == "contract" { "the contract" } else { "a seat" };
        let part = if request.in_part { "some categories of " } else { "" };
        match request.kind.as_str() {
            "export" => format!("the export of {part}{scope}"),
            "erasure" => format!("the erasure of {part}{scope}"),
            _ if self.particulars.own => "your case".to_owned(),
            _ => "a case".to_owned(),
        }
    }

    /// What was asked for, of whom, and in which contract.
    pub(super) fn named(&self, request: &NoticeMail) -> String {
        let (what, of) = (self.what(request), of(request));
        match &self.particulars.contract {
            None => format!("{what}{of}"),
            // A contract is its own label, until it is erased.
            Some(contract) if request.scope == "contract" && of.is_empty() => {
                format!("{what} ({})", contract.name.as_ref().unwrap_or(&contract.key))
            }
            Some(_) if request.scope == "contract" => format!("{what}{of}"),
            Some(contract) => format!("{what}{of} of {}", self.contract(&contract.key)),
        }
    }

    pub(super) fn contract(&self, key: &str) -> String {
        match &self.particulars.contract {
            Some(ContractName { key, name: Some(name) }) => format!("contract {name} ({key})"),
            Some(ContractName { name: None, .. }) | None => format!("contract {key}"),
        }
    }

    /// The contract in a subject.
    pub(super) fn short_contract(&self, key: &str) -> String {
        let name = self.particulars.contract.as_ref().and_then(|contract| contract.name.as_deref());
        short(name.unwrap_or(key))
    }

    /// The contract at the end of a subject.
    pub(super) fn in_contract(&self) -> String {
        match &self.particulars.contract {
            Some(contract) => format!(", contract {}", self.short_contract(&contract.key)),
            None => String::new(),
        }
    }

    /// By whom what the mail tells of was done, where that is known.
    pub(super) fn by(&self) -> String {
        self.particulars.done_by.as_ref().map_or_else(String::new, |who| format!(" by {}", self.who(who)))
    }

    pub(super) fn by_whom(&self) -> String {
        match self.particulars.channel {
            Some(Channel::Scim) => "the identity provider of the contract, which has closed the seat".to_owned(),
            Some(Channel::Drp) => "an authorized agent, through the Data Rights Protocol".to_owned(),
            Some(Channel::OpenDsr) => "a privacy tool, through OpenDSR".to_owned(),
            Some(Channel::Desk | Channel::Bulk | Channel::Exit) | None => self.who(&self.particulars.asked_by),
        }
    }

    pub(super) fn asked(&self) -> String {
        match self.particulars.channel {
            Some(Channel::Scim) => format!("was proposed by {}", self.by_whom()),
            Some(Channel::Exit) => format!("is due at the end of the contract's exit, as was decided by {}", self.by_whom()),
            Some(Channel::Desk | Channel::Bulk | Channel::Drp | Channel::OpenDsr) | None => format!("was asked for by {}", self.by_whom()),
        }
    }

    /// Told to everybody but whoever asked.
    pub(super) fn it_was_asked(&self) -> Option<String> {
        (!self.particulars.own).then(|| format!("It {}.", self.asked()))
    }

    /// What tells an erasure apart when nobody knows any more whom it was about.
    pub(super) fn asked_on(&self, request: &NoticeMail) -> String {
        match self.particulars.received {
            Some(received) => format!("asked for on {} (request {})", at(received), request.id),
            None => format!("request {}", request.id),
        }
    }

    pub(super) fn who(&self, who: &Who) -> String {
        match who {
            Who::Somebody => "somebody".to_owned(),
            Who::Recipient => "you".to_owned(),
            Who::Platform => format!("the people of {}", self.settings.platform_name),
            Who::IdentityProvider => "the identity provider of the contract".to_owned(),
            Who::Person { name: Some(name), email } => format!("{name} ({})", email.as_str()),
            Who::Person { name: None, email } => email.as_str().to_owned(),
        }
    }
}

pub(super) fn exit_page(settings: &Settings, exit: &ExitMail) -> Option<(String, String)> {
    Some(("See the exit".to_owned(), format!("{}/exits/{}", settings.public_url, exit.id)))
}

/// What was done in an exit, as a subject has room for it.
pub(super) fn moved_shortly(event: &str) -> &'static str {
    match event {
        "give_notice" => "notice was given",
        "elect_switch" => "the data is to be moved",
        "elect_erasure" => "all is to be erased",
        "begin_transition" => "the transition has begun",
        "offer_alternative" => "the transition is longer",
        "extend" => "the transition is extended",
        "confirm_switch" => "the switch is confirmed",
        "agree_later_erasure" => "erased at a later date",
        "end_notice" => "notice is over",
        "end_retrieval" => "the retrieval is over",
        "confirm_erasure" => "everything is erased",
        "withdraw" => "the customer stays",
        _ => "something was done",
    }
}

/// What was done in an exit.
pub(super) fn moved(event: &str) -> &'static str {
    match event {
        "give_notice" => "notice was given",
        "elect_switch" => "the customer has elected to move its data",
        "elect_erasure" => "the customer has elected to have everything erased",
        "begin_transition" => "the transition has begun",
        "offer_alternative" => "the provider has told that the transition takes longer",
        "extend" => "the customer has extended the transition",
        "confirm_switch" => "the customer has confirmed the switch",
        "agree_later_erasure" => "a later date of erasure was agreed",
        "end_notice" => "notice is over, and the erasure of the contract is asked for",
        "end_retrieval" => "the retrieval is over, and the erasure of the contract is asked for",
        "confirm_erasure" => "everything of the contract is erased",
        "withdraw" => "the customer stays, and the exit is withdrawn",
        _ => "something was done",
    }
}

/// What the date is that comes with it.
pub(super) fn dated(event: &str) -> &'static str {
    match event {
        "give_notice" | "elect_switch" => "Notice ends",
        "elect_erasure" | "agree_later_erasure" => "Nothing is erased before",
        "confirm_switch" => "The data can be fetched until",
        _ => "The transition ends",
    }
}

/// What must be done or known by a date of an exit.
pub(super) fn must(duty: &str) -> &'static str {
    match duty {
        "elect" => "By the end of notice, say what becomes of your data: move it, or have it erased. Until then nothing happens to it.",
        "finish_transition" => {
            "By the end of the transition the switch must be done. Its success is confirmed by the customer; without that nothing is erased."
        }
        "keep_retrievable" => "Until then you can fetch your data. Afterwards everything of the contract is erased.",
        "erase" => "Everything of the contract must be erased, and the erasure that was asked for was given up. Have it asked for again.",
        _ => "Then the erasure of everything of the contract is asked for.",
    }
}

pub(super) fn of(request: &NoticeMail) -> String {
    request.label.as_ref().filter(|label| !label.is_empty()).map_or_else(String::new, |label| format!(" ({label})"))
}

/// What whoever asked for an erasure wants to be sure of when it was ended.
pub(super) fn nothing_erased(request: &NoticeMail) -> &'static str {
    match request.kind.as_str() {
        "erasure" => " It has erased nothing.",
        _ => "",
    }
}

pub(super) fn see(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("See the request".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

pub(super) fn see_case(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("See the case".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

pub(super) fn at(moment: Moment) -> String {
    moment.timestamp().strftime("%-d %B %Y, %H:%M UTC").to_string()
}

/// A date in a subject.
pub(super) fn day(moment: Moment) -> String {
    moment.timestamp().strftime("%-d %b %Y").to_string()
}

pub(super) fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

pub(super) fn why(code: &str) -> String {
    match code {
        "identity_not_verified" => "who asks could not be verified",
        "not_authorized" => "who asks may not decide about this data",
        "duplicate" => "the same was asked for before",
        "not_approved" => "an approver does not agree",
        "not_confirmed" => "it was not confirmed in time",
        "legal_obligation" => "a law asks to keep the data",
        "legal_claims" => "the data is needed for legal claims",
        "unfounded" => "it is manifestly unfounded or excessive",
        "no_such_data" => "there is no such data here",
        "last_admin" => "the contract would be left without an admin",
        "subject_changed" => "the seat belongs to another contract or to somebody else by now; ask for it anew if it is still meant",
        "erased" => "another request has erased it meanwhile",
        "source_unavailable" => "a database is away",
        "catalog_drift" => "the databases have changed and must be reviewed first",
        "plan_refused" => "no plan can be made",
        "no_subject" => "the seat or contract is not there any more",
        "files_missing" => "files are not where they should be",
        "archive_store" => "the archive could not be stored",
        _ => "something unexpected happened",
    }
    .to_owned()
}
