//! Navigator, the sample platform: a sales platform's schema, data and files, made from a seed.
//!
//! It is the demo, the test bed and the benchmark. Nothing in the engine knows of it; its data map lies beside it.
//!
//! ```no_run
//! use exeunt_navigator::{Options, Target, generate};
//!
//! let options = Options { seats: 50, ..Options::default() };
//! let summary = generate(&options, Target::Sqlite("navigator.db".as_ref()), "files".as_ref(), &mut |_| {})?;
//! println!("{} rows, {} files", summary.rows, summary.files);
//! # Ok::<(), exeunt_navigator::Error>(())
//! ```

mod error;
mod files;
mod generate;
mod map;
mod options;
mod rows;
mod sink;

pub mod schema;
pub mod traps;
pub mod world;

pub use error::Error;
pub use generate::{Summary, Target, generate};
pub use map::{MAP, lock, map};
pub use options::{FEWEST_SEATS, MOST_SEATS, Options};
pub use rows::{Phase, Progress};
pub use sink::Finishing;
pub use traps::Trap;
pub use world::{Day, Layout};
