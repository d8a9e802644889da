//! A small catalog and map that the unit tests of this room share.

use crate::catalog::{Catalog, Column, ColumnKind, ForeignKey, ReferentialAction, SourceKind, Table, TableKind};
use crate::digest::Digest;
use crate::map::{Category, Claim, DataMap, ExportDisposition, Hop, OnErase, Source, Subject, TableEntry};
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::selection::ColumnPath;

pub fn name(table: &str) -> TableName {
    TableName::new(&SourceName::new("app"), None, table)
}

/// Columns are written `name`, `name?` where nullable, `name>table` where they point to `table.id`.
pub fn table(table: &str, columns: &[&str]) -> Table {
    let mut found = Table {
        name: name(table),
        kind: TableKind::Table,
        columns: Vec::new(),
        primary_key: vec!["id".into()],
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        triggers: Vec::new(),
        partitions: Vec::new(),
        comment: None,
        hazards: Vec::new(),
    };
    for written in columns {
        let (column, target) = written.split_once('>').map_or((*written, None), |(column, target)| (column, Some(target)));
        let nullable = column.ends_with('?');
        let column = column.trim_end_matches('?');
        let number = column == "id" || column.ends_with("_id");
        found.columns.push(Column {
            name: column.into(),
            declared_type: if number { "INTEGER" } else { "TEXT" }.into(),
            kind: if number { ColumnKind::Integer } else { ColumnKind::Text },
            nullable,
            generated: false,
            has_default: false,
            max_length: None,
            comment: None,
        });
        if let Some(target) = target {
            found.foreign_keys.push(ForeignKey {
                name: format!("fk_{column}"),
                columns: vec![column.into()],
                references: name(target),
                referenced_columns: vec!["id".into()],
                on_delete: ReferentialAction::NoAction,
                deferrable: false,
            });
        }
    }
    found
}

pub fn catalog() -> Catalog {
    Catalog {
        source: SourceName::new("app"),
        kind: SourceKind::Postgres,
        identity: Digest::of_bytes(b"testing"),
        tables: vec![
            table("contract", &["id", "name", "tier"]),
            table("draft", &["id", "seat_id>seat", "text"]),
            table("note", &["id", "author_seat_id>seat", "draft_id?>draft", "body"]),
            table("page_view", &["id", "session_id>session"]),
            table("presentation", &["id", "owner_seat_id>seat", "title"]),
            table("seat", &["id", "contract_id>contract", "email"]),
            table("session", &["id", "presentation_id>presentation", "viewer_id?>viewer"]),
            table("viewer", &["id", "email"]),
        ],
    }
}

pub fn entry(table: &str, owner: Vec<Claim>) -> TableEntry {
    TableEntry {
        table: name(table),
        category: Some(CategoryName::new("everything")),
        label: None,
        owner,
        about: Vec::new(),
        references: Vec::new(),
        on_erase: OnErase::default(),
        unlink: Vec::new(),
        erase_shared: false,
        secret: Vec::new(),
        files: Vec::new(),
        triggers: std::collections::BTreeMap::new(),
    }
}

pub fn claim(kind: &str) -> Claim {
    Claim { kind: SubjectKind::new(kind), path: None }
}

pub fn map() -> DataMap {
    let subject = |kind: &str, within: Option<Claim>| Subject {
        kind: SubjectKind::new(kind),
        table: name(kind),
        key: vec!["id".into()],
        label: None,
        within,
        identifiers: Vec::new(),
    };
    let to = |column: &str| Hop::To { columns: vec![ColumnPath::column(column)], to: None };
    let viewers = Claim {
        kind: SubjectKind::new("seat"),
        path: Some(vec![
            Hop::From { table: name("session"), columns: vec![ColumnPath::column("viewer_id")] },
            to("presentation_id"),
            to("owner_seat_id"),
        ]),
    };
    DataMap {
        name: "testing".into(),
        sources: vec![Source { name: SourceName::new("app"), kind: SourceKind::Postgres, url: String::new(), schemas: Vec::new() }],
        subjects: vec![subject("contract", None), subject("seat", Some(claim("contract")))],
        directory: None,
        categories: vec![Category {
            name: CategoryName::new("everything"),
            label: "Everything".into(),
            export: ExportDisposition::Included,
            applies: Vec::new(),
        }],
        tables: vec![
            entry("contract", Vec::new()),
            entry("seat", Vec::new()),
            entry("draft", vec![claim("seat")]),
            entry("note", vec![claim("seat")]),
            entry("presentation", vec![claim("seat")]),
            entry("session", vec![claim("seat")]),
            entry("page_view", vec![claim("seat")]),
            entry("viewer", vec![viewers]),
        ],
        ignore: std::collections::BTreeMap::new(),
    }
}
