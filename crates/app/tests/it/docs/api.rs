//! The document of the API, the table of rights and the drawings of states are what the code says.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use exeunt_model::authorization::{Action, Reach, reach};
use exeunt_model::exit;
use exeunt_model::identity::Role;
use exeunt_model::request::{CaseState, ErasureState, ExportState, case, erasure, export};
use exeunt_model::webhook::Event;

use super::generated;

#[test]
fn the_document_of_the_api_is_current() {
    let output = Command::new(env!("CARGO_BIN_EXE_exeunt")).arg("openapi").output().expect("run exeunt");
    assert!(output.status.success());
    generated::check_file("docs/reference/openapi.json", &String::from_utf8(output.stdout).expect("JSON is UTF-8"));
}

/// The document knows a schema by its name alone: of two with the same, one would be described as the other.
#[test]
fn every_schema_has_a_name_of_its_own() {
    fn names(folder: &Path, found: &mut Vec<String>) {
        for entry in fs::read_dir(folder).expect("read a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                names(&path, found);
                continue;
            }
            let text = fs::read_to_string(&path).expect("read a source");
            for rest in text.split("ToSchema)]").skip(1) {
                let item = rest.lines().map(str::trim).find(|line| line.starts_with("pub struct ") || line.starts_with("pub enum "));
                let name = item.and_then(|item| item.split([' ', '<', '(']).nth(2));
                found.push(name.unwrap_or_else(|| panic!("{} derives a schema for nothing", path.display())).to_owned());
            }
        }
    }
    let mut found = Vec::new();
    names(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src/http"), &mut found);
    let several: BTreeSet<&String> = found.iter().filter(|name| found.iter().filter(|other| other == name).count() > 1).collect();
    assert!(several.is_empty() && found.len() > 70, "{several:?} of {}", found.len());
}

#[test]
fn the_table_of_rights_is_current() {
    let mut page = String::from("| action |");
    for role in Role::ALL {
        let _ = write!(page, " {role} |");
    }
    page.push_str("\n|---|");
    page.push_str(&"---|".repeat(Role::ALL.len()));
    page.push('\n');
    for action in Action::ALL.iter().copied() {
        let _ = write!(page, "| `{action}` |");
        for role in Role::ALL {
            page.push_str(match reach(role, action) {
                Some(Reach::Territory) => " yes |",
                Some(Reach::OwnRequests) => " own requests |",
                None => " |",
            });
        }
        page.push('\n');
    }
    generated::check("docs/reference/authorization.md", &page);
}

#[test]
fn the_list_of_events_is_current() {
    let mut page = String::from("| event | is sent when |\n|---|---|\n");
    for event in Event::ALL.iter().copied() {
        let _ = writeln!(page, "| `{event}` | {} |", event.occasion());
    }
    generated::check("docs/reference/webhooks.md", &page);
}

/// Every legal move of a machine, as a Mermaid drawing: `after` is asked of all pairs.
fn drawing<S: Copy + std::fmt::Display + 'static, M: Copy + std::fmt::Display + 'static>(
    states: &'static [S],
    moves: &'static [M],
    after: impl Fn(S, M) -> Option<S>,
) -> String {
    let mut drawn = String::from("```mermaid\nstateDiagram-v2\n");
    let _ = writeln!(drawn, "    [*] --> {}", states[0]);
    let mut moving = BTreeSet::new();
    for from in states {
        for attempted in moves {
            if let Some(to) = after(*from, *attempted) {
                let _ = writeln!(drawn, "    {from} --> {to}: {attempted}");
                moving.insert(from.to_string());
            }
        }
    }
    for last in states.iter().filter(|state| !moving.contains(&state.to_string())) {
        let _ = writeln!(drawn, "    {last} --> [*]");
    }
    drawn.push_str("```\n");
    drawn
}

#[test]
fn the_drawings_of_states_are_current() {
    let exports = drawing(ExportState::ALL, export::Move::ALL, |state, attempted| state.after(attempted).ok());
    let erasures = drawing(ErasureState::ALL, erasure::Move::ALL, |state, attempted| state.after(attempted).ok());
    let cases = drawing(CaseState::ALL, case::Move::ALL, |state, attempted| state.after(attempted).ok());
    let exits = drawing(exit::State::ALL, exit::Move::ALL, |state, attempted| state.after(attempted).ok());
    let page = format!("## Exports\n\n{exports}\n## Erasures\n\n{erasures}\n## Cases\n\n{cases}\n## Exits of contracts\n\n{exits}");
    generated::check("docs/reference/states.md", &page);
}
