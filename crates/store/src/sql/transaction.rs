//! Statements in a transaction.

use std::cell::Cell;

use super::connection::Connection;
use super::{Error as SqlError, Row, Value, dialect};
use crate::error::{Error, expect_rows};

/// A transaction of the store. What it wrote is there when the function that was given it returns without error, or not at all.
pub struct Transaction<'a> {
    connection: &'a mut Connection,
    standing: &'a Cell<Standing>,
}

/// How a transaction stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    Good,
    /// A statement failed: nothing can be committed any more.
    Failed,
    /// The same, since another transaction stood in the way.
    InTheWay,
}

impl<'a> Transaction<'a> {
    pub(super) fn new(connection: &'a mut Connection, standing: &'a Cell<Standing>) -> Self {
        Self { connection, standing }
    }

    /// Runs a statement and tells how many rows it affected.
    pub(crate) fn rows(&mut self, operation: &'static str, sql: &str, values: &[Value]) -> Result<usize, Error> {
        let result = match self.connection {
            Connection::Sqlite(connection) => connection.execute(sql, values),
            Connection::Postgres(client) => client.execute(sql, values),
        };
        result.map_err(|source| self.failed(operation, source))
    }

    /// Runs a statement that affects exactly one row.
    pub(crate) fn one_row(&mut self, operation: &'static str, sql: &str, values: &[Value]) -> Result<(), Error> {
        let got = self.rows(operation, sql, values)?;
        expect_rows(operation, 1, got)
    }

    /// Hands each row of an answer to a function, one after the other.
    pub(crate) fn each(
        &mut self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let result = match self.connection {
            Connection::Sqlite(connection) => connection.query(sql, values, each),
            Connection::Postgres(client) => client.query(sql, values, each),
        };
        match result {
            Ok(answered) => answered,
            Err(source) => Err(self.failed(operation, source)),
        }
    }

    /// Every row of an answer.
    pub(crate) fn all<T>(
        &mut self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
        mut read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Vec<T>, Error> {
        let mut found = Vec::new();
        self.each(operation, sql, values, &mut |row| {
            found.push(read(row)?);
            Ok(())
        })?;
        Ok(found)
    }

    /// The only row of an answer that has one or none.
    pub(crate) fn optional<T>(
        &mut self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<Option<T>, Error> {
        let mut found = self.all(operation, sql, values, read)?;
        match found.len() {
            0 | 1 => Ok(found.pop()),
            got => Err(Error::Database { operation, source: SqlError::NotOne { got } }),
        }
    }

    /// The only row of an answer that has one.
    pub(crate) fn single<T>(
        &mut self,
        operation: &'static str,
        sql: &str,
        values: &[Value],
        read: impl FnMut(&Row<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        self.optional(operation, sql, values, read)?.ok_or(Error::Database { operation, source: SqlError::NotOne { got: 0 } })
    }

    /// What a `SELECT` ends with so that nobody else changes its rows before this transaction ends. On SQLite nobody can anyway.
    pub(crate) fn to_change(&self) -> &'static str {
        match self.connection {
            Connection::Sqlite(_) => "",
            Connection::Postgres(_) => dialect::TO_CHANGE,
        }
    }

    /// Keeps everybody else from writing to a table until this transaction ends. On SQLite nobody can anyway.
    pub(crate) fn lock_table(&mut self, operation: &'static str, table: &'static str) -> Result<(), Error> {
        match self.connection {
            Connection::Sqlite(_) => Ok(()),
            Connection::Postgres(_) => self.rows(operation, &dialect::lock_table(table), &[]).map(|_| ()),
        }
    }

    /// The names of the tables where the store's belong.
    pub(crate) fn tables(&mut self) -> Result<Vec<String>, Error> {
        let sql = match self.connection {
            Connection::Sqlite(_) => dialect::TABLES_SQLITE,
            Connection::Postgres(_) => dialect::TABLES_POSTGRES,
        };
        self.all("look at the store's tables", sql, &[], |row| row.get::<String>(0))
    }

    fn failed(&self, operation: &'static str, source: SqlError) -> Error {
        if source.is_conflict() || source.is_taken() {
            self.standing.set(Standing::InTheWay);
        } else if self.standing.get() == Standing::Good {
            self.standing.set(Standing::Failed);
        }
        Error::Database { operation, source }
    }
}
