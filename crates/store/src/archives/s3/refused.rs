//! What a bucket's refusal says, without addresses, keys and whole documents.

use super::super::{Error, Refusal};

/// A refusal of the client.
pub(super) fn refused(doing: &'static str, error: &object_store::Error) -> Error {
    let why = match error {
        object_store::Error::PermissionDenied { .. } | object_store::Error::Unauthenticated { .. } => Refusal::Denied,
        object_store::Error::NotFound { .. } => Refusal::NoBucket,
        _ => Refusal::Away,
    };
    let text = error.to_string();
    let told = code(&text).map_or_else(|| root(error), str::to_owned);
    Error::Bucket { doing, why, told }
}

/// Whether an object ends before the range that was asked for.
pub(super) fn is_out_of_range(error: &object_store::Error) -> bool {
    error.to_string().contains("status code: 416")
}

/// Whether the same question will never be answered otherwise. One that came too slowly or too often may be.
pub(super) fn is_bad_question(error: &object_store::Error) -> bool {
    is_bad_status(&error.to_string())
}

fn is_bad_status(told: &str) -> bool {
    let status = told.split_once("status code: 4").and_then(|(_, rest)| rest.get(..2));
    status.is_some_and(|rest| rest.bytes().all(|byte| byte.is_ascii_digit()) && !matches!(rest, "08" | "29"))
}

/// A refusal of a request that the client has no function for.
pub(super) fn refused_status(doing: &'static str, status: u16, body: &str) -> Error {
    let why = match status {
        401 | 403 => Refusal::Denied,
        404 => Refusal::NoBucket,
        _ => Refusal::Away,
    };
    Error::Bucket { doing, why, told: code(body).map_or_else(|| format!("status {status}"), str::to_owned) }
}

/// The network's refusal. Its address holds a signature and is not shown.
pub(super) fn unreachable(doing: &'static str, error: reqwest::Error) -> Error {
    Error::Bucket { doing, why: Refusal::Away, told: root(&error.without_url()) }
}

/// The code in an error document, as `NoSuchBucket`.
fn code(text: &str) -> Option<&str> {
    let (code, _) = text.split_once("<Code>")?.1.split_once("</Code>")?;
    (!code.is_empty() && code.len() <= 64 && code.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(code)
}

/// The last cause, which says most and holds least.
fn root(error: &dyn std::error::Error) -> String {
    let mut last = error.source();
    while let Some(next) = last.and_then(|cause| cause.source()) {
        last = Some(next);
    }
    let text = last.map_or_else(|| error.to_string(), ToString::to_string);
    text.lines().next().unwrap_or_default().chars().take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_with_a_question_does_not_pass() {
        for bad in ["Server returned non-2xx status code: 400 Bad Request: <Error>", "status code: 413 Payload Too Large"] {
            assert!(is_bad_status(bad), "{bad}");
        }
        for passing in ["status code: 408 Request Timeout", "status code: 429 Too Many Requests", "status code: 503", "connection refused"]
        {
            assert!(!is_bad_status(passing), "{passing}");
        }
    }

    #[test]
    fn what_is_told_is_the_code_alone() {
        let body = "<?xml version=\"1.0\"?><Error><Code>SignatureDoesNotMatch</Code><StringToSign>AWS4 key</StringToSign></Error>";
        let error = refused_status("list files", 403, body);
        assert_eq!(error.to_string(), "list files in the archive store: access is denied: SignatureDoesNotMatch");
        let error = refused_status("list files", 503, "<html>an address and more</html>");
        assert_eq!(error.to_string(), "list files in the archive store: it is away: status 503");
    }
}
