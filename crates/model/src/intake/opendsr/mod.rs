//! OpenDSR 2.0 as a processor speaks it (<https://github.com/opengdpr/OpenDSR>).
//!
//! ```text
//! opendsr ─┬─ discovery  what is offered here
//!          ├─ request    what a controller asks for, and about whom
//!          └─ answer     what is answered: receipt, status, callback, cancellation, and the headers by which they are signed
//! ```
//!
//! # Signatures
//! Answers and callbacks must be signed with a key of RSA, DSA or ECDSA (FIPS 186-4) whose certificate a public authority has issued to the
//! processor's domain. The Ed25519 keys that sign archives and certificates are none of these, have no such certificate, and are never used
//! here. So OpenDSR can be offered only where the operator has got a key and a certificate for it: [`Discovery`] cannot be made without the
//! address of the certificate, and [`signature_headers`] takes the finished signature over the raw body (SHA-256, in the key's own algorithm).
//! The property `processor_signature` that section 7.3 lists besides cannot stand in the body that it signs; as in the examples of the
//! specification, the header carries it.

mod answer;
mod discovery;
mod request;

pub use answer::{
    Callback, Cancelled, DOMAIN_HEADER, ErrorBody, ErrorContent, ErrorDetail, Receipt, SIGNATURE_HEADER, Standing, Status, StatusAnswer,
    callback, cancellation, cancelled, receipt, signature_headers, status,
};
pub use discovery::{Discovery, SupportedIdentity};
pub use request::{Error, Identity, IdentityFormat, IdentityType, Regulation, Request, RequestType, SubjectRequestId, request};

#[cfg(test)]
mod tests;
