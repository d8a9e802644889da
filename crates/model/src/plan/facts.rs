//! What must be known of a subject before its plan can be made: values that decide which categories apply.

use serde::{Deserialize, Serialize};

use super::sets::Sets;
use crate::map::resolve::{Link, Scheme};
use crate::names::{SubjectKind, TableName};
use crate::selection::{ColumnPath, Condition, RowSet};

/// Asks for one column of the subject, or of the subject that it is within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Question {
    pub kind: SubjectKind,
    pub table: TableName,
    pub column: String,
    pub condition: Condition,
    pub sets: Vec<RowSet>,
}

/// The answer to a [`Question`]; `None` is null.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    pub kind: SubjectKind,
    pub column: String,
    pub value: Option<String>,
}

/// The questions whose answers a plan for a subject of this kind needs. A category that depends on a kind inside this one cannot be
/// decided for the whole and is taken to apply.
pub fn questions(scheme: &Scheme, kind: &SubjectKind) -> Vec<Question> {
    let mut questions: Vec<Question> = Vec::new();
    for applies in scheme.map.categories.iter().flat_map(|category| &category.applies) {
        let known = questions.iter().any(|question| question.kind == applies.kind && question.column == applies.column);
        if known {
            continue;
        }
        let Some(subject) = scheme.subject(&applies.kind) else { continue };
        let mut sets = Sets::default();
        if let Some(condition) = ancestor(scheme, &mut sets, kind, &applies.kind) {
            questions.push(Question {
                kind: applies.kind.clone(),
                table: subject.table.clone(),
                column: applies.column.clone(),
                condition,
                sets: sets.into_sets(),
            });
        }
    }
    questions
}

/// The row of `outer`'s table that the subject of kind `inner` is, or is within.
pub fn ancestor(scheme: &Scheme, sets: &mut Sets, inner: &SubjectKind, outer: &SubjectKind) -> Option<Condition> {
    let subject = scheme.subject(inner)?;
    let mut condition = Condition::SubjectKey { kind: inner.clone(), columns: subject.key.clone() };
    let mut kind = inner;
    let mut table = &subject.table;
    while kind != outer {
        let path = scheme.within(kind)?;
        for hop in &path.hops {
            let Link::Forward { columns, to, referenced, .. } = hop else { return None };
            let set = sets.add(table, columns.clone(), condition);
            condition = Condition::In { columns: referenced.iter().map(ColumnPath::column).collect(), set };
            table = to;
        }
        kind = &path.kind;
    }
    Some(condition)
}
