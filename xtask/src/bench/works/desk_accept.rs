//! How fast the desk takes requests in, while nobody works on them.

use std::time::Instant;

use anyhow::{Context, Result};
use exeunt_testkit::tools;

use super::Work;
use crate::bench::context::Bench;
use crate::bench::desk::{Desk, Place, Setup, admins, export_of, places};
use crate::bench::report::Row;

/// Programs that ask at the same time.
const CLIENTS: usize = 4;
const REQUESTS: usize = 400;
const FLOOR: &str = include_str!("../floor/accept.py");

pub const WORK: Work = Work {
    name: "desk-accept",
    about: "exports asked for by 4 clients at once, one durable transaction each; store in a file",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let folder = bench.path(WORK.name);
    let program = bench.program().to_owned();
    let (world, _, runner) = bench.world()?;
    let desk = Desk::start(&program, &world.base, &folder, &Setup { store: "exeunt.db", platform_threads: Some(0) })?;
    let mut places = places(&world.layout);
    places.truncate(REQUESTS);
    let admins = admins(&desk, &places)?;
    let shares: Vec<Vec<&Place>> = (0..CLIENTS).map(|client| places.iter().skip(client).step_by(CLIENTS).collect()).collect();
    let begun = Instant::now();
    std::thread::scope(|scope| {
        let clients: Vec<_> = shares
            .iter()
            .map(|share| {
                let admins = &admins;
                scope.spawn(move || -> Result<()> {
                    for place in share {
                        admins.get(&place.admin).context("find the admin")?.submit(&export_of(place))?;
                    }
                    Ok(())
                })
            })
            .collect();
        clients.into_iter().try_for_each(|client| client.join().unwrap_or_else(|_| anyhow::bail!("a client panicked")))
    })?;
    let seconds = begun.elapsed().as_secs_f64();
    drop(desk);
    let script = folder.join("accept.py");
    std::fs::write(&script, FLOOR).context("write the floor")?;
    let ran = runner.run(tools::python().arg(&script).arg(folder.join("floor.db")).arg(places.len().to_string()))?;
    let floor: f64 = ran.text()?.trim().parse().context("read what the floor took")?;
    let each = 1000.0 * seconds / places.len() as f64;
    eprintln!("{} requests in {seconds:.2} s: {each:.2} ms each, the floor {floor:.2} ms", places.len());
    Ok(vec![Row::alone("desk-accept-rate", places.len() as f64 / seconds, "requests/s"), Row::beside(WORK.name, each, floor, "ms")])
}
