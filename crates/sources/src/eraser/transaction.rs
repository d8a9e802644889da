//! Transactions: those that erase, and those that only look.

use std::time::Duration;

use super::Eraser;
use super::key_table::KeyTable;
use crate::error::Error;
use crate::link::{Connection, Link};
use crate::postgres::session::Statement;
use crate::sqlite::connection::told;

/// What became of a transaction, as the server itself says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Committed,
    RolledBack,
    GoingOn,
    /// The database keeps no record of its transactions, or not of this one any more.
    Unknown,
}

/// What is open on the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Idle,
    /// A transaction that may write.
    Erasing,
    /// A transaction that only reads, with one moment for several questions.
    Reading,
    /// A commit whose end nobody knows, or a failed rollback.
    Lost,
}

impl Eraser {
    /// Begins the transaction: REPEATABLE READ with a limit on waiting for locks on PostgreSQL, BEGIN IMMEDIATE on SQLite. Foreign keys
    /// that can be checked at commit are.
    pub fn begin(&mut self) -> Result<(), Error> {
        self.expect("begin a transaction", State::Idle)?;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                let patience_ms = u64::try_from(self.patience.as_millis()).unwrap_or(u64::MAX);
                self.transaction = session.begin_erasing(patience_ms)?;
            }
            Connection::Sqlite { connection, .. } => connection
                .execute_batch("BEGIN IMMEDIATE; PRAGMA defer_foreign_keys = ON;")
                .map_err(|error| told(&self.link.database, "begin a transaction", &error))?,
        }
        self.state = State::Erasing;
        self.sees_as_triggers_do = false;
        self.link.unchanged = false;
        Ok(())
    }

    /// The number by which PostgreSQL knows the transaction that was begun last; SQLite numbers none.
    pub fn transaction(&self) -> Option<&str> {
        self.transaction.as_deref()
    }

    /// What became of a transaction of this database, by the number that [`Self::transaction`] gave for it. Asked in the open transaction.
    pub fn fate_of(&mut self, transaction: &str) -> Result<Fate, Error> {
        const OPERATION: &str = "ask what became of a transaction";
        self.expect(OPERATION, State::Erasing)?;
        let Connection::Postgres(session) = &mut self.link.connection else { return Ok(Fate::Unknown) };
        // A number that is not given out yet is of the time before a restore. Our own is the newest that surely is.
        let sql = "SELECT CASE WHEN CAST($1 AS bigint) < txid_current() THEN txid_status(CAST($1 AS bigint)) END";
        let answer = session.ask(OPERATION, &Statement { sql: sql.to_owned(), parameters: vec![Some(transaction.to_owned())] })?;
        let status = answer.rows.first().and_then(|row| row.first().cloned().flatten());
        Ok(match status.as_deref() {
            Some("committed") => Fate::Committed,
            Some("aborted") => Fate::RolledBack,
            Some("in progress") => Fate::GoingOn,
            Some(_) | None => Fate::Unknown,
        })
    }

    /// Commits. [`Error::CommitUnknown`] means that only a recount on a new connection tells what happened.
    pub fn commit(&mut self) -> Result<(), Error> {
        const OPERATION: &str = "commit";
        self.expect(OPERATION, State::Erasing)?;
        // Until the database has said so, nothing is known.
        self.state = State::Lost;
        self.link.unchanged = false;
        match &mut self.link.connection {
            Connection::Postgres(session) => {
                // A transaction in which something failed is "committed" by rolling it back, without an error; but such a one
                // refuses to select anything.
                let rolled_back = match session.run(OPERATION, "SELECT 1; COMMIT") {
                    Ok(_) => None,
                    Err(Error::ConnectionLost { database, operation: _, reason }) => {
                        return Err(Error::CommitUnknown { database, reason });
                    }
                    Err(Error::Protocol { database, operation: _, problem }) => {
                        return Err(Error::CommitUnknown { database, reason: problem });
                    }
                    // A constraint that is checked at commit, for example: the server says that it rolled back.
                    Err(refused) => Some(refused),
                };
                if let Some(error) = rolled_back {
                    self.link.kept_rows.clear();
                    // A server that gave up as a whole has said nothing of the transaction: what it wrote last may be on its disk.
                    if session.run("roll back", "ROLLBACK").is_err() {
                        return Err(Error::CommitUnknown { database: self.link.database.clone(), reason: error.to_string() });
                    }
                    self.state = State::Idle;
                    self.forget_fresh_key_table();
                    return Err(error);
                }
            }
            Connection::Sqlite { connection, .. } => {
                if let Err(error) = connection.execute_batch("COMMIT") {
                    let error = told(&self.link.database, OPERATION, &error);
                    // A transaction that has ended may have reached the disk before it failed.
                    if connection.is_autocommit() {
                        return Err(Error::CommitUnknown { database: self.link.database.clone(), reason: error.to_string() });
                    }
                    // A refused commit leaves the transaction open, to be rolled back.
                    self.state = State::Erasing;
                    return Err(error);
                }
                // The write-ahead log still holds what was erased until it is emptied. A reader may stand in the way; then a later
                // commit empties it, so neither failing is one.
                let emptied = connection
                    .busy_timeout(Duration::ZERO)
                    .and_then(|()| connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())))
                    .and(connection.busy_timeout(self.patience));
                drop(emptied);
            }
        }
        self.state = State::Idle;
        if self.key_table == KeyTable::Fresh {
            self.key_table = KeyTable::Kept;
        }
        Ok(())
    }

    /// Rolls the open transaction back: nothing was changed.
    pub fn rollback(&mut self) -> Result<(), Error> {
        const OPERATION: &str = "roll back";
        if self.state != State::Erasing {
            return Ok(());
        }
        self.state = State::Lost;
        self.link.unchanged = false;
        // The sets may be those of an earlier transaction again.
        self.link.kept_rows.clear();
        match &mut self.link.connection {
            Connection::Postgres(session) => drop(session.run(OPERATION, "ROLLBACK")?),
            Connection::Sqlite { connection, .. } => {
                // Some failures of SQLite have rolled back already.
                if !connection.is_autocommit() {
                    connection.execute_batch("ROLLBACK").map_err(|error| told(&self.link.database, OPERATION, &error))?;
                }
            }
        }
        self.state = State::Idle;
        self.forget_fresh_key_table();
        Ok(())
    }

    /// Lets everything that is asked until [`Self::end_reading`] see one moment, the newest. On SQLite each question sees a moment of its own.
    pub fn begin_reading(&mut self) -> Result<(), Error> {
        self.expect("begin to read", State::Idle)?;
        if let Connection::Postgres(session) = &mut self.link.connection {
            session.begin_reading(None)?;
            self.state = State::Reading;
        }
        Ok(())
    }

    /// From now on each question sees the newest moment again.
    pub fn end_reading(&mut self) -> Result<(), Error> {
        if self.state != State::Reading {
            return Ok(());
        }
        self.state = State::Lost;
        if let Connection::Postgres(session) = &mut self.link.connection {
            session.run("end reading", "ROLLBACK")?;
        }
        self.state = State::Idle;
        Ok(())
    }

    /// Runs something that only reads: in the open transaction, or in one of its own that sees the newest state.
    pub(super) fn reading<T>(&mut self, read: impl FnOnce(&mut Link) -> Result<T, Error>) -> Result<T, Error> {
        let alone = match self.state {
            State::Erasing => return read(&mut self.link),
            State::Lost => return Err(self.unsupported("read", "the connection's last transaction ended in the unknown")),
            State::Reading => false,
            State::Idle => true,
        };
        if alone {
            self.begin_reading()?;
        }
        let found = read(&mut self.link);
        // After a failure PostgreSQL answers nothing more in this transaction.
        if !alone && found.is_ok() {
            return found;
        }
        let ended = self.end_reading();
        found.and_then(|found| ended.map(|()| found))
    }

    pub(super) fn expect(&self, operation: &str, want: State) -> Result<(), Error> {
        match self.state == want {
            true => Ok(()),
            false => Err(self.unsupported(
                operation,
                match want {
                    State::Erasing => "no transaction is open",
                    State::Idle => "a transaction is open already, or its end is unknown",
                    State::Reading => "no moment is being read",
                    State::Lost => "its end is known",
                },
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use exeunt_model::names::SourceName;

    use super::*;

    #[test]
    fn a_failed_commit_that_leaves_no_transaction_is_of_unknown_end() {
        let folder = tempfile::tempdir().unwrap();
        rusqlite::Connection::open(folder.path().join("app.db")).unwrap().execute_batch("CREATE TABLE note (id INTEGER)").unwrap();
        let kind = exeunt_model::catalog::SourceKind::Sqlite;
        let database = crate::Database::new(SourceName::new("app"), kind, "sqlite:app.db", &[], folder.path()).unwrap();
        let mut eraser = database.eraser().unwrap();
        eraser.begin().unwrap();
        let Connection::Sqlite { connection, .. } = &eraser.link.connection else { panic!("SQLite was asked for") };
        // SQLite ends a transaction by itself after some failures.
        connection.execute_batch("ROLLBACK").unwrap();
        assert!(matches!(eraser.commit(), Err(Error::CommitUnknown { .. })));
        assert!(eraser.begin().is_err(), "only a new connection tells what happened");
    }
}
