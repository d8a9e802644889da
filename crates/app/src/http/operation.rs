//! What those who run the desk ask: whether it lives, and whether it can work.

use std::sync::Arc;

use axum::extract::State;

use super::problem::Problem;
use super::server::Server;

/// The process lives.
pub async fn health() -> &'static str {
    "ok\n"
}

/// The store answers, and the desk isn't about to stop.
pub async fn ready(State(server): State<Arc<Server>>) -> Result<&'static str, Problem> {
    if server.wake.is_stopped() {
        return Err(Problem::unavailable("the desk is stopping".to_owned()));
    }
    server
        .blocking(|_, store| {
            store.look("look whether the store answers", |transaction| transaction.paused_lanes())?;
            Ok("ok\n")
        })
        .await
}
