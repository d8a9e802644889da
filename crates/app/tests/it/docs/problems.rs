//! The problems that the API's reference lists are those of the code.

use std::fmt::Write as _;

use axum::http::StatusCode;

use super::{generated, repository};

/// Code, status and title of each kind of problem, read from the source: they are data nowhere else.
fn kinds() -> Vec<(String, StatusCode, String)> {
    let source = std::fs::read_to_string(repository("crates/app/src/http/problem.rs")).expect("read problem.rs");
    let list = source.split_once("\nkinds! {").expect("problem.rs lists its kinds").1;
    let list = list.split_once("\n}").expect("the list ends").0;
    let kind = |line: &str| {
        let (_, rest) = line.split_once(" = \"")?;
        let (code, rest) = rest.split_once("\", ")?;
        let (status, rest) = rest.split_once(", \"")?;
        let title = rest.split_once("\";")?.0;
        let named = (400..600u16).filter_map(|number| StatusCode::from_u16(number).ok());
        let constant = |status: &StatusCode| status.canonical_reason().unwrap_or_default().to_uppercase().replace([' ', '-'], "_");
        let status = named.into_iter().find(|known| constant(known) == status).unwrap_or_else(|| panic!("{status} is no status"));
        Some((code.to_owned(), status, title.to_owned()))
    };
    list.lines()
        .filter(|line| !line.trim_start().starts_with("///") && !line.trim().is_empty())
        .map(|line| kind(line).expect(line))
        .collect()
}

#[test]
fn the_list_of_problems_is_current() {
    let mut page = String::from("| type | status | title |\n|---|---|---|\n");
    let mut kinds = kinds();
    kinds.sort();
    for (code, status, title) in kinds {
        let _ = writeln!(page, "| `/problems/{code}` | {} | {title} |", status.as_u16());
    }
    generated::check("docs/reference/api.md", &page);
}
