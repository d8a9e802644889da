//! Small bar charts: how many rows of a table date from which month, quarter or year.

use std::fmt::Write as _;

use crate::archive::statistics::MonthCount;

use super::text::{MONTHS, counted};

/// Bars at most; longer spans are drawn in quarters, then in years.
const BARS: usize = 48;
const HEIGHT: u64 = 34;
const STEP: usize = 8;
const BAR: usize = 6;

/// The chart as inline SVG; nothing when there are fewer than two bars to compare.
pub(super) fn chart(months: &[MonthCount]) -> String {
    let Some((first, last)) = months.first().zip(months.last()) else { return String::new() };
    let span = month_index(last) - month_index(first) + 1;
    let width = [1, 3, 12, 120].into_iter().find(|width| span.div_ceil(*width) < BARS).unwrap_or(1200);
    let origin = month_index(first) / width;
    let mut bars = vec![0; month_index(last) / width - origin + 1];
    for month in months {
        bars[month_index(month) / width - origin] += month.rows;
    }
    let highest = bars.iter().copied().max().unwrap_or(0);
    if bars.len() < 2 || highest == 0 {
        return String::new();
    }
    let label = |index: usize| period((origin + index) * width, width);
    let mut svg = String::new();
    let total = bars.len() * STEP;
    // Writing to a String never fails.
    let _ = write!(
        svg,
        "<svg class=\"chart\" viewBox=\"0 0 {total} {HEIGHT}\" width=\"{total}\" height=\"{HEIGHT}\" role=\"img\" \
         aria-label=\"Rows from {} to {}, at most {} in one\">",
        label(0),
        label(bars.len() - 1),
        highest
    );
    for (index, rows) in bars.iter().enumerate() {
        // A bar that stands for something is at least one unit high.
        let height = if *rows == 0 { 0 } else { (rows * (HEIGHT - 2)).div_ceil(highest).max(2) };
        let (x, y) = (index * STEP + 1, HEIGHT - 1 - height);
        let _ = write!(
            svg,
            "<g><title>{}: {}</title><rect class=\"space\" x=\"{}\" y=\"0\" width=\"{STEP}\" height=\"{HEIGHT}\"/>\
             <rect x=\"{x}\" y=\"{y}\" width=\"{BAR}\" height=\"{height}\"/></g>",
            label(index),
            counted(*rows, "row", "rows"),
            index * STEP
        );
    }
    let _ = write!(svg, "<path d=\"M0 {0}H{total}\"/></svg>", HEIGHT - 1);
    svg
}

fn month_index(month: &MonthCount) -> usize {
    usize::from(month.year) * 12 + usize::from(month.month.saturating_sub(1)).min(11)
}

fn period(first_month: usize, width: usize) -> String {
    let (year, month) = (first_month / 12, first_month % 12);
    match width {
        1 => format!("{} {year}", MONTHS[month]),
        3 => format!("{}–{} {year}", MONTHS[month], MONTHS[(month + 2).min(11)]),
        12 => year.to_string(),
        _ => format!("{year}–{}", year + width / 12 - 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(months: &[(u16, u8, u64)]) -> Vec<MonthCount> {
        months.iter().map(|(year, month, rows)| MonthCount { year: *year, month: *month, rows: *rows }).collect()
    }

    #[test]
    fn every_row_is_in_a_bar_and_gaps_stay_visible() {
        let svg = chart(&counts(&[(2024, 11, 1), (2025, 2, 100)]));
        assert_eq!(svg.matches("<title>").count(), 4);
        assert!(svg.contains("<title>Nov 2024: 1\u{a0}row</title>") && svg.contains("<title>Jan 2025: 0\u{a0}rows</title>"));
    }

    #[test]
    fn long_spans_are_drawn_in_longer_periods() {
        assert!(chart(&counts(&[(2018, 2, 5), (2025, 6, 1)])).contains("<title>Jan–Mar 2018: 5"));
        assert!(chart(&counts(&[(2000, 1, 5), (2025, 6, 1)])).contains("<title>2000: 5"));
        assert!(chart(&counts(&[(1900, 1, 5), (2199, 12, 1)])).contains("<title>1900–1909: 5"));
    }

    #[test]
    fn a_single_month_needs_no_chart() {
        assert_eq!(chart(&counts(&[(2025, 6, 9)])), "");
        assert_eq!(chart(&[]), "");
    }
}
