//! A job while it runs: how far it is, and whether it is to stop.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

/// Shared between a job and its heartbeat.
#[derive(Debug, Default)]
pub struct Watch {
    done: AtomicU64,
    /// 0: not known.
    expected: AtomicU64,
    /// Somebody else has the job now, or nobody.
    lost: AtomicBool,
    /// The program is asked to stop.
    stop: AtomicBool,
}

impl Watch {
    /// So many rows are expected.
    pub fn expect(&self, rows: Option<u64>) {
        self.expected.store(rows.unwrap_or(0), Ordering::Relaxed);
    }

    /// So many rows more are done.
    pub fn advance(&self, rows: u64) {
        self.done.fetch_add(rows, Ordering::Relaxed);
    }

    pub(super) fn progress(&self) -> (u64, Option<u64>) {
        let expected = self.expected.load(Ordering::Relaxed);
        (self.done.load(Ordering::Relaxed), (expected > 0).then_some(expected))
    }

    pub(super) fn lose(&self) {
        self.lost.store(true, Ordering::Release);
    }

    pub(super) fn ask_to_stop(&self) {
        self.stop.store(true, Ordering::Release);
    }

    /// Whether the job is to stop before its end.
    pub fn is_over(&self) -> bool {
        self.lost.load(Ordering::Acquire) || self.stop.load(Ordering::Acquire)
    }
}
