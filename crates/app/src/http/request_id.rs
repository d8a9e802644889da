//! The id of a request, by which whoever asks and whoever runs the desk talk about the same one.

use axum::http::{HeaderMap, HeaderName, HeaderValue};
use std::future::Future;

/// The header that carries it, both ways.
pub const HEADER: HeaderName = HeaderName::from_static("x-request-id");

tokio::task_local! {
    static CURRENT: RequestId;
}

/// An id that a proxy has given a request, or a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// The one that was sent if it looks like an id, else a new one.
    pub fn of(headers: &HeaderMap) -> Self {
        let sent = headers.get(HEADER).and_then(|value| value.to_str().ok());
        match sent.filter(|text| is_sane(text)) {
            Some(text) => Self(text.to_owned()),
            None => {
                let mut bytes = [0; 16];
                crate::desk::random(&mut bytes);
                Self(exeunt_model::digest::hex(&bytes))
            }
        }
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn header(&self) -> Option<HeaderValue> {
        HeaderValue::from_str(&self.0).ok()
    }

    /// Makes it the current one of asynchronous work.
    pub async fn around<T>(self, work: impl Future<Output = T>) -> T {
        CURRENT.scope(self, work).await
    }

    /// Makes it the current one of blocking work.
    pub fn during<T>(self, work: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(self, work)
    }
}

/// The id of the request that is being answered here.
pub fn current() -> Option<RequestId> {
    CURRENT.try_with(Clone::clone).ok()
}

/// Nothing that could be a person's address or break a log, and nothing too short to be told from others.
fn is_sane(text: &str) -> bool {
    (8..=64).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sane_ids_are_kept_and_others_replaced() {
        let with = |text: &'static str| RequestId::of(&HeaderMap::from_iter([(HEADER, HeaderValue::from_static(text))]));
        assert_eq!(with("0b5e7c6a-51f3-4f0e-9d44-6a9f0f4bb9a1").as_str(), "0b5e7c6a-51f3-4f0e-9d44-6a9f0f4bb9a1");
        for wrong in ["short", "mara.lindqvist@personal.example", "a b c d e f g h", "{\"x\":\"yyyyyyy\"}"] {
            let made = with(wrong);
            assert_ne!(made.as_str(), wrong);
            assert!(is_sane(made.as_str()), "{made:?}");
        }
        assert_ne!(RequestId::of(&HeaderMap::new()), RequestId::of(&HeaderMap::new()));
    }
}
