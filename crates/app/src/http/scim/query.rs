//! What a provider wants to see: filters, pages, chosen attributes, and the version that a change is made to.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use exeunt_engine::desk::provisioning::{Condition, Query};
use exeunt_model::scim::Error;
use exeunt_model::scim::filter::{self, Filter};
use exeunt_model::scim::shape::Selection;
use serde_json::Value;

use super::refusal::Refusal;

/// Resources of a page at most.
pub const MOST_RESULTS: u32 = 200;

/// Resources of a page unless the provider says how many.
const USUAL_RESULTS: u32 = 100;

/// The query of an address, or the body of a search.
#[derive(Debug, Default)]
pub struct Wanted {
    filter: Option<Filter>,
    start: u64,
    count: u32,
    pub selection: Selection,
}

impl Wanted {
    /// The query of an address. Names are read without regard to case; what nobody knows is left out.
    fn of_query(query: &str) -> Result<Self, Refusal> {
        let fields: Vec<(String, String)> = serde_urlencoded(query)?;
        let field = |name: &str| fields.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.clone());
        Self::read(field("filter"), field("startIndex"), field("count"), field("attributes"), field("excludedAttributes"))
    }

    /// RFC 7644, section 3.4.3.
    pub fn of_search(body: &Value) -> Result<Self, Refusal> {
        let body = body.as_object().ok_or_else(|| Refusal::unreadable("a search is an object"))?;
        let field = |name: &str| -> Result<Option<String>, Refusal> {
            let value = body.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            Ok(match value {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text.clone()),
                Some(Value::Number(number)) => Some(number.to_string()),
                Some(Value::Array(names)) => {
                    let names: Option<Vec<&str>> = names.iter().map(Value::as_str).collect();
                    Some(names.ok_or_else(|| Refusal::unreadable(format!("`{name}` is a list of names")))?.join(","))
                }
                Some(Value::Bool(_) | Value::Object(_)) => return Err(Refusal::unreadable(format!("`{name}` has another type"))),
            })
        };
        Self::read(field("filter")?, field("startIndex")?, field("count")?, field("attributes")?, field("excludedAttributes")?)
    }

    fn read(
        filter: Option<String>,
        start: Option<String>,
        count: Option<String>,
        attributes: Option<String>,
        excluded: Option<String>,
    ) -> Result<Self, Refusal> {
        let number = |name: &str, text: Option<String>| -> Result<Option<i64>, Refusal> {
            let read = |text: String| text.trim().parse().map_err(|_| Error::InvalidValue(format!("`{name}` is a whole number")).into());
            text.map(read).transpose()
        };
        // RFC 7644, section 3.4.2.4: less than 1 is 1, and a negative count is 0.
        let start = u64::try_from(number("startIndex", start)?.unwrap_or(1)).unwrap_or(1).clamp(1, 1 << 40);
        let count = number("count", count)?.unwrap_or(USUAL_RESULTS.into()).clamp(0, MOST_RESULTS.into());
        Ok(Self {
            filter: filter.as_deref().map(filter::parse).transpose()?,
            start,
            count: u32::try_from(count).unwrap_or(USUAL_RESULTS),
            selection: Selection::parse(attributes.as_deref(), excluded.as_deref())?,
        })
    }

    /// As the workflow asks for it.
    pub fn query<'a>(&'a self, base: &'a str) -> Query<'a> {
        Query { filter: self.filter.as_ref(), start: self.start, count: self.count, selection: &self.selection, base }
    }

    /// Where the page begins.
    pub fn start(&self) -> u64 {
        self.start
    }
}

fn serde_urlencoded(query: &str) -> Result<Vec<(String, String)>, Refusal> {
    let address = format!("/?{query}").parse().map_err(|_| Refusal::unreadable("the query cannot be read"))?;
    let read = axum::extract::Query::<Vec<(String, String)>>::try_from_uri(&address);
    Ok(read.map_err(|_| Refusal::unreadable("the query cannot be read"))?.0)
}

impl<S: Send + Sync> FromRequestParts<S> for Wanted {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Refusal> {
        Self::of_query(parts.uri.query().unwrap_or_default())
    }
}

/// The versions that `If-Match` names. What is no version of ours fits none.
pub fn condition(headers: &HeaderMap) -> Condition {
    let mut versions = None;
    for value in headers.get_all(header::IF_MATCH) {
        for etag in value.to_str().unwrap_or_default().split(',').map(str::trim) {
            if etag == "*" {
                return None;
            }
            let version: Result<u64, _> = etag.trim_start_matches("W/").trim_matches('"').parse();
            versions.get_or_insert_with(std::collections::BTreeSet::new).extend(version.ok());
        }
    }
    versions
}
