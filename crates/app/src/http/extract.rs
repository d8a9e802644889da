//! Bodies, queries and paths, with problem documents for those that cannot be read.

use std::str::FromStr;

use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use exeunt_model::identity::RequestId;
use exeunt_model::moment::Moment;
use exeunt_store::desk::Position;

use super::problem::Problem;

/// A body of JSON.
#[derive(FromRequest)]
#[from_request(via(axum::Json), rejection(Problem))]
pub struct Json<T>(pub T);

impl<T: serde::Serialize> IntoResponse for Json<T> {
    fn into_response(self) -> Response {
        axum::Json(self.0).into_response()
    }
}

/// The query of an address.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Query), rejection(Problem))]
pub struct Query<T>(pub T);

/// The variable parts of a path. What is no id is not there.
#[derive(FromRequestParts)]
#[from_request(via(axum::extract::Path), rejection(Problem))]
pub struct Path<T>(pub T);

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => Self::too_large(None),
            StatusCode::UNPROCESSABLE_ENTITY => Self::unprocessable(rejection.body_text()),
            _ => Self::bad_request(rejection.body_text()),
        }
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::bad_request(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(_: PathRejection) -> Self {
        Self::not_found(None)
    }
}

/// An id in a path; what is none names nothing.
pub fn id<T: FromStr>(text: &str) -> Result<T, Problem> {
    text.parse().map_err(|_| Problem::not_found(None))
}

/// The place after which a page begins, as callers get and return it.
pub fn cursor(position: &Position) -> String {
    URL_SAFE_NO_PAD.encode(format!("{} {}", position.received.microseconds(), position.id))
}

/// Reads a cursor.
///
/// # Errors
/// 400 for one that no page has given out.
pub fn position(cursor: &str) -> Result<Position, Problem> {
    let wrong = || Problem::bad_request("`after` is no cursor of a page".to_owned());
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| wrong())?;
    let text = String::from_utf8(bytes).map_err(|_| wrong())?;
    let (received, id) = text.split_once(' ').ok_or_else(wrong)?;
    let received = received.parse().ok().and_then(Moment::from_microseconds).ok_or_else(wrong)?;
    let id: RequestId = id.parse().map_err(|_| wrong())?;
    Ok(Position { received, id })
}
