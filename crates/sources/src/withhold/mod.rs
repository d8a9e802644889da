//! Secret places inside JSON values, taken out of rows on their way from the database.
//!
//! ```text
//! rows as CSV ──rows──► values of the columns with secret places ──json──► the same text without them, or a note in its place
//! ```
//!
//! It is done here, not by the databases: they fail on a value that is no JSON, keep all but one of several equal names, and stop at
//! lists. A value in which a secret could hide unseen is withheld as a whole.

mod json;
mod rows;

pub(crate) use rows::Withholding;
