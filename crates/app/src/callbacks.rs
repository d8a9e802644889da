//! Calls to those who sent requests by other protocols: encrypted, to public addresses alone, signed where the protocol asks for it.
//!
//! Senders choose where they are called: they are called as [`crate::outward`] says.

use std::sync::Arc;
use std::time::Duration;

use exeunt_engine::desk::job::{Teller, Telling, Told};
use exeunt_model::intake::opendsr::signature_headers;
use exeunt_model::request::Channel;
use reqwest::blocking::Client;

use crate::http::intake::opendsr::Signer;
use crate::outward::{checked, client};

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
        let mut builder = client(Duration::from_secs(seconds.into()), private_addresses);
        if let Some(pem) = authorities {
            builder = builder.tls_certs_merge(reqwest::Certificate::from_pem_bundle(pem).map_err(Error::Authorities)?);
        }
        Ok(Self { client: builder.build().map_err(Error::Client)?, private_addresses, signer })
    }

    fn post(&self, telling: &Telling<'_>) -> Option<u16> {
        let url = checked(telling.url, self.private_addresses).ok()?;
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
