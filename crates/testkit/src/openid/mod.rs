//! Providers of OpenID Connect for tests: a certified one, and one that answers whatever a test wants.

mod forged;

use std::io::{BufRead as _, BufReader};
use std::process::{Child, ChildStdout, Stdio};

use serde_json::{Value, json};

pub use forged::{ForgedProvider, Key, unsigned};

use crate::tools;

/// A running provider that other people wrote (`oidc-provider` of npm). Dropping it stops it.
#[derive(Debug)]
pub struct OpenIdProvider {
    child: Child,
    /// What it says further on is for nobody, but it must be able to say it.
    _said: BufReader<ChildStdout>,
    issuer: String,
}

/// The client that both providers know.
pub const CLIENT_ID: &str = "exit-desk";
/// Its secret. Some of it must be percent-encoded in the header.
pub const CLIENT_SECRET: &str = "a secret: of tests + of nobody else";

impl OpenIdProvider {
    /// Starts it on a free port, with the claims of each account by its login.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(redirects: &[&str], accounts: &Value) -> Self {
        let client = json!({ "client_id": CLIENT_ID, "client_secret": CLIENT_SECRET, "redirect_uris": redirects });
        let (mut node, packages) = tools::node();
        let script = packages.join("provider.mjs");
        // Beside its packages, where node looks for them.
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/openid/provider.mjs"), &script).expect("copy the provider's script");
        let mut child = node
            .arg(script)
            .arg(json!({ "client": client, "accounts": accounts }).to_string())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("start the provider");
        let mut said = BufReader::new(child.stdout.take().expect("its output"));
        let mut issuer = String::new();
        said.read_line(&mut issuer).expect("read a line");
        assert!(issuer.starts_with("http://"), "the provider ended");
        Self { child, _said: said, issuer: issuer.trim().to_owned() }
    }

    /// Its address.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }
}

impl Drop for OpenIdProvider {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
