//! What was measured: one row per question, as JSON and as a table.

use serde::Serialize;

/// One measured number beside what it is held against.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Row {
    pub name: String,
    pub ours: f64,
    /// The least work that does the same, or the bar where there is no such thing. `None` for a number that stands alone.
    pub floor: Option<f64>,
    /// Ours divided by the floor.
    pub ratio: Option<f64>,
    /// The ratio that must not be passed.
    pub limit: Option<f64>,
    pub unit: &'static str,
}

impl Row {
    /// Two measured numbers and how far they may be apart.
    pub fn compared(name: &str, ours: f64, floor: f64, limit: f64, unit: &'static str) -> Self {
        let ratio = if floor > 0.0 { round(ours / floor, 1000.0) } else { f64::INFINITY };
        Self { name: name.to_owned(), ours: readable(ours), floor: Some(readable(floor)), ratio: Some(ratio), limit: Some(limit), unit }
    }

    /// A number that must stay under a bar.
    pub fn under(name: &str, ours: f64, bar: f64, unit: &'static str) -> Self {
        Self::compared(name, ours, bar, 1.0, unit)
    }

    /// Two measured numbers, told and not judged.
    pub fn beside(name: &str, ours: f64, floor: f64, unit: &'static str) -> Self {
        Self { limit: None, ..Self::compared(name, ours, floor, 1.0, unit) }
    }

    /// A number that is told and not judged.
    pub fn alone(name: &str, ours: f64, unit: &'static str) -> Self {
        Self { name: name.to_owned(), ours: readable(ours), floor: None, ratio: None, limit: None, unit }
    }

    pub fn is_past_limit(&self) -> bool {
        match (self.ratio, self.limit) {
            (Some(ratio), Some(limit)) => ratio > limit,
            (None, _) | (_, None) => false,
        }
    }
}

/// Three decimals for small numbers, none for large ones.
fn readable(number: f64) -> f64 {
    round(
        number,
        if number < 10.0 {
            1000.0
        } else if number < 1000.0 {
            10.0
        } else {
            1.0
        },
    )
}

fn round(number: f64, steps: f64) -> f64 {
    (number * steps).round() / steps
}

const HEADINGS: [&str; 6] = ["work", "ours", "floor", "ratio", "limit", ""];

/// A Markdown table, its columns aligned so that it also reads well on a terminal.
pub fn table(rows: &[Row]) -> String {
    let number =
        |value: Option<f64>, unit: &str| value.map_or_else(|| "–".to_owned(), |value| format!("{value} {unit}").trim_end().to_owned());
    let mut lines: Vec<[String; 6]> = vec![HEADINGS.map(str::to_owned)];
    lines.extend(rows.iter().map(|row| {
        let verdict = match (row.is_past_limit(), row.limit) {
            (true, _) => "past the limit",
            (false, Some(_)) => "ok",
            (false, None) => "",
        };
        [
            row.name.clone(),
            number(Some(row.ours), row.unit),
            number(row.floor, row.unit),
            row.ratio.map_or_else(|| "–".to_owned(), |ratio| format!("{ratio:.2} ×")),
            row.limit.map_or_else(|| "–".to_owned(), |limit| format!("≤ {limit} ×")),
            verdict.to_owned(),
        ]
    }));
    let width = |column: usize| lines.iter().map(|line| line[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..HEADINGS.len()).map(width).collect();
    let mut text = String::new();
    for (line, index) in lines.iter().zip(0..) {
        push_line(&mut text, line, &widths);
        if index == 0 {
            let rules: Vec<String> = widths.iter().zip(0..).map(|(width, column)| rule(*width, column)).collect();
            text.push_str(&format!("|{}|\n", rules.join("|")));
        }
    }
    text
}

/// Names and verdicts stand left, numbers right.
fn is_number(column: usize) -> bool {
    (1..=4).contains(&column)
}

fn rule(width: usize, column: usize) -> String {
    if is_number(column) { format!("{}:", "-".repeat(width + 1)) } else { "-".repeat(width + 2) }
}

fn push_line(text: &mut String, cells: &[String; 6], widths: &[usize]) {
    for ((cell, width), column) in cells.iter().zip(widths).zip(0..) {
        let cell = if is_number(column) { format!("| {cell:>width$} ") } else { format!("| {cell:<width$} ") };
        text.push_str(&cell);
    }
    text.push_str("|\n");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratio_past_its_limit_is_found() {
        assert!(!Row::compared("export", 130.0, 100.0, 1.3, "ms").is_past_limit());
        assert!(Row::compared("export", 130.2, 100.0, 1.3, "ms").is_past_limit());
        assert!(Row::under("memory", 64.1, 64.0, "MiB").is_past_limit());
        assert!(!Row::alone("search", 9e9, "ms").is_past_limit());
    }

    #[test]
    fn json_holds_the_six_agreed_names() {
        let json = serde_json::to_value(Row::alone("search", 1.0, "ms")).expect("JSON");
        let names: Vec<&String> = json.as_object().expect("an object").keys().collect();
        assert_eq!(names, ["name", "ours", "floor", "ratio", "limit", "unit"]);
    }

    #[test]
    fn table_is_aligned() {
        let text = table(&[Row::compared("erase-seat", 61.23, 50.0, 2.0, "ms"), Row::alone("residual-search", 812.0, "ms")]);
        let widths: Vec<usize> = text.lines().map(|line| line.chars().count()).collect();
        assert!(widths.windows(2).all(|pair| pair[0] == pair[1]), "{text}");
        assert!(text.contains("1.23 ×") && text.contains("≤ 2 ×"), "{text}");
    }
}
