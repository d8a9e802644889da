//! Reads what a SQLite database looks like.

use std::collections::BTreeSet;
use std::path::Path;

use exeunt_model::catalog::{Catalog, Column, ForeignKey, Hazard, ReferentialAction, SourceKind, Table, TableKind, Trigger};
use exeunt_model::digest::Digest;
use exeunt_model::names::{SourceName, TableName};
use rusqlite::{Connection, Row};

use crate::error::Error;
use crate::quote::identifier;
use crate::sqlite::connection::told;
use crate::sqlite::declared;
use crate::sqlite::trigger::{Event, event_of};

/// Reads the catalog; `path` is the file's, which identifies it.
pub(crate) fn introspect(connection: &Connection, database: &SourceName, path: &Path) -> Result<Catalog, Error> {
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let tables = read_tables(connection, database).map_err(|error| told(database, "read the catalog", &error))?;
    Ok(Catalog {
        source: database.clone(),
        kind: SourceKind::Sqlite,
        identity: Digest::of_json(&("sqlite", path.to_string_lossy())),
        tables,
    })
}

fn read_tables(connection: &Connection, database: &SourceName) -> rusqlite::Result<Vec<Table>> {
    let listed: Vec<(String, String, bool)> = all(
        connection,
        "SELECT name, type, wr
         FROM pragma_table_list
         WHERE schema = 'main' AND type <> 'shadow' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
        [],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let mut tables = Vec::with_capacity(listed.len());
    for (name, kind, _) in &listed {
        let kind = match kind.as_str() {
            "view" => TableKind::View,
            "virtual" => TableKind::Virtual,
            _ => TableKind::Table,
        };
        tables.push(read_table(connection, TableName::new(database, None, name), kind)?);
    }
    resolve_references(&mut tables);
    for table in &mut tables {
        name_foreign_keys(&mut table.foreign_keys);
    }
    tables.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(tables)
}

fn read_table(connection: &Connection, name: TableName, kind: TableKind) -> rusqlite::Result<Table> {
    let mut table = Table {
        kind,
        columns: Vec::new(),
        primary_key: Vec::new(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        triggers: Vec::new(),
        partitions: Vec::new(),
        comment: None,
        hazards: Vec::new(),
        name,
    };
    read_triggers(connection, &mut table)?;
    match read_columns(connection, &mut table) {
        Ok(()) => {}
        // A view of a table that is gone, or a virtual table whose module this program lacks, can be listed but not looked into.
        Err(_) if kind == TableKind::View || kind == TableKind::Virtual => return Ok(table),
        Err(error) => return Err(error),
    }
    if kind == TableKind::Table {
        read_unique_keys(connection, &mut table)?;
        read_foreign_keys(connection, &mut table)?;
        look_for_null_keys(connection, &mut table)?;
    }
    Ok(table)
}

fn read_columns(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    const HIDDEN: i64 = 1;
    let mut key: Vec<(i64, String)> = Vec::new();
    let mut integer_key = false;
    all(
        connection,
        "SELECT name, type, \"notnull\", dflt_value IS NOT NULL, pk, hidden
         FROM pragma_table_xinfo(?1, 'main')
         ORDER BY cid",
        [&table.name.name],
        |row| {
            let (name, declared_type): (String, String) = (row.get(0)?, row.get(1)?);
            let (not_null, has_default): (bool, bool) = (row.get(2)?, row.get(3)?);
            let (key_position, hidden): (i64, i64) = (row.get(4)?, row.get(5)?);
            if hidden == HIDDEN {
                return Ok(());
            }
            if key_position > 0 {
                integer_key = declared_type.eq_ignore_ascii_case("INTEGER");
                key.push((key_position, name.clone()));
            }
            let kind = declared::kind_of(&declared_type);
            table.columns.push(Column {
                max_length: declared::max_length(&declared_type, &kind),
                name,
                declared_type,
                kind,
                nullable: !not_null,
                generated: hidden > HIDDEN,
                has_default,
                comment: None,
            });
            Ok(())
        },
    )?;
    let bytewise = |collation: &str| collation.is_empty() || collation.eq_ignore_ascii_case("BINARY");
    for column in table.columns.iter().filter(|_| table.kind == TableKind::Table) {
        let (_, collation, ..) = connection.column_metadata(Some("main"), table.name.name.as_str(), column.name.as_str())?;
        let collation = collation.map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        if !bytewise(&collation) {
            table.hazards.push(Hazard::LooseComparison { column: column.name.clone(), by: format!("COLLATE {collation}") });
        }
    }
    key.sort();
    table.primary_key = key.into_iter().map(|(_, name)| name).collect();
    // A lone `INTEGER PRIMARY KEY` is the row's number and never null; other keys of SQLite may be.
    if let ([only], true) = (table.primary_key.as_slice(), integer_key)
        && let Some(column) = table.columns.iter_mut().find(|column| column.name == *only)
    {
        column.nullable = false;
    }
    Ok(())
}

/// SQLite lets null into a primary key that is not declared NOT NULL. The key's own index answers this.
fn look_for_null_keys(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    let nullable = |name: &&String| table.column(name).is_some_and(|column| column.nullable);
    let conditions: Vec<String> = table.primary_key.iter().filter(nullable).map(|name| format!("{} IS NULL", identifier(name))).collect();
    if conditions.is_empty() {
        return Ok(());
    }
    let sql = format!("SELECT EXISTS (SELECT 1 FROM main.{} WHERE {})", identifier(&table.name.name), conditions.join(" OR "));
    if connection.query_row(&sql, [], |row| row.get(0))? {
        table.hazards.push(Hazard::NullKeys);
    }
    Ok(())
}

fn read_unique_keys(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    let indexes: Vec<String> = all(
        connection,
        "SELECT name
         FROM pragma_index_list(?1, 'main')
         WHERE \"unique\" AND NOT partial AND origin <> 'pk'",
        [&table.name.name],
        |row| row.get(0),
    )?;
    for index in indexes {
        let columns: Vec<Option<String>> = all(
            connection,
            "SELECT CASE WHEN cid >= 0 THEN name END
             FROM pragma_index_xinfo(?1, 'main')
             WHERE key
             ORDER BY seqno",
            [&index],
            |row| row.get(0),
        )?;
        // An expression has no name.
        table.unique_keys.extend(columns.into_iter().collect::<Option<Vec<_>>>());
    }
    table.unique_keys.sort();
    table.unique_keys.dedup();
    Ok(())
}

fn read_foreign_keys(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    struct Part {
        id: i64,
        parent: String,
        from: String,
        to: Option<String>,
        on_delete: String,
    }
    let parts: Vec<Part> = all(
        connection,
        "SELECT id, \"table\", \"from\", \"to\", on_delete
         FROM pragma_foreign_key_list(?1, 'main')
         ORDER BY id DESC, seq",
        [&table.name.name],
        |row| Ok(Part { id: row.get(0)?, parent: row.get(1)?, from: row.get(2)?, to: row.get(3)?, on_delete: row.get(4)? }),
    )?;
    for group in parts.chunk_by(|a, b| a.id == b.id) {
        let Some(first) = group.first() else { continue };
        let on_delete = match first.on_delete.as_str() {
            "RESTRICT" => ReferentialAction::Restrict,
            "CASCADE" => ReferentialAction::Cascade,
            "SET NULL" => ReferentialAction::SetNull,
            "SET DEFAULT" => ReferentialAction::SetDefault,
            _ => ReferentialAction::NoAction,
        };
        table.foreign_keys.push(ForeignKey {
            name: String::new(),
            columns: group.iter().map(|part| part.from.clone()).collect(),
            references: TableName::new(&table.name.source, None, &first.parent),
            // None named: the parent's primary key, found when all tables are known.
            referenced_columns: group.iter().filter_map(|part| part.to.clone()).collect(),
            on_delete,
            // Any foreign key is checked at commit under `PRAGMA defer_foreign_keys`, but RESTRICT acts at once.
            deferrable: on_delete != ReferentialAction::Restrict,
        });
    }
    Ok(())
}

fn read_triggers(connection: &Connection, table: &mut Table) -> rusqlite::Result<()> {
    let triggers: Vec<(String, String)> = all(
        connection,
        "SELECT name, sql
         FROM sqlite_schema
         WHERE type = 'trigger' AND tbl_name = ?1 COLLATE NOCASE
         ORDER BY name",
        [&table.name.name],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    table.triggers = triggers
        .into_iter()
        .map(|(name, definition)| {
            let event = event_of(&definition);
            // A definition that cannot be read counts for every event: better asked about than overlooked.
            let fires_on = |wanted| event.is_none() || event == Some(wanted);
            Trigger {
                name,
                on_delete: fires_on(Event::Delete),
                on_update: fires_on(Event::Update),
                on_insert: fires_on(Event::Insert),
                definition: Digest::of_bytes(definition.as_bytes()),
            }
        })
        .collect();
    Ok(())
}

/// Gives references the names as their tables spell them, and the parent's primary key where no column is named.
fn resolve_references(tables: &mut [Table]) {
    let known: Vec<(String, Vec<String>, Vec<String>)> = tables
        .iter()
        .map(|table| {
            let columns = table.columns.iter().map(|column| column.name.clone()).collect();
            (table.name.name.clone(), columns, table.primary_key.clone())
        })
        .collect();
    for table in tables {
        let own: Vec<String> = table.columns.iter().map(|column| column.name.clone()).collect();
        for key in &mut table.foreign_keys {
            key.columns.iter_mut().for_each(|column| respell(column, &own));
            let Some((name, columns, primary_key)) = known.iter().find(|(name, _, _)| name.eq_ignore_ascii_case(&key.references.name))
            else {
                continue;
            };
            key.references.name.clone_from(name);
            if key.referenced_columns.is_empty() {
                key.referenced_columns.clone_from(primary_key);
            }
            key.referenced_columns.iter_mut().for_each(|column| respell(column, columns));
        }
    }
}

fn respell(name: &mut String, known: &[String]) {
    if let Some(real) = known.iter().find(|known| known.eq_ignore_ascii_case(name)) {
        name.clone_from(real);
    }
}

/// Sorts the keys and names them after their first column, numbered where two begin alike.
fn name_foreign_keys(keys: &mut [ForeignKey]) {
    keys.sort_by(|a, b| (&a.columns, &a.references, &a.referenced_columns).cmp(&(&b.columns, &b.references, &b.referenced_columns)));
    let mut taken = BTreeSet::new();
    for key in keys {
        let stem = format!("fk_{}", key.columns.first().map(String::as_str).unwrap_or_default());
        let mut name = stem.clone();
        let mut number = 2;
        while !taken.insert(name.clone()) {
            name = format!("{stem}_{number}");
            number += 1;
        }
        key.name = name;
    }
}

fn all<T>(
    connection: &Connection,
    sql: &str,
    parameters: impl rusqlite::Params,
    read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    connection.prepare_cached(sql)?.query_map(parameters, read)?.collect()
}
