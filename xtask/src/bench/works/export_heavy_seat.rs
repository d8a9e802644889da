//! The export of a seat with a million rows: its time and its memory.

use anyhow::Result;

use super::{Work, exports};
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::report::Row;

const LIMIT: f64 = 1.3;
const MEMORY_BAR_MEBIBYTES: f64 = 64.0;

pub const WORK: Work = Work {
    name: "export-heavy-seat",
    about: "a seat with a million rows, against psql and one packing process; and the peak memory",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(5);
    let export = exports::prepare(bench, WORK.name, |world| Ok(Subject::Seat(world.layout.heavy_seat())))?;
    let (ours, floor) = exports::measure(&export, exports::Behind::Packer, rounds)?.medians();
    let memory = export.runner.peak_mebibytes(&export.ours("memory"))?;
    Ok(vec![
        Row::compared(WORK.name, ours, floor, LIMIT, "ms"),
        Row::under("export-heavy-seat-memory", memory, MEMORY_BAR_MEBIBYTES, "MiB"),
    ])
}
