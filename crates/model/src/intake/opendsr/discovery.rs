//! What is offered here (section 6).

use serde::Serialize;

use super::request::{IdentityFormat, IdentityType, RequestType, SUPPORTED_IDENTITIES};

/// The answer to `GET /discovery`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct Discovery {
    pub api_version: String,
    pub supported_identities: Vec<SupportedIdentity>,
    pub supported_subject_request_types: Vec<RequestType>,
    /// Where the certificate can be fetched whose key signs answers and callbacks.
    pub processor_certificate: String,
}

/// A way to say whom a request is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, schemars::JsonSchema)]
pub struct SupportedIdentity {
    pub identity_type: IdentityType,
    pub identity_format: IdentityFormat,
}

impl Discovery {
    /// What Exeunt offers, with the address of the operator's certificate, on the domain of this document.
    pub fn new(processor_certificate: &str) -> Self {
        let supported = |(identity_type, identity_format)| SupportedIdentity { identity_type, identity_format };
        Self {
            api_version: "2.0".to_owned(),
            supported_identities: SUPPORTED_IDENTITIES.into_iter().map(supported).collect(),
            supported_subject_request_types: RequestType::ALL.to_vec(),
            processor_certificate: processor_certificate.to_owned(),
        }
    }
}
