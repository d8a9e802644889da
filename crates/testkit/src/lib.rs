//! What the tests and the benchmarks of all rooms share: real database servers, and the programs that look at our results.

pub mod postgres;
pub mod tools;
