//! What is asked for.

use exeunt_model::names::{CategoryName, SubjectKind};
use exeunt_model::plan::{Choice, Profile, Purpose};

/// A subject by kind and key. The key's values are personal data: they are in no error, log or plan.
#[derive(Clone, PartialEq, Eq)]
pub struct Subject {
    pub kind: SubjectKind,
    /// A value for each key column, in the map's order, as text.
    pub key: Vec<String>,
}

impl std::fmt::Debug for Subject {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Subject").field("kind", &self.kind).finish_non_exhaustive()
    }
}

/// A request for a plan.
#[derive(Debug, Clone)]
pub struct Request {
    pub subject: Subject,
    pub purpose: Purpose,
    pub profile: Profile,
    /// The categories that it is about; `None` is all of them.
    pub categories: Option<Vec<CategoryName>>,
    pub choices: Vec<Choice>,
    /// Where a choice hands rows over: the key of another subject of the same kind.
    pub successor: Option<Vec<String>>,
}
