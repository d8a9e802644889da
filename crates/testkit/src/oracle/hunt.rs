//! Tries many worlds, makes failing ones small, and tells about them.

use std::collections::BTreeMap;

use super::evaluate::Request;
use super::world::World;
use super::{generate, seeds, shrink};

/// Enough to see a pattern; making each small takes its time.
const ENOUGH: usize = 8;

/// Checks every request of the worlds; `check` tells what it saw in a word, or what is wrong.
///
/// # Panics
/// When something is wrong, with the smallest failing worlds.
pub fn hunt(worlds: u64, check: &mut dyn FnMut(&World, &Request) -> Result<String, String>) {
    let mut tally: BTreeMap<String, u32> = BTreeMap::new();
    let mut problems = Vec::new();
    for seed in seeds::seeds(worlds) {
        let world = generate::world(seed);
        for request in generate::requests(&world, seed) {
            match check(&world, &request) {
                Ok(word) => *tally.entry(word).or_default() += 1,
                Err(problem) if problems.len() < ENOUGH => {
                    let kind = kind(&problem);
                    let mut fails =
                        |world: &World, request: &Request| check(world, request).is_err_and(|problem| self::kind(&problem) == kind);
                    let (world, request) = shrink::shrink(world.clone(), request, &mut fails);
                    // What does not happen again is told as it was seen.
                    let problem = check(&world, &request).err().unwrap_or(format!("once: {problem}"));
                    let replay = format!("seed {seed} (`cargo xtask oracle --seed {seed}` replays it)");
                    problems.push(format!("{replay}: {problem}\n{}", shrink::describe(&world, &request)));
                }
                Err(problem) => problems.push(format!("seed {seed}: {problem}")),
            }
        }
    }
    println!("{tally:#?}");
    problems.sort_by_key(String::len);
    assert!(problems.is_empty(), "{} differences, the first:\n{}", problems.len(), problems[..problems.len().min(3)].join("\n\n"));
}

/// What a problem is about: its first words, without names and values of the one world.
fn kind(problem: &str) -> String {
    let line = problem.lines().next().unwrap_or_default();
    line.split([':', '{', '(', '[']).next().unwrap_or_default().trim().to_owned()
}
