//! The data map that lies beside the schema.

use crate::schema::Dialect;

/// The map for SQLite, as it lies in the repository.
///
/// Its sources are `${NAVIGATOR_DATABASE}` and `${NAVIGATOR_FILES}`; without them `navigator.db` and `files` beside the map.
pub const MAP: &str = include_str!("../navigator.map.yaml");

const SQLITE_SOURCE: &str = r#"app: { kind: sqlite, url: "${NAVIGATOR_DATABASE:-sqlite:navigator.db}" }"#;
const POSTGRES_SOURCE: &str = r#"app: { kind: postgres, url: "${NAVIGATOR_DATABASE:-postgres://localhost/navigator}" }"#;

/// The map for a database of this dialect: the same but for the line of the source.
pub fn map(dialect: Dialect) -> String {
    match dialect {
        Dialect::Sqlite => MAP.to_owned(),
        Dialect::Postgres => MAP.replacen(SQLITE_SOURCE, POSTGRES_SOURCE, 1),
    }
}

/// The lock of the map: the reviewed structure of a freshly made database of this dialect. It lies beside the map as
/// `navigator.map.lock`.
pub fn lock(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => include_str!("../navigator.map.lock"),
        Dialect::Postgres => include_str!("../navigator.postgres.lock"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_source_differs_between_the_dialects() {
        assert_eq!(MAP.matches(SQLITE_SOURCE).count(), 1);
        let postgres = map(Dialect::Postgres);
        let differing: Vec<(&str, &str)> = MAP.lines().zip(postgres.lines()).filter(|(left, right)| left != right).collect();
        assert_eq!(differing.len(), 1);
        assert_eq!(MAP.lines().count(), postgres.lines().count());
    }
}
