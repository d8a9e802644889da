//! What a map means for one table, in plain words: whose rows, what an export does, what erasing each kind of subject does, what stays
//! and why, and what lies near.

mod directory;

use serde::Serialize;

use crate::catalog::ReferentialAction;
use crate::map::resolve::{Edge, Link, MappedTable, Path, Scheme};
use crate::map::with_article;
use crate::map::{Action, Change, ExportDisposition, Ground, Subject};
use crate::names::{CategoryName, SubjectKind, TableName};
use crate::selection::ColumnPath;

pub use directory::directory;

/// Everything a person should know of one table before they rely on the map.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Explanation {
    pub table: TableName,
    /// `None` for ignored and for kept, unowned tables.
    pub category: Option<CategoryName>,
    /// What people read: the table's label or the category's.
    pub title: String,
    /// Whose rows these are, and by which path.
    pub owners: Vec<String>,
    pub export: Vec<String>,
    /// For each kind of subject what erasing one does.
    pub erase: Vec<Erasure>,
    /// What stays, and why.
    pub stays: Vec<String>,
    /// References to and from the table, cascades and triggers.
    pub near: Vec<String>,
    /// What the directory reads from it, for the tables of contracts and seats.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub directory: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Erasure {
    pub kind: SubjectKind,
    /// `delete`, `keep`, `change`, `hand_over`, `choose`, or `nothing` where the table has no rows of this kind.
    pub action: String,
    pub says: String,
}

/// Explains a mapped or ignored table; `None` where the map knows no such table.
pub fn explain(scheme: &Scheme, table: &TableName) -> Option<Explanation> {
    if let Some(reason) = scheme.map.ignore.get(table) {
        return Some(Explanation {
            table: table.clone(),
            category: None,
            title: "ignored".to_owned(),
            owners: vec![format!("nobody's: {reason}")],
            export: vec!["never exported".to_owned()],
            erase: Vec::new(),
            stays: vec!["all rows stay, whoever is erased".to_owned()],
            near: near(scheme, table),
            directory: Vec::new(),
        });
    }
    let mapped = scheme.table(table)?;
    let category = mapped.entry.category.as_ref().and_then(|name| scheme.map.category(name));
    let title = mapped.entry.label.clone().or_else(|| category.map(|category| category.label.clone())).unwrap_or_else(|| "kept".to_owned());
    Some(Explanation {
        table: table.clone(),
        category: mapped.entry.category.clone(),
        title,
        owners: owners(scheme, mapped),
        export: export(scheme, mapped),
        erase: scheme.map.subjects.iter().map(|subject| erasure(scheme, mapped, subject)).collect(),
        stays: stays(mapped),
        near: near(scheme, table).into_iter().chain(triggers(mapped)).collect(),
        directory: directory::of_table(scheme, table),
    })
}

/// Every table of the map, in its order, the ignored ones last.
pub fn explain_all(scheme: &Scheme) -> Vec<Explanation> {
    let mapped = scheme.tables.iter().map(|mapped| &mapped.entry.table);
    mapped.chain(scheme.map.ignore.keys()).filter_map(|table| explain(scheme, table)).collect()
}

fn owners(scheme: &Scheme, mapped: &MappedTable) -> Vec<String> {
    let mut lines = Vec::new();
    for path in &mapped.owner {
        lines.push(owned(path));
        let mut kind = &path.kind;
        while let Some(outer) = scheme.within(kind) {
            lines.push(format!("and with that {kind} to its {} ({})", outer.kind, outer.describe()));
            kind = &outer.kind;
        }
    }
    for path in &mapped.about {
        lines.push(spoken_of(path));
    }
    if lines.is_empty() {
        lines.push("nobody's: the map names no owner".to_owned());
    }
    lines
}

/// An owner path in words: `each row belongs to the seat found by owner_seat_id → app.seat`.
pub fn owned(path: &Path) -> String {
    if path.hops.is_empty() {
        format!("each row is {}", with_article(path.kind.as_str()))
    } else if path.is_functional() {
        format!("each row belongs to the {} found by {}", path.kind, path.describe())
    } else {
        format!("each row belongs to every {} found by {}", path.kind, path.describe())
    }
}

/// A path to whom the rows speak of, in words.
pub fn spoken_of(path: &Path) -> String {
    format!("each row speaks of the {} found by {}, without belonging to them", path.kind, path.describe())
}

fn export(scheme: &Scheme, mapped: &MappedTable) -> Vec<String> {
    let entry = &mapped.entry;
    let Some(category) = entry.category.as_ref().and_then(|name| scheme.map.category(name)) else {
        return vec!["never exported: it has no category".to_owned()];
    };
    if mapped.owner.is_empty() && mapped.about.is_empty() {
        return vec!["never exported: no row can be said to be anybody's".to_owned()];
    }
    let mut lines = vec![match category.export {
        ExportDisposition::Included => format!("part of every export, as {}", category.label),
        ExportDisposition::OnRequest => {
            format!(
                "part of exports under the symmetric profile, as {}; under the documented one it is given out on request only",
                category.label
            )
        }
        ExportDisposition::Excluded => format!("never exported: the category {} is excluded", category.label),
    }];
    if category.export == ExportDisposition::Excluded {
        return lines;
    }
    for applies in &category.applies {
        lines.push(format!("only where {} of the {} is {}", applies.column, applies.kind, applies.values.join(" or ")));
    }
    if !entry.secret.is_empty() {
        lines.push(format!("without the secret {}", columns(&entry.secret)));
    }
    for file in &entry.files {
        lines.push(format!("with the files of {} that {} names", file.source, file.column));
    }
    lines
}

fn erasure(scheme: &Scheme, mapped: &MappedTable, subject: &Subject) -> Erasure {
    let kind = &subject.kind;
    let scope = scheme.scope_kinds(kind);
    let claims = |paths: &[Path]| paths.iter().any(|path| scope.contains(&path.kind));
    let (owned, about) = (claims(&mapped.owner), claims(&mapped.about));
    let action = mapped.entry.on_erase.for_kind(kind);
    if !owned && !about {
        let says = match action {
            Action::Keep(ground) => format!("leaves all rows as they are: {}", ground_words(ground)),
            Action::Delete | Action::Change(_) | Action::HandOver { .. } | Action::Choose(_) => "touches no row".to_owned(),
        };
        return Erasure { kind: kind.clone(), action: "nothing".to_owned(), says };
    }
    let rows = match (owned, about) {
        (true, true) => format!("the rows of the {kind} and those that speak of them"),
        (true, false) => format!("the rows of the {kind}"),
        (false, _) => format!("the rows that speak of the {kind}"),
    };
    Erasure { kind: kind.clone(), action: action.word().to_owned(), says: action_words(mapped, action, &rows) }
}

fn action_words(mapped: &MappedTable, action: &Action, rows: &str) -> String {
    match action {
        Action::Delete => {
            let files: Vec<String> = mapped.entry.files.iter().map(|file| file.source.to_string()).collect();
            let files =
                if files.is_empty() { String::new() } else { format!(", then the files in {} that only they name", files.join(" and ")) };
            format!("deletes {rows}{files}")
        }
        Action::Keep(ground) => format!("leaves {rows} as they are: {}", ground_words(ground)),
        Action::Change(changes) => format!("keeps {rows} and {}", changes_words(changes)),
        Action::HandOver { column } => format!("keeps {rows} and writes the successor's key into {column}"),
        Action::Choose(actions) => {
            let choices: Vec<String> =
                actions.iter().map(|choice| format!("`{}` {}", choice.word(), action_words(mapped, choice, rows))).collect();
            format!("asks the requester to choose: {}", choices.join("; or "))
        }
    }
}

fn ground_words(ground: &Ground) -> String {
    match &ground.until {
        None => ground.ground.clone(),
        Some(until) => {
            let part = |number: u32, noun: &str| match number {
                0 => None,
                1 => Some(format!("1 {noun}")),
                many => Some(format!("{many} {noun}s")),
            };
            let span: Vec<String> =
                [part(until.years, "year"), part(until.months, "month"), part(until.days, "day")].into_iter().flatten().collect();
            format!("{}, until {} after the latest {}", ground.ground, span.join(" and "), until.column)
        }
    }
}

fn changes_words(changes: &[(ColumnPath, Change)]) -> String {
    let these = |wanted: fn(&Change) -> bool| -> Vec<ColumnPath> {
        changes.iter().filter(|(_, change)| wanted(change)).map(|(path, _)| path.clone()).collect()
    };
    let mut parts = Vec::new();
    let cleared = these(|change| matches!(change, Change::Clear));
    if !cleared.is_empty() {
        parts.push(format!("clears {}", columns(&cleared)));
    }
    let pseudonyms = these(|change| matches!(change, Change::Pseudonym));
    if !pseudonyms.is_empty() {
        parts.push(format!("puts pseudonyms into {}", columns(&pseudonyms)));
    }
    for (path, change) in changes {
        if let Change::Constant(text) = change {
            parts.push(format!("writes \"{text}\" into {path}"));
        }
    }
    parts.join(", ")
}

fn stays(mapped: &MappedTable) -> Vec<String> {
    let entry = &mapped.entry;
    let mut lines = Vec::new();
    let several = mapped.owner.len() > 1 || mapped.owner.iter().any(|path| !path.is_functional());
    if several && entry.erase_shared {
        lines.push("a row with several owners goes with the first of them (`shared: erase`)".to_owned());
    } else if several {
        lines.push("a row with several owners stays until the last of them goes".to_owned());
    }
    let kept = |action: &Action| matches!(action, Action::Keep(_));
    let all_kept = entry.on_erase.default.as_ref().is_some_and(kept) && entry.on_erase.by_kind.values().all(kept);
    if all_kept {
        lines.push("no row ever goes".to_owned());
    }
    if !entry.unlink.is_empty() {
        lines.push(format!("a row that stays forgets, in {}, the row that goes", entry.unlink.join(", ")));
    }
    lines
}

fn near(scheme: &Scheme, table: &TableName) -> Vec<String> {
    let mut lines = Vec::new();
    for edge in &scheme.edges {
        if edge.to == *table {
            lines.push(format!("{} points here{}: {}", columns_of(edge), when(edge), effect(edge)));
        } else if edge.from == *table && edge.on_delete == Some(ReferentialAction::Cascade) {
            lines.push(format!("{} of this table points to {}: a row there takes its rows here along", columns(&edge.columns), edge.to));
        }
    }
    lines
}

fn effect(edge: &Edge) -> &'static str {
    match edge.on_delete {
        Some(ReferentialAction::Cascade) => "its rows would go along (ON DELETE CASCADE), so a plan must speak of every one of them",
        Some(ReferentialAction::SetNull) => "the database would clear it (ON DELETE SET NULL), so a plan must speak of every such row",
        Some(ReferentialAction::SetDefault) => {
            "the database would reset it (ON DELETE SET DEFAULT), so a plan must speak of every such row"
        }
        Some(ReferentialAction::NoAction | ReferentialAction::Restrict) => "the database refuses to delete a row that is still pointed to",
        None => "only the map knows of it, so a plan makes sure that it points nowhere into the void",
    }
}

fn triggers(mapped: &MappedTable) -> Vec<String> {
    let says = |name: &String| mapped.entry.triggers.get(name).map_or_else(|| "not read yet".to_owned(), Clone::clone);
    let fires = mapped.table.triggers.iter();
    fires.map(|trigger| format!("trigger {} fires here: {}", trigger.name, says(&trigger.name))).collect()
}

fn when(edge: &Edge) -> String {
    if edge.when.is_empty() {
        return String::new();
    }
    let conditions: Vec<String> = edge.when.iter().map(|(column, text)| format!("{column} is {text}")).collect();
    format!(" where {}", conditions.join(" and "))
}

fn columns_of(edge: &Edge) -> String {
    format!("{}({})", edge.from, columns(&edge.columns))
}

fn columns(paths: &[ColumnPath]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

impl Explanation {
    /// The explanation as a person reads it.
    pub fn text(&self) -> String {
        let mut text = format!("{} · {}\n", self.table, self.title);
        let mut section = |title: &str, lines: &[String]| {
            if !lines.is_empty() {
                text += &format!("\n  {title}\n");
                lines.iter().for_each(|line| text += &format!("    {line}\n"));
            }
        };
        section("Whose rows", &self.owners);
        section("Export", &self.export);
        let erase: Vec<String> =
            self.erase.iter().map(|erasure| format!("erasing {} {}", with_article(erasure.kind.as_str()), erasure.says)).collect();
        section("Erasure", &erase);
        section("What stays", &self.stays);
        section("Near it", &self.near);
        section("Directory", &self.directory);
        text
    }

    /// How the rows are found, in few words.
    pub fn owners_in_short(&self, scheme: &Scheme) -> String {
        let Some(mapped) = scheme.table(&self.table) else { return String::new() };
        let short = |path: &Path| match path.hops.as_slice() {
            [] => format!("is {}", with_article(path.kind.as_str())),
            hops => {
                let hops: Vec<String> = hops.iter().map(short_hop).collect();
                format!("{} via {}", path.kind, hops.join("."))
            }
        };
        let owners = mapped.owner.iter().map(short);
        let about = mapped.about.iter().map(|path| format!("about {}", short(path)));
        owners.chain(about).collect::<Vec<_>>().join(", ")
    }
}

fn short_hop(hop: &Link) -> String {
    let group = |columns: String, many: bool| if many { format!("({columns})") } else { columns };
    match hop {
        Link::Forward { columns: list, .. } => group(columns(list), list.len() > 1),
        Link::Up { columns: list, .. } => format!("{}*", group(list.join(","), list.len() > 1)),
        Link::Reverse { table, columns: list, .. } => format!("{}({})", table.local(), columns(list)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Trigger;
    use crate::digest::Digest;
    use crate::map::resolve::resolve;
    use crate::testing::{catalog, entry, map, name};

    fn explained(change: impl FnOnce(&mut crate::map::DataMap, &mut crate::catalog::Catalog), table: &str) -> String {
        let (mut map, mut catalog) = (map(), catalog());
        change(&mut map, &mut catalog);
        let scheme = resolve(&map, &[catalog]).unwrap();
        explain(&scheme, &name(table)).unwrap().text()
    }

    #[test]
    fn a_table_in_the_middle_is_explained_with_its_neighbours() {
        let got = explained(
            |map, catalog| {
                let seat = SubjectKind::new("seat");
                let draft = map.tables.iter_mut().find(|entry| entry.table == name("draft")).unwrap();
                let choices = vec![Action::Delete, Action::HandOver { column: "seat_id".to_owned() }];
                draft.on_erase.by_kind.insert(seat, Action::Choose(choices));
                draft.secret.push(ColumnPath::column("text"));
                draft.triggers.insert("audit".to_owned(), "writes a line to a log".to_owned());
                let table = catalog.tables.iter_mut().find(|table| table.name == name("draft")).unwrap();
                table.foreign_keys[0].on_delete = ReferentialAction::Cascade;
                table.triggers.push(Trigger {
                    name: "audit".to_owned(),
                    on_delete: true,
                    on_update: false,
                    on_insert: false,
                    definition: Digest::of_bytes(b""),
                });
            },
            "draft",
        );
        let want = "\
app.draft · Everything

  Whose rows
    each row belongs to the seat found by seat_id → app.seat
    and with that seat to its contract (contract_id → app.contract)

  Export
    part of every export, as Everything
    without the secret text

  Erasure
    erasing a contract deletes the rows of the contract
    erasing a seat asks the requester to choose: `delete` deletes the rows of the seat; or `hand_over` keeps the rows of the seat and writes the successor's key into seat_id

  Near it
    seat_id of this table points to app.seat: a row there takes its rows here along
    app.note(draft_id) points here: the database refuses to delete a row that is still pointed to
    trigger audit fires here: writes a line to a log
";
        assert_eq!(got, want);
    }

    #[test]
    fn shared_rows_and_kept_tables_say_what_stays() {
        let got = explained(|_, _| {}, "viewer");
        assert!(got.contains("each row belongs to every seat found by"), "{got}");
        assert!(got.contains("a row with several owners stays until the last of them goes"), "{got}");
        let got = explained(
            |map, catalog| {
                catalog.tables.push(crate::testing::table("invoice", &["id", "sum"]));
                let mut kept = entry("invoice", Vec::new());
                kept.category = None;
                kept.on_erase.default = Some(Action::Keep(Ground { ground: "tax law".to_owned(), until: None }));
                map.tables.push(kept);
            },
            "invoice",
        );
        assert!(got.contains("erasing a contract leaves all rows as they are: tax law\n"), "{got}");
        assert!(got.contains("no row ever goes"), "{got}");
    }

    #[test]
    fn ignored_tables_say_why() {
        let got = explained(
            |map, catalog| {
                catalog.tables.push(crate::testing::table("migration", &["id"]));
                map.ignore.insert(name("migration"), "holds no customer data".to_owned());
            },
            "migration",
        );
        assert!(got.contains("nobody's: holds no customer data"), "{got}");
        let scheme = resolve(&map(), &[catalog()]).unwrap();
        assert!(explain(&scheme, &name("nothing")).is_none());
        assert_eq!(explain_all(&scheme).len(), 8);
        let viewer = explain(&scheme, &name("viewer")).unwrap();
        assert_eq!(viewer.owners_in_short(&scheme), "seat via session(viewer_id).presentation_id.owner_seat_id");
    }
}
