//! Other programs read what we write.

use std::path::Path;
use std::process::Command;

use exeunt_engine::archive::ArchiveWriter;

use super::sample::{fill, options, summary};

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

fn small_archive(folder: &Path) -> std::path::PathBuf {
    let mut archive = ArchiveWriter::create(options(folder)).expect("a new archive");
    fill(&mut archive);
    archive.finish(summary()).expect("an archive").paths.remove(0)
}

#[test]
fn info_zip_finds_no_fault() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = small_archive(folder.path());
    let text = run(Command::new("unzip").arg("-t").arg(&path));
    assert!(text.contains("No errors detected"), "{text}");
}
