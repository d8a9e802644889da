//! Ctrl-C and termination signals: the first asks the work to stop at its next safe place, the second stops the program at once.

use std::io::Write as _;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::failure::{ExitCode, Failure, OrFail};

static REQUESTED: AtomicBool = AtomicBool::new(false);

/// Listens from now on.
pub fn install() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        if REQUESTED.swap(true, Ordering::SeqCst) {
            std::process::exit(ExitCode::Interrupted as i32);
        }
        if crate::logging::is_installed() {
            return;
        }
        // Nothing can be done where standard error is closed.
        let _ = writeln!(std::io::stderr(), "stopping at the next safe place; press Ctrl-C again to stop at once");
    })
    .or_fail(ExitCode::Failed, || "listen for Ctrl-C")
}

/// Whether somebody has asked the program to stop.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
