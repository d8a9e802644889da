//! The work: export and erasure, archives and certificates.

pub mod archive;
