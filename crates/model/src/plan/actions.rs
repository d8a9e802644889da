//! What is done to the rows of each table, with the requester's choices applied.

use std::collections::BTreeMap;

use super::Choice;
use super::chosen::left_aside;
use super::planner::{Asked, Error};
use super::rows::{Rows, concerns};
use super::sets::{NothingStays, Scope, Sets};
use crate::map::Action;
use crate::map::resolve::{MappedTable, Scheme, hand_over_edges};
use crate::names::{CategoryName, TableName};
use crate::selection::{ColumnPath, Condition};

/// What becomes of the rows of a table that holds rows of the subject.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Treatment {
    Act(Action),
    /// Its category was not chosen: nothing is done to its rows for their own sake.
    Leave(CategoryName),
}

impl Treatment {
    pub(super) fn action(&self) -> Option<&Action> {
        match self {
            Self::Act(action) => Some(action),
            Self::Leave(_) => None,
        }
    }

    pub(super) fn hands_over(&self) -> bool {
        matches!(self, Self::Act(Action::HandOver { .. }))
    }
}

/// The action of every table that concerns the scope, with the requester's choices applied.
pub(super) fn actions(
    scheme: &Scheme,
    scope: &Scope<'_>,
    asked: &Asked<'_>,
    chosen: Option<&[CategoryName]>,
) -> Result<(BTreeMap<TableName, Treatment>, Vec<Choice>), Error> {
    let mut actions = BTreeMap::new();
    let mut choices = Vec::new();
    let mut undecided = Vec::new();
    for mapped in scheme.tables.iter().filter(|mapped| concerns(scope, mapped)) {
        let table = &mapped.table.name;
        let choice = asked.choices.iter().find(|choice| choice.table == *table);
        if let Some(category) = left_aside(chosen, mapped) {
            if let Some(choice) = choice {
                return Err(Error::NotChosen { table: choice.table.clone(), category: category.clone() });
            }
            actions.insert(table.clone(), Treatment::Leave(category.clone()));
            continue;
        }
        let action = match (mapped.entry.on_erase.for_kind(asked.kind), choice) {
            (Action::Choose(offered), None) => {
                undecided.push((table.clone(), offered.iter().map(Action::word).collect()));
                continue;
            }
            (Action::Choose(offered), Some(choice)) => {
                let chosen = offered.iter().find(|action| action.word() == choice.action).ok_or_else(|| Error::NotOffered {
                    table: table.clone(),
                    action: choice.action.clone(),
                    offered: offered.iter().map(Action::word).collect::<Vec<_>>().join(", "),
                })?;
                choices.push(choice.clone());
                chosen
            }
            (_, Some(choice)) => return Err(Error::NothingToChoose { table: choice.table.clone() }),
            (action, None) => action,
        };
        actions.insert(table.clone(), Treatment::Act(action.clone()));
    }
    if let Some(choice) = asked
        .choices
        .iter()
        .find(|choice| !actions.contains_key(&choice.table) && !undecided.iter().any(|(table, _)| *table == choice.table))
    {
        return Err(Error::NothingToChoose { table: choice.table.clone() });
    }
    if undecided.is_empty() { Ok((actions, choices)) } else { Err(Error::Undecided { tables: undecided }) }
}

/// Hands over only what is the subject's by that column: rows in which it names the subject, or nobody in a row that another owner path
/// leads to the subject. A row in which it names somebody else is left to them.
pub(super) fn handed_over(scope: &Scope<'_>, sets: &mut Sets, mapped: &MappedTable, action: &Action, rows: Rows) -> Rows {
    let Action::HandOver { column } = action else { return rows };
    let edges = &scope.scheme.edges;
    let named = hand_over_edges(&scope.scheme.map, edges, &mapped.table.name, column, scope.kind).map(|edge| {
        let when = edge.when.iter().map(|(column, text)| Condition::Equals { column: column.clone(), text: text.clone() });
        let key = Condition::SubjectKey { kind: scope.kind.clone(), columns: vec![column.clone()] };
        Condition::all(when.chain([key]).collect::<Vec<_>>())
    });
    let named = Condition::any(named.collect::<Vec<_>>());
    if rows.erased == named {
        return rows;
    }
    let nobody = Condition::not(Condition::NotNull { columns: vec![ColumnPath::column(column)] });
    let owned = scope.any_leading(sets, &mapped.owner, &mut NothingStays);
    let theirs = Condition::any([named, Condition::all([nobody, owned])]);
    let left = Condition::all([rows.erased.clone(), Condition::not(theirs.clone())]);
    Rows { erased: Condition::all([rows.erased, theirs]), shared: Condition::any([rows.shared, left]), ..rows }
}
