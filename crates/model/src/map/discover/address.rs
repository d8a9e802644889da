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

/// The environment's variable that a map takes a platform's address from: `NAVIGATOR_URL` for `navigator`.
///
/// The address itself, with its user and password, stays out of the map.
pub fn variable_of(platform: &str) -> String {
    let fine = |character: char| if character.is_ascii_alphanumeric() { character.to_ascii_uppercase() } else { '_' };
    let name: String = platform.chars().map(fine).collect();
    let name = if name.starts_with(|first: char| first.is_ascii_digit()) { format!("_{name}") } else { name };
    format!("{name}_URL")
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
    fn variables_have_names_that_a_shell_takes() {
        for (platform, want) in [("navigator", "NAVIGATOR_URL"), ("nav.io-2", "NAV_IO_2_URL"), ("1shop", "_1SHOP_URL")] {
            assert_eq!(variable_of(platform), want);
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
