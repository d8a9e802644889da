//! The map's language as a whole: a map that uses all of it, every diagnostic word for word, and texts that went wrong at random.

mod diagnostics;
mod mutations;
mod whole;

/// A map that uses every part of the language.
const FULL: &str = include_str!("full.map.yaml");
