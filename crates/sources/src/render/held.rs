//! Sets that SQLite cannot be given in place.
//!
//! Sets mention sets, several times each, and SQLite writes a subquery out wherever it is mentioned, named ahead of the statement or
//! not. It refuses what grows too large by that ("nested too deep") and takes long to plan what is nearly so. Such sets are put into a
//! temporary table before the statement runs. PostgreSQL reads a set that is named ahead once.

use exeunt_model::catalog::SourceKind;
use exeunt_model::names::SourceName;
use exeunt_model::selection::{Condition, RowSet, SetId};

use super::KeptKeys;

/// The name of the table that holds such sets for the statements that come next.
pub(crate) const HELD_TABLE: &str = "exeunt_held";
/// A set that would look at more tables than this, each as often as it is mentioned, is held.
const MOST_IN_PLACE: usize = 12;

/// The sets of this source that are held, in the order in which they can be filled.
pub(crate) fn held(kind: SourceKind, source: &SourceName, sets: &[RowSet], kept_keys: KeptKeys) -> Vec<SetId> {
    match kind {
        SourceKind::Postgres | SourceKind::Files => return Vec::new(),
        SourceKind::Sqlite => {}
    }
    let mut held = Vec::new();
    let mut weights: Vec<(SetId, usize)> = Vec::with_capacity(sets.len());
    for set in sets {
        let known = set.table.source != *source || is_kept(set, kept_keys);
        let weight = if known { 1 } else { weight(&set.condition, &weights).saturating_add(1) };
        if weight > MOST_IN_PLACE {
            held.push(set.id);
        }
        weights.push((set.id, if weight > MOST_IN_PLACE { 1 } else { weight }));
    }
    held
}

/// Those of the held sets that the conditions need, directly or through other sets.
pub(crate) fn needed(held: &[SetId], source: &SourceName, sets: &[RowSet], kept_keys: KeptKeys, conditions: &[&Condition]) -> Vec<SetId> {
    let mut seen: Vec<SetId> = Vec::new();
    let mut next: Vec<SetId> = conditions.iter().flat_map(|condition| condition.sets()).collect();
    while let Some(id) = next.pop() {
        let set = sets.iter().find(|set| set.id == id && set.table.source == *source && !is_kept(set, kept_keys));
        if let Some(set) = set.filter(|set| !seen.contains(&set.id)) {
            seen.push(id);
            next.extend(set.condition.sets());
        }
    }
    held.iter().copied().filter(|id| seen.contains(id)).collect()
}

fn is_kept(set: &RowSet, kept_keys: KeptKeys) -> bool {
    match kept_keys {
        KeptKeys::KeyTable => set.keep_keys,
        KeptKeys::InPlace => false,
    }
}

/// How many tables the condition looks at beside its own.
fn weight(condition: &Condition, weights: &[(SetId, usize)]) -> usize {
    match condition {
        Condition::Never
        | Condition::Always
        | Condition::SubjectKey { .. }
        | Condition::Equals { .. }
        | Condition::NotNull { .. }
        | Condition::Changed { .. } => 0,
        Condition::In { columns: _, set } => weights.iter().find(|(known, _)| known == set).map_or(1, |(_, weight)| *weight),
        // The rows themselves are looked for, and the roots of their tree.
        Condition::Closure { base, .. } => weight(base, weights).saturating_mul(2).saturating_add(3),
        Condition::All(inner) | Condition::Any(inner) => {
            inner.iter().map(|condition| weight(condition, weights)).fold(0, usize::saturating_add)
        }
        Condition::Not(inner) => weight(inner, weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Each set mentions the one before it twice.
    fn doubling(levels: u32) -> Vec<RowSet> {
        let member = |set| Condition::In { columns: vec!["id".into()], set: SetId(set) };
        let twice = |level: u32| match level.checked_sub(1).map(member) {
            None => Condition::Always,
            Some(once) => Condition::all([once.clone(), Condition::not(once)]),
        };
        let set = |level| RowSet {
            id: SetId(level),
            table: "app.note".parse().unwrap(),
            columns: vec!["id".into()],
            condition: twice(level),
            keep_keys: false,
            carried_to: Vec::new(),
        };
        (0..levels).map(set).collect()
    }

    #[test]
    fn sets_are_held_before_they_grow_beyond_what_sqlite_takes() {
        let (sets, source) = (doubling(9), SourceName::new("app"));
        let held = held(SourceKind::Sqlite, &source, &sets, KeptKeys::InPlace);
        // 1, 3, 7, and 15 tables; from the held one on again 3, 7, 15.
        assert_eq!(held, [SetId(3), SetId(6)]);
        let of = |set| Condition::In { columns: vec!["id".into()], set: SetId(set) };
        assert_eq!(needed(&held, &source, &sets, KeptKeys::InPlace, &[&of(2)]), []);
        assert_eq!(needed(&held, &source, &sets, KeptKeys::InPlace, &[&of(5)]), [SetId(3)]);
        assert_eq!(needed(&held, &source, &sets, KeptKeys::InPlace, &[&of(8)]), [SetId(3), SetId(6)]);
    }

    #[test]
    fn kept_keys_are_not_held_a_second_time() {
        let (mut sets, source) = (doubling(9), SourceName::new("app"));
        sets[3].keep_keys = true;
        let held = held(SourceKind::Sqlite, &source, &sets, KeptKeys::KeyTable);
        assert_eq!(held, [SetId(6)]);
        let of = |set| Condition::In { columns: vec!["id".into()], set: SetId(set) };
        assert_eq!(needed(&held, &source, &sets, KeptKeys::KeyTable, &[&of(8)]), [SetId(6)]);
    }
}
