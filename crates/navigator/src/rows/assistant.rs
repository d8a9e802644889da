//! Sales Assistant: settings, criteria, recommendations, drafts with their edits, and what it learned.

use super::contracts::product_id;
use super::{Desk, Maker};
use crate::error::Error;
use crate::schema::T;
use crate::sink::{Json, row};
use crate::world::{DAY, MINUTE, Part, Random, names};

/// Drafts that were sent, with whom they were meant for.
pub struct Drafts {
    pub sent: Vec<(i64, i64)>,
}

/// More than enough to refer to.
const MOST_REMEMBERED: usize = 64;

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>, book: i64) -> Result<Drafts, Error> {
    let mut random = maker.random(Part::Assistant, desk.seat.index);
    let mut drafts = Drafts { sent: Vec::new() };
    if !random.chance(85) {
        // Not everybody has set it up.
        return Ok(drafts);
    }
    settings(maker, desk, book, &mut random)?;
    for _ in 0..desk.seat.amount(&mut random, 50) {
        recommendation(maker, desk, &mut drafts, &mut random)?;
    }
    Ok(drafts)
}

fn settings(maker: &mut Maker<'_>, desk: &Desk<'_>, book: i64, random: &mut Random) -> Result<(), Error> {
    let seat = desk.seat.id;
    let set_up = desk.seat.moment(random);
    let product = product_id(desk.contract, 1);
    let tone = random.pick(&["friendly", "formal", "plain"]);
    let length = random.pick(&["short", "medium"]);
    let language = random.pick(&["en", "de", "fr"]);
    maker.insert(T::SaMessagingPreference, row![seat, product, tone, length, language, "15-minute call", set_up])?;
    let title = random.pick(names::TITLE);
    let personas = format!(r#"["{title}, {}"]"#, random.pick(names::COUNTRY));
    maker.insert(T::SaLeadPreference, row![seat, book, Json(&personas), Json(&format!("[{product}]")), set_up])?;
    let versions = random.between(1, 4);
    for version in 1..=versions {
        let criteria =
            format!(r#"{{"seniority": ["VP", "CXO"], "geography": ["{}"], "exclude": ["agencies"]}}"#, random.pick(names::COUNTRY));
        let derived_from = if version == 1 { "lead_preferences" } else { "feedback" };
        let at = set_up.plus(version * 9 * DAY);
        maker.insert(T::SaCriteria, row![seat, version, Json(&criteria), derived_from, version == versions, at])?;
    }
    let features: Vec<u8> = (0..48).map(|_| random.below(256) as u8).collect();
    maker.insert(T::SaMemory, row![seat, features.as_slice(), random.between(1, 80), set_up.plus(30 * DAY)])
}

fn recommendation(maker: &mut Maker<'_>, desk: &Desk<'_>, drafts: &mut Drafts, random: &mut Random) -> Result<(), Error> {
    let id = maker.id(T::SaRecommendation);
    let person = desk.some_lead(random);
    let shown = desk.seat.moment(random);
    let (year, _, _) = shown.day().calendar();
    let batch = format!("{year}-W{:02}", random.between(1, 52));
    let (verdict, reason) = match random.below(10) {
        0..=3 => (Some("good_fit"), None),
        4..=7 => (Some("not_a_fit"), Some(random.pick(&["geography", "seniority", "industry"]))),
        _ => (None, None),
    };
    let reasons = Json(r#"["in book of business", "matches persona"]"#);
    maker.insert(T::SaRecommendation, row![id, desk.seat.id, &batch, person, reasons, shown, verdict, reason])?;
    if verdict != Some("good_fit") {
        return Ok(());
    }
    let draft = maker.id(T::SaDraft);
    let edits = random.below(3);
    let state = match (random.below(10), edits) {
        (0..=4, _) => "sent",
        (5..=6, _) => "discarded",
        (_, 0) => "generated",
        (_, _) => "edited",
    };
    let human = desk.layout.register.person(person).human;
    let first = random.pick(names::SENTENCE);
    let text = format!("Hi {},\n\n{first} {}", human.first, random.pick(names::SENTENCE));
    maker.insert(T::SaDraft, row![draft, desk.seat.id, id, person, "vendor-x-2026-01", &text, state, shown.plus(MINUTE)])?;
    for version in 1..=edits {
        let text = format!("Dear {},\n\n{first} {}", human.first, random.pick(names::SENTENCE));
        maker.insert(T::SaDraftEdit, row![draft, version, &text, shown.plus((1 + version) * MINUTE)])?;
    }
    if state == "sent" && drafts.sent.len() < MOST_REMEMBERED {
        drafts.sent.push((draft, person));
    }
    Ok(())
}
