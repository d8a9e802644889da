//! Ours and the floor in turn, so that a slow moment of the machine meets both.

use std::time::Duration;

use anyhow::Result;

/// The times of both sides in milliseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Pairs {
    pub ours: Vec<f64>,
    pub floor: Vec<f64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Ours,
    Floor,
}

/// Runs both sides `rounds` times, after `warm_ups` that do not count; who goes first changes with every round.
pub fn alternate(warm_ups: usize, rounds: usize, mut run: impl FnMut(Side, usize) -> Result<Duration>) -> Result<Pairs> {
    let mut pairs = Pairs { ours: Vec::new(), floor: Vec::new() };
    for round in 0..warm_ups + rounds {
        let order = if round % 2 == 0 { [Side::Ours, Side::Floor] } else { [Side::Floor, Side::Ours] };
        for side in order {
            let milliseconds = run(side, round)?.as_secs_f64() * 1000.0;
            if round >= warm_ups {
                match side {
                    Side::Ours => pairs.ours.push(milliseconds),
                    Side::Floor => pairs.floor.push(milliseconds),
                }
            }
        }
    }
    Ok(pairs)
}

impl Pairs {
    pub fn medians(&self) -> (f64, f64) {
        (median(&self.ours), median(&self.floor))
    }

    /// For people: medians and how far the runs lie apart.
    pub fn describe(&self) -> String {
        let side = |times: &[f64]| {
            let low = times.iter().copied().fold(f64::INFINITY, f64::min);
            let high = times.iter().copied().fold(0.0, f64::max);
            format!("{:.1} ms ({low:.1} to {high:.1})", median(times))
        };
        format!("ours {}, floor {}, {} rounds", side(&self.ours), side(&self.floor), self.ours.len())
    }
}

/// The middle one; of an even number the mean of the middle two; of none 0.
pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.len() {
        0 => 0.0,
        length if length % 2 == 1 => sorted[middle],
        _ => f64::midpoint(sorted[middle - 1], sorted[middle]),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn median_is_the_middle() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[]), 0.0);
    }

    #[test]
    fn warm_ups_do_not_count_and_the_order_changes() {
        let mut order = Vec::new();
        let pairs = alternate(1, 2, |side, round| {
            order.push((side, round));
            Ok(Duration::from_millis(round as u64))
        });
        assert_eq!(pairs.expect("pairs"), Pairs { ours: vec![1.0, 2.0], floor: vec![1.0, 2.0] });
        use Side::{Floor, Ours};
        assert_eq!(order, [(Ours, 0), (Floor, 0), (Floor, 1), (Ours, 1), (Ours, 2), (Floor, 2)]);
    }
}
