//! What reading and erasing share: an open connection, the catalog it was read with, and statements run on it.

use std::path::PathBuf;
use std::sync::Arc;

use exeunt_model::catalog::Catalog;
use exeunt_model::digest::hex;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::selection::{ColumnPath, Condition, RowSet, SetId};
use rusqlite::types::Value;

use crate::error::Error;
use crate::keys::{ChangeValues, Keys, Lookup};
use crate::postgres::session::{Session, Statement};
use crate::render::held::{held, needed};
use crate::render::{self, KeptKeys, Parameter, Rendered, Renderer, SubjectValues, carried_setting};
use crate::sqlite::connection::told;
use crate::sqlite::value::{text_of, value_of};
use crate::{postgres, sqlite};

/// Rows of columns in text form; `None` is null.
pub type TextRows = Vec<Vec<Option<String>>>;

/// An open connection to a database.
pub(crate) struct Link {
    pub database: SourceName,
    pub connection: Connection,
    /// PostgreSQL's schemas, the first of them the default one.
    pub schemas: Vec<String>,
    catalog: Option<Arc<Catalog>>,
    /// How many tuples the key table has of its sets.
    pub kept_rows: Vec<(SetId, u64)>,
    /// Whether the open transaction has filled the key table and changed nothing since.
    pub unchanged: bool,
}

pub(crate) enum Connection {
    Sqlite { connection: rusqlite::Connection, path: PathBuf },
    Postgres(Session),
}

/// Counts in one statement, at most. Each statement of its own costs a message; very long ones take longer to plan than their parts.
const COUNTS_TOGETHER: usize = 8;

/// What statements are rendered and run with.
#[derive(Clone, Copy)]
pub(crate) struct Terms<'a> {
    pub sets: &'a [RowSet],
    pub keys: &'a Keys,
    pub kept_keys: KeptKeys,
    pub values: Option<&'a ChangeValues>,
}

impl Link {
    pub(crate) fn new(database: &SourceName, connection: Connection, schemas: &[String]) -> Self {
        Self { database: database.clone(), connection, schemas: schemas.to_vec(), catalog: None, kept_rows: Vec::new(), unchanged: false }
    }

    /// Reads the catalog anew.
    pub(crate) fn introspect(&mut self) -> Result<Arc<Catalog>, Error> {
        let catalog = match &mut self.connection {
            Connection::Sqlite { connection, path } => sqlite::catalog::introspect(connection, &self.database, path)?,
            Connection::Postgres(session) => postgres::catalog::introspect(session, &self.schemas)?,
        };
        let catalog = Arc::new(catalog);
        self.catalog = Some(catalog.clone());
        Ok(catalog)
    }

    /// The catalog as it was read last.
    pub(crate) fn catalog(&mut self) -> Result<Arc<Catalog>, Error> {
        match &self.catalog {
            Some(catalog) => Ok(catalog.clone()),
            None => self.introspect(),
        }
    }

    pub(crate) fn set_catalog(&mut self, catalog: Arc<Catalog>) {
        self.catalog = Some(catalog);
    }

    /// The session with PostgreSQL.
    pub(crate) fn session(&mut self) -> Option<&mut Session> {
        match &mut self.connection {
            Connection::Postgres(session) => Some(session),
            Connection::Sqlite { .. } => None,
        }
    }

    /// Renders with the catalog; what does not fit it is told as such.
    pub(crate) fn render<T>(
        &mut self,
        terms: Terms<'_>,
        subject: SubjectValues<'_>,
        with: impl FnOnce(&Renderer<'_>) -> Result<T, render::Error>,
    ) -> Result<T, Error> {
        let catalog = self.catalog()?;
        let held = held(catalog.kind, &catalog.source, terms.sets, terms.kept_keys);
        let renderer = Renderer {
            catalog: &catalog,
            default_schema: self.schemas.first().map(String::as_str),
            sets: terms.sets,
            kept_keys: terms.kept_keys,
            held: &held,
            kept_rows: &self.kept_rows,
            subject,
        };
        with(&renderer).map_err(|error| Error::Plan { database: self.database.clone(), problem: error.to_string() })
    }

    pub(crate) fn count_all(&mut self, terms: Terms<'_>, of: &[(&TableName, &Condition)]) -> Result<Vec<u64>, Error> {
        let conditions: Vec<&Condition> = of.iter().map(|(_, condition)| *condition).collect();
        self.bring_sets(terms, &conditions)?;
        let unchanged = self.unchanged;
        let postgres = matches!(self.connection, Connection::Postgres(_));
        let mut found: Vec<Option<u64>> = Vec::with_capacity(of.len());
        let (counts, asked) = self.render(terms, SubjectValues::Parameters, |renderer| {
            let mut together = Vec::new();
            let mut alone = Vec::new();
            for (at, (table, condition)) in of.iter().enumerate() {
                let known = renderer.known_rows(table, condition, unchanged)?;
                found.push(known);
                match known {
                    Some(_) => {}
                    None if postgres && terms.kept_keys == KeptKeys::KeyTable => together.push(at),
                    None => alone.push(vec![at]),
                }
            }
            let asked: Vec<Vec<usize>> = alone.into_iter().chain(together.chunks(COUNTS_TOGETHER).map(<[usize]>::to_vec)).collect();
            let counts = asked.iter().map(|group| match group.as_slice() {
                [single] => renderer.count(of[*single].0, of[*single].1),
                several => renderer.count_together(&several.iter().map(|at| of[*at]).collect::<Vec<_>>()),
            });
            Ok((counts.collect::<Result<Vec<_>, _>>()?, asked))
        })?;
        for (group, counts) in asked.iter().zip(self.count_each(&counts, terms)?) {
            group.iter().zip(counts).for_each(|(at, count)| found[*at] = Some(count));
        }
        let missing = || Error::Protocol {
            database: self.database.clone(),
            operation: "count rows".into(),
            problem: "fewer counts than were asked for".into(),
        };
        found.into_iter().map(|count| count.ok_or_else(missing)).collect()
    }

    /// The counts of each statement: one, or several on PostgreSQL.
    fn count_each(&mut self, counts: &[Rendered], terms: Terms<'_>) -> Result<Vec<Vec<u64>>, Error> {
        const OPERATION: &str = "count rows";
        let catalog = self.catalog()?;
        let unreadable = || Error::Protocol {
            database: self.database.clone(),
            operation: OPERATION.into(),
            problem: "a count that is no number".into(),
        };
        match &mut self.connection {
            Connection::Postgres(session) => {
                let answers = session.ask_all(OPERATION, &postgres_statements(&self.database, counts, terms)?)?;
                let count = |value: &Option<String>| value.as_deref()?.parse().ok();
                let count = |answer: &crate::postgres::client::Answer| answer.rows.first()?.iter().map(count).collect::<Option<_>>();
                answers.iter().map(|answer| count(answer).ok_or_else(unreadable)).collect()
            }
            Connection::Sqlite { connection, .. } => {
                let mut found = Vec::with_capacity(counts.len());
                for count in counts {
                    let values = sqlite_values(&self.database, &catalog, count, terms)?;
                    let rows: i64 = connection
                        .prepare_cached(&count.sql)
                        .and_then(|mut statement| statement.query_row(rusqlite::params_from_iter(values), |row| row.get(0)))
                        .map_err(|error| told(&self.database, OPERATION, &error))?;
                    found.push(vec![u64::try_from(rows).map_err(|_| unreadable())?]);
                }
                Ok(found)
            }
        }
    }

    /// Passes the text forms of columns and places on, row by row.
    pub(crate) fn values(&mut self, terms: Terms<'_>, lookup: &Lookup<'_>, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error> {
        self.bring_sets(terms, &[lookup.condition])?;
        let rendered = self.render(terms, SubjectValues::Parameters, |renderer| renderer.values(lookup))?;
        self.rows("read values", &rendered, terms, row)
    }

    /// The rows of several lookups, in their order: one round trip on PostgreSQL.
    pub(crate) fn values_all(&mut self, terms: Terms<'_>, lookups: &[Lookup<'_>]) -> Result<Vec<TextRows>, Error> {
        const OPERATION: &str = "read values";
        let conditions: Vec<&Condition> = lookups.iter().map(|lookup| lookup.condition).collect();
        self.bring_sets(terms, &conditions)?;
        let rendered = self.render(terms, SubjectValues::Parameters, |renderer| {
            lookups.iter().map(|lookup| renderer.values(lookup)).collect::<Result<Vec<_>, _>>()
        })?;
        if let Connection::Postgres(session) = &mut self.connection {
            let answers = session.ask_all(OPERATION, &postgres_statements(&self.database, &rendered, terms)?)?;
            return Ok(answers.into_iter().map(|answer| answer.rows).collect());
        }
        let mut found = Vec::with_capacity(rendered.len());
        for query in &rendered {
            let mut rows = Vec::new();
            self.rows(OPERATION, query, terms, &mut |row| rows.push(row.iter().map(|value| value.map(str::to_owned)).collect()))?;
            found.push(rows);
        }
        Ok(found)
    }

    /// The key as the database itself writes it; `None` when there is no such row, or when what was typed is no value of the types.
    pub(crate) fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error> {
        const OPERATION: &str = "look for a key";
        if columns.is_empty() || columns.len() != typed.len() {
            return Ok(None);
        }
        let key: Vec<(&str, &str)> = columns.iter().map(String::as_str).zip(typed.iter().map(String::as_str)).collect();
        let paths: Vec<ColumnPath> = columns.iter().map(ColumnPath::column).collect();
        let keys = Keys::default();
        let terms = Terms { sets: &[], keys: &keys, kept_keys: KeptKeys::InPlace, values: None };
        let rendered = self.render(terms, SubjectValues::Parameters, |renderer| renderer.row(table, &key, &paths))?;
        let row = postgres_statements(&self.database, std::slice::from_ref(&rendered), terms)?;
        let found = match &mut self.connection {
            Connection::Postgres(session) => {
                // All of them are sent at once: after a text that is no value, the transaction is back at the savepoint and goes on.
                let plain = |sql: &str| Statement { sql: sql.to_owned(), parameters: Vec::new() };
                let mut statements = vec![plain("SAVEPOINT exeunt_key")];
                statements.extend(row);
                statements.extend([plain("ROLLBACK TO SAVEPOINT exeunt_key"), plain("RELEASE SAVEPOINT exeunt_key")]);
                match session.ask_all(OPERATION, &statements) {
                    Ok(answers) => answers.into_iter().nth(1).and_then(|answer| answer.rows.into_iter().next()),
                    // Class 22: the text is no value of the type.
                    Err(Error::Refused { fault, .. }) if fault.code.starts_with("22") => None,
                    Err(error) => return Err(error),
                }
            }
            Connection::Sqlite { .. } => self.row(table, &key, &paths)?,
        };
        Ok(found.and_then(|key| key.into_iter().collect()))
    }

    /// One row by its key (columns and text forms): the text forms of these columns; `None` when there is no such row.
    pub(crate) fn row(
        &mut self,
        table: &TableName,
        key: &[(&str, &str)],
        columns: &[ColumnPath],
    ) -> Result<Option<Vec<Option<String>>>, Error> {
        let keys = Keys::default();
        let terms = Terms { sets: &[], keys: &keys, kept_keys: KeptKeys::InPlace, values: None };
        let rendered = self.render(terms, SubjectValues::Parameters, |renderer| renderer.row(table, key, columns))?;
        let mut found = None;
        self.rows("read a row", &rendered, terms, &mut |row| {
            found = Some(row.iter().map(|value| value.map(str::to_owned)).collect());
        })?;
        Ok(found)
    }

    /// Runs a query and passes its rows on as texts.
    pub(crate) fn rows(
        &mut self,
        operation: &str,
        query: &Rendered,
        terms: Terms<'_>,
        row: &mut dyn FnMut(&[Option<&str>]),
    ) -> Result<(), Error> {
        let catalog = self.catalog()?;
        match &mut self.connection {
            Connection::Postgres(session) => {
                let statements = postgres_statements(&self.database, std::slice::from_ref(query), terms)?;
                statements.iter().try_for_each(|statement| session.ask_rows(operation, statement, row))
            }
            Connection::Sqlite { connection, .. } => {
                let values = sqlite_values(&self.database, &catalog, query, terms)?;
                sqlite_rows(connection, &query.sql, values, row).map_err(|error| told(&self.database, operation, &error))
            }
        }
    }

    /// Makes known to the database what statements with these conditions cannot say in place.
    pub(crate) fn bring_sets(&mut self, terms: Terms<'_>, conditions: &[&Condition]) -> Result<(), Error> {
        match &self.connection {
            Connection::Postgres(_) => self.bring_carried(terms),
            Connection::Sqlite { .. } => {
                let sets = self.held_sets(terms, conditions)?;
                if sets.is_empty() { Ok(()) } else { self.hold(terms, &sets) }
            }
        }
    }

    /// The sets that must be held for these conditions, in the order in which they are filled.
    pub(crate) fn held_sets(&mut self, terms: Terms<'_>, conditions: &[&Condition]) -> Result<Vec<SetId>, Error> {
        let catalog = self.catalog()?;
        let held = held(catalog.kind, &catalog.source, terms.sets, terms.kept_keys);
        Ok(needed(&held, &catalog.source, terms.sets, terms.kept_keys, conditions))
    }

    /// Puts the sets as they are now into SQLite's table of held sets. A reader writes this table alone: its file is open for reading.
    fn hold(&mut self, terms: Terms<'_>, sets: &[SetId]) -> Result<(), Error> {
        const OPERATION: &str = "hold key sets";
        let statements = self.render(terms, SubjectValues::Parameters, |renderer| {
            let empty = renderer.empty_held_table().map(|sql| Rendered { sql, parameters: Vec::new() });
            let fills = sets.iter().map(|id| renderer.fill(renderer.set(*id)?));
            empty.into_iter().map(Ok).chain(fills).collect::<Result<Vec<_>, _>>()
        })?;
        let (database, catalog) = (self.database.clone(), self.catalog()?);
        let Connection::Sqlite { connection, .. } = &self.connection else { return Ok(()) };
        let told = |error| told(&database, OPERATION, &error);
        let query_only: bool = connection.pragma_query_value(None, "query_only", |row| row.get(0)).map_err(told)?;
        connection.pragma_update(None, "query_only", false).map_err(told)?;
        let held = statements.iter().try_for_each(|rendered| {
            let values = sqlite_values(&database, &catalog, rendered, terms)?;
            let run = connection.prepare_cached(&rendered.sql);
            run.and_then(|mut statement| statement.execute(rusqlite::params_from_iter(values))).map(drop).map_err(told)
        });
        connection.pragma_update(None, "query_only", query_only).map_err(told)?;
        held
    }

    /// Makes the tuples of other sources' sets known to PostgreSQL's transaction. SQLite gets them as parameters, and where there is
    /// a key table they are in it.
    fn bring_carried(&mut self, terms: Terms<'_>) -> Result<(), Error> {
        if terms.kept_keys == KeptKeys::KeyTable {
            return Ok(());
        }
        let Connection::Postgres(session) = &mut self.connection else { return Ok(()) };
        for (id, tuples) in &terms.keys.carried {
            let statement = Statement {
                sql: format!("SELECT set_config('{}', $1, true)", carried_setting(*id)),
                parameters: vec![Some(json_of(&self.database, tuples)?)],
            };
            session.ask("bring keys of another source", &statement)?;
        }
        Ok(())
    }
}

/// The tuples as a JSON array of arrays of texts.
pub(crate) fn json_of(database: &SourceName, tuples: &[Vec<String>]) -> Result<String, Error> {
    serde_json::to_string(tuples).map_err(|error| Error::Plan { database: database.clone(), problem: error.to_string() })
}

/// What a parameter stands for, as text.
fn text_for(database: &SourceName, parameter: &Parameter, terms: Terms<'_>) -> Result<String, Error> {
    let problem = |problem: render::Error| Error::Plan { database: database.clone(), problem: problem.to_string() };
    match parameter {
        Parameter::Subject { part, .. } => {
            let key = &terms.keys.subject;
            key.get(*part).cloned().ok_or_else(|| problem(render::Error::KeyParts { want: part + 1, got: key.len() }))
        }
        Parameter::Carried(id) => {
            let found = terms.keys.carried.iter().find(|(known, _)| known == id);
            json_of(database, &found.ok_or_else(|| problem(render::Error::NoSet))?.1)
        }
        Parameter::Successor { .. } => match terms.values.and_then(|values| values.successor.as_deref()) {
            Some([key]) => Ok(key.clone()),
            Some(_) | None => Err(problem(render::Error::NoSuccessor)),
        },
        Parameter::PseudonymSecret => Ok(hex(&terms.values.map(|values| values.pseudonym_secret).unwrap_or_default())),
        Parameter::Constant { text, .. } | Parameter::Text(text) => Ok(text.clone()),
    }
}

pub(crate) fn postgres_statements(database: &SourceName, rendered: &[Rendered], terms: Terms<'_>) -> Result<Vec<Statement>, Error> {
    let statement = |rendered: &Rendered| {
        let parameters = rendered.parameters.iter().map(|parameter| text_for(database, parameter, terms).map(Some));
        Ok(Statement { sql: rendered.sql.clone(), parameters: parameters.collect::<Result<_, Error>>()? })
    };
    rendered.iter().map(statement).collect()
}

pub(crate) fn sqlite_values(database: &SourceName, catalog: &Catalog, rendered: &Rendered, terms: Terms<'_>) -> Result<Vec<Value>, Error> {
    let value = |parameter: &Parameter| {
        let text = text_for(database, parameter, terms)?;
        Ok(match parameter {
            Parameter::Subject { table, column, .. }
            | Parameter::Constant { table, column, .. }
            | Parameter::Successor { table, column } => value_of(catalog.table(table).and_then(|table| table.column(column)), &text),
            Parameter::Carried(_) | Parameter::PseudonymSecret | Parameter::Text(_) => Value::Text(text),
        })
    };
    rendered.parameters.iter().map(value).collect()
}

fn sqlite_rows(
    connection: &rusqlite::Connection,
    sql: &str,
    values: Vec<Value>,
    row: &mut dyn FnMut(&[Option<&str>]),
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(sql)?;
    let width = statement.column_count();
    let mut rows = statement.query(rusqlite::params_from_iter(values))?;
    while let Some(found) = rows.next()? {
        let texts = (0..width).map(|at| found.get_ref(at).map(text_of)).collect::<rusqlite::Result<Vec<_>>>()?;
        let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
        row(&texts);
    }
    Ok(())
}
