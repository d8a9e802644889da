//! Calls to those who sent requests by other protocols: encrypted, to public addresses alone, signed where the protocol asks for it.
//!
//! Senders choose where they are called. Names are resolved here and only public addresses are connected to, so that no name leads into the
//! network that the desk runs in, whatever it resolves to a moment later.

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use exeunt_engine::desk::job::{Teller, Telling, Told};
use exeunt_model::intake::opendsr::signature_headers;
use exeunt_model::request::Channel;
use exeunt_model::webhook::address::is_public;
use reqwest::blocking::Client;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use reqwest::redirect;

use crate::http::intake::opendsr::Signer;

/// Calls senders back.
pub struct Callbacks {
    client: Client,
    private_addresses: bool,
    signer: Option<Arc<Signer>>,
}

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("read the authorities")]
    Authorities(#[source] reqwest::Error),
    #[error("make a client")]
    Client(#[source] reqwest::Error),
}

impl Callbacks {
    /// A client with these further authorities, as PEM.
    pub fn new(private_addresses: bool, authorities: Option<&[u8]>, seconds: u32, signer: Option<Arc<Signer>>) -> Result<Self, Error> {
        // Whoever was first has installed the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut builder = Client::builder()
            .https_only(true)
            .redirect(redirect::Policy::none())
            .no_proxy()
            .timeout(Duration::from_secs(seconds.into()))
            .user_agent(crate::desk::TOOL.replace(' ', "/"))
            .dns_resolver(Arc::new(Guard { private_addresses }));
        if let Some(pem) = authorities {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem).map_err(Error::Authorities)?);
        }
        Ok(Self { client: builder.build().map_err(Error::Client)?, private_addresses, signer })
    }

    fn post(&self, telling: &Telling<'_>) -> Option<u16> {
        let url = reqwest::Url::parse(telling.url).ok()?;
        // An address that is written out is not resolved by anybody.
        let literal = url.host_str()?.trim_matches(['[', ']']).parse::<IpAddr>().ok();
        if literal.is_some_and(|address| !self.private_addresses && !is_public(address)) {
            return None;
        }
        let mut request = self.client.post(url).header("content-type", "application/json").body(telling.body.to_vec());
        match telling.protocol {
            Channel::OpenDsr => {
                let signer = self.signer.as_ref()?;
                for (name, value) in signature_headers(signer.domain(), &signer.sign(telling.body)?) {
                    request = request.header(name, value);
                }
            }
            Channel::Drp | Channel::Desk | Channel::Bulk | Channel::Scim | Channel::Exit => {}
        }
        request.send().ok().map(|answer| answer.status().as_u16())
    }
}

impl Teller for Callbacks {
    fn tell(&self, telling: &Telling<'_>) -> Told {
        match self.post(telling) {
            Some(200..=299) => Told::Taken,
            Some(410) => Told::Gone,
            Some(_) | None => Told::Later,
        }
    }
}

struct Guard {
    private_addresses: bool,
}

impl Resolve for Guard {
    fn resolve(&self, name: Name) -> Resolving {
        let private_addresses = self.private_addresses;
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str().to_owned(), 0)).await?;
            let allowed: Vec<SocketAddr> = found.filter(|address| private_addresses || is_public(address.ip())).collect();
            if allowed.is_empty() {
                return Err("the name leads to no public address".into());
            }
            Ok(Box::new(allowed.into_iter()) as Addrs)
        })
    }
}
