//! The whole way against the oracle: map text, live catalog, planner, and the statements in a real database.
//!
//! What an export streams is read back from its CSV; after an erasure every row of every table is compared with what must be there.

use std::collections::BTreeSet;
use std::path::Path;

use exeunt_model::catalog::SourceKind;
use exeunt_model::map::parse::parse;
use exeunt_model::map::resolve::{Scheme, resolve};
use exeunt_model::names::{SourceName, SubjectKind, TableName};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::{Outline, Profile, Work};
use exeunt_model::selection::Condition;
use exeunt_sources::{ChangeValues, Database, Keys, Look, Read};
use exeunt_testkit::oracle::evaluate::{self, Outcome, Request};
use exeunt_testkit::oracle::hunt::hunt;
use exeunt_testkit::oracle::loose::loosen;
use exeunt_testkit::oracle::place::{Place, categories, choices, key_of, memory_folder, no_row_key, read_csv, table_number, told};
use exeunt_testkit::oracle::world::World;
use exeunt_testkit::oracle::{compare, sql, yaml};
use exeunt_testkit::postgres::Server;

const SQLITE_WORLDS: u64 = 400;
const POSTGRES_WORLDS: u64 = 60;

#[test]
fn sqlite_holds_what_the_oracle_says() {
    let folder = memory_folder();
    let place = Place::Sqlite(folder.path().join("world.db"));
    hunt(SQLITE_WORLDS, &mut |world, request| check(world, request, &place));
}

#[test]
fn postgres_holds_what_the_oracle_says() {
    let database = Server::shared().database();
    // An odd time zone and language of the server must not show in anything.
    let settings =
        format!("ALTER DATABASE \"{0}\" SET timezone = 'Asia/Kathmandu'; ALTER DATABASE \"{0}\" SET datestyle = 'German'", database.name());
    database.client().batch_execute(&settings).expect("set time zone and date style");
    let place = Place::Postgres(&database);
    hunt(POSTGRES_WORLDS, &mut |world, request| check(world, request, &place));
}

#[test]
fn columns_that_compare_loosely_are_refused_or_change_nothing() {
    let folder = memory_folder();
    let sqlite = Place::Sqlite(folder.path().join("world.db"));
    hunt(SQLITE_WORLDS / 2, &mut |world, request| check_loosened(world, request, &sqlite));
    let database = Server::shared().database();
    hunt(POSTGRES_WORLDS / 3, &mut |world, request| check_loosened(world, request, &Place::Postgres(&database)));
}

fn check_loosened(world: &World, request: &Request, place: &Place<'_>) -> Result<String, String> {
    let mut world = world.clone();
    let used = match loosen(&mut world, place.dialect()) {
        None => return Ok("no text to loosen".to_owned()),
        Some(used) => used,
    };
    match (used, check(&world, request, place)) {
        (true, Err(told)) if told.contains("count as equal") => Ok("refused by the map's check".to_owned()),
        (true, outcome) => Err(format!("not refused: {outcome:?}")),
        (false, outcome) => outcome,
    }
}

/// Exports and erases; a third of the worlds a few rows at a time.
fn check(world: &World, request: &Request, place: &Place<'_>) -> Result<String, String> {
    place.lay_out(world)?;
    let text = yaml::data_map(world, place.dialect(), &place.url());
    let parsed = parse(&text).map_err(told)?;
    let kind = match place {
        Place::Sqlite(_) => SourceKind::Sqlite,
        Place::Postgres(_) => SourceKind::Postgres,
    };
    let database = Database::new(SourceName::new("app"), kind, &place.url(), &[], Path::new("/")).map_err(told)?;
    let catalog = database.reader().and_then(|mut reader| reader.introspect()).map_err(told)?;
    let scheme = resolve(&parsed.map, &[catalog]).map_err(told)?;
    export(world, request, &database, &scheme).map_err(|problem| format!("export {problem}"))?;
    compare::unchanged(world, &compare::initial(world), &place.snapshot(world)?)
        .map_err(|problem| format!("export changed rows: {problem}"))?;
    let batches = (world.tables.len() + request.kind).is_multiple_of(3);
    erase(world, request, place, &database, &scheme, batches)
}

fn keys(world: &World, request: &Request) -> Keys {
    Keys { subject: key_of(world, request, request.subject), carried: Vec::new() }
}

fn export(world: &World, request: &Request, database: &Database, scheme: &Scheme) -> Result<(), String> {
    let kind = SubjectKind::new(&world.subjects[request.kind].kind);
    let chosen = categories(world, request);
    let asked = Asked { kind: &kind, profile: Profile::Symmetric, categories: chosen.as_deref(), choices: &[], facts: &[] };
    let outline = planner::export(scheme, &asked).map_err(told)?;
    let want = evaluate::export(world, request, true);
    let mut reader = database.reader().map_err(told)?;
    let keys = keys(world, request);
    let conditions: Vec<(&TableName, &Condition)> = outline.steps.iter().map(|step| (&step.table, &step.condition)).collect();
    let counts = reader.count_all(&outline.sets, &conditions, &keys).map_err(|error| format!("count {error:?}"))?;
    let mut seen = BTreeSet::new();
    for (step, count) in outline.steps.iter().zip(counts) {
        let Work::Read { columns, secret_paths, .. } = &step.work else { return Err("a step that does not read".to_owned()) };
        let number = table_number(world, &step.table);
        seen.insert(number);
        let table = &world.tables[number];
        let read = Read { table: &step.table, columns, secret_paths, condition: &step.condition };
        let mut csv = Vec::new();
        let streamed = reader.stream_csv(&outline.sets, &read, &keys, &mut csv).map_err(|error| format!("stream {error:?}"))?;
        let numbers: Vec<usize> = columns
            .iter()
            .map(|name| table.columns.iter().position(|column| column.name == *name).expect("a column of the table"))
            .collect();
        let got: Vec<Vec<Option<String>>> = read_csv(&csv)
            .into_iter()
            .map(|row| {
                row.into_iter().zip(&numbers).map(|(text, number)| Some(sql::canonical(table.columns[*number].kind, &text?))).collect()
            })
            .collect();
        let secret = world.mapped(number).map(|mapped| mapped.secret.clone()).unwrap_or_default();
        if secret.iter().any(|place| numbers.contains(&place.column)) {
            return Err(format!("{} shows a secret column", step.table));
        }
        let rows = want.get(&number).cloned().unwrap_or_default();
        let want: Vec<Vec<Option<String>>> =
            rows.iter().map(|row| numbers.iter().map(|number| world.row(*row)[*number].canonical()).collect()).collect();
        if numbers.len() + secret.len() != table.columns.len() {
            return Err(format!("{} lacks a column", step.table));
        }
        let difference = compare::difference(&want, &got);
        if !difference.is_empty() || count != want.len() as u64 || streamed.rows != count {
            return Err(format!("of {}: counted {count}, streamed {}, difference {difference:?}", step.table, streamed.rows));
        }
    }
    let missed: Vec<_> = want.iter().filter(|(table, rows)| !rows.is_empty() && !seen.contains(table)).collect();
    if missed.is_empty() { Ok(()) } else { Err(format!("leaves out {missed:?}")) }
}

fn erase(
    world: &World,
    request: &Request,
    place: &Place<'_>,
    database: &Database,
    scheme: &Scheme,
    batches: bool,
) -> Result<String, String> {
    let kind = SubjectKind::new(&world.subjects[request.kind].kind);
    let choices = choices(world, request);
    let chosen = categories(world, request);
    let asked = Asked { kind: &kind, profile: Profile::Documented, categories: chosen.as_deref(), choices: &choices, facts: &[] };
    let outline = match planner::erase(scheme, &asked) {
        Ok(outline) => outline,
        Err(planner::Error::NoRowKey { table }) => return no_row_key(world, &table),
        Err(error) => return Err(told(error)),
    };
    let keys = keys(world, request);
    let counts = Counts::read(&outline, database, &keys)?;
    let want = evaluate::erase(world, request);
    let erased = match want {
        Outcome::Refused(_) if counts.guards.iter().any(|count| *count > 0) => return Ok("refused".to_owned()),
        Outcome::Refused(references) => return Err(format!("should be refused: {references:?}")),
        Outcome::Erased(_) if counts.guards.iter().any(|count| *count > 0) => return Err(format!("refused: guards {:?}", counts.guards)),
        Outcome::Erased(erased) => erased,
    };

    let mut eraser = database.eraser().map_err(told)?;
    eraser.begin().map_err(told)?;
    eraser.fill_keys(&outline.sets, &keys).map_err(|error| format!("fill keys: {error:?}"))?;
    let conditions: Vec<(&TableName, &Condition)> = outline.steps.iter().map(|step| (&step.table, &step.condition)).collect();
    let counted = eraser.count_all(&outline.sets, &conditions, &keys).map_err(|error| format!("count with kept keys: {error:?}"))?;
    if counted != counts.steps {
        return Err(format!("counts differ: planned {:?}, with kept keys {counted:?}", counts.steps));
    }
    let successor = request.successor.map(|row| key_of(world, request, row));
    let values = ChangeValues { successor, pseudonym_secret: [7; 32] };
    for (step, planned) in outline.steps.iter().zip(&counts.steps) {
        let affected = if batches && matches!(step.work, Work::Delete { .. }) {
            let mut total = 0;
            loop {
                let some = eraser
                    .apply_batch(&outline.sets, step, 2, &keys)
                    .map_err(|error| format!("{} in batches: {error:?}", step.work.word()))?;
                total += some;
                if some == 0 {
                    break total;
                }
            }
        } else {
            let affected =
                eraser.apply(&outline.sets, &[step], &keys, &values).map_err(|error| format!("{}: {error:?}", step.work.word()))?;
            affected.iter().sum()
        };
        if affected != *planned {
            return Err(format!("affected: {} {} planned {planned}, affected {affected}", step.work.word(), step.table));
        }
    }
    let deletes = || outline.steps.iter().filter(|step| matches!(step.work, Work::Delete { .. }));
    let conditions: Vec<(&TableName, &Condition)> = deletes().map(|step| (&step.table, &step.condition)).collect();
    for moment in ["before", "after"] {
        let left = eraser.count_all(&outline.sets, &conditions, &keys).map_err(|error| format!("recount: {error:?}"))?;
        if left.iter().any(|count| *count > 0) {
            return Err(format!("recount: {left:?} left {moment} the commit"));
        }
        if moment == "before" {
            eraser.commit().map_err(|error| format!("commit: {error:?}"))?;
        }
    }
    drop(eraser);
    compare::after(world, &erased, &place.snapshot(world)?).map_err(|problem| format!("rows differ: {problem}"))?;
    let kept = erased.kept_by_ground.len() + erased.kept_for_others.len();
    if counts.kept.iter().sum::<u64>() != kept as u64 {
        return Err(format!("kept: {:?}, should be {kept}", counts.kept));
    }
    let chosen = if request.categories.is_some() { "some categories: " } else { "" };
    Ok(format!("{chosen}{}", if erased.deleted.len() > 1 { "several deleted" } else { "erased" }))
}

/// Counts as a plan has them, read before anything is erased.
struct Counts {
    steps: Vec<u64>,
    kept: Vec<u64>,
    guards: Vec<u64>,
}

impl Counts {
    fn read(outline: &Outline, database: &Database, keys: &Keys) -> Result<Self, String> {
        let steps = outline.steps.iter().map(|step| (&step.table, &step.condition));
        let kept = outline.kept.iter().map(|kept| (&kept.table, &kept.condition));
        let guards = outline.guards.iter().map(|guard| (&guard.table, &guard.condition));
        let conditions: Vec<(&TableName, &Condition)> = steps.chain(kept).chain(guards).collect();
        let mut reader = database.reader().map_err(told)?;
        let mut counts = reader.count_all(&outline.sets, &conditions, keys).map_err(|error| format!("count {error:?}"))?;
        let guards = counts.split_off(outline.steps.len() + outline.kept.len());
        let kept = counts.split_off(outline.steps.len());
        Ok(Self { steps: counts, kept, guards })
    }
}
