//! What stands in the folder while an archive is written, after it, and after a failure.

use std::fs;
use std::io::Write as _;

use exeunt_engine::archive::{ArchiveWriter, Error};

use super::sample::{attachment, fill, note_table, options, summary};

fn names_in(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> =
        fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn the_final_name_appears_only_at_the_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(options(folder.path())).expect("a new archive");
    fill(&mut archive);
    assert_eq!(names_in(folder.path()), ["seat-17.zip.partial"]);
    let delivered = archive.finish(summary()).expect("an archive");
    assert_eq!(names_in(folder.path()), ["seat-17.zip"]);
    assert_eq!(delivered.paths, [folder.path().join("seat-17.zip")]);
    assert_eq!(delivered.bytes_on_disk, fs::metadata(&delivered.paths[0]).expect("the archive").len());
}

#[test]
fn an_abandoned_archive_leaves_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(options(folder.path())).expect("a new archive");
    fill(&mut archive);
    drop(archive);
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
}

#[test]
fn an_unfinished_table_or_file_spoils_the_archive() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(options(folder.path())).expect("a new archive");
    archive.table(note_table()).expect("a new table").push(b"1,,").expect("staged");
    assert!(matches!(archive.file(attachment("a", None)), Err(Error::Unfinished { .. })));
    let error = archive.finish(summary()).expect_err("an unfinished table");
    assert_eq!(error.to_string(), "the rows of app.note was not finished: the archive is incomplete and cannot be closed");
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
}

#[test]
fn an_existing_archive_is_never_replaced() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("seat-17.zip"), b"precious").expect("written");
    assert!(matches!(ArchiveWriter::create(options(folder.path())), Err(Error::Exists { .. })));

    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(options(folder.path())).expect("a new archive");
    fill(&mut archive);
    fs::write(folder.path().join("seat-17.zip"), b"precious").expect("written");
    assert!(matches!(archive.finish(summary()), Err(Error::Exists { .. })));
    assert_eq!(fs::read(folder.path().join("seat-17.zip")).expect("still there"), b"precious");
    assert_eq!(names_in(folder.path()), ["seat-17.zip"]);
}

#[test]
fn two_runs_do_not_write_one_archive_and_a_stale_partial_file_is_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("seat-17.zip.partial"), vec![1; 1_000_000]).expect("a stale file");
    let mut archive = ArchiveWriter::create(options(folder.path())).expect("a new archive");
    assert!(matches!(ArchiveWriter::create(options(folder.path())), Err(Error::Busy { .. })));
    fill(&mut archive);
    let delivered = archive.finish(summary()).expect("an archive");
    assert!(delivered.bytes_on_disk < 1_000_000);
}

#[test]
fn a_missing_folder_is_named() {
    let error = ArchiveWriter::create(options("/nowhere/at/all".as_ref())).map(|_| ()).expect_err("no folder");
    assert_eq!(error.to_string(), "create /nowhere/at/all/seat-17.zip.partial: the folder must exist and be writable");
}

#[test]
fn the_same_content_gives_the_same_bytes_whatever_the_number_of_threads() {
    let write = |threads: usize| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = options(folder.path());
        options.threads = std::num::NonZeroUsize::new(threads);
        let mut archive = ArchiveWriter::create(options).expect("a new archive");
        let mut sink = archive.table(note_table()).expect("a new table");
        for id in 0..30_000 {
            writeln!(sink, "{id},,some text {} of {id},true,2025-01-03 10:00:00+00", id % 97).expect("good rows");
        }
        sink.finish().expect("all rows");
        let delivered = archive.finish(summary()).expect("an archive");
        fs::read(&delivered.paths[0]).expect("the archive")
    };
    assert!(write(1) == write(3));
}

/// Runs the test below in a process of its own, which may write no file beyond 256 KiB.
#[cfg(unix)]
#[test]
fn a_file_that_may_not_grow_is_reported_and_removed() {
    let folder = tempfile::tempdir().expect("a folder");
    let program = std::env::current_exe().expect("this program");
    let output = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 512; exec \"$0\" --ignored --exact archive::writing::writes_until_it_fails --nocapture"])
        .arg(program)
        .env("EXEUNT_TEST_FOLDER", folder.path())
        .output()
        .expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{text}");
    assert!(text.contains("failed with: write ") && text.contains("cut the archive into parts"), "{text}");
    assert_eq!(names_in(folder.path()), Vec::<String>::new());
}

#[test]
#[ignore = "run by the test above, with little room"]
fn writes_until_it_fails() {
    let folder = std::env::var_os("EXEUNT_TEST_FOLDER").expect("EXEUNT_TEST_FOLDER names a folder");
    let mut archive = ArchiveWriter::create(options(folder.as_ref())).expect("a new archive");
    let mut sink = archive.table(note_table()).expect("a new table");
    let mut noise = 1_u64;
    let mut written = Ok(());
    for id in 0..200_000 {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let row = format!("{id},,{noise:x}{:x}{:x},true,2025-01-03 10:00:00+00\n", noise.rotate_left(17), noise.rotate_left(31));
        written = sink.push(row.as_bytes());
        if written.is_err() {
            break;
        }
    }
    let error = written.expect_err("too little room");
    println!("failed with: {error}");
    assert!(matches!(archive.finish(summary()), Err(Error::Unfinished { .. })));
}
