//! Counts the rows of the tables in an archive, to be sure that both sides did the same.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result, bail};
use rawzip::ZipArchive;

/// Rows by table. A table without rows counts like one that is not there.
pub type Rows = BTreeMap<String, u64>;

/// Reads every CSV file of a ZIP file; a table has the name of its file.
pub fn count(archive: &Path) -> Result<Rows> {
    let bytes = std::fs::read(archive).with_context(|| format!("read {}", archive.display()))?;
    let zip = ZipArchive::from_slice(&bytes).with_context(|| format!("open {}", archive.display()))?;
    let mut rows = Rows::new();
    let mut entries = zip.entries();
    while let Some(entry) = entries.next_entry()? {
        let path = String::from_utf8_lossy(entry.file_path().as_ref()).into_owned();
        // Files of customers may be CSV as well, and stand elsewhere.
        if !path.starts_with("data/") || !path.ends_with(".csv") {
            continue;
        }
        let table = path.trim_end_matches(".csv").rsplit('/').next().unwrap_or_default().to_owned();
        let compressed = zip.get_entry(entry.wayfinder())?;
        let text = flate2::read::DeflateDecoder::new(compressed.data());
        let mut reader = csv::ReaderBuilder::new().has_headers(true).from_reader(text);
        let mut record = csv::ByteRecord::new();
        let mut count = 0;
        while reader.read_byte_record(&mut record).with_context(|| format!("read {path}"))? {
            count += 1;
        }
        if count > 0 {
            *rows.entry(table).or_default() += count;
        }
    }
    Ok(rows)
}

/// Fails with the tables that differ.
pub fn must_be_equal(ours: &Rows, floor: &Rows) -> Result<u64> {
    let tables = ours.keys().chain(floor.keys()).collect::<std::collections::BTreeSet<_>>();
    let of = |rows: &Rows, table: &String| rows.get(table).copied().unwrap_or(0);
    let differences: Vec<String> = tables
        .into_iter()
        .filter(|table| of(ours, table) != of(floor, table))
        .map(|table| format!("{table}: {} against {}", of(ours, table), of(floor, table)))
        .collect();
    if !differences.is_empty() {
        bail!("the floor does not do what we do; rows of ours against the floor: {}", differences.join(", "));
    }
    Ok(ours.values().sum())
}
