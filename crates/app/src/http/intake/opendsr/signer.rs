//! The key that signs answers and callbacks, and the certificate by which anybody checks them.

use std::sync::Arc;

use rustls::SignatureScheme;
use rustls::client::verify_server_name;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SigningKey};

/// Key and certificates cannot sign for the domain.
#[derive(Debug, thiserror::Error)]
pub enum SignerError {
    #[error("the certificate is no PEM with at least one certificate")]
    Certificate,
    #[error("the key is no PEM with a private key in PKCS#8")]
    Key,
    #[error("the key is neither of RSA nor of ECDSA on P-256")]
    Algorithm,
    #[error("the key is not the certificate's")]
    Mismatch,
    #[error("the certificate was not issued for {domain}")]
    Domain { domain: String },
}

/// Signs with SHA-256 and PKCS #1 1.5 for RSA, or ECDSA on P-256.
pub struct Signer {
    domain: String,
    /// The certificate and those between it and its authority, as the operator has them.
    chain: String,
    key: Arc<dyn SigningKey>,
}

/// What the specification calls SHA-256 with an algorithm of FIPS 186-4.
const SCHEMES: [SignatureScheme; 2] = [SignatureScheme::RSA_PKCS1_SHA256, SignatureScheme::ECDSA_NISTP256_SHA256];

impl Signer {
    /// A signer for a domain, with certificates and key as PEM.
    ///
    /// # Errors
    /// Nobody would believe what it signs.
    pub fn new(domain: &str, chain: &str, key: &[u8]) -> Result<Self, SignerError> {
        let certificates: Vec<CertificateDer<'static>> =
            CertificateDer::pem_slice_iter(chain.as_bytes()).collect::<Result<_, _>>().map_err(|_| SignerError::Certificate)?;
        let first = certificates.first().cloned().ok_or(SignerError::Certificate)?;
        let key = PrivatePkcs8KeyDer::from_pem_slice(key).map_err(|_| SignerError::Key)?;
        let key = any_supported_type(&PrivateKeyDer::Pkcs8(key)).map_err(|_| SignerError::Algorithm)?;
        if key.choose_scheme(&SCHEMES).is_none() {
            return Err(SignerError::Algorithm);
        }
        let certified = CertifiedKey::new(certificates, key.clone());
        certified.keys_match().map_err(|_| SignerError::Mismatch)?;
        let wrong_domain = || SignerError::Domain { domain: domain.to_owned() };
        let name = ServerName::try_from(domain.to_owned()).map_err(|_| wrong_domain())?;
        let parsed = ParsedCertificate::try_from(&first).map_err(|_| SignerError::Certificate)?;
        verify_server_name(&parsed, &name).map_err(|_| wrong_domain())?;
        Ok(Self { domain: domain.to_owned(), chain: chain.to_owned(), key })
    }

    /// The domain that the certificate was issued for.
    pub fn domain(&self) -> &str {
        &self.domain
    }

    /// The certificates as PEM.
    pub fn chain(&self) -> &str {
        &self.chain
    }

    /// The signature over a raw body; `None` when the machine has no randomness for it.
    pub fn sign(&self, body: &[u8]) -> Option<Vec<u8>> {
        self.key.choose_scheme(&SCHEMES)?.sign(body).ok()
    }
}
