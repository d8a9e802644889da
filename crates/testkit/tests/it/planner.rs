//! The planner against the oracle, without a database: its outlines are carried out on the rows in memory.
//!
//! Maps are read from their text and catalogs from real SQLite files, so that parser, catalog and resolution are part of the test. Only
//! the SQL is not; the engine's own oracle test runs that.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_model::catalog::{Catalog, SourceKind};
use exeunt_model::map::parse::parse;
use exeunt_model::map::resolve::{Scheme, resolve};
use exeunt_model::map::{Change, Ground};
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::{Effect, KeptReason, Outline, Profile, Work};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use exeunt_sources::{Database, Look};
use exeunt_testkit::oracle::evaluate::{self, After, Outcome, Request};
use exeunt_testkit::oracle::hunt::hunt;
use exeunt_testkit::oracle::place::{categories, choices, no_row_key};
use exeunt_testkit::oracle::value::{Dialect, Value};
use exeunt_testkit::oracle::world::World;
use exeunt_testkit::oracle::{sql, yaml};

const WORLDS: u64 = 400;

#[test]
fn outlines_find_the_rows_of_the_oracle() {
    let folder = tempfile::tempdir().expect("make a folder");
    hunt(WORLDS, &mut |world, request| check(world, request, folder.path()));
}

/// Plans an export and an erasure and compares both with the oracle.
fn check(world: &World, request: &Request, folder: &std::path::Path) -> Result<String, String> {
    let scheme = scheme(world, folder)?;
    export(world, &scheme, request)?;
    erase(world, &scheme, request)
}

fn scheme(world: &World, folder: &std::path::Path) -> Result<Scheme, String> {
    let text = yaml::data_map(world, Dialect::Sqlite, "sqlite:world.db");
    let parsed = parse(&text).map_err(|diagnostics| format!("{diagnostics:#?}\n{text}"))?;
    let file = folder.join("world.db");
    let connection = rusqlite::Connection::open(&file).map_err(|error| error.to_string())?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY;").map_err(|error| error.to_string())?;
    connection.execute_batch(&sql::script(world, Dialect::Sqlite)).map_err(|error| error.to_string())?;
    let url = format!("sqlite:{}", file.display());
    let database = Database::new(SourceName::new("app"), SourceKind::Sqlite, &url, &[], folder).map_err(|error| format!("{error:?}"))?;
    let catalog: Catalog = database.reader().and_then(|mut reader| reader.introspect()).map_err(|error| format!("{error:?}"))?;
    drop(connection);
    std::fs::remove_file(&file).map_err(|error| error.to_string())?;
    resolve(&parsed.map, &[catalog]).map_err(|problems| format!("{problems:#?}\n{text}"))
}

fn export(world: &World, scheme: &Scheme, request: &Request) -> Result<String, String> {
    for profile in [Profile::Documented, Profile::Symmetric] {
        let kind = SubjectKind::new(&world.subjects[request.kind].kind);
        let chosen = categories(world, request);
        let asked = Asked { kind: &kind, profile, categories: chosen.as_deref(), choices: &[], facts: &[] };
        let outline = planner::export(scheme, &asked).map_err(|error| format!("{error:?}"))?;
        let state = State::new(world, request, &outline);
        let mut got: BTreeMap<usize, BTreeSet<usize>> = BTreeMap::new();
        for step in &outline.steps {
            let table = state.table(&step.table);
            let rows = state.select(table, &step.condition);
            if got.insert(table, rows).is_some() {
                return Err(format!("{} is exported twice", step.table));
            }
        }
        let mut want: BTreeMap<usize, BTreeSet<usize>> = evaluate::export(world, request, profile == Profile::Symmetric)
            .into_iter()
            .map(|(table, rows)| (table, rows.into_iter().map(|row| row.row).collect()))
            .collect();
        // A table that nothing leads to may be left out or exported empty.
        want.retain(|_, rows| !rows.is_empty());
        got.retain(|_, rows| !rows.is_empty());
        if want != got {
            return Err(format!("{profile:?}: want {want:?}\ngot {got:?}\n{}", describe(&outline)));
        }
    }
    Ok("equal".to_owned())
}

fn erase(world: &World, scheme: &Scheme, request: &Request) -> Result<String, String> {
    let kind = SubjectKind::new(&world.subjects[request.kind].kind);
    let choices = choices(world, request);
    let chosen = categories(world, request);
    let asked = Asked { kind: &kind, profile: Profile::Documented, categories: chosen.as_deref(), choices: &choices, facts: &[] };
    let outline = match planner::erase(scheme, &asked) {
        Ok(outline) => outline,
        Err(planner::Error::NoRowKey { table }) => return no_row_key(world, &table),
        Err(error) => return Err(format!("{error:?}")),
    };
    let want = evaluate::erase(world, request);
    let mut state = State::new(world, request, &outline);
    state.keep_keys();

    let (mut refused, mut lost, mut choose) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    for guard in &outline.guards {
        let table = state.table(&guard.table);
        let rows = state.select(table, &guard.condition);
        if !rows.is_empty() {
            choose.extend(guard.choose.as_ref().map(ToString::to_string));
            if guard.effect == Effect::Orphan {
                lost.extend(rows.into_iter().map(|row| (table, row)));
                continue;
            }
            let to = state.table(&guard.references);
            let names = |path: &ColumnPath| guard.columns.contains(path);
            let references = world.tables[table].references.iter().enumerate();
            let found = references.filter(|(_, reference)| {
                reference.to == to && reference.from.iter().all(|place| names(&state.path(table, place.column, &place.json)))
            });
            refused.extend(found.map(|(number, _)| (table, number)));
        }
    }
    let kept = |state: &State<'_>, wanted: fn(&KeptReason) -> bool| -> BTreeSet<(usize, usize)> {
        let kept = outline.kept.iter().filter(|kept| wanted(&kept.reason));
        kept.flat_map(|kept| {
            let table = state.table(&kept.table);
            state.select(table, &kept.condition).into_iter().map(move |row| (table, row))
        })
        .collect()
    };
    let by_ground = kept(&state, |reason| matches!(reason, KeptReason::Ground(Ground { .. })));
    let for_others = kept(&state, |reason| matches!(reason, KeptReason::Shared | KeptReason::Follows));

    let erased = match want {
        Outcome::Refused(want) => {
            let want_lost: BTreeSet<(usize, usize)> = want.lost.iter().map(|row| (row.table, row.row)).collect();
            let want_choose: BTreeSet<String> = want.choose.iter().map(|category| world.categories[*category].name.clone()).collect();
            return if refused.is_empty() && lost.is_empty() {
                Err(format!("should be refused for {want:?}\n{}", describe(&outline)))
            } else if lost != want_lost {
                Err(format!("lost: got {lost:?}, want {want_lost:?}\n{}", describe(&outline)))
            } else if choose != want_choose {
                Err(format!("to be chosen: got {choose:?}, want {want_choose:?}\n{}", describe(&outline)))
            } else {
                Ok(if refused.is_empty() { "refused for lost rows" } else { "refused" }.to_owned())
            };
        }
        Outcome::Erased(erased) if refused.is_empty() && lost.is_empty() => erased,
        Outcome::Erased(_) => return Err(format!("refused for {refused:?} and {lost:?}, should not be\n{}", describe(&outline))),
    };
    let planned: Vec<usize> = outline.steps.iter().map(|step| state.select(state.table(&step.table), &step.condition).len()).collect();
    for (step, planned) in outline.steps.iter().zip(planned) {
        let affected = state.run(step);
        if affected != planned {
            return Err(format!("{} {}: planned {planned} rows, found {affected}\n{}", step.work.word(), step.table, describe(&outline)));
        }
    }
    let ids = |rows: &BTreeSet<evaluate::RowId>| rows.iter().map(|row| (row.table, row.row)).collect::<BTreeSet<_>>();
    let details = || describe(&outline);
    if ids(&erased.kept_by_ground) != by_ground {
        return Err(format!("kept by ground: got {by_ground:?}\n{}", details()));
    }
    if ids(&erased.kept_for_others) != for_others {
        return Err(format!("kept for others: got {for_others:?}\n{}", details()));
    }
    for (table, rows) in state.rows.iter().enumerate() {
        let got: BTreeMap<usize, Vec<Option<String>>> = rows
            .iter()
            .enumerate()
            .filter_map(|(number, row)| Some((number, row.as_ref()?.iter().map(Value::canonical).collect())))
            .collect();
        let want: BTreeMap<usize, Vec<Option<String>>> =
            erased.remaining[table].iter().map(|(row, values)| (row.row, values.iter().map(simulated).collect())).collect();
        if got != want {
            let differ = |row: &usize| got.get(row) != want.get(row);
            let rows: Vec<_> =
                (0..rows.len()).filter(differ).map(|row| format!("row {row} got {:?} want {:?}", got.get(&row), want.get(&row))).collect();
            return Err(format!("{}: {}\n{}", world.tables[table].name, rows.join("\n"), details()));
        }
    }
    if let Some(chosen) = &outline.categories {
        let gone = erased.deleted.contains(&request.subject);
        // Where the subject goes, nothing of it may be left that a later request would have to find.
        if gone && !chosen.takes_subject {
            return Err(format!("the subject goes and the plan does not say so\n{}", details()));
        }
    }
    let chosen = if request.categories.is_some() { "some categories: " } else { "" };
    Ok(format!("{chosen}{}", if erased.deleted.len() > 1 { "several deleted" } else { "erased" }))
}

const PSEUDONYM: &str = "a pseudonym";

fn simulated(after: &After) -> Option<String> {
    match after {
        After::Exactly(value) => value.canonical(),
        After::Pseudonym(_) => Some(PSEUDONYM.to_owned()),
    }
}

fn describe(outline: &Outline) -> String {
    fn lines<T: serde::Serialize>(items: &[T]) -> String {
        let items = items.iter().map(|item| serde_json::to_string(item).expect("an outline is plain data"));
        items.collect::<Vec<_>>().join("\n    ")
    }
    format!(
        "sets\n    {}\nsteps\n    {}\nkept\n    {}\nguards\n    {}",
        lines(&outline.sets),
        lines(&outline.steps),
        lines(&outline.kept),
        lines(&outline.guards),
    )
}

/// The rows in memory, and what conditions are evaluated with.
struct State<'a> {
    world: &'a World,
    subject: Vec<Option<String>>,
    successor: Option<Value>,
    sets: &'a [RowSet],
    kept_keys: BTreeMap<SetId, BTreeSet<Vec<String>>>,
    rows: Vec<Vec<Option<Vec<Value>>>>,
}

impl<'a> State<'a> {
    fn new(world: &'a World, request: &Request, outline: &'a Outline) -> Self {
        let subject = &world.subjects[request.kind];
        let key = |row| subject.key.iter().map(|column| world.row(row)[*column].clone()).collect::<Vec<_>>();
        Self {
            world,
            subject: key(request.subject).iter().map(Value::canonical).collect(),
            successor: request.successor.map(|row| key(row)[0].clone()),
            sets: &outline.sets,
            kept_keys: BTreeMap::new(),
            rows: world.rows.iter().map(|rows| rows.iter().cloned().map(Some).collect()).collect(),
        }
    }

    fn table(&self, name: &TableName) -> usize {
        self.world.tables.iter().position(|table| table.name == name.name).expect("a table of the world")
    }

    fn path(&self, table: usize, column: usize, json: &[String]) -> ColumnPath {
        ColumnPath { column: self.world.tables[table].columns[column].name.clone(), json: json.to_vec() }
    }

    fn column(&self, table: usize, name: &str) -> usize {
        self.world.tables[table].columns.iter().position(|column| column.name == name).expect("a column of the table")
    }

    fn value(&self, table: usize, row: &[Value], path: &ColumnPath) -> Option<String> {
        row[self.column(table, &path.column)].inside(&path.json).canonical()
    }

    /// Fills the key sets that later steps would take the ground from, in order.
    fn keep_keys(&mut self) {
        for set in self.sets.iter().filter(|set| set.keep_keys) {
            let tuples = self.tuples(set);
            self.kept_keys.insert(set.id, tuples);
        }
    }

    fn tuples(&self, set: &RowSet) -> BTreeSet<Vec<String>> {
        if let Some(kept) = self.kept_keys.get(&set.id) {
            return kept.clone();
        }
        let table = self.table(&set.table);
        let rows = self.select(table, &set.condition);
        let tuple = |row: usize| {
            let row = self.rows[table][row].as_ref()?;
            set.columns.iter().map(|path| self.value(table, row, path)).collect()
        };
        rows.into_iter().filter_map(tuple).collect()
    }

    fn select(&self, table: usize, condition: &Condition) -> BTreeSet<usize> {
        let sets = condition.sets().into_iter().map(|id| {
            let set = self.sets.iter().find(|set| set.id == id).expect("a set of the outline");
            (id, self.tuples(set))
        });
        let sets: BTreeMap<SetId, BTreeSet<Vec<String>>> = sets.collect();
        let rows = self.rows[table].iter().enumerate().filter_map(|(number, row)| Some((number, row.as_ref()?)));
        rows.filter(|(_, row)| self.holds(table, row, condition, &sets)).map(|(number, _)| number).collect()
    }

    fn holds(&self, table: usize, row: &[Value], condition: &Condition, sets: &BTreeMap<SetId, BTreeSet<Vec<String>>>) -> bool {
        let all = |condition: &Condition| self.holds(table, row, condition, sets);
        match condition {
            Condition::Never => false,
            Condition::Always => true,
            Condition::SubjectKey { columns, .. } => {
                columns.iter().map(|name| row[self.column(table, name)].canonical()).collect::<Vec<_>>() == self.subject
            }
            Condition::Equals { column, text } => self.value(table, row, column).as_ref() == Some(text),
            Condition::NotNull { columns } => columns.iter().all(|path| self.value(table, row, path).is_some()),
            Condition::In { columns, set } => {
                let tuple: Option<Vec<String>> = columns.iter().map(|path| self.value(table, row, path)).collect();
                tuple.is_some_and(|tuple| sets[set].contains(&tuple))
            }
            Condition::Changed { .. } => unreachable!("no plan finds rows by what it changes"),
            Condition::Closure { base, columns, referenced } => {
                self.closure(table, base, columns, referenced, sets).contains(&row.as_ptr())
            }
            Condition::All(conditions) => conditions.iter().all(all),
            Condition::Any(conditions) => conditions.iter().any(all),
            Condition::Not(condition) => !all(condition),
        }
    }

    /// Rows are told apart by where they lie in memory: tables without a key may hold equal ones.
    fn closure(
        &self,
        table: usize,
        base: &Condition,
        columns: &[String],
        referenced: &[String],
        sets: &BTreeMap<SetId, BTreeSet<Vec<String>>>,
    ) -> BTreeSet<*const Value> {
        let rows: Vec<&Vec<Value>> = self.rows[table].iter().flatten().collect();
        let mut found: BTreeSet<*const Value> =
            rows.iter().filter(|row| self.holds(table, row, base, sets)).map(|row| row.as_ptr()).collect();
        loop {
            let values = |row: &[Value], names: &[String]| -> Option<Vec<String>> {
                names.iter().map(|name| row[self.column(table, name)].canonical()).collect()
            };
            let above: BTreeSet<Vec<String>> =
                rows.iter().filter(|row| found.contains(&row.as_ptr())).filter_map(|row| values(row, referenced)).collect();
            let before = found.len();
            let below = rows.iter().filter(|row| values(row, columns).is_some_and(|key| above.contains(&key)));
            found.extend(below.map(|row| row.as_ptr()));
            if found.len() == before {
                return found;
            }
        }
    }

    /// Carries out a step; returns the number of rows.
    fn run(&mut self, step: &exeunt_model::plan::Step) -> usize {
        let table = self.table(&step.table);
        let selected = self.select(table, &step.condition);
        let affected = selected.len();
        let column = |name: &String| self.column(table, name);
        let clear: Vec<usize> = match &step.work {
            Work::Unlink { columns } | Work::BreakCycle { columns } => columns.iter().map(column).collect(),
            Work::Read { .. } | Work::HandOver { .. } | Work::Change { .. } | Work::Delete { .. } => Vec::new(),
        };
        let handed = match &step.work {
            Work::HandOver { column: name } => Some((column(name), self.successor.clone().unwrap_or(Value::Null))),
            _ => None,
        };
        let changes: Vec<(usize, ColumnPath, Change)> = match &step.work {
            Work::Change { changes } => {
                changes.iter().map(|(path, change)| (self.column(table, &path.column), path.clone(), change.clone())).collect()
            }
            _ => Vec::new(),
        };
        for number in selected {
            if matches!(step.work, Work::Delete { .. }) {
                self.rows[table][number] = None;
                continue;
            }
            let Some(row) = self.rows[table][number].as_mut() else { continue };
            clear.iter().for_each(|column| row[*column] = Value::Null);
            if let Some((column, successor)) = &handed {
                row[*column] = successor.clone();
            }
            for (column, path, change) in &changes {
                change_value(&mut row[*column], &path.json, change);
            }
        }
        affected
    }
}

fn change_value(value: &mut Value, json: &[String], change: &Change) {
    let text = match change {
        Change::Clear => None,
        Change::Constant(text) => Some(text.clone()),
        Change::Pseudonym if value.is_null() => return,
        Change::Pseudonym => Some(PSEUDONYM.to_owned()),
    };
    match json {
        [] => *value = text.map_or(Value::Null, Value::Text),
        names => evaluate::set(value, names, text.map(Value::Text).as_ref()),
    }
}
