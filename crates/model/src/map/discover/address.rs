//! The address of a source as it may stand in a map.

use crate::catalog::SourceKind;

/// Which product an address is of.
pub fn kind_of(url: &str) -> Option<SourceKind> {
    let starts = |scheme: &str| url.starts_with(scheme);
    if starts("sqlite:") {
        Some(SourceKind::Sqlite)
    } else if starts("postgres://") || starts("postgresql://") {
        Some(SourceKind::Postgres)
    } else if starts("file:") {
        Some(SourceKind::Files)
    } else {
        None
    }
}

/// A PostgreSQL address for the map: from the environment, with the server's own part as default and no user or password.
///
/// `postgres://anna:secret@db.example/app` of the platform `navigator` is `${NAVIGATOR_URL:-postgres://db.example/app}`.
pub fn without_credentials(platform: &str, url: &str) -> String {
    let variable: String =
        platform.chars().map(|character| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' }).collect();
    let variable = if variable.starts_with(|first: char| first.is_ascii_digit()) { format!("_{variable}") } else { variable };
    let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
    // Parameters can hold a password too; the user and the host end at the first slash.
    let rest = rest.split(['?', '#']).next().unwrap_or_default();
    let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
    let host = authority.rsplit('@').next().unwrap_or_default();
    format!("${{{variable}_URL:-{scheme}://{host}/{path}}}")
}

/// A name for a platform from its database's address.
pub fn name_of(url: &str) -> String {
    let address = url.split(['?', '#']).next().unwrap_or_default();
    let last = address.trim_end_matches('/').rsplit(['/', ':']).next().unwrap_or_default();
    let stem = last.split('.').next().unwrap_or_default();
    let fine = |character: char| if character.is_alphanumeric() || matches!(character, '_' | '-') { character } else { '_' };
    let name: String = stem.chars().map(fine).collect::<String>().to_lowercase();
    if name.is_empty() { "platform".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_password_reaches_a_map() {
        for (url, want) in [
            ("postgres://anna:secret@db.example:5433/app", "${NAV_IO_URL:-postgres://db.example:5433/app}"),
            ("postgres://anna:p@ss@db.example/app?password=secret", "${NAV_IO_URL:-postgres://db.example/app}"),
            ("postgresql:///app?host=/run/postgresql&user=anna", "${NAV_IO_URL:-postgresql:///app}"),
            ("postgres://localhost", "${NAV_IO_URL:-postgres://localhost/}"),
        ] {
            assert_eq!(without_credentials("nav.io", url), want);
            assert!(!without_credentials("nav.io", url).contains("secret"));
        }
    }

    #[test]
    fn platforms_are_named_after_their_database() {
        assert_eq!(name_of("sqlite:/data/Chinook Sqlite.db"), "chinook_sqlite");
        assert_eq!(name_of("sqlite:chinook.db"), "chinook");
        assert_eq!(name_of("postgres://anna:secret@db.example:5432/crm?x=y"), "crm");
        assert_eq!(name_of("sqlite:"), "platform");
        assert_eq!(kind_of("mysql://x"), None);
    }
}
