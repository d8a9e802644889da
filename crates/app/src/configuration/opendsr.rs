//! `[opendsr]`: requests by OpenDSR.

use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// Requests of controllers by OpenDSR 2, under `/opendsr`. They are taken where `domain`, `certificate` and `key` are given.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct OpenDsr {
    /// The domain that controllers reach the desk at, and that the certificate was issued for.
    pub domain: Option<String>,
    /// A file of PEM: the certificate of a public authority for the domain, and those between the two.
    pub certificate: Option<PathBuf>,
    /// A file of PEM with the certificate's private key (PKCS#8): RSA, or ECDSA on P-256. It is read when the desk starts.
    pub key: Option<PathBuf>,
    /// Who may send requests.
    pub controllers: Vec<Controller>,
}

/// A controller.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Controller {
    /// How answers call it.
    pub id: String,
    /// SHA-256 of its bearer token, in hexadecimal digits. The token itself stands nowhere here.
    pub token_sha256: String,
    /// The contracts whose seats its requests reach.
    #[serde(default)]
    pub contracts: Vec<String>,
    /// It is the platform's own privacy tool: its requests reach every contract, and persons of none.
    #[serde(default)]
    pub every_contract: bool,
}

/// More would be looked through one after the other.
const MOST_CONTRACTS: usize = 20;

impl OpenDsr {
    pub fn validate(&self, problems: &mut Problems) {
        let given = [self.domain.is_some(), self.certificate.is_some(), self.key.is_some()];
        if given.contains(&true) && given.contains(&false) {
            problems.at("opendsr", "domain, certificate and key belong together: give all of them, or none");
        }
        for (place, controller) in self.controllers.iter().enumerate() {
            let at = |key: &str| format!("opendsr.controllers[{place}].{key}");
            if controller.id.is_empty() {
                problems.at(at("id"), "this is empty: write how answers call the controller");
            }
            if self.controllers[..place].iter().any(|other| other.id == controller.id) {
                problems.at(at("id"), "another controller has this id");
            }
            if self.controllers[..place].iter().any(|other| other.token_sha256 == controller.token_sha256) {
                problems.at(at("token_sha256"), "another controller has this token");
            }
            let is_hash = controller.token_sha256.len() == 64
                && controller.token_sha256.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
            if !is_hash {
                problems.at(at("token_sha256"), "this is no SHA-256: write its 64 hexadecimal digits, as `sha256sum` does");
            }
            match (controller.contracts.len(), controller.every_contract) {
                (0, false) => problems.at(at("contracts"), "name the contracts that it reaches, or say `every_contract = true`"),
                (1.., true) => problems.at(at("contracts"), "with `every_contract` none is named"),
                (contracts, false) if contracts > MOST_CONTRACTS => {
                    problems.at(at("contracts"), format!("there are more than {MOST_CONTRACTS}; make several controllers of it"));
                }
                _ => {}
            }
        }
    }
}
