//! Lays a world out in a real database, and reads all rows of a database back.

use std::fmt::Write as _;

use postgres::SimpleQueryMessage;
use rusqlite::types::ValueRef;

use super::value::{Dialect, Kind, MOODS, hex, sorted};
use super::world::{Column, Enforcement, Loose, OnDelete, Reference, Table, World};

/// All rows of all tables in canonical text forms, sorted: tables without a key may hold equal rows.
pub type Snapshot = Vec<Vec<Vec<Option<String>>>>;

/// Statements that create the tables and insert the rows.
///
/// SQLite declares foreign keys with the table and does not check them while it loads; PostgreSQL gets them last and checks all rows then.
pub fn script(world: &World, dialect: Dialect) -> String {
    let mut script = String::new();
    match dialect {
        Dialect::Sqlite => script.push_str("PRAGMA foreign_keys = OFF;\nBEGIN;\n"),
        Dialect::Postgres => {
            let moods: Vec<String> = MOODS.iter().map(|mood| format!("'{}'", mood.replace('\'', "''"))).collect();
            let _ = writeln!(script, "BEGIN;\nCREATE TYPE mood AS ENUM ({});", moods.join(", "));
            if world.tables.iter().flat_map(|table| &table.columns).any(|column| column.loose.is_some()) {
                script.push_str("CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);\n");
            }
        }
    }
    for table in &world.tables {
        script.push_str(&create_table(world, table, dialect));
    }
    for (table, rows) in world.tables.iter().zip(&world.rows) {
        for row in rows {
            let values: Vec<String> = row.iter().map(|value| value.literal(dialect)).collect();
            let _ = writeln!(script, "INSERT INTO {} VALUES ({});", quoted(&table.name), values.join(", "));
        }
    }
    if dialect == Dialect::Postgres {
        for table in &world.tables {
            for reference in &table.references {
                if let Some(constraint) = foreign_key(world, table, reference) {
                    let _ = writeln!(script, "ALTER TABLE {} ADD {constraint};", quoted(&table.name));
                }
            }
        }
    }
    script.push_str("COMMIT;\n");
    script
}

fn create_table(world: &World, table: &Table, dialect: Dialect) -> String {
    let mut lines: Vec<String> = table.columns.iter().map(|column| declaration(column, dialect)).collect();
    if !table.primary_key.is_empty() {
        lines.push(format!("PRIMARY KEY ({})", columns(table, &table.primary_key)));
    }
    lines.extend(table.unique_keys.iter().map(|key| format!("UNIQUE ({})", columns(table, key))));
    if dialect == Dialect::Sqlite {
        lines.extend(table.references.iter().filter_map(|reference| foreign_key(world, table, reference)));
    }
    let tail = if dialect == Dialect::Sqlite && table.without_rowid { " WITHOUT ROWID" } else { "" };
    format!("CREATE TABLE {} (\n    {}\n){tail};\n", quoted(&table.name), lines.join(",\n    "))
}

fn declaration(column: &Column, dialect: Dialect) -> String {
    let not_null = if column.nullable { "" } else { " NOT NULL" };
    let collation = match (column.loose, dialect) {
        (None, _) => "",
        (Some(Loose::Case), Dialect::Sqlite) => " COLLATE NOCASE",
        (Some(Loose::Blanks), Dialect::Sqlite) => " COLLATE RTRIM",
        (Some(Loose::Case | Loose::Blanks), Dialect::Postgres) => " COLLATE loose",
    };
    format!("{} {}{collation}{not_null}", quoted(&column.name), column.kind.declared(dialect))
}

fn foreign_key(world: &World, table: &Table, reference: &Reference) -> Option<String> {
    let Enforcement::ForeignKey { on_delete, deferrable } = reference.enforcement else { return None };
    let from: Vec<usize> = reference.from.iter().map(|place| place.column).collect();
    let target = &world.tables[reference.to];
    let on_delete = match on_delete {
        OnDelete::NoAction => "",
        OnDelete::Restrict => " ON DELETE RESTRICT",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
    };
    let deferrable = if deferrable { " DEFERRABLE INITIALLY DEFERRED" } else { "" };
    let referenced = columns(target, &reference.referenced);
    Some(format!("FOREIGN KEY ({}) REFERENCES {} ({referenced}){on_delete}{deferrable}", columns(table, &from), quoted(&target.name)))
}

fn columns(table: &Table, numbers: &[usize]) -> String {
    numbers.iter().map(|number| quoted(&table.columns[*number].name)).collect::<Vec<_>>().join(", ")
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Reads all tables of the world from a SQLite database.
///
/// # Errors
/// When a table is missing or a value has a type that its column cannot hold.
pub fn sqlite_snapshot(world: &World, connection: &rusqlite::Connection) -> rusqlite::Result<Snapshot> {
    world.tables.iter().map(|table| sqlite_table(table, connection)).collect()
}

fn sqlite_table(table: &Table, connection: &rusqlite::Connection) -> rusqlite::Result<Vec<Vec<Option<String>>>> {
    let all: Vec<usize> = (0..table.columns.len()).collect();
    let mut statement = connection.prepare(&format!("SELECT {} FROM {}", columns(table, &all), quoted(&table.name)))?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let mut values = Vec::new();
        for (number, column) in table.columns.iter().enumerate() {
            values.push(match row.get_ref(number)? {
                ValueRef::Null => None,
                ValueRef::Integer(integer) => Some(canonical(column.kind, &integer.to_string())),
                ValueRef::Real(real) => Some(canonical(column.kind, &real.to_string())),
                ValueRef::Text(text) => Some(canonical(column.kind, &String::from_utf8_lossy(text))),
                // A blob in a text column would be a value of another type: it must not look like the text.
                ValueRef::Blob(blob) if column.kind == Kind::Bytes => Some(hex(blob)),
                ValueRef::Blob(blob) => Some(format!("blob {}", hex(blob))),
            });
        }
        found.push(values);
    }
    found.sort();
    Ok(found)
}

/// Reads all tables of the world from a PostgreSQL database, in one exchange.
///
/// # Errors
/// When a table is missing or the server goes away.
pub fn postgres_snapshot(world: &World, client: &mut postgres::Client) -> Result<Snapshot, postgres::Error> {
    client.batch_execute("SET timezone = 'UTC'; SET datestyle = 'ISO'; SET intervalstyle = 'postgres'; SET bytea_output = 'hex'")?;
    let mut statements = String::new();
    for table in &world.tables {
        let all: Vec<usize> = (0..table.columns.len()).collect();
        let _ = writeln!(statements, "SELECT {} FROM {};", columns(table, &all), quoted(&table.name));
    }
    let mut snapshot: Snapshot = Vec::new();
    let mut rows = Vec::new();
    for message in client.simple_query(&statements)? {
        match message {
            SimpleQueryMessage::Row(row) => {
                let table = &world.tables[snapshot.len()];
                let kinds = table.columns.iter().map(|column| column.kind).enumerate();
                rows.push(kinds.map(|(number, kind)| row.get(number).map(|text| canonical(kind, text))).collect());
            }
            SimpleQueryMessage::CommandComplete(_) => {
                rows.sort();
                snapshot.push(std::mem::take(&mut rows));
            }
            _ => {}
        }
    }
    Ok(snapshot)
}

/// The form that both databases' texts have in common.
pub fn canonical(kind: Kind, text: &str) -> String {
    match kind {
        Kind::Boolean => match text {
            "t" | "1" => "true".to_owned(),
            "f" | "0" => "false".to_owned(),
            other => other.to_owned(),
        },
        Kind::Double | Kind::Decimal => text.parse::<f64>().map_or_else(|_| text.to_owned(), |number| number.to_string()),
        Kind::Bytes => text.strip_prefix("\\x").unwrap_or(text).to_owned(),
        Kind::Json => serde_json::from_str(text).map_or_else(|_| text.to_owned(), |json| sorted(&json).to_string()),
        // Exports write durations as ISO 8601 does; these are the ones that worlds are made with.
        Kind::Interval => match text {
            "P1D" => "1 day".to_owned(),
            "PT1H2M3S" => "01:02:03".to_owned(),
            "P1Y2M" => "1 year 2 mons".to_owned(),
            other => other.to_owned(),
        },
        Kind::Smallint
        | Kind::Integer
        | Kind::Bigint
        | Kind::Text
        | Kind::Varchar(_)
        | Kind::Date
        | Kind::Time
        | Kind::Timestamp
        | Kind::TimestampWithZone
        | Kind::Uuid
        | Kind::Mood
        | Kind::TextArray
        | Kind::Address => text.to_owned(),
    }
}
