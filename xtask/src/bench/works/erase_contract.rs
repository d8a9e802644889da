//! The erasure of a contract of 100 seats.

use anyhow::{Context, Result};

use super::Work;
use super::erasures::{Erasure, must_be_equal};
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::pairs::{Side, alternate};
use crate::bench::report::Row;

const LIMIT: f64 = 2.0;

pub const WORK: Work = Work {
    name: "erase-contract",
    about: "a contract of 100 seats in a fresh copy of the database each time, against the same deletions in one psql",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(5);
    let program = bench.program().to_owned();
    let (world, floor, runner) = bench.world()?;
    let id = world.layout.contract_of_100().context("this needs at least 200 seats")?;
    let label = world.label("contract", "name", id)?;
    let subject = Subject::Contract(id);
    let mut copies = 0;
    let mut expected = None;
    let pairs = alternate(1, rounds, |side, _| {
        copies += 1;
        let platform = world.copy(&format!("erase_contract_{copies}"))?;
        let erasure = Erasure { world, floor, runner, program: &program, platform: &platform };
        let (ran, deleted) = match side {
            Side::Ours => erasure.run_ours(subject, &label)?,
            Side::Floor => erasure.run_floor(subject, "COMMIT")?,
        };
        must_be_equal(subject, deleted, *expected.get_or_insert(deleted))?;
        world.drop_copy(&platform)?;
        Ok(ran.wall)
    })?;
    eprintln!("{} rows deleted each time; {}", expected.map_or(0, |deleted| deleted.rows), pairs.describe());
    let (ours, floor) = pairs.medians();
    Ok(vec![Row::compared(WORK.name, ours, floor, LIMIT, "ms")])
}
