//! The store on a PostgreSQL server: the same kills at every step, and the same end.

use std::os::unix::process::ExitStatusExt as _;
use std::process::Output;

use exeunt_engine::failpoint::POINTS;
use exeunt_testkit::postgres::{Database, Server};

use super::world::{Kind, World, text};

fn run(world: &World, store: &Database<'_>, arguments: &[&str], failpoint: Option<&str>) -> Output {
    world.command(arguments, failpoint).env("EXEUNT_STORE", store.url()).output().expect("run exeunt")
}

fn erase(world: &World, store: &Database<'_>, failpoint: Option<&str>) -> Output {
    let arguments = ["erase", "--map", "trial.map.yaml", "--seat", "2", "--yes-erase", super::world::LABEL, "--out", "certificates"];
    run(world, store, &arguments, failpoint)
}

#[test]
fn killed_at_every_step_and_run_again() {
    let want = World::want(Kind::Sqlite);
    for point in POINTS {
        let (world, store) = (World::new(Kind::Sqlite), Server::shared().database());
        assert!(run(&world, &store, &["migrate"], None).status.success());
        let cut = erase(&world, &store, Some(&format!("{point}:abort")));
        assert_eq!(cut.status.signal(), Some(6), "{point}: the failpoint was not reached: {}", text(&cut));
        let again = erase(&world, &store, None);
        assert!(again.status.success(), "{point}: {}", text(&again));
        assert_eq!(world.state(), want, "{point}");
        assert_eq!(world.verify_certificate()["statement"]["state"], "completed_with_retained", "{point}");
        let third = erase(&world, &store, None);
        assert!(third.status.success() && text(&third).contains("already erased"), "{point}: {}", text(&third));
        let log = run(&world, &store, &["log", "verify"], None);
        assert!(log.status.success() && !text(&log).contains("somebody must look"), "{point}: {}", text(&log));
        assert!(!world.path("exeunt.db").exists());
    }
}

#[test]
fn a_server_that_is_not_migrated_is_refused_before_anything_is_erased() {
    let (world, store) = (World::new(Kind::Sqlite), Server::shared().database());
    let before = world.state();
    let refused = erase(&world, &store, None);
    assert_eq!(refused.status.code(), Some(14), "{}", text(&refused));
    assert!(text(&refused).contains("exeunt migrate"));
    assert_eq!(world.state(), before);
    assert_eq!(run(&world, &store, &["migrate", "--check"], None).status.code(), Some(14));
    assert!(run(&world, &store, &["migrate"], None).status.success());
    assert!(run(&world, &store, &["migrate", "--check"], None).status.success());
}

#[test]
fn no_message_shows_the_password_of_a_store() {
    let world = World::new(Kind::Sqlite);
    let store = "postgres://desk:s3cret@127.0.0.1:1/exeunt?password=s3cret";
    for arguments in [&["migrate", "--store", store][..], &["log", "verify", "--store", store], &["migrate", "--help"]] {
        let refused = world.command(arguments, None).env("EXEUNT_STORE", store).output().expect("run exeunt");
        assert!(!text(&refused).contains("s3cret"), "{}", text(&refused));
    }
}
