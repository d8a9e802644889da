//! What mails say in English.

mod phrases;

use exeunt_model::request::document::Matter;

use self::phrases::{English, at, capital, dated, day, exit_page, moved, moved_shortly, must, nothing_erased, of, see, see_case, why};
use super::message::{Quotation, Words};
use crate::desk::{Notice, NoticeMail, Particulars, Settings, Who};

pub(super) fn words(notice: &Notice, particulars: &Particulars, settings: &Settings) -> Words {
    let platform = &settings.platform_name;
    let english = English { particulars, settings };
    let what = |request: &NoticeMail| english.what(request);
    let named = |request: &NoticeMail| english.named(request);
    let capital_named = |request: &NoticeMail| capital(&english.named(request));
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
                format!("{} {}. It waits for your approval.", capital_named(request), english.asked()),
                match request.kind.as_str() {
                    "erasure" => "Look at what it is about before you decide. An erasure cannot be undone.".to_owned(),
                    _ => "Look at what it is about before you decide.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Approved { request, starts } => (
            format!("Approved: {}", what(request)),
            [
                Some(match starts {
                    Some(starts) => format!("{} is approved. It starts on {}; until then you can cancel it.", capital_named(request), at(*starts)),
                    None => format!(
                        "{} is approved. The archive is being made; you are written to when it is ready to download.",
                        capital_named(request)
                    ),
                }),
                english.it_was_asked(),
            ]
            .into_iter()
            .flatten()
            .collect(),
            see(settings, request),
        ),
        Notice::Rejected { request, reason, .. } => (
            format!("Refused: {}", what(request)),
            vec![format!(
                "{} was refused{}. Reason: {}.{}",
                capital_named(request),
                english.by(),
                why(reason),
                nothing_erased(request)
            )],
            see(settings, request),
        ),
        Notice::Cancelled { request, .. } => (
            format!("Cancelled: {}", what(request)),
            vec![match particulars.done_by == Some(Who::IdentityProvider) {
                true => format!(
                    "The identity provider of the contract has opened the seat again. So {} was cancelled.{}",
                    named(request),
                    nothing_erased(request)
                ),
                false => format!("{} was cancelled{}.{}", capital_named(request), english.by(), nothing_erased(request)),
            }],
            see(settings, request),
        ),
        Notice::ExportReady { request, expires } => (
            format!("Ready to download: {}", what(request)),
            vec![
                format!("{} is ready. Sign in and download it until {}; then it is deleted.", capital_named(request), at(*expires)),
                "The archive is a ZIP file. Open index.html in it first.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ExportedByAdmin { request } => (
            "Data of your seat was exported".to_owned(),
            vec![
                format!(
                    "An admin of your contract has exported data{}, your messages or notes among it. A second person approved it.",
                    of(request)
                ),
                "If you have questions, ask your admin.".to_owned(),
            ],
            None,
        ),
        Notice::ErasureEnded { request, state } if state == "partly_failed" => (
            "An erasure is not finished yet".to_owned(),
            vec![format!(
                "{}, {}, could not be finished: something is left. It goes on by itself, and you are written to when it has ended. This is no \
                 proof of erasure.",
                capital_named(request),
                english.asked_on(request)
            )],
            see(settings, request),
        ),
        Notice::ErasureEnded { request, state } => (
            "The erasure is done: your certificate".to_owned(),
            vec![
                format!(
                    "{}, {}, is done.{}",
                    capital_named(request),
                    english.asked_on(request),
                    match state.as_str() {
                        "completed_with_retained" => " Some data stays for stated reasons; the certificate lists them.",
                        _ => "",
                    }
                ),
                "The signed certificate is attached: the page is for reading and printing, the JSON file for checking. The command exeunt verify checks it without a network.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::PlanChanged { request, difference } => (
            format!("The plan has changed: {}", what(request)),
            vec![
                format!(
                    "The data is not what was approved any more, so {} has erased nothing: {difference}.",
                    named(request)
                ),
                "A new plan is being made. Approvals are asked for again.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ApprovalLapsed { request } => (
            format!("Approval is asked for again: {}", what(request)),
            vec![
                format!("{} was due, and somebody who had approved it may not approve any more. Nothing was erased.", capital_named(request)),
                "A new plan is being made. Approvals are asked for again.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::OnHold { request, .. } => (
            format!("On hold: {}", what(request)),
            vec![format!(
                "{} was put on hold{}.{} You are written to when it goes on.",
                capital_named(request),
                english.by(),
                nothing_erased(request)
            )],
            see(settings, request),
        ),
        Notice::Released { request } => (
            format!("It goes on: {}", what(request)),
            vec![
                format!("{} is on hold no more and goes on.", capital_named(request)),
                "It is decided anew: where others must agree, they may be asked again.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Failed { request, reason } => (
            format!("Not possible for now: {}", what(request)),
            vec![
                format!("{} could not be done: {}.", capital_named(request), why(reason)),
                match particulars.own {
                    true => format!("The people of {platform} look at it."),
                    false => "Somebody must look at it now: try it again, or refuse it with a reason. Operators find more in the list of jobs.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        // A mail that an upgrade found in the outbox may be to a handler.
        Notice::CaseMessage { request, .. } if !particulars.own => (
            "There is something new in a case".to_owned(),
            vec![format!("There is something new in {}. Sign in to read it.", named(request))],
            see_case(settings, request),
        ),
        Notice::CaseMessage { request, step } => {
            let (subject, told) = match step.as_deref() {
                Some("take") => (
                    "Your case has been taken up",
                    format!("The people of {platform} have taken up {}. You are written to when there is news.", named(request)),
                ),
                Some("ask") => (
                    "A question in your case",
                    format!("The people of {platform} need to know something before {} can go on. Sign in to read it and to answer.", named(request)),
                ),
                Some("answer") => (
                    "Your case is answered",
                    format!("The people of {platform} have answered {}. Sign in to read it. If something is missing, hand it back there.", named(request)),
                ),
                _ => (
                    "There is something new in your case",
                    format!("The people of {platform} have written in {}. Sign in to read it.", named(request)),
                ),
            };
            (subject.to_owned(), vec![told], see_case(settings, request))
        }
        Notice::CaseOpened { request, matter, due } => (
            match matter {
                Some(Matter::OtherData) => format!("A new case: other data{}", english.in_contract()),
                Some(Matter::EnterpriseData) => format!("A new case: deletion of enterprise data{}", english.in_contract()),
                Some(Matter::Person) => format!("A new case: a person without a seat{}", english.in_contract()),
                None => format!("A new case{}", english.in_contract()),
            },
            vec![
                format!(
                    "{} was opened by {}.{}",
                    capital_named(request),
                    english.by_whom(),
                    match matter {
                        Some(Matter::OtherData) => " It is about data that no export holds.",
                        Some(Matter::EnterpriseData) => " It is about the deletion of enterprise data.",
                        Some(Matter::Person) => " It is about what is held on a person who has no seat.",
                        None => "",
                    }
                ),
                format!("It must be answered by {}. Sign in to read it and to take it up.", at(*due)),
            ],
            see_case(settings, request),
        ),
        Notice::CaseMoved { request, step, .. } => {
            let (subject, told) = match step.as_deref() {
                Some("tell") => (
                    "A question in a case is answered",
                    format!("The question in {} was answered{}. Sign in to read it.", named(request), english.by()),
                ),
                Some("hand_back") => (
                    "A case is handed back",
                    format!("{} was handed back{}: the answer is not enough. Sign in to read why.", capital_named(request), english.by()),
                ),
                Some("close") => {
                    ("A case is closed", format!("{} was closed{}. Nothing is left to be done.", capital_named(request), english.by()))
                }
                _ => (
                    "Something new in a case",
                    format!("Something was written in {}{}. Sign in to read it.", named(request), english.by()),
                ),
            };
            (format!("{subject}{}", english.in_contract()), vec![told], see_case(settings, request))
        }
        Notice::Received { request, received, due } => (
            format!("Received: {}", what(request)),
            vec![match request.kind.as_str() {
                "case" => format!(
                    "{} came in on {}. You are answered by {}, and written to as it goes on.",
                    capital_named(request),
                    at(*received),
                    at(*due)
                ),
                _ => format!(
                    "On {} you asked for {}. You are answered by {}, and written to as it goes on.",
                    at(*received),
                    named(request),
                    at(*due)
                ),
            }],
            see(settings, request),
        ),
        Notice::Extended { request, due, reason } => (
            format!("It takes longer: {}", what(request)),
            vec![
                format!("{} takes longer than planned. You are answered by {}.", capital_named(request), at(*due)),
                format!("The reason: {reason}"),
                "You can complain to a supervisory authority, or go to court.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::Overdue { request, due } => (
            format!("Overdue since {}: {}", day(*due), what(request)),
            [Some(format!("{} had to be answered by {}, and is not.", capital_named(request), at(*due))), english.it_was_asked()]
                .into_iter()
                .flatten()
                .collect(),
            see(settings, request),
        ),
        Notice::DueSoon { request, due } => (
            format!("Due on {}: {}", day(*due), what(request)),
            [Some(format!("{} must be answered by {}.", capital_named(request), at(*due))), english.it_was_asked()]
                .into_iter()
                .flatten()
                .collect(),
            see(settings, request),
        ),
        Notice::ArchiveEnded { request } => (
            "An archive of your contract is not offered any more".to_owned(),
            vec![
                "Somebody whose data it held was erased, so that it was deleted before its time.".to_owned(),
                format!("You can ask for {} again at any time: the new archive holds everybody else.", named(request)),
            ],
            see(settings, request),
        ),
        Notice::ExitMoved { exit, event, date } => (
            format!("Exit of contract {}: {}", english.short_contract(&exit.contract), moved_shortly(event)),
            vec![match date {
                Some(date) => {
                    format!("The exit of {}: {}. {}: {}.", english.contract(&exit.contract), moved(event), dated(event), at(*date))
                }
                None => format!("The exit of {}: {}.", english.contract(&exit.contract), moved(event)),
            }],
            exit_page(settings, exit),
        ),
        Notice::ExitDue { exit, duty, at: due, overdue } => (
            match overdue {
                true => format!("Overdue since {}: exit of contract {}", day(*due), english.short_contract(&exit.contract)),
                false => format!("On {}: exit of contract {}", day(*due), english.short_contract(&exit.contract)),
            },
            vec![
                format!("This is about the exit of {}.", english.contract(&exit.contract)),
                format!("{} Date: {}.", must(duty), at(*due)),
            ],
            exit_page(settings, exit),
        ),
        Notice::Proposed { request } => (
            format!("Proposed: {}", what(request)),
            vec![
                format!("{} {}. Nothing happens before you decide.", capital_named(request), english.asked()),
                "If you don't agree, refuse it.".to_owned(),
            ],
            see(settings, request),
        ),
        Notice::ProposalsWait { contract } => (
            format!("Proposals wait for your decision: {}", particulars.waiting),
            vec![
                format!(
                    "Connected systems have proposed more for {} since our last mail. {} in all wait. Nothing happens before you decide.",
                    english.contract(contract),
                    particulars.waiting
                ),
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
            "A seat is in use again, but still to be erased".to_owned(),
            vec![
                format!(
                    "The identity provider of the contract has opened the seat again. But {} was approved and goes on.",
                    named(request)
                ),
                match starts {
                    Some(starts) => format!("It starts on {}. If it is not wanted any more, cancel it before.", at(*starts)),
                    None => "If it is not wanted any more, cancel it now.".to_owned(),
                },
            ],
            see(settings, request),
        ),
        Notice::Returned { contract, erased, .. } => (
            "Somebody who was erased has come back".to_owned(),
            vec![
                format!(
                    "{} has pushed {} again. A seat with this address was erased on {}.",
                    match contract {
                        Some(contract) => format!("The identity provider of {}", english.contract(contract)),
                        None => "Your identity provider".to_owned(),
                    },
                    particulars.returned.as_deref().unwrap_or("somebody"),
                    at(*erased)
                ),
                "If the person really works with you again, there is nothing to do. If not, take them out of what the provider pushes.".to_owned(),
            ],
            None,
        ),
    };
    let quotation = particulars.words.clone().map(|words| Quotation { introduction: "Their words:".to_owned(), words });
    Words { subject, greeting: "Hello,", paragraphs, quotation, link, closing: format!("The exit desk of {platform}") }
}
