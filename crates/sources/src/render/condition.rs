//! Conditions as expressions.

use exeunt_model::catalog::{ColumnKind, Table};
use exeunt_model::selection::{ColumnPath, RowSet, SetId};

use super::logic::{Leaf, Node};
use super::operand::Operand;
use super::{Definition, Draft, Error, KeptKeys, Parameter, Renderer, SubjectValues};
use crate::quote::{identifier, postgres_text};

/// A subquery and the types of its columns, which are named `k1`, `k2` and so on.
struct Tuples {
    sql: String,
    columns: Vec<Operand>,
}

impl Renderer<'_> {
    /// The condition on rows of `table` under this alias.
    pub(crate) fn condition(&self, draft: &mut Draft, table: &Table, alias: &str, node: &Node) -> Result<String, Error> {
        match node {
            Node::Never => Ok("FALSE".into()),
            Node::Always => Ok("TRUE".into()),
            Node::All(inner) => self.joined(draft, table, alias, inner, " AND "),
            Node::Any(inner) => self.joined(draft, table, alias, inner, " OR "),
            Node::Leaf { leaf, negated } => self.leaf(draft, table, alias, leaf, *negated),
        }
    }

    fn joined(&self, draft: &mut Draft, table: &Table, alias: &str, nodes: &[Node], word: &str) -> Result<String, Error> {
        let parts: Vec<String> = nodes.iter().map(|node| self.condition(draft, table, alias, node)).collect::<Result<_, _>>()?;
        Ok(format!("({})", parts.join(word)))
    }

    fn leaf(&self, draft: &mut Draft, table: &Table, alias: &str, leaf: &Leaf, negated: bool) -> Result<String, Error> {
        // What is unknown because of a null is false, so its negation is true.
        let close = |sql: String| if negated { format!("({sql}) IS NOT TRUE") } else { sql };
        match leaf {
            Leaf::SubjectKey { columns } => Ok(close(self.subject_key(draft, table, alias, columns)?)),
            Leaf::Equals { column, text } => Ok(close(self.equals(table, alias, column, text)?)),
            Leaf::NotNull { columns } => {
                let operands = self.operands(table, alias, columns)?;
                let parts: Vec<String> = operands.iter().map(|operand| format!("{} IS NOT NULL", operand.sql)).collect();
                Ok(match negated {
                    false => format!("({})", parts.join(" AND ")),
                    true => format!("NOT ({})", parts.join(" AND ")),
                })
            }
            Leaf::Changed { column, by } => Ok(close(self.changed(draft, table, alias, column, by)?)),
            Leaf::In { columns, sets } => {
                let left = self.operands(table, alias, columns)?;
                let tuples: Vec<Tuples> = sets.iter().map(|set| self.set_tuples(draft, *set)).collect::<Result<_, _>>()?;
                if let Some(together) = self.together(&left, &tuples).filter(|_| !negated) {
                    return Ok(self.member(draft, &left, &together, negated));
                }
                let each: Vec<String> = tuples.iter().map(|tuples| self.member(draft, &left, tuples, negated)).collect();
                Ok(match each.as_slice() {
                    [single] => single.clone(),
                    several => format!("({})", several.join(if negated { " AND " } else { " OR " })),
                })
            }
            Leaf::InTree { base, columns, referenced } => {
                let left = self.operands(table, alias, &paths(columns))?;
                let tuples = self.tree_tuples(draft, table, base, columns, referenced)?;
                Ok(self.member(draft, &left, &tuples, negated))
            }
        }
    }

    fn subject_key(&self, draft: &mut Draft, table: &Table, alias: &str, columns: &[String]) -> Result<String, Error> {
        let mut parts = Vec::with_capacity(columns.len());
        for (part, name) in columns.iter().enumerate() {
            let operand = self.operand(table, alias, &ColumnPath::column(name))?;
            let value = match self.subject {
                SubjectValues::Parameters => draft.parameter(Parameter::Subject { part, table: table.name.clone(), column: name.clone() }),
                SubjectValues::Literals(key) => {
                    let text = key.get(part).ok_or(Error::KeyParts { want: columns.len(), got: key.len() })?;
                    postgres_text(text)
                }
            };
            parts.push(format!("{} = {value}", operand.sql));
        }
        Ok(format!("({})", parts.join(" AND ")))
    }

    /// Whether the text form of a column is a text of the map.
    pub(super) fn equals(&self, table: &Table, alias: &str, path: &ColumnPath, text: &str) -> Result<String, Error> {
        let operand = self.operand(table, alias, path)?;
        let is_text = !path.json.is_empty() || table.column(&path.column).is_some_and(|column| column.kind == ColumnKind::Text);
        let left = match is_text {
            true => operand.sql,
            false => format!("CAST({} AS TEXT)", operand.sql),
        };
        Ok(format!("{left} = {}", self.text(text)))
    }

    fn operands(&self, table: &Table, alias: &str, columns: &[ColumnPath]) -> Result<Vec<Operand>, Error> {
        columns.iter().map(|path| self.operand(table, alias, path)).collect()
    }

    /// Several sets as one, where their columns have the same types.
    fn together(&self, left: &[Operand], sets: &[Tuples]) -> Option<Tuples> {
        let (first, rest) = sets.split_first()?;
        let types = |tuples: &Tuples| tuples.columns.iter().map(|column| column.declared_type.clone()).collect::<Vec<_>>();
        let alike = self.is_postgres() && !rest.is_empty() && left.len() == first.columns.len();
        if !alike || rest.iter().any(|other| types(other) != types(first)) {
            return None;
        }
        let sql: Vec<&str> = sets.iter().map(|tuples| tuples.sql.as_str()).collect();
        Some(Tuples { sql: sql.join(" UNION ALL "), columns: first.columns.clone() })
    }

    /// Whether the tuple on the left is one of the tuples.
    ///
    /// Negated, PostgreSQL is given NOT EXISTS, which it runs as an anti-join of any size; SQLite looks into a set that it builds
    /// once.
    fn member(&self, draft: &mut Draft, left: &[Operand], tuples: &Tuples, negated: bool) -> String {
        let pairs: Vec<(String, String)> = left.iter().zip(&tuples.columns).map(|(left, right)| self.comparable(left, right)).collect();
        let converted = pairs.iter().zip(&tuples.columns).any(|((_, right), column)| *right != column.sql);
        if negated && self.is_postgres() {
            let alias = draft.alias();
            let equal: Vec<String> =
                pairs.iter().map(|(left, right)| format!("{left} = {}", right.replace(PLACE, &format!("{alias}.")))).collect();
            return format!("NOT EXISTS (SELECT FROM ({}) AS {alias} WHERE {})", tuples.sql, equal.join(" AND "));
        }
        let subquery = match converted {
            false => tuples.sql.clone(),
            true => {
                let alias = draft.alias();
                let list: Vec<String> = pairs.iter().map(|(_, right)| right.replace(PLACE, &format!("{alias}."))).collect();
                format!("SELECT {} FROM ({}) AS {alias}", list.join(", "), tuples.sql)
            }
        };
        let lefts: Vec<&str> = pairs.iter().map(|(left, _)| left.as_str()).collect();
        let tuple = match lefts.as_slice() {
            [single] => (*single).to_owned(),
            several => format!("({})", several.join(", ")),
        };
        match negated {
            false => format!("{tuple} IN ({subquery})"),
            true => format!("({tuple} IN ({subquery})) IS NOT TRUE"),
        }
    }

    /// The tuples of a set: from the key table, from another source, or by its condition in place.
    fn set_tuples(&self, draft: &mut Draft, id: SetId) -> Result<Tuples, Error> {
        if draft.mention(id).is_none() {
            let Tuples { sql, columns } = self.define(draft, id)?;
            draft.definitions.push(Definition { set: id, sql, columns });
        }
        let (sql, columns) = draft.mention(id).ok_or(Error::NoSet)?;
        Ok(Tuples { sql, columns })
    }

    fn define(&self, draft: &mut Draft, id: SetId) -> Result<Tuples, Error> {
        let set = self.set(id)?;
        if set.table.source != *self.source() {
            return Ok(self.carried_tuples(draft, set));
        }
        let table = self.table(&set.table)?;
        if let Some(filled) = self.filled_table(set) {
            let columns = self.operands(table, "", &set.columns)?;
            let list: Vec<String> = (1..)
                .zip(columns.iter().zip(self.key_columns(set)))
                .map(|(number, (column, kept))| self.kept_key(number, &kept, &column.declared_type))
                .collect();
            let sql = format!("SELECT {} FROM {filled} WHERE set_id = {}", list.join(", "), id.0);
            return Ok(Tuples { sql, columns: named(columns) });
        }
        let node = self.node(&set.condition);
        // A set may list a tuple twice without harm.
        let alternatives = if self.is_postgres() { node.alternatives() } else { vec![node] };
        let mut parts = Vec::with_capacity(alternatives.len());
        let mut columns = Vec::new();
        for alternative in &alternatives {
            let alias = draft.alias();
            columns = self.operands(table, &alias, &set.columns)?;
            let list: Vec<String> = (1..).zip(&columns).map(|(number, column)| format!("{} AS k{number}", column.sql)).collect();
            let condition = self.condition(draft, table, &alias, alternative)?;
            parts.push(format!("SELECT {} FROM {} AS {alias} WHERE {condition}", list.join(", "), self.table_name(&table.name)));
        }
        Ok(Tuples { sql: parts.join(" UNION ALL "), columns: named(columns) })
    }

    /// A column of the key table in its real type.
    fn kept_key(&self, number: usize, kept: &str, declared_type: &str) -> String {
        match self.is_postgres() {
            true => format!("CAST({kept} AS {declared_type}) AS k{number}"),
            false => format!("{kept} AS k{number}"),
        }
    }

    /// The tuples of a set of another source, brought here as JSON: a parameter of SQLite, a setting of PostgreSQL's transaction.
    fn carried_tuples(&self, draft: &mut Draft, set: &RowSet) -> Tuples {
        let text = |number: usize| Operand {
            sql: format!("{PLACE}k{number}"),
            family: super::operand::Family::Text,
            declared_type: "text".into(),
            // SQLite would take the text of a number for the number.
            from_json: !self.is_postgres(),
        };
        let columns: Vec<Operand> = (1..=set.columns.len()).map(text).collect();
        let sql = if self.kept_keys == KeptKeys::KeyTable {
            let list: Vec<String> = (1..=set.columns.len()).map(|number| format!("k{number}")).collect();
            format!("SELECT {} FROM {} WHERE set_id = {}", list.join(", "), self.key_table(), set.id.0)
        } else if self.is_postgres() {
            let list: Vec<String> = (0..set.columns.len()).map(|at| format!("value ->> {at} AS k{}", at + 1)).collect();
            let setting = carried_setting(set.id);
            format!("SELECT {} FROM json_array_elements(CAST(current_setting('{setting}') AS json))", list.join(", "))
        } else {
            let list: Vec<String> = (0..set.columns.len()).map(|at| format!("value ->> {at} AS k{}", at + 1)).collect();
            let json = draft.parameter(Parameter::Carried(set.id));
            format!("SELECT {} FROM json_each({json})", list.join(", "))
        };
        Tuples { sql, columns }
    }

    /// Referenced columns of all rows of the tree that grows from `base`.
    fn tree_tuples(
        &self,
        draft: &mut Draft,
        table: &Table,
        base: &Node,
        columns: &[String],
        referenced: &[String],
    ) -> Result<Tuples, Error> {
        let name = self.table_name(&table.name);
        let (root, child, tree) = (draft.alias(), draft.alias(), draft.alias());
        let found = self.operands(table, &root, &paths(referenced))?;
        let list = |operands: &[Operand]| operands.iter().map(|operand| operand.sql.clone()).collect::<Vec<_>>().join(", ");
        let names: Vec<String> = (1..=referenced.len()).map(|number| format!("k{number}")).collect();
        let condition = self.condition(draft, table, &root, base)?;
        let next = self.operands(table, &child, &paths(referenced))?;
        let points: Vec<String> =
            columns.iter().zip(&names).map(|(column, name)| format!("{child}.{} = {tree}.{name}", identifier(column))).collect();
        // UNION drops what was found before, so that a cycle in the data ends.
        let sql = format!(
            "WITH RECURSIVE {tree} ({names}) AS (SELECT {} FROM {name} AS {root} WHERE {condition} \
             UNION SELECT {} FROM {name} AS {child} JOIN {tree} ON {}) SELECT {names} FROM {tree}",
            list(&found),
            list(&next),
            points.join(" AND "),
            names = names.join(", "),
        );
        Ok(Tuples { sql, columns: named(found) })
    }
}

/// Stands for the alias of a subquery until it has one; no name of a column can hold it unquoted.
const PLACE: &str = "\u{1}";

/// The same types under the names `k1`, `k2` and so on of a subquery.
fn named(columns: Vec<Operand>) -> Vec<Operand> {
    (1..).zip(columns).map(|(number, column): (usize, Operand)| Operand { sql: format!("{PLACE}k{number}"), ..column }).collect()
}

fn paths(names: &[String]) -> Vec<ColumnPath> {
    names.iter().map(ColumnPath::column).collect()
}

/// The setting of a PostgreSQL transaction that holds a set of another source.
pub(crate) fn carried_setting(id: SetId) -> String {
    format!("exeunt.set_{}", id.0)
}
