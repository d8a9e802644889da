//! What those who run the desk ask: whether it lives, and whether it can work.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;

use super::problem::Problem;
use super::server::Server;

/// How long the archive store may take to answer who asks whether the desk is ready.
const ARCHIVES_ANSWER: Duration = Duration::from_secs(2);

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
        .blocking(|_, store| Ok(store.look("look whether the store answers", |transaction| transaction.paused_lanes()).map(|_| ())?))
        .await?;
    // Without archives most of what people do here goes on: that is no reason to send them elsewhere.
    let archives = server.stored(|archives| Ok(archives.look().is_ok()));
    Ok(match tokio::time::timeout(ARCHIVES_ANSWER, archives).await {
        Ok(Ok(true)) => "ok\n",
        Ok(Ok(false) | Err(_)) | Err(_) => "ok, but the archive store is away\n",
    })
}
