//! What an export delivered, and links to it.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use exeunt_model::authorization::Action;
use exeunt_model::identity::ArchiveId;
use exeunt_model::moment::Moment;
use exeunt_store::desk::Link;
use serde::Serialize;
use utoipa::ToSchema;

use super::requests::find;
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::page::PageQuery;
use crate::http::problem::Problem;
use crate::http::secret;
use crate::http::server::{Server, now};

/// A file of an archive.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArchiveView {
    id: String,
    part: u32,
    file_name: String,
    bytes: u64,
    sha256: String,
    created: String,
    expires: String,
    downloaded: Option<String>,
    deleted: Option<String>,
}

/// The files of a request's archive, in the order of their parts, and where the next page begins.
#[derive(Debug, Serialize, ToSchema)]
pub struct ArchiveViews {
    archives: Vec<ArchiveView>,
    /// To be given as `after`; none on the last page.
    next: Option<String>,
}

/// A link to an archive; whoever asked for the export alone can use it.
#[derive(Debug, Serialize, ToSchema)]
pub struct Issued {
    url: String,
    expires: String,
    /// It ends when all of the archive was downloaded through it.
    single_use: bool,
}

/// Lists the files of an export's archive.
#[utoipa::path(get, path = "/requests/{id}/archives", tag = "archives",
    params(("id" = String, Path, description = "32 hexadecimal digits"), PageQuery),
    responses((status = 200, body = ArchiveViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Query(page): Query<PageQuery>,
) -> Result<Json<ArchiveViews>, Problem> {
    let id = id(&request)?;
    let page = page.read::<u32>()?;
    server
        .reading(move |_, store| {
            find(store, &caller, Action::ReadRequests, &id)?;
            let after = page.after.unwrap_or(0);
            let archives = store.look("read a request's archives", |transaction| transaction.archives(&id, after, page.wanted()))?;
            let (archives, next) = page.cut(archives, |last| last.part);
            let archives = archives.into_iter().map(|archive| ArchiveView {
                id: archive.id.to_string(),
                part: archive.part,
                file_name: archive.file_name,
                bytes: archive.bytes,
                sha256: archive.sha256,
                created: archive.created.to_string(),
                expires: archive.expires.to_string(),
                downloaded: archive.downloaded.map(|at| at.to_string()),
                deleted: archive.deleted.map(|at| at.to_string()),
            });
            Ok(Json(ArchiveViews { archives: archives.collect(), next }))
        })
        .await
}

/// Issues a link to an archive. Links of before go on until they end; the archive is not built anew.
#[utoipa::path(post, path = "/archives/{id}/links", tag = "archives", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 201, body = Issued),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn issue_link(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(archive): Path<String>,
) -> Result<(StatusCode, Json<Issued>), Problem> {
    let id: ArchiveId = id(&archive)?;
    server
        .blocking(move |server, store| {
            let now = now();
            let found = store.look("read an archive", |transaction| transaction.archive(&id))?;
            let archive = found.ok_or_else(|| Problem::not_found(None))?;
            // Whoever may not know of the request may not know of its archive.
            let (_, actor) = find(store, &caller, Action::Download, &archive.request)?;
            if archive.deleted.is_some() || archive.expires <= now {
                return Err(Problem::state("the archive is deleted: ask for another export".to_owned()));
            }
            let end = Moment::from_microseconds(now.microseconds() + i64::from(server.link_minutes) * 60_000_000).unwrap_or(now);
            let expires = end.min(archive.expires);
            let secret = secret::draw();
            let link = Link { archive: id.clone(), principal: actor.principal, expires, single_use: server.single_use_links, used: None };
            store.transact("make a link", |transaction| transaction.insert_link(&secret::hash(&secret), &link, now))?;
            let url = format!("{}/download/{secret}", server.settings.public_url);
            Ok((StatusCode::CREATED, Json(Issued { url, expires: expires.to_string(), single_use: link.single_use })))
        })
        .await
}
