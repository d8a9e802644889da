//! The directory as identity providers push it: users, groups, closed addresses, and what is remembered of erased ones.

mod closure;
mod group;
mod returned;
mod user;

pub use closure::Closure;
pub use group::DirectoryGroup;
pub use returned::Return;
pub use user::{DirectoryUser, UserKey};
