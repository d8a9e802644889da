//! `[server]`: how the desk is reached.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How the server is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    pub listen: SocketAddr,
    /// Largest body of a request, in bytes.
    pub largest_body_bytes: usize,
    pub session_hours: u32,
    pub sign_in_link_minutes: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            largest_body_bytes: 2_000_000,
            session_hours: 12,
            sign_in_link_minutes: 15,
        }
    }
}

impl Server {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("server.largest_body_bytes", self.largest_body_bytes, 1_000, 1_000_000_000);
        problems.bounds("server.session_hours", self.session_hours, 1, 24 * 90);
        problems.bounds("server.sign_in_link_minutes", self.sign_in_link_minutes, 1, 24 * 60);
    }
}
