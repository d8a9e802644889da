//! Questions to the directory: seats and contracts, each as one row of texts.

use exeunt_model::catalog::{ColumnKind, Table};
use exeunt_model::directory::Key;
use exeunt_model::map::Subject;
use exeunt_model::map::directory::StateColumn;
use exeunt_model::map::resolve::{Link, Located, Roster};
use exeunt_model::names::TableName;
use exeunt_model::selection::ColumnPath;

use super::operand::{Family, Operand};
use super::{Draft, Error, Parameter, Rendered, Renderer};

/// Lower case of any script for SQLite, whose own function knows that of English alone.
pub(crate) const LOWER_FUNCTION: &str = "exeunt_lower";

/// Which seats are asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted<'a> {
    /// Those with this address, in lower case.
    Email(&'a str),
    Seat(&'a [String]),
    Admins {
        contract: &'a [String],
    },
    /// Those of a contract whose keys come after this one and whose address or name holds the text, which is in lower case.
    Page {
        contract: &'a [String],
        after: Option<&'a Key>,
        limit: u32,
        text: Option<&'a str>,
    },
}

/// A row of a table in a statement.
#[derive(Clone, Copy)]
struct Row<'a> {
    table: &'a Table,
    alias: &'a str,
}

impl Renderer<'_> {
    /// Seats in the order of their keys. A row holds the seat's key, the contract's key, the address, the name's columns, the role, `1` or `0`
    /// for active, the language, and `1` or `0` for whoever bought the contract.
    pub(crate) fn seats(&self, roster: &Roster, wanted: Wanted<'_>) -> Result<Rendered, Error> {
        let mut draft = self.draft();
        let columns = &roster.columns.seat;
        let (seat_alias, seat_table) = (draft.alias(), self.table(&roster.seat.table)?);
        let seat = Row { table: seat_table, alias: &seat_alias };
        let mut from = format!("{} AS {seat_alias}", self.table_name(&seat_table.name));
        let (mut at_table, mut at_alias) = (seat_table, seat_alias.clone());
        for hop in &roster.within.hops {
            let Link::Forward { to, .. } = hop else { continue };
            let (next, alias) = (self.table(to)?, draft.alias());
            let joined = self.joined_by(Row { table: at_table, alias: &at_alias }, Row { table: next, alias: &alias }, hop)?;
            from += &format!(" JOIN {} AS {alias} ON {joined}", self.table_name(&next.name));
            (at_table, at_alias) = (next, alias);
        }
        let contract = Row { table: at_table, alias: &at_alias };
        let email = self.column_of(&mut draft, seat, &columns.email)?;
        let names = columns.name.as_ref().map(|name| self.columns_of(&mut draft, seat, name)).transpose()?.unwrap_or_default();
        let role = &columns.role;
        let admin = self.one_of(&mut draft, seat, &role.column, &role.admin)?;
        let sub_admin = self.one_of(&mut draft, seat, &role.column, &role.sub_admin)?;
        let active = self.active(&mut draft, seat, columns.state.as_ref())?;
        let language = columns.language.as_ref().map(|language| self.column_of(&mut draft, seat, language)).transpose()?;
        let bought = self.bought(&mut draft, roster, seat, contract)?;
        let mut list = self.key(seat, &roster.seat)?.iter().map(|key| self.text_form(key)).collect::<Vec<_>>();
        list.extend(self.key(contract, &roster.contract)?.iter().map(|key| self.text_form(key)));
        list.push(self.text_of(&email));
        list.extend(names.iter().map(|name| self.text_of(name)));
        list.push(format!("CASE WHEN {admin} THEN 'admin' WHEN {sub_admin} THEN 'sub_admin' ELSE 'holder' END"));
        list.push(format!("CASE WHEN {active} THEN '1' ELSE '0' END"));
        list.push(language.map_or_else(|| "NULL".to_owned(), |language| self.text_of(&language)));
        list.push(format!("CASE WHEN {bought} THEN '1' ELSE '0' END"));
        let conditions = match wanted {
            Wanted::Email(address) => self.has_address(&mut draft, seat, &columns.email, &email, address)?,
            Wanted::Seat(key) => self.has_key(&mut draft, seat, &roster.seat, key)?,
            Wanted::Admins { contract: key } => {
                let mut conditions = self.has_key(&mut draft, contract, &roster.contract, key)?;
                conditions.push(admin);
                conditions
            }
            Wanted::Page { contract: key, after, text, .. } => {
                let mut conditions = self.has_key(&mut draft, contract, &roster.contract, key)?;
                if let Some(after) = after {
                    conditions.push(self.comes_after(&mut draft, seat, &roster.seat, after)?);
                }
                if let Some(text) = text {
                    conditions.push(self.holds_text(&mut draft, &email, &names, text));
                }
                conditions
            }
        };
        let order: Vec<String> = self.key(seat, &roster.seat)?.into_iter().map(|key| key.sql).collect();
        let limit = match wanted {
            Wanted::Page { limit, .. } => format!(" LIMIT {limit}"),
            Wanted::Email(_) | Wanted::Seat(_) | Wanted::Admins { .. } => String::new(),
        };
        let sql = format!("SELECT {} FROM {from} WHERE {} ORDER BY {}{limit}", list.join(", "), conditions.join(" AND "), order.join(", "));
        Ok(draft.finish(sql))
    }

    /// A row of `1` where a column holds this address, which is in lower case; no row otherwise.
    pub(crate) fn addressed(&self, table: &TableName, column: &str, address: &str) -> Result<Rendered, Error> {
        let mut draft = self.draft();
        let (alias, table) = (draft.alias(), self.table(table)?);
        let operand = self.operand(table, &alias, &ColumnPath::column(column))?;
        let value = draft.parameter(Parameter::Text(address.to_owned()));
        let found = self.is_address(&operand, address, &value);
        Ok(draft.finish(format!("SELECT '1' FROM {} AS {alias} WHERE {found} LIMIT 1", self.table_name(&table.name))))
    }

    /// One contract: its key, its name, its tier, and `1` or `0` for active.
    pub(crate) fn contract(&self, roster: &Roster, key: &[String]) -> Result<Rendered, Error> {
        let mut draft = self.draft();
        let columns = &roster.columns.contract;
        let (alias, table) = (draft.alias(), self.table(&roster.contract.table)?);
        let contract = Row { table, alias: &alias };
        let mut list = self.key(contract, &roster.contract)?.iter().map(|key| self.text_form(key)).collect::<Vec<_>>();
        let name = match (&columns.name, &roster.contract.label) {
            (Some(name), _) => Some(self.joined_names(&self.columns_of(&mut draft, contract, name)?)),
            (None, Some(label)) => Some(self.text_form(&self.operand(table, &alias, &ColumnPath::column(label))?)),
            (None, None) => None,
        };
        let tier = columns.tier.as_ref().map(|tier| self.column_of(&mut draft, contract, tier)).transpose()?;
        let active = self.active(&mut draft, contract, columns.state.as_ref())?;
        list.push(name.unwrap_or_else(|| "NULL".to_owned()));
        list.push(tier.map_or_else(|| "NULL".to_owned(), |tier| self.text_of(&tier)));
        list.push(format!("CASE WHEN {active} THEN '1' ELSE '0' END"));
        let conditions = self.has_key(&mut draft, contract, &roster.contract, key)?;
        let sql = format!("SELECT {} FROM {} AS {alias} WHERE {}", list.join(", "), self.table_name(&table.name), conditions.join(" AND "));
        Ok(draft.finish(sql))
    }

    fn key(&self, row: Row<'_>, subject: &Subject) -> Result<Vec<Operand>, Error> {
        subject.key.iter().map(|column| self.operand(row.table, row.alias, &ColumnPath::column(column))).collect()
    }

    fn key_values(&self, draft: &mut Draft, subject: &Subject, key: &[String]) -> Result<Vec<String>, Error> {
        if key.len() != subject.key.len() {
            return Err(Error::KeyParts { want: subject.key.len(), got: key.len() });
        }
        let value = |(column, text): (&String, &String)| {
            draft.parameter(Parameter::Constant { text: text.clone(), table: subject.table.clone(), column: column.clone() })
        };
        Ok(subject.key.iter().zip(key).map(value).collect())
    }

    fn has_key(&self, draft: &mut Draft, row: Row<'_>, subject: &Subject, key: &[String]) -> Result<Vec<String>, Error> {
        let values = self.key_values(draft, subject, key)?;
        Ok(self.key(row, subject)?.iter().zip(values).map(|(column, value)| format!("{} = {value}", column.sql)).collect())
    }

    fn comes_after(&self, draft: &mut Draft, row: Row<'_>, subject: &Subject, key: &[String]) -> Result<String, Error> {
        let values = self.key_values(draft, subject, key)?;
        let columns: Vec<String> = self.key(row, subject)?.into_iter().map(|column| column.sql).collect();
        Ok(match (columns.as_slice(), values.as_slice()) {
            ([column], [value]) => format!("{column} > {value}"),
            _ => format!("({}) > ({})", columns.join(", "), values.join(", ")),
        })
    }

    /// The rows of two tables that a hop joins, from the first to the second.
    fn joined_by(&self, from: Row<'_>, to: Row<'_>, hop: &Link) -> Result<String, Error> {
        let operands = |row: Row<'_>, paths: &[ColumnPath]| {
            paths.iter().map(|path| self.operand(row.table, row.alias, path)).collect::<Result<Vec<_>, _>>()
        };
        let named = |names: &[String]| names.iter().map(ColumnPath::column).collect::<Vec<_>>();
        // The side that is looked up stays as it is, for there an index may help.
        let (looked_up, known, when, pointing) = match hop {
            Link::Forward { columns, referenced, when, .. } => (operands(to, &named(referenced))?, operands(from, columns)?, when, from),
            Link::Reverse { columns, referenced, when, .. } => (operands(to, columns)?, operands(from, &named(referenced))?, when, to),
            // The map's checks let none through.
            Link::Up { .. } => return Ok("FALSE".to_owned()),
        };
        let mut parts: Vec<String> = looked_up
            .iter()
            .zip(&known)
            .map(|(looked_up, known)| {
                let (left, right) = self.comparable(looked_up, known);
                format!("{left} = {right}")
            })
            .collect();
        for (path, text) in when {
            parts.push(self.equals(pointing.table, pointing.alias, path, text)?);
        }
        Ok(parts.join(" AND "))
    }

    /// A column of the directory, one of them.
    fn column_of(&self, draft: &mut Draft, row: Row<'_>, located: &Located) -> Result<Operand, Error> {
        let none = || Error::NoColumn { table: located.table.clone(), column: String::new() };
        self.columns_of(draft, row, located)?.into_iter().next().ok_or_else(none)
    }

    /// The columns of the directory as expressions on the subject's row: of the first row that a step leads to.
    fn columns_of(&self, draft: &mut Draft, row: Row<'_>, located: &Located) -> Result<Vec<Operand>, Error> {
        let Some(step) = &located.step else {
            return located.columns.iter().map(|path| self.operand(row.table, row.alias, path)).collect();
        };
        let table = self.table(&located.table)?;
        let alias = draft.alias();
        let condition = self.stepped(row, Row { table, alias: &alias }, step, located)?;
        let key = if table.primary_key.is_empty() { table.unique_keys.first() } else { Some(&table.primary_key) };
        let order = key.map_or_else(|| located.columns.clone(), |key| key.iter().map(ColumnPath::column).collect());
        let order = order.iter().map(|path| Ok(self.operand(table, &alias, path)?.sql)).collect::<Result<Vec<_>, Error>>()?;
        let name = self.table_name(&table.name);
        located
            .columns
            .iter()
            .map(|path| {
                let operand = self.operand(table, &alias, path)?;
                let sql =
                    format!("(SELECT {} FROM {name} AS {alias} WHERE {condition} ORDER BY {} LIMIT 1)", operand.sql, order.join(", "));
                Ok(Operand { sql, ..operand })
            })
            .collect()
    }

    /// The rows that a step leads to and that count.
    fn stepped(&self, from: Row<'_>, to: Row<'_>, step: &Link, located: &Located) -> Result<String, Error> {
        let mut parts = vec![self.joined_by(from, to, step)?];
        for (path, value) in &located.when {
            parts.push(match value {
                Some(text) => self.equals(to.table, to.alias, path, text)?,
                None => format!("{} IS NULL", self.operand(to.table, to.alias, path)?.sql),
            });
        }
        Ok(parts.join(" AND "))
    }

    /// Whether the column holds one of the values; never null.
    fn one_of(&self, draft: &mut Draft, row: Row<'_>, located: &Located, values: &[Option<String>]) -> Result<String, Error> {
        let operand = self.column_of(draft, row, located)?;
        let kind = located.columns.first().filter(|path| path.json.is_empty());
        let kind = kind.and_then(|path| self.catalog.table(&located.table)?.column(&path.column)).map(|column| &column.kind);
        let mut texts: Vec<String> = Vec::new();
        for value in values.iter().flatten() {
            texts.push(self.text(value));
            // SQLite keeps truth values as numbers.
            match (kind, value.as_str()) {
                (Some(ColumnKind::Boolean), "true") if !self.is_postgres() => texts.push("'1'".to_owned()),
                (Some(ColumnKind::Boolean), "false") if !self.is_postgres() => texts.push("'0'".to_owned()),
                _ => {}
            }
        }
        let mut parts = Vec::new();
        if !texts.is_empty() {
            // A role is given by its very text, whatever the column takes for equal.
            let bytewise = if self.is_postgres() { "\"C\"" } else { "BINARY" };
            parts.push(format!("CAST({} AS text) COLLATE {bytewise} IN ({})", operand.sql, texts.join(", ")));
        }
        if values.contains(&None) {
            parts.push(format!("{} IS NULL", operand.sql));
        }
        Ok(if parts.is_empty() { "FALSE".to_owned() } else { format!("(({}) IS TRUE)", parts.join(" OR ")) })
    }

    fn active(&self, draft: &mut Draft, row: Row<'_>, state: Option<&StateColumn<Located>>) -> Result<String, Error> {
        match state {
            None => Ok("TRUE".to_owned()),
            Some(state) if state.active.is_empty() => Ok(format!("NOT {}", self.one_of(draft, row, &state.column, &state.ended)?)),
            Some(state) => self.one_of(draft, row, &state.column, &state.active),
        }
    }

    /// Whether the contract's column names this seat.
    fn bought(&self, draft: &mut Draft, roster: &Roster, seat: Row<'_>, contract: Row<'_>) -> Result<String, Error> {
        let Some(admin) = &roster.columns.contract.purchase_admin else { return Ok("FALSE".to_owned()) };
        let named = self.column_of(draft, contract, &admin.column)?;
        let own = match &admin.seat {
            Some(column) => self.column_of(draft, seat, column)?,
            None => match self.key(seat, &roster.seat)?.as_slice() {
                [single] => single.clone(),
                several => return Err(Error::KeyParts { want: 1, got: several.len() }),
            },
        };
        Ok(format!("((CAST({} AS text) = CAST({} AS text)) IS TRUE)", named.sql, own.sql))
    }

    /// Whether the seat's address is this one. Where it is a step away, an index there can find the row.
    fn has_address(
        &self,
        draft: &mut Draft,
        seat: Row<'_>,
        located: &Located,
        email: &Operand,
        address: &str,
    ) -> Result<Vec<String>, Error> {
        let value = draft.parameter(Parameter::Text(address.to_owned()));
        let is_it = |operand: &Operand| self.is_address(operand, address, &value);
        let mut conditions = vec![is_it(email)];
        if let Some(step) = &located.step {
            let table = self.table(&located.table)?;
            let alias = draft.alias();
            let there = Row { table, alias: &alias };
            let joined = self.stepped(seat, there, step, located)?;
            let own = Located { step: None, when: Vec::new(), ..located.clone() };
            let found = is_it(&self.column_of(draft, there, &own)?);
            conditions.push(format!("EXISTS (SELECT 1 FROM {} AS {alias} WHERE {joined} AND {found})", self.table_name(&table.name)));
        }
        Ok(conditions)
    }

    fn is_address(&self, operand: &Operand, address: &str, value: &str) -> String {
        match (self.is_postgres(), address.is_ascii()) {
            (true, _) => format!("lower({}) = {value}", self.text_of(operand)),
            (false, true) => format!("lower({}) = {value}", operand.sql),
            (false, false) => format!("{LOWER_FUNCTION}({}) = {value}", operand.sql),
        }
    }

    fn holds_text(&self, draft: &mut Draft, email: &Operand, names: &[Operand], text: &str) -> String {
        let value = draft.parameter(Parameter::Text(text.to_owned()));
        let (place, lower) = if self.is_postgres() { ("strpos", "lower") } else { ("instr", LOWER_FUNCTION) };
        let mut searched = vec![self.text_of(email)];
        if !names.is_empty() {
            searched.push(self.joined_names(names));
        }
        let parts: Vec<String> =
            searched.iter().map(|searched| format!("{place}({lower}(coalesce({searched}, '')), {value}) > 0")).collect();
        format!("({})", parts.join(" OR "))
    }

    /// The columns with blanks between them; null where there is nothing.
    fn joined_names(&self, names: &[Operand]) -> String {
        match names {
            [single] => self.text_of(single),
            several => {
                let parts: Vec<String> = several.iter().map(|name| format!("coalesce({}, '')", self.text_of(name))).collect();
                format!("nullif(trim({}), '')", parts.join(" || ' ' || "))
            }
        }
    }

    /// An expression as text on both databases. An index on a text column still serves.
    fn text_of(&self, operand: &Operand) -> String {
        match operand.family {
            Family::Text => operand.sql.clone(),
            Family::Integer | Family::Number | Family::Uuid | Family::Only(_) => format!("CAST({} AS text)", operand.sql),
        }
    }
}
