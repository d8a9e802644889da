//! The data map fits the schema in both databases, and says what the platform promises its customers.

use std::path::Path;

use exeunt_model::catalog::{Catalog, SourceKind};
use exeunt_model::map::ExportDisposition;
use exeunt_model::map::lock::Lock;
use exeunt_model::map::parse::{Parsed, parse, render};
use exeunt_model::map::resolve::{Scheme, resolve};
use exeunt_model::names::{SourceName, SubjectKind};
use exeunt_model::plan::planner::{self, Asked};
use exeunt_model::plan::{Choice, Outline, Profile};
use exeunt_navigator::schema::{Dialect, TABLES, script};
use exeunt_navigator::{Target, generate, lock, map};
use exeunt_sources::{Database, Look};
use exeunt_testkit::postgres::Server;

use crate::support::{small, world};

fn parsed(dialect: Dialect) -> Parsed {
    let text = map(dialect);
    parse(&text).unwrap_or_else(|diagnostics| panic!("{}", render("navigator.map.yaml", &text, &diagnostics, false)))
}

pub fn sqlite_scheme_of(catalog: Catalog) -> Scheme {
    scheme(Dialect::Sqlite, catalog)
}

pub fn scheme(dialect: Dialect, catalog: Catalog) -> Scheme {
    let Parsed { map, positions, warnings } = parsed(dialect);
    assert_eq!(warnings, []);
    resolve(&map, &[catalog]).unwrap_or_else(|problems| {
        panic!("{}", render("navigator.map.yaml", &self::map(dialect), &positions.diagnose(&problems), false));
    })
}

pub fn catalog(kind: SourceKind, url: &str) -> Catalog {
    let database = Database::new(SourceName::new("app"), kind, url, &[], Path::new("/")).unwrap();
    database.reader().unwrap().introspect().unwrap()
}

fn sqlite_scheme() -> Scheme {
    let url = format!("sqlite:{}", world().database().display());
    scheme(Dialect::Sqlite, catalog(SourceKind::Sqlite, &url))
}

#[test]
fn the_map_fits_sqlite() {
    assert_eq!(sqlite_scheme().tables.len() + 3, TABLES.len(), "all but the three ignored tables");
}

#[test]
fn the_map_fits_postgresql() {
    let database = Server::shared().database();
    let folder = tempfile::tempdir().unwrap();
    generate(&small(), Target::Postgres(database.url()), &folder.path().join("files"), &mut |_| {}).unwrap();
    let scheme = scheme(Dialect::Postgres, catalog(SourceKind::Postgres, database.url()));
    assert_eq!(scheme.tables.len(), sqlite_scheme().tables.len());
}

#[test]
fn export_and_deletion_lists_are_those_of_the_help_article() {
    let map = parsed(Dialect::Sqlite).map;
    let of = |wanted: ExportDisposition| -> Vec<&str> {
        map.categories.iter().filter(|category| category.export == wanted).map(|category| category.name.as_str()).collect()
    };
    // What the export list names.
    let named = [
        "saved_accounts",
        "messages",
        "notes",
        "smartlinks_presentations",
        "smartlinks_user_information",
        "seat_management",
        "usage_reporting",
        "account_list_import",
        "assistant_messaging_preferences",
        "assistant_lead_preferences",
        // Of member and person themselves, who ask for their own data.
        "member_account",
        "person_profile",
    ];
    assert_eq!(of(ExportDisposition::Included), named);
    // What only the deletion list names, and what neither does.
    let on_request = [
        "user_information",
        "saved_leads",
        "crm_synced",
        "assistant_recommendation_criteria",
        "assistant_messages",
        "contract_information",
        "invoices",
    ];
    assert_eq!(of(ExportDisposition::OnRequest), on_request);
    assert_eq!(of(ExportDisposition::Excluded), ["assistant_memory", "opt_outs", "legal_holds"]);
    for category in &map.categories {
        assert!(map.tables.iter().any(|entry| entry.category.as_ref() == Some(&category.name)), "{} has no table", category.name);
    }
}

#[test]
fn secrets_are_never_exported_and_hidden_tags_are() {
    let map = parsed(Dialect::Sqlite).map;
    for table in TABLES {
        for column in table.columns {
            let is_secret = ["token", "password", "key_id"].iter().any(|word| column.name.contains(word));
            let entry = map.tables.iter().find(|entry| entry.table.name == table.name);
            let listed = entry.is_some_and(|entry| entry.secret.iter().any(|path| path.column == column.name));
            assert_eq!(is_secret, listed, "{}.{}", table.name, column.name);
        }
    }
    let tags = map.tables.iter().find(|entry| entry.table.name == "admin_tag").unwrap();
    assert_eq!(tags.category.as_ref().unwrap().as_str(), "seat_management");
}

#[test]
fn every_file_key_is_mapped() {
    let map = parsed(Dialect::Sqlite).map;
    let got: Vec<String> = TABLES
        .iter()
        .flat_map(|table| {
            let keys = table.columns.iter().filter(|column| matches!(column.name, "blob_key" | "raw_key"));
            keys.map(move |column| format!("{}.{}", table.name, column.name))
        })
        .collect();
    for key in &got {
        let (table, column) = key.split_once('.').unwrap();
        let entry = map.tables.iter().find(|entry| entry.table.name == table).unwrap();
        assert!(entry.files.iter().any(|file| file.column == column), "{key}");
    }
    assert_eq!(map.tables.iter().map(|entry| entry.files.len()).sum::<usize>(), got.len());
}

fn erase(scheme: &Scheme, kind: &str, choices: &[(&str, &str)]) -> Result<Outline, planner::Error> {
    let kind = SubjectKind::new(kind);
    let table = |name: &str| format!("app.{name}").parse().unwrap();
    let choices: Vec<Choice> = choices.iter().map(|(name, action)| Choice { table: table(name), action: (*action).to_owned() }).collect();
    planner::erase(scheme, &Asked { kind: &kind, profile: Profile::Documented, categories: None, choices: &choices, facts: &[] })
}

#[test]
fn shared_lists_notes_and_presentations_are_decided_by_the_requester() {
    let scheme = sqlite_scheme();
    let Err(planner::Error::Undecided { tables }) = erase(&scheme, "seat", &[]) else { panic!("no choice was asked for") };
    let mut asked: Vec<&str> = tables.iter().map(|(table, _)| table.name.as_str()).collect();
    asked.sort_unstable();
    assert_eq!(asked, ["account_list", "lead_list", "note", "presentation"]);
    assert!(matches!(erase(&scheme, "person", &[]), Err(planner::Error::Undecided { .. })));
}

#[test]
fn every_kind_of_subject_can_be_planned() {
    let scheme = sqlite_scheme();
    let hand_over = [("lead_list", "hand_over"), ("account_list", "hand_over"), ("note", "hand_over"), ("presentation", "hand_over")];
    let delete = [("lead_list", "delete"), ("account_list", "delete"), ("note", "delete"), ("presentation", "delete")];
    let requests: [(&str, &[(&str, &str)]); 7] = [
        ("seat", &hand_over),
        ("seat", &delete),
        ("contract", &[]),
        ("member", &[]),
        ("person", &[("note", "delete")]),
        ("person", &[("note", "change")]),
        ("hold", &[]),
    ];
    for (kind, choices) in requests {
        let outline = erase(&scheme, kind, choices).unwrap_or_else(|error| panic!("{kind}: {error}"));
        assert!(!outline.steps.is_empty(), "{kind}");
    }
}

/// The committed lock is the one that `map accept` would write now; `EXEUNT_UPDATE=1` writes it.
fn is_locked(dialect: Dialect, catalog: Catalog) {
    let name = parsed(dialect).map.name;
    let want = Lock::of(&name, &[catalog]).write();
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(match dialect {
        Dialect::Sqlite => "navigator.map.lock",
        Dialect::Postgres => "navigator.postgres.lock",
    });
    if std::env::var_os("EXEUNT_UPDATE").is_some() {
        std::fs::write(&file, &want).unwrap();
    } else {
        let help = "the schema differs from its lock; EXEUNT_UPDATE=1 cargo test -p exeunt-navigator lock";
        assert!(lock(dialect) == want, "{}: {help}", file.display());
    }
}

#[test]
fn the_lock_fits_sqlite() {
    is_locked(Dialect::Sqlite, catalog(SourceKind::Sqlite, &format!("sqlite:{}", world().database().display())));
}

#[test]
fn the_lock_fits_postgresql() {
    let database = Server::shared().database();
    let mut client = database.client();
    client.batch_execute(&script(Dialect::Postgres)).unwrap();
    is_locked(Dialect::Postgres, catalog(SourceKind::Postgres, database.url()));
}
