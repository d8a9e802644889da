//! How fast the sample platform is made in SQLite.

use std::time::Instant;

use anyhow::{Context, Result};
use exeunt_navigator::{Options, Target, generate};

use super::Work;
use crate::bench::context::Bench;
use crate::bench::report::Row;

const SEATS: u32 = 200;

pub const WORK: Work =
    Work { name: "generate-sqlite", about: "make the sample platform of 200 seats in SQLite, with its files", by_default: true, measure };

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let options = Options { seats: SEATS, ..Options::default() };
    let (database, files) = (bench.path("generated.db"), bench.path("generated-files"));
    let started = Instant::now();
    let summary = generate(&options, Target::Sqlite(&database), &files, &mut |_| {}).context("make the world")?;
    let seconds = started.elapsed().as_secs_f64();
    eprintln!("{} rows and {} files in {seconds:.1} s", summary.rows, summary.files);
    Ok(vec![Row::alone(WORK.name, summary.rows as f64 / seconds, "rows/s")])
}
