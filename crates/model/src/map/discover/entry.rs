//! What a draft says of one table.

use std::collections::BTreeMap;

use super::graph::{Graph, polymorphic_type};
use super::owners::{self, Way};
use super::subjects::Candidate;
use super::words::{Meaning, bookkeeping, framework, meaning, money, plausible, table_words, words};
use crate::catalog::{Column, ColumnKind, Hazard, Table, TableKind, Trigger};
use crate::names::TableName;

/// One line of an entry: a field, a comment, or a field with a comment behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Line {
    Field {
        name: &'static str,
        value: String,
        comment: Option<String>,
    },
    /// A field whose value is a list of its own lines.
    List {
        name: &'static str,
        items: Vec<String>,
    },
    Comment(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub table: TableName,
    pub category: String,
    pub lines: Vec<Line>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Mapped(Entry),
    Ignored { table: TableName, reason: String, comment: Option<String> },
}

/// A proposal: whoever deletes `todo: ` accepts it.
pub(super) fn proposal(text: &str) -> String {
    super::text::quoted(&format!("todo: {text}"))
}

/// What is known of a table from elsewhere than its catalog.
#[derive(Debug, Clone, Default)]
pub(super) struct Known {
    /// Somebody said that it is not to be looked at.
    pub skipped: bool,
    pub personal: Vec<String>,
    pub secret: Vec<String>,
    /// Items of `references`.
    pub references: Vec<String>,
    pub clear: Vec<String>,
    pub replace: Vec<(String, String)>,
}

pub(super) struct Drafter<'g, 'c> {
    pub graph: &'g Graph<'c>,
    pub subjects: &'g [Candidate],
    pub known: &'g BTreeMap<TableName, Known>,
    /// The draft has a source of files.
    pub files: bool,
}

impl<'g> Drafter<'g, '_> {
    pub fn verdict(&self, table: &Table) -> Verdict {
        if let Some(subject) = self.subjects.iter().find(|subject| subject.table == table.name) {
            let lines = self.lines(table, None);
            return Verdict::Mapped(Entry { table: table.name.clone(), category: subject.kind.clone(), lines });
        }
        if self.known.get(&table.name).is_some_and(|known| known.skipped) {
            return ignored(table, proposal("was left out before"), Some("skip_processing".to_owned()));
        }
        let personal = self.personal_columns(table);
        // A name alone decides nothing where the columns speak against it.
        let known = if bookkeeping(&table.name.name) {
            Some("bookkeeping of schema changes, no customer data")
        } else {
            framework(&table.name.name)
        };
        if let Some(content) = known.filter(|_| personal.is_empty()) {
            return ignored(table, super::text::quoted(content), None);
        }
        match table.kind {
            TableKind::Table | TableKind::View => {}
            TableKind::MaterializedView => {
                let reason = proposal("a materialised view; say when and by whom it is refreshed");
                return ignored(table, reason, None);
            }
            TableKind::Virtual => {
                let reason = proposal("a virtual table such as a full-text index; say how its content follows the table that it indexes");
                return ignored(table, reason, None);
            }
            TableKind::Foreign => return ignored(table, proposal("lives in another server; map it in a source of its own"), None),
        }
        let ways = owners::innermost(self.subjects, owners::forward(self.graph, self.subjects, &table.name));
        let (handling, ways): (Vec<Way<'_>>, Vec<Way<'_>>) = ways.into_iter().partition(Way::handles);
        // Goods lead to whoever manages the store; that makes them nobody's data.
        let aside = |way: &Way<'_>| super::words::staff(&way.kind) && !way.natural();
        match ways.first().or(handling.first()) {
            Some(first) if personal.is_empty() && ways.iter().all(aside) && !handling.iter().any(|way| way.links.len() == 1) => {
                let comment = Some(format!("or its rows belong to: {}", first.claim()));
                return ignored(table, proposal("no customer data"), comment);
            }
            Some(_) if !ways.is_empty() => return self.owned(table, &ways),
            Some(first) if first.links.len() == 1 => return self.handled(table, first),
            Some(_) | None => {}
        }
        let back = owners::innermost(self.subjects, owners::backward(self.graph, self.subjects, &table.name));
        if personal.is_empty() {
            let pointing: Vec<String> = self.graph.to(&table.name).map(|link| link.from.name.clone()).collect();
            let reason = if pointing.is_empty() {
                "nothing leads from it to a subject, and no column looks personal"
            } else {
                "lookup table, no customer data"
            };
            let comment = (!pointing.is_empty()).then(|| format!("pointed to by {}", several(&pointing)));
            return ignored(table, proposal(reason), comment);
        }
        if back.is_empty() {
            let reason = format!("holds {}, but nothing leads from it to a subject; map it, or say why it stays", several(&personal));
            return ignored(table, proposal(&reason), None);
        }
        self.owned(table, &back)
    }

    fn personal_columns(&self, table: &Table) -> Vec<String> {
        match self.known.get(&table.name) {
            Some(known) => known.personal.clone(),
            None => named(table, |column| {
                let personal = matches!(meaning(&column.name), Some(Meaning::Identifier | Meaning::Personal));
                personal && plausible(&column.name, &column.kind)
            }),
        }
    }

    fn owned(&self, table: &Table, ways: &[Way<'g>]) -> Verdict {
        let Some(best) = ways.first() else { return ignored(table, "todo".to_owned(), None) };
        let same_kind = ways.iter().all(|way| way.kind == best.kind);
        let direct = ways.iter().filter(|way| way.links.len() == 1 && way.natural()).count();
        // What hangs from one row goes the way of that row, and only one such way plays no role.
        let hangs = ways.iter().all(|way| way.links.first() == best.links.first()) && ways.iter().filter(|way| way.natural()).count() == 1;
        let decided = best.natural() && same_kind && (hangs || (direct == 1 && best.links.len() == 1));
        let claim = best.claim();
        let others: Vec<String> = ways.iter().skip(1).map(Way::claim).take(MOST_CHOICES).collect();
        let more = ways.len().saturating_sub(1 + others.len());
        let comment = (!others.is_empty()).then(|| {
            let more = if more == 0 { String::new() } else { format!(" and {more} more") };
            let word = if decided { "also" } else { "or, or a list of several" };
            format!("{word}: {}{more}", others.join(" | "))
        });
        let value = if decided { claim_scalar(&claim) } else { proposal(&claim) };
        let owner = Line::Field { name: "owner", value, comment };
        let root = best.root(&table.name);
        let category = self.graph.words(root).join("_");
        Verdict::Mapped(Entry { table: table.name.clone(), category, lines: self.lines(table, Some((owner, best))) })
    }

    /// Rows that only name who looks after them: they stay, and forget who it was.
    fn handled(&self, table: &Table, way: &Way<'g>) -> Verdict {
        let comment = Some(format!("or its rows belong to: {}", way.claim()));
        let value = format!("{{ ground: {} }}", proposal(&format!("belongs to the platform, not to the {} who looks after it", way.kind)));
        let keep = Line::Field { name: "keep", value, comment };
        let category = self.graph.words(&table.name).join("_");
        let mut lines = self.lines(table, None);
        let at = lines.iter().position(|line| matches!(line, Line::Field { .. })).unwrap_or(lines.len());
        lines.insert(at, keep);
        Verdict::Mapped(Entry { table: table.name.clone(), category, lines })
    }

    fn lines(&self, table: &Table, owner: Option<(Line, &Way<'_>)>) -> Vec<Line> {
        let mut lines = Vec::new();
        let personal = self.personal_columns(table);
        if !personal.is_empty() {
            lines.push(Line::Comment(format!("personal: {}", personal.join(", "))));
        }
        let json: Vec<String> = named(table, |column| matches!(column.kind, ColumnKind::Json));
        if !json.is_empty() {
            lines.push(Line::Comment(format!("JSON: {}; look for names, keys and secrets inside", json.join(", "))));
        }
        lines.extend(hazards(table));
        let owner_way = owner.as_ref().map(|(_, way)| (*way).clone());
        lines.extend(self.references(table));
        if let Some((back, way)) =
            owner_way.as_ref().and_then(|way| way.back.map(|back| (back, way))).filter(|(_, way)| !way.links.is_empty())
        {
            let (from, kind) = (super::text::scalar(&back.from.name), crate::map::with_article(&way.kind));
            lines.push(Line::Comment(format!(
                "rows of {from} point here: where they share a row it is not {kind}'s; then ignore this table"
            )));
        }
        let is_subject = owner.is_none();
        lines.extend(owner.map(|(line, _)| line));
        match self.known.get(&table.name).and_then(change_line) {
            Some(line) => lines.push(line),
            None if !is_subject && money(&table.name.name) => lines.push(money_line(table)),
            None => {}
        }
        lines.extend(self.unlink(table, owner_way.as_ref()));
        let secret = match self.known.get(&table.name) {
            Some(known) => known.secret.clone(),
            None => named(table, |column| meaning(&column.name) == Some(Meaning::Secret)),
        };
        if !secret.is_empty() {
            lines.push(Line::Field { name: "secret", value: super::text::list(&secret), comment: None });
        }
        lines.extend(self.file_lines(table));
        let fires = || table.triggers.iter().filter(|trigger| trigger.on_delete || trigger.on_update);
        let triggers: Vec<String> = fires().map(|trigger| format!("{}: todo", super::text::scalar(&trigger.name))).collect();
        if !triggers.is_empty() {
            let when: Vec<String> =
                fires().map(|trigger| format!("{} on {}", super::text::scalar(&trigger.name), events(trigger))).collect();
            let comment = Some(format!("read each and say what it does: {}", when.join(", ")));
            lines.push(Line::Field { name: "triggers", value: format!("{{ {} }}", triggers.join(", ")), comment });
        }
        lines
    }

    /// References that the database does not declare, each to be accepted or deleted.
    fn references(&self, table: &Table) -> Vec<Line> {
        let declared = self.known.get(&table.name).map(|known| known.references.clone()).unwrap_or_default();
        let suggested = self
            .graph
            .from(&table.name)
            .filter(|link| link.suggested && !link.binds())
            .map(|link| {
                let to = format!("{}({})", link.to, super::text::path_name(&link.referenced[0]));
                format!("{{ columns: {}, to: {} }}", super::text::list(&link.columns), proposal(&to))
            })
            .filter(|item| !declared.contains(item));
        let mut items: Vec<String> = declared.iter().cloned().chain(suggested).collect();
        for column in &table.columns {
            let is_key = table.foreign_keys.iter().any(|key| key.columns.contains(&column.name));
            let Some(type_column) = polymorphic_type(table, &column.name).filter(|_| !is_key) else { continue };
            items.extend(self.polymorphic(column, type_column));
        }
        if items.is_empty() { Vec::new() } else { vec![Line::List { name: "references", items }] }
    }

    fn polymorphic(&self, column: &Column, type_column: &Column) -> Vec<String> {
        let item = |to: &str, value: &str| {
            let when = format!("{}: {value}", super::text::scalar(&type_column.name));
            format!("{{ columns: {}, to: {to}, when: {{ {when} }} }}", super::text::list(std::slice::from_ref(&column.name)))
        };
        let ColumnKind::Enumeration(labels) = &type_column.kind else {
            return vec![item("todo", "todo")];
        };
        let known = labels.iter().map(|label| {
            let target =
                self.graph.tables.iter().find(|table| table_words(&table.name.name) == words(label) && table.primary_key.len() == 1);
            match target {
                Some(table) => {
                    let to = format!("{}({})", table.name, super::text::path_name(&table.primary_key[0]));
                    item(&proposal(&to), &super::text::scalar(label))
                }
                None => item("todo", &super::text::scalar(label)),
            }
        });
        known.collect()
    }

    /// Columns that point to a subject without making it the owner: cleared when that subject goes.
    fn unlink(&self, table: &Table, owner: Option<&Way<'_>>) -> Vec<Line> {
        let mut columns: Vec<String> = Vec::new();
        let mut kinds: Vec<String> = Vec::new();
        let mut lines = Vec::new();
        let subject = self.subjects.iter().find(|subject| subject.table == table.name);
        let within = subject.map(|subject| subject.within.as_slice()).unwrap_or_default();
        let kind = subject.map(|subject| &subject.kind).or(owner.map(|way| &way.kind));
        // With an outer subject the owner goes too, and with the owner the row.
        let outer = kind.map(|kind| owners::outer_kinds(self.subjects, kind)).unwrap_or_default();
        for link in self.graph.from(&table.name) {
            let Some(target) = self.subjects.iter().find(|subject| subject.table == link.to) else { continue };
            let owns = owner.and_then(|way| way.links.first()).is_some_and(|first| first.columns == link.columns)
                || within.iter().any(|(_, columns)| *columns == link.columns);
            if owns || outer.contains(&target.kind) {
                continue;
            }
            let clearable = |name: &String| table.column(name).is_some_and(|column| column.nullable) && !table.primary_key.contains(name);
            // A reference over several columns leads nowhere once one of them is empty.
            let emptied: Vec<String> = link.columns.iter().filter(|name| clearable(name)).cloned().collect();
            if !emptied.is_empty() {
                columns.extend(emptied.into_iter().filter(|column| !columns.contains(column)).collect::<Vec<_>>());
                if !kinds.contains(&target.kind) {
                    kinds.push(target.kind.clone());
                }
            } else if link.binds() {
                let columns = link.columns.join(", ");
                let kind = crate::map::with_article(&target.kind);
                lines.push(Line::Comment(format!("{columns} seems to name {kind}, and takes no null: the number stays when the rows do")));
            } else if !link.suggested {
                let columns = link.columns.join(", ");
                let kind = crate::map::with_article(&target.kind);
                let text = format!("{columns} points to {kind} and takes no null: {kind} with such rows cannot be erased while they stay");
                lines.push(Line::Comment(text));
            }
        }
        if !columns.is_empty() {
            let value = match columns.as_slice() {
                [only] => proposal(only),
                several => format!("[{}]", several.iter().map(|column| proposal(column)).collect::<Vec<_>>().join(", ")),
            };
            let comment = Some(format!("cleared when the {} goes and the row stays", kinds.join(" or ")));
            lines.push(Line::Field { name: "unlink", value, comment });
        }
        lines
    }

    fn file_lines(&self, table: &Table) -> Vec<Line> {
        let keys = named(table, |column| matches!(column.kind, ColumnKind::Text) && meaning(&column.name) == Some(Meaning::FileKey));
        if keys.is_empty() {
            return Vec::new();
        }
        if !self.files {
            return vec![Line::Comment(format!("names files? {}", keys.join(", ")))];
        }
        let item = |key: &String| format!("{{ source: files, key: {} }}", proposal(key));
        match keys.as_slice() {
            [only] => vec![Line::Field { name: "files", value: item(only), comment: None }],
            several => vec![Line::List { name: "files", items: several.iter().map(item).collect() }],
        }
    }
}

/// More choices than a person compares.
const MOST_CHOICES: usize = 4;

/// What the database does behind one's back, columns of one kind together.
fn hazards(table: &Table) -> Vec<Line> {
    let mut lines = Vec::new();
    let mut loose: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for hazard in &table.hazards {
        match hazard {
            Hazard::LooseComparison { column, by } => loose.entry(by).or_default().push(column.clone()),
            other @ (Hazard::RowSecurity
            | Hazard::Rule { .. }
            | Hazard::Inherited { .. }
            | Hazard::NullKeys
            | Hazard::ForeignPartition { .. }
            | Hazard::ReferencedFromOutside { .. }) => lines.push(Line::Comment(format!("careful: {other}"))),
        }
    }
    for (by, columns) in loose {
        let text = format!("careful: different texts count as equal ({by}) in {}, so that no reference may use them", several(&columns));
        lines.push(Line::Comment(text));
    }
    lines
}

/// On which events of an erasure a trigger fires.
fn events(trigger: &Trigger) -> &'static str {
    match (trigger.on_delete, trigger.on_update) {
        (true, true) => "deletes and updates",
        (true, false) => "deletes",
        (false, _) => "updates",
    }
}

fn ignored(table: &Table, reason: String, comment: Option<String>) -> Verdict {
    Verdict::Ignored { table: table.name.clone(), reason, comment }
}

/// Columns that are changed while their rows stay.
fn change_line(known: &Known) -> Option<Line> {
    let mut parts = Vec::new();
    if !known.clear.is_empty() {
        parts.push(format!("clear: {}", super::text::list(&known.clear)));
    }
    if !known.replace.is_empty() {
        let columns: Vec<String> = known.replace.iter().map(|(column, by)| format!("{}: {by}", super::text::scalar(column))).collect();
        parts.push(format!("replace: {{ {} }}", columns.join(", ")));
    }
    let comment = Some("as Fides masks it; without it, rows are deleted".to_owned());
    (!parts.is_empty()).then(|| Line::Field { name: "on_erase", value: format!("{{ {} }}", parts.join(", ")), comment })
}

/// Law may want these rows to stay.
fn money_line(table: &Table) -> Line {
    let dated = |column: &&Column| matches!(column.kind, ColumnKind::Date | ColumnKind::Timestamp | ColumnKind::TimestampWithZone);
    let until = table.columns.iter().find(dated).map(|column| format!(", until: {} + 10 years", column.name)).unwrap_or_default();
    let comment = format!("or {{ keep: {{ ground: \"tax law, 10 years\"{until} }} }}");
    Line::Field { name: "on_erase", value: proposal("delete"), comment: Some(comment) }
}

fn claim_scalar(claim: &str) -> String {
    let plain = claim.chars().all(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | ' '));
    if plain { claim.to_owned() } else { super::text::quoted(claim) }
}

fn named(table: &Table, wanted: impl Fn(&Column) -> bool) -> Vec<String> {
    table.columns.iter().filter(|column| wanted(column)).map(|column| column.name.clone()).collect()
}

fn several(names: &[String]) -> String {
    const MOST: usize = 5;
    let mut unique: Vec<&str> = Vec::new();
    for name in names {
        if !unique.contains(&name.as_str()) {
            unique.push(name);
        }
    }
    let shown = unique.iter().take(MOST).copied().collect::<Vec<_>>().join(", ");
    if unique.len() > MOST { format!("{shown} and {} more", unique.len() - MOST) } else { shown }
}
