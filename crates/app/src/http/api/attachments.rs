//! Files of cases: customers send along what explains their case, representatives answer with what was asked for.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::response::Response;
use exeunt_engine::desk::{self, NewFile, Placed};
use exeunt_model::authorization::Action;
use exeunt_model::digest::hex;
use exeunt_model::identity::{AttachmentId, RequestId};
use exeunt_model::request::State as RequestState;
use exeunt_model::text::is_file_name;
use exeunt_store::Store;
use exeunt_store::desk::Attachment;
use futures_util::StreamExt as _;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use tokio::io::AsyncWriteExt as _;
use utoipa::ToSchema;

use super::requests::{find, target};
use crate::http::caller::Caller;
use crate::http::extract::{Json, Path, Query, id};
use crate::http::problem::Problem;
use crate::http::server::Server;
use crate::http::stored::{self, Stored};

/// Characters of a file's name at most.
const LONGEST_NAME: usize = 200;
/// Characters of the words that go with a file at most: they stand in the address. Longer ones are a message.
const LONGEST_TEXT: usize = 1_000;
/// What a file is sent as, whatever it is: nothing that a browser would show.
const SENT_AS: &str = "application/octet-stream";

/// A file of a case.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentView {
    id: String,
    /// The message that it came with.
    message: String,
    /// None once the subject was erased.
    name: Option<String>,
    /// As whoever sent it called it; it is never sent back as this.
    media_type: String,
    bytes: u64,
    /// In hexadecimal digits.
    sha256: String,
    /// When its bytes were deleted.
    deleted: Option<String>,
}

/// The files of a case, in the order in which they came.
#[derive(Debug, Serialize, ToSchema)]
pub struct AttachmentViews {
    attachments: Vec<AttachmentView>,
}

/// What a file is called, and what is said about it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct About {
    name: String,
    #[serde(default)]
    internal: bool,
    #[serde(default)]
    text: String,
}

/// Lists the files of a case, at most 100; internal ones for those who may read them.
#[utoipa::path(get, path = "/requests/{id}/attachments", tag = "cases", params(("id" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, body = AttachmentViews),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn list(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
) -> Result<Json<AttachmentViews>, Problem> {
    let id: RequestId = id(&request)?;
    server
        .reading(move |_, store| {
            let internal = reads_notes(store, &caller, &id)?;
            let attachments = store.look("read attachments", |transaction| transaction.attachments_of(&id, internal))?;
            Ok(Json(AttachmentViews { attachments: attachments.into_iter().map(view).collect() }))
        })
        .await
}

/// Attaches a file to a case: the body is the file, its Content-Type what it is. The other side is written to, but for an internal one.
#[utoipa::path(post, path = "/requests/{id}/attachments", tag = "cases",
    request_body(content = String, description = "The file as it is", content_type = "application/octet-stream"),
    params(("id" = String, Path, description = "32 hexadecimal digits"),
           ("name" = String, Query, description = "The file's name, without a folder", min_length = 1, max_length = 200),
           ("internal" = Option<bool>, Query, description = "For the platform's people alone"),
           ("text" = Option<String>, Query, description = "Words that go with it", max_length = 1000)),
    responses((status = 201, body = AttachmentView),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn attach(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path(request): Path<String>,
    Query(about): Query<About>,
    headers: HeaderMap,
    body: Body,
) -> Result<(StatusCode, Json<AttachmentView>), Problem> {
    let id: RequestId = id(&request)?;
    // Nobody sends a large file to learn that it isn't wanted.
    let (actor, id, about) = server
        .reading(move |_, store| {
            let action = if about.internal { Action::HandleCase } else { Action::TalkInCase };
            let (found, actor) = find(store, &caller, action, &id)?;
            match found.state {
                RequestState::Case(_) if !found.state.is_final() && found.personal.is_some() => {}
                RequestState::Case(_) | RequestState::Export(_) | RequestState::Erasure(_) => {
                    return Err(desk::Error::NothingToDecide.into());
                }
            }
            check(&about)?;
            Ok((actor, id, about))
        })
        .await?;
    let Received { file, bytes, sha256 } = receive(&server, &headers, body).await?;
    let media_type = media_type(&headers);
    let placed = Arc::new(server.with(|context| Placed::draw(context, &id)));
    // The archive store may take minutes: nobody else waits for a connection to our own store meanwhile.
    let (place, digest) = (placed.clone(), sha256.clone());
    server.stored(move |archives| Ok(place.store(archives, &file, &digest)?)).await?;
    let place = placed.clone();
    let noted = server
        .blocking(move |server, store| {
            let by_platform = actor.role.is_of_the_desk();
            let new =
                NewFile { name: &about.name, media_type: &media_type, bytes, sha256: &sha256, text: &about.text, internal: about.internal };
            Ok(server.with(|context| desk::attach(store, context, &actor, &id, &place, &new, by_platform)))
        })
        .await?;
    match noted {
        Ok(attached) => Ok((StatusCode::CREATED, Json(view(attached)))),
        Err(error) => {
            // Where it may have been noted, whoever sweeps asks the store first.
            if !error.is_outcome_unknown() {
                server
                    .stored(move |archives| {
                        placed.discard(archives);
                        Ok(())
                    })
                    .await?;
            }
            Err(error.into())
        }
    }
}

/// Sends a file of a case, or a range of it, to be saved.
#[utoipa::path(get, path = "/requests/{id}/attachments/{attachment}", tag = "cases",
    params(("id" = String, Path, description = "32 hexadecimal digits"),
           ("attachment" = String, Path, description = "32 hexadecimal digits")),
    responses((status = 200, description = "The file", content_type = "application/octet-stream"),
              (status = 206, description = "A range of it", content_type = "application/octet-stream"),
              (status = 304, description = "It is as it was"),
              (status = "4XX", body = Problem, content_type = "application/problem+json"),
              (status = "5XX", body = Problem, content_type = "application/problem+json")))]
pub async fn download(
    State(server): State<Arc<Server>>,
    caller: Caller,
    Path((request, attachment)): Path<(String, String)>,
    method: Method,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let request: RequestId = id(&request)?;
    let attachment: AttachmentId = id(&attachment)?;
    let found = server
        .reading(move |_, store| {
            let internal = reads_notes(store, &caller, &request)?;
            let found = store.look("read an attachment", |transaction| transaction.attachment_of(&request, &attachment, internal))?;
            found.filter(|found| found.deleted.is_none()).ok_or_else(|| Problem::not_found(None))
        })
        .await?;
    let stored = Stored {
        file_name: found.name.unwrap_or_else(|| found.id.to_string()),
        object: found.object,
        content_type: SENT_AS,
        bytes: found.bytes,
        sha256: found.sha256,
    };
    stored::send(&server, stored, &method, &headers, None).await
}

/// Makes sure that the caller may read the case, and tells whether internal notes too.
fn reads_notes(store: &Store, caller: &Caller, id: &RequestId) -> Result<bool, Problem> {
    let (found, _) = find(store, caller, Action::ReadCase, id)?;
    let seat = found.seat();
    Ok(caller.role_for(Action::ReadNotes, target(&found, seat.as_deref())).is_some())
}

fn check(about: &About) -> Result<(), Problem> {
    if about.name.chars().count() > LONGEST_NAME || !is_file_name(&about.name) {
        let wanted = "a file's name has 1 to 200 characters, no slashes, no control characters and none that turn its order around, is not all dots, and \
                      no device's as `con` is";
        return Err(Problem::unprocessable(wanted.to_owned()));
    }
    match about.text.chars().count() > LONGEST_TEXT {
        true => Err(Problem::unprocessable("the words that go with a file have at most 1000 characters: write a message".to_owned())),
        false => Ok(()),
    }
}

/// What whoever sends a file says that it is.
fn media_type(headers: &HeaderMap) -> String {
    let said = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or(SENT_AS);
    let essence = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_token = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$&-^_.+".contains(&byte));
    let fits = essence.len() <= 100 && essence.split_once('/').is_some_and(|(one, other)| is_token(one) && is_token(other));
    if fits { essence } else { SENT_AS.to_owned() }
}

/// A body that is in the spool as a whole.
struct Received {
    file: std::fs::File,
    bytes: u64,
    sha256: String,
}

/// Takes a body into the spool, however large it is.
async fn receive(server: &Arc<Server>, headers: &HeaderMap, body: Body) -> Result<Received, Problem> {
    let most = server.largest_attachment_bytes;
    let too_large = || Problem::too_large(format!("a file has at most {most} bytes"));
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()).and_then(|text| text.parse::<u64>().ok());
    if announced.is_some_and(|bytes| bytes > most) {
        return Err(too_large());
    }
    let full = || Problem::unavailable("the desk cannot take files now: try again".to_owned());
    let spool = server.spool.clone();
    let file = tokio::task::spawn_blocking(move || spool.scratch()).await.ok().and_then(Result::ok).ok_or_else(full)?;
    let mut file = tokio::fs::File::from_std(file);
    let (mut bytes, mut hash) = (0, Sha256::new());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| Problem::bad_request("the file ended before its end".to_owned()))?;
        bytes += piece.len() as u64;
        if bytes > most {
            return Err(too_large());
        }
        hash.update(&piece);
        file.write_all(&piece).await.map_err(|_| full())?;
    }
    file.flush().await.map_err(|_| full())?;
    Ok(Received { file: file.into_std().await, bytes, sha256: hex(&hash.finalize()) })
}

fn view(attachment: Attachment) -> AttachmentView {
    AttachmentView {
        id: attachment.id.to_string(),
        message: attachment.message.to_string(),
        name: attachment.name,
        media_type: attachment.media_type,
        bytes: attachment.bytes,
        sha256: attachment.sha256,
        deleted: attachment.deleted.map(|at| at.to_string()),
    }
}
