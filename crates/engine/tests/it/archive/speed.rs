//! Figures to look at; nothing here fails on a time.
//!
//! `cargo test --release -p exeunt-engine --test it archive_speed -- --ignored --nocapture`

use std::fmt::Write as _;
use std::io::Write as _;
use std::time::Instant;

use exeunt_engine::archive::{ArchiveWriter, DEFLATE_LEVEL, Options, verify};
use exeunt_model::archive::header::TableHeader;
use exeunt_model::catalog::ColumnKind;
use flate2::write::DeflateEncoder;

use super::sample::{category, column, options, summary, table_name};

fn page_views() -> TableHeader {
    let columns = [
        ("id", ColumnKind::Integer, "bigint"),
        ("session_id", ColumnKind::Integer, "bigint"),
        ("token", ColumnKind::Uuid, "uuid"),
        ("viewed_at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
        ("kind", ColumnKind::Text, "text"),
        ("title", ColumnKind::Text, "text"),
        ("seconds", ColumnKind::Decimal, "numeric(8,2)"),
        ("finished", ColumnKind::Boolean, "boolean"),
    ];
    TableHeader {
        table: table_name("page_view"),
        category: category("views", "Page views"),
        columns: columns.map(|(name, kind, declared)| column(name, kind, declared)).to_vec(),
        primary_key: vec!["id".to_owned()],
        references: Vec::new(),
        owner_paths: Vec::new(),
        description: None,
        dated_by: None,
    }
}

fn rows(bytes: usize) -> String {
    const WORDS: [&str; 12] =
        ["account", "renewal", "pricing", "meeting", "quarter", "Berlin", "follow up", "legal", "team", "budget", "proposal", "contract"];
    let mut state = 88_172_645_463_325_252_u64;
    let mut random = move |limit: u64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % limit
    };
    let mut csv = String::with_capacity(bytes + 1000);
    let mut id = 1000;
    while csv.len() < bytes {
        id += 1 + random(5);
        let (token, month, day, second) = (random(u64::MAX), 1 + random(12), 1 + random(28), random(60));
        let title =
            (0..3 + random(9)).map(|_| WORDS[random(12) as usize]).collect::<Vec<_>>().join(if random(3) == 0 { ", " } else { " " });
        let title = if title.contains(',') { format!("\"{title}\"") } else { title };
        let _ = writeln!(
            csv,
            "{id},{},{:08x}-{:04x}-4abc-8abc-{:012x},2025-{month:02}-{day:02} 09:31:{second:02}.{:06}+00,page,{title},{}.{:02},{}",
            random(5000),
            token >> 32,
            token & 0xffff,
            token >> 16,
            random(1_000_000),
            random(900),
            random(100),
            ["true", "false", ""][random(3) as usize]
        );
    }
    csv
}

fn peak_memory_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().strip_suffix(" kB")).and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}

#[test]
#[ignore = "prints figures and checks nothing"]
fn archive_speed() {
    const REPEATS: usize = 8;
    let csv = rows(32 * 1024 * 1024);
    let megabytes = (csv.len() * REPEATS) as f64 / 1e6;
    let before = peak_memory_kib();
    let folder = tempfile::tempdir().expect("a folder");
    for (name, threads) in [("one thread", Some(1)), ("all threads", None)] {
        let folder = tempfile::tempdir().expect("a folder");
        let threads = threads.and_then(std::num::NonZeroUsize::new);
        let started = Instant::now();
        let mut archive = ArchiveWriter::create(Options { threads, ..options(folder.path()) }).expect("a new archive");
        let mut sink = archive.table(page_views()).expect("a new table");
        for _ in 0..REPEATS {
            for line in csv.as_bytes().chunks(130) {
                sink.push(line).expect("good rows");
            }
        }
        sink.finish().expect("all rows");
        let delivered = archive.finish(summary()).expect("an archive");
        let seconds = started.elapsed().as_secs_f64();
        println!(
            "archive, {name}: {:.0} MB/s, {} bytes, peak memory +{} KiB",
            megabytes / seconds,
            delivered.bytes_on_disk,
            peak_memory_kib() - before
        );
        let started = Instant::now();
        let report = verify(&delivered.paths[0], None, None).expect("a good archive");
        println!("verify: {:.0} MB/s, {} rows", megabytes / started.elapsed().as_secs_f64(), report.rows);
    }
    let started = Instant::now();
    let file = std::fs::File::create(folder.path().join("floor")).expect("a file");
    let mut encoder = DeflateEncoder::new(file, flate2::Compression::new(DEFLATE_LEVEL));
    for _ in 0..REPEATS {
        for piece in csv.as_bytes().chunks(64 * 1024) {
            encoder.write_all(piece).expect("written");
        }
    }
    let file = encoder.finish().expect("written");
    file.sync_all().expect("synced");
    let seconds = started.elapsed().as_secs_f64();
    println!("floor, deflate alone on one thread: {:.0} MB/s, {} bytes", megabytes / seconds, file.metadata().expect("a file").len());

    let small = rows(6_000);
    let started = Instant::now();
    let mut archive = ArchiveWriter::create(Options { name: "small".to_owned(), ..options(folder.path()) }).expect("a new archive");
    for _ in 0..35 {
        let mut sink = archive.table(page_views()).expect("a new table");
        sink.push(small.as_bytes()).expect("good rows");
        sink.finish().expect("all rows");
    }
    let written = started.elapsed();
    archive.finish(summary()).expect("an archive");
    println!("35 tables of {} bytes: {written:.1?}, described and synced after {:.1?}", small.len(), started.elapsed());
}
