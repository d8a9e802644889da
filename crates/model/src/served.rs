//! Which bytes of a file somebody was sent, in however many pieces and whatever order.

use serde::{Deserialize, Serialize};

/// Ranges apart from each other at most: whoever fetches in more pieces at once is not followed.
const MOST: usize = 256;

/// Ranges of bytes, each from its first byte to the one after its last, in order and apart from each other.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Served(Vec<(u64, u64)>);

impl Served {
    /// Adds a range; an empty one adds nothing.
    pub fn add(&mut self, first: u64, end: u64) {
        if first >= end {
            return;
        }
        let (touching, mut apart): (Vec<_>, Vec<_>) = self.0.iter().partition(|(from, to)| *from <= end && *to >= first);
        if touching.is_empty() && apart.len() >= MOST {
            return;
        }
        let first = touching.iter().map(|(from, _)| *from).fold(first, u64::min);
        let end = touching.iter().map(|(_, to)| *to).fold(end, u64::max);
        apart.push((first, end));
        apart.sort_unstable();
        self.0 = apart;
    }

    /// Whether every byte of a file of this size is among them.
    pub fn is_whole(&self, size: u64) -> bool {
        size == 0 || self.0.first().is_some_and(|(first, end)| *first == 0 && *end >= size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(ranges: &[(u64, u64)]) -> Served {
        let mut served = Served::default();
        ranges.iter().for_each(|(first, end)| served.add(*first, *end));
        served
    }

    #[test]
    fn the_last_byte_alone_is_not_the_file() {
        assert!(!of(&[(99, 100)]).is_whole(100));
        assert!(!of(&[(0, 50), (51, 100)]).is_whole(100));
        assert!(!of(&[(0, 99)]).is_whole(100));
        assert!(!of(&[]).is_whole(1));
        assert!(of(&[]).is_whole(0));
    }

    #[test]
    fn pieces_make_a_whole_in_any_order_and_with_any_overlap() {
        for pieces in [&[(0, 100)][..], &[(50, 100), (0, 50)], &[(75, 100), (0, 30), (20, 80)], &[(0, 10), (10, 100), (5, 6), (0, 0)]] {
            let served = of(pieces);
            assert!(served.is_whole(100), "{pieces:?}");
            assert_eq!(served.0, [(0, 100)]);
        }
    }

    #[test]
    fn so_many_pieces_are_followed() {
        let mut served = Served::default();
        (0..10_000).for_each(|piece| served.add(piece * 2, piece * 2 + 1));
        assert_eq!(served.0.len(), MOST);
        served.add(0, 20_000);
        assert!(served.is_whole(20_000));
    }
}
