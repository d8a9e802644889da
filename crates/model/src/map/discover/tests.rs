use super::{Order, draft};
use crate::catalog::{Catalog, ColumnKind, SourceKind, Table, TableKind, Trigger};
use crate::digest::Digest;
use crate::map::Source;
use crate::map::parse::parse;
use crate::map::resolve::resolve;
use crate::names::SourceName;
use crate::testing::table;

fn drafted(tables: Vec<Table>, files: bool) -> (String, Catalog) {
    let catalog = Catalog { source: SourceName::new("app"), kind: SourceKind::Sqlite, identity: Digest::of_bytes(b""), tables };
    let source =
        |name: &str, kind: SourceKind, url: &str| Source { name: SourceName::new(name), kind, url: url.to_owned(), schemas: Vec::new() };
    let mut sources = vec![source("app", SourceKind::Sqlite, "sqlite:shop.db")];
    if files {
        sources.push(source("files", SourceKind::Files, "file:uploads"));
    }
    let order = Order { name: "shop".to_owned(), sources };
    let draft = draft(&order, std::slice::from_ref(&catalog));
    assert_eq!(
        draft.undecided,
        draft.text.lines().filter(|line| !line.starts_with('#')).map(|line| line.matches("todo").count()).sum::<usize>()
    );
    (draft.text, catalog)
}

fn shop() -> Vec<Table> {
    let mut comment = table("comment", &["id", "subject_type", "subject_id", "author_user_id?>user", "body"]);
    comment.triggers.push(Trigger {
        name: "audit".to_owned(),
        on_delete: true,
        on_update: false,
        on_insert: false,
        definition: Digest::of_bytes(b""),
    });
    let mut event = table("event", &["id", "user_id", "payload"]);
    event.columns[2].kind = ColumnKind::Json;
    let mut index = table("note_text", &["body"]);
    index.kind = TableKind::Virtual;
    index.primary_key.clear();
    vec![
        table("address", &["id", "street", "city"]),
        comment,
        table("contact", &["id", "user_id>user", "email", "last_login"]),
        table("country", &["id", "name"]),
        event,
        table("invoice", &["id", "organization_id>organization", "sum"]),
        table("note", &["id", "user_id>user", "reviewer_user_id?>user", "file_path"]),
        index,
        table("organization", &["id", "name"]),
        table("saved_lead", &["id", "user_id>user", "organization_id>organization", "email"]),
        table("schema_migrations", &["id", "version"]),
        table("share", &["id", "user_id>user", "organization_id>organization"]),
        table("supplier", &["id", "contact_name", "phone"]),
        table(
            "user",
            &[
                "id",
                "organization_id>organization",
                "address_id?>address",
                "country_id?>country",
                "email",
                "title",
                "full_name",
                "password_hash",
            ],
        ),
    ]
}

/// Accepts every proposal and decides what has none.
fn accepted(text: &str) -> String {
    text.lines().map(|line| if line.starts_with('#') { line.to_owned() } else { line.replace("todo: ", "") }).collect::<Vec<_>>().join("\n")
}

#[test]
fn draft_decides_what_is_declared_and_proposes_the_rest() {
    let (text, _) = drafted(shop(), true);
    assert_eq!(text, include_str!("shop.map.yaml"), "\n{text}");
}

#[test]
fn draft_is_refused_until_somebody_has_decided() {
    let (text, catalog) = drafted(shop(), true);
    let diagnostics = parse(&text).unwrap_err();
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.message.contains("undecided")), "{diagnostics:#?}");
    let done = accepted(&text).replace("audit: todo", "audit: \"writes a log\"").replace(
        "{ columns: subject_id, to: todo, when: { subject_type: todo } }",
        "{ columns: subject_id, to: app.note(id), when: { subject_type: note } }",
    );
    let parsed = parse(&done).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}\n{done}"));
    let scheme = resolve(&parsed.map, &[catalog]).unwrap_or_else(|problems| panic!("{problems:#?}\n{done}"));
    assert_eq!(scheme.tables.len() + scheme.map.ignore.len(), 14);
}

#[test]
fn draft_without_subjects_says_where_most_references_point() {
    let (text, _) = drafted(vec![table("thing", &["id"]), table("part", &["id", "thing_id>thing"])], false);
    assert!(text.contains("  #   app.thing (1)\n  customer: { table: todo, key: todo }\n"), "{text}");
    assert!(parse(&text).is_err());
    let (text, _) = drafted(Vec::new(), false);
    assert!(parse(&text).is_err());
}

#[test]
fn draft_warns_of_rows_that_those_of_several_customers_may_share() {
    let tables = || {
        vec![
            table("customer", &["id", "email"]),
            table("orders", &["id", "customer_id>customer", "ship_via?>shipper"]),
            table("shipper", &["id", "phone"]),
        ]
    };
    let (text, _) = drafted(tables(), false);
    let want = "    # rows of orders point here: where they share a row it is not a customer's; then ignore this table
    owner: \"todo: customer via orders(ship_via).customer_id\"\n";
    assert!(text.contains(want), "{text}");
}

#[test]
fn draft_says_when_a_trigger_fires() {
    let mut customer = table("customer", &["id", "email"]);
    for (name, on_delete, on_update) in [("stamp", false, true), ("both", true, true), ("filled", false, false)] {
        let definition = Digest::of_bytes(name.as_bytes());
        customer.triggers.push(Trigger { name: name.to_owned(), on_delete, on_update, on_insert: true, definition });
    }
    let (text, _) = drafted(vec![customer], false);
    let want =
        "    triggers: { stamp: todo, both: todo }  # read each and say what it does: stamp on updates, both on deletes and updates\n";
    assert!(text.contains(want), "{text}");
}

#[test]
fn odd_names_stay_readable() {
    let mut odd = table("Order \"Details\"", &["id", "User Id>user", "a/b"]);
    odd.foreign_keys[0].columns = vec!["User Id".to_owned()];
    odd.primary_key = vec!["id".to_owned()];
    let (text, catalog) = drafted(vec![odd, table("user", &["id", "email"])], false);
    let done = accepted(&text);
    let parsed = parse(&done).unwrap_or_else(|diagnostics| panic!("{diagnostics:#?}\n{done}"));
    assert!(resolve(&parsed.map, &[catalog]).is_ok(), "{done}");
}

#[test]
fn a_schema_in_which_everything_points_to_everything_is_drafted_in_time() {
    let names: Vec<String> = (0..20).map(|number| format!("t{number}")).collect();
    let mut tables: Vec<Table> = names
        .iter()
        .map(|name| {
            let columns: Vec<String> = names.iter().map(|other| format!("{other}_id?>{other}")).collect();
            let columns: Vec<&str> = std::iter::once("id").chain(columns.iter().map(String::as_str)).collect();
            table(name, &columns)
        })
        .collect();
    tables.push(table("user", &["id", "email"]));
    tables.push(table("entry", &["id", "user_id>user", "t0_id>t0"]));
    let (text, _) = drafted(tables, false);
    assert!(text.contains("app.entry: { category: entry, owner: user via user_id }"), "{text}");
}

/// The name is one of a tool's, and the columns are not.
#[test]
fn a_table_with_personal_columns_is_left_to_a_person_whatever_its_name() {
    let (text, _) = drafted(vec![table("migrations", &["id", "email", "moved_to"]), table("user", &["id", "email"])], false);
    assert!(text.contains("app.migrations: \"todo"), "{text}");
    let (text, _) = drafted(vec![table("migrations", &["id", "migration"]), table("user", &["id", "email"])], false);
    assert!(text.contains("app.migrations: \"bookkeeping"), "{text}");
}
