use super::{Error, Lock};
use crate::catalog::{Catalog, ColumnKind, ReferentialAction, TableKind, Trigger};
use crate::digest::Digest;
use crate::testing::{catalog, name, table};

fn trigger(trigger: &str, definition: &str) -> Trigger {
    Trigger {
        name: trigger.to_owned(),
        on_delete: true,
        on_update: false,
        on_insert: false,
        definition: Digest::of_bytes(definition.as_bytes()),
    }
}

fn changed(change: impl FnOnce(&mut Catalog)) -> Vec<String> {
    let lock = Lock::of("testing", &[catalog()]);
    let mut now = catalog();
    change(&mut now);
    lock.compare(&[now]).iter().map(ToString::to_string).collect()
}

fn of<'c>(catalog: &'c mut Catalog, table: &str) -> &'c mut crate::catalog::Table {
    catalog.tables.iter_mut().find(|known| known.name == name(table)).unwrap()
}

#[test]
fn lock_survives_the_round_trip_and_diffs_by_line() {
    let mut now = catalog();
    of(&mut now, "seat").triggers.push(trigger("audit", "old"));
    of(&mut now, "seat").unique_keys.push(vec!["contract_id".to_owned(), "email".to_owned()]);
    of(&mut now, "seat").columns[2].kind = ColumnKind::Enumeration(vec!["a \"b\"".to_owned()]);
    let lock = Lock::of("testing", &[now.clone()]);
    let text = lock.write();
    assert_eq!(Lock::read(&text).unwrap(), lock);
    assert!(lock.compare(&[now.clone()]).is_empty());
    of(&mut now, "seat").columns[2].nullable = true;
    let after = Lock::of("testing", &[now]).write();
    let different = text.lines().zip(after.lines()).filter(|(old, new)| old != new).count();
    assert_eq!(different, 2, "the column and the digest:\n{after}");
    assert_eq!(text.lines().count(), after.lines().count());
}

#[test]
fn lock_of_nothing_is_readable() {
    let lock = Lock::of("empty", &[]);
    assert_eq!(Lock::read(&lock.write()).unwrap(), lock);
    let mut bare = catalog();
    bare.tables.clear();
    let lock = Lock::of("bare", &[bare]);
    assert_eq!(Lock::read(&lock.write()).unwrap(), lock);
}

#[test]
fn a_lock_that_was_edited_is_refused() {
    let text = Lock::of("testing", &[catalog()]).write();
    assert!(matches!(Lock::read(&text.replace("\"email\"", "\"mail\"")), Err(Error::Changed)));
    assert!(matches!(Lock::read(&text.replace("\"exeunt_lock\": 1", "\"exeunt_lock\": 2")), Err(Error::Format { version: 2 })));
    assert!(matches!(Lock::read(&text[..text.len() / 2]), Err(Error::Json { .. })));
    assert!(matches!(Lock::read(""), Err(Error::Json { .. })));
}

#[test]
fn every_change_is_told_in_words() {
    assert_eq!(changed(|_| {}), Vec::<String>::new());
    assert_eq!(changed(|now| now.tables.push(table("x", &["id", "seat_id"]))), ["table app.x appeared, with 2 columns"]);
    assert_eq!(changed(|now| now.tables.retain(|table| table.name != name("draft"))), ["table app.draft vanished"]);
    assert_eq!(changed(|now| of(now, "draft").kind = TableKind::Foreign), ["app.draft changed from a table to a table of another server"]);
    assert_eq!(changed(|now| of(now, "draft").kind = TableKind::View), ["table app.draft vanished"]);
    assert_eq!(
        changed(|now| {
            let columns = &mut of(now, "seat").columns;
            columns[2].declared_type = "jsonb".to_owned();
            columns[2].kind = ColumnKind::Json;
            columns[2].nullable = true;
            columns[1].name = "agreement_id".to_owned();
        }),
        [
            "column app.seat.agreement_id appeared (INTEGER)",
            "column app.seat.contract_id vanished",
            "column app.seat.email changed from TEXT to jsonb",
            "column app.seat.email changed from not null to nullable",
        ]
    );
    assert_eq!(
        changed(|now| of(now, "seat").columns[2].kind = ColumnKind::Enumeration(vec!["a".to_owned(), "b".to_owned()])),
        ["column app.seat.email changed from text to one of a, b"]
    );
    assert_eq!(changed(|now| of(now, "seat").primary_key.clear()), ["app.seat lost its primary key (id)"]);
    assert_eq!(
        changed(|now| of(now, "seat").primary_key.push("email".to_owned())),
        ["the primary key of app.seat changed from (id) to (id, email)"]
    );
    assert_eq!(changed(|now| of(now, "seat").unique_keys.push(vec!["email".to_owned()])), ["app.seat was given the unique key (email)"]);
    assert_eq!(
        changed(|now| of(now, "seat").foreign_keys[0].on_delete = ReferentialAction::Cascade),
        [
            "foreign key app.seat(contract_id) to app.contract changed from on delete no action and not deferrable to on delete cascade and not \
          deferrable"
        ]
    );
    assert_eq!(changed(|now| of(now, "seat").foreign_keys[0].name = "other".to_owned()), Vec::<String>::new());
    assert_eq!(changed(|now| of(now, "seat").foreign_keys.clear()), ["foreign key app.seat(contract_id) to app.contract vanished"]);
    assert_eq!(changed(|now| of(now, "seat").triggers.push(trigger("audit", "x"))), ["trigger audit on app.seat appeared"]);
}

#[test]
fn a_changed_trigger_and_a_new_source_are_told_too() {
    let mut before = catalog();
    of(&mut before, "seat").triggers.push(trigger("audit", "old"));
    let mut after = before.clone();
    of(&mut after, "seat").triggers[0] = trigger("audit", "new");
    let mut other = catalog();
    other.source = crate::names::SourceName::new("second");
    let got: Vec<String> = Lock::of("testing", &[before]).compare(&[after, other]).iter().map(ToString::to_string).collect();
    assert_eq!(got, ["trigger audit on app.seat does something else than before", "source second appeared, with 8 tables"]);
}

#[test]
fn partitions_comments_and_views_need_no_review() {
    let got = changed(|now| {
        of(now, "seat").partitions.push("seat_2026".to_owned());
        of(now, "seat").comment = Some("people".to_owned());
        of(now, "seat").columns[0].comment = Some("key".to_owned());
        let mut view = table("overview", &["id"]);
        view.kind = TableKind::View;
        now.tables.push(view);
    });
    assert_eq!(got, Vec::<String>::new());
}
