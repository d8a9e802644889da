//! Where a page of a list begins.

use exeunt_model::moment::Moment;

/// A place in a list that is ordered by time: after what has this time and this id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Position<I> {
    pub at: Moment,
    pub id: I,
}

/// Before the first of a list that begins with the newest. Of one moment, the smaller id comes first.
pub(super) fn newest<'a, I>(after: Option<&'a Position<I>>, id: impl FnOnce(&'a I) -> &'a str) -> (i64, &'a str) {
    after.map_or((i64::MAX, ""), |position| (position.at.microseconds(), id(&position.id)))
}

/// Before the first of a list that begins with the oldest.
pub(super) fn oldest<'a, I>(after: Option<&'a Position<I>>, id: impl FnOnce(&'a I) -> &'a str) -> (i64, &'a str) {
    after.map_or((i64::MIN, ""), |position| (position.at.microseconds(), id(&position.id)))
}
