//! Which version of something is shown, and which one a caller has read (RFC 9110, 13): `ETag`, `If-None-Match`, `If-Match`.
//!
//! A tag is the version that changes are made to and, where more is shown than changes when somebody changes it (a date that has gone by, when a
//! token was used last), a digest of what is shown behind it. Whether a caller has it already is a matter of the whole tag; whether somebody has
//! changed it since is one of the version.

use std::fmt::Display;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::Expected;
use exeunt_model::digest::Digest;
use serde::Serialize;
use utoipa::IntoParams;

use super::problem::Problem;

/// Something that is shown, with its tag.
#[derive(Debug)]
pub struct Tagged<T> {
    pub view: T,
    tag: String,
}

impl<T: Serialize> Tagged<T> {
    /// Shows nothing but what this version holds.
    pub fn of(version: impl Display, view: T) -> Self {
        Self { tag: format!("\"{version}\""), view }
    }

    /// Shows more than people change.
    pub fn varying(version: impl Display, view: T) -> Self {
        let digest = Digest::of_json(&view);
        Self { tag: format!("\"{version}-{}\"", digest.short()), view }
    }

    /// The same, unless the caller has it already.
    pub fn unless_known(self, known: &IfNoneMatch) -> Response {
        match known.if_none_match.iter().any(|list| names(list, &self.tag)) {
            true => (StatusCode::NOT_MODIFIED, [(header::ETAG, self.tag)]).into_response(),
            false => self.into_response(),
        }
    }
}

impl<T: Serialize> IntoResponse for Tagged<T> {
    fn into_response(self) -> Response {
        ([(header::ETAG, self.tag)], axum::Json(self.view)).into_response()
    }
}

/// What the caller has already.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfNoneMatch {
    /// An `ETag` that was read: nothing is sent again unless it is another one by now.
    #[param(rename = "If-None-Match", value_type = Option<String>)]
    if_none_match: Vec<String>,
}

/// What the caller has read of what is to be changed.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The `ETag` that was read: nothing is changed if somebody has changed it since.
    #[param(rename = "If-Match", value_type = Option<String>)]
    if_match: Vec<String>,
}

impl IfMatch {
    /// What may be changed: anything where the caller says nothing.
    pub fn expected(&self) -> Expected {
        let mut tags = self.if_match.iter().flat_map(|list| list.split(',')).map(str::trim).peekable();
        match tags.peek().is_none() || tags.clone().any(|tag| tag == "*") {
            true => Expected::anything(),
            false => Expected::one_of(tags.filter_map(version)),
        }
    }

    /// Whether the caller says nothing of it.
    pub fn is_absent(&self) -> bool {
        self.if_match.is_empty()
    }

    /// The same where nobody may change what they have not read.
    ///
    /// # Errors
    /// 428 where the caller doesn't say, 412 where it says that it does not care.
    pub fn required(&self) -> Result<Expected, Problem> {
        match self.expected() {
            _ if self.is_absent() => Err(Problem::precondition_missing(None)),
            expected if expected == Expected::anything() => Err(Problem::precondition(None)),
            expected => Ok(expected),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfNoneMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { if_none_match: values(&parts.headers, header::IF_NONE_MATCH) })
    }
}

impl<S: Send + Sync> FromRequestParts<S> for IfMatch {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Self::Rejection> {
        Ok(Self { if_match: values(&parts.headers, header::IF_MATCH) })
    }
}

/// The lists of a header. One that is no text names nothing of ours, and is a list all the same.
fn values(headers: &HeaderMap, name: header::HeaderName) -> Vec<String> {
    headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default().to_owned()).collect()
}

/// The version of a tag. A weak one does not say that nothing was changed.
fn version(tag: &str) -> Option<String> {
    let tag = tag.strip_prefix('"')?.strip_suffix('"')?;
    Some(tag.split('-').next().unwrap_or(tag).to_owned())
}

/// Whether a list of tags, as of `If-None-Match`, names this one; weak ones do as well.
pub fn names(list: &str, tag: &str) -> bool {
    list.split(',').map(str::trim).any(|known| known == "*" || known.strip_prefix("W/").unwrap_or(known) == tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expected(lists: &[&str]) -> Expected {
        IfMatch { if_match: lists.iter().map(|list| (*list).to_owned()).collect() }.expected()
    }

    #[test]
    fn tags_are_compared_as_lists() {
        assert!(names("\"ab\"", "\"ab\"") && names("*", "\"ab\"") && names("\"x\", W/\"ab\"", "\"ab\""));
        assert!(!names("\"x\"", "\"ab\"") && !names("ab", "\"ab\"") && !names("", "\"ab\""));
    }

    #[test]
    fn a_change_is_made_to_the_versions_that_were_read() {
        for lists in [&["\"7\""][..], &["\"1\", \"7-0badcafe\""], &["\"1\"", "\"7\""], &["*"], &[]] {
            assert!(expected(lists).holds(7).is_ok(), "{lists:?}");
        }
        for lists in [&["\"1\""][..], &["W/\"7\""], &["7"], &[""], &["\"77\", \"x-7\""]] {
            assert!(expected(lists).holds(7).is_err(), "{lists:?}");
        }
    }

    #[test]
    fn what_must_be_read_first_is_changed_by_nobody_who_has_not() {
        let required = |lists: &[&str]| IfMatch { if_match: lists.iter().map(|list| (*list).to_owned()).collect() }.required();
        assert_eq!(required(&[]).map_err(|problem| problem.status().as_u16()), Err(428));
        assert_eq!(required(&["*"]).map_err(|problem| problem.status().as_u16()), Err(412));
        assert!(required(&["\"0\""]).is_ok_and(|expected| expected.holds(0).is_ok()));
    }
}
