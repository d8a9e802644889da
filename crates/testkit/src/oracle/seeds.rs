//! Which worlds a test looks at: a fixed number in the test command, any number by `cargo xtask oracle`.

use std::time::{Duration, Instant};

/// The first seed, for a longer run or a replay.
pub const FIRST: &str = "EXEUNT_ORACLE_SEED";
/// How long to go on from there; nothing is one world.
pub const SECONDS: &str = "EXEUNT_ORACLE_SECONDS";

/// The seeds from 0 on, as many as `worlds`; or as many as there is time for, where the environment names a first one.
pub fn seeds(worlds: u64) -> Box<dyn Iterator<Item = u64>> {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let Some(first) = number(FIRST) else { return Box::new(0..worlds) };
    let limit = Duration::from_secs(number(SECONDS).unwrap_or(0));
    let start = Instant::now();
    Box::new((first..).take_while(move |seed| *seed == first || start.elapsed() < limit))
}
