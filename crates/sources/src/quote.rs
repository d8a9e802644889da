//! Names and texts inside SQL.

/// A name between double quotes, inner quotes doubled.
pub(crate) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A text between single quotes for PostgreSQL, safe whatever `standard_conforming_strings` says. A zero byte inside is refused by the
/// wire, for no PostgreSQL text can hold one.
pub(crate) fn postgres_text(text: &str) -> String {
    let doubled = text.replace('\'', "''");
    match text.contains('\\') {
        true => format!("E'{}'", doubled.replace('\\', "\\\\")),
        false => format!("'{doubled}'"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_inside_are_doubled() {
        assert_eq!(identifier("a\"b"), "\"a\"\"b\"");
        assert_eq!(postgres_text("O'Hara"), "'O''Hara'");
        assert_eq!(postgres_text("\\'; --"), "E'\\\\''; --'");
    }
}
