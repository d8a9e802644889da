//! What mails say in English.

use exeunt_model::moment::Moment;

use super::message::Words;
use crate::desk::{ExitMail, Notice, NoticeMail, Settings};

pub(super) fn words(notice: &Notice, settings: &Settings) -> Words {
    let platform = &settings.platform_name;
    let (subject, paragraphs, link) = match notice {
        Notice::SignIn { link, minutes } => (
            format!("Sign in to the exit desk of {platform}"),
            vec![
                format!("Somebody, we hope you, asked to sign in with this address. The link works once, within {minutes} minutes."),
                "If it was not you, do nothing: without the link nobody gets in.".to_owned(),
            ],
            Some(("Sign in".to_owned(), link.clone())),
        ),
        Notice::ApprovalAsked { request } => (
            format!("Your approval is asked for: {}", what(request)),
            vec![
                format!("Somebody of your contract has asked for {}{}. It waits for your approval.", what(request), of(request)),
                match request.kind.as_str() {
                    "erasure" => "Look at what it is about before you decide. An erasure cannot be undone.".to_owned(),
                    _ => "Look at what it is about before you decide.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Approved { request, starts } => (
            format!("Approved: {}", what(request)),
            vec![match starts {
                Some(starts) => format!("{}{} is approved. It starts on {}; until then you can cancel it.", capital(&what(request)), of(request), at(*starts)),
                None => format!("{}{} is approved and on its way.", capital(&what(request)), of(request)),
            }],
            see(settings, request),
        ),
        Notice::Rejected { request, reason } => (
            format!("Refused: {}", what(request)),
            vec![format!("{}{} was refused. Reason: {}.{}", capital(&what(request)), of(request), why(reason), nothing_erased(request))],
            see(settings, request),
        ),
        Notice::Cancelled { request } => (
            format!("Cancelled: {}", what(request)),
            vec![format!("{}{} was cancelled.{}", capital(&what(request)), of(request), nothing_erased(request))],
            see(settings, request),
        ),
        Notice::ExportReady { request, expires } => (
            format!("Ready to download: {}", what(request)),
            vec![
                format!("{}{} is ready. Sign in and download it until {}; then it is deleted.", capital(&what(request)), of(request), at(*expires)),
                "The archive is a ZIP file. Open index.html in it first.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ExportedByAdmin { request } => (
            "Data of your seat was exported".to_owned(),
            vec![
                format!("An admin of your contract has exported data{}, your messages or notes among it. A second person approved it.", of(request)),
                "If you have questions, ask your admin.".to_owned(),
            ],
            None,
        ),
        Notice::ErasureEnded { request, state } if state == "partly_failed" => (
            "An erasure is not finished yet".to_owned(),
            vec![format!(
                "{} could not be finished: something is left. It goes on by itself, and you are written to when it has ended. This is no proof of erasure.",
                capital(&what(request))
            )],
            see(settings, request),
        ),
        Notice::ErasureEnded { request, state } => (
            "The erasure is done: your certificate".to_owned(),
            vec![
                match state.as_str() {
                    "completed_with_retained" => {
                        format!("{} is done. Some data stays for stated reasons; the certificate lists them.", capital(&what(request)))
                    }
                    _ => format!("{} is done.", capital(&what(request))),
                },
                "The signed certificate is attached: the page is for reading and printing, the JSON file for checking. The command exeunt verify checks it without a network.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::PlanChanged { request, difference } => (
            format!("The plan has changed: {}", what(request)),
            vec![
                format!("The data is not what was approved any more, so nothing was erased: {difference}."),
                "A new plan is being made. Approvals are asked for again.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ApprovalLapsed { request } => (
            format!("Approval is asked for again: {}", what(request)),
            vec![
                format!("{}{} was due, and somebody who had approved it may not approve any more. Nothing was erased.", capital(&what(request)), of(request)),
                "A new plan is being made. Approvals are asked for again.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::OnHold { request } => (
            format!("On hold: {}", what(request)),
            vec![format!("{}{} is on hold. Nothing was erased. You are written to when it goes on.", capital(&what(request)), of(request))],
            see(settings, request),
        ),
        Notice::Failed { request, reason } => (
            format!("Not possible for now: {}", what(request)),
            vec![format!("{}{} could not be done: {}. The people of {platform} look at it.", capital(&what(request)), of(request), why(reason))],
            see(settings, request),
        ),
        Notice::CaseMessage { request } => (
            "There is something new in your case".to_owned(),
            vec![format!("Sign in to read it{}.", of(request))],
            see(settings, request),
        ),
        Notice::Received { request, received, due } => (
            format!("Received: {}", what(request)),
            vec![format!(
                "On {} you asked for {}{}. You are answered by {}, and written to as it goes on.",
                at(*received),
                what(request),
                of(request),
                at(*due)
            )],
            see(settings, request),
        ),
        Notice::Extended { request, due, reason } => (
            format!("It takes longer: {}", what(request)),
            vec![
                format!("{}{} takes longer than planned. You are answered by {}.", capital(&what(request)), of(request), at(*due)),
                format!("The reason: {reason}"),
                "You can complain to a supervisory authority, or go to court.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Overdue { request, due } => (
            format!("Overdue since {}: {}", at(*due), what(request)),
            vec![format!("{}{} had to be answered by {}, and is not.", capital(&what(request)), of(request), at(*due))],
            see(settings, request),
        ),
        Notice::ArchiveEnded { request } => (
            "An archive of your contract is not offered any more".to_owned(),
            vec![
                "Somebody whose data it held was erased, so that it was deleted before its time.".to_owned(),
                format!("You can ask for {} again at any time: the new archive holds everybody else.", what(request)),
            ],
            see(settings, request),
        ),
        Notice::ExitMoved { exit, event, date } => (
            format!("The exit of contract {}: {}", exit.contract, moved(event)),
            vec![match date {
                Some(date) => format!("{}. {}: {}.", capital(moved(event)), dated(event), at(*date)),
                None => format!("{}.", capital(moved(event))),
            }],
            exit_page(settings, exit),
        ),
        Notice::ExitDue { exit, duty, at: due, overdue } => (
            match overdue {
                true => format!("Overdue since {}: the exit of contract {}", at(*due), exit.contract),
                false => format!("On {}: the exit of contract {}", at(*due), exit.contract),
            },
            vec![format!("{} Date: {}.", must(duty), at(*due))],
            exit_page(settings, exit),
        ),
        Notice::DueSoon { request, due } => (
            format!("Due on {}: {}", at(*due), what(request)),
            vec![format!("{}{} must be answered by {}.", capital(&what(request)), of(request), at(*due))],
            see(settings, request),
        ),
        Notice::Proposed { request } => (
            format!("Proposed: {}", what(request)),
            vec![
                format!("A connected system proposes {}{}. Nothing happens before you decide.", what(request), of(request)),
                "If you don't agree, refuse it.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ProposalsWait { contract, waiting } => (
            format!("Proposals wait for your decision: {waiting}"),
            vec![
                format!("Connected systems have proposed more for contract {contract} since our last mail. {waiting} in all wait. Nothing happens before you decide."),
                "You find them among the requests of the contract. Refuse those that you don't agree to.".to_owned(),
            ],
            Some(("See the requests".to_owned(), format!("{}/requests", settings.public_url))),
        ),
        Notice::WebhookDisabled { webhook, host, reason } => (
            format!("Webhook disabled: {host}"),
            vec![
                match reason.as_str() {
                    "gone" => format!("The receiver at {host} answered that it is gone (410). Nothing is sent to webhook {webhook} any more."),
                    _ => format!("The receiver at {host} has taken no event for a long time. Nothing is sent to webhook {webhook} any more."),
                },
                "Events that were waiting for it are not lost: enable the webhook again, and deliver what you need once more from its list of deliveries.".to_owned(),
            ],
            None,
        ),
        Notice::Reopened { request, starts } => (
            format!("In use again, but still to be erased: {}", what(request)),
            vec![
                format!("Your identity provider has opened this seat again{}. Its erasure was approved and goes on.", of(request)),
                match starts {
                    Some(starts) => format!("It starts on {}. If it is not wanted any more, cancel it before.", at(*starts)),
                    None => "If it is not wanted any more, cancel it now.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Returned { name, erased } => (
            "Somebody who was erased has come back".to_owned(),
            vec![
                format!("Your identity provider has pushed {name} again. A seat with this address was erased on {}.", at(*erased)),
                "If the person really works with you again, there is nothing to do. If not, take them out of what the provider pushes.".to_owned(),
            ],
            None,
        ),
    };
    Words { subject, greeting: "Hello,", paragraphs, link, closing: format!("The exit desk of {platform}") }
}

fn exit_page(settings: &Settings, exit: &ExitMail) -> Option<(String, String)> {
    Some(("See the exit".to_owned(), format!("{}/exits/{}", settings.public_url, exit.id)))
}

/// What was done in an exit.
fn moved(event: &str) -> &'static str {
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
        _ => "the customer stays, and the exit is withdrawn",
    }
}

/// What the date is that comes with it.
fn dated(event: &str) -> &'static str {
    match event {
        "give_notice" | "elect_switch" => "Notice ends",
        "elect_erasure" | "agree_later_erasure" => "Nothing is erased before",
        "confirm_switch" => "The data can be fetched until",
        _ => "The transition ends",
    }
}

/// What must be done or known by a date of an exit.
fn must(duty: &str) -> &'static str {
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

fn what(request: &NoticeMail) -> String {
    let scope = if request.scope == "contract" { "the contract" } else { "a seat" };
    let part = if request.in_part { "some categories of " } else { "" };
    match request.kind.as_str() {
        "export" => format!("the export of {part}{scope}"),
        "erasure" => format!("the erasure of {part}{scope}"),
        _ => "your case".to_owned(),
    }
}

fn of(request: &NoticeMail) -> String {
    request.label.as_ref().map_or_else(String::new, |label| format!(" ({label})"))
}

/// What whoever asked for an erasure wants to be sure of when it was ended.
fn nothing_erased(request: &NoticeMail) -> &'static str {
    match request.kind.as_str() {
        "erasure" => " It has erased nothing.",
        _ => "",
    }
}

fn see(settings: &Settings, request: &NoticeMail) -> Option<(String, String)> {
    Some(("See the request".to_owned(), format!("{}/requests/{}", settings.public_url, request.id)))
}

fn at(moment: Moment) -> String {
    moment.timestamp().strftime("%-d %B %Y, %H:%M UTC").to_string()
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}

fn why(code: &str) -> String {
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
