//! Renders the schema as SQL.
//!
//! Rows are loaded between `create_tables` and the rest: indexes and PostgreSQL's keys are built once, over all rows, which is several
//! times faster than keeping them up row by row. SQLite takes keys only when a table is created; there they are part of it.

use std::fmt::Write as _;

use super::TABLES;
use super::define::{Column, Kind, OnDelete, Table};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

/// A name in double quotes, inner quotes doubled.
pub fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn quoted_list(names: &[&str]) -> String {
    names.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
}

/// The statements that make all tables, without the keys that can follow the rows.
pub fn create_tables(dialect: Dialect) -> Vec<String> {
    TABLES.iter().map(|table| create_table(table, dialect)).collect()
}

/// Keys that PostgreSQL gets after the rows: first primary and unique keys, then foreign keys. Empty for SQLite.
pub fn create_constraints(dialect: Dialect) -> Vec<String> {
    match dialect {
        Dialect::Sqlite => Vec::new(),
        Dialect::Postgres => {
            let keys = TABLES.iter().flat_map(postgres_keys);
            keys.chain(TABLES.iter().flat_map(postgres_foreign_keys)).collect()
        }
    }
}

/// One index per foreign key and looked-up column; the same text serves both dialects.
pub fn create_indexes() -> Vec<String> {
    let statement = |table: &Table, columns: &[&str]| {
        let name = quoted(&format!("{}_{}", table.name, columns.join("_")));
        format!("CREATE INDEX {name} ON {} ({})", quoted(table.name), quoted_list(columns))
    };
    TABLES.iter().flat_map(|table| table.indexes().into_iter().map(move |columns| statement(table, &columns))).collect()
}

/// The roster that an admin downloads as CSV.
pub fn create_views() -> Vec<String> {
    let roster = r#"CREATE VIEW "seat_roster" AS
SELECT "seat"."contract_id", "seat"."external_seat_id" AS "seat_id", "seat_assignment"."email" AS "invited_email_address",
    "seat_assignment"."first_name" AS "preferred_first_name", "seat_assignment"."last_name" AS "preferred_last_name",
    "seat_assignment"."employee_id", "seat"."licence" AS "sales_license_current_status",
    "seat"."teamlink_extend" AS "teamlink_extend_license_current_status", "seat"."permission" AS "admin_permission"
FROM "seat"
JOIN "seat_assignment" ON "seat_assignment"."seat_id" = "seat"."id"
WHERE "seat_assignment"."to_at" IS NULL"#;
    vec![roster.to_owned()]
}

/// The whole schema as one script, for reading and for tools.
pub fn script(dialect: Dialect) -> String {
    let mut script = String::new();
    let statements = [create_tables(dialect), create_constraints(dialect), create_indexes(), create_views()];
    for statement in statements.iter().flatten() {
        script.push_str(statement);
        script.push_str(";\n\n");
    }
    script
}

fn create_table(table: &Table, dialect: Dialect) -> String {
    // An `INTEGER PRIMARY KEY` of SQLite is the row's own number and costs no index, but must stand at the column.
    let row_number = dialect == Dialect::Sqlite && table.primary_key == ["id"];
    let mut lines: Vec<String> = table.columns.iter().map(|column| column_line(column, dialect, row_number)).collect();
    if dialect == Dialect::Sqlite {
        if !row_number {
            lines.push(format!("PRIMARY KEY ({})", quoted_list(table.primary_key)));
        }
        for key in table.composite {
            lines.push(foreign_key(key.columns, key.table, key.referenced, key.on_delete));
        }
    }
    format!("CREATE TABLE {} (\n    {}\n)", quoted(table.name), lines.join(",\n    "))
}

fn column_line(column: &Column, dialect: Dialect, row_number: bool) -> String {
    let mut line = format!("{} {}", quoted(column.name), type_name(column.kind, dialect));
    if row_number && column.name == "id" {
        line.push_str(" PRIMARY KEY");
    }
    if !column.nullable {
        line.push_str(" NOT NULL");
    }
    if !column.allowed.is_empty() {
        let values: Vec<String> = column.allowed.iter().map(|value| format!("'{value}'")).collect();
        // Writing into a String cannot fail.
        let _ = write!(line, " CHECK ({} IN ({}))", quoted(column.name), values.join(", "));
    }
    if dialect == Dialect::Sqlite {
        if column.unique {
            line.push_str(" UNIQUE");
        }
        if let Some(reference) = column.reference {
            let _ = write!(line, " REFERENCES {} (\"id\"){}", quoted(reference.table), on_delete_clause(reference.on_delete));
        }
    }
    line
}

/// SQLite takes any word as a type; the words chosen say what the column holds.
fn type_name(kind: Kind, dialect: Dialect) -> String {
    let name = match (dialect, kind) {
        (Dialect::Sqlite, Kind::Integer) => "INTEGER",
        (Dialect::Postgres, Kind::Integer) => "bigint",
        (Dialect::Sqlite, Kind::Text) => "TEXT",
        (Dialect::Postgres, Kind::Text) => "text",
        (Dialect::Sqlite, Kind::Varchar(longest)) => return format!("VARCHAR({longest})"),
        (Dialect::Postgres, Kind::Varchar(longest)) => return format!("varchar({longest})"),
        (Dialect::Sqlite, Kind::Boolean) => "BOOLEAN",
        (Dialect::Postgres, Kind::Boolean) => "boolean",
        (Dialect::Sqlite, Kind::Moment) => "TIMESTAMPTZ",
        (Dialect::Postgres, Kind::Moment) => "timestamptz",
        (Dialect::Sqlite, Kind::Date) => "DATE",
        (Dialect::Postgres, Kind::Date) => "date",
        (Dialect::Sqlite, Kind::Json) => "JSON",
        (Dialect::Postgres, Kind::Json) => "jsonb",
        (Dialect::Sqlite, Kind::Uuid) => "UUID",
        (Dialect::Postgres, Kind::Uuid) => "uuid",
        (Dialect::Sqlite, Kind::Decimal(digits)) => return format!("DECIMAL({digits},2)"),
        (Dialect::Postgres, Kind::Decimal(digits)) => return format!("numeric({digits},2)"),
        (Dialect::Sqlite, Kind::Bytes) => "BLOB",
        (Dialect::Postgres, Kind::Bytes) => "bytea",
    };
    name.to_owned()
}

fn on_delete_clause(on_delete: OnDelete) -> &'static str {
    match on_delete {
        OnDelete::NoAction => "",
        OnDelete::Cascade => " ON DELETE CASCADE",
        OnDelete::SetNull => " ON DELETE SET NULL",
    }
}

fn foreign_key(columns: &[&str], table: &str, referenced: &[&str], on_delete: OnDelete) -> String {
    format!(
        "FOREIGN KEY ({}) REFERENCES {} ({}){}",
        quoted_list(columns),
        quoted(table),
        quoted_list(referenced),
        on_delete_clause(on_delete)
    )
}

fn postgres_keys(table: &'static Table) -> impl Iterator<Item = String> {
    let alter = format!("ALTER TABLE {}", quoted(table.name));
    let unique = table.columns.iter().filter(|column| column.unique).map(|column| vec![column.name]);
    let primary = format!("{alter} ADD PRIMARY KEY ({})", quoted_list(table.primary_key));
    let comment = format!("COMMENT ON TABLE {} IS '{}'", quoted(table.name), table.about.replace('\'', "''"));
    [primary, comment].into_iter().chain(unique.map(move |columns| format!("{alter} ADD UNIQUE ({})", quoted_list(&columns))))
}

fn postgres_foreign_keys(table: &'static Table) -> impl Iterator<Item = String> {
    let add = format!("ALTER TABLE {} ADD", quoted(table.name));
    let single = table
        .columns
        .iter()
        .filter_map(|column| column.reference.map(|reference| foreign_key(&[column.name], reference.table, &["id"], reference.on_delete)));
    let composite = table.composite.iter().map(|key| foreign_key(key.columns, key.table, key.referenced, key.on_delete));
    single.chain(composite).map(move |key| format!("{add} {key}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sqlite_accepts_the_whole_schema() {
        let database = rusqlite::Connection::open_in_memory().unwrap();
        database.execute_batch(&script(Dialect::Sqlite)).unwrap();
        let problems: i64 = database.query_row("SELECT count(*) FROM pragma_foreign_key_check", [], |row| row.get(0)).unwrap();
        assert_eq!(problems, 0);
    }

    #[test]
    fn reserved_words_stand_in_quotes() {
        assert!(script(Dialect::Postgres).contains("\"order\" bigint NOT NULL"));
    }
}
