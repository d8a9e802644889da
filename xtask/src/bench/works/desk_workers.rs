//! One, two and four worker processes on a store in PostgreSQL.

use std::collections::BTreeMap;
use std::time::Instant;

use anyhow::{Context, Result, bail};

use super::Work;
use crate::bench::context::Bench;
use crate::bench::desk::{Desk, Person, Place, Setup, admins, configure_workers, export_of, places};
use crate::bench::report::Row;

const SEATS: usize = 60;

pub const WORK: Work = Work {
    name: "desk-workers",
    about: "sixty exports of seats by 1, 2 and 4 worker processes of one thread each; store on PostgreSQL",
    by_default: true,
    measure,
};

fn measure(bench: &mut Bench) -> Result<Vec<Row>> {
    let program = bench.program().to_owned();
    let mut rows = Vec::new();
    let mut alone = None;
    for workers in [1, 2, 4] {
        let name = format!("desk_workers_{workers}");
        let folder = bench.path(&name);
        let (world, _, _) = bench.world()?;
        let store = world.empty_database(&name)?;
        let migrated = world.base.command(&program).args(["migrate", "--store", &store]).output().context("run exeunt migrate")?;
        if !migrated.status.success() {
            bail!("`exeunt migrate` ended with {}: {}", migrated.status, String::from_utf8_lossy(&migrated.stderr));
        }
        let mut desk = Desk::start(&program, &world.base, &folder, &Setup { store: &store, platform_threads: Some(0) })?;
        configure_workers(&folder, 1)?;
        let mut places = places(&world.layout);
        places.truncate(SEATS);
        let admins = admins(&desk, &places)?;
        for _ in 0..workers {
            desk.add_worker(&program, &world.base)?;
        }
        // Each has started, and has nothing to do yet, when one of them has made an archive.
        let (warm_up, places) = places.split_first().context("find seats")?;
        let admin = admins.get(&warm_up.admin).context("find the admin")?;
        let id = admin.submit(&export_of(warm_up))?;
        admin.wait(&id, &["ready"])?;
        let seconds = export_all(&admins, places)?;
        let label = format!("desk-workers-{workers}");
        rows.push(match alone {
            None => Row::alone(&label, seconds, "s"),
            Some(alone) => Row::beside(&label, seconds, alone, "s"),
        });
        alone = alone.or(Some(seconds));
    }
    Ok(rows)
}

/// Asks for all of them at once, and waits until the last archive is ready. Tells the seconds.
pub fn export_all(admins: &BTreeMap<String, Person>, places: &[Place]) -> Result<f64> {
    let begun = Instant::now();
    let mut asked = Vec::new();
    for place in places {
        let admin = admins.get(&place.admin).context("find the admin")?;
        asked.push((admin, admin.submit(&export_of(place))?));
    }
    for (admin, id) in asked {
        admin.wait(&id, &["ready"])?;
    }
    Ok(begun.elapsed().as_secs_f64())
}
