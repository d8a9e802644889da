//! Encryption of the connection to the store's server: fully verified, or none.
//!
//! libpq's modes between the two encrypt without knowing to whom; they are refused here. Without `sslmode`, a server on this machine is talked to
//! in the clear and any other one is verified.

use std::path::PathBuf;
use std::sync::Arc;

use ::postgres::config::Host;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::postgres::Unreachable;

/// How the connection is encrypted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mode {
    Clear,
    /// The certificate is of a trusted authority and for the host's name. `None` trusts what the machine trusts.
    Verified {
        roots: Option<PathBuf>,
    },
}

/// The address without what it says about encryption, and that.
pub(super) fn mode_of(url: &str) -> Result<(String, Mode), Unreachable> {
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let mut mode = None;
    let mut roots = None;
    let mut rest = Vec::new();
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
        match parameter.split_once('=') {
            Some(("sslmode", value)) => mode = Some(value.to_owned()),
            Some(("sslrootcert", value)) => roots = Some(PathBuf::from(value)),
            Some(_) | None => rest.push(parameter),
        }
    }
    let url = if rest.is_empty() { base.to_owned() } else { format!("{base}?{}", rest.join("&")) };
    let mode = match mode.as_deref() {
        Some("disable") => Mode::Clear,
        Some("verify-full") => Mode::Verified { roots },
        Some(other) => return Err(Unreachable::Mode { mode: other.to_owned() }),
        None if is_on_this_machine(&url)? => Mode::Clear,
        None => Mode::Verified { roots },
    };
    Ok((url, mode))
}

fn is_on_this_machine(url: &str) -> Result<bool, Unreachable> {
    let config: ::postgres::Config = url.parse().map_err(Unreachable::Address)?;
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => name == "localhost" || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback()),
    };
    Ok(config.get_hosts().iter().all(local) && config.get_hostaddrs().iter().all(std::net::IpAddr::is_loopback))
}

/// What verifies the server. Reads the trusted authorities.
pub(super) fn connector(roots: Option<&PathBuf>) -> std::io::Result<MakeRustlsConnect> {
    let mut trusted = RootCertStore::empty();
    match roots {
        Some(path) => {
            for certificate in CertificateDer::pem_file_iter(path).map_err(std::io::Error::other)? {
                trusted.add(certificate.map_err(std::io::Error::other)?).map_err(std::io::Error::other)?;
            }
        }
        None => {
            trusted.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        }
    }
    if trusted.is_empty() {
        return Err(std::io::Error::other("there is no trusted authority; name one with sslrootcert"));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(std::io::Error::other)?
        .with_root_certificates(trusted)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_on_this_machine_is_talked_to_in_the_clear_unasked() {
        let verified = Mode::Verified { roots: None };
        for (url, want) in [
            ("postgres://a@127.0.0.1:5432/b", Mode::Clear),
            ("postgres://a@localhost/b?application_name=x", Mode::Clear),
            ("postgres://a@db.example/b", verified.clone()),
            ("postgres://a@localhost,db.example/b", verified.clone()),
            ("postgres://a@localhost/b?sslmode=verify-full", verified),
            ("postgres://a@db.example/b?sslmode=disable", Mode::Clear),
        ] {
            assert_eq!(mode_of(url).unwrap().1, want, "{url}");
        }
    }

    #[test]
    fn encryption_that_knows_not_to_whom_is_refused() {
        for mode in ["allow", "prefer", "require", "verify-ca", "none"] {
            let got = mode_of(&format!("postgres://a@db.example/b?sslmode={mode}"));
            assert!(matches!(got, Err(Unreachable::Mode { .. })), "{mode}");
        }
    }

    #[test]
    fn what_else_the_address_says_is_kept() {
        let (url, mode) = mode_of("postgres://a@h/b?sslmode=verify-full&connect_timeout=3&sslrootcert=/ca.pem").unwrap();
        assert_eq!(url, "postgres://a@h/b?connect_timeout=3");
        assert_eq!(mode, Mode::Verified { roots: Some("/ca.pem".into()) });
    }
}
