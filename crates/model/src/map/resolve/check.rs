//! Checks that need the catalogs: complete, existing, and possible.

mod action;

pub use action::hand_over_edges;
pub(super) use action::path_problem;
use action::{action_problems, clear_problem, file_name_problem, no_name_problem, successor_problems};

use super::problem::{Place, Problem};
use super::{Edge, MappedTable, Path, catalog_table, holds_rows, scope_kinds};
use crate::catalog::{Catalog, ColumnKind, Hazard, ReferentialAction, SourceKind, Table, TableKind};
use crate::map::parse;
use crate::map::{Action, DataMap, Subject, with_article};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

/// Every table of every source is mapped or ignored, and nothing is mapped that is not there.
pub fn completeness(map: &DataMap, catalogs: &[Catalog]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for source in &map.sources {
        let expected = source.kind != SourceKind::Files;
        if expected && !catalogs.iter().any(|catalog| catalog.source == source.name) {
            problems.push(Problem::new(Place::Source(source.name.clone(), "url"), "its catalog was not read"));
        }
    }
    for entry in &map.tables {
        let place = Place::Table(entry.table.clone());
        match catalog_table(catalogs, &entry.table).map(|table| table.kind) {
            None => problems.push(nearest(place, format!("{} does not exist", entry.table), &entry.table.name, catalogs)),
            Some(TableKind::View) => {
                problems.push(Problem::new(place, format!("{} is a view: map the tables beneath it", entry.table)));
            }
            Some(TableKind::Foreign) => problems.push(
                Problem::new(place, format!("{} lives in another server", entry.table))
                    .help("map it in a source of its own, and ignore it here with that reason"),
            ),
            Some(TableKind::MaterializedView) => problems.push(
                Problem::new(place, format!("{} is a materialised view: its rows cannot be deleted", entry.table))
                    .help("ignore it with the reason (when and by whom it is refreshed), map the tables beneath it"),
            ),
            Some(TableKind::Table | TableKind::Virtual) => {}
        }
        if map.ignore.contains_key(&entry.table) {
            problems.push(Problem::new(Place::Ignore(entry.table.clone()), format!("{} is both mapped and ignored", entry.table)));
        }
    }
    for table in map.ignore.keys() {
        if catalog_table(catalogs, table).is_none() {
            let place = Place::Ignore(table.clone());
            problems.push(nearest(place, format!("{table} does not exist"), &table.name, catalogs));
        }
    }
    for table in catalogs.iter().flat_map(|catalog| &catalog.tables).filter(|table| holds_rows(table.kind)) {
        if map.entry(&table.name).is_none() && !map.ignore.contains_key(&table.name) {
            problems.push(
                Problem::new(Place::Map, format!("{} is not in the map", table.name))
                    .help("map it under `tables`, or list it under `ignore` with a reason"),
            );
        }
    }
    problems
}

fn nearest(place: Place, message: String, name: &str, catalogs: &[Catalog]) -> Problem {
    let tables = || catalogs.iter().flat_map(|catalog| &catalog.tables);
    let close = parse::nearest(name, tables().map(|table| table.name.name.as_str()));
    // The same name elsewhere, in another schema, is no typing error but as likely.
    let meant = tables().find(|table| table.name.name == name || Some(table.name.name.as_str()) == close);
    let problem = Problem::new(place, message);
    match meant {
        Some(table) => problem.help(format!("did you mean {}?", table.name)),
        None => problem,
    }
}

pub fn subject(map: &DataMap, catalogs: &[Catalog], subject: &Subject) -> Vec<Problem> {
    let mut problems = Vec::new();
    let Some(table) = catalog_table(catalogs, &subject.table) else {
        let place = Place::Subject(subject.kind.clone(), "table");
        return vec![nearest(place, format!("{} does not exist", subject.table), &subject.table.name, catalogs)];
    };
    if map.entry(&subject.table).is_none() {
        let place = Place::Subject(subject.kind.clone(), "table");
        problems.push(Problem::new(place, format!("{} has no entry under `tables`", subject.table)));
    }
    if let Some(other) = map.subjects.iter().take_while(|other| other.kind != subject.kind).find(|other| other.table == subject.table) {
        let message = format!("{} is already the table of `{}`", subject.table, other.kind);
        problems.push(Problem::new(Place::Subject(subject.kind.clone(), "table"), message).help("one table names one kind of subject"));
    }
    for column in &subject.key {
        if table.column(column).is_none() {
            problems.push(missing_column(Place::Subject(subject.kind.clone(), "key"), table, column));
        }
    }
    let unique = table.primary_key == subject.key || table.unique_keys.contains(&subject.key);
    if !unique {
        problems.push(Problem::new(
            Place::Subject(subject.kind.clone(), "key"),
            format!("({}) is no primary or unique key of {}: it could name several subjects", subject.key.join(", "), subject.table),
        ));
    }
    if let Some(label) = subject.label.as_ref().filter(|label| table.column(label).is_none()) {
        problems.push(missing_column(Place::Subject(subject.kind.clone(), "label"), table, label));
    }
    if let Some(path) = subject.label.as_ref().and_then(|label| secret_path(map, &subject.table, label)) {
        let message = format!("`{path}` of {} is secret: as the label it would stand in every archive", subject.table);
        let place = Place::Subject(subject.kind.clone(), "label");
        problems.push(Problem::new(place, message).help("choose another column that people know the subject by, or none"));
    }
    for (name, column) in &subject.identifiers {
        let place = Place::Subject(subject.kind.clone(), "identifiers");
        match catalog_table(catalogs, name) {
            None => problems.push(nearest(place, format!("{name} does not exist"), &name.name, catalogs)),
            Some(_) if map.entry(name).is_none() => problems.push(Problem::new(place, format!("{name} is not mapped"))),
            Some(table) if table.column(column).is_none() => problems.push(missing_column(place, table, column)),
            Some(_) => {}
        }
    }
    problems
}

/// What the map says is secret of a column, if anything.
pub(super) fn secret_path<'a>(map: &'a DataMap, table: &TableName, column: &str) -> Option<&'a ColumnPath> {
    map.entry(table)?.secret.iter().find(|path| path.column == column)
}

/// No kind is within itself.
pub fn nesting(within: &[(SubjectKind, Path)]) -> Vec<Problem> {
    let outer = |kind: &SubjectKind| within.iter().find(|(inner, _)| inner == kind).map(|(_, path)| &path.kind);
    let loops = within.iter().filter(|(start, _)| {
        let mut at = start;
        (0..within.len()).any(|_| match outer(at) {
            Some(next) => {
                at = next;
                next == start
            }
            None => false,
        })
    });
    loops.map(|(kind, _)| Problem::new(Place::Subject(kind.clone(), "within"), format!("`{kind}` is within itself"))).collect()
}

fn missing_column(place: Place, table: &Table, column: &str) -> Problem {
    let problem = Problem::new(place, format!("{} has no column `{column}`", table.name));
    match parse::nearest(column, table.columns.iter().map(|known| known.name.as_str())) {
        Some(known) => problem.help(format!("did you mean `{known}`?")),
        None => {
            let known: Vec<&str> = table.columns.iter().map(|known| known.name.as_str()).collect();
            problem.help(format!("its columns are: {}", known.join(", ")))
        }
    }
}

pub fn table(map: &DataMap, catalogs: &[Catalog], edges: &[Edge], within: &[(SubjectKind, Path)], mapped: &MappedTable) -> Vec<Problem> {
    let entry = &mapped.entry;
    let table = &mapped.table;
    let field = |name: &'static str| Place::Field(entry.table.clone(), name);
    let mut problems = Vec::new();
    let kept_always = matches!(&entry.on_erase.default, Some(Action::Keep(_))) && entry.on_erase.by_kind.is_empty();
    if entry.owner.is_empty() && entry.about.is_empty() && mapped.owner.is_empty() && !kept_always {
        problems.push(
            Problem::new(Place::Table(entry.table.clone()), format!("nobody owns the rows of {}", entry.table))
                .help("write an `owner`, or `keep` with a ground, or list the table under `ignore`"),
        );
    }
    if let Some(subject) = map.subjects.iter().find(|subject| subject.table == entry.table).filter(|_| !entry.owner.is_empty()) {
        problems.push(
            Problem::new(field("owner"), format!("{} is the table of `{}`: its rows own themselves", entry.table, subject.kind))
                .help("say under `subjects` what it is `within`, or write `about` for whom it speaks of"),
        );
    }
    match &entry.category {
        None if !kept_always => {
            problems.push(Problem::new(Place::Table(entry.table.clone()), format!("{} has no category", entry.table)));
        }
        Some(category) if map.category(category).is_none() => {
            problems.push(Problem::new(field("category"), format!("`{category}` is no category of this map")));
        }
        _ => {}
    }
    for reference in &entry.references {
        let columns = reference.columns.iter().chain(reference.when.iter().map(|(column, _)| column));
        problems.extend(columns.filter_map(|path| path_problem(field("references"), table, path)));
        match catalog_table(catalogs, &reference.to) {
            None => problems.push(nearest(field("references"), format!("{} does not exist", reference.to), &reference.to.name, catalogs)),
            Some(target) => {
                let missing = reference.referenced.iter().filter(|column| target.column(column).is_none());
                problems.extend(missing.map(|column| missing_column(field("references"), target, column)));
            }
        }
        if reference.columns.len() != reference.referenced.len() {
            problems.push(Problem::new(field("references"), "as many columns must point as are pointed to"));
        }
    }
    for column in &entry.unlink {
        match table.column(column) {
            None => problems.push(missing_column(field("unlink"), table, column)),
            Some(known) => {
                problems.extend(clear_problem(field("unlink"), table, known));
                let points = edges.iter().any(|edge| edge.from == entry.table && edge.columns.contains(&ColumnPath::column(column)));
                if !points {
                    problems.push(
                        Problem::new(field("unlink"), format!("`{column}` points to no table"))
                            .help("`unlink` takes columns of a foreign key or of a declared reference"),
                    );
                }
                problems.extend(file_name_problem(field("unlink"), mapped, column));
            }
        }
    }
    problems.extend(entry.secret.iter().filter_map(|path| path_problem(field("secret"), table, path)));
    for file in &entry.files {
        if map.source(&file.source).is_none_or(|source| source.kind != SourceKind::Files) {
            problems.push(Problem::new(field("files"), format!("`{}` is no source of kind files", file.source)));
        }
        match table.column(&file.column) {
            None => problems.push(missing_column(field("files"), table, &file.column)),
            Some(column) => {
                problems.extend(no_name_problem(field("files"), map, table, column));
                if let Some(path) = secret_path(map, &entry.table, &file.column) {
                    let message = format!("`{path}` of {} is secret: as the name of a file it would stand in every archive", entry.table);
                    problems.push(Problem::new(field("files"), message).help("leave it out of `secret`, or out of `files`"));
                }
            }
        }
    }
    problems.extend(triggers(mapped));
    problems.extend(hazards(mapped));
    for kind in entry.on_erase.by_kind.keys().filter(|kind| map.subject(kind).is_none()) {
        problems.push(Problem::new(field("on_erase"), format!("`{kind}` is no subject of this map")));
    }
    for kind in map.subjects.iter().map(|subject| &subject.kind) {
        let kinds = scope_kinds(within, kind);
        let concerned = |path: &Path| kinds.contains(&path.kind);
        // A row that speaks of a subject is somebody else's: it goes only where somebody has written so, for every kind whose erasure
        // takes that subject along.
        let spoken_of = mapped.about.iter().find(|path| concerned(path));
        let explicit = entry.on_erase.by_kind.contains_key(kind) || entry.on_erase.default.is_some();
        if let Some(path) = spoken_of.filter(|_| !explicit) {
            let named = with_article(kind.as_str());
            let message = match path.kind == *kind {
                true => format!("the map does not say what erasing {named} does to {}, which speaks of it", entry.table),
                false => format!(
                    "the map does not say what erasing {named} does to {}, which speaks of {} in it",
                    entry.table,
                    with_article(path.kind.as_str())
                ),
            };
            problems.push(Problem::new(field("on_erase"), message).help(format!("write `on_erase: {{ {kind}: … }}`")));
        }
        if spoken_of.is_some() || mapped.owner.iter().any(concerned) {
            problems.extend(successor_problems(map, edges, mapped, kind));
        }
    }
    let actions = entry.on_erase.default.iter().chain(entry.on_erase.by_kind.values());
    for action in actions {
        problems.extend(action_problems(map, edges, mapped, action));
    }
    problems
}

/// A trigger can reach rows that no plan speaks of, so that somebody must have read it.
fn triggers(mapped: &MappedTable) -> Vec<Problem> {
    let field = || Place::Field(mapped.entry.table.clone(), "triggers");
    let unread = mapped
        .table
        .triggers
        .iter()
        .filter(|trigger| (trigger.on_delete || trigger.on_update) && !mapped.entry.triggers.contains_key(&trigger.name));
    let mut problems: Vec<Problem> = unread
        .map(|trigger| {
            Problem::new(field(), format!("the trigger `{}` on {} may reach rows outside a plan", trigger.name, mapped.entry.table))
                .help(format!("read it, then say what it does: `triggers: {{ {}: \"…\" }}`", trigger.name))
        })
        .collect();
    let known = |name: &String| mapped.table.triggers.iter().any(|trigger| trigger.name == *name);
    let gone = mapped.entry.triggers.keys().filter(|name| !known(name));
    problems.extend(gone.map(|name| Problem::new(field(), format!("{} has no trigger `{name}`", mapped.entry.table))));
    problems
}

/// No row is found by a column in which different texts count as equal: the two sides of a reference could disagree on which rows
/// belong together, and rows of somebody else be taken, or missed.
pub fn loose_comparisons(map: &DataMap, catalogs: &[Catalog], edges: &[Edge]) -> Vec<Problem> {
    let mut problems = Vec::new();
    for table in catalogs.iter().flat_map(|catalog| &catalog.tables) {
        let entry = map.entry(&table.name);
        for hazard in &table.hazards {
            let Hazard::LooseComparison { column, .. } = hazard else { continue };
            // A condition on the row counts as well: a type of another spelling would make a reference of what is none.
            let looks_at =
                |edge: &Edge| edge.columns.iter().chain(edge.when.iter().map(|(path, _)| path)).any(|path| path.column == *column);
            let points = |edge: &&Edge| edge.from == table.name && looks_at(edge);
            let pointed_to = |edge: &&Edge| edge.to == table.name && edge.referenced.contains(column);
            let mapped = |name: &TableName| map.entry(name).is_some();
            let found_by = edges.iter().find(|edge| (points(edge) || pointed_to(edge)) && (mapped(&edge.from) || mapped(&edge.to)));
            let names = map.subjects.iter().any(|subject| subject.table == table.name && subject.key.contains(column));
            let reason = match found_by {
                Some(edge) => format!("rows are found by it ({})", edge.describe()),
                None if names => "it names a subject".to_owned(),
                None => continue,
            };
            let place = if entry.is_some() { Place::Table(table.name.clone()) } else { Place::Ignore(table.name.clone()) };
            problems.push(
                Problem::new(place, format!("{} cannot be counted on: {hazard}, and {reason}", table.name))
                    .help("give the column a comparison by bytes (COLLATE BINARY, a deterministic collation, text for citext)"),
            );
        }
    }
    problems
}

/// SQLite takes the text `007` and the number 7 for the same, and PostgreSQL large whole numbers for the floating-point number that is nearest:
/// a number could then belong to two rows.
pub fn folded_numbers(map: &DataMap, catalogs: &[Catalog], edges: &[Edge]) -> Vec<Problem> {
    let of_sqlite = |table: &TableName| catalogs.iter().any(|catalog| catalog.source == table.source && catalog.kind == SourceKind::Sqlite);
    let is_number = |kind: &ColumnKind| matches!(kind, ColumnKind::Integer | ColumnKind::Float | ColumnKind::Decimal);
    let mapped = |edge: &Edge| map.entry(&edge.from).is_some() && map.entry(&edge.to).is_some();
    let mut problems = Vec::new();
    for edge in edges.iter().filter(|edge| mapped(edge) && edge.from.source == edge.to.source) {
        let sqlite = of_sqlite(&edge.from);
        for (from, to) in edge.sides(catalogs).into_iter().flatten() {
            let floats = [from, to].into_iter().filter(|column| column.kind == ColumnKind::Float).count();
            if !sqlite && floats == 1 && is_number(&from.kind) && is_number(&to.kind) {
                let message = format!(
                    "one of `{}` of {} and `{}` of {} holds floating-point numbers: several large keys would be the same",
                    from.name, edge.from, to.name, edge.to
                );
                problems.push(Problem::new(Place::Table(edge.from.clone()), message).help("give both columns the same type"));
            }
            if !sqlite || !is_number(&from.kind) || to.kind != ColumnKind::Text {
                continue;
            }
            let message = format!(
                "`{}` of {} holds numbers, and `{}` of {} texts: 007 and 7 would be one row's",
                from.name, edge.from, to.name, edge.to
            );
            problems.push(Problem::new(Place::Table(edge.from.clone()), message).help("give both columns the same type"));
        }
    }
    problems
}

/// What would make statements do something else than they say. Only a reference that the database itself defends is harmless.
fn hazards(mapped: &MappedTable) -> Vec<Problem> {
    let harmful = mapped.table.hazards.iter().filter(|hazard| match hazard {
        Hazard::ReferencedFromOutside { on_delete: ReferentialAction::NoAction | ReferentialAction::Restrict, .. } => false,
        Hazard::ReferencedFromOutside { .. }
        | Hazard::RowSecurity
        | Hazard::Rule { .. }
        | Hazard::Inherited { .. }
        | Hazard::NullKeys
        | Hazard::ForeignPartition { .. } => true,
        // It matters only in columns by which rows are found: see `loose_comparisons`.
        Hazard::LooseComparison { .. } => false,
    });
    let table = &mapped.entry.table;
    harmful
        .map(|hazard| {
            let problem = Problem::new(Place::Table(table.clone()), format!("{table} cannot be counted on: {hazard}"));
            problem.help(match hazard {
                Hazard::RowSecurity => "connect as a role that sees every row: the table's owner, or one with BYPASSRLS",
                Hazard::Rule { .. } => "drop the rule, or use a trigger, which the map can name",
                Hazard::Inherited { .. } => "partition the table instead, or ignore it with the reason and handle it by hand",
                Hazard::NullKeys => "give these rows a key: without one they would be missed",
                Hazard::ForeignPartition { .. } => "map that server as a source of its own",
                Hazard::LooseComparison { .. } => "compare texts byte by byte",
                Hazard::ReferencedFromOutside { .. } => "add the schema of that table to the source's `schemas` in the map",
            })
        })
        .collect()
}
