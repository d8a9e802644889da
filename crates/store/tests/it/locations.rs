use exeunt_store::{Error, Location, Migrated, Store};
use exeunt_testkit::postgres::Server;

use crate::world::{World, at};

fn entropy(bytes: &mut [u8; 32]) {
    *bytes = [7; 32];
}

#[test]
fn a_server_is_migrated_only_when_somebody_asks_for_it() {
    let world = World::server();
    let (found, known) = Store::schema_versions(&world.location()).unwrap();
    assert_eq!(found, 0);
    assert!(matches!(Store::open(&world.location(), at(0), &mut entropy), Err(Error::NotMigrated { found: 0, .. })));
    assert_eq!(Store::migrate(&world.location(), at(0), &mut entropy).unwrap(), Migrated { from: 0, to: known });
    assert_eq!(Store::migrate(&world.location(), at(0), &mut entropy).unwrap(), Migrated { from: known, to: known });
    let key = Store::open(&world.location(), at(0), &mut |_| {}).unwrap().signing_key().id();
    assert_eq!(Store::open_existing(&world.location(), at(0)).unwrap().unwrap().signing_key().id(), key);
}

#[test]
fn several_migrators_at_once_migrate_once_and_draw_one_key() {
    let world = World::server();
    let location = world.location();
    let begin = std::sync::Barrier::new(4);
    let keys: Vec<_> = std::thread::scope(|scope| {
        let migrate = |number: u8| {
            let (location, begin) = (&location, &begin);
            scope.spawn(move || {
                begin.wait();
                Store::migrate(location, at(0), &mut |bytes| *bytes = [number; 32]).unwrap();
                Store::open(location, at(0), &mut |_| {}).unwrap().signing_key().id()
            })
        };
        let threads: Vec<_> = (1..=4).map(migrate).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).collect()
    });
    assert!(keys.iter().all(|key| *key == keys[0]));
}

#[test]
fn a_schema_of_somebody_else_is_left_alone() {
    let database = Server::shared().database();
    database.client().batch_execute("CREATE SCHEMA exeunt; CREATE TABLE exeunt.note (id bigint PRIMARY KEY)").unwrap();
    let location: Location = database.url().parse().unwrap();
    assert!(matches!(Store::migrate(&location, at(0), &mut entropy), Err(Error::NoStore { .. })));
}

#[test]
fn a_newer_schema_on_a_server_is_refused() {
    let world = World::server();
    drop(world.store());
    world.execute("INSERT INTO schema_version (version, applied) VALUES (99, 0)").unwrap();
    assert!(matches!(Store::open(&world.location(), at(0), &mut entropy), Err(Error::Newer { found: 99, .. })));
    assert!(matches!(Store::migrate(&world.location(), at(0), &mut entropy), Err(Error::Newer { found: 99, .. })));
}

#[test]
fn a_lost_connection_is_opened_anew() {
    let world = World::server();
    let store = world.store();
    store.checkpoint().unwrap();
    world
        .execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND datname = current_database()")
        .unwrap();
    // The first one may find out that the connection is gone; the next one has another.
    let _ = store.checkpoint();
    store.checkpoint().unwrap();
}
