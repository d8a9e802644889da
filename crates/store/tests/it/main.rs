//! The store as its callers see it: opened, killed, opened again; a file of SQLite and a schema of a PostgreSQL server alike.

#![allow(clippy::unwrap_used, reason = "a step that fails is a test that fails")]

/// Runs each of these functions on a store of either kind.
macro_rules! on_both {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[test]
            fn $name() {
                super::$name(&crate::world::World::file());
            })*
        }

        mod postgres {
            $(#[test]
            fn $name() {
                super::$name(&crate::world::World::server());
            })*
        }
    };
}

mod archives;
mod desk;
mod locations;
mod log;
mod runs;
mod statements;
mod world;
