//! Rows and files name each other.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::support::world;

/// Every column that holds a file's key.
const KEYS: &str = r#"
SELECT "blob_key" FROM "attachment"
UNION ALL SELECT "blob_key" FROM "sl_asset" WHERE "blob_key" IS NOT NULL
UNION ALL SELECT "raw_key" FROM "account_import"
UNION ALL SELECT "blob_key" FROM "account_import_report"
UNION ALL SELECT "blob_key" FROM "report_run" WHERE "blob_key" IS NOT NULL
UNION ALL SELECT "blob_key" FROM "crm_validation_job" WHERE "blob_key" IS NOT NULL"#;

fn on_disk(folder: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned());
            }
        }
    }
    found
}

#[test]
fn every_key_is_a_file_and_every_file_has_a_key() {
    let world = world();
    let keys: Vec<String> = world.column(KEYS);
    let got = on_disk(&world.files);
    assert_eq!(keys.iter().cloned().collect::<BTreeSet<_>>(), got);
    assert_eq!(got.len() as u64, world.summary.files);
    assert_eq!(keys.len(), got.len() + 1, "only the planted file has two names");
}

#[test]
fn files_are_what_their_rows_say() {
    let world = world();
    let rows = world.column(
        r#"SELECT "blob_key" || '|' || "media_type" || '|' || "size_bytes" FROM "attachment"
           UNION ALL SELECT "blob_key" || '|' || "media_type" || '|' || "size_bytes" FROM "sl_asset" WHERE "blob_key" IS NOT NULL
           UNION ALL SELECT "blob_key" || '|' || "format" || '|' || "size_bytes" FROM "account_import_report""#,
    );
    let mut kinds = BTreeSet::new();
    for row in rows {
        let [key, kind, size] = row.split('|').collect::<Vec<_>>().try_into().unwrap();
        let content = fs::read(world.files.join(key)).unwrap();
        assert_eq!(content.len().to_string(), size, "{key}");
        let expected: &[u8] = match kind {
            "application/pdf" | "pdf" => b"%PDF-1.4\n",
            "image/png" => b"\x89PNG\r\n\x1a\n",
            "text/csv" => b"line,hours lost\r\n",
            "csv" => b"Account Name,Website,Country,State,Company,Score\r\n",
            other => panic!("{key} is {other}"),
        };
        assert!(content.starts_with(expected), "{key}");
        kinds.insert(kind.to_owned());
    }
    assert!(kinds.len() >= 4, "{kinds:?}");
}
