//! Opening databases, and every way in which that fails.

use exeunt_model::catalog::SourceKind;
use exeunt_sources::{Database, Error, Look};
use exeunt_testkit::postgres::{LOCKED_USER, Server};

use crate::world::{Postgres, Sqlite, World, app, conformance};

conformance!(readers_see_one_moment);

fn readers_see_one_moment(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY)");
    let mut early = world.database().reader().unwrap();
    world.run("CREATE TABLE later (id INTEGER PRIMARY KEY)");
    assert_eq!(early.introspect().unwrap().tables.len(), 1);
    assert_eq!(world.database().reader().unwrap().introspect().unwrap().tables.len(), 2);
}

#[test]
fn sqlite_file_that_is_missing_or_no_database_is_told() {
    let world = Sqlite::new();
    let folder = world.path().parent().unwrap().to_owned();
    let open = |url: &str| Database::new(app(), SourceKind::Sqlite, url, &[], &folder).unwrap().reader();
    assert!(matches!(open("sqlite:nowhere.db"), Err(Error::DatabaseMissing { .. })));
    assert!(!folder.join("nowhere.db").exists());
    std::fs::write(folder.join("text.db"), "this is plainly no database at all, only a text that is long enough").unwrap();
    assert!(matches!(open("sqlite:text.db"), Err(Error::DatabaseMissing { .. })));
    assert!(matches!(open("sqlite:."), Err(Error::DatabaseMissing { .. })));
    assert!(matches!(Database::new(app(), SourceKind::Sqlite, "postgres://x", &[], &folder), Err(Error::Address { .. })));
}

#[test]
fn postgres_server_that_is_down_is_unreachable() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = free.local_addr().unwrap().port();
    drop(free);
    let error = Postgres::at(&format!("postgres://u:hush@127.0.0.1:{port}/d"), &[]).reader().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
    assert!(!format!("{error} {error:?}").contains("hush"));
    // One that accepts and says nothing.
    let mute = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = mute.local_addr().unwrap().port();
    let error = Postgres::at(&format!("postgres://u@127.0.0.1:{port}/d?connect_timeout=1"), &[]).reader().unwrap_err();
    assert!(matches!(error, Error::Unreachable { .. }), "{error}");
}

#[test]
fn postgres_passwords_are_checked_and_never_told() {
    let world = Postgres::new();
    world.run(&format!(
        "DO $$ BEGIN CREATE ROLE {LOCKED_USER} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;
         ALTER ROLE {LOCKED_USER} PASSWORD 'right one'"
    ));
    Postgres::at(&world.database.url_as(LOCKED_USER, "right%20one"), &[]).reader().unwrap();
    for password in ["wrong", ""] {
        let error = Postgres::at(&world.database.url_as(LOCKED_USER, password), &[]).reader().unwrap_err();
        assert!(matches!(error, Error::Credentials { .. }), "{error:?}");
        assert!(!format!("{error} {error:?}").contains("wrong"), "{error:?}");
    }
}

#[test]
fn postgres_database_that_is_missing_is_told() {
    let error = Postgres::at(&Server::shared().url_of("nowhere"), &[]).reader().unwrap_err();
    assert!(matches!(&error, Error::DatabaseMissing { name, .. } if name == "nowhere"), "{error:?}");
}

#[test]
fn postgres_is_reached_by_unix_socket() {
    let server = Server::shared();
    let world = Postgres::new();
    let url = format!("postgres:///{}?host={}&port={}&user=exeunt", world.database.name(), server.folder().display(), server.port());
    Postgres::at(&url, &[]).reader().unwrap().introspect().unwrap();
}

#[test]
fn postgres_without_encryption_refuses_those_who_insist() {
    let world = Postgres::new();
    for mode in ["require", "verify-full"] {
        let error = Postgres::at(&format!("{}?sslmode={mode}", world.database.url()), &[]).reader().unwrap_err();
        assert!(matches!(error, Error::Encryption { .. }), "{error:?}");
    }
    Postgres::at(&format!("{}?sslmode=prefer", world.database.url()), &[]).reader().unwrap();
}
