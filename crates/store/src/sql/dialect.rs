//! What differs between SQLite and PostgreSQL, all of it.

/// Ends a `SELECT` whose rows nobody else may change until the transaction ends. Rows that refer to them may be written: whoever writes such a row
/// looks whether its key is there, and would otherwise wait for somebody who waits for that very row.
pub(super) const TO_CHANGE: &str = " FOR NO KEY UPDATE";

/// The schema that holds the store in PostgreSQL.
pub(super) const SCHEMA: &str = "exeunt";

/// Numbers the advisory lock that whoever migrates holds: the bytes of `exeunt`.
const MIGRATION_LOCK: i64 = 0x0065_7865_756e_7400;

/// Lets others read the table and nobody write to it. No snapshot is taken by it: what is read afterwards is what stands there then.
pub(super) fn lock_table(table: &'static str) -> String {
    format!("-- lock_table\nLOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
}

/// What is set in each connection to PostgreSQL: our schema alone, and nothing waits for ever.
pub(super) fn settings() -> String {
    format!(
        "SET search_path = {SCHEMA};
         SET timezone = 'UTC';
         SET lock_timeout = '30s';
         SET idle_in_transaction_session_timeout = '60s';"
    )
}

/// One migrator at a time, and the schema for it.
pub(super) fn begin_migration() -> String {
    format!(
        "SELECT pg_advisory_xact_lock({MIGRATION_LOCK});
         CREATE SCHEMA IF NOT EXISTS {SCHEMA};"
    )
}

/// Tables of the store's schema, by name.
pub(super) const TABLES_POSTGRES: &str = "-- tables
    SELECT table_name::text
    FROM information_schema.tables
    WHERE table_schema = 'exeunt'";

pub(super) const TABLES_SQLITE: &str = "-- tables
    SELECT name
    FROM sqlite_schema
    WHERE type = 'table'";

/// A migration in the words of PostgreSQL. Migrations are written in those of SQLite: integers and blobs by their names there, tables
/// `STRICT`, and triggers that keep a table append-only in one line each.
pub(super) fn for_postgres(script: &str) -> String {
    let mut lines = Vec::new();
    for line in script.lines() {
        let (code, comment) = line.find("--").map_or((line, ""), |at| line.split_at(at));
        let code = match append_only(code) {
            Some(trigger) => trigger,
            None => code
                .replace(") STRICT, WITHOUT ROWID;", ");")
                .replace(") STRICT;", ");")
                .replace("INTEGER", "BIGINT")
                .replace("BLOB", "BYTEA")
                .replace("(length(value) = 32)", "(octet_length(value) = 32)")
                .replace("(length(hash) = 32)", "(octet_length(hash) = 32)"),
        };
        lines.push(format!("{code}{comment}"));
    }
    format!("{APPEND_ONLY_FUNCTION}\n{}", lines.join("\n"))
}

const APPEND_ONLY_FUNCTION: &str = "CREATE OR REPLACE FUNCTION append_only() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN RAISE EXCEPTION 'the log is append-only'; END $$;";

/// `CREATE TRIGGER name BEFORE DELETE ON table BEGIN SELECT RAISE(…); END;`
fn append_only(code: &str) -> Option<String> {
    let head = code.strip_suffix(" BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;")?;
    Some(format!("{head} FOR EACH ROW EXECUTE FUNCTION append_only();"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_migration_is_put_into_the_words_of_postgresql() {
        let script = "CREATE TABLE a (\n    b INTEGER PRIMARY KEY, -- an INTEGER\n    c BLOB\n) STRICT, WITHOUT ROWID;
CREATE TRIGGER a_stays BEFORE DELETE ON a BEGIN SELECT RAISE(ABORT, 'the log is append-only'); END;";
        let got = for_postgres(script);
        assert!(got.contains("b BIGINT PRIMARY KEY, -- an INTEGER\n    c BYTEA\n);"), "{got}");
        assert!(got.ends_with("CREATE TRIGGER a_stays BEFORE DELETE ON a FOR EACH ROW EXECUTE FUNCTION append_only();"), "{got}");
    }
}
