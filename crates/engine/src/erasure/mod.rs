//! Erasure: from a request to a closed certificate.
//!
//! ```text
//! begin in every database ─► plan through these transactions ─► key tables ─► counts, guards, files ─► approved?
//!    └─► open the certificate (log, journal with keys and files: on disk)
//!           └─► apply every step ─► affected rows as planned? ─► commit one database after the other
//!                  └─► count again on fresh snapshots ─► delete files ─► search for residue ─► close the certificate
//! ```
//!
//! Nothing is destroyed before the certificate is open, and nothing is committed before every database has affected exactly the planned rows.
//! Until the first commit every failure rolls back and ends the run as `stopped`. After it, what failed is written down and the run ends as
//! `partly_failed`, which [`resume()`] takes up again.
//!
//! A crash may come between a database's commit and our note of it. [`resume()`] never guesses: it counts the rows of the journaled keys. Where
//! all are gone, what is left of the other steps is done; where they are there, the plan must hold to the key, or nothing is done. What somebody
//! must decide is decided by approving what is left as it is now, or by giving the run up with [`abandon()`].
//!
//! Large plans go in batches: the same statements, some rows at a time, each batch committed by itself. Any batch may run twice. Before each the
//! rows that it depends on must still be the subject's: between batches others may write.

mod acting;
mod afresh;
mod batch;
mod begin;
mod error;
mod files;
mod finish;
mod order;
mod resume;
mod running;
mod standing;
mod statement;

pub use begin::{begin_ahead, erase};
pub use error::Error;
pub use files::look_for_files;
pub use finish::Outcome;
pub use order::{BATCH_ROWS, BATCHES_FROM_ROWS, Means, Order, Progress, Terms, decided_otherwise, standard_outside, subjects_gone};
pub use resume::{Resumption, abandon, resume};

pub(crate) use acting::{Acting, undone};
pub(crate) use finish::replaced_places;
pub(crate) use order::{recorded_categories, recorded_choices};
