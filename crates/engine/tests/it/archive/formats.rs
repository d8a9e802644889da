//! Formats beside CSV, parts, and encryption.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use exeunt_engine::archive::{ArchiveWriter, Encryption, Error, Options, SMALLEST_PART, Unlock, VerifyError, verify};
use exeunt_model::archive::header::FileHeader;
use exeunt_model::archive::manifest::Format;
use exeunt_testkit::tools;

use super::sample::{attachment, fill, key, note_table, options, summary};

fn python(script: &str, arguments: &[&Path]) -> String {
    let output = tools::python().arg("-c").arg(script).args(arguments).output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

/// Rows of noise, which no compression makes small.
fn push_noise(archive: &mut ArchiveWriter, rows: u64) {
    let mut sink = archive.table(note_table()).expect("a new table");
    let mut noise = 1_u64;
    for id in 0..rows {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        writeln!(sink, "{id},,={noise:x}{:x},true,2025-01-03 10:00:00+00", noise.rotate_left(17)).expect("good rows");
    }
    assert_eq!(sink.finish().expect("all rows").rows, rows);
}

fn names_in(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder");
    let mut names: Vec<String> = entries.map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn json_lines_hold_the_same_rows_with_types_and_without_the_guard() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(Options { json_lines: true, ..options(folder.path()) }).expect("a new archive");
    fill(&mut archive);
    let path = archive.finish(summary()).expect("an archive").paths.remove(0);
    assert_eq!(verify(&path, None, None).expect("a good archive").rows, 5);
    let text = python("import sys, zipfile\nprint(zipfile.ZipFile(sys.argv[1]).read('data/notes/note.jsonl').decode())", &[&path]);
    let rows: Vec<serde_json::Value> = text.trim().lines().map(|line| serde_json::from_str(line).expect("JSON")).collect();
    assert_eq!(rows.len(), 5);
    assert_eq!(
        rows[0],
        serde_json::json!({"id": 1, "parent_id": null, "body": "Call back, \"soon\"", "pinned": true, "created_at": "2025-01-03 10:00:00+00"})
    );
    assert_eq!((&rows[1]["body"], &rows[3]["body"], &rows[4]["body"]), (&"=HYPERLINK(1)".into(), &"".into(), &"'quoted".into()));
}

#[test]
fn parts_are_archives_of_their_own_and_verify_finds_the_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = Options { part_size: Some(SMALLEST_PART), json_lines: true, ..options(folder.path()) };
    let mut archive = ArchiveWriter::create(options).expect("a new archive");
    push_noise(&mut archive, 60_000);
    for number in 0..3 {
        let header = attachment(&format!("{number}.png"), Some("image/png"));
        let mut file = archive.file(FileHeader { size_hint: Some(400_000), ..header }).expect("a new file");
        file.push(&vec![number; 400_000]).expect("written");
        file.finish().expect("whole");
    }
    assert!(names_in(folder.path()).iter().all(|name| name.ends_with(".zip.partial")));
    let delivered = archive.finish(summary()).expect("an archive");
    let parts = delivered.paths.len();
    assert!(parts > 4, "{parts}");
    assert_eq!(names_in(folder.path()).len(), parts);
    for path in &delivered.paths {
        let bytes = fs::metadata(path).expect("a part").len();
        assert!(bytes <= SMALLEST_PART + 64 * 1024, "{} has {bytes} bytes", path.display());
        let report = verify(path, Some(&key().id()), None).expect("a good archive");
        assert_eq!((report.rows, report.files, report.paths.len()), (60_000, 3, parts));
    }
    let outputs = &delivered.manifest.tables[0].outputs;
    assert_eq!(outputs.iter().filter(|output| output.format == Format::Csv).map(|output| output.rows).sum::<u64>(), 60_000);
    assert_eq!(outputs.iter().filter(|output| output.format == Format::JsonLines).map(|output| output.rows).sum::<u64>(), 60_000);

    let second = &delivered.paths[1];
    let original = fs::read(second).expect("a part");
    let mut changed = original.clone();
    changed[original.len() / 2] ^= 4;
    fs::write(second, &changed).expect("written");
    assert!(matches!(verify(&delivered.paths[0], None, None), Err(VerifyError::Changed { path, .. }) if path == *second));
    fs::remove_file(second).expect("removed");
    assert!(matches!(verify(&delivered.paths[0], None, None), Err(VerifyError::PartMissing { path }) if path == *second));
    fs::copy(&delivered.paths[2], second).expect("copied");
    assert!(matches!(verify(&delivered.paths[0], None, None), Err(VerifyError::OtherPart { path }) if path == *second));
    fs::write(second, &original).expect("written");
    fs::remove_file(&delivered.paths[parts - 1]).expect("removed");
    assert!(matches!(verify(second, None, None), Err(VerifyError::LastPartMissing { .. })));
}

#[test]
fn parts_that_cannot_all_have_their_names_leave_none() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("seat-17.part2.zip"), b"precious").expect("written");
    let options = Options { part_size: Some(SMALLEST_PART), json_lines: true, ..options(folder.path()) };
    let mut archive = ArchiveWriter::create(options).expect("a new archive");
    push_noise(&mut archive, 60_000);
    assert!(matches!(archive.finish(summary()), Err(Error::Exists { .. })));
    assert_eq!(names_in(folder.path()), ["seat-17.part2.zip"]);
    assert_eq!(fs::read(folder.path().join("seat-17.part2.zip")).expect("still there"), b"precious");
}

#[test]
fn an_archive_that_fits_one_part_has_no_number() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(Options { part_size: Some(SMALLEST_PART), ..options(folder.path()) }).expect("a new archive");
    fill(&mut archive);
    archive.finish(summary()).expect("an archive");
    assert_eq!(names_in(folder.path()), ["seat-17.zip"]);
    let too_small = Options { part_size: Some(1000), ..options(folder.path()) };
    assert!(matches!(ArchiveWriter::create(too_small), Err(Error::PartSize { .. })));
}

fn encrypted(folder: &Path, encryption: Encryption) -> PathBuf {
    let options = Options { encryption: Some(encryption), json_lines: true, ..options(folder) };
    let mut archive = ArchiveWriter::create(options).expect("a new archive");
    push_noise(&mut archive, 30_000);
    archive.finish(summary()).expect("an archive").paths.remove(0)
}

#[test]
fn an_archive_encrypted_to_a_key_opens_with_it_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let identity = age::x25519::Identity::generate();
    let path = encrypted(folder.path(), Encryption::to_recipients(&[identity.to_public().to_string()]).expect("a good key"));
    assert_eq!(names_in(folder.path()), ["seat-17.zip.age"]);
    let bytes = fs::read(&path).expect("the archive");
    assert!(!bytes.windows(8).any(|window| window == b"note.csv"));

    assert!(matches!(verify(&path, None, None), Err(VerifyError::Encrypted { .. })));
    let other = Unlock::Identities(vec![age::x25519::Identity::generate()]);
    assert!(matches!(verify(&path, None, Some(&other)), Err(VerifyError::Decrypt { .. })));
    let unlock = Unlock::Identities(vec![identity]);
    assert_eq!(verify(&path, Some(&key().id()), Some(&unlock)).expect("a good archive").rows, 30_000);

    for index in (0..bytes.len()).step_by(bytes.len() / 29).chain([bytes.len() - 1]) {
        let mut changed = bytes.clone();
        changed[index] ^= 1;
        fs::write(&path, &changed).expect("written");
        assert!(verify(&path, None, Some(&unlock)).is_err(), "byte {index}");
    }
}

#[test]
fn a_passphrase_opens_what_it_closed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = encrypted(folder.path(), Encryption::to_passphrase_with_work_factor("open, please".to_owned().into(), 8));
    let right = Unlock::Passphrase("open, please".to_owned().into());
    assert_eq!(verify(&path, None, Some(&right)).expect("a good archive").rows, 30_000);
    let wrong = Unlock::Passphrase("close, please".to_owned().into());
    assert!(matches!(verify(&path, None, Some(&wrong)), Err(VerifyError::Decrypt { .. })));
}

#[test]
fn a_bad_recipient_is_refused_before_anything_is_written() {
    for text in ["", "age1", "ada@acme.example", "AGE-SECRET-KEY-1QQQQ"] {
        assert!(matches!(Encryption::to_recipients(&[text]), Err(Error::Recipient { .. })), "{text}");
    }
    assert!(matches!(Encryption::to_recipients::<&str>(&[]), Err(Error::Recipients { .. })));
}

#[test]
#[cfg(not(feature = "parquet"))]
fn parquet_is_refused_where_it_was_not_built_in() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(matches!(ArchiveWriter::create(Options { parquet: true, ..options(folder.path()) }), Err(Error::NoParquet)));
}

#[test]
#[cfg(feature = "parquet")]
fn duckdb_reads_parquet_with_types() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut archive = ArchiveWriter::create(Options { parquet: true, ..options(folder.path()) }).expect("a new archive");
    fill(&mut archive);
    let (header, rows) = super::readers::kinds();
    let mut sink = archive.table(header).expect("a new table");
    sink.push(rows.as_bytes()).expect("good rows");
    sink.finish().expect("all rows");
    let path = archive.finish(summary()).expect("an archive").paths.remove(0);
    verify(&path, None, None).expect("a good archive");
    let script = "import sys, zipfile, duckdb, json\n\
                  zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])\n\
                  kinds, note = (f'{sys.argv[2]}/data/{name}.parquet' for name in ('kinds/kinds', 'notes/note'))\n\
                  types = {row[0]: row[1] for row in duckdb.sql(f\"DESCRIBE FROM '{kinds}'\").fetchall()}\n\
                  print(json.dumps(types))\n\
                  print(duckdb.sql(f\"SELECT price, day, epoch_us(\\\"at\\\"), odd_day FROM '{kinds}' ORDER BY id\").fetchall()[0])\n\
                  print(duckdb.sql(f\"SELECT count(*), count(body), sum(id) FROM '{note}'\").fetchall()[0])\n";
    let text = python(script, &[&path, &folder.path().join("unpacked")]);
    let mut lines = text.lines();
    let types: serde_json::Value = serde_json::from_str(lines.next().expect("types")).expect("JSON");
    for (column, want) in [
        ("id", "BIGINT"),
        ("yes", "BOOLEAN"),
        ("ratio", "DOUBLE"),
        ("price", "DECIMAL(12,2)"),
        ("day", "DATE"),
        ("odd_day", "VARCHAR"),
        ("at", "TIMESTAMP WITH TIME ZONE"),
        ("local_at", "TIMESTAMP"),
        ("text", "VARCHAR"),
    ] {
        assert_eq!(types[column], want, "{column}: {types}");
    }
    assert_eq!(lines.next(), Some("(Decimal('12.50'), datetime.date(2024, 2, 29), 1749893462123456, 'infinity')"));
    assert_eq!(lines.next(), Some("(5, 5, 15)"));
}
