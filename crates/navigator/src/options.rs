//! What a caller may choose.

use crate::world::Day;

/// Fewest seats that have room for all traps.
pub const FEWEST_SEATS: u32 = 50;
pub const MOST_SEATS: u32 = 20_000;

/// Which world to make. The same options give the same rows in every database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// From 50 to 20,000. A seat has about 2,000 rows.
    pub seats: u32,
    pub seed: u64,
    /// The day on which the world stands still; nothing is younger, but for what is planned.
    pub today: Day,
    /// Gives the heavy seat about so many rows more: activities, visits and page views.
    pub heavy_seat_rows: Option<u64>,
    /// Rows per seat in percent of the usual. The traps stay at any value.
    pub density_percent: u32,
}

impl Default for Options {
    fn default() -> Self {
        Self { seats: 50, seed: 1, today: Day::new(2026, 6, 1), heavy_seat_rows: None, density_percent: 100 }
    }
}
