//! Catalogs: equivalent schemas look the same, and what is special to a product is seen.

use exeunt_model::catalog::{Catalog, ColumnKind, Hazard, ReferentialAction, TableKind};
use exeunt_sources::Look;

use crate::world::{Postgres, Sqlite, World, conformance, table};

conformance!(
    equivalent_schemas_have_equal_catalogs,
    references_without_columns_mean_the_primary_key,
    introspection_is_deterministic,
    triggers_tell_their_events,
    views_are_listed_as_views,
    a_changed_column_changes_the_digest,
);

fn introspect(world: &dyn World) -> Catalog {
    world.database().reader().unwrap().introspect().unwrap()
}

const EQUIVALENT: &str = "
    CREATE TABLE account (id INTEGER PRIMARY KEY, name VARCHAR(40) NOT NULL UNIQUE);
    CREATE TABLE booking (
        account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
        seat_no INTEGER NOT NULL,
        note TEXT DEFAULT 'none',
        PRIMARY KEY (account_id, seat_no)
    );
    CREATE TABLE \"Odd Name\" (
        \"select\" INTEGER PRIMARY KEY,
        \"Camel\" INTEGER,
        \"dot.ted\" BOOLEAN,
        account_id INTEGER,
        seat_no INTEGER,
        parent INTEGER REFERENCES \"Odd Name\" (\"select\") ON DELETE SET NULL,
        at TIMESTAMP, day DATE, price DECIMAL(10, 2), ratio DOUBLE PRECISION,
        FOREIGN KEY (account_id, seat_no) REFERENCES booking (account_id, seat_no) ON DELETE RESTRICT
    );
    CREATE UNIQUE INDEX odd_pair ON \"Odd Name\" (\"Camel\", day);
    CREATE UNIQUE INDEX odd_partial ON \"Odd Name\" (day) WHERE day IS NOT NULL;
    CREATE UNIQUE INDEX odd_expression ON \"Odd Name\" (lower(\"Camel\" || ''));
    CREATE INDEX odd_plain ON \"Odd Name\" (price);
";

fn equivalent_schemas_have_equal_catalogs(world: &dyn World) {
    world.run(EQUIVALENT);
    let got = introspect(world);
    let names: Vec<&str> = got.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["Odd Name", "account", "booking"]);

    let odd = got.table(&table("Odd Name")).unwrap();
    assert_eq!(odd.primary_key, ["select"]);
    assert_eq!(odd.unique_keys, [["Camel", "day"]]);
    let kinds: Vec<(&str, &ColumnKind, bool)> =
        odd.columns.iter().map(|column| (column.name.as_str(), &column.kind, column.nullable)).collect();
    let want = [
        ("select", &ColumnKind::Integer, false),
        ("Camel", &ColumnKind::Integer, true),
        ("dot.ted", &ColumnKind::Boolean, true),
        ("account_id", &ColumnKind::Integer, true),
        ("seat_no", &ColumnKind::Integer, true),
        ("parent", &ColumnKind::Integer, true),
        ("at", &ColumnKind::Timestamp, true),
        ("day", &ColumnKind::Date, true),
        ("price", &ColumnKind::Decimal, true),
        ("ratio", &ColumnKind::Float, true),
    ];
    assert_eq!(kinds, want);
    let mut keys: Vec<_> = odd
        .foreign_keys
        .iter()
        .map(|key| (key.columns.join(","), key.references.name.clone(), key.referenced_columns.join(","), key.on_delete))
        .collect();
    keys.sort_by(|a, b| a.0.cmp(&b.0));
    let want = [
        ("account_id,seat_no", "booking", "account_id,seat_no", ReferentialAction::Restrict),
        ("parent", "Odd Name", "select", ReferentialAction::SetNull),
    ];
    assert_eq!(keys, want.map(|(a, b, c, action)| (a.to_owned(), b.to_owned(), c.to_owned(), action)));

    let account = got.table(&table("account")).unwrap();
    assert_eq!(account.unique_keys, [["name"]]);
    assert_eq!(account.column("name").unwrap().max_length, Some(40));
    let booking = got.table(&table("booking")).unwrap();
    assert_eq!(booking.primary_key, ["account_id", "seat_no"]);
    assert!(booking.column("note").unwrap().has_default);
    assert_eq!(booking.foreign_keys[0].on_delete, ReferentialAction::Cascade);
    assert!(got.tables.iter().all(|table| table.kind == TableKind::Table && table.hazards.is_empty()));
}

fn references_without_columns_mean_the_primary_key(world: &dyn World) {
    world.run(
        "CREATE TABLE pair (a INTEGER, b INTEGER, PRIMARY KEY (b, a));
         CREATE TABLE leaf (x INTEGER, y INTEGER, FOREIGN KEY (x, y) REFERENCES PAIR);",
    );
    let got = introspect(world);
    let key = &got.table(&table("leaf")).unwrap().foreign_keys[0];
    assert_eq!((key.references.name.as_str(), key.referenced_columns.as_slice()), ("pair", ["b".to_owned(), "a".into()].as_slice()));
}

fn introspection_is_deterministic(world: &dyn World) {
    world.run(EQUIVALENT);
    let database = world.database();
    let first = database.reader().unwrap().introspect().unwrap();
    let mut reader = database.reader().unwrap();
    assert_eq!(reader.introspect().unwrap(), first);
    assert_eq!(reader.introspect().unwrap().digest(), first.digest());
}

fn triggers_tell_their_events(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY, body TEXT); CREATE TABLE audit (line TEXT);");
    world.run(world.pick(
        "CREATE TRIGGER on_delete AFTER DELETE ON note BEGIN INSERT INTO audit VALUES ('update'); END;
         CREATE TRIGGER on_update BEFORE UPDATE OF body ON NOTE BEGIN SELECT 1; END;",
        "CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO audit VALUES ('x'); RETURN NULL; END $$;
         CREATE TRIGGER on_delete AFTER DELETE ON note FOR EACH ROW EXECUTE FUNCTION log();
         CREATE TRIGGER on_update BEFORE UPDATE OF body ON note FOR EACH ROW EXECUTE FUNCTION log();
         CREATE TRIGGER off AFTER DELETE ON note EXECUTE FUNCTION log();
         ALTER TABLE note DISABLE TRIGGER off;",
    ));
    let got = introspect(world);
    let events: Vec<_> = got
        .table(&table("note"))
        .unwrap()
        .triggers
        .iter()
        .filter(|trigger| trigger.on_delete || trigger.on_update || trigger.on_insert)
        .map(|trigger| (trigger.name.as_str(), trigger.on_delete, trigger.on_update, trigger.on_insert))
        .collect();
    assert_eq!(events, [("on_delete", true, false, false), ("on_update", false, true, false)]);
}

fn views_are_listed_as_views(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY); CREATE VIEW all_notes AS SELECT id FROM note;");
    let got = introspect(world);
    let view = got.table(&table("all_notes")).unwrap();
    assert_eq!((view.kind, view.columns.len()), (TableKind::View, 1));
}

fn a_changed_column_changes_the_digest(world: &dyn World) {
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY)");
    let before = introspect(world).digest();
    world.run("ALTER TABLE note ADD COLUMN body TEXT");
    assert_ne!(introspect(world).digest(), before);
}

#[test]
fn sqlite_virtual_tables_hide_their_shadows() {
    let world = Sqlite::new();
    world.run(
        "CREATE VIRTUAL TABLE search USING fts5(title, body);
         CREATE TABLE plain (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT, b AS (a + 1) VIRTUAL, c TEXT GENERATED ALWAYS AS (a) STORED);
         CREATE TABLE worded (code TEXT PRIMARY KEY, x ANY) STRICT, WITHOUT ROWID;
         CREATE VIEW broken AS SELECT gone FROM nowhere;",
    );
    let got = introspect(&world);
    let names: Vec<_> = got.tables.iter().map(|table| (table.name.name.as_str(), table.kind)).collect();
    let want = [("broken", TableKind::View), ("plain", TableKind::Table), ("search", TableKind::Virtual), ("worded", TableKind::Table)];
    assert_eq!(names, want);
    let search = got.table(&table("search")).unwrap();
    assert_eq!(search.columns.iter().map(|column| column.name.as_str()).collect::<Vec<_>>(), ["title", "body"]);
    let plain = got.table(&table("plain")).unwrap();
    assert_eq!(plain.columns.iter().map(|column| column.generated).collect::<Vec<_>>(), [false, false, true, true]);
    assert!(!got.table(&table("worded")).unwrap().column("code").unwrap().nullable);
}

#[test]
fn sqlite_rows_without_a_key_are_a_hazard() {
    let world = Sqlite::new();
    world.run("CREATE TABLE word (id TEXT PRIMARY KEY, n INTEGER); INSERT INTO word VALUES ('a', 1)");
    assert_eq!(introspect(&world).tables[0].hazards, []);
    world.run("INSERT INTO word VALUES (NULL, 2)");
    assert_eq!(introspect(&world).tables[0].hazards, [Hazard::NullKeys]);
}

#[test]
fn a_column_that_takes_different_texts_for_equal_is_a_hazard() {
    let loose = |world: &dyn World| {
        let got = introspect(world);
        let named = |hazard: &Hazard| match hazard {
            Hazard::LooseComparison { column, .. } => column.clone(),
            other => format!("{other:?}"),
        };
        got.tables.iter().flat_map(|table| table.hazards.iter().map(named)).collect::<Vec<_>>()
    };
    let world = Sqlite::new();
    world.run("CREATE TABLE note (id INTEGER PRIMARY KEY, seat TEXT COLLATE NOCASE, word TEXT COLLATE BINARY, tail TEXT COLLATE RTRIM)");
    assert_eq!(loose(&world), ["seat", "tail"]);
    let world = Postgres::new();
    world.run(
        "CREATE COLLATION loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
         CREATE TABLE note (id bigint PRIMARY KEY, seat text COLLATE loose, word text COLLATE \"C\")",
    );
    assert_eq!(loose(&world), ["seat"]);
}

#[test]
fn postgres_partitions_are_folded_into_their_topmost_parent() {
    let world = Postgres::new();
    world.run(
        "CREATE TABLE event (id bigint, at date NOT NULL, kind text, PRIMARY KEY (id, at, kind)) PARTITION BY RANGE (at);
         CREATE TABLE event_2023 PARTITION OF event FOR VALUES FROM ('2023-01-01') TO ('2024-01-01') PARTITION BY LIST (kind);
         CREATE TABLE event_2023_a PARTITION OF event_2023 FOR VALUES IN ('a');
         CREATE SCHEMA attic;
         CREATE TABLE attic.event_2022 PARTITION OF event FOR VALUES FROM ('2022-01-01') TO ('2023-01-01');
         CREATE TABLE line (id bigint PRIMARY KEY, event_id bigint, at date, kind text,
            FOREIGN KEY (event_id, at, kind) REFERENCES event ON DELETE CASCADE);
         CREATE FUNCTION log() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN OLD; END $$;
         CREATE TRIGGER watch BEFORE DELETE ON event FOR EACH ROW EXECUTE FUNCTION log();
         CREATE TRIGGER leaf_only BEFORE DELETE ON event_2023_a FOR EACH ROW EXECUTE FUNCTION log();",
    );
    let got = introspect(&world);
    let names: Vec<&str> = got.tables.iter().map(|table| table.name.name.as_str()).collect();
    assert_eq!(names, ["event", "line"]);
    let event = got.table(&table("event")).unwrap();
    assert_eq!(event.partitions, ["attic.event_2022", "event_2023_a"]);
    let triggers: Vec<&str> = event.triggers.iter().map(|trigger| trigger.name.as_str()).collect();
    assert_eq!(triggers, ["leaf_only", "watch"]);
    let keys = &got.table(&table("line")).unwrap().foreign_keys;
    assert_eq!(keys.len(), 1, "{keys:?}");
    assert_eq!(keys[0].references, table("event"));
}

#[test]
fn postgres_types_are_seen_through_domains_enumerations_and_identities() {
    let world = Postgres::new();
    world.run(
        "CREATE TYPE mood AS ENUM ('sad', 'ok', 'very happy');
         CREATE DOMAIN short_text AS varchar(12) NOT NULL;
         CREATE DOMAIN shorter AS short_text DEFAULT 'x';
         CREATE TABLE thing (
            id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
            number integer GENERATED BY DEFAULT AS IDENTITY,
            double_number bigint GENERATED ALWAYS AS (id * 2) STORED,
            feeling mood, feelings mood[], code shorter, fixed char(3), raw bytea, doc jsonb, tags text[],
            span interval, at timestamptz, clock time, address inet, who uuid
         );
         COMMENT ON TABLE thing IS 'a thing';
         COMMENT ON COLUMN thing.code IS 'its code';",
    );
    let got = introspect(&world);
    let thing = got.table(&table("thing")).unwrap();
    assert_eq!(thing.comment.as_deref(), Some("a thing"));
    let column = |name: &str| thing.column(name).unwrap();
    let kind = |name: &str| column(name).kind.clone();
    assert_eq!(kind("feeling"), ColumnKind::Enumeration(vec!["sad".into(), "ok".into(), "very happy".into()]));
    assert_eq!(kind("feelings"), ColumnKind::Array);
    assert_eq!((kind("code"), column("code").max_length), (ColumnKind::Text, Some(12)));
    assert!(!column("code").nullable && column("code").has_default);
    assert_eq!(column("code").comment.as_deref(), Some("its code"));
    assert_eq!(column("code").declared_type, "public.shorter");
    assert_eq!(column("fixed").max_length, Some(3));
    assert!(column("id").generated && column("double_number").generated && !column("number").generated);
    assert!(!column("double_number").has_default && column("number").has_default);
    let want = [
        ("raw", ColumnKind::Bytes),
        ("doc", ColumnKind::Json),
        ("tags", ColumnKind::Array),
        ("span", ColumnKind::Interval),
        ("at", ColumnKind::TimestampWithZone),
        ("clock", ColumnKind::Time),
        ("address", ColumnKind::Other),
        ("who", ColumnKind::Uuid),
    ];
    want.into_iter().for_each(|(name, want)| assert_eq!(kind(name), want, "{name}"));
}

#[test]
fn postgres_schemas_are_those_configured() {
    let world = Postgres::new();
    world.run(
        "CREATE SCHEMA crm; CREATE SCHEMA other;
         CREATE TABLE seat (id bigint PRIMARY KEY);
         CREATE TABLE crm.seat (id bigint PRIMARY KEY REFERENCES public.seat ON DELETE CASCADE);
         CREATE TABLE other.seat (id bigint PRIMARY KEY REFERENCES crm.seat ON DELETE CASCADE);
         CREATE MATERIALIZED VIEW crm.copy AS SELECT * FROM crm.seat;",
    );
    let got = Postgres::at(world.database.url(), &["public", "crm"]).reader().unwrap().introspect().unwrap();
    let names: Vec<String> = got.tables.iter().map(|table| table.name.to_string()).collect();
    assert_eq!(names, ["app.seat", "app.crm.copy", "app.crm.seat"]);
    assert_eq!(got.tables[1].kind, TableKind::MaterializedView);
    let outside = &got.tables[2].hazards;
    assert!(
        matches!(outside.as_slice(), [Hazard::ReferencedFromOutside { table, on_delete: ReferentialAction::Cascade, .. }]
            if table.to_string() == "app.other.seat"),
        "{outside:?}"
    );
    assert_eq!(got.tables[2].foreign_keys[0].references, table("seat"));
}

#[test]
fn postgres_hazards_are_seen() {
    let world = Postgres::new();
    world.run(
        "CREATE TABLE guarded (id bigint PRIMARY KEY, owner text);
         ALTER TABLE guarded ENABLE ROW LEVEL SECURITY;
         CREATE POLICY own ON guarded USING (owner = current_user);
         CREATE TABLE ruled (id bigint PRIMARY KEY);
         CREATE RULE keep AS ON DELETE TO ruled DO INSTEAD NOTHING;
         CREATE TABLE elder (id bigint PRIMARY KEY);
         CREATE TABLE heir (more text) INHERITS (elder);
         DROP ROLE IF EXISTS hazard_reader;
         CREATE ROLE hazard_reader LOGIN;
         GRANT SELECT ON guarded, ruled, elder, heir TO hazard_reader;",
    );
    let hazards = |catalog: &Catalog, name: &str| catalog.table(&table(name)).unwrap().hazards.clone();
    let got = introspect(&world);
    assert_eq!(hazards(&got, "guarded"), []);
    assert_eq!(hazards(&got, "ruled"), [Hazard::Rule { name: "keep".into(), on_delete: true, on_update: false }]);
    assert_eq!(hazards(&got, "elder"), [Hazard::Inherited { by: vec!["heir".into()] }]);
    assert_eq!(hazards(&got, "heir"), []);
    let url = world.database.url_as("hazard_reader", "");
    let seen = Postgres::at(&url, &[]).reader().unwrap().introspect().unwrap();
    assert_eq!(hazards(&seen, "guarded"), [Hazard::RowSecurity]);
    assert_eq!(seen.digest(), got.digest());
    assert_eq!(seen.identity, got.identity);
    world.run("DROP OWNED BY hazard_reader; DROP ROLE hazard_reader");
}

#[test]
fn postgres_catalog_of_sixty_tables_is_read_in_one_round_trip() {
    let world = Postgres::new();
    let mut sql = String::from("CREATE TABLE t0 (id bigint PRIMARY KEY, name text);");
    for number in 1..60 {
        sql += &format!(
            "CREATE TABLE t{number} (id bigint PRIMARY KEY, parent bigint NOT NULL REFERENCES t{} ON DELETE CASCADE, a text, b varchar(20),
                c timestamptz, d numeric(10, 2), e boolean, f jsonb, g date, h uuid UNIQUE, i integer DEFAULT 0);",
            number - 1
        );
    }
    world.run(&sql);
    let database = world.database();
    for _ in 0..3 {
        let started = std::time::Instant::now();
        let mut reader = database.reader().unwrap();
        let opened = started.elapsed();
        let got = reader.introspect().unwrap();
        println!("opened after {opened:?}, catalog after {:?}", started.elapsed());
        let again = std::time::Instant::now();
        reader.introspect().unwrap();
        println!("again {:?}", again.elapsed());
        assert_eq!(got.tables.len(), 60);
    }
}
