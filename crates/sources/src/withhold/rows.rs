//! Rows as CSV, with the conventions of PostgreSQL's `COPY`, whose JSON values lose their secret places.

use std::borrow::Cow;
use std::io;

use memchr::memchr3;

use super::json::{Left, without};
use crate::reader::{Read, Receive, Streamed};

/// What stands in the place of a value that is withheld as a whole: JSON too, so that it fits the column.
const WITHHELD: &str = r#"{"withheld":"this value could not be read as JSON, and a place inside it is secret"}"#;

/// Passes rows on without the secret places of their reads.
pub(crate) struct Withholding<'a> {
    receive: &'a mut dyn Receive,
    reads: Vec<Option<Rows>>,
    at: usize,
}

impl<'a> Withholding<'a> {
    pub(crate) fn new(receive: &'a mut dyn Receive, reads: &[Read<'_>]) -> Self {
        Self { receive, reads: reads.iter().map(Rows::of).collect(), at: 0 }
    }
}

impl Receive for Withholding<'_> {
    fn begin(&mut self, read: usize) -> io::Result<()> {
        self.at = read;
        self.receive.begin(read)
    }

    fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
        match self.reads.get_mut(self.at).and_then(Option::as_mut) {
            None => self.receive.rows(csv),
            Some(rows) => {
                rows.push(csv);
                if rows.passed.is_empty() {
                    return Ok(());
                }
                let passed = self.receive.rows(&rows.passed);
                rows.passed.clear();
                passed
            }
        }
    }

    fn end(&mut self, read: usize, streamed: Streamed) -> io::Result<()> {
        let withheld = self.reads.get(read).and_then(Option::as_ref).map_or(0, |rows| rows.withheld);
        self.receive.end(read, Streamed { withheld, ..streamed })
    }
}

/// The rows of one read.
struct Rows {
    /// The names of secret places, by the position of the column.
    columns: Vec<Vec<Vec<String>>>,
    column: usize,
    quoted: bool,
    /// The value of a column with secret places, as far as it came.
    value: Vec<u8>,
    passed: Vec<u8>,
    withheld: u64,
}

impl Rows {
    /// `None` where nothing is secret.
    fn of(read: &Read<'_>) -> Option<Self> {
        let places = |column: &String| {
            let of_column = read.secret_paths.iter().filter(|path| path.column == *column && !path.json.is_empty());
            of_column.map(|path| path.json.clone()).collect::<Vec<_>>()
        };
        let columns: Vec<Vec<Vec<String>>> = read.columns.iter().map(places).collect();
        let secret = columns.iter().any(|places| !places.is_empty());
        secret.then(|| Self { columns, column: 0, quoted: false, value: Vec::new(), passed: Vec::new(), withheld: 0 })
    }

    fn push(&mut self, mut csv: &[u8]) {
        while !csv.is_empty() {
            // Quotes inside a quoted value are doubled: they close and open it again.
            let special = if self.quoted { memchr::memchr(b'"', csv) } else { memchr3(b'"', b',', b'\n', csv) };
            let Some(at) = special else {
                self.take(csv);
                return;
            };
            if csv[at] == b'"' {
                self.quoted = !self.quoted;
                self.take(&csv[..=at]);
            } else {
                self.take(&csv[..at]);
                self.end_value();
                self.passed.push(csv[at]);
                self.column = if csv[at] == b',' { self.column + 1 } else { 0 };
            }
            csv = &csv[at + 1..];
        }
    }

    fn secret(&self) -> bool {
        self.columns.get(self.column).is_some_and(|places| !places.is_empty())
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.secret() { self.value.extend(bytes) } else { self.passed.extend(bytes) }
    }

    fn end_value(&mut self) {
        // Null is nothing at all, and an empty text hides nothing.
        if !self.secret() || self.value.is_empty() || self.value == b"\"\"" {
            self.passed.append(&mut self.value);
            return;
        }
        let paths: Vec<&[String]> = self.columns[self.column].iter().map(Vec::as_slice).collect();
        let text = std::str::from_utf8(&self.value).ok().map(unquoted);
        let left = text.map_or(Left::Unreadable, |text| without(&text, &paths));
        match left {
            Left::Same => self.passed.append(&mut self.value),
            Left::Without(text) => self.passed.extend(quoted(&text).as_bytes()),
            Left::Unreadable => {
                self.withheld += 1;
                self.passed.extend(quoted(WITHHELD).as_bytes());
            }
        }
        self.value.clear();
    }
}

fn unquoted(value: &str) -> Cow<'_, str> {
    match value.strip_prefix('"').and_then(|value| value.strip_suffix('"')) {
        Some(inner) => inner.replace("\"\"", "\"").into(),
        None => value.into(),
    }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use exeunt_model::selection::{ColumnPath, Condition};

    #[derive(Default)]
    struct Taken {
        csv: Vec<u8>,
        streamed: Streamed,
    }

    impl Receive for Taken {
        fn begin(&mut self, _read: usize) -> io::Result<()> {
            Ok(())
        }
        fn rows(&mut self, csv: &[u8]) -> io::Result<()> {
            self.csv.extend(csv);
            Ok(())
        }
        fn end(&mut self, _read: usize, streamed: Streamed) -> io::Result<()> {
            self.streamed = streamed;
            Ok(())
        }
    }

    #[test]
    fn values_lose_their_secret_places_wherever_the_rows_are_cut() {
        let csv = "1,\"{\"\"token\"\": \"\"a,b\"\",\n \"\"x\"\": 1}\",\"say \"\"token\"\"\"\n2,,\n3,\"\",y\n4,{oops: 1},z\n5,[],\"{\"\"token\"\": 1}\"\n";
        let note = quoted(WITHHELD);
        let want = format!("1,\"{{\"\"x\"\": 1}}\",\"say \"\"token\"\"\"\n2,,\n3,\"\",y\n4,{note},z\n5,[],\"{{\"\"token\"\": 1}}\"\n");
        let columns = ["id", "settings", "body"].map(str::to_owned);
        let secret: [ColumnPath; 1] = ["settings/token".into()];
        let table = "app.seat".parse().unwrap();
        let read = Read { table: &table, columns: &columns, secret_paths: &secret, condition: &Condition::Always };
        for size in [1, 2, 3, 7, 64, 1024] {
            let mut taken = Taken::default();
            let mut withholding = Withholding::new(&mut taken, &[read]);
            withholding.begin(0).unwrap();
            csv.as_bytes().chunks(size).for_each(|part| withholding.rows(part).unwrap());
            withholding.end(0, Streamed { rows: 5, ..Streamed::default() }).unwrap();
            assert_eq!(String::from_utf8(taken.csv).unwrap(), want);
            assert_eq!((taken.streamed.rows, taken.streamed.withheld), (5, 1));
        }
    }
}
