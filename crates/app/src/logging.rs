//! What a running desk says on standard error: lines for people, or one object of JSON a line.
//!
//! Nothing of it tells of a person: people are their ids, addresses are templates such as `/download/{secret}`, and errors hold no data.

use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::configuration::{Format, Level, Log};

static INSTALLED: AtomicBool = AtomicBool::new(false);

/// Whether what is said goes into the log.
pub fn is_installed() -> bool {
    INSTALLED.load(Ordering::Acquire)
}

/// Whether each line is an object of JSON.
pub fn is_json(log: &Log) -> bool {
    match log.format {
        Format::Auto => !std::io::stderr().is_terminal(),
        Format::Lines => false,
        Format::Json => true,
    }
}

/// Begins to write. Only what this program itself says is written: libraries may tell of addresses and secrets.
pub fn install(log: &Log) {
    let level = match log.level {
        Level::Error => LevelFilter::ERROR,
        Level::Warn => LevelFilter::WARN,
        Level::Info => LevelFilter::INFO,
        Level::Debug => LevelFilter::DEBUG,
    };
    let lines = fmt::layer().with_writer(std::io::stderr).with_target(false);
    let layer = if is_json(log) {
        lines.json().flatten_event(true).with_current_span(false).with_span_list(false).boxed()
    } else {
        lines.compact().with_ansi(std::io::stderr().is_terminal()).boxed()
    };
    let ours = filter_fn(|metadata| metadata.target().starts_with("exeunt"));
    // Whoever installed another one before has it.
    let _ = tracing_subscriber::registry().with(layer.with_filter(ours).with_filter(level)).try_init();
    INSTALLED.store(true, Ordering::Release);
    std::panic::set_hook(Box::new(|panic| {
        // Its message may hold what was being worked on; the place is enough to look for the reason.
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(place, "the program has an error: a piece of work was given up");
    }));
}

/// Whole milliseconds, as logs have them.
pub fn milliseconds(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}
