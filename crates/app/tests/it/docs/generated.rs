//! Pages of which a part is generated: everything below their marker.

use std::fs;
use std::path::Path;

use super::{repository, updating};

const MARKER: &str = "<!-- Everything below this line is generated. -->\n";

/// Holds the part of a page below its marker against what it should be, or writes it anew.
///
/// # Panics
/// When the page is not current; the message names the command to run.
pub fn check(path: &str, want: &str) {
    let file = repository(path);
    let page = fs::read_to_string(&file).unwrap_or_else(|error| panic!("read {}: {error}", file.display()));
    let (head, got) = page.split_once(MARKER).unwrap_or_else(|| panic!("{path} has no line `{}`", MARKER.trim()));
    if got.trim() == want.trim() {
        return;
    }
    if updating() {
        fs::write(&file, format!("{head}{MARKER}\n{}\n", want.trim())).unwrap_or_else(|error| panic!("write {path}: {error}"));
        return;
    }
    panic!("{path} is not current. Run: EXEUNT_DOCS=write cargo test -p exeunt --test it docs\n\n--- it should hold\n{want}");
}

/// Holds a whole file against what it should be, or writes it anew.
///
/// # Panics
/// When the file is not current; the message names the command to run.
pub fn check_file(path: &str, want: &str) {
    let file = repository(path);
    if fs::read_to_string(&file).is_ok_and(|got| got == want) {
        return;
    }
    if updating() {
        fs::write(&file, want).unwrap_or_else(|error| panic!("write {path}: {error}"));
        return;
    }
    panic!("{path} is not current. Run: EXEUNT_DOCS=write cargo test -p exeunt --test it docs");
}

/// All Markdown files below a folder, or the file itself.
pub fn pages(path: &Path) -> Vec<std::path::PathBuf> {
    if path.is_file() {
        return vec![path.to_owned()];
    }
    let entries = fs::read_dir(path).unwrap_or_else(|error| panic!("read {}: {error}", path.display()));
    let mut found: Vec<_> = entries.flat_map(|entry| pages(&entry.expect("read a folder").path())).collect();
    found.retain(|page| page.extension().is_some_and(|extension| extension == "md"));
    found.sort();
    found
}
