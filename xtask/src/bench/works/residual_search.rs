//! The residual search, apart: what it adds to the erasure of an ordinary seat.

use anyhow::{Context, Result};

use super::Work;
use super::erase_seat::ordinary_seats;
use super::erasures::Erasure;
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::pairs::{Side, alternate};
use crate::bench::report::Row;

pub const WORK: Work = Work {
    name: "residual-search",
    about: "what the search through all text columns, before and after, adds to the erasure of an ordinary seat",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(3);
    let program = bench.program().to_owned();
    let (world, floor, runner) = bench.world()?;
    let mut seats = ordinary_seats(&world.layout).into_iter();
    let platform = world.copy("residual_search")?;
    let erasure = Erasure { world, floor, runner, program: &program, platform: &platform };
    let pairs = alternate(1, rounds, |side, _| {
        let seat = seats.next().context("no seat is left")?;
        let label = world.label("seat", "external_seat_id", seat)?;
        let subject = Subject::Seat(seat);
        Ok(match side {
            Side::Ours => erasure.run_searching(subject, &label)?.wall,
            Side::Floor => erasure.run_ours(subject, &label)?.0.wall,
        })
    })?;
    world.drop_copy(&platform)?;
    let (searching, plain) = pairs.medians();
    eprintln!("{searching:.0} ms with the search, {plain:.0} ms without it");
    Ok(vec![Row::alone(WORK.name, searching - plain, "ms")])
}
