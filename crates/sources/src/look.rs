//! What can be asked through a reader, and through an eraser in the transaction that may erase.

use exeunt_model::catalog::Catalog;
use exeunt_model::names::{SourceName, TableName};
use exeunt_model::plan::Outline;
use exeunt_model::selection::{Condition, RowSet};

use crate::error::Error;
use crate::keys::{Keys, Lookup};
use crate::link::TextRows;
use crate::named::OddNames;

/// An open database that can be asked: a [`Reader`](crate::Reader), or an [`Eraser`](crate::Eraser).
///
/// A reader answers at its moment; an eraser in its open transaction, and without one at the newest moment. `sets` is always the outline's
/// full list. Values are text forms; `None` is null.
pub trait Look {
    /// The name of the database in the data map.
    fn name(&self) -> &SourceName;

    /// Reads what the database looks like: one round trip on PostgreSQL.
    fn introspect(&mut self) -> Result<Catalog, Error>;

    /// Makes ready for the questions of a plan, when its outline and its keys are known: an eraser fills its key sets.
    fn prepare(&mut self, outline: &Outline, keys: &Keys) -> Result<(), Error>;

    /// Makes the tuples of another source's set known, where they do not come with the keys of each question.
    fn bring(&mut self, sets: &[RowSet], set: &RowSet, tuples: &[Vec<String>]) -> Result<(), Error>;

    /// Counts the rows of each condition: one round trip on PostgreSQL.
    fn count_all(&mut self, sets: &[RowSet], of: &[(&TableName, &Condition)], keys: &Keys) -> Result<Vec<u64>, Error>;

    /// Passes the text forms of columns, or of places inside JSON columns, on, row by row.
    ///
    /// Good for labels, facts, identifiers, names of files, and keys to be carried.
    fn values(&mut self, sets: &[RowSet], lookup: &Lookup<'_>, keys: &Keys, row: &mut dyn FnMut(&[Option<&str>])) -> Result<(), Error>;

    /// The rows of several lookups, in their order, as [`Self::values`] finds them: one round trip on PostgreSQL.
    fn values_all(&mut self, sets: &[RowSet], lookups: &[Lookup<'_>], keys: &Keys) -> Result<Vec<TextRows>, Error>;

    /// The key as the database itself writes it, for [`Keys::subject`], from the key as a person typed it (`007` is row `7`).
    ///
    /// `None` when there is no such row, or when what was typed is no value of the columns' types.
    fn find_key(&mut self, table: &TableName, columns: &[String], typed: &[String]) -> Result<Option<Vec<String>>, Error>;

    /// The names of files in these columns that cannot be compared with others; empty ones name none. This reads every row.
    fn odd_names(&mut self, columns: &[(&TableName, &str)]) -> Result<OddNames, Error>;
}
