//! Makes a world: `cargo run --release -p exeunt-navigator --example navigator -- SEATS DATABASE FILES [HEAVY_ROWS]`.
//!
//! `DATABASE` is a file for SQLite or a `postgres://` address.

use std::path::Path;
use std::time::Instant;

use exeunt_navigator::{Options, Target, generate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [seats, database, files, rest @ ..] = arguments.as_slice() else {
        return Err("wanted: SEATS DATABASE FILES [HEAVY_ROWS]".into());
    };
    let heavy_seat_rows = rest.first().map(|rows| rows.parse()).transpose()?;
    let options = Options { seats: seats.parse()?, heavy_seat_rows, ..Options::default() };
    let target = if database.starts_with("postgres") { Target::Postgres(database) } else { Target::Sqlite(Path::new(database)) };
    let started = Instant::now();
    let mut phase = None;
    let summary = generate(&options, target, Path::new(files), &mut |progress| {
        if phase != Some(progress.phase) {
            phase = Some(progress.phase);
            eprintln!("{:>6.1?} {:?}: {} of about {} rows", started.elapsed(), progress.phase, progress.rows, progress.expected_rows);
        }
    })?;
    for (table, rows) in &summary.tables {
        println!("{rows:>10} {table}");
    }
    println!("{:>10} rows, {} files, {} bytes of files, {:.1?}", summary.rows, summary.files, summary.file_bytes, started.elapsed());
    Ok(())
}
