//! What a database says about a failure, without the words that may hold personal data.

use std::fmt;

/// A database's own account of a failure: its code and the names of what it is about.
///
/// The server's message and detail are left out, for they quote values (`Key (email)=(…) is still referenced`). Only where a code
/// is known to speak of names alone, such as "column does not exist", the quoted name is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    pub severity: String,
    /// SQLSTATE, or SQLite's extended result code as `SQLITE 787`.
    pub code: String,
    pub schema: Option<String>,
    pub table: Option<String>,
    pub column: Option<String>,
    pub constraint: Option<String>,
    /// The thing that a "does not exist" or "permission denied" is about.
    pub subject: Option<String>,
}

impl Fault {
    /// Keeps the names in a PostgreSQL server's error and drops everything that may quote values.
    pub(crate) fn of(error: &tokio_postgres::error::DbError) -> Self {
        let severity = error.parsed_severity().map_or_else(|| error.severity().to_owned(), |severity| severity.to_string());
        let code = error.code().code().to_owned();
        let subject = named_thing(&code, error.message());
        let owned = |name: Option<&str>| name.map(str::to_owned);
        Self {
            severity,
            schema: owned(error.schema()),
            table: owned(error.table()),
            column: owned(error.column()),
            constraint: owned(error.constraint()),
            code,
            subject,
        }
    }

    /// What the code means, for people.
    fn meaning(&self) -> &'static str {
        match self.code.as_str() {
            "23001" | "23503" | "SQLITE 787" | "SQLITE 1811" => "a foreign key forbids it",
            "23502" | "SQLITE 1299" => "a column takes no null",
            "23505" | "SQLITE 2067" | "SQLITE 1555" => "a unique key forbids it",
            "23514" | "SQLITE 275" => "a check constraint forbids it",
            "23P01" => "an exclusion constraint forbids it",
            "42P01" => "there is no such table",
            "42703" => "there is no such column",
            "42501" => "permission is denied",
            "42883" => "the types have no such operator",
            "22001" => "a value is too long for its column",
            "22P02" | "22007" | "22008" | "22003" => "a value does not fit the column's type",
            "25006" | "SQLITE 8" => "the connection is read-only",
            "40001" => "a concurrent change stood in the way",
            "40P01" => "a deadlock was broken",
            "55P03" | "SQLITE 5" => "another transaction holds a lock",
            "57014" => "the statement was cancelled",
            "57P01" | "57P02" | "57P03" => "the server is shutting down or starting up",
            "53100" | "SQLITE 13" => "the server's disk is full",
            "53200" => "the server is out of memory",
            "53300" => "the server takes no more connections",
            "P0001" | "SQLITE 1811 trigger" => "a trigger or function raised an error",
            "SQLITE 11" | "SQLITE 26" => "the file is damaged or is no database",
            _ => "the database refused",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.meaning())?;
        if let Some(table) = &self.table {
            match &self.schema {
                Some(schema) => write!(formatter, ", table {schema}.{table}")?,
                None => write!(formatter, ", table {table}")?,
            }
        }
        if let Some(column) = &self.column {
            write!(formatter, ", column {column}")?;
        }
        if let Some(constraint) = &self.constraint {
            write!(formatter, ", constraint {constraint}")?;
        }
        if let Some(subject) = &self.subject {
            write!(formatter, ", `{subject}`")?;
        }
        match self.code.starts_with("SQLITE") {
            true => write!(formatter, " ({})", self.code),
            false => write!(formatter, " ({} SQLSTATE {})", self.severity, self.code),
        }
    }
}

/// What a message is about, where its code is known to speak of names alone; any other message may quote a value.
fn named_thing(code: &str, message: &str) -> Option<String> {
    match code {
        "42P01" | "42703" | "42704" | "3F000" | "3D000" => quoted_name(message),
        "42501" => refused_thing(message),
        _ => None,
    }
}

/// The name in `permission denied for table seat`. Functions may raise the same code with words of their own.
fn refused_thing(message: &str) -> Option<String> {
    const KINDS: &[&str] = &["table", "view", "materialized view", "sequence", "column", "schema", "database", "function", "type"];
    let thing = message.strip_prefix("permission denied for ")?;
    let name = KINDS.iter().find_map(|kind| thing.strip_prefix(kind)?.strip_prefix(' '))?;
    Some(quoted_name(name).unwrap_or_else(|| name.to_owned()))
}

/// The first double-quoted part of a message.
fn quoted_name(message: &str) -> Option<String> {
    let (_, rest) = message.split_once('"')?;
    let (name, _) = rest.split_once('"')?;
    Some(name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vanished_things_are_named_and_nothing_else() {
        assert_eq!(named_thing("42P01", "relation \"public.seat\" does not exist").as_deref(), Some("public.seat"));
        assert_eq!(named_thing("42501", "permission denied for table seat").as_deref(), Some("seat"));
        assert_eq!(named_thing("42501", "permission denied for schema crm").as_deref(), Some("crm"));
        for raised in
            ["no access for ada@mail.example", "\"Ada Lovelace\" may not", "permission denied for ada@mail.example", "permission denied"]
        {
            assert_eq!(named_thing("42501", raised), None, "{raised}");
        }
        assert_eq!(named_thing("22P02", "invalid input syntax for type integer: \"ada@mail.example\""), None);
    }

    #[test]
    fn a_fault_names_things_and_no_values() {
        let fault = Fault {
            severity: "ERROR".into(),
            code: "23503".into(),
            schema: Some("public".into()),
            table: Some("note".into()),
            constraint: Some("note_seat_fk".into()),
            ..Fault::default()
        };
        let want = "a foreign key forbids it, table public.note, constraint note_seat_fk (ERROR SQLSTATE 23503)";
        assert_eq!(fault.to_string(), want);
    }
}
