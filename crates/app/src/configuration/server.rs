//! `[server]`: how the desk is reached.

use std::net::SocketAddr;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How the server is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port that the desk is reached at, by a proxy or by itself.
    pub listen: SocketAddr,
    /// Address and port of `/metrics`, for Prometheus. Without it nobody is told. It asks for no password: keep it from the public.
    pub metrics_listen: Option<SocketAddr>,
    /// Largest body of a request, in bytes.
    pub largest_body_bytes: usize,
    /// Hours that a session lives.
    pub session_hours: u32,
    /// Minutes that a link to sign in is good for.
    pub sign_in_link_minutes: u32,
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// Seconds in which a client must have sent the head of a request, and in which a connection may say nothing at all.
    pub head_seconds: u32,
    /// Seconds in which a client must have sent a request's body.
    pub body_seconds: u32,
    /// Seconds in which a request is answered. Downloads and streams of events may take longer.
    pub answer_seconds: u32,
    /// Seconds that the desk takes to finish what it is doing when it is asked to stop. Then it ends all the same.
    pub stop_seconds: u32,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            largest_body_bytes: 2_000_000,
            session_hours: 12,
            sign_in_link_minutes: 15,
            connections: 1_000,
            head_seconds: 15,
            body_seconds: 60,
            answer_seconds: 60,
            stop_seconds: 30,
        }
    }
}

impl Server {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("server.largest_body_bytes", self.largest_body_bytes, 1_000, 1_000_000_000);
        problems.bounds("server.session_hours", self.session_hours, 1, 24 * 90);
        problems.bounds("server.sign_in_link_minutes", self.sign_in_link_minutes, 1, 24 * 60);
        problems.bounds("server.connections", self.connections, 1, 1_000_000);
        problems.bounds("server.head_seconds", self.head_seconds, 1, 3_600);
        problems.bounds("server.body_seconds", self.body_seconds, 1, 3_600);
        problems.bounds("server.answer_seconds", self.answer_seconds, 1, 3_600);
        problems.bounds("server.stop_seconds", self.stop_seconds, 1, 3_600);
        if self.answer_seconds < self.body_seconds {
            problems.at(
                "server.answer_seconds",
                "a request is not answered before its body is there: this must be at least `server.body_seconds`",
            );
        }
        if self.metrics_listen.is_some_and(|other| other == self.listen && other.port() != 0) {
            problems.at("server.metrics_listen", "this is where the desk itself listens, `server.listen`: give it a port of its own");
        }
    }
}
