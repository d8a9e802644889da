//! Places where a test can cut a run off: before and after every effect.
//!
//! Compiled only with the feature `failpoints`, which the tests of the program switch on; elsewhere a failpoint is nothing. The environment
//! variable `EXEUNT_FAILPOINT` names one: `NAME`, `NAME:abort` (the default: the process ends at once, as by `kill -9`), `NAME:error`
//! (the step fails) or `NAME:pause` (says so on standard error and waits until standard input ends). `NAME@3` is the third time it is reached.

/// Cuts the run off here if a test asked for it. With a run, the failure leaves that run unfinished, as a crash would.
macro_rules! failpoint {
    ($name:literal) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::reach($name)?;
    };
    ($name:literal, $run:expr) => {
        #[cfg(feature = "failpoints")]
        $crate::failpoint::reach($name).map_err(|error| error.unfinished($run))?;
        #[cfg(not(feature = "failpoints"))]
        let _: &exeunt_model::run::RunId = $run;
    };
}

pub(crate) use failpoint;

/// Every failpoint of an erasure, in the order in which an ordinary run reaches them.
pub const POINTS: &[&str] = &[
    "before_begin",
    "after_begin",
    "before_open",
    "after_open",
    "after_apply",
    "before_commit",
    "after_commit",
    "after_note_commit",
    "before_recount",
    "before_file",
    "after_file",
    "before_settle_files",
    "after_settle_files",
    "before_close",
    "after_close",
];

/// Further failpoints of a run that is taken up.
pub const RESUME_POINTS: &[&str] = &["before_apply"];

/// Further failpoints of an erasure in batches.
pub const BATCH_POINTS: &[&str] = &["after_batch_apply", "before_batch_commit", "after_batch_commit", "after_batch_note"];

#[cfg(feature = "failpoints")]
pub(crate) fn reach(name: &'static str) -> Result<(), crate::erasure::Error> {
    use std::io::Read as _;
    use std::sync::atomic::{AtomicU64, Ordering};

    static TIMES: AtomicU64 = AtomicU64::new(0);

    debug_assert!([POINTS, RESUME_POINTS, BATCH_POINTS].iter().any(|points| points.contains(&name)), "{name} is not listed");
    let Ok(asked) = std::env::var("EXEUNT_FAILPOINT") else { return Ok(()) };
    let (place, act) = asked.split_once(':').unwrap_or((&asked, "abort"));
    let (place, time) = place.split_once('@').unwrap_or((place, "1"));
    if place != name || TIMES.fetch_add(1, Ordering::SeqCst) + 1 != time.parse().unwrap_or(1) {
        return Ok(());
    }
    match act {
        "error" => Err(crate::erasure::Error::Failpoint { name }),
        "pause" => {
            eprintln!("paused at {name}");
            let mut rest = Vec::new();
            drop(std::io::stdin().read_to_end(&mut rest));
            Ok(())
        }
        _ => std::process::abort(),
    }
}
