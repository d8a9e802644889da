//! The directory as identity providers push it: users, groups, closed addresses, and what is remembered of erased ones.

mod closure;
mod group;
mod returned;
mod user;

pub use closure::Closure;
pub use group::DirectoryGroup;
pub use returned::Return;
pub use user::{DirectoryUser, UserKey};

/// `$2, $3, …` for so many values after the first.
fn places(first: usize, count: usize) -> String {
    (first..first + count).map(|number| format!("${number}")).collect::<Vec<_>>().join(", ")
}

/// Values that one statement names at most.
const AT_ONCE: usize = 500;
