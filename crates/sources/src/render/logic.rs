//! Conditions in a form that databases run well: negations at the leaves, alternatives at the top.

use exeunt_model::map::action::Change;
use exeunt_model::selection::{ColumnPath, Condition, SetId};

/// A condition whose negations stand at its leaves. Truth has two values: what compares with null is false.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    Never,
    Always,
    All(Vec<Node>),
    Any(Vec<Node>),
    Leaf { leaf: Leaf, negated: bool },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Leaf {
    SubjectKey {
        columns: Vec<String>,
    },
    Equals {
        column: ColumnPath,
        text: String,
    },
    NotNull {
        columns: Vec<ColumnPath>,
    },
    Changed {
        column: ColumnPath,
        by: Change,
    },
    /// The columns are a tuple of one of the sets.
    In {
        columns: Vec<ColumnPath>,
        sets: Vec<SetId>,
    },
    /// The columns point to a row of the tree that grows from `base`.
    InTree {
        base: Box<Node>,
        columns: Vec<String>,
        referenced: Vec<String>,
    },
}

/// More alternatives than this are left to the database as they stand.
const MOST_ALTERNATIVES: usize = 16;

impl Node {
    pub(crate) fn of(condition: &Condition) -> Self {
        Self::lower(condition, false)
    }

    fn lower(condition: &Condition, negated: bool) -> Self {
        let leaf = |leaf| Self::Leaf { leaf, negated };
        match condition {
            Condition::Never if negated => Self::Always,
            Condition::Always if negated => Self::Never,
            Condition::Never => Self::Never,
            Condition::Always => Self::Always,
            Condition::SubjectKey { kind: _, columns } => leaf(Leaf::SubjectKey { columns: columns.clone() }),
            Condition::Equals { column, text } => leaf(Leaf::Equals { column: column.clone(), text: text.clone() }),
            Condition::NotNull { columns } => leaf(Leaf::NotNull { columns: columns.clone() }),
            Condition::Changed { column, by } => leaf(Leaf::Changed { column: column.clone(), by: by.clone() }),
            Condition::In { columns, set } => leaf(Leaf::In { columns: columns.clone(), sets: vec![*set] }),
            Condition::Closure { base, columns, referenced } => {
                let tree =
                    Leaf::InTree { base: Box::new(Self::lower(base, false)), columns: columns.clone(), referenced: referenced.clone() };
                Self::join([Self::lower(base, negated), leaf(tree)], !negated)
            }
            Condition::All(inner) => Self::join(inner.iter().map(|condition| Self::lower(condition, negated)), negated),
            Condition::Any(inner) => Self::join(inner.iter().map(|condition| Self::lower(condition, negated)), !negated),
            Condition::Not(inner) => Self::lower(inner, !negated),
        }
    }

    /// Any or all of the nodes, constants folded away.
    fn join(nodes: impl IntoIterator<Item = Self>, any: bool) -> Self {
        let (neutral, decisive) = if any { (Self::Never, Self::Always) } else { (Self::Always, Self::Never) };
        let mut kept: Vec<Self> = Vec::new();
        for node in nodes {
            match node {
                node if node == neutral => {}
                node if node == decisive => return decisive,
                Self::Any(inner) if any => inner.into_iter().for_each(|node| push_new(&mut kept, node)),
                Self::All(inner) if !any => inner.into_iter().for_each(|node| push_new(&mut kept, node)),
                node => push_new(&mut kept, node),
            }
        }
        if !any && kept.iter().any(|node| kept.iter().any(|other| node.excludes(other))) {
            return Self::Never;
        }
        match kept.len() {
            0 => neutral,
            1 => kept.remove(0),
            _ if any => Self::Any(kept),
            _ => Self::All(kept),
        }
    }

    /// Whether no row satisfies both, as far as their form tells: one is the other's negation, or wants a value where the other wants
    /// none.
    fn excludes(&self, other: &Self) -> bool {
        let Self::Leaf { leaf, negated: false } = self else { return false };
        let Self::Leaf { leaf: denied, negated: true } = other else { return false };
        let wants_value = |path: &ColumnPath| match leaf {
            Leaf::SubjectKey { columns } | Leaf::InTree { columns, .. } => path.json.is_empty() && columns.contains(&path.column),
            Leaf::Equals { column, .. } => column == path,
            Leaf::Changed { .. } => false,
            Leaf::NotNull { columns } | Leaf::In { columns, .. } => columns.contains(path),
        };
        leaf == denied || matches!(denied, Leaf::NotNull { columns } if columns.iter().all(wants_value))
    }

    /// The same condition where some sets are known to have no tuples: nothing is in them, and everything outside.
    pub(crate) fn without(self, is_empty: &dyn Fn(SetId) -> bool) -> Self {
        match self {
            Self::Never | Self::Always => self,
            Self::All(inner) => Self::join(inner.into_iter().map(|node| node.without(is_empty)), false),
            Self::Any(inner) => Self::join(inner.into_iter().map(|node| node.without(is_empty)), true),
            Self::Leaf { leaf, negated } => {
                let found = match leaf {
                    Leaf::In { columns, mut sets } => {
                        sets.retain(|set| !is_empty(*set));
                        if sets.is_empty() { None } else { Some(Leaf::In { columns, sets }) }
                    }
                    Leaf::InTree { base, columns, referenced } => match base.without(is_empty) {
                        // A tree without roots.
                        Self::Never => None,
                        base => Some(Leaf::InTree { base: Box::new(base), columns, referenced }),
                    },
                    other @ (Leaf::SubjectKey { .. } | Leaf::Equals { .. } | Leaf::NotNull { .. } | Leaf::Changed { .. }) => Some(other),
                };
                match found {
                    Some(leaf) => Self::Leaf { leaf, negated },
                    None if negated => Self::Always,
                    None => Self::Never,
                }
            }
        }
    }

    pub(crate) fn all(nodes: impl IntoIterator<Item = Self>) -> Self {
        Self::join(nodes, false)
    }

    pub(crate) fn negate(&self) -> Self {
        match self {
            Self::Never => Self::Always,
            Self::Always => Self::Never,
            Self::All(inner) => Self::join(inner.iter().map(Self::negate), true),
            Self::Any(inner) => Self::join(inner.iter().map(Self::negate), false),
            Self::Leaf { leaf, negated } => Self::Leaf { leaf: leaf.clone(), negated: !negated },
        }
    }

    /// The alternatives of the condition: a row satisfies it when it satisfies one of them.
    ///
    /// PostgreSQL looks for rows by an index under each alternative, and reads the whole table for an OR of subqueries. Where all
    /// alternatives are plain comparisons it does well alone, so then there is one. Alternatives that look for the same columns in
    /// different sets are one as well: the sets are put together, and the table is searched once.
    pub(crate) fn alternatives(&self) -> Vec<Self> {
        let found = self.disjuncts();
        match found {
            Some(found) if found.is_empty() => vec![Self::Never],
            Some(found) if found.iter().any(|node| !node.is_plain()) => {
                let mut together: Vec<Self> = Vec::with_capacity(found.len());
                for node in found {
                    if !together.iter_mut().any(|before| before.take_in(&node)) {
                        together.push(node);
                    }
                }
                together
            }
            Some(_) | None => vec![self.clone()],
        }
    }

    /// Takes another conjunction in where it differs only by the set in which the same columns are looked for.
    fn take_in(&mut self, other: &Self) -> bool {
        let count = self.conjuncts().len();
        if count != other.conjuncts().len() {
            return false;
        }
        let differing: Vec<usize> = (0..count).filter(|at| self.conjuncts()[*at] != other.conjuncts()[*at]).collect();
        let [at] = differing.as_slice() else { return false };
        let Self::Leaf { leaf: Leaf::In { columns: wanted, sets: more }, negated: false } = &other.conjuncts()[*at] else { return false };
        let mine = match self {
            Self::All(inner) => &mut inner[*at],
            single => single,
        };
        let Self::Leaf { leaf: Leaf::In { columns, sets }, negated: false } = mine else { return false };
        if columns != wanted {
            return false;
        }
        sets.extend(more.iter().filter(|set| !sets.contains(set)).copied().collect::<Vec<_>>());
        true
    }

    fn conjuncts(&self) -> &[Self] {
        match self {
            Self::All(inner) => inner,
            single => std::slice::from_ref(single),
        }
    }

    fn disjuncts(&self) -> Option<Vec<Self>> {
        let found = match self {
            Self::Never | Self::Always | Self::Leaf { .. } => vec![self.clone()],
            Self::Any(inner) => inner.iter().map(Self::disjuncts).collect::<Option<Vec<_>>>()?.concat(),
            Self::All(inner) => {
                let mut found = vec![Self::Always];
                for node in inner {
                    let parts = node.disjuncts()?;
                    if found.len() * parts.len() > MOST_ALTERNATIVES {
                        return None;
                    }
                    let pairs = found.iter().flat_map(|left| parts.iter().map(|right| Self::all([left.clone(), right.clone()])));
                    found = pairs.filter(|pair| *pair != Self::Never).collect();
                }
                found
            }
        };
        (found.len() <= MOST_ALTERNATIVES).then_some(found)
    }

    /// Compares columns with values alone.
    fn is_plain(&self) -> bool {
        match self {
            Self::Never | Self::Always => true,
            Self::All(inner) | Self::Any(inner) => inner.iter().all(Self::is_plain),
            Self::Leaf { leaf, negated: _ } => match leaf {
                Leaf::SubjectKey { .. } | Leaf::Equals { .. } | Leaf::NotNull { .. } | Leaf::Changed { .. } => true,
                Leaf::In { .. } | Leaf::InTree { .. } => false,
            },
        }
    }

    /// A conjunction of leaves, which a database can turn into joins.
    pub(crate) fn is_conjunction(&self) -> bool {
        match self {
            Self::Never | Self::Always | Self::Leaf { .. } => true,
            Self::All(inner) => inner.iter().all(|node| matches!(node, Self::Leaf { .. })),
            Self::Any(_) => false,
        }
    }
}

fn push_new(nodes: &mut Vec<Node>, node: Node) {
    if !nodes.contains(&node) {
        nodes.push(node);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn equals(column: &str) -> Condition {
        Condition::Equals { column: column.into(), text: "x".into() }
    }

    fn member(column: &str) -> Condition {
        Condition::In { columns: vec![column.into()], set: SetId(0) }
    }

    #[test]
    fn negations_go_to_the_leaves() {
        let condition = Condition::not(Condition::all([equals("a"), Condition::not(Condition::any([member("b"), equals("c")]))]));
        let got = Node::of(&condition);
        let leaf = |condition: &Condition, negated| match Node::of(condition) {
            Node::Leaf { leaf, .. } => Node::Leaf { leaf, negated },
            other => other,
        };
        assert_eq!(got, Node::Any(vec![leaf(&equals("a"), true), leaf(&member("b"), false), leaf(&equals("c"), false)]));
        assert_eq!(got.negate().negate(), got);
    }

    #[test]
    fn what_nothing_satisfies_is_left_out() {
        let present = |column: &str| Condition::NotNull { columns: vec![column.into()] };
        let nothing = [
            Condition::all([member("a"), Condition::not(present("a"))]),
            Condition::all([equals("a"), Condition::not(equals("a"))]),
            Condition::all([Condition::any([member("a"), equals("b")]), Condition::not(member("a")), Condition::not(present("b"))]),
        ];
        for condition in &nothing {
            assert_eq!(Node::of(condition).alternatives(), [Node::Never], "{condition:?}");
        }
        let something = [
            Condition::all([member("a"), Condition::not(present("b"))]),
            Condition::all([member("a"), Condition::not(Condition::NotNull { columns: vec!["a".into(), "b".into()] })]),
            Condition::all([member("a"), Condition::not(equals("a"))]),
            Condition::all([Condition::not(equals("a")), Condition::not(present("a"))]),
        ];
        for condition in &something {
            assert_ne!(Node::of(condition).alternatives(), [Node::Never], "{condition:?}");
        }
    }

    #[test]
    fn nothing_is_in_an_empty_set() {
        let node = Node::of(&Condition::all([equals("a"), Condition::not(member("b"))]));
        let is_empty = |set: SetId| set == SetId(0);
        assert_eq!(node.without(&is_empty), Node::of(&equals("a")));
        assert_eq!(Node::of(&Condition::all([equals("a"), member("b")])).without(&is_empty), Node::Never);
        let tree = Condition::Closure { base: Box::new(member("a")), columns: vec!["parent".into()], referenced: vec!["id".into()] };
        assert_eq!(Node::of(&tree).without(&is_empty), Node::Never);
        assert_eq!(Node::of(&Condition::not(tree)).without(&is_empty), Node::Always);
        let other = Condition::In { columns: vec!["b".into()], set: SetId(1) };
        assert_eq!(Node::of(&other).without(&is_empty), Node::of(&other));
    }

    #[test]
    fn alternatives_stand_at_the_top() {
        let either = Condition::any([member("a"), equals("b")]);
        let condition = Condition::all([either, Condition::not(member("c"))]);
        assert_eq!(Node::of(&condition).alternatives().len(), 2);
        let plain = Condition::any([equals("a"), equals("b")]);
        assert_eq!(Node::of(&plain).alternatives().len(), 1);
    }

    #[test]
    fn sets_for_the_same_columns_are_put_together() {
        let member = |column: &str, set| Condition::In { columns: vec![column.into()], set: SetId(set) };
        let either = Condition::any([member("a", 0), member("b", 1), member("a", 2)]);
        let condition = Condition::all([either, Condition::not(equals("c"))]);
        let alternatives = Node::of(&condition).alternatives();
        let sets = |node: &Node| match &node.conjuncts()[0] {
            Node::Leaf { leaf: Leaf::In { sets, .. }, negated: false } => sets.clone(),
            other => panic!("{other:?}"),
        };
        assert_eq!(alternatives.iter().map(sets).collect::<Vec<_>>(), [vec![SetId(0), SetId(2)], vec![SetId(1)]]);
        // Rows outside both sets are outside each.
        let outside = Condition::all([Condition::not(member("a", 0)), Condition::not(member("a", 2))]);
        assert_eq!(Node::of(&outside).alternatives().len(), 1);
    }
}
