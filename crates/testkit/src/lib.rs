//! What the tests and the benchmarks of all rooms share: real database servers, the oracle, and the programs that look at our results.

pub mod openid;
pub mod oracle;
pub mod postgres;
pub mod privacy_tool;
pub mod receiver;
pub mod s3;
pub mod smtp;
pub mod tools;
