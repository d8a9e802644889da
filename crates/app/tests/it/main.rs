//! Tests of the executable as a whole.

mod docs;
mod erasure;
