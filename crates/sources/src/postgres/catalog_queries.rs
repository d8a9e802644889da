//! The questions that introspection asks PostgreSQL's system tables, all sent in one message.

use crate::quote::postgres_text;

/// Numbers of the answers.
pub(crate) const IDENTITY: usize = 1;
pub(crate) const RELATIONS: usize = 2;
pub(crate) const COLUMNS: usize = 3;
pub(crate) const KEYS: usize = 4;
pub(crate) const FOREIGN_KEYS: usize = 5;
pub(crate) const TRIGGERS: usize = 6;
pub(crate) const RULES: usize = 7;
pub(crate) const HEIRS: usize = 8;
pub(crate) const ENUMERATIONS: usize = 9;
pub(crate) const TYPES: usize = 10;
pub(crate) const COMMENTS: usize = 11;
pub(crate) const ANSWERS: usize = 13;

/// The statements of one introspection for these schemas.
///
/// They run with a search path of the system's schema alone, so that types print the same whatever is installed; the last one
/// restores it.
pub(crate) fn statements(schemas: &[String]) -> String {
    let wanted = schemas.iter().map(|schema| postgres_text(schema)).collect::<Vec<_>>().join(", ");
    let ours = format!("IN (SELECT oid FROM pg_namespace WHERE nspname IN ({wanted}))");
    // A partition belongs to its topmost parent; only when that is outside our schemas does it stand for itself.
    let stands_alone = format!(
        "(NOT c.relispartition OR NOT EXISTS (
            SELECT FROM pg_class AS root WHERE root.oid = pg_partition_root(c.oid) AND root.relnamespace {ours}))"
    );
    [
        "SELECT set_config('search_path', 'pg_catalog', true)".to_owned(),
        identity(),
        relations(&ours),
        columns(&ours, &stands_alone),
        keys(&ours),
        foreign_keys(&ours),
        triggers(&ours),
        rules(&ours),
        heirs(&ours),
        "-- enumerations
        SELECT enumtypid, enumlabel
        FROM pg_enum
        ORDER BY enumtypid, enumsortorder"
            .to_owned(),
        types(),
        "-- comments
        SELECT objoid, objsubid, description
        FROM pg_description
        WHERE classoid = 'pg_class'::regclass"
            .to_owned(),
        format!("SELECT {}", super::session::SEARCH_EXTENSIONS),
    ]
    .join(";\n")
}

fn identity() -> String {
    "-- identity
    SELECT CASE
            WHEN has_function_privilege('pg_control_system()', 'EXECUTE')
            THEN (SELECT system_identifier::text FROM pg_control_system())
        END,
        d.oid
    FROM pg_database AS d
    WHERE d.datname = current_database()"
        .to_owned()
}

/// Domains, and types that are not PostgreSQL's own; the own ones have numbers that never change.
fn types() -> String {
    "-- types
    SELECT oid, typname, typtype, typcategory, typbasetype, typtypmod, typnotnull, typdefault IS NOT NULL
    FROM pg_type
    WHERE typtype = 'd' OR (oid >= 16384 AND typtype IN ('b', 'e') AND typcategory <> 'A')"
        .to_owned()
}

fn relations(ours: &str) -> String {
    format!(
        "-- relations
        SELECT c.oid, n.nspname, c.relname, c.relkind,
            CASE WHEN c.relispartition THEN pg_partition_root(c.oid) ELSE c.oid END,
            c.relnamespace {ours},
            c.relrowsecurity AND row_security_active(c.oid)
        FROM pg_class AS c
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND c.relpersistence <> 't'
            AND (c.relnamespace {ours} OR c.relispartition)
        ORDER BY n.nspname, c.relname"
    )
}

fn columns(ours: &str, stands_alone: &str) -> String {
    format!(
        "-- columns
        SELECT a.attrelid, a.attnum, a.attname, format_type(a.atttypid, a.atttypmod), a.atttypid, a.atttypmod,
            a.attnotnull, a.atthasdef, a.attidentity, a.attgenerated,
            a.attcollation = ANY (ARRAY(SELECT oid FROM pg_collation WHERE NOT collisdeterministic))
        FROM pg_class AS c
        JOIN pg_attribute AS a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
        WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
            AND c.relpersistence <> 't'
            AND c.relnamespace {ours}
            AND {stands_alone}
        ORDER BY a.attrelid, a.attnum"
    )
}

fn keys(ours: &str) -> String {
    format!(
        "-- keys
        SELECT i.indrelid, i.indisprimary, i.indnkeyatts, i.indkey
        FROM pg_index AS i
        JOIN pg_class AS c ON c.oid = i.indrelid
        WHERE i.indisunique
            AND i.indisvalid
            AND i.indpred IS NULL
            AND i.indexprs IS NULL
            AND c.relnamespace {ours}
            AND c.relkind IN ('r', 'p', 'm')"
    )
}

fn foreign_keys(ours: &str) -> String {
    // Where the columns query gives the names already, numbers suffice; looking names up here costs more than all the rest.
    let names = |relation: &str, alias: &str, key: &str| {
        format!(
            "CASE WHEN {alias}.relispartition OR NOT {alias}.relnamespace {ours} THEN
                to_json(ARRAY(SELECT a.attname FROM unnest(k.{key}) WITH ORDINALITY AS u (number, position)
                    JOIN pg_attribute AS a ON a.attrelid = k.{relation} AND a.attnum = u.number ORDER BY u.position))
            END"
        )
    };
    format!(
        "-- foreign keys
        SELECT k.conname, k.conrelid, f.nspname, c.relname, to_json(k.conkey), {},
            k.confrelid, g.nspname, r.relname, to_json(k.confkey), {}, k.confdeltype, k.condeferrable
        FROM pg_constraint AS k
        JOIN pg_class AS c ON c.oid = k.conrelid
        JOIN pg_namespace AS f ON f.oid = c.relnamespace
        JOIN pg_class AS r ON r.oid = k.confrelid
        JOIN pg_namespace AS g ON g.oid = r.relnamespace
        WHERE k.contype = 'f'
            AND k.conparentid = 0
            AND (c.relnamespace {ours} OR r.relnamespace {ours})
        ORDER BY k.conname",
        names("conrelid", "c", "conkey"),
        names("confrelid", "r", "confkey"),
    )
}

fn triggers(ours: &str) -> String {
    format!(
        "-- triggers
        SELECT t.tgrelid, t.tgname, t.tgtype, t.tgenabled, pg_get_triggerdef(t.oid), l.lanname, p.prosrc, p.probin
        FROM pg_trigger AS t
        JOIN pg_class AS c ON c.oid = t.tgrelid
        JOIN pg_proc AS p ON p.oid = t.tgfoid
        JOIN pg_language AS l ON l.oid = p.prolang
        WHERE NOT t.tgisinternal
            AND t.tgparentid = 0
            AND (c.relnamespace {ours} OR c.relispartition)
        ORDER BY t.tgname"
    )
}

fn rules(ours: &str) -> String {
    format!(
        "-- rules
        SELECT r.ev_class, r.rulename, r.ev_type
        FROM pg_rewrite AS r
        JOIN pg_class AS c ON c.oid = r.ev_class
        WHERE r.ev_type IN ('2', '4')
            AND r.ev_enabled <> 'D'
            AND (c.relnamespace {ours} OR c.relispartition)
        ORDER BY r.rulename"
    )
}

fn heirs(ours: &str) -> String {
    format!(
        "-- heirs
        SELECT i.inhparent, n.nspname, c.relname
        FROM pg_inherits AS i
        JOIN pg_class AS c ON c.oid = i.inhrelid
        JOIN pg_namespace AS n ON n.oid = c.relnamespace
        JOIN pg_class AS p ON p.oid = i.inhparent
        WHERE NOT c.relispartition
            AND p.relkind IN ('r', 'f')
            AND p.relnamespace {ours}
        ORDER BY n.nspname, c.relname"
    )
}
