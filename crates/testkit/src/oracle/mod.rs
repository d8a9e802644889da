//! A slow, obvious oracle for plans, exports and erasures.
//!
//! ```text
//! seed ─► generate ─► World ─┬─► sql: tables and rows in SQLite and PostgreSQL ─┐
//!                            ├─► yaml: the data map ────────────────────────────┼─► the real thing ─► compare
//!                            └─► evaluate: the rows that must be the result ────┘
//! ```
//!
//! [`generate::world`] makes a random schema with rows and a data map from a seed. [`evaluate`] says what an export must hold and what an
//! erasure must leave, by looping over rows in memory. [`sql`] lays the world out in a real database and reads it back, [`yaml`] writes its
//! map, and [`compare`] holds the database against the evaluation, row by row. Nothing here knows the planner.

pub mod compare;
pub mod dice;
pub mod evaluate;
pub mod generate;
pub mod hunt;
pub mod loose;
pub mod place;
pub mod seeds;
pub mod shrink;
pub mod sql;
pub mod value;
pub mod world;
pub mod yaml;
