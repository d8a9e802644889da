//! Small programs that the benchmarks run as processes of their own.

pub mod pack;
pub mod peak;
