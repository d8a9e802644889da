//! Small bar charts: how many rows of a table date from which month, quarter or year.

use std::fmt::Write as _;

use crate::archive::statistics::MonthCount;

use super::text::{MONTHS, counted};

/// Bars at most; longer spans are drawn in quarters, then in years.
const BARS: usize = 48;
const HEIGHT: u64 = 34;
const STEP: usize = 8;
const BAR: usize = 6;

/// A stretch of time that charts share, so that they can be compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Axis {
    /// Months per bar.
    width: usize,
    /// The first bar and the last, counted in widths from year 0.
    first: usize,
    last: usize,
}

impl Axis {
    /// From the first to the last of these months; `None` when that is one bar, which says nothing.
    pub(super) fn over<'months>(months: impl Iterator<Item = &'months MonthCount>) -> Option<Self> {
        let (first, last) = months.fold(None, |range, month| {
            let index = month_index(month);
            let (first, last) = range.unwrap_or((index, index));
            Some((index.min(first), index.max(last)))
        })?;
        let width = [1, 3, 12, 120].into_iter().find(|width| last / width - first / width < BARS).unwrap_or(1200);
        (last / width > first / width).then_some(Self { width, first: first / width, last: last / width })
    }

    /// Month and year, or the year alone where bars are longer than a month, of the first bar and the last.
    pub(super) fn labels(self) -> (String, String) {
        let short = |bar: usize| if self.width == 1 { period(bar, 1) } else { (bar * self.width / 12).to_string() };
        (short(self.first), short(self.last))
    }

    fn label(self, bar: usize) -> String {
        period((self.first + bar) * self.width, self.width)
    }
}

/// The chart as inline SVG.
pub(super) fn chart(months: &[MonthCount], axis: Axis) -> String {
    let mut bars = vec![0; axis.last - axis.first + 1];
    for month in months {
        if let Some(bar) = (month_index(month) / axis.width).checked_sub(axis.first).and_then(|index| bars.get_mut(index)) {
            *bar += month.rows;
        }
    }
    let highest = bars.iter().copied().max().unwrap_or(0);
    if highest == 0 {
        return String::new();
    }
    let label = |index: usize| axis.label(index);
    let mut svg = String::new();
    let total = bars.len() * STEP;
    // Writing to a String never fails.
    let _ = write!(
        svg,
        "<svg class=\"chart\" viewBox=\"0 0 {total} {HEIGHT}\" width=\"{total}\" height=\"{HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
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

    fn own(months: &[MonthCount]) -> String {
        Axis::over(months.iter()).map(|axis| chart(months, axis)).unwrap_or_default()
    }

    #[test]
    fn every_row_is_in_a_bar_and_gaps_stay_visible() {
        let svg = own(&counts(&[(2024, 11, 1), (2025, 2, 100)]));
        assert_eq!(svg.matches("<title>").count(), 4);
        assert!(svg.contains("<title>Nov 2024: 1\u{a0}row</title>") && svg.contains("<title>Jan 2025: 0\u{a0}rows</title>"));
    }

    #[test]
    fn long_spans_are_drawn_in_longer_periods() {
        assert!(own(&counts(&[(2018, 2, 5), (2025, 6, 1)])).contains("<title>Jan–Mar 2018: 5"));
        assert!(own(&counts(&[(2000, 1, 5), (2025, 6, 1)])).contains("<title>2000: 5"));
        assert!(own(&counts(&[(1900, 1, 5), (2199, 12, 1)])).contains("<title>1900–1909: 5"));
    }

    #[test]
    fn charts_on_one_axis_have_the_same_bars() {
        let (early, late) = (counts(&[(2024, 1, 5)]), counts(&[(2025, 6, 1), (2025, 7, 1)]));
        let axis = Axis::over(early.iter().chain(&late)).expect("more than one month");
        assert_eq!(axis.labels(), ("Jan 2024".to_owned(), "Jul 2025".to_owned()));
        assert_eq!(chart(&early, axis).matches("<title>").count(), 19);
        assert_eq!(chart(&late, axis).matches("<title>").count(), 19);
    }

    #[test]
    fn a_single_month_needs_no_chart() {
        assert_eq!(own(&counts(&[(2025, 6, 9)])), "");
        assert_eq!(own(&[]), "");
    }
}
