//! Statements on PostgreSQL.

use std::collections::HashMap;
use std::time::Duration;

use ::postgres::config::SslMode;
use ::postgres::types::ToSql;
use ::postgres::{Client, Config, NoTls, Statement};

use super::{Error, Fault, Row, Value, dialect, tls};
use crate::error::Error as StoreError;

/// How long a server may take to answer the first time.
const CONNECT_LIMIT: Duration = Duration::from_secs(15);

/// A connection with the statements that were prepared on it.
pub(crate) struct Postgres {
    client: Client,
    prepared: HashMap<String, Statement>,
    /// A transaction was begun and has not been ended.
    is_open: bool,
}

impl std::fmt::Debug for Postgres {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Postgres(…)")
    }
}

/// A server that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Unreachable {
    #[error("its address cannot be read")]
    Address(#[source] ::postgres::Error),
    #[error("sslmode={mode} is not taken for the store; write verify-full, or disable")]
    Mode { mode: String },
    #[error("prepare an encrypted connection")]
    Tls(#[source] std::io::Error),
    #[error("connect to it")]
    Connect(#[source] ::postgres::Error),
}

/// Connects to a server. What `sslmode` asks for is never done by less.
pub(crate) fn connect(url: &str) -> Result<Postgres, Unreachable> {
    let (url, mode) = tls::mode_of(url)?;
    let mut config: Config = url.parse().map_err(Unreachable::Address)?;
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT_LIMIT);
    }
    if config.get_application_name().is_none() {
        config.application_name("exeunt");
    }
    let mut client = match mode {
        tls::Mode::Clear => config.ssl_mode(SslMode::Disable).connect(NoTls),
        tls::Mode::Verified { roots } => {
            config.ssl_mode(SslMode::Require).connect(tls::connector(roots.as_ref()).map_err(Unreachable::Tls)?)
        }
    }
    .map_err(Unreachable::Connect)?;
    client.batch_execute(&dialect::settings()).map_err(Unreachable::Connect)?;
    Ok(Postgres { client, prepared: HashMap::new(), is_open: false })
}

impl Postgres {
    fn statement(&mut self, sql: &str) -> Result<Statement, Error> {
        if let Some(statement) = self.prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(sql)?;
        self.prepared.insert(sql.to_owned(), statement.clone());
        Ok(statement)
    }

    pub(super) fn execute(&mut self, sql: &str, values: &[Value]) -> Result<usize, Error> {
        let statement = self.statement(sql)?;
        let affected = self.client.execute(&statement, &given(values))?;
        Ok(usize::try_from(affected).unwrap_or(usize::MAX))
    }

    pub(super) fn query(
        &mut self,
        sql: &str,
        values: &[Value],
        each: &mut dyn FnMut(&Row<'_>) -> Result<(), StoreError>,
    ) -> Result<Result<(), StoreError>, Error> {
        let statement = self.statement(sql)?;
        for row in self.client.query(&statement, &given(values))? {
            if let Err(error) = each(&Row::Postgres(&row)) {
                return Ok(Err(error));
            }
        }
        Ok(Ok(()))
    }

    pub(super) fn batch(&mut self, sql: &str) -> Result<(), Error> {
        Ok(self.client.batch_execute(sql)?)
    }

    /// Begins a transaction. One that a panic left open is ended first: the server would take this one for its continuation.
    pub(super) fn begin(&mut self, mode: &'static str) -> Result<(), Error> {
        if self.is_open {
            self.rollback();
        }
        self.batch(mode)?;
        self.is_open = true;
        Ok(())
    }

    /// Ends a transaction without its writes. A connection that is lost has none.
    pub(super) fn rollback(&mut self) {
        self.is_open = self.batch("ROLLBACK").is_err() && !self.is_closed();
    }

    /// Commits; a server that is lost meanwhile may have done so.
    pub(super) fn commit(&mut self) -> Result<(), Error> {
        let ended = self.client.batch_execute("COMMIT");
        self.is_open = ended.is_err();
        ended.map_err(|error| match Fault::from(error) {
            lost if lost.is_lost => Error::CommitUnknown(lost),
            refused => Error::Postgres(refused),
        })
    }

    /// Whether the connection is of no use any more.
    pub(super) fn is_closed(&self) -> bool {
        self.client.is_closed()
    }
}

fn given(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}
