//! Tests of the executable as a whole.

mod demo;
mod desk;
mod docs;
mod erasure;
mod exporting;
mod map;
mod messages;
mod run;
