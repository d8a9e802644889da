//! Requests: making them, seeing them, deciding about them.

pub mod decide;
mod found;
pub mod list;
pub mod show;
mod subject;
pub mod submit;
mod view;

pub use found::{find, target};
pub use subject::{FoundSubject, subject};
pub use view::{View, tagged};
