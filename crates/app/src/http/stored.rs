//! Sends what lies in the archive store: whole or in a range (RFC 9110, 13 and 14), piece by piece, always as a file to be saved.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exeunt_store::Store;
use exeunt_store::archives::Reading;
use futures_util::stream;

use super::problem::Problem;
use super::server::Server;
use super::tag;

/// A file of the archive store, as it is sent.
pub struct Stored {
    pub object: String,
    pub file_name: String,
    pub content_type: &'static str,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: String,
}

/// Notes which bytes have gone out: the first, and the one after the last.
pub type Noting = Box<dyn FnOnce(&mut Store, u64, u64) -> Result<(), exeunt_store::Error> + Send>;

/// Answers whoever asks for a file: with all of it, a range of it, or that they have it already.
///
/// # Errors
/// 503 when the archive store is away, before anything was sent. Later the connection breaks, and the rest is asked for as a range.
pub async fn send(
    server: &Arc<Server>,
    stored: Stored,
    method: &Method,
    headers: &HeaderMap,
    noting: Option<Noting>,
) -> Result<Response, Problem> {
    let etag = format!("\"{}\"", stored.sha256);
    if headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|known| known.to_str().ok()).any(|known| tag::names(known, &etag)) {
        return Ok((StatusCode::NOT_MODIFIED, [(header::ETAG, etag)]).into_response());
    }
    let size = stored.bytes;
    // A range is of what is sent to GET alone, and of another file than the one that was begun it is of no use.
    let range = headers.get(header::RANGE).filter(|_| *method == Method::GET).and_then(|value| value.to_str().ok());
    let range = range.filter(|_| headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes()));
    let wanted = range.and_then(|range| wanted(range, size));
    let (first, end) = match wanted {
        Some(Some(range)) => range,
        Some(None) => {
            let mut response = Problem::no_range(None).into_response();
            put(response.headers_mut(), header::CONTENT_RANGE, format!("bytes */{size}"));
            return Ok(response);
        }
        None => (0, size),
    };
    let object = stored.object.clone();
    let body = if *method == Method::HEAD {
        let there = server.stored(move |archives| Ok(archives.size(&object)?)).await?;
        if there != Some(size) {
            return Err(exeunt_store::archives::Error::Missing { name: stored.object }.into());
        }
        Body::empty()
    } else {
        let reading = server.stored(move |archives| Ok(archives.read(&object, first, end)?)).await?;
        body(Sending { server: server.clone(), reading: Some(reading), first, sent: first, end, noting })
    };
    let status = if wanted.is_some() { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK };
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    put(headers, header::CONTENT_TYPE, stored.content_type.to_owned());
    put(headers, header::CONTENT_LENGTH, (end - first).to_string());
    put(headers, header::ACCEPT_RANGES, "bytes".to_owned());
    put(headers, header::ETAG, etag);
    put(headers, header::CONTENT_DISPOSITION, disposition(&stored.file_name));
    // Opened all the same, it is a document of its own that may do nothing.
    put(headers, header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox".to_owned());
    if let Some(digest) = digest(&stored.sha256) {
        put(headers, HeaderName::from_static("repr-digest"), digest);
    }
    if wanted.is_some() {
        put(headers, header::CONTENT_RANGE, format!("bytes {first}-{}/{size}", end.saturating_sub(1)));
    }
    Ok(response)
}

fn put(headers: &mut HeaderMap, name: HeaderName, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
}

/// The digest of the whole file, by which a download can be checked (RFC 9530).
fn digest(sha256: &str) -> Option<String> {
    let byte = |at: usize| sha256.get(at..at + 2).and_then(|digits| u8::from_str_radix(digits, 16).ok());
    let bytes: Vec<u8> = (0..sha256.len()).step_by(2).map(byte).collect::<Option<_>>()?;
    Some(format!("sha-256=:{}:", STANDARD.encode(bytes)))
}

/// A file to be saved, under its name in ASCII and in full (RFC 6266).
fn disposition(name: &str) -> String {
    let plain: String =
        name.chars().map(|c| if c.is_ascii_graphic() && !matches!(c, '"' | '\\' | '%') || c == ' ' { c } else { '-' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let encoded: String = name.bytes().fold(String::new(), |mut encoded, byte| {
        match byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~') {
            true => encoded.push(char::from(byte)),
            false => encoded.push_str(&format!("%{byte:02X}")),
        }
        encoded
    });
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// The first byte of a single range and the one after its last (RFC 9110, 14.1.2). `None`: no range that is understood, so all of it.
/// `Some(None)`: a range that isn't there.
fn wanted(range: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", "") => None,
        ("", suffix) => {
            let suffix = number(suffix)?;
            Some((suffix > 0 && size > 0).then(|| (size - suffix.min(size), size)))
        }
        (first, "") => {
            let first = number(first)?;
            Some((first < size).then_some((first, size)))
        }
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            Some((first < size).then(|| (first, last.saturating_add(1).min(size))))
        }
    }
}

/// A range that goes out.
struct Sending {
    server: Arc<Server>,
    /// Away while a piece is read.
    reading: Option<Reading>,
    first: u64,
    /// The byte after the last that has gone out.
    sent: u64,
    end: u64,
    noting: Option<Noting>,
}

impl Sending {
    /// Notes what has gone out. A note that fails costs nobody the download: it can be made again until its time is over.
    fn note(&mut self) -> Option<impl Future<Output = ()> + Send + use<>> {
        let (server, first, sent) = (self.server.clone(), self.first, self.sent);
        let noting = self.noting.take().filter(|_| sent > first)?;
        Some(async move {
            let _ = server.blocking(move |_, store| Ok(noting(store, first, sent)?)).await;
        })
    }
}

impl Drop for Sending {
    /// Whoever breaks off has what has gone out, and comes back for the rest.
    fn drop(&mut self) {
        if let Some(noting) = self.note()
            && let Ok(runtime) = tokio::runtime::Handle::try_current()
        {
            runtime.spawn(noting);
        }
    }
}

/// Streams what is read; just before the last piece goes out, that is noted.
fn body(sending: Sending) -> Body {
    Body::from_stream(stream::try_unfold(sending, |mut sending| async move {
        let Some(mut reading) = sending.reading.take().filter(|_| sending.sent < sending.end) else { return Ok::<_, std::io::Error>(None) };
        let read = sending.server.stored(move |_| Ok((reading.next_piece()?, reading))).await;
        let lost = || std::io::Error::other("the archive store went away");
        let (piece, reading): (Option<Bytes>, Reading) = read.map_err(|_| lost())?;
        let piece = piece.ok_or_else(lost)?;
        sending.reading = Some(reading);
        sending.sent = sending.end.min(sending.sent + piece.len() as u64);
        if sending.sent == sending.end
            && let Some(noting) = sending.note()
        {
            noting.await;
        }
        Ok(Some((piece, sending)))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_those_of_the_standard() {
        let cases = [
            ("bytes=0-9", Some(Some((0, 10)))),
            ("bytes=90-", Some(Some((90, 100)))),
            ("bytes=90-200", Some(Some((90, 100)))),
            ("bytes=0-18446744073709551615", Some(Some((0, 100)))),
            ("bytes=-5", Some(Some((95, 100)))),
            ("bytes=-500", Some(Some((0, 100)))),
            ("bytes=100-", Some(None)),
            ("bytes=-0", Some(None)),
            ("bytes=9-0", None),
            ("bytes=0-1,5-6", None),
            ("lines=0-1", None),
            ("bytes=-", None),
        ];
        for (range, want) in cases {
            assert_eq!(wanted(range, 100), want, "{range}");
        }
        assert_eq!(wanted("bytes=0-", 0), Some(None));
    }

    #[test]
    fn a_name_is_sent_in_full_and_in_ascii_and_ends_nowhere_else() {
        let cases = [
            ("seat 7.zip", "attachment; filename=\"seat 7.zip\""),
            ("Übersicht.pdf", "attachment; filename=\"-bersicht.pdf\"; filename*=UTF-8''%C3%9Cbersicht.pdf"),
            ("a\"; x=\"b\r\n.pdf", "attachment; filename=\"a-; x=-b--.pdf\"; filename*=UTF-8''a%22%3B%20x%3D%22b%0D%0A.pdf"),
        ];
        for (name, want) in cases {
            assert_eq!(disposition(name), want, "{name}");
        }
    }

    #[test]
    fn a_digest_is_written_as_the_standard_wants() {
        assert_eq!(digest("00ff").as_deref(), Some("sha-256=:AP8=:"));
        assert_eq!(digest("not"), None);
    }
}
