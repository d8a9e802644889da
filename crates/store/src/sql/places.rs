//! Statements that name many values.

/// Values that one statement names at most.
pub(crate) const MOST_VALUES: usize = 500;

/// `$first, …` for so many values.
pub(crate) fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}
