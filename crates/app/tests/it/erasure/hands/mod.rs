//! The world changes hands between an interruption and the resumption: what has become somebody else's stays, and no claim is made of it.

mod owners;
mod resuming;
mod world;

pub(super) use world::World;
