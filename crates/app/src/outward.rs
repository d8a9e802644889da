//! Calls of addresses that others choose, which must never lead into the network that the desk runs in.
//!
//! Such an address is called by https alone, its name is looked up here, every address that it leads to must be public, and the connection goes to
//! one of the very addresses that were looked at. No redirection is followed, and no proxy is asked.

use std::net::{IpAddr, SocketAddr, ToSocketAddrs as _};
use std::sync::Arc;
use std::time::Duration;

use exeunt_model::webhook::address;
use reqwest::Url;
use reqwest::blocking::{Client, ClientBuilder};
use reqwest::dns::{Addrs, Name, Resolve, Resolving};

/// Characters of an address at most.
const LONGEST_URL: usize = 2_000;

/// What such calls are made with. Addresses must be [checked] before.
pub fn client(timeout: Duration, allow_private: bool) -> ClientBuilder {
    // Somebody else may have chosen the same before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    Client::builder()
        .user_agent(concat!("exeunt/", env!("CARGO_PKG_VERSION")))
        .timeout(timeout)
        .connect_timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .https_only(true)
        .tls_version_min(reqwest::tls::Version::TLS_1_2)
        .pool_max_idle_per_host(0)
        .dns_resolver(Arc::new(Lookup { allow_private }))
}

/// An address that may be called, as it is called; otherwise what is wrong with it.
///
/// # Errors
/// For people who chose the address.
pub fn checked(text: &str, allow_private: bool) -> Result<Url, &'static str> {
    if text.len() > LONGEST_URL {
        return Err("`url` has up to 2000 characters");
    }
    let url: Url = text.parse().map_err(|_| "`url` is no address: write it as in https://hooks.customer.example/exeunt")?;
    match url.scheme() {
        "https" => {}
        "http" if allow_private => {}
        _ => return Err("`url` begins with https://"),
    }
    if !url.username().is_empty() || url.password().is_some() || url.fragment().is_some() {
        return Err("`url` has neither a user nor a fragment");
    }
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or("`url` names no machine")?;
    // A number is no name that would be looked up.
    let number: Option<IpAddr> = host.trim_matches(['[', ']']).parse().ok();
    if !allow_private && number.is_some_and(|number| !address::is_public(number)) {
        return Err("`url` leads to an address that is not public");
    }
    match url.as_str().len() > LONGEST_URL {
        true => Err("`url` has up to 2000 characters"),
        false => Ok(url),
    }
}

/// Looks names up, and gives out addresses that may be connected to.
struct Lookup {
    allow_private: bool,
}

/// A name leads to an address that is not public.
#[derive(Debug, thiserror::Error)]
#[error("the name leads to an address that is not public")]
pub struct NotPublic;

impl Resolve for Lookup {
    fn resolve(&self, name: Name) -> Resolving {
        let allow_private = self.allow_private;
        Box::pin(async move {
            let host = name.as_str().to_owned();
            let found = tokio::task::spawn_blocking(move || (host.as_str(), 0).to_socket_addrs().map(Vec::from_iter)).await??;
            Ok(admitted(found, allow_private)?)
        })
    }
}

/// All of them, or none: a name that leads inside by one of its addresses is not trusted with the others.
fn admitted(found: Vec<SocketAddr>, allow_private: bool) -> Result<Addrs, NotPublic> {
    if !allow_private && found.iter().any(|found| !address::is_public(found.ip())) {
        return Err(NotPublic);
    }
    Ok(Box::new(found.into_iter()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_public_machines_are_called_and_by_https() {
        let wrong = [
            "",
            "no address",
            "http://hooks.customer.example/",
            "ftp://hooks.customer.example/",
            "file:///etc/passwd",
            "https://",
            "https://user@hooks.customer.example/",
            "https://user:word@hooks.customer.example/",
            "https://hooks.customer.example/#part",
            // However a number is written.
            "https://127.0.0.1/",
            "https://2130706433/",
            "https://0x7f.1/",
            "https://0177.0.0.1/",
            "https://127.1/",
            "https://0/",
            "https://10.0.0.7:8443/",
            "https://169.254.169.254/latest/meta-data/",
            "https://[::1]/",
            "https://[::ffff:127.0.0.1]/",
            "https://[::ffff:7f00:1]/",
            "https://[fd00:ec2::254]/",
            "https://[64:ff9b::7f00:1]/",
            "https://\u{ff11}27.0.0.1/",
        ];
        for url in wrong {
            assert!(checked(url, false).is_err(), "{url}");
        }
        for url in ["https://hooks.customer.example/exeunt?key=1", "https://93.184.215.14:8443/", "https://[2600::1]/"] {
            assert_eq!(checked(url, false).map(String::from), Ok(url.to_owned()));
        }
        assert!(checked("http://127.0.0.1:80/", true).is_ok() && checked("file:///etc/passwd", true).is_err());
        assert!(checked(&format!("https://hooks.customer.example/{}", "a".repeat(LONGEST_URL)), false).is_err());
    }

    #[test]
    fn a_name_with_one_inner_address_is_not_called_at_all() {
        let found: Vec<SocketAddr> = ["93.184.215.14:0", "10.0.0.1:0"].iter().map(|text| text.parse().unwrap()).collect();
        assert!(admitted(found.clone(), false).is_err());
        assert_eq!(admitted(found[..1].to_vec(), false).unwrap().collect::<Vec<_>>(), found[..1]);
        assert_eq!(admitted(found.clone(), true).unwrap().collect::<Vec<_>>(), found);
    }

    #[test]
    fn a_name_that_leads_to_this_machine_is_looked_up_and_refused() {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let look = |allow_private| runtime.block_on(Lookup { allow_private }.resolve("localhost".parse().unwrap()));
        assert!(look(false).err().unwrap().is::<NotPublic>());
        assert!(look(true).is_ok_and(|mut found| found.all(|found| found.ip().is_loopback())));
    }
}
