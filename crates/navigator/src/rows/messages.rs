//! InMails and messages, their attachments, credits and reminders.

use super::assistant::Drafts;
use super::smartlinks::Presentations;
use super::{Desk, Maker};
use crate::error::Error;
use crate::files::{Csv, Stored, pdf, png};
use crate::schema::T;
use crate::sink::{NULL, row};
use crate::world::{DAY, Day, HOUR, Human, Moment, Part, Random, names};

/// Messages of a seat that other areas name.
pub struct Messages {
    /// Message, presentation, person, instant.
    pub with_presentation: Vec<(i64, i64, i64, Moment)>,
    /// Some messages that the seat wrote.
    pub sent: Vec<(i64, Moment)>,
}

const MOST_REMEMBERED: usize = 256;

/// A conversation while it is written.
struct Talk {
    thread: i64,
    person: i64,
    /// The person's and the seat holder's names.
    names: (Human, Human),
    paid: bool,
}

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>, drafts: &Drafts, presentations: &Presentations) -> Result<Messages, Error> {
    let mut random = maker.random(Part::Messages, desk.seat.index);
    let mut messages = Messages { with_presentation: Vec::new(), sent: Vec::new() };
    let count = desk.seat.amount(&mut random, 40);
    for number in 0..count {
        let draft = drafts.sent.get(number as usize).copied();
        thread(maker, desk, draft, presentations, &mut messages, &mut random)?;
    }
    credits(maker, desk, &messages, &mut random)?;
    Ok(messages)
}

fn thread(
    maker: &mut Maker<'_>,
    desk: &Desk<'_>,
    draft: Option<(i64, i64)>,
    presentations: &Presentations,
    messages: &mut Messages,
    random: &mut Random,
) -> Result<(), Error> {
    let person = draft.map_or_else(|| desk.some_lead(random), |(_, person)| person);
    let (kind, paid) = match random.below(10) {
        0..=5 => ("inmail_paid", true),
        6..=7 => ("inmail_free", false),
        _ => ("message", false),
    };
    let state = match random.below(10) {
        0..=3 => "pending",
        4..=7 => "accepted",
        8 => "declined",
        _ => "archived",
    };
    let written = match state {
        "pending" => random.between(1, 2),
        "declined" => 2,
        _ => random.between(3, 7),
    };
    let thread = maker.id(T::Thread);
    let start = desk.seat.moment(random);
    let subject = (kind != "message").then(|| random.pick(names::SUBJECT));
    // Messages of a thread follow each other, so the last one's id is known before it is written.
    let last = maker.coming_id(T::Message) + written - 1;
    let assignment = desk.seat.assignment_at(start);
    maker.insert(
        T::Thread,
        row![thread, desk.seat.id, assignment, kind, subject, state, state == "accepted" && random.chance(20), last, start],
    )?;
    let party = maker.id(T::ThreadParty);
    maker.insert(T::ThreadParty, row![party, thread, person, NULL, start])?;
    let party = maker.id(T::ThreadParty);
    maker.insert(T::ThreadParty, row![party, thread, NULL, desk.seat.id, start])?;
    let talk = Talk { thread, person, names: (desk.layout.register.person(person).human, desk.seat.human(desk.layout)), paid };
    let mut at = start;
    for number in 0..written {
        let draft = if number == 0 { draft.map(|(draft, _)| draft) } else { None };
        let presentation = if number == 0 && random.chance(8) {
            presentations.ids.get(random.below(presentations.ids.len() as i64) as usize)
        } else {
            None
        };
        message(maker, desk, &talk, number, (draft, presentation.copied()), at, messages, random)?;
        at = at.plus(random.between(HOUR, 3 * DAY));
    }
    if state == "pending" && random.chance(8) {
        let id = maker.id(T::ScheduledSend);
        maker.insert(T::ScheduledSend, row![id, desk.seat.id, thread, at.plus(3 * DAY), "reminder", NULL, "waiting"])?;
    }
    Ok(())
}

#[expect(clippy::too_many_arguments, reason = "a message is the meeting of them all")]
fn message(
    maker: &mut Maker<'_>,
    desk: &Desk<'_>,
    talk: &Talk,
    number: i64,
    (draft, presentation): (Option<i64>, Option<i64>),
    at: Moment,
    messages: &mut Messages,
    random: &mut Random,
) -> Result<(), Error> {
    let id = maker.id(T::Message);
    let (theirs, ours) = talk.names;
    let from_seat = number % 2 == 0;
    let body = if from_seat {
        let link = if presentation.is_some() { " I put the figures behind the link." } else { "" };
        format!("Hi {},\n\n{} {}{link}\n\n{}", theirs.first, random.pick(names::SENTENCE), random.pick(names::SENTENCE), ours.first)
    } else {
        format!("{}\n{}", random.pick(names::REPLY), theirs.first)
    };
    let (kind, sender_seat, sender_person) =
        if from_seat { ("seat", Some(desk.seat.id), None) } else { ("person", None, Some(talk.person)) };
    let reply_to = (number > 0).then_some(id - 1);
    let disclosure = (from_seat && talk.paid).then_some(2);
    let deleted = random.chance(2).then(|| at.plus(DAY));
    maker.insert(
        T::Message,
        row![
            id,
            talk.thread,
            kind,
            sender_seat,
            sender_person,
            reply_to,
            draft,
            presentation,
            NULL,
            at,
            &body,
            !from_seat && random.chance(5),
            false,
            disclosure,
            deleted,
        ],
    )?;
    if random.chance(3) {
        attachment(maker, desk, id, random)?;
    }
    if let Some(presentation) = presentation {
        messages.with_presentation.push((id, presentation, talk.person, at));
    }
    if from_seat && messages.sent.len() < MOST_REMEMBERED {
        messages.sent.push((id, at));
    }
    Ok(())
}

fn attachment(maker: &mut Maker<'_>, desk: &Desk<'_>, message: i64, random: &mut Random) -> Result<(), Error> {
    let id = maker.id(T::Attachment);
    let key = |extension: &str| format!("attachments/{}/{id}.{extension}", desk.seat.id);
    let (name, media_type, stored): (&str, &str, Stored) = match random.below(10) {
        0..=5 => {
            let lines: Vec<String> = (0..4).map(|_| random.pick(names::SENTENCE).to_owned()).collect();
            ("one-pager.pdf", "application/pdf", maker.put(key("pdf"), &pdf("One-pager", &lines))?)
        }
        6..=7 => {
            let bars: Vec<u32> = (0..10).map(|_| random.between(4, 44) as u32).collect();
            ("downtime.png", "image/png", maker.put(key("png"), &png(80, 48, &bars, [60, 60, 150]))?)
        }
        _ => {
            let mut csv = Csv::plain();
            csv.line(&["line", "hours lost"]);
            for line in 1..=6 {
                csv.line(&[&line.to_string(), &random.below(40).to_string()]);
            }
            ("hours, lost.csv", "text/csv", maker.put(key("csv"), csv.bytes())?)
        }
    };
    maker.insert(T::Attachment, row![id, message, name, media_type, &stored.key, stored.size_bytes, &stored.sha256])
}

/// Fifty credits on the first of the month, one less with each InMail.
fn credits(maker: &mut Maker<'_>, desk: &Desk<'_>, messages: &Messages, random: &mut Random) -> Result<(), Error> {
    let mut balance: i64 = 0;
    let (first, last) = desk.seat.days;
    let mut spent = messages.sent.iter();
    let (mut year, mut month, _) = first.calendar();
    loop {
        (year, month) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
        let day = Day::new(year, month, 1);
        if day > last {
            return Ok(());
        }
        balance = (balance + 50).min(150);
        let id = maker.id(T::InmailCredit);
        maker.insert(T::InmailCredit, row![id, desk.seat.id, NULL, day.at(0), 50, "monthly_grant", balance])?;
        for (message, _) in spent.by_ref().take(random.between(0, 3) as usize) {
            balance -= 1;
            let id = maker.id(T::InmailCredit);
            let at = day.at(random.below(20 * DAY));
            maker.insert(T::InmailCredit, row![id, desk.seat.id, *message, at, -1, "sent", balance])?;
        }
    }
}
