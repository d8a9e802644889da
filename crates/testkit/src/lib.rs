//! What the tests and the benchmarks of all rooms share: real database servers.

pub mod postgres;
