//! The erasure of an ordinary seat.
//!
//! A seat can be erased once, so the sides take seats in turn that are as busy as each other. Which one a side would have deleted is
//! counted by the floor's script first, rolled back: that also brings both sides' rows into memory alike.

use anyhow::{Result, bail};
use exeunt_navigator::Layout;

use super::Work;
use super::erasures::{Erasure, must_be_equal};
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::pairs::{Side, alternate};
use crate::bench::report::Row;

const LIMIT: f64 = 2.0;
const WARM_UPS: usize = 2;
/// How busy an ordinary seat is, in percent of the mean.
const ORDINARY: std::ops::RangeInclusive<i64> = 79..=107;

pub const WORK: Work =
    Work { name: "erase-seat", about: "ordinary seats in turn, against the same deletions in one psql", by_default: true, measure };

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(15);
    let program = bench.program().to_owned();
    let (world, floor, runner) = bench.world()?;
    let mut seats = ordinary_seats(&world.layout).into_iter();
    if seats.len() < 2 * (rounds + WARM_UPS) {
        bail!("{} rounds need more than {} ordinary seats", rounds, seats.len());
    }
    let platform = world.copy("erase_seat")?;
    let erasure = Erasure { world, floor, runner, program: &program, platform: &platform };
    let mut rows = [0, 0];
    let pairs = alternate(WARM_UPS, rounds, |side, round| {
        let Some(seat) = seats.next() else { bail!("no seat is left") };
        let label = world.label("seat", "external_seat_id", seat)?;
        let subject = Subject::Seat(seat);
        let (_, expected) = erasure.run_floor(subject, "ROLLBACK")?;
        let (ran, deleted) = match side {
            Side::Ours => erasure.run_ours(subject, &label)?,
            Side::Floor => erasure.run_floor(subject, "COMMIT")?,
        };
        must_be_equal(subject, deleted, expected)?;
        if round >= WARM_UPS {
            rows[usize::from(side == Side::Floor)] += deleted.rows;
        }
        Ok(ran.wall)
    })?;
    let mean = |rows: u64| rows / rounds.max(1) as u64;
    eprintln!("{} and {} rows deleted in the mean; {}", mean(rows[0]), mean(rows[1]), pairs.describe());
    world.drop_copy(&platform)?;
    let (ours, floor) = pairs.medians();
    Ok(vec![Row::compared(WORK.name, ours, floor, LIMIT, "ms")])
}

/// Seats of plain users with a usual amount of work; such as are equally busy stand side by side.
pub fn ordinary_seats(layout: &Layout) -> Vec<i64> {
    let mut seats: Vec<_> = layout
        .all_seats()
        .filter(|seat| seat.state == "active" && seat.permission == "user" && ORDINARY.contains(&seat.weight))
        // The first contracts have the traps.
        .filter(|seat| seat.contract > 5)
        .collect();
    seats.sort_by_key(|seat| (seat.weight, seat.id));
    seats.into_iter().map(|seat| seat.id).collect()
}
