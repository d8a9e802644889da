//! Owner paths as the map writes them.
//!
//! `seat` · `seat via owner_seat_id` · `seat via session_id.presentation_id.owner_seat_id` · `seat via sl_session(viewer_id).presentation_id.owner_seat_id`
//! · `seat via parent_id*.owner_seat_id` · `seat via subject_id->app.note.author_seat_id` · `seat via (contract_id,seat_no)`

use serde::{Deserialize, Serialize};

use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

/// Says that rows lead to a subject of this kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Claim {
    pub kind: SubjectKind,
    /// `None`: the path is to be found from the foreign keys. An empty path: the row is itself the subject.
    pub path: Option<Vec<Hop>>,
}

/// One hop of an owner path, from a row of one table to rows of the next.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Hop {
    /// Follow a foreign key (or a declared reference) of this table, named by its columns. `to` is written where the same
    /// columns lead to several tables.
    To { columns: Vec<ColumnPath>, to: Option<TableName> },
    /// Follow a foreign key of the same table to itself, any number of times: up a tree.
    Up { columns: Vec<String> },
    /// To the rows of another table whose columns point here: through a link table.
    From { table: TableName, columns: Vec<ColumnPath> },
}

/// A reference that the map declares since the database does not.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Reference {
    pub columns: Vec<ColumnPath>,
    pub to: TableName,
    pub referenced: Vec<String>,
    /// For polymorphic references: holds only in rows where these columns have these texts.
    pub when: Vec<(ColumnPath, String)>,
}
