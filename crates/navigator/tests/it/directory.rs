//! Who holds which seat, asked of the sample platform in both databases.

use std::path::Path;

use exeunt_engine::directory::{Directory, Error, Page};
use exeunt_engine::platform::{Address, Platform};
use exeunt_model::catalog::SourceKind;
use exeunt_model::directory::{Key, LastAdmin, SeatRole, last_admin};
use exeunt_model::identity::EmailAddress;
use exeunt_model::names::SourceName;
use exeunt_navigator::schema::Dialect;
use exeunt_navigator::{Layout, Target, generate};
use exeunt_testkit::postgres::Server;

use crate::map::{catalog, scheme};
use crate::support::{make, small};

/// The sample platform, and a way to change it as its owner would.
struct Sample<'a> {
    layout: Layout,
    directory: Directory,
    run: &'a dyn Fn(&str),
}

fn directory(dialect: Dialect, url: &str, forget: bool) -> Result<Directory, Error> {
    let kind = match dialect {
        Dialect::Sqlite => SourceKind::Sqlite,
        Dialect::Postgres => SourceKind::Postgres,
    };
    let mut scheme = scheme(dialect, catalog(kind, url));
    if forget {
        scheme.directory = None;
    }
    let addresses = [
        Address { source: SourceName::new("app"), url: url.to_owned() },
        Address { source: SourceName::new("files"), url: "file:files".to_owned() },
    ];
    Directory::new(&Platform::new(scheme.map.clone(), None, &addresses, Path::new("/")).unwrap(), &scheme)
}

fn on_sqlite(check: fn(&Sample<'_>)) {
    let world = make(small());
    let run = |sql: &str| rusqlite::Connection::open(world.database()).unwrap().execute_batch(sql).unwrap();
    let directory = directory(Dialect::Sqlite, &format!("sqlite:{}", world.database().display()), false).unwrap();
    check(&Sample { layout: Layout::new(&small()), directory, run: &run });
}

fn on_postgres(check: fn(&Sample<'_>)) {
    let database = Server::shared().database();
    let folder = tempfile::tempdir().unwrap();
    generate(&small(), Target::Postgres(database.url()), &folder.path().join("files"), &mut |_| {}).unwrap();
    let run = |sql: &str| database.client().batch_execute(sql).unwrap();
    check(&Sample { layout: Layout::new(&small()), directory: directory(Dialect::Postgres, database.url(), false).unwrap(), run: &run });
}

#[test]
fn sqlite_tells_who_holds_which_seat() {
    on_sqlite(tells_who_holds_which_seat);
}

#[test]
fn postgres_tells_who_holds_which_seat() {
    on_postgres(tells_who_holds_which_seat);
}

fn key(id: i64) -> Key {
    vec![id.to_string()]
}

fn address(text: &str) -> EmailAddress {
    text.parse().unwrap()
}

fn tells_who_holds_which_seat(sample: &Sample<'_>) {
    let (layout, directory) = (&sample.layout, &sample.directory);
    let first = layout.contract(1);
    let seat = |place| layout.seat_of(first, place);

    // An admin, by address in any case.
    let admin = seat(0);
    for written in [admin.email.clone(), admin.email.to_uppercase(), admin.email.to_lowercase()] {
        let found = directory.seats_by_email(&address(&written)).unwrap();
        assert_eq!(found.iter().map(|seat| seat.key.clone()).collect::<Vec<_>>(), [key(admin.id)], "{written}");
        assert!(found[0].is_active_admin() && found[0].purchase_admin && found[0].contract == key(1));
    }
    assert_eq!(directory.seats_by_email(&address("nobody@personal.example")).unwrap(), []);

    // Every seat, as it was made.
    for made in layout.all_seats() {
        let found = directory.seat(&key(made.id)).unwrap().unwrap();
        let role = match made.permission {
            "admin" => SeatRole::Admin,
            "reporting" => SeatRole::SubAdmin,
            _ => SeatRole::Holder,
        };
        let active = matches!(made.state, "active" | "unlicensed");
        let current = made.assignments.iter().find(|assignment| assignment.to.is_none());
        let name =
            current.map(|assignment| layout.register.member(assignment.member)).map(|human| format!("{} {}", human.first, human.last));
        assert_eq!(found.contract, key(made.contract), "{}", made.id);
        assert!(found.email == Some(address(&made.email)) && found.name == name, "{}", made.id);
        assert_eq!((found.role, found.active), (role, active), "{}", made.id);
    }
    assert_eq!(directory.seat(&key(99_999)).unwrap(), None);
    let languages = layout.all_seats().filter(|made| directory.seat(&key(made.id)).unwrap().unwrap().language.is_some()).count();
    assert!(languages > 10, "{languages}");

    // Admins: with a licence, and without.
    let admins = directory.admins(&key(1)).unwrap();
    assert_eq!(admins.iter().map(|seat| seat.key.clone()).collect::<Vec<_>>(), [key(seat(0).id), key(seat(1).id), key(seat(3).id)]);
    assert!(seat(3).licence == "inactive" && admins[2].is_active_admin());
    assert_eq!(last_admin(&admins, &[key(seat(0).id), key(seat(1).id)]), LastAdmin::Stays);
    let only = directory.admins(&key(2)).unwrap();
    assert_eq!(last_admin(&only, &[only[0].key.clone()]), LastAdmin::Leaves);

    // Contracts.
    let contract = directory.contract(&key(1)).unwrap().unwrap();
    assert_eq!((contract.name.as_ref(), contract.tier.as_deref()), (Some(&first.name), Some(first.tier.code())));
    assert!(contract.active && !directory.contract(&key(5)).unwrap().unwrap().active, "the fifth has ended");
    assert_eq!(directory.contract(&key(77)).unwrap(), None);

    // Page by page.
    let mut seen: Vec<Key> = Vec::new();
    loop {
        let page = directory.seats_of(&key(1), Page { after: seen.last(), limit: 4, text: None }).unwrap();
        assert!(page.len() <= 4);
        if page.is_empty() {
            break;
        }
        seen.extend(page.into_iter().map(|seat| seat.key));
    }
    assert_eq!(seen, layout.seats_of(first).map(|seat| key(seat.id)).collect::<Vec<_>>());
    let part = seat(6).email.split('@').next().unwrap().to_uppercase();
    let found = directory.seats_of(&key(1), Page { after: None, limit: 50, text: Some(&part) }).unwrap();
    assert!(found.iter().any(|found| found.key == key(seat(6).id)) && found.len() < seen.len());

    // Somebody with seats in two contracts.
    let other = layout.seat_of(layout.contract(4), 0);
    (sample.run)(&format!("UPDATE seat SET email = '{}' WHERE id = {}", admin.email.to_uppercase(), other.id));
    let both = directory.seats_by_email(&address(&admin.email)).unwrap();
    assert_eq!(both.iter().map(|seat| seat.contract.clone()).collect::<Vec<_>>(), [key(1), key(4)]);
    assert!(both[1].is_active_admin());

    // The admin goes: the next question knows.
    (sample.run)(&format!("UPDATE seat SET state = 'removed' WHERE id = {}", admin.id));
    assert_eq!(directory.admins(&key(1)).unwrap().iter().filter(|seat| seat.is_active_admin()).count(), 2);
}

#[test]
fn many_ask_at_once() {
    on_postgres(|sample| {
        let (layout, directory) = (&sample.layout, &sample.directory);
        std::thread::scope(|scope| {
            for thread in 0..8 {
                scope.spawn(move || {
                    for round in 0..20 {
                        let made = layout.seat((thread * 20 + round) % 50);
                        assert!(directory.seat(&key(made.id)).unwrap().is_some());
                    }
                });
            }
        });
    });
}

#[test]
fn a_database_that_was_away_is_asked_again() {
    let world = make(small());
    let url = format!("sqlite:{}", world.database().display());
    let directory = directory(Dialect::Sqlite, &url, false).unwrap();
    assert!(directory.seat(&key(1)).unwrap().is_some());
    let away = world.database().with_extension("away");
    std::fs::rename(world.database(), &away).unwrap();
    let error = directory.seat(&key(1)).unwrap_err();
    assert!(matches!(error, Error::Read { .. }), "{error}");
    std::fs::rename(&away, world.database()).unwrap();
    assert!(directory.seat(&key(1)).unwrap().is_some());
}

#[test]
fn a_map_without_a_directory_has_none() {
    let world = make(small());
    let url = format!("sqlite:{}", world.database().display());
    assert!(matches!(directory(Dialect::Sqlite, &url, true), Err(Error::NoDirectory)));
}
