//! A release build from nothing.

use anyhow::Result;

use super::Work;
use crate::bench::build;
use crate::bench::context::Bench;
use crate::bench::report::Row;

/// On two cores.
const BAR_SECONDS: f64 = 360.0;

pub const WORK: Work =
    Work { name: "build", about: "`cargo build --release` with default features into an empty folder", by_default: false, measure };

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let time = build::clean_release_time(&bench.path("target"))?;
    Ok(vec![Row::under(WORK.name, time.as_secs_f64(), BAR_SECONDS, "s")])
}
