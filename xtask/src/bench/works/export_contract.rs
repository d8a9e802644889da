//! The export of a contract of 100 seats.

use anyhow::{Context, Result};

use super::{Work, exports};
use crate::bench::context::Bench;
use crate::bench::floor::Subject;
use crate::bench::report::Row;

const LIMIT: f64 = 1.3;

pub const WORK: Work =
    Work { name: "export-contract", about: "a contract of 100 seats, against psql and one packing process", by_default: true, measure };

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(9);
    let export = exports::prepare(bench, WORK.name, |world| {
        let contract = world.layout.contract_of_100().context("this needs at least 200 seats")?;
        Ok(Subject::Contract(contract))
    })?;
    let (ours, floor) = exports::measure(&export, exports::Behind::Packer, rounds)?.medians();
    Ok(vec![Row::compared(WORK.name, ours, floor, LIMIT, "ms")])
}
