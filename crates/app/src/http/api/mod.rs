//! The API, one file per noun. Its OpenAPI document is made from these functions.

pub mod accounts;
pub mod archives;
pub mod attachments;
pub mod bulk;
pub mod cases;
pub mod categories;
pub mod closures;
pub mod contracts;
pub mod exits;
pub mod holds;
pub mod identity_providers;
pub mod jobs;
pub mod me;
pub mod plans;
pub mod previews;
pub mod progress;
pub mod requests;
pub mod session;
pub mod sessions;
pub mod settings;
pub mod tokens;
pub mod webhooks;

use std::sync::Arc;

use axum::{Router, routing};
use utoipa::OpenApi;

use super::server::Server;

/// The document that describes the API.
#[derive(OpenApi)]
#[openapi(
    info(title = "Exeunt", description = "The exit desk: exports and erasures of customer data, by seat or by contract.\n\n\
        Lists come in pages: the `next` of one page is the `after` of the one behind it.\n\n\
        What is shown alone and can be changed has an `ETag`. Sent as `If-None-Match`, it is not sent again unless it is another one by now. Sent as \
        `If-Match` with a change, nothing is changed that somebody else has changed since: the answer is 412."),
    servers((url = "/api/v1")),
    paths(
        accounts::list, accounts::show, accounts::put, accounts::close,
        archives::list, archives::issue_link,
        attachments::list, attachments::attach, attachments::download,
        bulk::submit,
        cases::list, cases::say, cases::step,
        closures::list,
        contracts::show, contracts::seats,
        exits::list, exits::give_notice, exits::show, exits::act,
        holds::list, holds::show, holds::place, holds::lift,
        identity_providers::list,
        jobs::list, jobs::pause,
        me::show,
        plans::show,
        previews::make,
        progress::follow,
        requests::list::list, requests::submit::submit, requests::show::show, requests::show::events, requests::show::certificate,
        requests::decide::approve, requests::decide::reject, requests::decide::cancel, requests::decide::waive, requests::decide::extend,
        requests::decide::handle,
        settings::show, settings::choose,
        session::ask, session::sign_in, session::sign_out,
        sessions::list, sessions::end,
        tokens::list, tokens::make, tokens::show, tokens::revoke,
        webhooks::list, webhooks::make, webhooks::show, webhooks::change, webhooks::remove, webhooks::change_secret, webhooks::try_out,
        webhooks::deliveries, webhooks::deliver_again,
    )
)]
pub struct Document;

/// All endpoints of the API.
pub fn router() -> Router<Arc<Server>> {
    use routing::{get, post};
    Router::new()
        .route("/openapi.json", get(|| async { axum::Json(Document::openapi()) }))
        .route("/sign-in", post(session::ask))
        .route("/session", post(session::sign_in).delete(session::sign_out))
        .route("/sessions", get(sessions::list).delete(sessions::end))
        .route("/identity-providers", get(identity_providers::list))
        .route("/me", get(me::show))
        .route("/contracts/{contract}", get(contracts::show))
        .route("/contracts/{contract}/seats", get(contracts::seats))
        .route("/contracts/{contract}/closures", get(closures::list))
        .route("/contracts/{contract}/holds", get(holds::list))
        .route("/contracts/{contract}/settings", get(settings::show).put(settings::choose))
        .route("/contracts/{contract}/exits", get(exits::list).post(exits::give_notice))
        .route("/exits/{id}", get(exits::show))
        .route("/exits/{id}/acts", post(exits::act))
        .route("/holds", post(holds::place))
        .route("/holds/{id}", get(holds::show))
        .route("/holds/{id}/lift", post(holds::lift))
        .route("/jobs", get(jobs::list))
        .route("/lanes/{lane}", routing::put(jobs::pause))
        .route("/accounts", get(accounts::list).put(accounts::put))
        .route("/accounts/{id}", get(accounts::show).delete(accounts::close))
        .route("/bulk", post(bulk::submit))
        .route("/requests/{id}/messages", get(cases::list).post(cases::say))
        .route("/requests/{id}/case", post(cases::step))
        .route("/requests/{id}/attachments", get(attachments::list).post(attachments::attach))
        .route("/requests/{id}/attachments/{attachment}", get(attachments::download))
        .route("/previews", post(previews::make))
        .route("/requests", get(requests::list::list).post(requests::submit::submit))
        .route("/requests/{id}", get(requests::show::show))
        .route("/requests/{id}/events", get(requests::show::events))
        .route("/requests/{id}/approve", post(requests::decide::approve))
        .route("/requests/{id}/reject", post(requests::decide::reject))
        .route("/requests/{id}/cancel", post(requests::decide::cancel))
        .route("/requests/{id}/waive-export", post(requests::decide::waive))
        .route("/requests/{id}/extend", post(requests::decide::extend))
        .route("/requests/{id}/handle", post(requests::decide::handle))
        .route("/requests/{id}/plan", get(plans::show))
        .route("/requests/{id}/certificate", get(requests::show::certificate))
        .route("/requests/{id}/archives", get(archives::list))
        .route("/requests/{id}/progress", get(progress::follow))
        .route("/archives/{id}/links", post(archives::issue_link))
        .route("/tokens", get(tokens::list).post(tokens::make))
        .route("/tokens/{id}", get(tokens::show).delete(tokens::revoke))
        .route("/webhooks", get(webhooks::list).post(webhooks::make))
        .route("/webhooks/{id}", get(webhooks::show).put(webhooks::change).delete(webhooks::remove))
        .route("/webhooks/{id}/secret", post(webhooks::change_secret))
        .route("/webhooks/{id}/test", post(webhooks::try_out))
        .route("/webhooks/{id}/deliveries", get(webhooks::deliveries))
        .route("/webhooks/{id}/deliveries/{delivery}", post(webhooks::deliver_again))
}
