//! Datasets as catalogs: what they say of tables, keys and references, and what else is known of each table.

use std::collections::BTreeMap;

use super::Remark;
use super::dataset::{Collection, Dataset, Direction, Field, Reference};
use crate::catalog::{Catalog, Column, ColumnKind, ForeignKey, ReferentialAction, SourceKind, Table, TableKind};
use crate::digest::Digest;
use crate::map::discover::entry::{Known, proposal};
use crate::map::discover::graph::{Graph, Link};
use crate::map::discover::subjects::Candidate;
use crate::map::discover::text;
use crate::map::discover::words::{subject_rank, table_words};
use crate::names::{SourceName, TableName};

pub(super) struct NamedSource {
    pub name: SourceName,
    pub schema: Option<String>,
}

/// A field that identifies a person: the table, the column, and what kind of identity it is.
struct Identity {
    table: TableName,
    column: String,
    kind: String,
}

pub(super) struct Structure {
    pub sources: Vec<NamedSource>,
    pub catalogs: Vec<Catalog>,
    pub known: BTreeMap<TableName, Known>,
    identities: Vec<Identity>,
}

/// One side of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
struct End {
    table: TableName,
    path: Vec<String>,
    is_key: bool,
}

impl Structure {
    pub fn of(datasets: &[(String, Dataset)], remarks: &mut Vec<Remark>) -> Self {
        let mut structure = Self { sources: Vec::new(), catalogs: Vec::new(), known: BTreeMap::new(), identities: Vec::new() };
        for (file, dataset) in datasets {
            structure.add(file, dataset, remarks);
        }
        for (file, dataset) in datasets.iter().filter(|(_, dataset)| !is_placeholder(&dataset.key)) {
            for collection in &dataset.collections {
                for field in &collection.fields {
                    for reference in &field.references {
                        structure.refer((file, dataset, collection, field), reference, datasets, remarks);
                    }
                }
            }
        }
        structure
    }

    fn add(&mut self, file: &str, dataset: &Dataset, remarks: &mut Vec<Remark>) {
        let mut remark = |line: usize, place: &[&str], what: String| {
            remarks.push(Remark { file: file.to_owned(), line, place: place.join("."), what });
        };
        if is_placeholder(&dataset.key) {
            remark(dataset.line, &[&dataset.key], "a dataset of a service behind an API: this program reads databases".to_owned());
            return;
        }
        let source = source_name(&dataset.key);
        if source.as_str() != dataset.key {
            remark(dataset.line, &[&dataset.key], format!("the source is called {source}, for names hold letters, digits, `_` and `-`"));
        }
        self.sources.push(NamedSource { name: source.clone(), schema: dataset.schema.clone() });
        let mut tables = Vec::new();
        for collection in &dataset.collections {
            let name = table_name(&source, &collection.name);
            let known = self.known.entry(name.clone()).or_default();
            known.skipped = collection.skipped;
            for field in &collection.fields {
                let column = field.path.join("/");
                let place = [dataset.key.as_str(), collection.name.as_str(), &column];
                if field.categories.iter().any(|category| is_secret(category)) {
                    known.secret.push(column.clone());
                } else if field.categories.iter().any(|category| within(category, "user")) && !field.nested {
                    known.personal.push(column.clone());
                }
                if let Some(kind) = &field.identity {
                    if field.path.len() == 1 {
                        self.identities.push(Identity { table: name.clone(), column: column.clone(), kind: kind.clone() });
                    } else {
                        remark(field.line, &place, "an identity inside a nested field: write it as a reference by hand".to_owned());
                    }
                }
                if let Some(strategy) = &field.strategy {
                    match strategy.name.as_str() {
                        "null_rewrite" => known.clear.push(column),
                        "string_rewrite" => {
                            let constant = text::quoted(strategy.value.as_deref().unwrap_or_default());
                            known.replace.push((column, format!("{{ constant: {constant} }}")));
                        }
                        "hash" | "hmac" | "random_string_rewrite" => known.replace.push((column, "pseudonym".to_owned())),
                        other => {
                            remark(strategy.line, &place, format!("the strategy `{other}` has no counterpart; rows are deleted whole"))
                        }
                    }
                }
            }
            match collection.strategy.as_deref() {
                // What happens without a word.
                None | Some("delete") => {}
                Some(other) => {
                    remark(
                        collection.line,
                        &[&dataset.key, &collection.name],
                        format!("the strategy `{other}` for whole rows has no counterpart; they are deleted"),
                    );
                }
            }
            tables.push(table(name, collection));
        }
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        let identity = Digest::of_bytes(dataset.key.as_bytes());
        self.catalogs.push(Catalog { source, kind: SourceKind::Postgres, identity, tables });
    }

    /// Enters a reference as a foreign key of the side that does not hold the key.
    fn refer(
        &mut self,
        (file, dataset, collection, field): (&str, &Dataset, &Collection, &Field),
        reference: &Reference,
        datasets: &[(String, Dataset)],
        remarks: &mut Vec<Remark>,
    ) {
        let column = field.path.join("/");
        let place = [dataset.key.as_str(), &collection.name, &column].join(".");
        let mut remark = |what: String| remarks.push(Remark { file: file.to_owned(), line: reference.line, place: place.clone(), what });
        let target = format!("{}.{}.{}", reference.dataset, reference.collection, reference.field.join("."));
        let other = datasets.iter().find(|(_, known)| known.key == reference.dataset && !is_placeholder(&known.key));
        let other = other.and_then(|(_, known)| known.collections.iter().find(|known| known.name == reference.collection));
        let Some(other) = other else {
            remark(format!("it refers to {target}, which is in none of the files"));
            return;
        };
        let Some(other_field) = other.fields.iter().find(|known| known.path == reference.field) else {
            remark(format!("it refers to {target}, which has no such field"));
            return;
        };
        let here = End {
            table: table_name(&source_name(&dataset.key), &collection.name),
            path: field.path.clone(),
            is_key: names_rows(collection, field),
        };
        let there = End {
            table: table_name(&source_name(&reference.dataset), &reference.collection),
            path: reference.field.clone(),
            is_key: names_rows(other, other_field),
        };
        // Rows point to the row that is named by its key. Where neither or both sides are keys, the file's direction is all there is.
        let (from, to, sure) = match (here.is_key, there.is_key, reference.direction) {
            (false, true, _) => (here, there, true),
            (true, false, _) => (there, here, true),
            (_, _, Direction::From | Direction::Unsaid) => (here, there, false),
            (_, _, Direction::To) => (there, here, false),
        };
        if to.path.len() > 1 {
            remark(format!("the reference between {target} and this field ends inside a nested field; a map's references end at columns"));
            return;
        }
        let known = self.known.entry(from.table.clone()).or_default();
        let written = format!("{}({})", to.table, text::path_name(&to.path[0]));
        let written = if sure { text::quoted(&written) } else { proposal(&written) };
        let columns = text::scalar(&from.path.join("/"));
        let item = format!("{{ columns: {columns}, to: {written} }}");
        if known.references.contains(&item) {
            return;
        }
        known.references.push(item);
        if from.path.len() > 1 {
            remark("the reference starts inside a nested field: the draft declares it, but proposes no owner path through it".to_owned());
            return;
        }
        let table = self.catalogs.iter_mut().flat_map(|catalog| &mut catalog.tables).find(|table| table.name == from.table);
        if let Some(table) = table {
            table.foreign_keys.push(ForeignKey {
                name: String::new(),
                columns: from.path,
                references: to.table,
                referenced_columns: to.path,
                on_delete: ReferentialAction::NoAction,
                deferrable: false,
            });
        }
    }

    /// Collections that identify a person and have a key. Where several hold one kind of identity, the others point to the chief one by
    /// its value.
    pub fn subjects(&self, graph: &mut Graph<'_>) -> Vec<Candidate> {
        let mut found: Vec<Candidate> = Vec::new();
        for identity in &self.identities {
            let Some(table) = graph.tables.iter().find(|table| table.name == identity.table) else { continue };
            if let Some(candidate) = found.iter_mut().find(|candidate| candidate.table == identity.table) {
                candidate.identifiers.push(identity.column.clone());
                continue;
            }
            if table.primary_key.is_empty() || self.known.get(&table.name).is_some_and(|known| known.skipped) {
                continue;
            }
            let pointing = graph.to(&table.name).filter(|link| link.from != table.name && !link.suggested).count();
            let rank = subject_rank(&table.name.name, graph.application.as_deref());
            let alone = self.identities.iter().filter(|other| other.kind == identity.kind).count() == 1;
            if pointing == 0 && rank.is_none() && !alone {
                continue;
            }
            found.push(Candidate {
                kind: table_words(&table.name.name).pop().unwrap_or_else(|| "person".to_owned()),
                table: table.name.clone(),
                key: table.primary_key.clone(),
                label: None,
                rank: rank.unwrap_or(u8::MAX),
                identifiers: vec![identity.column.clone()],
                pointing,
                within: Vec::new(),
            });
        }
        super::super::subjects::arrange(graph, &mut found);
        for identity in &self.identities {
            let chief = found.iter().filter(|candidate| candidate.table != identity.table);
            let holds =
                |candidate: &&Candidate| self.identities.iter().find(|other| other.table == candidate.table && other.kind == identity.kind);
            if found.iter().any(|candidate| candidate.table == identity.table) {
                continue;
            }
            let Some(column) = chief.filter_map(|candidate| holds(&candidate)).next() else { continue };
            graph.add(Link {
                from: identity.table.clone(),
                columns: vec![identity.column.clone()],
                to: column.table.clone(),
                referenced: vec![column.column.clone()],
                suggested: true,
                plain: true,
                handles: false,
                optional: true,
            });
        }
        found
    }
}

/// The field alone is the key.
fn names_rows(collection: &Collection, field: &Field) -> bool {
    field.primary_key && collection.fields.iter().filter(|field| field.primary_key).count() == 1
}

fn table(name: TableName, collection: &Collection) -> Table {
    let columns = collection.fields.iter().filter(|field| field.path.len() == 1).map(|field| Column {
        name: field.path[0].clone(),
        declared_type: field.data_type.clone().unwrap_or_default(),
        kind: column_kind(field),
        nullable: !field.primary_key,
        generated: false,
        has_default: false,
        max_length: None,
        comment: None,
    });
    let key = collection.fields.iter().filter(|field| field.primary_key && field.path.len() == 1).map(|field| field.path[0].clone());
    Table {
        name,
        kind: TableKind::Table,
        primary_key: key.collect(),
        columns: columns.collect(),
        unique_keys: Vec::new(),
        foreign_keys: Vec::new(),
        triggers: Vec::new(),
        partitions: Vec::new(),
        comment: None,
        hazards: Vec::new(),
    }
}

fn column_kind(field: &Field) -> ColumnKind {
    if field.nested {
        return ColumnKind::Json;
    }
    match field.data_type.as_deref() {
        Some("string") => ColumnKind::Text,
        Some("integer") => ColumnKind::Integer,
        Some("float") => ColumnKind::Float,
        Some("boolean") => ColumnKind::Boolean,
        Some("object") => ColumnKind::Json,
        Some(other) if other.ends_with("[]") => ColumnKind::Array,
        Some(_) | None => ColumnKind::Other,
    }
}

/// Placeholders of connectors for services, such as `<instance_fides_key>`.
fn is_placeholder(key: &str) -> bool {
    key.starts_with('<') && key.ends_with('>')
}

fn source_name(key: &str) -> SourceName {
    let fine = |character: char| if character.is_alphanumeric() || matches!(character, '_' | '-') { character } else { '_' };
    SourceName::new(key.chars().map(fine).collect::<String>())
}

/// A collection is a table, or schema.table.
fn table_name(source: &SourceName, collection: &str) -> TableName {
    match collection.split_once('.') {
        Some((schema, table)) if !schema.is_empty() && !table.is_empty() => TableName::new(source, Some(schema), table),
        Some(_) | None => TableName::new(source, None, collection),
    }
}

/// Whether a category is this one or one beneath it: `user.name_tag` is not beneath `user.name`.
fn within(category: &str, parent: &str) -> bool {
    category == parent || category.strip_prefix(parent).is_some_and(|rest| rest.starts_with('.'))
}

fn is_secret(category: &str) -> bool {
    ["user.authorization", "user.credentials", "system.authentication"].iter().any(|secret| within(category, secret))
}
