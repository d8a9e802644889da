//! Numbers drawn from the seed.
//!
//! A sample needs no cryptography but must give the same rows for ever, whatever library versions come: SplitMix64 is eight lines and
//! fixed. Each part of the world draws from a stream of its own, so that more rows in one part change nothing in another.

/// What a stream is for; part of its seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    Weight = 1,
    Seat,
    Person,
    Company,
    Member,
    Contract,
    Leads,
    Messages,
    Notes,
    Smartlinks,
    Usage,
    Imports,
    Crm,
    Assistant,
    Files,
}

#[derive(Debug, Clone)]
pub struct Random {
    state: u64,
}

fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}

impl Random {
    /// The stream of one thing (a seat, a person, …) in one part of the world.
    pub fn new(seed: u64, part: Part, thing: i64) -> Self {
        let of_part = mixed(seed ^ (part as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15));
        Self { state: mixed(of_part ^ (thing as u64).wrapping_mul(0xd1b5_4a32_d192_ed03)) }
    }

    pub fn bits(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mixed(self.state)
    }

    /// At least 0 and less than `end`; 0 when there is nothing to choose from.
    pub fn below(&mut self, end: i64) -> i64 {
        if end <= 0 {
            return 0;
        }
        // The high half of the product is uniform enough for any count of rows here.
        ((u128::from(self.bits()) * end as u128) >> 64) as i64
    }

    /// At least `first` and at most `last`.
    pub fn between(&mut self, first: i64, last: i64) -> i64 {
        first + self.below(last - first + 1)
    }

    pub fn chance(&mut self, percent: i64) -> bool {
        self.below(100) < percent
    }

    pub fn pick<X: Copy>(&mut self, choices: &[X]) -> X {
        choices[self.below(choices.len() as i64) as usize]
    }

    /// A number below `end` where small ones come much more often: a few things get most of the attention.
    pub fn skewed(&mut self, end: i64) -> i64 {
        let first = self.below(end);
        let second = self.below(end);
        let third = self.below(end);
        first.min(second).min(third)
    }

    /// About `mean`, give or take a third; never negative.
    pub fn around(&mut self, mean: i64) -> i64 {
        let spread = mean / 3;
        self.between(mean - spread, mean + spread).max(0)
    }

    pub fn uuid(&mut self) -> u128 {
        let bits = (u128::from(self.bits()) << 64) | u128::from(self.bits());
        // Version 4, variant 1, as RFC 9562 wants it.
        (bits & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62)
    }

    /// Letters and digits, as keys and tokens are made of.
    pub fn token(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 62] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        (0..length).map(|_| char::from(ALPHABET[self.below(62) as usize])).collect()
    }

    pub fn hex(&mut self, length: usize) -> String {
        (0..length).map(|_| char::from(b"0123456789abcdef"[self.below(16) as usize])).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_never_change() {
        let mut random = Random::new(7, Part::Leads, 12);
        let got: Vec<u64> = (0..2).map(|_| random.bits()).collect();
        assert_eq!(got, [FIRST, SECOND]);
    }

    // Written down once; a change here changes every generated world.
    const FIRST: u64 = 2_941_255_380_650_141_472;
    const SECOND: u64 = 1_692_851_030_422_207_996;

    #[test]
    fn draws_stay_in_their_range() {
        let mut random = Random::new(1, Part::Notes, 1);
        for _ in 0..1000 {
            assert!((3..=5).contains(&random.between(3, 5)));
            assert!((0..7).contains(&random.skewed(7)));
        }
        assert_eq!(random.below(0), 0);
    }
}
