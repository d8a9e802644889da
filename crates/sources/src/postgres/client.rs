//! A connection of the PostgreSQL driver, driven from the thread that asks.
//!
//! Parameters travel as text, so that the server compares a key of any type as its own type; results are asked for as text by the
//! statements themselves.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::task::Poll;

use exeunt_model::names::SourceName;
use futures_util::TryStreamExt as _;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::config::SslMode;
use tokio_postgres::types::{Format, IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client as Driver, Config, CopyOutStream, SimpleQueryMessage};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::error::Error;
use crate::fault::Fault;
use crate::postgres::address::{Address, Encryption, Host};
use crate::postgres::session::Statement;
use crate::postgres::tls;

/// Bytes of rows that are collected before they are passed on.
const BLOCK_BYTES: usize = 64 * 1024;

/// What became of a question.
pub(crate) enum Refusal {
    /// The server refused a statement; the connection goes on.
    Fault(Box<Fault>),
    /// The connection is over.
    Lost(String),
    /// An answer of a kind that was not asked for.
    Unknown(String),
    /// The place where rows go failed; the rest of the answer is thrown away.
    Output(io::Error),
}

/// The answer to one statement, in text form.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub rows: Vec<Vec<Option<String>>>,
    /// Rows that the statement returned or changed.
    pub affected: u64,
}

pub(crate) struct Client {
    runtime: Runtime,
    driver: Driver,
    /// Statements of copies, which the server forgets when the session ends: to have it forget them one by one costs an answer each.
    /// They stand after the driver and are therefore dropped after it, when there is nobody left to tell.
    copied: RefCell<Vec<tokio_postgres::Statement>>,
}

/// Connects to the first host that answers and signs in.
pub(crate) fn connect(database: &SourceName, address: &Address) -> Result<Client, Error> {
    let runtime = Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::Unreachable {
        database: database.clone(),
        place: "this machine".into(),
        reason: error.to_string(),
    })?;
    let mut last = Error::Address { database: database.clone(), problem: "the address names no host".into() };
    for host in &address.hosts {
        match connect_host(&runtime, database, address, host) {
            Ok(driver) => return Ok(Client { runtime, driver, copied: RefCell::default() }),
            // Only a host that cannot be reached is a reason to try the next one.
            Err(error @ Error::Unreachable { .. }) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn connect_host(runtime: &Runtime, database: &SourceName, address: &Address, host: &Host) -> Result<Driver, Error> {
    let mut config = Config::new();
    config.user(&address.user).dbname(&address.database).application_name("exeunt").connect_timeout(address.connect_timeout);
    if let Some(password) = &address.password {
        config.password(password);
    }
    match host {
        Host::Tcp { name, port } => config.host(name).port(*port),
        Host::Unix { folder, port } => config.host_path(folder).port(*port),
    };
    config.ssl_mode(match address.encryption {
        Encryption::Disable => SslMode::Disable,
        Encryption::Prefer => SslMode::Prefer,
        Encryption::Require | Encryption::VerifyAuthority | Encryption::VerifyFull => SslMode::Require,
    });
    let encryption = tls::client_config(address.encryption, address.root_certificates.as_deref())
        .map_err(|reason| Error::Encryption { database: database.clone(), reason })?;
    let connecting = async {
        // A server that accepts and then says nothing must not hold us for ever; afterwards, statements may take their time.
        let connected = tokio::time::timeout(address.connect_timeout, config.connect(MakeRustlsConnect::new(encryption))).await;
        let (driver, connection) = match connected {
            Ok(Ok(connected)) => connected,
            Ok(Err(error)) => return Err(refused_login(database, address, host, &error)),
            Err(_) => {
                let reason = "it did not answer in time".into();
                return Err(Error::Unreachable { database: database.clone(), place: host.to_string(), reason });
            }
        };
        // The task moves bytes whenever this thread waits for an answer, and ends with the driver; a failure of the connection reaches
        // whoever waits for an answer.
        tokio::spawn(connection);
        Ok(driver)
    };
    runtime.block_on(connecting)
}

fn refused_login(database: &SourceName, address: &Address, host: &Host, error: &tokio_postgres::Error) -> Error {
    let database = database.clone();
    let unreachable = |reason: String| Error::Unreachable { database: database.clone(), place: host.to_string(), reason };
    if let Some(fault) = error.as_db_error().map(Fault::of) {
        return match fault.code.as_str() {
            "28P01" | "28000" => Error::Credentials { database, user: address.user.clone() },
            "3D000" => Error::DatabaseMissing { database, name: address.database.clone() },
            "57P03" | "53300" | "57P02" => unreachable(fault.to_string()),
            _ => Error::from_fault(&database, "sign in", fault),
        };
    }
    // The driver tells its kinds of failure apart only in words.
    let words = error.to_string();
    let reason = std::error::Error::source(error).map_or_else(|| words.clone(), ToString::to_string);
    if words.starts_with("authentication error") || words.contains("password missing") {
        return Error::Credentials { database, user: address.user.clone() };
    }
    if words.starts_with("error performing TLS handshake") {
        return Error::Encryption { database, reason };
    }
    unreachable(reason)
}

impl Client {
    /// Runs statements without parameters in one round trip; one answer per statement.
    pub(crate) fn run(&self, sql: &str) -> Result<Vec<Answer>, Refusal> {
        let messages = self.runtime.block_on(self.driver.simple_query(sql)).map_err(|error| refusal(&error))?;
        let mut answers = Vec::new();
        let mut open = Answer::default();
        for message in messages {
            match message {
                SimpleQueryMessage::Row(row) => {
                    open.rows.push((0..row.len()).map(|index| row.get(index).map(str::to_owned)).collect());
                }
                SimpleQueryMessage::CommandComplete(affected) => {
                    open.affected = affected;
                    answers.push(std::mem::take(&mut open));
                }
                // The names of columns, which the caller wrote itself.
                _ => {}
            }
        }
        Ok(answers)
    }

    /// Runs statements with parameters one after the other; all are sent, in their order, before the first answer is awaited.
    ///
    /// Where one fails inside a transaction, the server refuses those after it.
    pub(crate) fn ask_all(&self, statements: &[Statement]) -> Result<Vec<Answer>, Refusal> {
        self.runtime.block_on(in_order(statements.iter().map(|statement| self.ask(statement))))
    }

    async fn ask(&self, statement: &Statement) -> Result<Answer, Refusal> {
        let parameters = statement.parameters.iter().map(|text| (Text(text.as_deref()), Type::UNKNOWN));
        let stream = self.driver.query_typed_raw(&statement.sql, parameters).await.map_err(|error| refusal(&error))?;
        let mut stream = std::pin::pin!(stream);
        let mut answer = Answer::default();
        while let Some(row) = stream.try_next().await.map_err(|error| refusal(&error))? {
            let values = (0..row.len()).map(|index| text_of(&row, index)).collect::<Result<_, _>>()?;
            answer.rows.push(values);
        }
        answer.affected = stream.rows_affected().unwrap_or(answer.rows.len() as u64);
        Ok(answer)
    }

    /// Runs a statement and passes its rows on as they come; their columns must be texts.
    pub(crate) fn rows(&self, statement: &Statement, pass: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Refusal> {
        self.runtime.block_on(async {
            let parameters = statement.parameters.iter().map(|text| (Text(text.as_deref()), Type::UNKNOWN));
            let stream = self.driver.query_typed_raw(&statement.sql, parameters).await.map_err(|error| refusal(&error))?;
            let mut stream = std::pin::pin!(stream);
            while let Some(row) = stream.try_next().await.map_err(|error| refusal(&error))? {
                let told = |error: tokio_postgres::Error| Refusal::Unknown(error.to_string());
                let texts = (0..row.len()).map(|index| row.try_get(index).map_err(told)).collect::<Result<Vec<_>, _>>()?;
                pass(&texts);
            }
            Ok(())
        })
    }

    /// Has copies parsed: one round trip whatever their number.
    fn prepare(&self, copies: &[String]) -> Result<Vec<tokio_postgres::Statement>, Refusal> {
        let prepare = |copy| async move { self.driver.prepare(copy).await.map_err(|error| refusal(&error)) };
        self.runtime.block_on(in_order(copies.iter().map(|copy| prepare(copy))))
    }

    /// Passes on the rows of one copy.
    async fn pass(
        number: usize,
        copy: impl Future<Output = Result<CopyOutStream, tokio_postgres::Error>>,
        output: &mut dyn CopyOutput,
    ) -> Result<(), Refusal> {
        let stream = copy.await.map_err(|error| refusal(&error))?;
        let mut stream = std::pin::pin!(stream);
        output.begin(number).map_err(Refusal::Output)?;
        let mut block = Vec::with_capacity(BLOCK_BYTES * 2);
        // The server sends each row in a message of its own.
        let mut rows = 0;
        while let Some(row) = stream.try_next().await.map_err(|error| refusal(&error))? {
            rows += 1;
            if row.len() > BLOCK_BYTES {
                output.rows(&block).and_then(|()| output.rows(&row)).map_err(Refusal::Output)?;
                block.clear();
                continue;
            }
            block.extend_from_slice(&row);
            if block.len() > BLOCK_BYTES {
                output.rows(&block).map_err(Refusal::Output)?;
                block.clear();
            }
        }
        output.rows(&block).and_then(|()| output.end(number, rows)).map_err(Refusal::Output)
    }
}

/// Passes on the rows of `COPY … TO STDOUT` statements in their order, each part's from its own connection.
///
/// Two round trips per connection whatever the number of copies: one in which all are parsed, and one in which all are asked for. Every
/// server process has been asked for all of its copies before the first answer is awaited; it answers one after the other, and no
/// faster than the rows are taken.
pub(crate) fn copy_out(parts: &[(&Client, &[String])], output: &mut dyn CopyOutput) -> Result<(), Refusal> {
    let prepared = parts.iter().map(|(client, copies)| client.prepare(copies)).collect::<Result<Vec<_>, _>>()?;
    let mut asked = Vec::with_capacity(parts.len());
    for ((client, _), statements) in parts.iter().zip(&prepared) {
        let mut copies: VecDeque<_> = statements.iter().map(|statement| Box::pin(client.driver.copy_out(statement))).collect();
        let begun = client.runtime.block_on(async {
            let mut begun = VecDeque::with_capacity(copies.len());
            for copy in &mut copies {
                begun.push_back(send(copy.as_mut()).await);
            }
            // The task of the connection writes to the socket.
            tokio::task::yield_now().await;
            begun
        });
        asked.push((client, copies, begun));
    }
    let mut number = 0;
    for (client, copies, begun) in asked {
        client.runtime.block_on(async {
            for (copy, begun) in copies.into_iter().zip(begun) {
                let copy = async {
                    match begun {
                        Some(begun) => begun,
                        None => copy.await,
                    }
                };
                Client::pass(number, copy, output).await?;
                number += 1;
            }
            Ok(())
        })?;
    }
    for ((client, _), prepared) in parts.iter().zip(prepared) {
        client.copied.borrow_mut().extend(prepared);
    }
    Ok(())
}

/// Takes the rows of several copies, one copy after the other.
pub(crate) trait CopyOutput {
    fn begin(&mut self, copy: usize) -> io::Result<()>;
    fn rows(&mut self, csv: &[u8]) -> io::Result<()>;
    fn end(&mut self, copy: usize, rows: u64) -> io::Result<()>;
}

/// Starts the futures in their order, which sends their questions in that order, and then awaits them in it.
async fn in_order<T, F: Future<Output = Result<T, Refusal>>>(futures: impl Iterator<Item = F>) -> Result<Vec<T>, Refusal> {
    let mut sent = Vec::new();
    for future in futures {
        let mut future = Box::pin(future);
        let answer = send(future.as_mut()).await;
        sent.push((future, answer));
    }
    let mut answers = Vec::with_capacity(sent.len());
    for (future, answer) in sent {
        answers.push(match answer {
            Some(answer) => answer?,
            None => future.await?,
        });
    }
    Ok(answers)
}

/// Polls a question once: the driver hands it to the connection before it waits for the answer.
async fn send<F: Future>(mut question: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        Poll::Ready(match question.as_mut().poll(context) {
            Poll::Ready(answer) => Some(answer),
            Poll::Pending => None,
        })
    })
    .await
}

fn text_of(row: &tokio_postgres::Row, index: usize) -> Result<Option<String>, Refusal> {
    let kind = row.columns()[index].type_();
    let told = |error: tokio_postgres::Error| Refusal::Unknown(error.to_string());
    match *kind {
        Type::TEXT | Type::VARCHAR | Type::NAME => row.try_get(index).map_err(told),
        Type::INT8 => row.try_get::<_, Option<i64>>(index).map(|number| number.map(|number| number.to_string())).map_err(told),
        Type::BOOL => row.try_get::<_, Option<bool>>(index).map(|truth| truth.map(|truth| truth.to_string())).map_err(told),
        ref other => Err(Refusal::Unknown(format!("a value of type {other} where text was asked for"))),
    }
}

fn refusal(error: &tokio_postgres::Error) -> Refusal {
    match error.as_db_error() {
        Some(told) => Refusal::Fault(Box::new(Fault::of(told))),
        None => Refusal::Lost(std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)),
    }
}

/// A parameter in text form; the server infers its type from where it stands.
#[derive(Debug)]
struct Text<'a>(Option<&'a str>);

impl ToSql for Text<'_> {
    fn to_sql(&self, _: &Type, out: &mut bytes::BytesMut) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self.0 {
            None => Ok(IsNull::Yes),
            Some(text) => {
                out.extend_from_slice(text.as_bytes());
                Ok(IsNull::No)
            }
        }
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    fn encode_format(&self, _: &Type) -> Format {
        Format::Text
    }

    to_sql_checked!();
}
