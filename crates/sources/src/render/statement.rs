//! Whole statements: counting, reading, filling key sets, deleting and changing.

use exeunt_model::catalog::{Column, ColumnKind, Hazard, Table};
use exeunt_model::names::TableName;
use exeunt_model::plan::{Step, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};

use super::held::HELD_TABLE;
use super::logic::Node;
use super::{Draft, Error, KEY_WIDTH, Parameter, Rendered, Renderer};
use crate::keys::Lookup;
use crate::quote::identifier;

/// A list of expressions for rows of a table under an alias.
type Columns<'a> = &'a dyn Fn(&str) -> Result<String, Error>;

impl Renderer<'_> {
    /// How many rows satisfy the condition.
    pub(crate) fn count(&self, table: &TableName, condition: &Condition) -> Result<Rendered, Error> {
        let mut draft = self.draft();
        let sql = self.count_in(&mut draft, table, condition)?;
        Ok(draft.finish(sql))
    }

    /// Several counts as the columns of one row; a set that more than one of them looks at is found once.
    pub(crate) fn count_together(&self, of: &[(&TableName, &Condition)]) -> Result<Rendered, Error> {
        let mut draft = self.draft();
        let each = of.iter().map(|(table, condition)| Ok(format!("({})", self.count_in(&mut draft, table, condition)?)));
        let sql = format!("SELECT {}", each.collect::<Result<Vec<_>, Error>>()?.join(", "));
        Ok(draft.finish_shared(sql))
    }

    fn count_in(&self, draft: &mut Draft, table: &TableName, condition: &Condition) -> Result<String, Error> {
        let table = self.table(table)?;
        let node = self.node(condition);
        match self.alternatives(&node).as_slice() {
            [single] => {
                let alias = draft.alias();
                let condition = self.condition(draft, table, &alias, single)?;
                Ok(format!("SELECT count(*) FROM {} AS {alias} WHERE {condition}", self.table_name(&table.name)))
            }
            several => {
                let rows = match apart(several) {
                    Some(parts) => self.union(draft, table, &|_| Ok("1".into()), &parts, "UNION ALL")?,
                    None => self.union(draft, table, &|alias| Ok(identity(table, alias)), several, "UNION")?,
                };
                Ok(format!("SELECT count(*) FROM ({rows}) AS found"))
            }
        }
    }

    /// How many rows satisfy the condition, where the key table's sets tell it: none, or all the rows of a set that lists its table's
    /// rows each once.
    ///
    /// The second holds only as long as nothing has changed since the sets were filled.
    pub(crate) fn known_rows(&self, table: &TableName, condition: &Condition, unchanged: bool) -> Result<Option<u64>, Error> {
        if self.node(condition) == Node::Never {
            return Ok(Some(0));
        }
        let described = self.table(table)?;
        // Rows of an inheriting table appear in this one, and its key does not hold for them.
        let own = !described.hazards.iter().any(|hazard| matches!(hazard, Hazard::Inherited { .. }));
        let Some(key) = described.row_key().filter(|_| unchanged && own && self.is_postgres()) else { return Ok(None) };
        let lists_rows = |set: &&RowSet| {
            let columns = set.columns.iter().map(|path| path.json.is_empty().then_some(&path.column));
            set.table == *table && columns.eq(key.iter().map(Some))
        };
        let selects = |set: &&RowSet| {
            let named = matches!(condition, Condition::In { columns, set: named } if set.id == *named && *columns == set.columns);
            named || set.condition == *condition
        };
        let plain = |column: &String| {
            matches!(described.column(column).map(|column| &column.kind), Some(ColumnKind::Integer | ColumnKind::Text | ColumnKind::Uuid))
        };
        let set = self.sets.iter().filter(lists_rows).find(selects).filter(|_| key.iter().all(plain));
        Ok(set.and_then(|set| self.kept_rows(set.id)))
    }

    /// The rows as they leave the database: `columns` in this order.
    pub(crate) fn read(&self, table: &TableName, columns: &[String], condition: &Condition) -> Result<Rendered, Error> {
        let table = self.table(table)?;
        let list = |alias: &str| {
            let each = columns.iter().map(|name| Ok(self.exported(alias, self.column(table, name)?)));
            let list = each.collect::<Result<Vec<_>, Error>>()?.join(", ");
            Ok(if list.is_empty() { "NULL".into() } else { list })
        };
        let mut draft = self.draft();
        let sql = self.rows(&mut draft, table, &list, &self.node(condition))?;
        Ok(draft.finish(sql))
    }

    /// The rows in the server's own CSV, straight from its bulk path. Needs literals, for `COPY` takes no parameters.
    pub(crate) fn copy(&self, table: &TableName, columns: &[String], condition: &Condition) -> Result<String, Error> {
        Ok(format!("COPY ({}) TO STDOUT (FORMAT csv)", self.read(table, columns, condition)?.sql))
    }

    /// The text forms of these columns and places.
    pub(crate) fn values(&self, lookup: &Lookup<'_>) -> Result<Rendered, Error> {
        let Lookup { table, columns, condition, distinct } = *lookup;
        let table = self.table(table)?;
        let list = |alias: &str| {
            let each = (1..).zip(columns).map(|(number, path): (usize, &ColumnPath)| {
                let operand = self.operand(table, alias, path)?;
                Ok(format!("{} AS k{number}", self.text_form(&operand)))
            });
            Ok(each.collect::<Result<Vec<_>, Error>>()?.join(", "))
        };
        let mut draft = self.draft();
        let rows = self.rows(&mut draft, table, &list, &self.node(condition))?;
        // A column's own collation may take two values for one.
        let bytewise = if self.is_postgres() { "\"C\"" } else { "BINARY" };
        let exact = |number: usize| format!("k{number} COLLATE {bytewise} AS k{number}");
        let names: Vec<String> = (1..=columns.len()).map(exact).collect();
        let sql = if distinct { format!("SELECT DISTINCT {} FROM ({rows}) AS found", names.join(", ")) } else { rows };
        Ok(draft.finish(sql))
    }

    /// The text forms of columns of the row with this key.
    pub(crate) fn row(&self, table: &TableName, key: &[(&str, &str)], columns: &[ColumnPath]) -> Result<Rendered, Error> {
        let table = self.table(table)?;
        let mut draft = self.draft();
        let alias = draft.alias();
        let list = columns.iter().map(|path| Ok(self.text_form(&self.operand(table, &alias, path)?)));
        let list: Vec<String> = list.collect::<Result<_, Error>>()?;
        let mut parts = Vec::with_capacity(key.len());
        for (name, text) in key {
            let operand = self.operand(table, &alias, &ColumnPath::column(*name))?;
            let value = Parameter::Constant { text: (*text).to_owned(), table: table.name.clone(), column: (*name).to_owned() };
            parts.push(format!("{} = {}", operand.sql, draft.parameter(value)));
        }
        let name = self.table_name(&table.name);
        Ok(draft.finish(format!("SELECT {} FROM {name} AS {alias} WHERE {}", list.join(", "), parts.join(" AND "))))
    }

    /// The statement that makes the key table.
    pub(crate) fn create_key_table(&self) -> String {
        let postgres = self.is_postgres();
        let columns = |number: usize| match postgres {
            true => format!(", k{number} text"),
            false => format!(", k{number}, t{number} TEXT, n{number} NUMERIC"),
        };
        let columns: String = (1..=KEY_WIDTH).map(columns).collect();
        match postgres {
            true => format!("CREATE TEMPORARY TABLE {} (set_id integer NOT NULL{columns}) ON COMMIT PRESERVE ROWS", super::KEY_TABLE),
            false => format!("CREATE TEMPORARY TABLE {} (set_id INTEGER NOT NULL{columns})", super::KEY_TABLE),
        }
    }

    /// The statements that make an empty table for held sets of SQLite.
    pub(crate) fn empty_held_table(&self) -> [String; 3] {
        let columns: String = (1..=KEY_WIDTH).map(|number| format!(", k{number}, t{number} TEXT, n{number} NUMERIC")).collect();
        [
            format!("CREATE TEMPORARY TABLE IF NOT EXISTS {HELD_TABLE} (set_id INTEGER NOT NULL{columns})"),
            format!("CREATE INDEX IF NOT EXISTS temp.{HELD_TABLE}_set ON {HELD_TABLE} (set_id)"),
            format!("DELETE FROM {}", self.held_table()),
        ]
    }

    /// Puts the tuples of a set into the key table, or into the table of held sets.
    pub(crate) fn fill(&self, set: &RowSet) -> Result<Rendered, Error> {
        if set.columns.len() > KEY_WIDTH {
            return Err(Error::TooWide { got: set.columns.len() });
        }
        let table = self.table(&set.table)?;
        let names = self.key_columns(set);
        let list = |alias: &str| {
            let each = set.columns.iter().zip(&names).map(|(path, name)| {
                let operand = self.operand(table, alias, path)?;
                Ok(format!("{} AS {name}", self.text_form(&operand)))
            });
            Ok(each.collect::<Result<Vec<_>, Error>>()?.join(", "))
        };
        let mut draft = self.draft();
        let node = self.node(&set.condition);
        let rows = self.union(&mut draft, table, &list, &self.alternatives(&node), "UNION ALL")?;
        let present: Vec<String> = names.iter().map(|name| format!("{name} IS NOT NULL")).collect();
        // A column's own collation may take two keys for one that other columns tell apart.
        let exact = |name: &String| if self.is_postgres() { name.clone() } else { format!("{name} COLLATE BINARY") };
        let sql = format!(
            "INSERT INTO {} (set_id, {}) SELECT DISTINCT {}, {} FROM ({rows}) AS found WHERE {}",
            self.filled_table(set).unwrap_or_else(|| self.key_table()),
            names.join(", "),
            set.id.0,
            names.iter().map(exact).collect::<Vec<_>>().join(", "),
            present.join(" AND "),
        );
        Ok(draft.finish(sql))
    }

    /// All tuples of these sets in the key table, in their text form: first the set's number, then its columns. PostgreSQL tells all
    /// sets in one go.
    pub(crate) fn kept_tuples(&self, sets: &[&RowSet]) -> Vec<String> {
        let sets = sets.iter().filter(|set| self.kept_rows(set.id) != Some(0));
        if !self.is_postgres() {
            let query = |set: &&&RowSet| {
                format!("SELECT set_id, {} FROM {} WHERE set_id = {}", self.key_columns(set).join(", "), self.key_table(), set.id.0)
            };
            return sets.map(|set| query(&set)).collect();
        }
        let (numbers, widths): (Vec<String>, Vec<usize>) = sets.map(|set| (set.id.0.to_string(), set.columns.len())).unzip();
        let Some(width) = widths.into_iter().max() else { return Vec::new() };
        let columns: String = (1..=width).map(|number| format!(", k{number}")).collect();
        vec![format!("SELECT CAST(set_id AS text){columns} FROM {} WHERE set_id IN ({})", self.key_table(), numbers.join(", "))]
    }

    pub(crate) fn forget_set(&self, id: SetId) -> String {
        format!("DELETE FROM {} WHERE set_id = {}", self.key_table(), id.0)
    }

    /// Deletes the rows: one statement per alternative, each taking what the ones before left, or a single one where all rows must
    /// go at once.
    pub(crate) fn delete(&self, table: &TableName, condition: &Condition, at_once: bool) -> Result<Vec<Rendered>, Error> {
        let table = self.table(table)?;
        let node = self.node(condition);
        if node == Node::Never {
            return Ok(Vec::new());
        }
        let alternatives = if at_once { vec![node] } else { self.alternatives(&node) };
        let delete = |node: &Node| {
            let mut draft = self.draft();
            let alias = draft.alias();
            let rows = self.one_condition(&mut draft, table, &alias, node)?;
            Ok(draft.finish(format!("DELETE FROM {} AS {alias} WHERE {rows}", self.table_name(&table.name))))
        };
        alternatives.iter().map(delete).collect()
    }

    /// The statements of a step, in order; together they affect its rows once each.
    pub(crate) fn step(&self, step: &Step) -> Result<Vec<Rendered>, Error> {
        let (table, condition) = (&step.table, &step.condition);
        if self.node(condition) == Node::Never {
            return Ok(Vec::new());
        }
        match &step.work {
            Work::Read { columns, .. } => Ok(vec![self.read(table, columns, condition)?]),
            Work::HandOver { column } => Ok(vec![self.hand_over(table, condition, column)?]),
            Work::Unlink { columns } | Work::BreakCycle { columns } => Ok(vec![self.clear(table, condition, columns)?]),
            Work::Change { changes } => Ok(vec![self.change(table, condition, changes)?]),
            Work::Delete { tree, .. } => self.delete(table, condition, *tree),
        }
    }

    /// Deletes at most `limit` of the rows. `row_number` is the name by which SQLite knows a row, where it does.
    pub(crate) fn delete_some(
        &self,
        table: &TableName,
        condition: &Condition,
        limit: u64,
        row_number: Option<&str>,
    ) -> Result<Rendered, Error> {
        let table = self.table(table)?;
        let mut draft = self.draft();
        let (outer, inner) = (draft.alias(), draft.alias());
        let rows = self.one_condition(&mut draft, table, &inner, &self.node(condition))?;
        let name = self.table_name(&table.name);
        let found = |identity: &str| format!("SELECT {identity} FROM {name} AS {inner} WHERE {rows} LIMIT {limit}");
        let chosen = if self.is_postgres() && table.partitions.is_empty() {
            format!("{outer}.ctid = ANY (ARRAY({}))", found(&format!("{inner}.ctid")))
        } else if self.is_postgres() {
            format!("({}) IN ({})", identity(table, &outer), found(&identity(table, &inner)))
        } else if let Some(row_number) = row_number {
            format!("{outer}.{row_number} IN ({})", found(&format!("{inner}.{row_number}")))
        } else {
            format!("({}) IN ({})", key_list(&table.primary_key, &outer), found(&key_list(&table.primary_key, &inner)))
        };
        Ok(draft.finish(format!("DELETE FROM {name} AS {outer} WHERE {chosen}")))
    }

    /// Sets columns of the rows; `assignments` are made for the rows' alias.
    pub(crate) fn update(
        &self,
        table: &TableName,
        condition: &Condition,
        assignments: impl FnOnce(&mut Draft, &Table) -> Result<Vec<(String, String)>, Error>,
    ) -> Result<Rendered, Error> {
        let table = self.table(table)?;
        let mut draft = self.draft();
        // A column on the right of an assignment is named plainly, so that it means this row in both products.
        let set: Vec<String> =
            assignments(&mut draft, table)?.iter().map(|(column, value)| format!("{} = {value}", identifier(column))).collect();
        let alias = draft.alias();
        let rows = self.one_condition(&mut draft, table, &alias, &self.node(condition))?;
        let name = self.table_name(&table.name);
        Ok(draft.finish(format!("UPDATE {name} AS {alias} SET {} WHERE {rows}", set.join(", "))))
    }

    fn alternatives(&self, node: &Node) -> Vec<Node> {
        match self.is_postgres() {
            true => node.alternatives(),
            // SQLite looks up each side of an OR by its own index.
            false => vec![node.clone()],
        }
    }

    /// A query of the rows, each of them once.
    fn rows(&self, draft: &mut Draft, table: &Table, columns: Columns<'_>, node: &Node) -> Result<String, Error> {
        let alternatives = self.alternatives(node);
        match apart(&alternatives) {
            Some(parts) => self.union(draft, table, columns, &parts, "UNION ALL"),
            None => {
                let alias = draft.alias();
                let rows = self.one_condition(draft, table, &alias, node)?;
                Ok(format!("SELECT {} FROM {} AS {alias} WHERE {rows}", columns(&alias)?, self.table_name(&table.name)))
            }
        }
    }

    fn union(&self, draft: &mut Draft, table: &Table, columns: Columns<'_>, parts: &[Node], word: &str) -> Result<String, Error> {
        let each = parts.iter().map(|part| {
            let alias = draft.alias();
            let condition = self.condition(draft, table, &alias, part)?;
            Ok(format!("SELECT {} FROM {} AS {alias} WHERE {condition}", columns(&alias)?, self.table_name(&table.name)))
        });
        Ok(each.collect::<Result<Vec<_>, Error>>()?.join(&format!(" {word} ")))
    }

    /// The condition as one expression; alternatives are looked up each by its own index and then joined by the rows' identity.
    fn one_condition(&self, draft: &mut Draft, table: &Table, alias: &str, node: &Node) -> Result<String, Error> {
        match self.alternatives(node).as_slice() {
            [single] => self.condition(draft, table, alias, single),
            several => {
                let found = self.union(draft, table, &|alias| Ok(identity(table, alias)), several, "UNION ALL")?;
                Ok(format!("({}) IN ({found})", identity(table, alias)))
            }
        }
    }

    /// A column as it is exported.
    fn exported(&self, alias: &str, column: &Column) -> String {
        let sql = format!("{alias}.{}", identifier(&column.name));
        match column.kind {
            // `t` and `f` otherwise.
            ColumnKind::Boolean if self.is_postgres() => format!("CAST({sql} AS text)"),
            _ => sql,
        }
    }
}

/// Alternatives of which no row satisfies two: each without those before it. `None` where that makes no conjunction.
fn apart(alternatives: &[Node]) -> Option<Vec<Node>> {
    let mut parts = Vec::with_capacity(alternatives.len());
    let mut before: Vec<Node> = Vec::new();
    for alternative in alternatives {
        let part = Node::all(std::iter::once(alternative.clone()).chain(before.iter().cloned()));
        if alternatives.len() > 1 && !part.is_conjunction() {
            return None;
        }
        parts.push(part);
        before.push(alternative.negate());
    }
    Some(parts)
}

/// What tells a row of PostgreSQL from all others for the time of one statement.
fn identity(table: &Table, alias: &str) -> String {
    match table.row_key() {
        Some(key) => key_list(key, alias),
        None if table.partitions.is_empty() => format!("{alias}.ctid"),
        None => format!("{alias}.tableoid, {alias}.ctid"),
    }
}

fn key_list(key: &[String], alias: &str) -> String {
    key.iter().map(|column| format!("{alias}.{}", identifier(column))).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::{KeptKeys, SubjectValues};
    use exeunt_model::catalog::{Catalog, SourceKind, TableKind};
    use exeunt_model::digest::Digest;
    use exeunt_model::names::{SourceName, SubjectKind};

    fn catalog(kind: SourceKind) -> Catalog {
        let source = SourceName::new("app");
        let column = |name: &str| Column {
            name: name.into(),
            declared_type: "bigint".into(),
            kind: ColumnKind::Integer,
            nullable: name != "id",
            generated: false,
            has_default: false,
            max_length: None,
            comment: None,
        };
        let table = |name: &str| Table {
            name: TableName::new(&source, None, name),
            kind: TableKind::Table,
            columns: ["id", "seat_id", "list_id"].map(column).to_vec(),
            primary_key: vec!["id".into()],
            unique_keys: Vec::new(),
            foreign_keys: Vec::new(),
            triggers: Vec::new(),
            partitions: Vec::new(),
            comment: None,
            hazards: Vec::new(),
        };
        Catalog { source: source.clone(), kind, identity: Digest::of_bytes(b""), tables: ["list", "share"].map(table).to_vec() }
    }

    fn sets() -> Vec<RowSet> {
        vec![RowSet {
            id: SetId(0),
            table: "app.list".parse().unwrap(),
            columns: vec!["id".into()],
            condition: key("seat_id"),
            keep_keys: true,
            carried_to: Vec::new(),
        }]
    }

    fn key(column: &str) -> Condition {
        Condition::SubjectKey { kind: SubjectKind::new("seat"), columns: vec![column.into()] }
    }

    fn member() -> Condition {
        Condition::In { columns: vec!["list_id".into()], set: SetId(0) }
    }

    #[test]
    fn alternatives_are_read_apart_in_postgres_and_together_in_sqlite() {
        let condition = Condition::any([key("seat_id"), member()]);
        let text = |kind| {
            let (catalog, sets) = (catalog(kind), sets());
            let renderer = Renderer {
                catalog: &catalog,
                default_schema: Some("public"),
                sets: &sets,
                kept_keys: KeptKeys::InPlace,
                held: &[],
                kept_rows: &[],
                subject: SubjectValues::Parameters,
            };
            renderer.read(&"app.share".parse().unwrap(), &["id".into()], &condition).unwrap().sql
        };
        assert_eq!(
            text(SourceKind::Postgres),
            "SELECT t1.\"id\" FROM \"public\".\"share\" AS t1 WHERE (t1.\"seat_id\" = $1) UNION ALL \
             SELECT t2.\"id\" FROM \"public\".\"share\" AS t2 WHERE (t2.\"list_id\" IN (SELECT t3.\"id\" AS k1 FROM \"public\".\"list\" AS t3 \
             WHERE (t3.\"seat_id\" = $2)) AND ((t2.\"seat_id\" = $3)) IS NOT TRUE)"
        );
        assert_eq!(
            text(SourceKind::Sqlite),
            "SELECT t1.\"id\" FROM \"main\".\"share\" AS t1 WHERE ((t1.\"seat_id\" = ?1) OR t1.\"list_id\" IN \
             (SELECT t2.\"id\" AS k1 FROM \"main\".\"list\" AS t2 WHERE (t2.\"seat_id\" = ?2)))"
        );
    }

    #[test]
    fn kept_keys_come_from_the_key_table() {
        let (catalog, sets) = (catalog(SourceKind::Postgres), sets());
        let renderer = Renderer {
            catalog: &catalog,
            default_schema: Some("public"),
            sets: &sets,
            kept_keys: KeptKeys::KeyTable,
            held: &[],
            kept_rows: &[],
            subject: SubjectValues::Parameters,
        };
        let got = renderer.delete(&"app.share".parse().unwrap(), &Condition::not(member()), false).unwrap();
        assert_eq!(
            got[0].sql,
            "DELETE FROM \"public\".\"share\" AS t1 WHERE NOT EXISTS (SELECT FROM \
             (SELECT CAST(k1 AS bigint) AS k1 FROM pg_temp.exeunt_key WHERE set_id = 0) AS t2 WHERE t1.\"list_id\" = t2.k1)"
        );
        let fill = renderer.fill(&sets[0]).unwrap();
        assert_eq!(fill.parameters.len(), 1);
        assert!(
            fill.sql.starts_with("INSERT INTO pg_temp.exeunt_key (set_id, k1) SELECT DISTINCT 0, k1 FROM (SELECT CAST(t1.\"id\" AS text)")
        );
    }
}
