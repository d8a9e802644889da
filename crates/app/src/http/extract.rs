//! Bodies, queries and paths, with problem documents for those that cannot be read. No text that goes on from here holds the null character.

use std::str::FromStr;

use axum::body::{Body, Bytes};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use exeunt_model::text::holds_null;
use serde::de::DeserializeOwned;

use super::problem::Problem;
use super::unreadable;

/// A body of JSON.
pub struct Json<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Json<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let bytes = Bytes::from_request(Request::from_parts(parts.clone(), body), state).await.map_err(JsonRejection::from)?;
        if holds_null(&bytes) {
            return Err(Problem::unprocessable(NULL.to_owned()));
        }
        let axum::Json(read) = axum::Json::from_request(Request::from_parts(parts, Body::from(bytes)), state).await?;
        Ok(Self(read))
    }
}

/// What is said of it, wherever it stands.
const NULL: &str = "no text holds the null character";

/// Refuses an address, or a part of one, with the null character; written out, a percent sign is one of an escape.
fn without_null(text: Option<&str>) -> Result<(), Problem> {
    match text.is_some_and(|text| text.contains("%00")) {
        true => Err(Problem::bad_request(NULL.to_owned())),
        false => Ok(()),
    }
}

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query of an address.
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Query<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        without_null(parts.uri.query())?;
        let axum::extract::Query(read) = axum::extract::Query::from_request_parts(parts, state).await?;
        Ok(Self(read))
    }
}

/// The variable parts of a path. What is no id is not there.
pub struct Path<T>(pub T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Path<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        without_null(Some(parts.uri.path()))?;
        let axum::extract::Path(read) = axum::extract::Path::from_request_parts(parts, state).await?;
        Ok(Self(read))
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(None),
            StatusCode::UNPROCESSABLE_ENTITY => Self::unprocessable(unreadable::body(&rejection)),
            StatusCode::UNSUPPORTED_MEDIA_TYPE => {
                Self::bad_request("the body must be JSON, and the header `Content-Type` say so: application/json".to_owned())
            }
            _ => Self::bad_request(unreadable::body(&rejection)),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(unreadable::query(&rejection))
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found(None)
    }
}

/// Characters of a note at most.
pub const LONGEST_NOTE: usize = 2_000;

/// Refuses a note that would fill the history of a request.
///
/// # Errors
/// 422 beyond [`LONGEST_NOTE`].
pub fn note(text: Option<&str>) -> Result<(), Problem> {
    match text.is_some_and(|text| text.chars().count() > LONGEST_NOTE) {
        true => Err(Problem::unprocessable(format!("a note has at most {LONGEST_NOTE} characters"))),
        false => Ok(()),
    }
}

/// An id in a path; what is none names nothing.
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(None))
}
