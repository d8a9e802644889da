//! The whole demonstration: what a newcomer waits for after the build.

use std::process::Command;

use anyhow::Result;

use super::Work;
use crate::bench::context::Bench;
use crate::bench::pairs::median;
use crate::bench::report::Row;

const BAR_SECONDS: f64 = 10.0;

pub const WORK: Work =
    Work { name: "demo", about: "`exeunt demo`: make a platform, export a seat, erase a seat, check both", by_default: true, measure };

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let mut seconds = Vec::new();
    for round in 0..bench.rounds(3) {
        let folder = bench.path(&format!("demo-{round}"));
        let ran = bench.runner.run(Command::new(bench.program()).args(["demo", "--once", "--dir"]).arg(&folder))?;
        seconds.push(ran.wall.as_secs_f64());
    }
    Ok(vec![Row::under(WORK.name, median(&seconds), BAR_SECONDS, "s")])
}
