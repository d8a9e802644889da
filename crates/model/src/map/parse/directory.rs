//! The directory: who holds which seat.

use super::claim::begin;
use super::names::Names;
use super::path;
use super::reader::{Fields, Reader};
use super::tree::{Node, Value};
use crate::map::directory::{ContractColumns, Directory, Field, PurchaseAdmin, RoleColumn, SeatColumns, StateColumn};
use crate::map::{Hop, Subject};
use crate::names::TableName;
use crate::selection::ColumnPath;

pub(in crate::map) const CONTRACT_FIELDS: [&str; 5] = ["subject", "name", "tier", "state", "purchase_admin"];
pub(in crate::map) const SEAT_FIELDS: [&str; 6] = ["subject", "email", "name", "role", "state", "language"];

const COLUMN: &str = "a column, or one that is a step away, such as `member_id.email` or `seat_assignment(seat_id).last_name`";
const VALUES: &str = "a value, `null`, or a list of them";

impl Reader<'_> {
    pub(super) fn directory(&mut self, node: &Node, subjects: &[Subject], names: &Names) -> Option<Directory> {
        let fields = self.fields(node, "`directory`", &["contract", "seat"]);
        let start = begin(node);
        let part = |reader: &mut Self, part: &'static str, known: &[&str]| {
            let node = reader.required(&fields, &start, "`directory`", part)?;
            let at = fields.key(part).map_or_else(|| begin(node), |key| key.span.clone());
            reader.positions.put(&["directory", part], reader.position(&at));
            let what = format!("`{part}` of the directory");
            let inner = reader.fields(node, &what, known);
            for field in known {
                if let Some(key) = inner.key(field) {
                    reader.positions.put(&["directory", part, field], reader.position(&key.span));
                }
            }
            let subject = reader.subject_of(&inner, part, &at, subjects, names);
            Some((inner, at, subject))
        };
        let contract = part(self, "contract", &CONTRACT_FIELDS);
        let seat = part(self, "seat", &SEAT_FIELDS);
        let (contract, _, contract_subject) = contract?;
        let (seat, at, seat_subject) = seat?;
        let contract = self.contract_columns(&contract, contract_subject, seat_subject, names);
        let seat = self.seat_columns(&seat, &at, seat_subject?, names);
        Some(Directory { contract: contract?, seat: seat? })
    }

    /// The subject that `subject` names, or the one that is called like the part itself. Nothing is said of one whose own declaration
    /// could not be read.
    fn subject_of<'s>(
        &mut self,
        fields: &Fields<'_>,
        part: &'static str,
        at: &std::ops::Range<usize>,
        subjects: &'s [Subject],
        names: &Names,
    ) -> Option<&'s Subject> {
        let (kind, span) = match fields.get("subject") {
            Some(node) => (self.prose(node, "`subject`", "a kind of subject of this map")?, node.span.clone()),
            None => (part, at.clone()),
        };
        if !names.subjects.iter().any(|known| known == kind) {
            let unknown =
                self.error(&span, format!("the map has no subject `{kind}`")).nearest(kind, names.subjects.iter().map(String::as_str));
            let unknown = if fields.get("subject").is_some() { unknown } else { unknown.expect("`subject`, with the kind that is meant") };
            self.report(unknown);
        }
        subjects.iter().find(|subject| subject.kind.as_str() == kind)
    }

    fn contract_columns(
        &mut self,
        fields: &Fields<'_>,
        subject: Option<&Subject>,
        seat: Option<&Subject>,
        names: &Names,
    ) -> Option<ContractColumns> {
        let subject = subject?;
        let table = &subject.table;
        let column = |reader: &mut Self, field: &str| {
            let node = fields.get(field)?;
            reader.directory_column(node, &format!("`{field}`"), table, names)
        };
        let name = column(self, "name");
        let tier = column(self, "tier");
        let state = fields.get("state").and_then(|node| self.state_column(node, table, names));
        let purchase_admin = fields.get("purchase_admin").and_then(|node| self.purchase_admin(node, table, &seat?.table, names));
        Some(ContractColumns { subject: subject.kind.clone(), name, tier, state, purchase_admin })
    }

    fn seat_columns(&mut self, fields: &Fields<'_>, at: &std::ops::Range<usize>, subject: &Subject, names: &Names) -> Option<SeatColumns> {
        const WHAT: &str = "`seat` of the directory";
        let table = &subject.table;
        let email = self.required(fields, at, WHAT, "email").and_then(|node| self.directory_column(node, "`email`", table, names));
        let role = self.required(fields, at, WHAT, "role").and_then(|node| self.role_column(node, table, names));
        let name = fields.get("name").and_then(|node| self.directory_column(node, "`name`", table, names));
        let state = fields.get("state").and_then(|node| self.state_column(node, table, names));
        let language = fields.get("language").and_then(|node| self.directory_column(node, "`language`", table, names));
        Some(SeatColumns { subject: subject.kind.clone(), email: email?, name, role: role?, state, language })
    }

    fn purchase_admin(&mut self, node: &Node, contract: &TableName, seat: &TableName, names: &Names) -> Option<PurchaseAdmin> {
        const WHAT: &str = "`purchase_admin`";
        if !matches!(node.value, Value::Map(_)) {
            return Some(PurchaseAdmin { column: self.place(node, None, WHAT, contract, names)?, seat: None });
        }
        let fields = self.fields(node, WHAT, &["column", "when", "seat"]);
        let column = self.required(&fields, &begin(node), WHAT, "column")?;
        let column = self.place(column, fields.get("when"), WHAT, contract, names);
        let seat = match fields.get("seat") {
            Some(node) => Some(self.directory_column(node, "`seat`", seat, names)?),
            None => None,
        };
        Some(PurchaseAdmin { column: column?, seat })
    }

    fn role_column(&mut self, node: &Node, table: &TableName, names: &Names) -> Option<RoleColumn> {
        const WHAT: &str = "`role`";
        let fields = self.fields(node, WHAT, &["column", "when", "admin", "sub_admin", "holder"]);
        let at = begin(node);
        let column = self.required(&fields, &at, WHAT, "column");
        let column = column.and_then(|node| self.place(node, fields.get("when"), WHAT, table, names));
        let admin = self.required(&fields, &at, WHAT, "admin");
        let mut seen = Vec::new();
        let [admin, sub_admin, holder] = [admin, fields.get("sub_admin"), fields.get("holder")]
            .map(|node| node.map(|node| self.values(node, WHAT, &mut seen)).unwrap_or_default());
        if let Some(node) = fields.get("admin").filter(|node| matches!(&node.value, Value::List(items) if items.is_empty())) {
            let nobody = self.error(&node.span, "`role` says of no value that it means an admin").expect(VALUES);
            self.report(nobody);
        }
        Some(RoleColumn { column: column?, admin, sub_admin, holder })
    }

    fn state_column(&mut self, node: &Node, table: &TableName, names: &Names) -> Option<StateColumn> {
        const WHAT: &str = "`state`";
        let fields = self.fields(node, WHAT, &["column", "when", "active", "ended"]);
        let at = begin(node);
        let column = self.required(&fields, &at, WHAT, "column");
        let column = column.and_then(|node| self.place(node, fields.get("when"), WHAT, table, names));
        let mut seen = Vec::new();
        let [active, ended] =
            ["active", "ended"].map(|field| fields.get(field).map(|node| self.values(node, WHAT, &mut seen)).unwrap_or_default());
        let says_nothing = |field| match fields.get(field).map(|node| &node.value) {
            None => true,
            Some(Value::List(items)) => items.is_empty(),
            Some(Value::Null | Value::Text(_) | Value::Map(_)) => false,
        };
        if matches!(node.value, Value::Map(_)) && says_nothing("active") && says_nothing("ended") {
            let missing = self.error(&at, "`state` does not say which values are active").expect("a field `active` or `ended`");
            self.report(missing);
        }
        Some(StateColumn { column: column?, active, ended })
    }

    /// A column as it stands, or `{ column: …, when: … }`.
    fn directory_column(&mut self, node: &Node, what: &str, table: &TableName, names: &Names) -> Option<Field> {
        if !matches!(node.value, Value::Map(_)) {
            return self.place(node, None, what, table, names);
        }
        let fields = self.fields(node, what, &["column", "when"]);
        let column = self.required(&fields, &begin(node), what, "column")?;
        self.place(column, fields.get("when"), what, table, names)
    }

    /// One column or several of the same row, and which row is meant.
    fn place(&mut self, node: &Node, when: Option<&Node>, what: &str, table: &TableName, names: &Names) -> Option<Field> {
        let mut found: Option<Field> = None;
        for item in self.one_or_many(node) {
            let (step, column) = self.step_and_column(item, what, table, names)?;
            match &mut found {
                None => found = Some(Field { step, columns: vec![column], when: Vec::new() }),
                Some(field) if field.step == step => field.columns.push(column),
                Some(_) => {
                    let apart = self.error(&item.span, format!("the columns of {what} stand in different tables"));
                    self.report(apart.expect("columns of one row, reached by the same step"));
                    return None;
                }
            }
        }
        let mut field = match found {
            Some(field) => field,
            None if Self::undecided(node) => return None,
            None => {
                let none = self.error(&node.span, format!("{what} names no column")).expect(COLUMN);
                self.report(none);
                return None;
            }
        };
        if let Some(when) = when {
            field.when = self.when_values(when);
            if field.step.is_none() {
                let own = self.error(&when.span, "`when` chooses among the rows that a step leads to, and there is no step");
                self.report(own.expect(COLUMN));
            }
        }
        Some(field)
    }

    fn step_and_column(&mut self, node: &Node, what: &str, table: &TableName, names: &Names) -> Option<(Option<Hop>, ColumnPath)> {
        let text = self.prose(node, what, COLUMN)?;
        let mut hops = match path::hops(text, table, names) {
            Ok(hops) => hops,
            Err(mistake) => {
                self.report_mistake(node, 0, mistake);
                return None;
            }
        };
        let column = match hops.pop() {
            Some(Hop::To { mut columns, to: None }) if columns.len() == 1 => columns.pop(),
            Some(Hop::To { .. } | Hop::Up { .. } | Hop::From { .. }) | None => None,
        };
        let step = hops.pop();
        let problem = match (&column, &step) {
            (None, _) => "does not end at a column",
            (Some(_), Some(Hop::Up { .. })) => "climbs a tree",
            (Some(_), _) if !hops.is_empty() => "takes more than one step",
            (Some(_), _) => return column.map(|column| (step, column)),
        };
        let wrong = self.error(&node.span, format!("`{}` {problem}", text.trim())).expect(COLUMN);
        self.report(wrong);
        None
    }

    fn when_values(&mut self, node: &Node) -> Vec<(ColumnPath, Option<String>)> {
        let mut conditions = Vec::new();
        for (key, value) in self.entries(node, "`when`", "columns and what they must hold, such as `{ ended_at: null }`") {
            let wanted = match &value.value {
                Value::Null => None,
                Value::Text(_) | Value::List(_) | Value::Map(_) => {
                    let expected = "the text that the column must hold, or `null`";
                    let Some(text) = self.text(value, &format!("`{}`", key.text), expected) else { continue };
                    Some(text.to_owned())
                }
            };
            match path::column_path(&key.text) {
                Ok(column) => conditions.push((column, wanted)),
                Err(message) => {
                    let wrong = self.error(&key.span, message);
                    self.report(wrong);
                }
            }
        }
        conditions
    }

    /// Values of a column, `null` among them; none may mean two things.
    fn values(&mut self, node: &Node, what: &str, seen: &mut Vec<Option<String>>) -> Vec<Option<String>> {
        let mut found = Vec::new();
        for item in self.one_or_many(node) {
            let value = match &item.value {
                Value::Null => None,
                Value::Text(_) | Value::List(_) | Value::Map(_) => match self.text(item, what, VALUES) {
                    Some(text) => Some(text.to_owned()),
                    None => continue,
                },
            };
            if seen.contains(&value) {
                let shown = value.as_deref().unwrap_or("null");
                let doubled = self.error(&item.span, format!("`{shown}` stands twice among the values of {what}"));
                self.report(doubled);
                continue;
            }
            seen.push(value.clone());
            found.push(value);
        }
        found
    }
}
