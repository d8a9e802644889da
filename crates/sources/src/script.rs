//! A plan's statements as text, for people.

use exeunt_model::plan::{Outline, Purpose, Work};
use exeunt_model::selection::{Condition, RowSet};

use crate::error::Error;
use crate::keys::Keys;
use crate::link::{Link, Terms};
use crate::render::{KeptKeys, Parameter, Rendered, SubjectValues};

/// One statement of a plan: what it is for, and its text with numbered parameters, which never holds a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub purpose: String,
    pub sql: String,
    /// What each parameter stands for, in the order of their numbers.
    pub parameters: Vec<String>,
}

/// The statements that a plan runs in this database, from the same renderer that runs them.
pub(crate) fn script(link: &mut Link, outline: &Outline) -> Result<Vec<Line>, Error> {
    let kept_keys = match outline.purpose {
        Purpose::Export => KeptKeys::InPlace,
        Purpose::Erase => KeptKeys::KeyTable,
    };
    let keys = Keys::default();
    let terms = Terms { sets: &outline.sets, keys: &keys, kept_keys, values: None };
    let database = link.database.clone();
    let here = |table: &exeunt_model::names::TableName| table.source == database;
    let fills = outline.sets.iter().filter(|set| kept_keys == KeptKeys::KeyTable && set.keep_keys && here(&set.table));
    let guards = outline.guards.iter().filter(|guard| here(&guard.table));
    let steps = outline.steps.iter().filter(|step| here(&step.table));
    let conditions: Vec<&Condition> =
        fills.map(|set| &set.condition).chain(guards.map(|guard| &guard.condition)).chain(steps.map(|step| &step.condition)).collect();
    let held = link.held_sets(terms, &conditions)?;
    link.render(terms, SubjectValues::Parameters, |renderer| {
        let mut lines = Vec::new();
        if !held.is_empty() {
            let [create, index, _] = renderer.empty_held_table();
            for sql in [create, index] {
                lines.push(Line { purpose: "make room for sets".into(), sql, parameters: Vec::new() });
            }
        }
        let hold = |set: &RowSet| Ok(line(format!("hold keys of {}", set.table), renderer.fill(set)?));
        if kept_keys == KeptKeys::KeyTable {
            lines.push(Line { purpose: "make room for key sets".into(), sql: renderer.create_key_table(), parameters: Vec::new() });
            for set in outline.sets.iter().filter(|set| set.table.source == database) {
                if set.keep_keys {
                    lines.push(line(format!("keep keys of {}", set.table), renderer.fill(set)?));
                } else if held.contains(&set.id) {
                    lines.push(hold(set)?);
                }
            }
            for guard in outline.guards.iter().filter(|guard| guard.table.source == database) {
                let purpose = format!("count rows of {} that would suffer by the loss of {}", guard.table, guard.references);
                lines.push(line(purpose, renderer.count(&guard.table, &guard.condition)?));
            }
        }
        if kept_keys == KeptKeys::InPlace {
            for set in outline.sets.iter().filter(|set| held.contains(&set.id)) {
                lines.push(hold(set)?);
            }
        }
        for step in outline.steps.iter().filter(|step| step.table.source == database) {
            for rendered in renderer.step(step)? {
                lines.push(line(format!("{} {}{}", step.work.word(), step.table, taken_out(&step.work)), rendered));
            }
        }
        Ok(lines)
    })
}

/// Secret places are no part of a statement: they are taken out of what it returns.
fn taken_out(work: &Work) -> String {
    match work {
        Work::Read { secret_paths, .. } if !secret_paths.is_empty() => {
            let places: Vec<String> = secret_paths.iter().map(ToString::to_string).collect();
            format!(" (secret, taken out of each value once it is read: {})", places.join(", "))
        }
        Work::Read { .. }
        | Work::HandOver { .. }
        | Work::Unlink { .. }
        | Work::BreakCycle { .. }
        | Work::Change { .. }
        | Work::Delete { .. } => String::new(),
    }
}

fn line(purpose: String, rendered: Rendered) -> Line {
    let name = |parameter: &Parameter| match parameter {
        Parameter::Subject { part, .. } => format!("the subject's key, part {}", part + 1),
        Parameter::Carried(id) => format!("set {} of another source, as JSON", id.0),
        Parameter::Successor { .. } => "the successor's key".to_owned(),
        Parameter::PseudonymSecret => "the secret of this run's pseudonyms".to_owned(),
        Parameter::Constant { column, .. } => format!("the map's constant for `{column}`"),
        Parameter::Text(_) => "a text".to_owned(),
    };
    Line { purpose, parameters: rendered.parameters.iter().map(name).collect(), sql: rendered.sql }
}
