//! The real program exports, and what it wrote is looked at.

mod files;
mod places;
mod secrets;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Output;

use exeunt_testkit::tools;

use crate::erasure::world::{World, text};

/// Exports seat 2 into the folder `out`, with further arguments.
fn export(world: &World, more: &[&str]) -> Output {
    world.run(&[&["export", "--map", "trial.map.yaml", "--seat", "2", "--out", "out", "--name", "seat"], more].concat(), None)
}

/// The members of an archive, by name.
fn members(archive: &Path) -> BTreeMap<String, String> {
    let script = "import json, sys, zipfile\n\
                  with zipfile.ZipFile(sys.argv[1]) as archive:\n    \
                  print(json.dumps({name: archive.read(name).decode('utf-8', 'replace') for name in archive.namelist()}))";
    let read = tools::python().args(["-c", script]).arg(archive).output().expect("run python");
    assert!(read.status.success(), "{}", text(&read));
    serde_json::from_slice(&read.stdout).expect("JSON")
}
