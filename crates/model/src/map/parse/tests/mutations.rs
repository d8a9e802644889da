//! No text makes the parser panic, and whatever it refuses it refuses with a position inside the text.

use super::FULL;
use crate::map::parse::{parse, render};

/// A small generator of repeatable numbers (xorshift), enough to spoil texts with.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, end: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % end.max(1) as u64).unwrap()
    }
}

const PIECES: [&str; 26] = [
    "{", "}", "[", "]", "(", ")", ":", ",", "\"", "'", "\n", "  ", "- ", "todo", "->", "*", ".", "via", "~", "ß", "&a ", "*a", "!!int ",
    "|\n", "#", "${",
];

fn spoiled(numbers: &mut Numbers) -> String {
    let mut text: Vec<char> = FULL.chars().collect();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(text.len());
        match numbers.below(5) {
            0 => drop(text.remove(at)),
            1 => text.splice(at..at, PIECES[numbers.below(PIECES.len())].chars()).for_each(drop),
            2 => {
                let end = (at + numbers.below(40)).min(text.len());
                text.drain(at..end);
            }
            3 => {
                let end = (at + numbers.below(40)).min(text.len());
                let copy: Vec<char> = text[at..end].to_vec();
                let to = numbers.below(text.len());
                text.splice(to..to, copy);
            }
            _ => {
                let other = numbers.below(text.len());
                text.swap(at, other);
            }
        }
    }
    text.into_iter().collect()
}

#[test]
fn spoiled_maps_are_refused_or_read_but_never_panic() {
    let mut numbers = Numbers(0x5eed_0001);
    let mut refused = 0;
    for _ in 0..400 {
        let text = spoiled(&mut numbers);
        let Err(diagnostics) = parse(&text) else { continue };
        refused += 1;
        assert!(!diagnostics.is_empty(), "refused without a reason:\n{text}");
        for diagnostic in &diagnostics {
            let position = diagnostic.position.as_ref().unwrap();
            assert!(text.get(position.bytes.clone()).is_some(), "outside the text: {diagnostic:?}");
        }
        assert!(render("spoiled.map.yaml", &text, &diagnostics, false).contains("error: "));
    }
    assert!(refused > 200, "only {refused} were refused");
}
