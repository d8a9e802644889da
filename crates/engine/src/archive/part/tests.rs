//! ZIP files beyond the limits of its old form: larger than 4 GiB, more than 65,535 entries.

use std::io::Write as _;
use std::path::PathBuf;

use exeunt_testkit::tools;
use flate2::{Compress, Compression, FlushCompress};

use super::super::read::{Entries, Shared, content, directory};
use super::*;

fn finished(part: Part, folder: &Path) -> (PathBuf, Shared, Directory) {
    let path = folder.join("large.zip");
    part.close(&SigningKey::from_seed(&[1; 32])).expect("closed").publish(&path).expect("published");
    let (file, length) = Shared::new(Box::new(std::fs::File::open(&path).expect("the file"))).expect("readable");
    let directory = directory(&file, length, seal_length()).expect("a directory");
    (path, file, directory)
}

fn python(script: &str, path: &Path) -> String {
    let output = tools::python().arg("-c").arg(script).arg(path).output().expect("python");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("text")
}

fn new_part(folder: &Path) -> Part {
    Part::create(folder, "large.zip", None, "2025-06-14T09:31:02Z".parse().expect("a timestamp")).expect("a new part")
}

#[test]
fn entries_beyond_four_gibibytes_are_read_by_us_and_by_python() {
    const BLOCKS: u64 = (4 << 30) / BLOCK as u64 + 3;
    let folder = tempfile::tempdir().expect("a folder");
    let mut part = new_part(folder.path());
    let mut deflater = Deflater::new(None);

    // The same compressed block many times over: nothing has to be compressed, and yet all of it is there to be read.
    let zeros = vec![0; BLOCK];
    let mut bytes = Vec::with_capacity(BLOCK);
    Compress::new(Compression::new(4), false).compress_vec(&zeros, &mut bytes, FlushCompress::Sync).expect("compressed");
    let mut crc = Crc::new();
    crc.update(&zeros);
    let block = Compressed { bytes, crc };

    let mut streamed = part.open(&mut deflater, "streamed".to_owned(), Packing::Deflate);
    part.submit(&mut deflater, &mut streamed).expect("begun");
    for _ in 0..BLOCKS {
        take_block(&mut part.target, &mut streamed.entry, &mut streamed.crc, &block).expect("written");
    }
    streamed.entry.size = BLOCKS * BLOCK as u64;
    part.close_entry(&mut deflater, &mut streamed).expect("closed");

    let place = Place::new(folder.path(), false);
    let mut packed = Packed { spool: Spool::new(&place), crc: Crc::new(), bytes: BLOCKS * BLOCK as u64, compressed: 0 };
    for _ in 0..BLOCKS {
        packed.spool.write_all(&block.bytes).expect("spooled");
        packed.crc.combine(&block.crc);
    }
    packed.spool.write_all(Deflater::stream_end()).expect("spooled");
    packed.compressed = packed.spool.len();
    part.packed_entry("packed".to_owned(), packed, DEFLATED).expect("written");
    part.whole_entry(&mut deflater, "last", b"small").expect("written");

    let (path, file, directory) = finished(part, folder.path());
    let entries: Vec<Entry> = Entries::new(&file, directory).map(|entry| entry.expect("an entry")).collect();
    let mut expected_offset = 0;
    for entry in &entries {
        assert_eq!(entry.offset, expected_offset);
        let mut size = 0;
        expected_offset = content(&file, entry, |piece| size += piece.len() as u64).expect("whole");
        assert_eq!(size, if entry.path == "last" { 5 } else { BLOCKS * BLOCK as u64 });
    }
    assert_eq!(expected_offset, directory.offset);

    let script = "import sys, zipfile\n\
                  archive = zipfile.ZipFile(sys.argv[1])\n\
                  print([(entry.filename, entry.file_size) for entry in archive.infolist()], archive.read('last'), archive.open('packed').read(5))";
    let size = BLOCKS * BLOCK as u64;
    let zeros = "\\x00".repeat(5);
    assert_eq!(python(script, &path), format!("[('streamed', {size}), ('packed', {size}), ('last', 5)] b'small' b'{zeros}'\n"));
}

#[test]
fn more_entries_than_the_old_form_counts_are_read_by_us_and_by_python() {
    const ENTRIES: usize = 65_540;
    let folder = tempfile::tempdir().expect("a folder");
    let mut part = new_part(folder.path());
    let mut deflater = Deflater::new(None);
    for number in 0..ENTRIES {
        part.whole_entry(&mut deflater, &format!("{number}"), b"").expect("written");
    }
    let (path, file, directory) = finished(part, folder.path());
    assert_eq!(directory.entries, ENTRIES as u64);
    assert_eq!(Entries::new(&file, directory).filter(Result::is_ok).count(), ENTRIES);
    let script = "import sys, zipfile\nprint(len(zipfile.ZipFile(sys.argv[1]).infolist()))";
    assert_eq!(python(script, &path).trim(), ENTRIES.to_string());
}
