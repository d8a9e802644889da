//! Tests of the executable as a whole.

mod docs;
mod erasure;
mod map;
mod run;
