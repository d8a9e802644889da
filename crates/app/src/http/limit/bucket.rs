//! Counting, by key: how much each may ask in how much time.
//!
//! Keys are put into slots by a keyed hash that is drawn at the start, so that memory is bounded whoever asks, and nobody can choose with whom
//! they share. Two of a few thousand clients share a slot hardly ever.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, Hash, RandomState};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use governor::clock::{Clock, DefaultClock, Reference as _};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

const SLOTS: u64 = 1 << 18;

/// Between two looks for slots that nobody has used for long.
const CHECKS_BETWEEN_SWEEPS: u32 = 1 << 14;

/// A limit for each key.
pub struct Buckets<C: Clock = DefaultClock> {
    limiter: RateLimiter<u64, DashMapStateStore<u64>, C, NoOpMiddleware<C::Instant>>,
    clock: C,
    slots: RandomState,
    checks: AtomicU32,
}

impl<C: Clock + Clone> Buckets<C> {
    /// As many a minute, all of them at once where they come so; `None` for 0, which is no limit.
    pub fn new(per_minute: u32, clock: C) -> Option<Self> {
        let quota = Quota::per_minute(NonZeroU32::new(per_minute)?);
        let limiter = RateLimiter::new(quota, DashMapStateStore::default(), clock.clone());
        Some(Self { limiter, clock, slots: RandomState::new(), checks: AtomicU32::new(0) })
    }

    fn slot(&self, key: impl Hash) -> u64 {
        self.slots.hash_one(key) % SLOTS
    }

    /// Counts one.
    ///
    /// # Errors
    /// How long to wait, when it is one too many.
    pub fn count(&self, key: impl Hash) -> Result<(), Duration> {
        if self.checks.fetch_add(1, Ordering::Relaxed) % CHECKS_BETWEEN_SWEEPS == CHECKS_BETWEEN_SWEEPS - 1 {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        self.limiter.check_key(&self.slot(key)).map_err(|not_until| not_until.wait_time_from(self.clock.now()))
    }
}

/// A limit for what has gone wrong: whoever has done too much of it is refused until some time has passed.
pub struct Faults<C: Clock = DefaultClock> {
    buckets: Buckets<C>,
    /// Slots that are refused, and until when.
    refused: Mutex<HashMap<u64, C::Instant>>,
}

impl<C: Clock + Clone> Faults<C> {
    /// As many a minute; `None` for 0, which is no limit.
    pub fn new(per_minute: u32, clock: C) -> Option<Self> {
        Some(Self { buckets: Buckets::new(per_minute, clock)?, refused: Mutex::new(HashMap::new()) })
    }

    /// Notes that something has gone wrong.
    pub fn note(&self, key: impl Hash) {
        let slot = self.buckets.slot(&key);
        if let Err(wait) = self.buckets.count(&key) {
            let now = self.buckets.clock.now();
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            refused.retain(|_, until| *until > now);
            refused.insert(slot, now + wait.into());
        }
    }

    /// Whether the key may go on.
    ///
    /// # Errors
    /// How long to wait, where it may not.
    pub fn check(&self, key: impl Hash) -> Result<(), Duration> {
        let now = self.buckets.clock.now();
        let slot = self.buckets.slot(key);
        let until = self.refused.lock().unwrap_or_else(PoisonError::into_inner).get(&slot).copied();
        match until {
            Some(until) if until > now => Err(Duration::from(until.duration_since(now))),
            Some(_) | None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    #[test]
    fn a_full_bucket_refuses_until_time_has_passed_and_nobody_else() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(3, clock.clone()).unwrap();
        for _ in 0..3 {
            assert_eq!(buckets.count("ada"), Ok(()));
        }
        let wait = buckets.count("ada").unwrap_err();
        assert!(wait <= Duration::from_secs(20) && wait > Duration::ZERO, "{wait:?}");
        assert_eq!(buckets.count("ben"), Ok(()), "what one does counts for nobody else");
        clock.advance(wait);
        assert_eq!(buckets.count("ada"), Ok(()));
        assert!(buckets.count("ada").is_err(), "one more in twenty seconds");
        clock.advance(Duration::from_secs(60));
        for _ in 0..3 {
            assert_eq!(buckets.count("ada"), Ok(()));
        }
    }

    #[test]
    fn too_many_faults_refuse_for_a_time() {
        let clock = FakeRelativeClock::default();
        let faults = Faults::new(3, clock.clone()).unwrap();
        for _ in 0..3 {
            faults.note("ada");
            assert_eq!(faults.check("ada"), Ok(()));
        }
        faults.note("ada");
        let wait = faults.check("ada").unwrap_err();
        assert_eq!(faults.check("ben"), Ok(()));
        clock.advance(wait);
        assert_eq!(faults.check("ada"), Ok(()));
        faults.note("ada");
        faults.note("ada");
        assert!(faults.check("ada").is_err(), "soon there are too many again");
    }

    #[test]
    fn keys_do_not_grow_without_bound() {
        let clock = FakeRelativeClock::default();
        let buckets = Buckets::new(3, clock.clone()).unwrap();
        for key in 0..CHECKS_BETWEEN_SWEEPS - 1 {
            let _ = buckets.count(key);
        }
        let before = buckets.limiter.len();
        clock.advance(Duration::from_secs(600));
        let _ = buckets.count(0);
        assert!(before > 10_000 && buckets.limiter.len() <= 1, "{before} {}", buckets.limiter.len());
    }

    #[test]
    fn nothing_is_no_limit() {
        assert!(Buckets::new(0, FakeRelativeClock::default()).is_none());
    }
}
