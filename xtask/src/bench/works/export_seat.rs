//! The export of an ordinary seat, where the start of the process counts.

use anyhow::Result;

use super::{Work, exports};
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::report::Row;

const LIMIT: f64 = 1.5;

pub const WORK: Work = Work {
    name: "export-seat",
    about: "an ordinary seat, against one psql that writes the same rows into a file",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(25);
    let export = exports::prepare(bench, WORK.name, |world| Ok(Subject::Seat(world.layout.ordinary_seat())))?;
    let (ours, floor) = exports::measure(&export, exports::Behind::Nothing, rounds)?.medians();
    Ok(vec![Row::compared(WORK.name, ours, floor, LIMIT, "ms")])
}
