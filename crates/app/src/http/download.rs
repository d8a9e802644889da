//! Downloads by link: bound to whoever asked, in ranges, so that a broken download goes on.

use std::io::SeekFrom;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_store::desk::Archive;
use futures_util::stream;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};

use super::caller::Caller;
use super::extract::Path;
use super::problem::Problem;
use super::secret;
use super::server::{Server, now};

/// Bytes that are read at once.
const CHUNK: usize = 1 << 16;

/// Sends an archive, or a range of it.
pub async fn download(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(link): Path<String>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = secret::hash(&link);
    let by = caller.principal.id.clone();
    let looked_up = hash.clone();
    let archive = server
        .blocking(move |_, store| {
            let now = now();
            let found = store.look("look up a link", |transaction| {
                let Some(link) = transaction.link(&looked_up, now)? else { return Ok(None) };
                let archive = transaction.archive(&link.archive)?;
                Ok::<_, exeunt_store::Error>(archive.map(|archive| (link, archive)))
            })?;
            let bound = found.filter(|(link, archive)| link.principal == by && archive.deleted.is_none() && archive.expires > now);
            bound.map(|(_, archive)| archive).ok_or_else(|| Problem::not_found(None))
        })
        .await?;
    let range = headers.get(header::RANGE).and_then(|value| value.to_str().ok());
    let etag = format!("\"{}\"", archive.sha256);
    // A range of another archive than the one that was begun is of no use.
    let range = range.filter(|_| headers.get(header::IF_RANGE).is_none_or(|value| value.as_bytes() == etag.as_bytes()));
    let (first, last) = match range.and_then(|range| wanted(range, archive.bytes)) {
        Some(Some(range)) => range,
        Some(None) => {
            let mut response = Problem::no_range(None).into_response();
            put(response.headers_mut(), header::CONTENT_RANGE, format!("bytes */{}", archive.bytes));
            return Ok(response);
        }
        None => (0, archive.bytes.saturating_sub(1)),
    };
    let partial = (first, last) != (0, archive.bytes.saturating_sub(1));
    let body = body(&server, &archive, first, last, hash).await?;
    let mut response = (if partial { StatusCode::PARTIAL_CONTENT } else { StatusCode::OK }, body).into_response();
    let headers = response.headers_mut();
    put(headers, header::CONTENT_TYPE, "application/zip".to_owned());
    put(headers, header::CONTENT_LENGTH, (last + 1 - first).to_string());
    put(headers, header::ACCEPT_RANGES, "bytes".to_owned());
    put(headers, header::ETAG, etag);
    put(headers, header::CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", archive.file_name.replace(['"', '\\'], "-")));
    if partial {
        put(headers, header::CONTENT_RANGE, format!("bytes {first}-{last}/{}", archive.bytes));
    }
    Ok(response)
}

fn put(headers: &mut HeaderMap, name: header::HeaderName, value: String) {
    if let Ok(value) = HeaderValue::from_str(&value) {
        headers.insert(name, value);
    }
}

/// First and last byte of a single range (RFC 9110, 14.1.2). `None`: no range that is understood, so all of it. `Some(None)`: a range that isn't there.
fn wanted(range: &str, size: u64) -> Option<Option<(u64, u64)>> {
    let (first, last) = range.strip_prefix("bytes=")?.split_once('-')?;
    let number = |text: &str| text.trim().parse::<u64>().ok();
    match (first.trim(), last.trim()) {
        ("", "") => None,
        ("", suffix) => {
            let suffix = number(suffix)?;
            Some((suffix > 0 && size > 0).then(|| (size - suffix.min(size), size - 1)))
        }
        (first, "") => {
            let first = number(first)?;
            Some((first < size).then(|| (first, size - 1)))
        }
        (first, last) => {
            let (first, last) = (number(first)?, number(last)?);
            if last < first {
                return None;
            }
            Some((first < size).then(|| (first, last.min(size - 1))))
        }
    }
}

/// Streams the bytes; when the last one of the archive has gone out, that is noted.
async fn body(server: &Arc<Server>, archive: &Archive, first: u64, last: u64, link: String) -> Result<Body, Problem> {
    let path = server.archives.join(&archive.object);
    let mut file = tokio::fs::File::open(path).await.map_err(|_| Problem::unavailable("the archive store is away".to_owned()))?;
    file.seek(SeekFrom::Start(first)).await.map_err(|_| Problem::unavailable(None))?;
    let left = last + 1 - first;
    let ends = last + 1 == archive.bytes;
    let state = (server.clone(), file, left, archive.id.clone(), link);
    let chunks = stream::try_unfold(state, move |(server, mut file, left, archive, link)| async move {
        if left == 0 {
            return Ok::<_, std::io::Error>(None);
        }
        let mut buffer = vec![0; CHUNK.min(usize::try_from(left).unwrap_or(CHUNK))];
        file.read_exact(&mut buffer).await?;
        let left = left - buffer.len() as u64;
        if left == 0 && ends {
            let (archive, link) = (archive.clone(), link.clone());
            // A note that fails costs nobody the download: the link lives until it expires.
            let _ = server
                .blocking(move |_, store| {
                    store.transact("note a download", |transaction| {
                        transaction.note_download(&archive, now())?;
                        transaction.note_link_use(&link, now())
                    })?;
                    Ok(())
                })
                .await;
        }
        Ok(Some((buffer, (server, file, left, archive, link))))
    });
    Ok(Body::from_stream(chunks))
}

#[cfg(test)]
mod tests {
    use super::wanted;

    #[test]
    fn ranges_are_those_of_the_standard() {
        let cases = [
            ("bytes=0-9", Some(Some((0, 9)))),
            ("bytes=90-", Some(Some((90, 99)))),
            ("bytes=90-200", Some(Some((90, 99)))),
            ("bytes=-5", Some(Some((95, 99)))),
            ("bytes=-500", Some(Some((0, 99)))),
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
    }
}
