//! SmartLinks: presentations with files, who opened them, and which pages they saw.

use super::messages::Messages;
use super::{Desk, Maker, Shared};
use crate::error::Error;
use crate::files::{Stored, pdf, png};
use crate::schema::T;
use crate::sink::{NULL, Uuid, row};
use crate::world::{DAY, MINUTE, Moment, Part, Random, names};

pub struct Presentations {
    pub ids: Vec<i64>,
}

/// The first asset of every presentation, whose pages visitors mostly see.
struct Opening {
    presentation: i64,
    asset: i64,
    second: Option<(i64, i64)>,
}

/// Pages of a presentation's first asset.
const OPENING_PAGES: i64 = 12;
/// Viewers of a contract whom another seat may meet again.
const MOST_REMEMBERED: usize = 16;

pub fn seat(maker: &mut Maker<'_>, desk: &Desk<'_>, shared: &mut Shared) -> Result<Presentations, Error> {
    let mut random = maker.random(Part::Smartlinks, desk.seat.index);
    let count = desk.seat.amount(&mut random, 4).clamp(1, 60);
    let mut openings = Vec::new();
    for _ in 0..count {
        openings.push(presentation(maker, desk, &mut random)?);
    }
    let viewers = viewers(maker, desk, shared, &mut random)?;
    for _ in 0..desk.seat.amount(&mut random, 45) {
        let pages = random.between(1, OPENING_PAGES);
        session(maker, desk, &openings, &viewers, pages, &mut random)?;
    }
    if let Some(rows) = maker.layout.heavy_rows(desk.seat.id) {
        // Twelve rows a visit; the rest of the heavy rows are activities.
        for _ in 0..rows * 6 / 10 / 12 {
            session(maker, desk, &openings, &viewers, OPENING_PAGES - 1, &mut random)?;
        }
    }
    Ok(Presentations { ids: openings.iter().map(|opening| opening.presentation).collect() })
}

fn presentation(maker: &mut Maker<'_>, desk: &Desk<'_>, random: &mut Random) -> Result<Opening, Error> {
    let id = maker.id(T::Presentation);
    let created = desk.seat.moment(random);
    let title = format!("{} {}", random.pick(&["Downtime study", "Fleet figures", "Spare parts, explained", "Offer"]), created.day());
    let greeting = random.chance(50).then_some("Good to have met you. Here is what I promised.");
    let state = if desk.seat.state == "removed" { "owner_gone" } else { "active" };
    let bars: Vec<u32> = (0..6).map(|_| random.between(4, 16) as u32).collect();
    let cover = random.chance(40).then(|| png(24, 16, &bars, [31, 111, 139]));
    let slug = format!("{}{id}", random.token(5));
    maker.insert(
        T::Presentation,
        row![
            id,
            desk.seat.id,
            desk.seat.assignment_at(created),
            Uuid(random.uuid()),
            &slug,
            &title,
            greeting,
            state,
            random.chance(70),
            cover.as_deref(),
            created,
            created.plus(DAY),
        ],
    )?;
    let asset = asset(maker, id, 1, OPENING_PAGES, random)?;
    let mut second = None;
    for order in 2..=random.between(1, 4) {
        let pages = random.between(1, 9);
        let other = self::asset(maker, id, order, pages, random)?;
        second.get_or_insert((other, pages));
    }
    Ok(Opening { presentation: id, asset, second })
}

fn asset(maker: &mut Maker<'_>, presentation: i64, order: i64, pages: i64, random: &mut Random) -> Result<i64, Error> {
    let id = maker.id(T::SlAsset);
    if order > 1 && random.chance(35) {
        let url = format!("https://video.example/watch/{id}");
        maker.insert(T::SlAsset, row![id, presentation, order, "url", "Film", NULL, &url, NULL, NULL, NULL, pages])?;
        return Ok(id);
    }
    let (name, media_type, stored): (String, &str, Stored) = if order % 2 == 1 {
        let lines = [format!("Asset {id}, page 1 of {pages}"), random.pick(names::SENTENCE).to_owned()];
        (
            format!("study-{order}.pdf"),
            "application/pdf",
            maker.put(format!("smartlinks/{presentation}/{order}.pdf"), &pdf("Study", &lines))?,
        )
    } else {
        let bars: Vec<u32> = (0..8).map(|_| random.between(5, 38) as u32).collect();
        let picture = png(64, 40, &bars, [180, 90, 20]);
        (format!("chart-{order}.png"), "image/png", maker.put(format!("smartlinks/{presentation}/{order}.png"), &picture)?)
    };
    maker.insert(
        T::SlAsset,
        row![id, presentation, order, "file", &name, media_type, NULL, &stored.key, stored.size_bytes, &stored.sha256, pages],
    )?;
    Ok(id)
}

fn viewers(maker: &mut Maker<'_>, desk: &Desk<'_>, shared: &mut Shared, random: &mut Random) -> Result<Vec<i64>, Error> {
    // Some whom a colleague's presentations have met before.
    let mut viewers: Vec<i64> = shared.viewers.iter().copied().take(2).collect();
    for number in 0..desk.seat.amount(random, 12).max(1) {
        let id = maker.id(T::SlViewer);
        let first = desk.seat.moment(random);
        let last = first.plus(random.below(30) * DAY);
        if random.chance(20) {
            maker.insert(T::SlViewer, row![id, desk.contract.id, NULL, NULL, NULL, NULL, "anonymous", first, last])?;
        } else {
            let person = desk.layout.register.person(desk.person(number));
            let email = desk.layout.register.person_email(&person);
            let company = person.company.map(|company| desk.layout.register.company(company).name);
            let known = random.chance(70);
            let identified_by = if known { "signin" } else { "self_entered" };
            maker.insert(
                T::SlViewer,
                row![
                    id,
                    desk.contract.id,
                    known.then_some(person.id),
                    &person.human.name(),
                    &email,
                    company.as_ref(),
                    identified_by,
                    first,
                    last
                ],
            )?;
        }
        viewers.push(id);
        if number == 0 {
            shared.viewers.insert(0, id);
            shared.viewers.truncate(MOST_REMEMBERED);
        }
    }
    Ok(viewers)
}

fn session(
    maker: &mut Maker<'_>,
    desk: &Desk<'_>,
    openings: &[Opening],
    viewers: &[i64],
    pages: i64,
    random: &mut Random,
) -> Result<(), Error> {
    let opening = &openings[random.skewed(openings.len() as i64) as usize];
    let viewer = random.chance(90).then(|| viewers[random.skewed(viewers.len() as i64) as usize]);
    let started: Moment = desk.seat.moment(random);
    let id = maker.id(T::SlSession);
    let seconds = pages * random.between(5, 60);
    let device = random.pick(&["desktop", "desktop", "mobile", "tablet"]);
    let country = random.pick(names::COUNTRY);
    maker.insert(T::SlSession, row![id, opening.presentation, viewer, started, seconds, device, country, random.chance(12)])?;
    let (asset, pages) = match opening.second {
        Some((asset, most)) if random.chance(10) => (asset, pages.min(most)),
        Some(_) | None => (opening.asset, pages),
    };
    for page in 1..=pages {
        maker.insert(T::SlPageView, row![id, asset, page, random.between(1, 4 * MINUTE)])?;
    }
    Ok(())
}

/// To whom presentations were sent; known only when the messages are.
pub fn shares(maker: &mut Maker<'_>, desk: &Desk<'_>, presentations: &Presentations, messages: &Messages) -> Result<(), Error> {
    let mut random = maker.random(Part::Smartlinks, -1 - desk.seat.index);
    for presentation in &presentations.ids {
        let at = desk.seat.moment(&mut random);
        for _ in 0..random.below(3) {
            let id = maker.id(T::SlShare);
            if random.chance(50) {
                let person = desk.some_lead(&mut random);
                maker.insert(T::SlShare, row![id, *presentation, "email", NULL, person, at])?;
            } else {
                maker.insert(T::SlShare, row![id, *presentation, "link", NULL, NULL, at])?;
            }
        }
    }
    for (message, presentation, person, at) in &messages.with_presentation {
        let id = maker.id(T::SlShare);
        maker.insert(T::SlShare, row![id, *presentation, "inmail", *message, *person, *at])?;
    }
    Ok(())
}
