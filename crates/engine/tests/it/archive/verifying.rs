//! What the verifier accepts, and that it accepts nothing else.

use std::fs;
use std::path::{Path, PathBuf};

use exeunt_engine::archive::{ArchiveWriter, VerifyError, verify};
use exeunt_model::signature::SigningKey;

use super::sample::{fill, key, options, summary};

fn small_archive(folder: &Path) -> PathBuf {
    let mut archive = ArchiveWriter::create(options(folder)).expect("a new archive");
    fill(&mut archive);
    archive.finish(summary()).expect("an archive").paths.remove(0)
}

#[test]
fn a_good_archive_is_recounted() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = small_archive(folder.path());
    let report = verify(&path, Some(&key().id()), None).expect("a good archive");
    assert_eq!((report.tables, report.rows, report.files), (1, 5, 2));
    assert_eq!((report.key, report.key_was_expected), (key().id(), true));
    assert_eq!(report.manifest.subject.label.as_deref(), Some("ada@acme.example"));
    assert!(!verify(&path, None, None).expect("a good archive").key_was_expected);
}

#[test]
fn another_key_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = small_archive(folder.path());
    let other = SigningKey::from_seed(&[1; 32]).id();
    assert!(matches!(verify(&path, Some(&other), None), Err(VerifyError::Seal { .. })));
}

#[test]
fn every_changed_byte_is_detected_and_every_bit_of_the_records_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = fs::read(small_archive(folder.path())).expect("the archive");
    let undetected: Vec<(usize, u8)> = std::thread::scope(|scope| {
        let halves = [0, 1].map(|half| {
            let original = &original;
            let path = folder.path().join(format!("changed-{half}.zip"));
            scope.spawn(move || {
                let mut bytes = original.clone();
                let mut undetected = Vec::new();
                let end_records = original.len() - 1300;
                for index in (half..bytes.len()).step_by(2) {
                    let masks: Vec<u8> =
                        if index < end_records { vec![1 << (index / 2 % 8), 0xff] } else { (0..8).map(|bit| 1 << bit).collect() };
                    for mask in masks {
                        bytes[index] ^= mask;
                        fs::write(&path, &bytes).expect("written");
                        if verify(&path, None, None).is_ok() {
                            undetected.push((index, mask));
                        }
                        bytes[index] = original[index];
                    }
                }
                undetected
            })
        });
        halves.into_iter().flat_map(|half| half.join().expect("no panic")).collect()
    });
    assert_eq!(undetected, []);
}

#[test]
fn cut_grown_and_foreign_files_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let original = fs::read(small_archive(folder.path())).expect("the archive");
    let path = folder.path().join("changed.zip");
    let refused = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("written");
        verify(&path, None, None).expect_err("a changed archive")
    };
    for length in (0..original.len()).step_by(97) {
        refused(&original[..length]);
    }
    assert!(matches!(refused(&[&original[..], b"\n"].concat()), VerifyError::NotSealed { .. }));
    assert!(matches!(refused(&[b"\0", &original[..]].concat()), VerifyError::Changed { .. }));
    assert!(matches!(refused(b"PK\x05\x06"), VerifyError::NotSealed { .. }));
    assert!(matches!(verify(&folder.path().join("none.zip"), None, None), Err(VerifyError::Read { .. })));
}

#[test]
fn a_damaged_entry_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = small_archive(folder.path());
    let mut bytes = fs::read(&path).expect("the archive");
    let at = bytes.windows(9).position(|window| window == b"b.png\x07\x07\x07\x07").expect("the picture") + 20;
    bytes[at] ^= 1;
    fs::write(&path, bytes).expect("written");
    let message = verify(&path, None, None).expect_err("a changed archive").to_string();
    assert!(message.contains("was changed since it was sealed: damaged are files/messages/in/b.png; fetch it again"), "{message}");
}
