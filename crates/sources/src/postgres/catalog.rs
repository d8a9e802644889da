//! Reads what a PostgreSQL database looks like, in one round trip.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::catalog::{Catalog, Column, ColumnKind, ForeignKey, Hazard, ReferentialAction, SourceKind, Table, TableKind, Trigger};
use exeunt_model::digest::Digest;
use exeunt_model::names::{SourceName, TableName};

use crate::error::Error;
use crate::postgres::catalog_queries::{self as queries, ANSWERS};
use crate::postgres::client::Answer;
use crate::postgres::session::Session;

type Oid = u32;

/// Reads the catalog of these schemas; tables of the first are named without a schema.
pub(crate) fn introspect(session: &mut Session, schemas: &[String]) -> Result<Catalog, Error> {
    const OPERATION: &str = "read the catalog";
    let answers = session.run(OPERATION, &queries::statements(schemas))?;
    let database = session.database().clone();
    let build = Build { names: Names { source: &database, default_schema: schemas.first().map(String::as_str) }, answers: &answers };
    let found = (answers.len() == ANSWERS).then(|| build.catalog()).flatten();
    found.ok_or_else(|| Error::Protocol {
        database: database.clone(),
        operation: OPERATION.into(),
        problem: "a system table of another shape".into(),
    })
}

struct Names<'a> {
    source: &'a SourceName,
    default_schema: Option<&'a str>,
}

impl Names<'_> {
    fn table(&self, schema: &str, name: &str) -> TableName {
        let schema = Some(schema).filter(|schema| Some(*schema) != self.default_schema);
        TableName::new(self.source, schema, name)
    }
}

/// A row of an answer: its cells in order.
struct Cells<'a>(std::slice::Iter<'a, Option<String>>);

impl<'a> Cells<'a> {
    fn of(row: &'a [Option<String>]) -> Self {
        Self(row.iter())
    }

    fn optional(&mut self) -> Option<Option<&'a str>> {
        self.0.next().map(Option::as_deref)
    }

    fn text(&mut self) -> Option<&'a str> {
        self.optional().flatten()
    }

    fn number<N: std::str::FromStr>(&mut self) -> Option<N> {
        self.text()?.parse().ok()
    }

    fn truth(&mut self) -> Option<bool> {
        Some(self.text()? == "t")
    }
}

struct Build<'a> {
    names: Names<'a>,
    answers: &'a [Answer],
}

/// A relation with what the other answers refer to it by.
struct Relation {
    table: Table,
    /// Names by attribute number.
    attributes: BTreeMap<i32, String>,
}

/// A type that is not PostgreSQL's own, or a domain.
struct Type<'a> {
    name: &'a str,
    kind: &'a str,
    category: &'a str,
    /// Of a domain.
    base: Oid,
    modifier: i32,
    not_null: bool,
    has_default: bool,
}

impl Build<'_> {
    fn rows(&self, number: usize) -> impl Iterator<Item = Cells<'_>> {
        self.answers[number].rows.iter().map(|row| Cells::of(row))
    }

    fn catalog(&self) -> Option<Catalog> {
        let (mut relations, root_of) = self.relations()?;
        self.columns(&mut relations)?;
        self.comments(&mut relations)?;
        self.keys(&mut relations)?;
        self.foreign_keys(&mut relations, &root_of)?;
        self.triggers(&mut relations, &root_of)?;
        self.hazards(&mut relations, &root_of)?;
        let mut tables: Vec<Table> = relations.into_values().map(|relation| relation.table).collect();
        for table in &mut tables {
            table.unique_keys.sort();
            table.unique_keys.dedup();
            table.foreign_keys.sort_by(|a, b| (&a.name, &a.columns).cmp(&(&b.name, &b.columns)));
            table.foreign_keys.dedup();
            table.triggers.sort_by(|a, b| a.name.cmp(&b.name));
            table.triggers.dedup();
            table.partitions.sort();
        }
        tables.sort_by(|a, b| a.name.cmp(&b.name));
        let mut identity = self.rows(queries::IDENTITY).next()?;
        let (system, database) = (identity.optional()?, identity.text()?);
        Some(Catalog {
            source: self.names.source.clone(),
            kind: SourceKind::Postgres,
            identity: Digest::of_json(&("postgres", system, database)),
            tables,
        })
    }

    /// The relations that stand for themselves, and for every relation (partitions too) the one that it is part of.
    fn relations(&self) -> Option<(BTreeMap<Oid, Relation>, BTreeMap<Oid, Oid>)> {
        struct Row<'a> {
            oid: Oid,
            schema: &'a str,
            name: &'a str,
            kind: &'a str,
            root: Oid,
            ours: bool,
            hides_rows: bool,
        }
        let mut rows = Vec::new();
        for mut cells in self.rows(queries::RELATIONS) {
            rows.push(Row {
                oid: cells.number()?,
                schema: cells.text()?,
                name: cells.text()?,
                kind: cells.text()?,
                root: cells.number()?,
                ours: cells.truth()?,
                hides_rows: cells.truth()?,
            });
        }
        let ours: BTreeSet<Oid> = rows.iter().filter(|row| row.ours).map(|row| row.oid).collect();
        let mut relations = BTreeMap::new();
        let mut root_of = BTreeMap::new();
        let (partitions, standing): (Vec<&Row>, Vec<&Row>) =
            rows.iter().filter(|row| row.ours || ours.contains(&row.root)).partition(|row| row.root != row.oid && ours.contains(&row.root));
        for row in standing {
            let kind = match row.kind {
                "v" => TableKind::View,
                "m" => TableKind::MaterializedView,
                "f" => TableKind::Foreign,
                _ => TableKind::Table,
            };
            let table = Table {
                name: self.names.table(row.schema, row.name),
                kind,
                columns: Vec::new(),
                primary_key: Vec::new(),
                unique_keys: Vec::new(),
                foreign_keys: Vec::new(),
                triggers: Vec::new(),
                partitions: Vec::new(),
                comment: None,
                hazards: if row.hides_rows { vec![Hazard::RowSecurity] } else { Vec::new() },
            };
            root_of.insert(row.oid, row.oid);
            relations.insert(row.oid, Relation { table, attributes: BTreeMap::new() });
        }
        for row in partitions {
            root_of.insert(row.oid, row.root);
            let Some(root) = relations.get_mut(&row.root) else { continue };
            let name = self.names.table(row.schema, row.name).local();
            if row.kind == "f" {
                root.table.hazards.push(Hazard::ForeignPartition { name: name.clone() });
            }
            // Parts that are divided further hold no rows of their own.
            if row.kind != "p" {
                root.table.partitions.push(name);
            }
        }
        Some((relations, root_of))
    }

    fn columns(&self, relations: &mut BTreeMap<Oid, Relation>) -> Option<()> {
        let mut enumerations: BTreeMap<Oid, Vec<String>> = BTreeMap::new();
        for mut cells in self.rows(queries::ENUMERATIONS) {
            enumerations.entry(cells.number()?).or_default().push(cells.text()?.to_owned());
        }
        let mut types = BTreeMap::new();
        for mut cells in self.rows(queries::TYPES) {
            let oid: Oid = cells.number()?;
            let found = Type {
                name: cells.text()?,
                kind: cells.text()?,
                category: cells.text()?,
                base: cells.number()?,
                modifier: cells.number()?,
                not_null: cells.truth()?,
                has_default: cells.truth()?,
            };
            types.insert(oid, found);
        }
        for mut cells in self.rows(queries::COLUMNS) {
            let relation: Oid = cells.number()?;
            let number: i32 = cells.number()?;
            let name = cells.text()?.to_owned();
            let declared_type = cells.text()?.to_owned();
            let mut base: Oid = cells.number()?;
            let mut modifier: i32 = cells.number()?;
            let mut not_null = cells.truth()?;
            let has_expression = cells.truth()?;
            let identity = cells.text()?;
            let generated = !cells.text()?.is_empty();
            let nondeterministic = cells.truth()?;
            let mut has_default = (has_expression && !generated) || !identity.is_empty();
            let mut is_array = declared_type.ends_with("[]");
            while let Some(domain) = types.get(&base).filter(|found| found.kind == "d") {
                base = domain.base;
                modifier = if domain.modifier == -1 { modifier } else { domain.modifier };
                not_null |= domain.not_null;
                has_default |= domain.has_default;
                is_array |= domain.category == "A";
            }
            let loose = match types.get(&base) {
                Some(found) if found.name == "citext" => Some("citext"),
                Some(_) | None if nondeterministic => Some("a collation that is not deterministic"),
                Some(_) | None => None,
            };
            let kind = match (enumerations.get(&base), types.get(&base)) {
                _ if is_array => ColumnKind::Array,
                (Some(values), _) => ColumnKind::Enumeration(values.clone()),
                // An enumeration without values.
                (None, Some(found)) if found.kind == "e" => ColumnKind::Enumeration(Vec::new()),
                // Text types of extensions, such as citext.
                (None, Some(found)) if found.category == "S" || found.name == "citext" => ColumnKind::Text,
                (None, _) => kind_of(base),
            };
            let column = Column {
                name: name.clone(),
                declared_type,
                kind,
                nullable: !not_null,
                // `GENERATED ALWAYS AS IDENTITY` cannot be written either.
                generated: generated || identity == "a",
                has_default,
                max_length: max_length(base, modifier),
                comment: None,
            };
            if let Some(relation) = relations.get_mut(&relation) {
                if let Some(by) = loose {
                    relation.table.hazards.push(Hazard::LooseComparison { column: name.clone(), by: by.to_owned() });
                }
                relation.attributes.insert(number, name);
                relation.table.columns.push(column);
            }
        }
        Some(())
    }

    fn comments(&self, relations: &mut BTreeMap<Oid, Relation>) -> Option<()> {
        for mut cells in self.rows(queries::COMMENTS) {
            let Some(relation) = relations.get_mut(&cells.number()?) else { continue };
            let number: i32 = cells.number()?;
            let comment = cells.text()?.to_owned();
            if number == 0 {
                relation.table.comment = Some(comment);
            } else if let Some(name) = relation.attributes.get(&number)
                && let Some(column) = relation.table.columns.iter_mut().find(|column| column.name == *name)
            {
                column.comment = Some(comment);
            }
        }
        Some(())
    }

    fn keys(&self, relations: &mut BTreeMap<Oid, Relation>) -> Option<()> {
        for mut cells in self.rows(queries::KEYS) {
            let Some(relation) = relations.get_mut(&cells.number()?) else { continue };
            let primary = cells.truth()?;
            let length: usize = cells.number()?;
            let numbers = cells.text()?.split(' ').take(length).map(|number| number.parse::<i32>().ok());
            // A key on a system column names no column of ours.
            let Some(columns) = numbers.map(|number| relation.attributes.get(&number?).cloned()).collect::<Option<Vec<_>>>() else {
                continue;
            };
            match primary {
                true => relation.table.primary_key = columns,
                false => relation.table.unique_keys.push(columns),
            }
        }
        Some(())
    }

    fn foreign_keys(&self, relations: &mut BTreeMap<Oid, Relation>, root_of: &BTreeMap<Oid, Oid>) -> Option<()> {
        for mut cells in self.rows(queries::FOREIGN_KEYS) {
            let name = cells.text()?.to_owned();
            let child: Oid = cells.number()?;
            let child_name = self.names.table(cells.text()?, cells.text()?);
            let columns = column_names(relations.get(&child), cells.text()?, cells.optional()?)?;
            let parent: Oid = cells.number()?;
            let mut parent_name = self.names.table(cells.text()?, cells.text()?);
            let referenced_columns = column_names(relations.get(&parent), cells.text()?, cells.optional()?)?;
            let on_delete = match cells.text()? {
                "r" => ReferentialAction::Restrict,
                "c" => ReferentialAction::Cascade,
                "n" => ReferentialAction::SetNull,
                "d" => ReferentialAction::SetDefault,
                _ => ReferentialAction::NoAction,
            };
            let deferrable = cells.truth()?;
            let parent = root_of.get(&parent).copied();
            if let Some(parent) = parent.and_then(|parent| relations.get(&parent)) {
                parent_name = parent.table.name.clone();
            }
            match root_of.get(&child).and_then(|child| relations.get_mut(child)) {
                Some(relation) => relation.table.foreign_keys.push(ForeignKey {
                    name,
                    columns,
                    references: parent_name,
                    referenced_columns,
                    on_delete,
                    deferrable,
                }),
                None => {
                    if let Some(parent) = parent.and_then(|parent| relations.get_mut(&parent)) {
                        let hazard = Hazard::ReferencedFromOutside { table: child_name, constraint: name, on_delete };
                        parent.table.hazards.push(hazard);
                    }
                }
            }
        }
        Some(())
    }

    fn triggers(&self, relations: &mut BTreeMap<Oid, Relation>, root_of: &BTreeMap<Oid, Oid>) -> Option<()> {
        const INSERT: i32 = 4;
        const DELETE: i32 = 8;
        const UPDATE: i32 = 16;
        for mut cells in self.rows(queries::TRIGGERS) {
            let Some(relation) = root_of.get(&cells.number()?).and_then(|root| relations.get_mut(root)) else { continue };
            let name = cells.text()?.to_owned();
            let events: i32 = cells.number()?;
            let enabled = cells.text()?;
            let definition = (enabled, cells.text()?, cells.text()?, cells.text()?, cells.optional()?);
            // `D` never fires; `R` fires only where changes of another server are replayed, which we are not.
            let fires = enabled != "D" && enabled != "R";
            relation.table.triggers.push(Trigger {
                name,
                on_delete: fires && events & DELETE != 0,
                on_update: fires && events & UPDATE != 0,
                on_insert: fires && events & INSERT != 0,
                definition: Digest::of_json(&definition),
            });
        }
        Some(())
    }

    fn hazards(&self, relations: &mut BTreeMap<Oid, Relation>, root_of: &BTreeMap<Oid, Oid>) -> Option<()> {
        for mut cells in self.rows(queries::RULES) {
            let Some(relation) = root_of.get(&cells.number()?).and_then(|root| relations.get_mut(root)) else { continue };
            let name = cells.text()?.to_owned();
            let event = cells.text()?;
            relation.table.hazards.push(Hazard::Rule { name, on_delete: event == "4", on_update: event == "2" });
        }
        let mut heirs: BTreeMap<Oid, Vec<String>> = BTreeMap::new();
        for mut cells in self.rows(queries::HEIRS) {
            heirs.entry(cells.number()?).or_default().push(self.names.table(cells.text()?, cells.text()?).local());
        }
        for (parent, by) in heirs {
            if let Some(relation) = relations.get_mut(&parent) {
                relation.table.hazards.push(Hazard::Inherited { by });
            }
        }
        Some(())
    }
}

/// Names of columns, given as a JSON array, or by their numbers in a relation whose columns are known.
fn column_names(relation: Option<&Relation>, numbers: &str, names: Option<&str>) -> Option<Vec<String>> {
    match names {
        Some(names) => serde_json::from_str(names).ok(),
        None => {
            let numbers: Vec<i32> = serde_json::from_str(numbers).ok()?;
            numbers.iter().map(|number| relation?.attributes.get(number).cloned()).collect()
        }
    }
}

/// The kind of one of PostgreSQL's own types.
fn kind_of(base: Oid) -> ColumnKind {
    match base {
        16 => ColumnKind::Boolean,
        17 => ColumnKind::Bytes,
        20 | 21 | 23 | 26 => ColumnKind::Integer,
        18 | 19 | 25 | 1042 | 1043 => ColumnKind::Text,
        114 | 3802 => ColumnKind::Json,
        700 | 701 => ColumnKind::Float,
        1082 => ColumnKind::Date,
        1083 | 1266 => ColumnKind::Time,
        1114 => ColumnKind::Timestamp,
        1184 => ColumnKind::TimestampWithZone,
        1186 => ColumnKind::Interval,
        1700 => ColumnKind::Decimal,
        2950 => ColumnKind::Uuid,
        _ => ColumnKind::Other,
    }
}

/// The declared length of `character(n)` and `character varying(n)`, and the fixed one of `name` and `"char"`.
fn max_length(base: Oid, modifier: i32) -> Option<u32> {
    match base {
        1042 | 1043 => modifier.checked_sub(4).and_then(|length| u32::try_from(length).ok()),
        18 => Some(1),
        19 => Some(63),
        _ => None,
    }
}
