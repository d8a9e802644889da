//! Signing in at somebody else's provider, by OpenID Connect.
//!
//! ```text
//! GET /sign-in/NAME           ─► to the provider, with state, nonce and the challenge of PKCE; the browser keeps one secret in a cookie
//! GET /sign-in/NAME/callback  ─► state of this browser, used once ─► code for tokens ─► claims, checked ─► standing ─► session
//! ```
//!
//! State, nonce and PKCE's verifier are made of the browser's secret, so that any server of the desk can go on; the store keeps the hash of the
//! state alone. [`client`] speaks with the provider, [`attempt`] is what the browser carries, [`sign_in`] is the two pages. What claims are worth
//! is a rule of the model (`exeunt_model::provider`).

mod attempt;
mod client;
pub mod sign_in;

use std::sync::Arc;

use exeunt_model::provider::ProviderName;

pub use client::{Fault, Provider};

use crate::configuration::Configured;
use crate::failure::Failure;

/// The providers of the configuration, in its order.
#[derive(Default)]
pub struct Providers(Vec<Arc<Provider>>);

impl Providers {
    /// Reads what the configuration says, with the secrets; nobody is asked anything before somebody signs in.
    pub fn new(configured: &Configured) -> Result<Self, Failure> {
        let configuration = &configured.configuration;
        let provider = |wanted| Provider::new(wanted, &configured.folder, &configuration.desk.public_url).map(Arc::new);
        configuration.identity_providers.iter().map(provider).collect::<Result<_, _>>().map(Self)
    }

    /// The provider of a name.
    pub fn find(&self, name: &ProviderName) -> Option<&Arc<Provider>> {
        self.0.iter().find(|provider| provider.name == *name)
    }

    /// Those that pages offer to everybody.
    pub fn listed(&self) -> impl Iterator<Item = &Arc<Provider>> {
        self.0.iter().filter(|provider| provider.is_listed)
    }
}
