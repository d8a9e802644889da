//! Loads rows into PostgreSQL with `COPY`.
//!
//! Rows of all tables come mixed, but a connection copies into one table at a time: rows are gathered per table, and when enough are
//! there, a second thread copies them while the next ones are made.
//!
//! ```text
//! generator ──► a buffer per table ──(batch)──► loader thread ──COPY per table──► server
//! ```

use std::io::Write as _;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use postgres::{Client, NoTls};

use super::value::{write_hundredths, write_integer, write_uuid};
use super::{Finishing, Sink, Value, check_row};
use crate::error::Error;
use crate::schema::{self, Dialect, T, TABLES, quoted};

/// Bytes gathered before they go to the loader.
const BATCH_BYTES: usize = 16 << 20;

type Batch = Vec<(T, Vec<u8>)>;

pub struct PostgresSink {
    buffers: Vec<Vec<u8>>,
    gathered: usize,
    /// `None` once loading has ended.
    batches: Option<SyncSender<Batch>>,
    loader: Option<JoinHandle<Result<Client, Error>>>,
}

impl PostgresSink {
    /// Makes all tables in the connection's first schema. None of them may exist.
    pub fn create(url: &str) -> Result<Self, Error> {
        let mut client = Client::connect(url, NoTls).map_err(|source| Error::ConnectPostgres { source })?;
        let names: Vec<&str> = TABLES.iter().map(|table| table.name).collect();
        let failed = |source| Error::CreatePostgres { source };
        let existing: i64 = client
            .query_one("SELECT count(*) FROM pg_catalog.pg_tables WHERE schemaname = current_schema() AND tablename = ANY($1)", &[&names])
            .map_err(failed)?
            .get(0);
        if existing != 0 {
            return Err(Error::NotEmpty { what: "the database".to_owned() });
        }
        client.batch_execute("SET synchronous_commit = off; SET maintenance_work_mem = '256MB'").map_err(failed)?;
        for statement in schema::create_tables(Dialect::Postgres) {
            client.batch_execute(&statement).map_err(failed)?;
        }
        let (batches, received) = sync_channel(1);
        let loader = std::thread::spawn(move || load(client, &received));
        Ok(Self { buffers: vec![Vec::new(); TABLES.len()], gathered: 0, batches: Some(batches), loader: Some(loader) })
    }

    /// Hands the gathered rows to the loader.
    fn hand_over(&mut self) -> Result<(), Error> {
        self.gathered = 0;
        let taken = self.buffers.iter_mut().map(std::mem::take);
        let batch: Batch = T::ALL.iter().copied().zip(taken).filter(|(_, rows)| !rows.is_empty()).collect();
        let sent = self.batches.as_ref().is_some_and(|batches| batches.send(batch).is_ok());
        // The loader hangs up only when it failed; it knows why.
        if sent { Ok(()) } else { self.join().map(drop) }
    }

    fn join(&mut self) -> Result<Client, Error> {
        self.batches = None;
        match self.loader.take().map(JoinHandle::join) {
            Some(Ok(result)) => result,
            Some(Err(panic)) => std::panic::resume_unwind(panic),
            None => Err(Error::LoaderGone),
        }
    }
}

fn load(mut client: Client, batches: &Receiver<Batch>) -> Result<Client, Error> {
    for batch in batches {
        for (table, rows) in batch {
            let failed = |source| Error::CopyPostgres { table: table.name(), source };
            let mut copy = client.copy_in(&format!("COPY {} FROM STDIN", quoted(table.name()))).map_err(failed)?;
            copy.write_all(&rows).map_err(|source| Error::WritePostgres { table: table.name(), source })?;
            copy.finish().map_err(failed)?;
        }
    }
    Ok(client)
}

fn write_value(value: Value<'_>, out: &mut Vec<u8>) {
    match value {
        Value::Null => out.extend_from_slice(b"\\N"),
        Value::Integer(number) => write_integer(number, out),
        Value::Boolean(truth) => out.push(if truth { b't' } else { b'f' }),
        Value::Text(text) | Value::Json(text) => write_text(text, out),
        Value::Moment(moment) => moment.write(out),
        Value::Date(day) => day.write(out),
        Value::Uuid(bits) => write_uuid(bits, out),
        Value::Decimal(number) => write_hundredths(number, out),
        Value::Bytes(bytes) => {
            // `\x…` in hexadecimal; the backslash itself is doubled.
            out.extend_from_slice(b"\\\\x");
            for byte in bytes {
                out.push(b"0123456789abcdef"[usize::from(byte >> 4)]);
                out.push(b"0123456789abcdef"[usize::from(byte & 15)]);
            }
        }
    }
}

/// Text with the four characters escaped that mean something to `COPY`.
fn write_text(text: &str, out: &mut Vec<u8>) {
    for byte in text.bytes() {
        match byte {
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            other => out.push(other),
        }
    }
}

impl Sink for PostgresSink {
    fn insert(&mut self, table: T, values: &[Value<'_>]) -> Result<(), Error> {
        check_row(table, values);
        let buffer = &mut self.buffers[table as usize];
        let before = buffer.len();
        for (value, index) in values.iter().zip(0..) {
            if index > 0 {
                buffer.push(b'\t');
            }
            write_value(*value, buffer);
        }
        buffer.push(b'\n');
        self.gathered += buffer.len() - before;
        if self.gathered >= BATCH_BYTES { self.hand_over() } else { Ok(()) }
    }

    fn finish(&mut self, watch: &mut dyn FnMut(Finishing)) -> Result<(), Error> {
        self.hand_over()?;
        let mut client = self.join()?;
        let failed = |source| Error::CreatePostgres { source };
        watch(Finishing::Keys);
        let (foreign, keys): (Vec<String>, Vec<String>) =
            schema::create_constraints(Dialect::Postgres).into_iter().partition(|statement| statement.contains("FOREIGN KEY"));
        for statement in keys {
            client.batch_execute(&statement).map_err(failed)?;
        }
        watch(Finishing::Indexes);
        // Foreign keys are checked with the indexes there.
        for statement in schema::create_indexes().iter().chain(&foreign).chain(&schema::create_views()) {
            client.batch_execute(statement).map_err(failed)?;
        }
        watch(Finishing::Statistics);
        client.batch_execute("VACUUM ANALYZE").map_err(failed)
    }
}

impl Drop for PostgresSink {
    fn drop(&mut self) {
        // A world given up half-way: the loader ends with what it has; its result no longer matters.
        self.batches = None;
        if let Some(loader) = self.loader.take() {
            let _ = loader.join();
        }
    }
}
