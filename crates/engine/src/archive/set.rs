//! Names of parts: `NAME.part3.zip`, and which of them is the last.

use std::path::{Path, PathBuf};

/// The file name of a part, or of the only file.
pub(super) fn file_name(name: &str, part: Option<u32>, encrypted: bool) -> String {
    let part = part.map(|number| format!(".part{number}")).unwrap_or_default();
    let ending = if encrypted { ".zip.age" } else { ".zip" };
    format!("{name}{part}{ending}")
}

/// What stands before the number and behind it in a part's file name.
fn split(name: &str) -> Option<(&str, u32, &str)> {
    let ending = [".zip", ".zip.age"].into_iter().find(|ending| name.ends_with(ending))?;
    let stem = name.strip_suffix(ending)?;
    let (base, number) = stem.rsplit_once(".part")?;
    Some((base, number.parse().ok()?, ending))
}

/// The part with the highest number beside the given one.
pub(super) fn last_part(path: &Path) -> Option<PathBuf> {
    let (base, _, ending) = split(path.file_name()?.to_str()?)?;
    let folder = match path.parent()? {
        parent if parent.as_os_str().is_empty() => Path::new("."),
        parent => parent,
    };
    let number_of = |entry: std::fs::DirEntry| {
        let name = entry.file_name();
        let (other_base, number, other_ending) = split(name.to_str()?)?;
        (other_base == base && other_ending == ending).then_some(number)
    };
    let numbers = std::fs::read_dir(folder).ok()?.filter_map(|entry| number_of(entry.ok()?));
    numbers.max().map(|number| path.with_file_name(format!("{base}.part{number}{ending}")))
}
