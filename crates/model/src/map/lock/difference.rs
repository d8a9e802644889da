//! What has changed between two structures, told one change at a time.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

use super::{Lock, LockedSource};
use crate::catalog::{Column, ColumnKind, ForeignKey, ReferentialAction, SourceKind, Table, TableKind};
use crate::names::{SourceName, TableName};

/// One change of a database since its review.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "change")]
pub enum Difference {
    SourceAppeared {
        source: SourceName,
        tables: usize,
    },
    SourceVanished {
        source: SourceName,
    },
    SourceChanged {
        source: SourceName,
        was: SourceKind,
        is: SourceKind,
    },
    TableAppeared {
        table: TableName,
        columns: usize,
    },
    TableVanished {
        table: TableName,
    },
    TableChanged {
        table: TableName,
        was: TableKind,
        is: TableKind,
    },
    ColumnAppeared {
        table: TableName,
        column: String,
        declared_type: String,
    },
    ColumnVanished {
        table: TableName,
        column: String,
    },
    /// The type or another property, in words.
    ColumnChanged {
        table: TableName,
        column: String,
        was: String,
        is: String,
    },
    PrimaryKeyChanged {
        table: TableName,
        was: Vec<String>,
        is: Vec<String>,
    },
    UniqueKeyAppeared {
        table: TableName,
        columns: Vec<String>,
    },
    UniqueKeyVanished {
        table: TableName,
        columns: Vec<String>,
    },
    ForeignKeyAppeared {
        table: TableName,
        columns: Vec<String>,
        references: TableName,
        on_delete: ReferentialAction,
    },
    ForeignKeyVanished {
        table: TableName,
        columns: Vec<String>,
        references: TableName,
    },
    ForeignKeyChanged {
        table: TableName,
        columns: Vec<String>,
        references: TableName,
        was: String,
        is: String,
    },
    TriggerAppeared {
        table: TableName,
        trigger: String,
    },
    TriggerVanished {
        table: TableName,
        trigger: String,
    },
    TriggerChanged {
        table: TableName,
        trigger: String,
    },
}

impl Difference {
    /// The table that changed; `None` for a whole source.
    pub fn table(&self) -> Option<&TableName> {
        match self {
            Self::SourceAppeared { .. } | Self::SourceVanished { .. } | Self::SourceChanged { .. } => None,
            Self::TableAppeared { table, .. }
            | Self::TableVanished { table }
            | Self::TableChanged { table, .. }
            | Self::ColumnAppeared { table, .. }
            | Self::ColumnVanished { table, .. }
            | Self::ColumnChanged { table, .. }
            | Self::PrimaryKeyChanged { table, .. }
            | Self::UniqueKeyAppeared { table, .. }
            | Self::UniqueKeyVanished { table, .. }
            | Self::ForeignKeyAppeared { table, .. }
            | Self::ForeignKeyVanished { table, .. }
            | Self::ForeignKeyChanged { table, .. }
            | Self::TriggerAppeared { table, .. }
            | Self::TriggerVanished { table, .. }
            | Self::TriggerChanged { table, .. } => Some(table),
        }
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let list = |columns: &[String]| columns.join(", ");
        match self {
            Self::SourceAppeared { source, tables } => write!(formatter, "source {source} appeared, with {}", count(*tables, "table")),
            Self::SourceVanished { source } => write!(formatter, "source {source} is no longer in the map"),
            Self::SourceChanged { source, was, is } => {
                write!(formatter, "source {source} changed from {} to {}", was.word(), is.word())
            }
            Self::TableAppeared { table, columns } => write!(formatter, "table {table} appeared, with {}", count(*columns, "column")),
            Self::TableVanished { table } => write!(formatter, "table {table} vanished"),
            Self::TableChanged { table, was, is } => {
                write!(formatter, "{table} changed from {} to {}", table_kind(*was), table_kind(*is))
            }
            Self::ColumnAppeared { table, column, declared_type } => {
                write!(formatter, "column {table}.{column} appeared ({declared_type})")
            }
            Self::ColumnVanished { table, column } => write!(formatter, "column {table}.{column} vanished"),
            Self::ColumnChanged { table, column, was, is } => write!(formatter, "column {table}.{column} changed from {was} to {is}"),
            Self::PrimaryKeyChanged { table, was, is } => match (was.as_slice(), is.as_slice()) {
                ([], is) => write!(formatter, "{table} was given the primary key ({})", list(is)),
                (was, []) => write!(formatter, "{table} lost its primary key ({})", list(was)),
                (was, is) => write!(formatter, "the primary key of {table} changed from ({}) to ({})", list(was), list(is)),
            },
            Self::UniqueKeyAppeared { table, columns } => write!(formatter, "{table} was given the unique key ({})", list(columns)),
            Self::UniqueKeyVanished { table, columns } => write!(formatter, "{table} lost its unique key ({})", list(columns)),
            Self::ForeignKeyAppeared { table, columns, references, on_delete } => {
                write!(formatter, "foreign key {table}({}) to {references} appeared, {}", list(columns), on_delete_words(*on_delete))
            }
            Self::ForeignKeyVanished { table, columns, references } => {
                write!(formatter, "foreign key {table}({}) to {references} vanished", list(columns))
            }
            Self::ForeignKeyChanged { table, columns, references, was, is } => {
                write!(formatter, "foreign key {table}({}) to {references} changed from {was} to {is}", list(columns))
            }
            Self::TriggerAppeared { table, trigger } => write!(formatter, "trigger {trigger} on {table} appeared"),
            Self::TriggerVanished { table, trigger } => write!(formatter, "trigger {trigger} on {table} vanished"),
            Self::TriggerChanged { table, trigger } => write!(formatter, "trigger {trigger} on {table} does something else than before"),
        }
    }
}

/// Everything that changed from one structure to the other, in the order of sources and tables.
pub fn compare(was: &Lock, is: &Lock) -> Vec<Difference> {
    let mut found = Vec::new();
    for (source, pair) in paired(&was.sources, &is.sources, |source| source.source.clone()) {
        match pair {
            (Some(_), None) => found.push(Difference::SourceVanished { source }),
            (None, Some(new)) => found.push(Difference::SourceAppeared { source, tables: new.tables.len() }),
            (Some(old), Some(new)) => compare_sources(old, new, &mut found),
            (None, None) => {}
        }
    }
    found
}

fn compare_sources(old: &LockedSource, new: &LockedSource, found: &mut Vec<Difference>) {
    if old.kind != new.kind {
        found.push(Difference::SourceChanged { source: old.source.clone(), was: old.kind, is: new.kind });
    }
    for (table, pair) in paired(&old.tables, &new.tables, |table| table.name.clone()) {
        match pair {
            (Some(_), None) => found.push(Difference::TableVanished { table }),
            (None, Some(new)) => found.push(Difference::TableAppeared { table, columns: new.columns.len() }),
            (Some(old), Some(new)) => compare_tables(old, new, found),
            (None, None) => {}
        }
    }
}

fn compare_tables(old: &Table, new: &Table, found: &mut Vec<Difference>) {
    let table = || old.name.clone();
    if old.kind != new.kind {
        found.push(Difference::TableChanged { table: table(), was: old.kind, is: new.kind });
    }
    for (column, pair) in paired(&old.columns, &new.columns, |column| column.name.clone()) {
        match pair {
            (Some(_), None) => found.push(Difference::ColumnVanished { table: table(), column }),
            (None, Some(new)) => {
                found.push(Difference::ColumnAppeared { table: table(), column, declared_type: new.declared_type.clone() });
            }
            (Some(old), Some(new)) => {
                for (was, is) in column_changes(old, new) {
                    found.push(Difference::ColumnChanged { table: table(), column: column.clone(), was, is });
                }
            }
            (None, None) => {}
        }
    }
    if old.primary_key != new.primary_key {
        found.push(Difference::PrimaryKeyChanged { table: table(), was: old.primary_key.clone(), is: new.primary_key.clone() });
    }
    for (columns, pair) in paired(&old.unique_keys, &new.unique_keys, Clone::clone) {
        match pair {
            (Some(_), None) => found.push(Difference::UniqueKeyVanished { table: table(), columns }),
            (None, Some(_)) => found.push(Difference::UniqueKeyAppeared { table: table(), columns }),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    // A foreign key is what it ties together; its name differs from one installation to the next.
    let identity = |key: &ForeignKey| (key.columns.clone(), key.references.clone(), key.referenced_columns.clone());
    for ((columns, references, _), pair) in paired(&old.foreign_keys, &new.foreign_keys, identity) {
        match pair {
            (Some(_), None) => found.push(Difference::ForeignKeyVanished { table: table(), columns, references }),
            (None, Some(new)) => {
                found.push(Difference::ForeignKeyAppeared { table: table(), columns, references, on_delete: new.on_delete });
            }
            (Some(old), Some(new)) if (old.on_delete, old.deferrable) != (new.on_delete, new.deferrable) => {
                let (was, is) = (foreign_key_words(old), foreign_key_words(new));
                found.push(Difference::ForeignKeyChanged { table: table(), columns, references, was, is });
            }
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
    for (trigger, pair) in paired(&old.triggers, &new.triggers, |trigger| trigger.name.clone()) {
        match pair {
            (Some(_), None) => found.push(Difference::TriggerVanished { table: table(), trigger }),
            (None, Some(_)) => found.push(Difference::TriggerAppeared { table: table(), trigger }),
            (Some(old), Some(new)) if old != new => found.push(Difference::TriggerChanged { table: table(), trigger }),
            (Some(_), Some(_)) | (None, None) => {}
        }
    }
}

/// Each changed property of a column, before and after.
fn column_changes(old: &Column, new: &Column) -> Vec<(String, String)> {
    let mut changes = Vec::new();
    let mut note = |was: &str, is: &str| {
        if was != is {
            changes.push((was.to_owned(), is.to_owned()));
        }
    };
    note(&old.declared_type, &new.declared_type);
    if old.declared_type == new.declared_type {
        note(&kind_words(&old.kind), &kind_words(&new.kind));
        let length =
            |column: &Column| column.max_length.map_or_else(|| "any length".to_owned(), |length| format!("at most {length} characters"));
        note(&length(old), &length(new));
    }
    let nullable = |column: &Column| if column.nullable { "nullable" } else { "not null" };
    note(nullable(old), nullable(new));
    let generated = |column: &Column| if column.generated { "generated" } else { "stored" };
    note(generated(old), generated(new));
    let default = |column: &Column| if column.has_default { "having a default" } else { "having no default" };
    note(default(old), default(new));
    changes
}

fn kind_words(kind: &ColumnKind) -> String {
    match kind {
        ColumnKind::Enumeration(labels) => format!("one of {}", labels.join(", ")),
        other => format!("{other:?}").to_lowercase(),
    }
}

fn table_kind(kind: TableKind) -> &'static str {
    match kind {
        TableKind::Table => "a table",
        TableKind::View => "a view",
        TableKind::MaterializedView => "a materialised view",
        TableKind::Virtual => "a virtual table",
        TableKind::Foreign => "a table of another server",
    }
}

fn foreign_key_words(key: &ForeignKey) -> String {
    let checked = if key.deferrable { "deferrable" } else { "not deferrable" };
    format!("{} and {checked}", on_delete_words(key.on_delete))
}

fn on_delete_words(action: ReferentialAction) -> &'static str {
    match action {
        ReferentialAction::NoAction => "on delete no action",
        ReferentialAction::Restrict => "on delete restrict",
        ReferentialAction::Cascade => "on delete cascade",
        ReferentialAction::SetNull => "on delete set null",
        ReferentialAction::SetDefault => "on delete set default",
    }
}

fn count(number: usize, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

type Pair<'a, T> = (Option<&'a T>, Option<&'a T>);

/// Old and new items side by side by their names, in the order of the names.
fn paired<'a, T, K: Ord>(old: &'a [T], new: &'a [T], name: impl Fn(&T) -> K) -> BTreeMap<K, Pair<'a, T>> {
    let mut pairs: BTreeMap<K, Pair<'a, T>> = BTreeMap::new();
    for item in old {
        pairs.entry(name(item)).or_default().0 = Some(item);
    }
    for item in new {
        pairs.entry(name(item)).or_default().1 = Some(item);
    }
    pairs
}
