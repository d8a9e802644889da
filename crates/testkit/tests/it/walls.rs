//! The walls between the rooms: who may depend on whom, and where SQL may stand.
//!
//! What the model may call is held by `crates/model/clippy.toml`; licences and banned crates by `deny.toml`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

/// Each crate with those of ours it may use in shipping code. A new crate needs a line here.
const ROOMS: &[(&str, &[&str])] = &[
    ("exeunt-model", &[]),
    ("exeunt-sources", &["exeunt-model"]),
    ("exeunt-store", &["exeunt-model"]),
    ("exeunt-engine", &["exeunt-model", "exeunt-sources", "exeunt-store"]),
    // The sample platform is somebody else's product: it knows nothing of us.
    ("exeunt-navigator", &[]),
    ("exeunt", &["exeunt-model", "exeunt-sources", "exeunt-store", "exeunt-engine", "exeunt-navigator"]),
    ("exeunt-testkit", &["exeunt-model"]),
    ("xtask", &["exeunt", "exeunt-model", "exeunt-sources", "exeunt-store", "exeunt-engine", "exeunt-navigator", "exeunt-testkit"]),
];

/// Crates that reach the world outside the process, or roll dice. The model has none of them, not even through another crate.
const OUTSIDE: &[&str] = &[
    "getrandom",
    "hyper",
    "libsqlite3-sys",
    "mio",
    "postgres",
    "rand",
    "reqwest",
    "rusqlite",
    "rustls",
    "socket2",
    "tempfile",
    "tokio",
    "tokio-postgres",
    "ureq",
];

/// Rooms without SQL, and so without a database client.
const WITHOUT_SQL: &[&str] = &["exeunt-model", "exeunt-engine", "exeunt"];
const DATABASE_CLIENTS: &[&str] = &["rusqlite", "postgres", "tokio-postgres", "libsqlite3-sys"];
const SQL: &[&str] = &["SELECT ", "INSERT INTO ", "DELETE FROM ", "UPDATE \\\"", "CREATE TABLE ", "ALTER TABLE ", "DROP TABLE "];

struct Workspace {
    /// Crate → its direct dependencies in shipping code.
    direct: BTreeMap<String, BTreeSet<String>>,
    folders: BTreeMap<String, PathBuf>,
}

/// The platform that the tests run on, such as `x86_64-unknown-linux-gnu`: crates for others alone need not be there.
fn host() -> String {
    let output = Command::new(env!("CARGO")).arg("-vV").output().expect("run cargo -vV");
    let told = String::from_utf8(output.stdout).expect("read cargo -vV");
    told.lines().find_map(|line| line.strip_prefix("host: ")).expect("a host").to_owned()
}

fn workspace() -> Workspace {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version=1", "--offline", "--locked", "--filter-platform", &host()])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("run cargo metadata");
    assert!(output.status.success(), "cargo metadata: {}", String::from_utf8_lossy(&output.stderr));
    let metadata: Value = serde_json::from_slice(&output.stdout).expect("read cargo metadata");
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let list = |value: &Value| value.as_array().expect("a list").clone();

    let packages = list(&metadata["packages"]);
    let names: BTreeMap<String, String> = packages.iter().map(|package| (text(&package["id"]), text(&package["name"]))).collect();
    let members: BTreeSet<String> = list(&metadata["workspace_members"]).iter().map(text).collect();
    let edges: BTreeMap<String, Vec<String>> = list(&metadata["resolve"]["nodes"])
        .iter()
        .map(|node| {
            let ships = |dependency: &&Value| list(&dependency["dep_kinds"]).iter().any(|kind| kind["kind"].is_null());
            let uses = list(&node["deps"]).iter().filter(ships).map(|dependency| text(&dependency["pkg"])).collect();
            (text(&node["id"]), uses)
        })
        .collect();

    let mut found = Workspace { direct: BTreeMap::new(), folders: BTreeMap::new() };
    for member in &members {
        let name = names[member].clone();
        found.direct.insert(name, edges[member].iter().map(|id| names[id].clone()).collect());
    }
    for package in &packages {
        let manifest = PathBuf::from(text(&package["manifest_path"]));
        found.folders.insert(text(&package["name"]), manifest.parent().expect("a folder").to_owned());
    }
    found
}

#[test]
fn each_room_uses_only_the_rooms_below() {
    let workspace = workspace();
    let ours: BTreeSet<&str> = workspace.direct.keys().map(String::as_str).collect();
    let listed: BTreeSet<&str> = ROOMS.iter().map(|(name, _)| *name).collect();
    assert_eq!(ours, listed, "ROOMS lists every crate of the workspace");
    for (name, allowed) in ROOMS {
        let uses: BTreeSet<&str> = workspace.direct[*name].iter().map(String::as_str).filter(|used| ours.contains(used)).collect();
        let wrong: Vec<_> = uses.iter().filter(|used| !allowed.contains(used)).collect();
        assert!(wrong.is_empty(), "{name} may use {allowed:?} and nothing else of ours, but uses {wrong:?}");
    }
}

#[test]
fn model_reaches_nothing_outside() {
    // Asked of the model by itself: in the workspace as a whole, other rooms' features of a shared crate would count as the model's.
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--package", "exeunt-model", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("run cargo tree");
    assert!(output.status.success(), "cargo tree: {}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout).expect("read cargo tree");
    let linked: BTreeSet<&str> = told.lines().filter_map(|line| line.split(' ').next()).collect();
    assert!(linked.contains("serde"), "the model links serde: {told}");
    let wrong: Vec<_> = OUTSIDE.iter().filter(|name| linked.contains(**name)).collect();
    assert!(wrong.is_empty(), "the model does no I/O and rolls no dice, but links {wrong:?}");
}

#[test]
fn rooms_without_sql_have_no_database_client() {
    let workspace = workspace();
    for name in WITHOUT_SQL {
        let wrong: Vec<_> = DATABASE_CLIENTS.iter().filter(|client| workspace.direct[*name].contains(**client)).collect();
        assert!(wrong.is_empty(), "{name} holds no SQL, but uses {wrong:?}");
    }
}

#[test]
fn rooms_without_sql_hold_no_sql() {
    let workspace = workspace();
    let mut wrong = Vec::new();
    for name in WITHOUT_SQL {
        for file in sources(&workspace.folders[*name].join("src")) {
            let text = std::fs::read_to_string(&file).expect("read a source file");
            // Unit tests stand at the end of a file and may set up databases.
            let shipping = text.split("#[cfg(test)]").next().unwrap_or_default();
            for (number, line) in shipping.lines().enumerate() {
                let is_comment = line.trim_start().starts_with("//");
                if !is_comment && SQL.iter().any(|words| line.contains(words)) {
                    wrong.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "SQL stands in sources or store:\n{}", wrong.join("\n"));
}

/// All Rust files of a folder but those that hold only tests.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).expect("read a folder") {
        let path = entry.expect("read a folder").path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
            found.push(path);
        }
    }
    found
}
