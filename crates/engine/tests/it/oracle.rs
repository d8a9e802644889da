//! The engine against the oracle, end to end: an archive is written, verified and read back; an erasure runs to its certificate, and
//! every row of every table is compared with what must be there.
//!
//! The statements alone are tried on many more worlds in `testkit`.

use std::collections::BTreeMap;
use std::path::Path;

use exeunt_engine::archive::{Options, verify};
use exeunt_engine::erasure::{self, Means, Order, Terms};
use exeunt_engine::export::{self, Settings, Unwatched};
use exeunt_engine::planning::{self, Prepared, Snapshot, Subject};
use exeunt_engine::platform::Platform;
use exeunt_engine::replay;
use exeunt_model::archive::guard;
use exeunt_model::certificate;
use exeunt_model::certificate::Purpose as CertificatePurpose;
use exeunt_model::map::lock::Lock;
use exeunt_model::map::parse::parse;
use exeunt_model::moment::Moment;
use exeunt_model::names::SubjectKind;
use exeunt_model::plan::planner;
use exeunt_model::plan::{Profile, Purpose};
use exeunt_model::run::Ending;
use exeunt_model::tombstone::subject_hash;
use exeunt_sources::Look;
use exeunt_store::Store;
use exeunt_testkit::oracle::evaluate::{self, Outcome, Request};
use exeunt_testkit::oracle::hunt::hunt;
use exeunt_testkit::oracle::place::{Place, categories, choices, key_of, memory_folder, no_row_key, read_csv, table_number, told};
use exeunt_testkit::oracle::world::World;
use exeunt_testkit::oracle::{compare, sql, yaml};
use exeunt_testkit::postgres::Server;
use exeunt_testkit::tools;
use jiff::Timestamp;

const SQLITE_WORLDS: u64 = 60;
const POSTGRES_WORLDS: u64 = 20;

#[test]
fn sqlite_ends_as_the_oracle_says() {
    let folder = memory_folder();
    let file = folder.path().join("world.db");
    let mut number = 0;
    hunt(SQLITE_WORLDS, &mut |world, request| {
        number += 1;
        check(world, request, &Place::Sqlite(file.clone()), folder.path(), number)
    });
}

#[test]
fn postgres_ends_as_the_oracle_says() {
    let database = Server::shared().database();
    let folder = memory_folder();
    let mut number = 0;
    hunt(POSTGRES_WORLDS, &mut |world, request| {
        number += 1;
        check(world, request, &Place::Postgres(&database), folder.path(), number)
    });
}

fn now() -> Timestamp {
    Timestamp::from_second(1_764_000_000).expect("a time")
}

fn check(world: &World, request: &Request, place: &Place<'_>, folder: &Path, number: u32) -> Result<String, String> {
    place.lay_out(world)?;
    let text = yaml::data_map(world, place.dialect(), &place.url());
    let map = parse(&text).map_err(told)?.map;
    let mut platform = Platform::new(map, None, &[], folder).map_err(told)?;
    let catalogs = platform.databases.iter().map(|database| database.reader()?.introspect());
    let catalogs = catalogs.collect::<Result<Vec<_>, exeunt_sources::Error>>().map_err(told)?;
    platform.lock = Some(Lock::of(&platform.map.name, &catalogs));
    let files = folder.join(format!("case-{number}"));
    std::fs::create_dir_all(&files).map_err(told)?;
    let mut entropy = |bytes: &mut [u8; 32]| bytes.fill(u8::try_from(number % 250 + 1).unwrap_or_default());
    let mut store = Store::open(&files.join("store.db").into(), Moment::new(now()), &mut entropy).map_err(told)?;

    let result = exported(world, request, &platform, &store, &files).map_err(|problem| format!("export {problem}")).and_then(|()| {
        compare::unchanged(world, &compare::initial(world), &place.snapshot(world)?)
            .map_err(|problem| format!("export changed rows: {problem}"))?;
        erased(world, request, place, &platform, &mut store)
    });
    drop(store);
    drop(std::fs::remove_dir_all(&files));
    result
}

fn asked(world: &World, request: &Request, purpose: Purpose) -> planning::Request {
    let erases = purpose == Purpose::Erase;
    planning::Request {
        subject: Subject { kind: SubjectKind::new(&world.subjects[request.kind].kind), key: key_of(world, request, request.subject) },
        purpose,
        profile: Profile::Symmetric,
        categories: categories(world, request),
        choices: if erases { choices(world, request) } else { Vec::new() },
        successor: request.successor.filter(|_| erases && evaluate::hands_over(world, request)).map(|row| key_of(world, request, row)),
    }
}

fn exported(world: &World, request: &Request, platform: &Platform, store: &Store, folder: &Path) -> Result<(), String> {
    let settings = Settings {
        archive: Options {
            folder: folder.to_owned(),
            name: "archive".to_owned(),
            started: now(),
            key: store.signing_key(),
            part_size: None,
            encryption: None,
            threads: None,
            json_lines: false,
            parquet: false,
        },
        secret: &store.hash_secret(),
        approved: None,
        accept_missing_files: true,
        platform_name: "Oracle".to_owned(),
        contact: None,
        tool: "oracle".to_owned(),
        clock: &now,
    };
    let report = export::export(
        platform,
        planning::Opening::to_export(&platform.databases),
        &asked(world, request, Purpose::Export),
        settings,
        &mut Unwatched,
    )
    .map_err(told)?;
    let [path] = report.delivered.paths.as_slice() else { return Err("in several parts".to_owned()) };
    verify(path, None, None).map_err(|error| format!("verify: {error:?}"))?;

    // Python knows ZIP files without our help.
    let unpacked = folder.join("unpacked");
    let script = "import sys, zipfile\nzipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    let status = tools::python().arg("-c").arg(script).args([path, &unpacked]).status().map_err(told)?;
    if !status.success() {
        return Err("unpack: Python refuses the archive".to_owned());
    }
    let mut want: BTreeMap<usize, Vec<Vec<Option<String>>>> = BTreeMap::new();
    for (number, rows) in evaluate::export(world, request, true) {
        let secret = world.mapped(number).map(|mapped| mapped.secret.clone()).unwrap_or_default();
        let shown = |column: &usize| secret.iter().all(|place| place.column != *column);
        let row = |row: &evaluate::RowId| {
            let values = (0..world.row(*row).len()).filter(shown).map(|column| world.row(*row)[column].canonical());
            values.collect::<Vec<_>>()
        };
        want.insert(number, rows.iter().map(row).collect());
    }
    for table in &report.delivered.manifest.tables {
        let number = table_number(world, &table.table);
        let mut got = Vec::new();
        for output in &table.outputs {
            let csv = std::fs::read(unpacked.join(&output.path)).map_err(|error| format!("read {}: {error}", output.path))?;
            got.extend(read_csv(&csv).into_iter().skip(1).map(|row| restored(world, number, table, row)));
        }
        let want = want.remove(&number).unwrap_or_default().into_iter().map(single).collect::<Vec<_>>();
        let difference = compare::difference(&want, &got);
        if !difference.is_empty() || table.rows != want.len() as u64 {
            return Err(format!("of {}: {} rows told, difference {difference:?}", table.table, table.rows));
        }
    }
    let missed: Vec<_> = want.iter().filter(|(_, rows)| !rows.is_empty()).collect();
    if missed.is_empty() { Ok(()) } else { Err(format!("leaves out {missed:?}")) }
}

/// A third of the requests, told by something that does not change while a failing world is made smaller.
fn in_batches(world: &World, request: &Request) -> bool {
    (world.tables.len() + request.kind).is_multiple_of(3)
}

/// The row without what the archive declares to have added, in the forms of the oracle.
fn restored(world: &World, number: usize, table: &exeunt_model::archive::manifest::Table, row: Vec<Option<String>>) -> Vec<Option<String>> {
    let kinds = table.columns.iter().map(|column| {
        let kind = world.tables[number].columns.iter().find(|known| known.name == column.name).map(|known| known.kind);
        (kind.expect("a column of the table"), column.guarded)
    });
    let values = row.into_iter().zip(kinds).map(|(value, (kind, guarded))| {
        let text = value?;
        Some(sql::canonical(kind, if guarded { guard::restore(&text) } else { &text }))
    });
    single(values.collect())
}

/// In a table of one column, null is written as empty text.
fn single(mut row: Vec<Option<String>>) -> Vec<Option<String>> {
    if let [only] = row.as_mut_slice() {
        only.get_or_insert_default();
    }
    row
}

fn erased(world: &World, request: &Request, place: &Place<'_>, platform: &Platform, store: &mut Store) -> Result<String, String> {
    let want = evaluate::erase(world, request);
    let asked = asked(world, request, Purpose::Erase);
    let planned = Snapshot::open(platform).map_err(told)?.plan(platform, &asked, &store.hash_secret());
    let (plan, erased) = match (planned, want) {
        (Err(planning::Error::Plan(planner::Error::NoRowKey { table })), _) => return no_row_key(world, &table),
        (Err(planning::Error::Guarded { .. }), Outcome::Refused(_)) => return Ok("refused".to_owned()),
        (Ok(plan), Outcome::Erased(erased)) => (plan, erased),
        (Err(error), _) => return Err(format!("plan: {error:?}")),
        (Ok(_), Outcome::Refused(references)) => return Err(format!("should be refused: {references:?}")),
    };
    let order = Order {
        request: &asked,
        terms: Terms {
            purpose: CertificatePurpose::Request,
            reference: None,
            outside: Vec::new(),
            search_residuals: false,
            batch_rows: in_batches(world, request).then_some(2),
        },
        accept_missing_files: true,
        run: None,
    };
    let mut drawn = 0_u8;
    let mut means = Means {
        platform,
        store,
        now: &|| Moment::new(now()),
        random: &mut |bytes| {
            drawn = drawn.wrapping_add(1);
            bytes.fill(drawn);
        },
        interrupted: &|| false,
        report: &mut |_| {},
    };
    // What an eraser counts in its key tables is what a reader counts in place.
    let mut differs = None;
    let mut approve = |prepared: &Prepared| {
        differs = planning::difference(&plan, &prepared.plan).or_else(|| planning::count_difference(&plan, &prepared.plan));
        differs.is_none()
    };
    let outcome = erasure::erase(&mut means, &order, None, &mut approve);
    let outcome = outcome.map_err(|error| format!("erase: {error:?}, {differs:?}"))?;
    let statement = &outcome.certificate.statement;
    compare::after(world, &erased, &place.snapshot(world)?)
        .map_err(|problem| format!("rows differ: {problem}\n{:?}, {:?}", statement.state, statement.failures))?;

    let verified = certificate::verify(&outcome.certificate.to_bytes(), None).map_err(|error| format!("verify: {error:?}"))?;
    let statement = verified.certificate.statement;
    let kept: u64 = statement.kept.iter().map(|kept| kept.rows).sum();
    let want_kept = (erased.kept_by_ground.len() + erased.kept_for_others.len()) as u64;
    let want_state = if want_kept == 0 { Ending::Completed } else { Ending::CompletedWithRetained };
    if kept != want_kept || statement.state != want_state {
        let got = format!("{:?} with {kept} rows kept", statement.state);
        return Err(format!(
            "certificate: {got}, should be {want_state:?} with {want_kept}; {:?}, {:?}",
            statement.failures, statement.tables
        ));
    }
    let deleted: u64 = statement.tables.iter().filter(|table| table.action == "delete").map(|table| table.affected).sum();
    if deleted != erased.deleted.len() as u64 {
        return Err(format!("certificate: {deleted} rows deleted, should be {}", erased.deleted.len()));
    }
    if request.categories.is_some() {
        replayed(world, request, place, platform, store, &erased)?;
    }
    let chosen = if statement.scope.categories.is_some() { "some categories: " } else { "" };
    Ok(format!("{chosen}{}", if deleted > 1 { "several deleted" } else { "erased" }))
}

/// A backup brings back what was erased: the replay names the categories, and erases these and nothing else.
fn replayed(
    world: &World,
    request: &Request,
    place: &Place<'_>,
    platform: &Platform,
    store: &mut Store,
    erased: &evaluate::Erased,
) -> Result<(), String> {
    let kind = SubjectKind::new(&world.subjects[request.kind].kind);
    let gone = erased.deleted.contains(&request.subject);
    let settled = asked(world, request, Purpose::Erase);
    let hash = subject_hash(&store.hash_secret(), &kind, &settled.subject.key);
    let tombstones = store.tombstones_of(&kind, &hash).map_err(told)?.len();
    if gone && tombstones != 1 {
        return Err("the subject is gone without a tombstone".to_owned());
    }
    place.lay_out(world)?;
    let mut snapshot = Snapshot::open(platform).map_err(told)?;
    let found = replay::returned(&mut snapshot, store).map_err(|error| format!("replay: {error:?}"))?;
    drop(snapshot);
    let of_subject: Vec<_> = found.into_iter().filter(|found| found.tombstone.kind == kind && found.tombstone.subject == hash).collect();
    let back = match of_subject.as_slice() {
        [] if !gone => return Ok(()),
        [back] => back,
        other => return Err(format!("replay finds {} times what was erased", other.len())),
    };
    if tombstones == 0 && back.request.categories.is_none() {
        return Err("replay would erase everything".to_owned());
    }
    if tombstones > 0 {
        return Ok(());
    }
    let order = Order {
        request: &back.request,
        terms: Terms {
            purpose: CertificatePurpose::Replay,
            reference: None,
            outside: Vec::new(),
            search_residuals: false,
            batch_rows: None,
        },
        accept_missing_files: true,
        run: None,
    };
    let mut drawn = 100_u8;
    let mut means = Means {
        platform,
        store,
        now: &|| Moment::new(now()),
        random: &mut |bytes| {
            drawn = drawn.wrapping_add(1);
            bytes.fill(drawn);
        },
        interrupted: &|| false,
        report: &mut |_| {},
    };
    erasure::erase(&mut means, &order, None, &mut |_| true).map_err(|error| format!("replay: {error:?}"))?;
    compare::after(world, erased, &place.snapshot(world)?).map_err(|problem| format!("rows differ after the replay: {problem}"))
}
