//! The table `certificate`: the signed files, as they were given out.

use exeunt_model::certificate::{Anchor, AnchoredEntry, Certificate, Statement};
use exeunt_model::log::{Entry, Event, merkle};
use exeunt_model::run::RunId;

use crate::database::Store;
use crate::error::Error;
use crate::log;
use crate::read::parsed;
use crate::sql::{Transaction, parameters};

impl Store {
    /// The bytes of a run's last certificate.
    pub fn certificate_of(&self, run: &RunId) -> Result<Option<Vec<u8>>, Error> {
        const OPERATION: &str = "read a certificate";
        let sql = "-- certificate_of
            SELECT bytes
            FROM certificate
            WHERE run = $1
            ORDER BY number DESC
            LIMIT 1";
        self.look(OPERATION, |transaction| transaction.optional(OPERATION, sql, &parameters![run.as_str()], |row| row.get(0)))
    }

    /// Runs whose certificates are in the store, with the bytes of each, oldest first.
    pub fn each_certificate(&self, mut each: impl FnMut(&RunId, &[u8]) -> Result<(), Error>) -> Result<u64, Error> {
        const OPERATION: &str = "read certificates";
        let sql = "-- all_certificates
            SELECT run, bytes
            FROM certificate
            ORDER BY closed, run, number";
        let mut count = 0;
        self.look(OPERATION, |transaction| {
            transaction.each(OPERATION, sql, &parameters![], &mut |row| {
                let run = parsed(&row.get::<String>(0)?, "a certificate's run")?;
                each(&run, &row.get::<Vec<u8>>(1)?)?;
                count += 1;
                Ok(())
            })
        })?;
        Ok(count)
    }
}

/// Writes the closing entry, and signs the certificate over it.
pub(crate) fn seal(transaction: &mut Transaction<'_>, store: &Keys, opening: u64, statement: Statement) -> Result<Certificate, Error> {
    let event = Event::ErasureClosed { run: statement.id.clone(), state: statement.state, statement: statement.digest() };
    let entry = Entry::new(statement.closed, event);
    let closing = log::append(transaction, &store.log, &entry)?;
    let size = closing.checkpoint.head().size;
    let anchor = Anchor {
        opening: AnchoredEntry {
            index: opening,
            entry: log::entry(transaction, opening)?,
            inclusion: merkle::inclusion_proof(opening, size, &mut |node| log::read_node(transaction, node))?,
        },
        closing: AnchoredEntry {
            index: closing.number,
            entry,
            inclusion: merkle::inclusion_proof(closing.number, size, &mut |node| log::read_node(transaction, node))?,
        },
        opened_checkpoint: log::checkpoint_at(transaction, opening + 1)?,
        checkpoint: closing.checkpoint.as_str().to_owned(),
        consistency: merkle::consistency_proof(opening + 1, size, &mut |node| log::read_node(transaction, node))?,
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

fn insert(transaction: &mut Transaction<'_>, certificate: &Certificate) -> Result<(), Error> {
    let sql = "-- insert_certificate
        INSERT INTO certificate (run, number, state, closed, bytes)
        VALUES ($1, (SELECT count(*) FROM certificate WHERE run = $1), $2, $3, $4)";
    let Statement { id, state, closed, .. } = &certificate.statement;
    let values = parameters![id.as_str(), state.as_str(), closed.microseconds(), certificate.to_bytes()];
    transaction.one_row("write a certificate", sql, &values)
}
