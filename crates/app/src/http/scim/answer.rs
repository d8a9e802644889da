//! Bodies that come and answers that go.

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_model::scim;
use exeunt_model::text::holds_null;
use serde_json::{Map, Value};

use super::refusal::Refusal;

/// RFC 7644, section 8.1.
pub const CONTENT_TYPE: &str = "application/scim+json";

/// A body of JSON under either of its names.
pub struct Body(pub Value);

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        if let Some(kind) = request.headers().get(header::CONTENT_TYPE) {
            let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
            if !["application/scim+json", "application/json"].iter().any(|known| kind.eq_ignore_ascii_case(known)) {
                return Err(Refusal::media_type());
            }
        }
        let bytes: Result<Bytes, BytesRejection> = Bytes::from_request(request, state).await;
        let bytes = bytes?;
        if holds_null(&bytes) {
            return Err(scim::Error::InvalidValue("no text holds the null character".to_owned()).into());
        }
        let value = serde_json::from_slice(&bytes).map_err(|_| Refusal::unreadable("the body is no JSON"))?;
        Ok(Self(value))
    }
}

/// An answer with a body.
pub struct Answer {
    pub status: StatusCode,
    pub body: Value,
    /// Where the resource is, and its ETag.
    pub resource: Option<(String, String)>,
}

impl Answer {
    /// Something that is no resource of a provider.
    pub fn of(body: Value) -> Self {
        Self { status: StatusCode::OK, body, resource: None }
    }

    /// A resource; `shown` is all of it, `body` what the provider wants to see.
    pub fn resource(status: StatusCode, shown: &Map<String, Value>, body: Map<String, Value>) -> Self {
        let meta = |name: &str| shown.get("meta").and_then(|meta| meta.get(name)).and_then(Value::as_str).unwrap_or_default().to_owned();
        Self { status, resource: Some((meta("location"), meta("version"))), body: Value::Object(body) }
    }

    /// The same, unless the provider has this version already.
    pub fn unless_known(self, headers: &HeaderMap) -> Response {
        let Some((_, etag)) = &self.resource else { return self.into_response() };
        let known = headers.get(header::IF_NONE_MATCH).and_then(|known| known.to_str().ok());
        match known.is_some_and(|known| known.split(',').any(|known| is_same(known, etag))) {
            true => (StatusCode::NOT_MODIFIED, [(header::ETAG, etag.clone())]).into_response(),
            false => self.into_response(),
        }
    }
}

fn is_same(known: &str, etag: &str) -> bool {
    let plain = |etag: &str| etag.trim().trim_start_matches("W/").to_owned();
    known.trim() == "*" || plain(known) == plain(etag)
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], self.body.to_string()).into_response();
        if let Some((location, etag)) = self.resource {
            for (name, value) in [(header::LOCATION, location), (header::ETAG, etag)] {
                if let Ok(value) = value.parse() {
                    response.headers_mut().insert(name, value);
                }
            }
        }
        response
    }
}
