//! Fifty exports of seats asked for back to back, against fifty runs of the command line.

use std::time::Instant;

use anyhow::{Context, Result};

use super::Work;
use crate::bench::context::Bench;
use crate::bench::desk::{Desk, Place, Setup, admins, export_of, places};
use crate::bench::report::Row;
use crate::bench::works::desk_workers::export_all;

const SEATS: usize = 50;

pub const WORK: Work = Work {
    name: "desk-50-exports",
    about: "fifty seats asked for at once, until the last archive is ready, against fifty runs of `exeunt export`",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let folder = bench.path(WORK.name);
    let program = bench.program().to_owned();
    let (world, _, runner) = bench.world()?;
    let desk = Desk::start(&program, &world.base, &folder, &Setup { store: "exeunt.db", platform_threads: None })?;
    let places: Vec<Place> = places(&world.layout).into_iter().take(SEATS + 1).collect();
    let (warm_up, places) = places.split_first().context("find seats")?;
    let admins = admins(&desk, places)?;
    let first = desk.sign_in(&warm_up.admin)?;
    let id = first.submit(&export_of(warm_up))?;
    first.wait(&id, &["ready"])?;
    let seconds = export_all(&admins, places)?;
    drop(desk);
    let out = folder.join("floor");
    let begun = Instant::now();
    for place in places {
        let mut command = world.base.exeunt(&program, &["export"]);
        // Two of a second would have the same name.
        command.args(["--seat", &place.seat.to_string(), "--name", &format!("seat-{}", place.seat), "--out"]).arg(&out);
        runner.run(&mut command)?;
    }
    Ok(vec![Row::beside(WORK.name, seconds, begun.elapsed().as_secs_f64(), "s")])
}
