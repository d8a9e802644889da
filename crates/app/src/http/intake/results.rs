//! What an export yielded, for whoever sent the request.
//!
//! The address of the results is no secret: whoever opens it must send the sender's own token, and is led on to a link that is made for this
//! very principal, ends soon, and ends with the archive. So nothing that was ever told to a sender opens an archive by itself.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use exeunt_engine::desk::intake::Outcome;
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use exeunt_store::desk::Link;
use serde::Serialize;

use super::Sender;
use crate::http::problem::Problem;
use crate::http::secret;
use crate::http::server::{Server, now};

/// The files, where there are several.
#[derive(Debug, Serialize)]
struct Files {
    results: Vec<File>,
}

#[derive(Debug, Serialize)]
struct File {
    url: String,
    file_name: String,
    bytes: u64,
    sha256: String,
    expires: Moment,
}

/// Leads to the only file, or lists several. `None` where there is none to be fetched.
pub fn of(server: &Server, store: &mut Store, sender: &Sender, outcome: &Outcome) -> Result<Option<Response>, Problem> {
    let now = now();
    let end = Moment::from_microseconds(now.microseconds() + i64::from(server.link_minutes) * 60_000_000).unwrap_or(now);
    let by = &sender.caller.principal.id;
    let files = store.transact("make links", |transaction| {
        let mut files = Vec::new();
        for export in &outcome.exports {
            for archive in transaction.archives_of(export)? {
                if archive.deleted.is_some() || archive.expires <= now {
                    continue;
                }
                let secret = secret::draw();
                let expires = end.min(archive.expires);
                let link = Link { archive: archive.id, principal: by.clone(), expires, single_use: server.single_use_links, used: None };
                transaction.insert_link(&secret::hash(&secret), &link, now)?;
                let url = format!("{}/download/{secret}", server.settings.public_url);
                files.push(File { url, file_name: archive.file_name, bytes: archive.bytes, sha256: archive.sha256, expires });
            }
        }
        Ok::<_, exeunt_store::Error>(files)
    })?;
    Ok(match files.as_slice() {
        [] => None,
        [only] => Some((StatusCode::SEE_OTHER, [(header::LOCATION, only.url.clone())]).into_response()),
        _ => Some(axum::Json(Files { results: files }).into_response()),
    })
}
