//! How many streams of events are open, in all and for each caller.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use exeunt_model::identity::PrincipalId;

/// Streams of one caller at most.
const OF_ONE: usize = 8;
/// Streams of this process at most.
const IN_ALL: usize = 256;

/// The streams that are open.
#[derive(Debug, Default)]
pub struct Streams(Mutex<HashMap<PrincipalId, usize>>);

/// A stream's place; dropping it gives it back.
#[derive(Debug)]
pub struct Place {
    streams: Arc<Streams>,
    caller: PrincipalId,
}

impl Streams {
    /// A place for one more; none where there are enough.
    pub fn take(self: &Arc<Self>, caller: &PrincipalId) -> Option<Place> {
        let mut open = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = open.values().sum();
        let own = open.get(caller).copied().unwrap_or(0);
        if own >= OF_ONE || all >= IN_ALL {
            return None;
        }
        open.insert(caller.clone(), own + 1);
        Some(Place { streams: self.clone(), caller: caller.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut open = self.streams.0.lock().unwrap_or_else(PoisonError::into_inner);
        match open.get_mut(&self.caller) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(open.remove(&self.caller)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_caller_has_so_many_streams_and_a_closed_one_makes_room() {
        let streams = Arc::new(Streams::default());
        let (one, other) = (PrincipalId::from_random(1), PrincipalId::from_random(2));
        let mut places: Vec<Place> = (0..OF_ONE).map(|_| streams.take(&one).unwrap()).collect();
        assert!(streams.take(&one).is_none());
        assert!(streams.take(&other).is_some(), "others have their own");
        places.pop();
        assert!(streams.take(&one).is_some());
        drop(places);
        assert!(streams.0.lock().unwrap().is_empty());
    }

    #[test]
    fn a_process_has_so_many_streams_in_all() {
        let streams = Arc::new(Streams::default());
        let places: Vec<Option<Place>> = (0..=IN_ALL as u128).map(|caller| streams.take(&PrincipalId::from_random(caller))).collect();
        assert_eq!(places.iter().flatten().count(), IN_ALL);
    }
}
