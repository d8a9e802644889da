//! Downloads of archives by link: bound to whoever asked, for as long as they may still have it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Method};
use axum::response::Response;
use exeunt_model::authorization::{Action, Target};

use super::api::requests::target;
use super::caller::Caller;
use super::extract::Path;
use super::problem::Problem;
use super::secret;
use super::server::{Server, now};
use super::stored::{self, Stored};

/// Sends an archive, or a range of it. A link for one download is good until all of it has gone out.
pub async fn download(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(link): Path<String>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let hash = secret::hash(&link);
    let looked_up = hash.clone();
    let archive = server
        .reading(move |_, store| {
            let now = now();
            let found = store.look("look up a link", |transaction| {
                let Some(link) = transaction.link(&looked_up, now)? else { return Ok(None) };
                let archive = transaction.archive(&link.archive)?;
                Ok::<_, exeunt_store::Error>(archive.map(|archive| (link, archive)))
            })?;
            let bound =
                found.filter(|(link, archive)| link.principal == caller.principal.id && archive.deleted.is_none() && archive.expires > now);
            let (_, archive) = bound.ok_or_else(|| Problem::not_found(None))?;
            // Whoever lost the seat or the role since then has lost the archive with it. A link tells nobody why it is none.
            let request = store.look("read a request", |transaction| transaction.request(&archive.request))?;
            let request = request.ok_or_else(|| Problem::not_found(None))?;
            let seat = request.seat();
            let may = caller.role_for(Action::Download, target(&request, seat.as_deref())).is_some()
                // Whoever asks by another protocol fetches what it has asked for itself.
                || caller.role_for(Action::SendIntake, Target::Intake { sender: &request.requester }).is_some();
            if may { Ok(archive) } else { Err(Problem::not_found(None)) }
        })
        .await?;
    let noting: stored::Noting = Box::new(move |store, first, end| {
        store.transact("note a download", |transaction| transaction.note_served(&hash, first, end, now()))
    });
    let stored = Stored {
        object: archive.object,
        file_name: archive.file_name,
        content_type: "application/zip",
        bytes: archive.bytes,
        sha256: archive.sha256,
    };
    stored::send(&server, stored, &method, &headers, Some(noting)).await
}
