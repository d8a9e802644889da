//! What went wrong, as RFC 9457 problem documents.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk;
use exeunt_model::exit;
use serde::Serialize;
use utoipa::ToSchema;

use super::request_id;

/// A problem document: `application/problem+json`.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Problem {
    /// Names the kind of problem; stable.
    #[serde(rename = "type")]
    #[schema(example = "/problems/conflict")]
    kind: String,
    title: String,
    status: u16,
    /// What happened this time.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// Sent as `Retry-After`.
    #[serde(skip)]
    wait_seconds: Option<u64>,
    /// The id of the request, which the header `X-Request-Id` and the desk's log have too.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
}

/// The kinds of problems: code, status and title.
macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $code:literal, $status:ident, $title:literal;)*) => {
        impl Problem {
            $($(#[$doc])*
            pub fn $name(detail: impl Into<Option<String>>) -> Self {
                Self { kind: concat!("/problems/", $code).to_owned(), title: $title.to_owned(), status: StatusCode::$status.as_u16(), detail: detail.into(), wait_seconds: None, request_id: None }
            })*
        }
    };
}

kinds! {
    not_signed_in = "not-signed-in", UNAUTHORIZED, "Sign in, or send an API token";
    /// The same for what is not there and for what is none of the caller's business.
    not_found = "not-found", NOT_FOUND, "There is no such thing";
    forbidden = "forbidden", FORBIDDEN, "Your role does not allow this";
    forged = "csrf", FORBIDDEN, "The request does not come from a page of the desk";
    bad_request = "bad-request", BAD_REQUEST, "The request cannot be read";
    unprocessable = "unprocessable", UNPROCESSABLE_ENTITY, "The request makes no sense";
    conflict = "conflict", CONFLICT, "Something stands in the way";
    idempotency = "idempotency-key", UNPROCESSABLE_ENTITY, "This Idempotency-Key was used for another request";
    confirmation = "confirmation", UNPROCESSABLE_ENTITY, "The confirmation is not the name of what is to be erased";
    last_admin = "last-admin", CONFLICT, "The contract would be left without an admin";
    state = "state", CONFLICT, "The request is not where this can be done";
    other_plan = "other-plan", CONFLICT, "The plan has changed since you saw it";
    precondition_missing = "precondition-missing", PRECONDITION_REQUIRED, "Say with If-Match which version you have read";
    exit = "exit", CONFLICT, "The exit is not where this can be done";
    exit_date = "exit-date", UNPROCESSABLE_ENTITY, "The law does not allow this date";
    setting = "setting", UNPROCESSABLE_ENTITY, "This cannot be chosen";
    extension = "extension", CONFLICT, "There is no more time to be had";
    precondition = "precondition", PRECONDITION_FAILED, "Somebody has changed it since you read it";
    no_range = "range", RANGE_NOT_SATISFIABLE, "There is no such range";
    too_large = "too-large", PAYLOAD_TOO_LARGE, "The request is too large";
    too_many = "too-many", TOO_MANY_REQUESTS, "Too much at once";
    method = "method", METHOD_NOT_ALLOWED, "This cannot be done here";
    no_standard_export = "no-standard-export", UNPROCESSABLE_ENTITY, "No standard export holds this";
    plan_refused = "plan-refused", UNPROCESSABLE_ENTITY, "No plan can be made";
    limited = "too-many-requests", TOO_MANY_REQUESTS, "Too many requests: wait";
    provider_away = "identity-provider-away", SERVICE_UNAVAILABLE, "The identity provider is away; try again, or sign in by mail";
    refused_by_provider = "identity-provider", UNAUTHORIZED, "Nobody is signed in by this";
    too_slow = "too-slow", REQUEST_TIMEOUT, "The request did not arrive in time";
    takes_too_long = "takes-too-long", SERVICE_UNAVAILABLE, "The answer takes too long; what was asked for may yet be done";
    unavailable = "unavailable", SERVICE_UNAVAILABLE, "A database is away; try again";
    internal = "internal", INTERNAL_SERVER_ERROR, "This should not have happened";
}

impl Problem {
    /// Too many requests: the next one after so much time.
    pub fn wait(time: std::time::Duration) -> Self {
        let seconds = time.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1);
        Self { wait_seconds: Some(seconds), ..Self::limited(None) }
    }

    /// Whether the same request may succeed later.
    pub fn is_passing(&self) -> bool {
        self.status() == StatusCode::SERVICE_UNAVAILABLE
    }

    /// What a page says of it.
    pub fn title(&self) -> &str {
        &self.title
    }

    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    pub fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// What happened, for answers of another shape.
    pub fn told(&self) -> String {
        self.detail.clone().unwrap_or_else(|| self.title.clone())
    }

    /// How long to wait before the next request, where there were too many.
    pub fn wait_seconds(&self) -> Option<u64> {
        self.wait_seconds
    }
}

impl IntoResponse for Problem {
    fn into_response(mut self) -> Response {
        self.request_id = request_id::current().map(|id| id.as_str().to_owned());
        let wait = self.wait_seconds;
        let status = self.status();
        let mut response = (status, axum::Json(self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if status == StatusCode::UNAUTHORIZED {
            response.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if let Some(seconds) = wait {
            response.headers_mut().insert(header::RETRY_AFTER, seconds.into());
        }
        response
    }
}

impl From<exeunt_store::Error> for Problem {
    fn from(error: exeunt_store::Error) -> Self {
        match error.is_transient() {
            true => Self::unavailable(None),
            false => told(&error),
        }
    }
}

impl From<exeunt_store::archives::Error> for Problem {
    fn from(error: exeunt_store::archives::Error) -> Self {
        // Whatever it is, it is not the caller's fault, and it worked when the desk started.
        told(&error);
        Self::unavailable("the archive store is away: try again".to_owned())
    }
}

impl From<exeunt_engine::directory::Error> for Problem {
    fn from(error: exeunt_engine::directory::Error) -> Self {
        use exeunt_engine::directory::Error;
        match error {
            // Whatever it is, it is not the caller's fault, and it was well when the desk started.
            Error::Read { .. } => {
                told(&error);
                Self::unavailable(None)
            }
            Error::NoDirectory | Error::NoDatabase { .. } => told(&error),
        }
    }
}

impl From<desk::Error> for Problem {
    fn from(error: desk::Error) -> Self {
        use desk::Error;
        match error {
            Error::Store(error) => error.into(),
            Error::Directory(error) => error.into(),
            Error::NoSuchRequest => Self::not_found(None),
            Error::Move(error) => Self::state(error.to_string()),
            error @ (Error::Conflict(_) | Error::NotLinkable { .. } | Error::TooManyWebhooks | Error::WebhookDisabled) => {
                Self::conflict(error.to_string())
            }
            Error::Confirmation => Self::confirmation(None),
            Error::IdempotencyKey => Self::idempotency(None),
            error @ (Error::NothingToDecide | Error::OwnRequest | Error::TooLate) => Self::state(error.to_string()),
            error @ (Error::NotAnApprover { .. } | Error::NotRequester) => Self::forbidden(error.to_string()),
            Error::OtherPlan => Self::other_plan("send `plan`, the digest of the plan as `GET …/plan` shows it now".to_owned()),
            Error::LastAdmin => Self::last_admin(None),
            Error::Plan(error) => error.into(),
            Error::Setting(error) => Self::setting(error.to_string()),
            Error::Changed => Self::precondition(None),
            Error::Extension(error) => Self::extension(error.to_string()),
            error @ Error::ExitOpen => Self::exit(error.to_string()),
            Error::Exit(error) => of_exit(error),
            error @ Error::Answered => Self::extension(error.to_string()),
            error @ Error::TooManyFiles { .. } => Self::conflict(error.to_string()),
            error @ (Error::Record(_) | Error::Calendar(_)) => told(&error),
        }
    }
}

fn of_exit(error: exit::Error) -> Problem {
    use exit::Error;
    match error {
        error @ (Error::IllegalMove(_) | Error::TooEarly { .. } | Error::TooLate { .. } | Error::AlternativeToldBefore) => {
            Problem::exit(error.to_string())
        }
        error @ (Error::NoticeTooLong { .. }
        | Error::Transition { .. }
        | Error::RetrievalTooShort { .. }
        | Error::NotLater { .. }
        | Error::AlternativeTooLong { .. }
        | Error::NoJustification
        | Error::Calendar(_)) => Problem::exit_date(error.to_string()),
    }
}

impl From<exeunt_engine::planning::Error> for Problem {
    fn from(error: exeunt_engine::planning::Error) -> Self {
        use exeunt_engine::planning::Error;
        match error {
            Error::NoSubject { .. } | Error::KeyShape { .. } => Self::not_found(None),
            Error::Read { .. } | Error::Files { .. } => Self::unavailable(None),
            error => Self::plan_refused(error.to_string()),
        }
    }
}

/// Tells the operator, and the caller that the operator knows.
fn told(error: &(dyn std::error::Error + 'static)) -> Problem {
    let id = request_id::current();
    let request_id = id.as_ref().map(request_id::RequestId::as_str).unwrap_or_default();
    tracing::error!(request_id, problem = exeunt_engine::causes::chain(error), "a request was answered with an error of the desk");
    Problem::internal(None)
}
