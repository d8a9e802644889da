//! The table `certificate`: the signed files, as they were given out.

use exeunt_model::certificate::{Anchor, AnchoredEntry, Certificate, Statement};
use exeunt_model::log::{Entry, Event, merkle};
use exeunt_model::run::RunId;
use rusqlite::{OptionalExtension as _, Transaction};

use crate::database::Store;
use crate::error::{Error, expect_rows};
use crate::log;

impl Store {
    /// The bytes of a run's last certificate.
    pub fn certificate_of(&self, run: &RunId) -> Result<Option<Vec<u8>>, Error> {
        let sql = "-- certificate_of
            SELECT bytes
            FROM certificate
            WHERE run = ?1
            ORDER BY number DESC
            LIMIT 1";
        self.connection.query_row(sql, [run.as_str()], |row| row.get(0)).optional().map_err(Error::during("read a certificate"))
    }

    /// Runs whose certificates are in the store, with the bytes of each, oldest first.
    pub fn each_certificate(&self, mut each: impl FnMut(&RunId, &[u8]) -> Result<(), Error>) -> Result<u64, Error> {
        let failed = || Error::during("read certificates");
        let sql = "-- all_certificates
            SELECT run, bytes
            FROM certificate
            ORDER BY closed, run, number";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let mut rows = statement.query([]).map_err(failed())?;
        let mut count = 0;
        while let Some(row) = rows.next().map_err(failed())? {
            let (run, bytes): (String, Vec<u8>) = row.try_into().map_err(failed())?;
            let run = run.parse().map_err(|_| Error::damaged("a certificate names no run"))?;
            each(&run, &bytes)?;
            count += 1;
        }
        Ok(count)
    }
}

/// Writes the closing entry, and signs the certificate over it.
pub(crate) fn seal(transaction: &Transaction<'_>, store: &Keys, opening: u64, statement: Statement) -> Result<Certificate, Error> {
    let event = Event::ErasureClosed { run: statement.id.clone(), state: statement.state, statement: statement.digest() };
    let entry = Entry::new(statement.closed, event);
    let closing = log::append(transaction, &store.log, &entry)?;
    let size = closing.checkpoint.head().size;
    let mut read = |node| log::read_node(transaction, node);
    let anchor = Anchor {
        opening: AnchoredEntry {
            index: opening,
            entry: log::entry(transaction, opening)?,
            inclusion: merkle::inclusion_proof(opening, size, &mut read)?,
        },
        closing: AnchoredEntry { index: closing.number, entry, inclusion: merkle::inclusion_proof(closing.number, size, &mut read)? },
        opened_checkpoint: log::checkpoint_at(transaction, opening + 1)?,
        checkpoint: closing.checkpoint.as_str().to_owned(),
        consistency: merkle::consistency_proof(opening + 1, size, &mut read)?,
    };
    let certificate = Certificate::sign(statement, anchor, &store.signing);
    insert(transaction, &certificate)?;
    Ok(certificate)
}

/// The two roles of the store's key, apart from the connection that a transaction borrows.
pub(crate) struct Keys {
    pub log: exeunt_model::log::LogKey,
    pub signing: exeunt_model::signature::SigningKey,
}

fn insert(transaction: &Transaction<'_>, certificate: &Certificate) -> Result<(), Error> {
    let sql = "-- insert_certificate
        INSERT INTO certificate (run, number, state, closed, bytes)
        VALUES (?1, (SELECT count(*) FROM certificate WHERE run = ?1), ?2, ?3, ?4)";
    let Statement { id, state, closed, .. } = &certificate.statement;
    let got = transaction
        .execute(sql, (id.as_str(), state.as_str(), closed.microseconds(), certificate.to_bytes()))
        .map_err(Error::during("write a certificate"))?;
    expect_rows("write a certificate", 1, got)
}
