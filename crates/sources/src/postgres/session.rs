//! A signed-in connection with its settings, whose failures carry the source's name.

use exeunt_model::names::SourceName;

use crate::error::Error;
use crate::postgres::address::Address;
use crate::postgres::client::{self, Answer, Client, CopyOutput, Refusal};
use crate::quote::{identifier, postgres_text};

/// The oldest major version whose system tables have all the columns we read.
const OLDEST_VERSION: u32 = 130_000;

pub(crate) struct Session {
    database: SourceName,
    client: Client,
    /// After a failure in the middle of an answer nothing more can be asked.
    broken: bool,
}

/// A statement with parameters in text form.
#[derive(Debug, Clone, Default)]
pub(crate) struct Statement {
    pub sql: String,
    pub parameters: Vec<Option<String>>,
}

impl Session {
    pub(crate) fn open(database: &SourceName, address: &Address) -> Result<Self, Error> {
        let client = client::connect(database, address)?;
        Ok(Self { database: database.clone(), client, broken: false })
    }

    pub(crate) fn database(&self) -> &SourceName {
        &self.database
    }

    /// Begins a transaction that sees one moment and cannot write; `snapshot` is another session's exported moment.
    pub(crate) fn begin_reading(&mut self, snapshot: Option<&str>) -> Result<(), Error> {
        let moment = snapshot.map(|id| format!("SET TRANSACTION SNAPSHOT {};", postgres_text(id))).unwrap_or_default();
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {moment} {}", settings("0"));
        self.begin(&begin).map(drop)
    }

    /// Begins to read, and exports the moment for a second session; a standby cannot.
    pub(crate) fn begin_sharing(&mut self) -> Result<Option<String>, Error> {
        let share = "SELECT CASE WHEN NOT pg_is_in_recovery() THEN pg_export_snapshot() END";
        let begin = format!("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; {}; {share}", settings("0"));
        let answers = self.begin(&begin)?;
        Ok(answers.last().and_then(|answer| answer.rows.first()).and_then(|row| row.first().cloned().flatten()))
    }

    /// Begins a transaction that may write, and tells the server's number of it. It waits at most `lock_timeout_ms` for each lock.
    pub(crate) fn begin_erasing(&mut self, lock_timeout_ms: u64) -> Result<Option<String>, Error> {
        let begin = format!(
            "BEGIN ISOLATION LEVEL REPEATABLE READ READ WRITE; SET CONSTRAINTS ALL DEFERRED; {}; SELECT txid_current()",
            settings(&lock_timeout_ms.to_string())
        );
        let answers = self.begin(&begin)?;
        Ok(answers.last().and_then(|answer| answer.rows.first()).and_then(|row| row.first().cloned().flatten()))
    }

    /// The first row that is answered begins with the version.
    fn begin(&mut self, sql: &str) -> Result<Vec<Answer>, Error> {
        let answers = self.run("begin a transaction", sql)?;
        let version = answers.iter().find_map(|answer| answer.rows.first()).and_then(|row| row.first().cloned().flatten());
        match version.as_deref().and_then(|text| text.parse::<u32>().ok()) {
            Some(version) if version >= OLDEST_VERSION => Ok(answers),
            Some(version) => Err(Error::Unsupported {
                database: self.database.clone(),
                operation: "open the database".into(),
                reason: format!("PostgreSQL {} is too old, 13 is the oldest that is supported", version / 10_000),
            }),
            None => Err(self.protocol("begin a transaction", "the server tells no version")),
        }
    }

    /// Runs statements without parameters in one round trip; one answer per statement.
    pub(crate) fn run(&mut self, operation: &str, sql: &str) -> Result<Vec<Answer>, Error> {
        self.check(operation)?;
        let answers = self.client.run(sql);
        self.told(operation, answers)
    }

    /// Runs one statement with parameters in one round trip.
    pub(crate) fn ask(&mut self, operation: &str, statement: &Statement) -> Result<Answer, Error> {
        let mut answers = self.ask_all(operation, std::slice::from_ref(statement))?;
        answers.pop().ok_or_else(|| self.protocol(operation, "a statement without an answer"))
    }

    /// Runs one statement and passes its rows on as they come; their columns must be texts.
    pub(crate) fn ask_rows(&mut self, operation: &str, statement: &Statement, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        self.check(operation)?;
        let asked = self.client.rows(statement, row);
        self.told(operation, asked)
    }

    /// Runs statements one after the other in one round trip; fails with the first that fails.
    pub(crate) fn ask_all(&mut self, operation: &str, statements: &[Statement]) -> Result<Vec<Answer>, Error> {
        self.check(operation)?;
        let asked = self.client.ask_all(statements);
        let answers = self.told(operation, asked)?;
        match answers.len() == statements.len() {
            true => Ok(answers),
            false => Err(self.protocol(operation, "a statement without an answer")),
        }
    }

    /// Passes on the rows of `COPY … TO STDOUT` statements in their order, as the server sends them. All are sent before the first
    /// answer is awaited, the second half of them to `second` where there is one.
    pub(crate) fn copy_out(
        &mut self,
        second: Option<&mut Self>,
        operation: &str,
        copies: &[String],
        output: &mut dyn CopyOutput,
    ) -> Result<(), Error> {
        self.check(operation)?;
        let copied = match second {
            None => client::copy_out(&[(&self.client, copies)], output),
            Some(second) => {
                second.check(operation)?;
                let (mine, others) = copies.split_at(copies.len().div_ceil(2));
                client::copy_out(&[(&self.client, mine), (&second.client, others)], output)
            }
        };
        self.told(operation, copied)
    }

    fn check(&self, operation: &str) -> Result<(), Error> {
        match self.broken {
            false => Ok(()),
            true => Err(Error::ConnectionLost {
                database: self.database.clone(),
                operation: operation.to_owned(),
                reason: "an earlier failure left it unusable".into(),
            }),
        }
    }

    fn protocol(&self, operation: &str, problem: &str) -> Error {
        Error::Protocol { database: self.database.clone(), operation: operation.to_owned(), problem: problem.to_owned() }
    }

    /// Names a failure, and remembers when the connection is over.
    fn told<T>(&mut self, operation: &str, result: Result<T, Refusal>) -> Result<T, Error> {
        let refusal = match result {
            Ok(value) => return Ok(value),
            Err(refusal) => refusal,
        };
        let database = self.database.clone();
        let operation = operation.to_owned();
        match refusal {
            Refusal::Fault(fault) => {
                self.broken |= fault.severity == "FATAL" || fault.severity == "PANIC";
                Err(Error::from_fault(&database, &operation, *fault))
            }
            Refusal::Lost(reason) => {
                self.broken = true;
                Err(Error::ConnectionLost { database, operation, reason })
            }
            Refusal::Unknown(problem) => Err(Error::Protocol { database, operation, problem }),
            Refusal::Output(source) => {
                // The rest of the answer is still to come; nothing waits for it.
                self.broken = true;
                Err(Error::Output { database, operation, source })
            }
        }
    }
}

/// Settings of one transaction; local to it, so that a connection that a pooler shares with others goes back as it was.
///
/// `row_security = off` turns a policy that would hide rows from us into an error. Only schemas in which the database's owner
/// installed extensions are searched, for their operators; tables are always named with their schema. The first value of the
/// answer is the server's version.
fn settings(lock_timeout: &str) -> String {
    let fixed = [
        ("row_security", "off"),
        ("DateStyle", "ISO, YMD"),
        ("IntervalStyle", "iso_8601"),
        ("TimeZone", "UTC"),
        ("extra_float_digits", "1"),
        ("bytea_output", "hex"),
        ("standard_conforming_strings", "on"),
        ("statement_timeout", "0"),
        ("idle_in_transaction_session_timeout", "0"),
        ("lock_timeout", lock_timeout),
        // Compiling pays for none of our statements and costs more than most of them.
        ("jit", "off"),
        ("synchronize_seqscans", "off"),
        // The rows of one subject lie scattered in large tables; the server's default, made for turning disks, has them read as a whole.
        ("random_page_cost", "1.1"),
    ];
    let fixed: String = fixed.iter().map(|(name, value)| format!(", set_config('{name}', '{value}', true)")).collect();
    format!("SELECT current_setting('server_version_num'){fixed}, {SEARCH_EXTENSIONS}")
}

/// Sets the search path to the system's schema and those of extensions.
pub(crate) const SEARCH_EXTENSIONS: &str = "set_config('search_path', concat_ws(', ', 'pg_catalog', (\
    SELECT string_agg(DISTINCT quote_ident(n.nspname), ', ') FROM pg_catalog.pg_extension AS e \
    JOIN pg_catalog.pg_namespace AS n ON n.oid = e.extnamespace WHERE n.nspname <> 'pg_catalog')), true)";

/// Lets the search path reach what the platform's own sessions see, for triggers whose functions name tables without a schema.
///
/// The system's schema stays first. That alone is not enough: an operator or function that fits the types of an argument more closely
/// is taken from any schema of the path. So a schema that holds one under a name of the system's is left out, unless an extension
/// brought it: whoever may make objects there could change what our statements mean.
pub(crate) fn search_default() -> String {
    let own = |class: &str, name: &str, namespace: &str, further: &str| {
        format!(
            "NOT EXISTS (SELECT FROM pg_catalog.{class} AS o WHERE o.{namespace} = n.oid{further} AND EXISTS (\
             SELECT FROM pg_catalog.{class} AS c WHERE c.{name} = o.{name} AND c.{namespace} = 'pg_catalog'::pg_catalog.regnamespace) \
             AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend AS d WHERE d.classid = 'pg_catalog.{class}'::pg_catalog.regclass \
             AND d.objid = o.oid AND d.deptype = 'e'))"
        )
    };
    let no_operator = own("pg_operator", "oprname", "oprnamespace", "");
    let no_function = own("pg_proc", "proname", "pronamespace", " AND o.prorettype <> 'pg_catalog.trigger'::pg_catalog.regtype");
    format!(
        "SELECT set_config('search_path', concat_ws(', ', 'pg_catalog', (\
         SELECT string_agg(quote_ident(n.nspname), ', ' ORDER BY s.position) FROM (\
         SELECT m.position, CASE m.parts[1] WHEN '$user' THEN CAST(current_user AS text) \
         ELSE coalesce(replace(m.parts[1], '\"\"', '\"'), lower(m.parts[2])) END AS name \
         FROM pg_catalog.pg_settings AS p, regexp_matches(p.reset_val, '\"((?:[^\"]|\"\")+)\"|([^\",\\s]+)', 'g') \
         WITH ORDINALITY AS m (parts, position) WHERE p.name = 'search_path') AS s \
         JOIN pg_catalog.pg_namespace AS n ON n.nspname = s.name \
         WHERE n.nspname NOT IN ('pg_catalog', 'pg_temp') AND {no_operator} AND {no_function}), \
         nullif(substr(current_setting('search_path'), length('pg_catalog, ') + 1), ''), 'pg_temp'), true)"
    )
}

/// A table with its schema.
pub(crate) fn qualified(schema: &str, name: &str) -> String {
    format!("{}.{}", identifier(schema), identifier(name))
}
