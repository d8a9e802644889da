//! What went wrong, in the shape of RFC 7644, section 3.12.

use axum::extract::rejection::BytesRejection;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::provisioning;
use exeunt_model::scim;
use serde_json::json;

use super::answer::CONTENT_TYPE;
use crate::http::problem::Problem;

/// An error as providers read it.
#[derive(Debug)]
pub struct Refusal {
    status: StatusCode,
    kind: Option<&'static str>,
    detail: String,
    /// After how many seconds to come again.
    wait: Option<u64>,
}

impl Refusal {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, kind: None, detail: detail.into(), wait: None }
    }

    /// The same for what nobody has and for what another contract has.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "there is no such resource")
    }

    pub fn method() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this cannot be done here")
    }

    pub fn not_offered() -> Self {
        Self::new(StatusCode::NOT_IMPLEMENTED, "the desk does not offer this; /ServiceProviderConfig says what it does")
    }

    pub fn forbidden(detail: &str) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub fn media_type() -> Self {
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "a body is application/scim+json or application/json")
    }

    pub fn unreadable(detail: impl Into<String>) -> Self {
        scim::Error::InvalidSyntax(detail.into()).into()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({
            "schemas": [scim::shape::ERROR],
            "status": self.status.as_u16().to_string(),
            "detail": self.detail,
        });
        if let Some(kind) = self.kind {
            body["scimType"] = kind.into();
        }
        let mut response = (self.status, [(header::CONTENT_TYPE, CONTENT_TYPE)], body.to_string()).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, header::HeaderValue::from_static("Bearer"));
        }
        if let Some(wait) = self.wait {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from(wait));
        }
        response
    }
}

impl From<scim::Error> for Refusal {
    fn from(error: scim::Error) -> Self {
        let status = match error {
            scim::Error::Uniqueness(_) => StatusCode::CONFLICT,
            scim::Error::InvalidFilter(_)
            | scim::Error::Mutability(_)
            | scim::Error::InvalidSyntax(_)
            | scim::Error::InvalidPath(_)
            | scim::Error::NoTarget(_)
            | scim::Error::InvalidValue(_) => StatusCode::BAD_REQUEST,
        };
        Self { status, kind: Some(error.scim_type()), detail: error.to_string(), wait: None }
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { wait: problem.wait_seconds(), ..Self::new(problem.status(), problem.told()) }
    }
}

impl From<BytesRejection> for Refusal {
    fn from(rejection: BytesRejection) -> Self {
        Self::new(rejection.status(), rejection.body_text())
    }
}

impl From<provisioning::Error> for Refusal {
    fn from(error: provisioning::Error) -> Self {
        use provisioning::Error;
        match error {
            Error::Desk(error) => Problem::from(error).into(),
            Error::Store(error) => Problem::from(error).into(),
            Error::Scim(error) => error.into(),
            Error::NotThere => Self::not_found(),
            Error::Condition => Self::new(StatusCode::PRECONDITION_FAILED, "it has changed since it was read"),
            Error::Contended => Self::new(StatusCode::SERVICE_UNAVAILABLE, "others change the same; try again"),
            Error::Record(error) => Problem::from(exeunt_engine::desk::Error::Record(error)).into(),
        }
    }
}
