//! `exeunt map …`, run as a person would.

mod accept;
mod check;
mod desk;
mod discover;
mod explain;
mod fides;
mod schema;

use std::path::Path;

/// A small platform: organizations with users, their notes, and a table of bookkeeping. The same for both databases.
const TABLES: &str = "
CREATE TABLE organization (id integer PRIMARY KEY, name text NOT NULL, tier text);
CREATE TABLE \"user\" (id integer PRIMARY KEY, organization_id integer NOT NULL REFERENCES organization (id), email text, password_hash text);
CREATE TABLE note (id integer PRIMARY KEY, user_id integer NOT NULL REFERENCES \"user\" (id) ON DELETE CASCADE, body text);
CREATE TABLE tag (id integer PRIMARY KEY, note_id integer REFERENCES note (id), \"Label\" text);
CREATE TABLE sign_in (id integer PRIMARY KEY, user_id integer, ip_address text);
CREATE TABLE schema_migrations (version text);
";

const MAP: &str = "\
exeunt: 1
name: small
sources:
  app: { kind: sqlite, url: \"sqlite:small.db\" }
subjects:
  organization: { table: app.organization, key: id, label: name }
  user: { table: app.user, key: id, within: organization, identifiers: [app.user.email] }
categories:
  people: {}
  notes: { label: Notes, export: on_request }
tables:
  app.organization: { category: people }
  app.user: { category: people, secret: password_hash }
  app.note: { category: notes, owner: user }
  app.tag: { category: notes, owner: user }
  app.sign_in:
    category: people
    references: [{ columns: user_id, to: app.user(id) }]
    owner: user
ignore:
  app.schema_migrations: \"holds no customer data\"
";

/// A folder with the platform's database and a map that fits it.
fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("make a folder");
    let database = rusqlite::Connection::open(folder.path().join("small.db")).expect("make a database");
    database.execute_batch(TABLES).expect("make the tables");
    write(folder.path(), "small.map.yaml", MAP);
    folder
}

fn alter(folder: &Path, sql: &str) {
    let database = rusqlite::Connection::open(folder.join("small.db")).expect("open the database");
    database.execute_batch(sql).expect("alter the database");
}

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).expect("write a file");
}

fn read(folder: &Path, name: &str) -> String {
    std::fs::read_to_string(folder.join(name)).unwrap_or_else(|error| panic!("read {name}: {error}"))
}

const THE_MAP: [&str; 2] = ["--map", "small.map.yaml"];

/// A `map` command on the folder's map.
fn map(folder: &Path, arguments: &[&str]) -> crate::run::Ran {
    let arguments: Vec<&str> = ["map"].iter().chain(arguments).chain(&THE_MAP).copied().collect();
    crate::run::exeunt(folder, &arguments)
}
