//! Two questions that the client has no function for: which uploads are unfinished, and whether the bucket keeps old versions.

use std::time::Duration;

use exeunt_model::moment::Moment;
use object_store::path::Path;
use object_store::signer::{SignedUrlOptions, Signer as _};
use serde::Deserialize;

use super::super::{Error, Extent, Listed};
use super::Bucket;
use super::refused::{refused, refused_status, unreachable};

/// Signatures are used at once.
const SIGNED_FOR: Duration = Duration::from_secs(60);
/// Tries of a question whose answer got lost.
const TRIES: u32 = 4;

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Uploads {
    #[serde(default)]
    is_truncated: bool,
    #[serde(default)]
    next_key_marker: String,
    #[serde(default)]
    next_upload_id_marker: String,
    #[serde(default, rename = "Upload")]
    uploads: Vec<Upload>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Upload {
    key: String,
    upload_id: String,
    initiated: Option<String>,
}

/// Uploads below a path that were begun and neither completed nor given up.
pub(super) async fn unfinished(bucket: &Bucket, below: &Path) -> Result<Vec<Listed>, Error> {
    const DOING: &str = "list unfinished uploads";
    let prefix = if below.as_ref().is_empty() { String::new() } else { format!("{below}/") };
    let mut found = Vec::new();
    let (mut key, mut upload) = (String::new(), String::new());
    loop {
        let mut question = vec![("uploads", ""), ("prefix", prefix.as_str())];
        if !key.is_empty() {
            question.extend([("key-marker", key.as_str()), ("upload-id-marker", upload.as_str())]);
        }
        let (status, body) = ask(bucket, DOING, &question).await?;
        if status != 200 {
            return Err(refused_status(DOING, status, &body));
        }
        let page: Uploads = quick_xml::de::from_str(&body).map_err(|_| refused_status(DOING, status, ""))?;
        found.extend(page.uploads.into_iter().filter_map(|upload| {
            let since = upload.initiated.and_then(|initiated| initiated.parse().map(Moment::new).ok());
            Some(Listed { name: bucket.name(&upload.key)?, since, extent: Extent::Unfinished { upload: upload.upload_id } })
        }));
        if !page.is_truncated || (&page.next_key_marker, &page.next_upload_id_marker) == (&key, &upload) {
            return Ok(found);
        }
        (key, upload) = (page.next_key_marker, page.next_upload_id_marker);
    }
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Versioning {
    status: Option<String>,
}

/// Whether what is deleted stays as an old version. A store that knows nothing of versions has none.
pub(super) async fn keeps_versions(bucket: &Bucket) -> Result<bool, Error> {
    const DOING: &str = "look at the bucket";
    let (status, body) = ask(bucket, DOING, &[("versioning", "")]).await?;
    match status {
        200 => {
            let versioning: Option<Versioning> = quick_xml::de::from_str(&body).ok();
            Ok(versioning.and_then(|versioning| versioning.status).is_some_and(|status| status == "Enabled"))
        }
        // Credentials that may not ask this are common; those that are wrong are refused by the next question.
        400 | 403 | 405 | 501 => Ok(false),
        _ => Err(refused_status(DOING, status, &body)),
    }
}

/// Asks the bucket itself, and returns status and body.
async fn ask(bucket: &Bucket, doing: &'static str, question: &[(&str, &str)]) -> Result<(u16, String), Error> {
    let mut tried = 0;
    loop {
        tried += 1;
        let options = SignedUrlOptions::default().with_query(question.iter().copied());
        let url = bucket.inner.client.signed_url_opts(reqwest::Method::GET, &Path::default(), SIGNED_FOR, &options).await;
        let url = url.map_err(|error| refused(doing, &error))?;
        let answered = match bucket.inner.http.get(url).send().await {
            Ok(answer) => {
                let status = answer.status().as_u16();
                answer.text().await.map(|body| (status, body))
            }
            Err(error) => Err(error),
        };
        match answered {
            Ok((status, body)) if status < 500 || status == 501 || tried == TRIES => return Ok((status, body)),
            Err(error) if tried == TRIES => return Err(unreachable(doing, error)),
            Ok(_) | Err(_) => tokio::time::sleep(Duration::from_millis(100 << tried)).await,
        }
    }
}
