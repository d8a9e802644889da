//! The categories that a request chooses.

use serde::{Deserialize, Serialize};

use super::planner::{Asked, Error};
use super::rows::concerns;
use super::sets::Scope;
use crate::map::parse::nearest;
use crate::map::resolve::{MappedTable, Scheme};
use crate::names::CategoryName;

/// The categories of a plan that is not about all of them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chosen {
    /// In the order of the map.
    pub names: Vec<CategoryName>,
    /// The subject's own row is of one of them and is deleted: the subject as a whole goes. Guards see to it that nothing is left behind.
    pub takes_subject: bool,
}

/// What was chosen, in the order of the map. `None` where everything that holds rows of such a subject was: that is asked for more simply.
pub(super) fn names(scheme: &Scheme, scope: &Scope<'_>, asked: &Asked<'_>) -> Result<Option<Vec<CategoryName>>, Error> {
    let Some(wanted) = asked.categories else { return Ok(None) };
    if let Some(unknown) = wanted.iter().find(|name| scheme.map.category(name).is_none()) {
        let known = scheme.map.categories.iter().map(|category| category.name.as_str());
        return Err(Error::UnknownCategory { category: unknown.clone(), meant: nearest(unknown.as_str(), known).map(str::to_owned) });
    }
    if wanted.is_empty() {
        return Err(Error::NoCategory);
    }
    let holding = scheme.tables.iter().filter(|mapped| concerns(scope, mapped)).filter_map(|mapped| mapped.entry.category.as_ref());
    if holding.into_iter().all(|category| wanted.contains(category)) {
        return Ok(None);
    }
    let in_order = scheme.map.categories.iter().map(|category| &category.name).filter(|name| wanted.contains(name));
    Ok(Some(in_order.cloned().collect()))
}

/// The category of a table that was not chosen; `None` where the table takes part. A table without a category always does.
pub(super) fn left_aside<'m>(chosen: Option<&[CategoryName]>, mapped: &'m MappedTable) -> Option<&'m CategoryName> {
    let category = mapped.entry.category.as_ref()?;
    chosen.is_some_and(|chosen| !chosen.contains(category)).then_some(category)
}
