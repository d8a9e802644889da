//! Tests that look at the repository as a whole.

mod oracle;
mod planner;
mod walls;
