//! Tests that look at the repository as a whole.

mod executors;
mod oracle;
mod planner;
mod walls;
