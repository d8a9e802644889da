//! What is measured, one file per work.

use anyhow::Result;

use super::context::Bench;
use super::report::Row;

mod clean_build;
mod demo;
mod desk_accept;
mod desk_erase_seat;
mod desk_export_seat;
mod desk_exports;
mod desk_workers;
mod erase_contract;
pub mod erase_seat;
mod erasures;
mod export_contract;
mod export_heavy_seat;
mod export_seat;
mod exports;
mod generator;
mod residual_search;

pub struct Work {
    pub name: &'static str,
    pub about: &'static str,
    /// Whether it runs when no name is given.
    pub by_default: bool,
    pub measure: fn(&mut Bench) -> Result<Vec<Row>>,
}

pub const ALL: &[Work] = &[
    export_contract::WORK,
    export_heavy_seat::WORK,
    export_seat::WORK,
    erase_seat::WORK,
    erase_contract::WORK,
    residual_search::WORK,
    desk_accept::WORK,
    desk_export_seat::WORK,
    desk_erase_seat::WORK,
    desk_exports::WORK,
    desk_workers::WORK,
    demo::WORK,
    generator::WORK,
    clean_build::WORK,
];
