//! `[[identity_providers]]`: where else people may sign in.

use std::collections::BTreeSet;
use std::path::PathBuf;

use exeunt_model::provider::{ProviderName, RoleClaims, SpeaksFor, Trust};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problems, Secret};
use crate::failure::{ExitCode, Failure, OrFail};

/// A provider of OpenID Connect, by whom the platform's own people or those of one contract sign in.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdentityProvider {
    /// In the path `/sign-in/NAME`: small letters, digits and hyphens.
    #[schemars(with = "String")]
    pub name: ProviderName,
    /// What the button says; without it, the name.
    pub label: Option<String>,
    /// The provider's own address: what `/.well-known/openid-configuration` is put behind.
    pub issuer: String,
    /// What the provider calls the desk.
    pub client_id: String,
    /// A file with the client's secret, relative to the configuration. `EXEUNT_IDENTITY_PROVIDER_NAME_SECRET` in the environment goes before it.
    pub client_secret_file: Option<PathBuf>,
    /// What is asked for beside `openid`.
    #[serde(default = "scopes")]
    pub scopes: Vec<String>,
    /// The domains of the addresses that it may name. A contract's provider needs them.
    #[serde(default)]
    pub domains: BTreeSet<String>,
    /// Whether the sign-in page offers it. Without it, the platform's own are; those of contracts are reached by their path alone, so that
    /// nobody reads there who the customers are.
    pub listed: Option<bool>,
    /// For a provider of one contract's people: the contract's key. Their roles are those of their seats there.
    pub contract: Option<String>,
    /// For the provider of the platform's own people: which claims give which role.
    pub roles: Option<Roles>,
}

fn scopes() -> Vec<String> {
    vec!["email".to_owned()]
}

/// Which claims give which role to the platform's own people.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Roles {
    /// The claim with a person's groups or roles: its name, or names with dots between that lead into it.
    pub claim: String,
    /// Values of the claim that make an operator.
    #[serde(default)]
    pub operator: BTreeSet<String>,
    /// Values of the claim that make an auditor.
    #[serde(default)]
    pub auditor: BTreeSet<String>,
    /// Values of the claim that make a representative.
    #[serde(default)]
    pub representative: BTreeSet<String>,
    /// The claim with the keys of the contracts that a representative is in charge of.
    #[serde(default = "contracts_claim")]
    pub contracts_claim: String,
    /// Takes addresses for verified where the provider does not say whether they are: for providers in which people cannot choose their own.
    #[serde(default)]
    pub assume_verified: bool,
}

fn contracts_claim() -> String {
    "contracts".to_owned()
}

impl IdentityProvider {
    /// Notes what is wrong with it. `place` is its place in the list, with the name of the section.
    pub fn validate(&self, place: &str, problems: &mut Problems) {
        let key = |part: &str| format!("{place}.{part}");
        if self.name.as_str() == "link" {
            problems.at(key("name"), "/sign-in/link is a page of the desk: choose another name");
        }
        let issuer = reqwest::Url::parse(&self.issuer).ok().filter(|url| url.host_str().is_some() && url.query().is_none());
        match issuer {
            Some(url) if url.scheme() == "https" || is_this_machine(&url) => {}
            Some(_) | None => {
                let message = "write an https:// address without a question mark; http:// leads to this machine alone";
                problems.at(key("issuer"), message);
            }
        }
        if self.client_id.is_empty() {
            problems.at(key("client_id"), "it is empty");
        }
        match (&self.contract, &self.roles) {
            (Some(_), Some(_)) | (None, None) => {
                problems.at(key("contract"), "write either `contract`, or `[identity_providers.roles]` for the platform's own people");
            }
            (Some(_), None) if self.domains.is_empty() => {
                problems.at(key("domains"), "a contract's provider needs the domains of its people's addresses");
            }
            (Some(_), None) => {}
            (None, Some(roles)) => {
                if roles.operator.is_empty() && roles.auditor.is_empty() && roles.representative.is_empty() {
                    problems.at(key("roles"), "no value gives a role: fill `operator`, `auditor` or `representative`");
                }
            }
        }
        for domain in &self.domains {
            if format!("a@{domain}").parse::<exeunt_model::identity::EmailAddress>().is_err() || domain.to_lowercase() != *domain {
                problems.at(key("domains"), format!("`{domain}` is no domain in small letters"));
            }
        }
        if self.secret_variable().is_none() && self.client_secret_file.is_none() {
            problems.at(key("client_secret_file"), format!("name the file of the client's secret, or set {}", self.secret_name()));
        }
    }

    /// Whether the sign-in page offers it.
    pub fn is_listed(&self) -> bool {
        self.listed.unwrap_or(self.contract.is_none())
    }

    /// What the desk believes of it.
    pub fn trust(&self) -> Trust {
        let speaks_for = match (&self.contract, &self.roles) {
            (None, Some(roles)) => SpeaksFor::Platform(RoleClaims {
                claim: roles.claim.clone(),
                operator: roles.operator.clone(),
                auditor: roles.auditor.clone(),
                representative: roles.representative.clone(),
                contracts_claim: roles.contracts_claim.clone(),
            }),
            // Without either, nobody is known by it; the configuration is refused before.
            (contract, _) => SpeaksFor::Contract { contract: contract.clone().unwrap_or_default() },
        };
        let assume_verified = self.contract.is_none() && self.roles.as_ref().is_some_and(|roles| roles.assume_verified);
        Trust { speaks_for, domains: self.domains.clone(), assume_verified }
    }

    /// The client's secret, from the environment or its file.
    pub fn secret(&self, folder: &std::path::Path) -> Result<Secret, Failure> {
        if let Some(secret) = self.secret_variable() {
            return Ok(secret);
        }
        let path = folder.join(self.client_secret_file.clone().unwrap_or_default());
        let text = std::fs::read_to_string(&path)
            .or_fail(ExitCode::NotFound, || format!("read the client's secret of `{}`, {}", self.name, path.display()))?;
        Ok(text.trim().to_owned().into())
    }

    /// The variable that has its secret.
    pub fn secret_name(&self) -> String {
        format!("EXEUNT_IDENTITY_PROVIDER_{}_SECRET", self.name.as_str().replace('-', "_").to_uppercase())
    }

    fn secret_variable(&self) -> Option<Secret> {
        std::env::var(self.secret_name()).ok().filter(|secret| !secret.is_empty()).map(Secret::from)
    }
}

/// Whether an address leads to this machine, without encryption.
pub fn is_this_machine(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let address = host.trim_start_matches('[').trim_end_matches(']').parse::<std::net::IpAddr>();
    url.scheme() == "http" && (host == "localhost" || address.is_ok_and(|address| address.is_loopback()))
}
