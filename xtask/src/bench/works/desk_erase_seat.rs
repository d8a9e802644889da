//! From the submission of an ordinary seat's erasure to its certificate, as the customer's program sees it.

use std::time::Instant;

use anyhow::{Context, Result};

use super::Work;
use crate::bench::context::Bench;
use crate::bench::desk::{Desk, Setup, admins, erasure_of, percentile, places};
use crate::bench::report::Row;

/// What nobody calls waiting.
const BAR_MS: f64 = 1_000.0;
const WARM_UPS: usize = 2;

pub const WORK: Work = Work {
    name: "desk-erase-seat",
    about: "from the submission to the certificate, one seat after the other, without a waiting period",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let rounds = bench.rounds(40);
    let folder = bench.path(WORK.name);
    let program = bench.program().to_owned();
    let (world, _, _) = bench.world()?;
    let platform = world.copy("desk_erase_seat")?;
    let desk = Desk::start(&program, &platform, &folder, &Setup { store: "exeunt.db", platform_threads: None })?;
    let mut places = places(&world.layout);
    places.truncate(rounds + WARM_UPS);
    let admins = admins(&desk, &places)?;
    let mut times = Vec::new();
    for place in &places {
        let admin = admins.get(&place.admin).context("find the admin")?;
        let begun = Instant::now();
        let id = admin.submit(&erasure_of(place))?;
        admin.wait(&id, &["completed", "completed_with_retained"])?;
        times.push(begun.elapsed().as_secs_f64() * 1000.0);
    }
    drop(desk);
    world.drop_copy(&platform)?;
    let times = &times[WARM_UPS.min(times.len())..];
    let (half, most) = (percentile(times, 50), percentile(times, 95));
    eprintln!("{} erasures: p50 {half:.0} ms, p95 {most:.0} ms, longest {:.0} ms", times.len(), percentile(times, 100));
    Ok(vec![Row::under("desk-erase-seat-p50", half, BAR_MS, "ms"), Row::under("desk-erase-seat-p95", most, BAR_MS, "ms")])
}
