//! Every statement of the store is prepared on both databases: one set of texts that both of them understand.

use std::path::{Path, PathBuf};

use postgres::NoTls;

use crate::world::World;

/// The statements in the store's sources: texts that begin with `-- name`, and that no part is put into.
fn statements() -> Vec<(PathBuf, String)> {
    fn files(folder: &Path, found: &mut Vec<PathBuf>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            match path.is_dir() {
                true => files(&path, found),
                false if path.extension().is_some_and(|extension| extension == "rs") => found.push(path),
                false => {}
            }
        }
    }
    let mut paths = Vec::new();
    files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut paths);
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        let columns = text.split_once("const COLUMNS: &str =").and_then(|(_, rest)| rest.split('"').nth(1));
        for rest in text.split("\"-- ").skip(1) {
            let statement = rest.split('"').next().unwrap_or_default().replace("\\n", "\n");
            let statement = statement.replace("{COLUMNS}", columns.unwrap_or_default()).replace("{}", "");
            // Any number of values.
            let statement = statement.replace("{listed}", "'a', 'b'").replace("{IS_STORED}", "1 = 1");
            if !statement.contains('{') {
                found.push((path.clone(), format!("-- {statement}")));
            }
        }
    }
    found
}

#[test]
fn both_databases_understand_every_statement() {
    let (file, server) = (World::file(), World::server());
    drop((file.store(), server.store()));
    let sqlite = rusqlite::Connection::open(file.path()).unwrap();
    let mut client = postgres::Client::connect(&server.url(), NoTls).unwrap();
    client.batch_execute("SET search_path = exeunt").unwrap();
    let statements = statements();
    assert!(statements.len() > 100, "only {} statements were found", statements.len());
    for (path, sql) in statements {
        // What only one of them is asked stands in one place.
        let own = path.ends_with("dialect.rs") || sql.contains("pg_try_advisory_lock");
        if !own {
            let told = |error: &dyn std::fmt::Display| format!("{}: {error}\n{sql}", path.display());
            sqlite.prepare(&sql.replace('$', "?")).map_err(|error| told(&error)).unwrap();
            client.prepare(&sql).map_err(|error| told(&error.as_db_error().map(ToString::to_string).unwrap_or_default())).unwrap();
        }
    }
}
