//! Paths inside the archive that unpack on every system without leaving the folder, hiding, or overwriting each other.
//!
//! What a platform calls a file can be anything: absolute, with `..`, with names that Windows reserves, or differing from another only
//! in upper and lower case. The original key stands in `files.csv`; the path is for the file system.

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};

/// Longest segment in bytes of UTF-8; ext4 and NTFS take 255, the rest is room for suffixes.
const SEGMENT_BYTES: usize = 120;
/// Longest path in bytes: Windows takes 260 characters in all, with the folder that a person unpacks into.
const PATH_BYTES: usize = 200;
/// From this many paths on, names begin with a number, which makes them different without remembering them.
const REMEMBERED: usize = 250_000;

/// Gives out paths, each once, compared without case.
#[derive(Debug, Default)]
pub struct Paths {
    files: BTreeSet<u64>,
    folders: BTreeSet<u64>,
    given: usize,
}

impl Paths {
    /// A path for a table's rows, without its ending: `data/<category>/<table>`.
    pub fn table(&mut self, category: &str, table: &str) -> String {
        self.allocate("data", category, vec![segment(table)])
    }

    /// A path for a file: `files/<category>/<key>`, with the key's folders where they are short enough.
    pub fn file(&mut self, category: &str, key: &str) -> String {
        let mut segments: Vec<String> = key.split(['/', '\\']).filter(|part| !matches!(*part, "" | ".")).map(segment).collect();
        if segments.is_empty() {
            segments.push(segment(""));
        }
        if segments.iter().map(|part| part.len() + 1).sum::<usize>() + category.len() > PATH_BYTES {
            segments.drain(..segments.len() - 1);
        }
        if self.given >= REMEMBERED {
            segments.drain(..segments.len() - 1);
            segments[0] = format!("{:07}-{}", self.given, segments[0]);
        }
        self.allocate("files", category, segments)
    }

    fn allocate(&mut self, root: &str, category: &str, mut segments: Vec<String>) -> String {
        let mut path = format!("{root}/{}", segment(category));
        let last = segments.len() - 1;
        for (index, part) in segments.iter_mut().enumerate() {
            let plain = part.clone();
            for number in 2_u32.. {
                let key = comparison_key(&format!("{path}/{part}"));
                let taken = self.files.contains(&key) || (index == last && self.folders.contains(&key));
                if !taken {
                    break;
                }
                *part = numbered(&plain, number);
            }
            path = format!("{path}/{part}");
            let key = comparison_key(&path);
            if self.given < REMEMBERED {
                if index == last {
                    self.files.insert(key)
                } else {
                    self.folders.insert(key)
                };
            }
        }
        self.given += 1;
        path
    }
}

/// Two paths with the same key might be one file on some system: letters are compared without case, and all letters outside ASCII are
/// taken as equal, since systems differ in how they fold and compose them.
fn comparison_key(path: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    for character in path.chars() {
        let folded = if character.is_ascii() { character.to_ascii_lowercase() } else { '?' };
        folded.hash(&mut hasher);
    }
    hasher.finish()
}

/// `report.pdf` and 2 give `report-2.pdf`.
fn numbered(name: &str, number: u32) -> String {
    match split_ending(name) {
        (stem, Some(ending)) => format!("{stem}-{number}.{ending}"),
        (stem, None) => format!("{stem}-{number}"),
    }
}

fn split_ending(name: &str) -> (&str, Option<&str>) {
    match name.rsplit_once('.') {
        Some((stem, ending)) if !stem.is_empty() && (1..=12).contains(&ending.len()) => (stem, Some(ending)),
        Some(_) | None => (name, None),
    }
}

/// One path segment that every system takes as a plain file name.
pub fn segment(text: &str) -> String {
    let mut name: String = text.chars().map(|character| if is_safe(character) { character } else { '_' }).collect();
    let kept = name.trim_end_matches(['.', ' ']).len();
    name.truncate(kept);
    if name.starts_with(['.', ' ']) {
        name.replace_range(..1, "_");
    }
    if name.is_empty() || is_reserved(&name) {
        name.insert(0, '_');
    }
    shorten(name)
}

/// Letters, digits and ordinary signs; no separators, wildcards, control or direction marks, and no combining marks, which systems
/// compose differently.
fn is_safe(character: char) -> bool {
    let forbidden = matches!(character, '/' | '\\' | '<' | '>' | ':' | '"' | '|' | '?' | '*');
    let invisible = matches!(character,
        '\u{ad}' | '\u{300}'..='\u{36f}' | '\u{61c}' | '\u{180e}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{fff0}'..='\u{ffff}' | '\u{e0000}'..='\u{10ffff}');
    !forbidden && !invisible && !character.is_control()
}

fn is_reserved(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).trim_end().to_ascii_uppercase();
    let numbered = |prefix: &str| {
        stem.strip_prefix(prefix).is_some_and(|rest| {
            let mut characters = rest.chars();
            matches!(characters.next(), Some('0'..='9' | '¹' | '²' | '³')) && characters.next().is_none()
        })
    };
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL" | "CONIN$" | "CONOUT$" | "CLOCK$") || numbered("COM") || numbered("LPT")
}

fn shorten(name: String) -> String {
    if name.len() <= SEGMENT_BYTES {
        return name;
    }
    let (stem, ending) = split_ending(&name);
    let room = SEGMENT_BYTES - ending.map_or(0, |ending| ending.len() + 1);
    let end = (0..=room).rev().find(|index| stem.is_char_boundary(*index)).unwrap_or(0);
    let stem = stem[..end].trim_end_matches(['.', ' ']);
    match ending {
        Some(ending) => format!("{stem}.{ending}"),
        None => stem.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_keys_stay_inside_and_plain() {
        for (key, want) in [
            ("ab/cd/report.pdf", "files/notes/ab/cd/report.pdf"),
            ("/etc/passwd", "files/notes/etc/passwd"),
            ("../../x", "files/notes/_/_/x"),
            ("C:\\Windows\\nul.txt", "files/notes/C_/Windows/_nul.txt"),
            ("", "files/notes/_"),
            ("a/./b", "files/notes/a/b"),
            (".htaccess", "files/notes/_htaccess"),
            ("name. . ", "files/notes/name"),
            ("COM1", "files/notes/_COM1"),
            ("company", "files/notes/company"),
            ("in\u{202e}fdp.exe", "files/notes/in_fdp.exe"),
            ("Größe 1.png", "files/notes/Größe 1.png"),
            ("a\nb", "files/notes/a_b"),
        ] {
            assert_eq!(Paths::default().file("notes", key), want, "{key:?}");
        }
    }

    #[test]
    fn no_path_is_given_twice_even_without_case() {
        let mut paths = Paths::default();
        assert_eq!(paths.file("n", "Report.pdf"), "files/n/Report.pdf");
        assert_eq!(paths.file("n", "report.PDF"), "files/n/report-2.PDF");
        assert_eq!(paths.file("n", "report.pdf"), "files/n/report-3.pdf");
        assert_eq!(paths.file("n", "Straße"), "files/n/Straße");
        assert_eq!(paths.file("n", "Stra\u{1e9e}e"), "files/n/Stra\u{1e9e}e-2");
        assert_eq!(paths.table("n", "note"), "data/n/note");
        assert_eq!(paths.table("n", "Note"), "data/n/Note-2");
    }

    #[test]
    fn a_file_never_takes_the_place_of_a_folder() {
        let mut paths = Paths::default();
        assert_eq!(paths.file("n", "a"), "files/n/a");
        assert_eq!(paths.file("n", "A/b"), "files/n/A-2/b");
        assert_eq!(paths.file("n", "c/d"), "files/n/c/d");
        assert_eq!(paths.file("n", "C"), "files/n/C-2");
    }

    #[test]
    fn long_names_keep_their_ending() {
        let path = Paths::default().file("n", &format!("deep/{}ü.pdf", "x".repeat(400)));
        assert!(path.len() <= 140 && path.ends_with("x.pdf"), "{path}");
        let deep = Paths::default().file("n", &"folder/".repeat(60));
        assert_eq!(deep, "files/n/folder");
    }

    #[test]
    fn many_files_are_told_apart_by_number() {
        let mut paths = Paths { given: REMEMBERED, ..Paths::default() };
        assert_eq!(paths.file("n", "x/a.png"), "files/n/0250000-a.png");
        assert_eq!(paths.file("n", "x/a.png"), "files/n/0250001-a.png");
    }
}
