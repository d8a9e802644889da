//! Makes worlds in real databases and looks at what came out.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails where it stands")]

mod choosing;
mod directory;
mod erasing;
mod files;
mod map;
mod rows;
mod support;
mod traps;
