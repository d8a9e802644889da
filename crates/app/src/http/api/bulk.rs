//! Many requests at once: a list of seats, and a report for each of its lines.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::HeaderMap;
use exeunt_model::request::{Channel, Kind, Scope};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::requests::submit::{NewRequest, idempotency_key, make};
use crate::http::caller::Caller;
use crate::http::extract::Json;
use crate::http::problem::Problem;
use crate::http::server::Server;

/// Lines of a list at most.
const LONGEST_LIST: usize = 1_000;

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct List {
    /// `export` or `erasure`
    #[schema(value_type = String, example = "erasure")]
    kind: Kind,
    contract: String,
    /// For all of them, as in a single request.
    #[serde(default)]
    choices: BTreeMap<String, String>,
    /// For all of them, as in a single request.
    #[schema(min_items = 1, max_items = 1000)]
    categories: Option<Vec<String>>,
    /// CSV with a header: `seat`, and for an erasure `confirmation`, the name of the seat as its preview shows it.
    #[schema(example = "seat,confirmation\n7,mara.lindqvist@personal.example\n")]
    csv: String,
}

/// What became of each line.
#[derive(Debug, Serialize, ToSchema)]
pub struct Report {
    requested: usize,
    refused: usize,
    lines: Vec<LineReport>,
}

/// What became of a line.
#[derive(Debug, Serialize, ToSchema)]
pub struct LineReport {
    /// The line of the text in which it begins, counted from 1.
    line: u64,
    seat: String,
    /// The request that was made.
    request: Option<String>,
    state: Option<String>,
    /// Why none was made.
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize)]
struct Line {
    seat: String,
    confirmation: Option<String>,
}

/// How far lines of a text were counted.
struct Place<'a> {
    text: &'a [u8],
    at: usize,
    line: u64,
}

impl Place<'_> {
    /// The line in which the record begins that is read from this byte on: the reader's own position is before the empty lines that it skips.
    fn line_from(&mut self, byte: u64) -> u64 {
        let from = usize::try_from(byte).unwrap_or(usize::MAX).clamp(self.at, self.text.len());
        let (_, rest) = self.text.split_at(from);
        let begins = from + rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let passed = self.text.get(self.at..begins).unwrap_or_default();
        let returns = passed.iter().zip(passed.iter().skip(1).chain([&0])).filter(|pair| matches!(pair, (b'\r', next) if **next != b'\n'));
        let breaks = passed.iter().filter(|byte| **byte == b'\n').count() + returns.count();
        self.line += u64::try_from(breaks).unwrap_or(u64::MAX);
        self.at = begins;
        self.line
    }
}

/// Makes a request for each line of a list. A line that is refused stops no other. With an `Idempotency-Key`, the list can be sent again.
#[utoipa::path(post, path = "/bulk", tag = "requests", request_body = List,
    params(("Idempotency-Key" = Option<String>, Header, description = "Up to 128 characters of the caller's choice")),
    responses((status = 200, body = Report),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn submit(
    State(server): State<Arc<Server>>,
    caller: Caller,
    headers: HeaderMap,
    Json(list): Json<List>,
) -> Result<Json<Report>, Problem> {
    let key = idempotency_key(&headers)?;
    if list.kind == Kind::Case {
        return Err(Problem::unprocessable("a list holds exports or erasures".to_owned()));
    }
    let mut reader = csv::ReaderBuilder::new().trim(csv::Trim::All).flexible(false).from_reader(list.csv.as_bytes());
    let named = reader.headers().is_ok_and(|headers| headers.iter().any(|name| name == "seat"));
    let known = reader.headers().is_ok_and(|headers| headers.iter().all(|name| ["seat", "confirmation"].contains(&name)));
    if !named || !known {
        return Err(Problem::unprocessable("the list begins with a line of names: seat, and for erasures confirmation".to_owned()));
    }
    // A list that is cut off in the middle of a line makes no requests at all.
    let names = reader.headers().cloned().unwrap_or_default();
    let mut place = Place { text: list.csv.as_bytes(), at: 0, line: 1 };
    let mut lines = Vec::new();
    for record in reader.records() {
        let position = record.as_ref().map_or_else(csv::Error::position, csv::StringRecord::position);
        let number = place.line_from(position.map_or(0, csv::Position::byte));
        let line = record.and_then(|record| record.deserialize::<Line>(Some(&names)));
        let line = line.map_err(|_| Problem::unprocessable(format!("line {number} of the list cannot be read")))?;
        lines.push((number, line));
    }
    if lines.is_empty() || lines.len() > LONGEST_LIST {
        return Err(Problem::unprocessable(format!("a list has 1 to {LONGEST_LIST} lines")));
    }
    server
        .blocking(move |server, store| {
            let mut reports = Vec::new();
            for (number, line) in lines {
                let wanted = NewRequest {
                    kind: list.kind,
                    scope: Scope::Seat,
                    contract: list.contract.clone(),
                    seat: Some(line.seat.clone()),
                    categories: list.categories.clone(),
                    choices: list.choices.clone(),
                    successor: None,
                    confirmation: line.confirmation,
                    linked_export: None,
                    matter: None,
                    message: None,
                };
                // The list's key stands for the seat's line, wherever it stands in the list.
                let key = key.as_ref().map(|key| format!("{key}/{}", line.seat));
                let made = make(server, store, &caller, &wanted, Channel::Bulk, key);
                let mut report = LineReport { line: number, seat: line.seat, request: None, state: None, problem: None };
                match made {
                    Ok((_, made)) => (report.request, report.state) = (Some(made.view.id), Some(made.view.state)),
                    Err(problem) => report.problem = Some(problem),
                }
                reports.push(report);
            }
            let requested = reports.iter().filter(|report| report.request.is_some()).count();
            Ok(Json(Report { requested, refused: reports.len() - requested, lines: reports }))
        })
        .await
}

#[cfg(test)]
mod tests {
    use super::Place;

    fn lines(text: &str) -> Vec<u64> {
        let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
        reader.headers().unwrap();
        let mut place = Place { text: text.as_bytes(), at: 0, line: 1 };
        reader.records().map(|record| place.line_from(record.unwrap().position().unwrap().byte())).collect()
    }

    #[test]
    fn a_record_is_where_it_begins_in_the_text() {
        for (text, want) in [
            ("seat\n\n\n4711\n", vec![4]),
            ("\n\nseat\n1\n2\n", vec![4, 5]),
            ("seat,confirmation\n1,\"a\nb\"\n2,c\n\n3,d", vec![2, 4, 6]),
            ("seat\r\n1\r\n\r\n2\r\n", vec![2, 4]),
            ("seat\r1\r\r2", vec![2, 4]),
            ("seat,confirmation\r\n1,\"a\r\nb\"\r\n2,c", vec![2, 4]),
            ("seat\n \n1\n", vec![2, 3]),
        ] {
            assert_eq!(lines(text), want, "{text:?}");
        }
    }
}
