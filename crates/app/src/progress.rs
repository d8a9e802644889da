//! How far an export has come: a bar on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::{Duration, Instant};

use exeunt_engine::export::Progress;
use exeunt_model::names::TableName;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::commands::plan::{human_bytes, plural};
use crate::interrupt;

/// A run that ends sooner shows no bar: it would only flash.
const QUIET: Duration = Duration::from_millis(300);

/// Between two plain lines.
const PLAIN_INTERVAL: Duration = Duration::from_secs(10);

/// Shows rows, rows per second, bytes and, where the total is known, the time left. Stops the run when somebody pressed Ctrl-C.
pub struct Shown {
    /// Hidden at first.
    bar: Option<ProgressBar>,
    expected: Option<u64>,
    table: String,
    rows: u64,
    bytes: u64,
    started: Instant,
    told: Instant,
}

impl Shown {
    pub fn new() -> Self {
        let now = Instant::now();
        Self { bar: None, expected: None, table: String::new(), rows: 0, bytes: 0, started: now, told: now }
    }

    /// Takes the bar away, so that the result stands alone.
    pub fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }

    fn line(&self) -> String {
        let seconds = self.started.elapsed().as_secs().max(1);
        format!("{}, {}/s, {}", plural(self.rows, "row"), plural(self.rows / seconds, "row"), human_bytes(self.bytes))
    }

    fn tell_plainly(&mut self) {
        if self.told.elapsed() < PLAIN_INTERVAL {
            return;
        }
        self.told += self.told.elapsed();
        let left = self.expected.filter(|expected| self.rows > 0 && *expected > self.rows).map(|expected| {
            let seconds = self.started.elapsed().as_secs() * (expected - self.rows) / self.rows;
            format!(", about {seconds} s left")
        });
        eprintln!("{}: {}{}", self.table, self.line(), left.unwrap_or_default());
    }
}

impl Progress for Shown {
    fn wants_estimate(&self) -> bool {
        std::io::stderr().is_terminal()
    }

    fn begin(&mut self, rows: Option<u64>) {
        self.expected = rows;
        if !std::io::stderr().is_terminal() {
            return;
        }
        let (bar, template) = match rows {
            Some(rows) => (ProgressBar::new(rows), "{bar:20} {percent:>3}%  {eta:>4} left  {wide_msg}"),
            None => (ProgressBar::new_spinner(), "{spinner} {wide_msg}"),
        };
        // Unwrap safety: the templates are constants that a test parses.
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        bar.set_style(style);
        bar.set_draw_target(ProgressDrawTarget::hidden());
        self.bar = Some(bar);
    }

    fn table(&mut self, table: &TableName) {
        self.table = table.to_string();
    }

    fn advance(&mut self, rows: u64, bytes: u64) -> bool {
        self.rows += rows;
        self.bytes += bytes;
        match &self.bar {
            Some(bar) => {
                // Before the first rows there is nothing to show.
                if bar.is_hidden() && self.rows > 0 && self.started.elapsed() >= QUIET {
                    bar.set_draw_target(ProgressDrawTarget::stderr());
                }
                // An estimate may be too low; the bar then stays full instead of running over.
                bar.set_position(self.expected.map_or(self.rows, |expected| self.rows.min(expected)));
                bar.set_message(format!("{}  {}", self.line(), self.table));
            }
            None => self.tell_plainly(),
        }
        !interrupt::requested()
    }
}
