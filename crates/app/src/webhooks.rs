//! Calling webhooks over HTTP: signed per Standard Webhooks, and never into the network that the desk runs in.
//!
//! A receiver's address is chosen by a customer: it is called as [`crate::outward`] says, and nothing of an answer is read but its status.
//! `[webhooks] allow_private` opens this for closed networks.

use std::error::Error as StdError;
use std::time::Duration;

use exeunt_engine::causes::chain;
use exeunt_engine::desk::job::{Called, Hook};
use exeunt_model::moment::Moment;
use exeunt_model::webhook::{Trouble, signatures};
use exeunt_store::desk::{Delivery, Webhook};
use reqwest::blocking::Client;
use reqwest::header::CONTENT_TYPE;

use crate::outward::{NotPublic, checked, client};

/// What calls receivers.
pub struct Receivers {
    /// None on a machine that trusts no certificate at all.
    client: Option<Client>,
    allow_private: bool,
}

impl Receivers {
    pub fn new(allow_private: bool, timeout: Duration) -> Self {
        let client = client(timeout, allow_private).https_only(!allow_private).build();
        let client = client.inspect_err(|error| tracing::error!(problem = chain(error), "webhooks cannot be called")).ok();
        Self { client, allow_private }
    }
}

impl Hook for Receivers {
    fn call(&self, webhook: &Webhook, delivery: &Delivery, now: Moment) -> Called {
        let Some(client) = &self.client else { return Called::Failed(Trouble::Encryption) };
        let Ok(url) = checked(&webhook.url, self.allow_private) else { return Called::Failed(Trouble::Address) };
        let (id, seconds) = (delivery.id.as_str(), now.timestamp().as_second());
        let signed = signatures(&webhook.secrets(now), id, seconds, delivery.body.as_bytes());
        let called = client
            .post(url)
            .header(CONTENT_TYPE, "application/json")
            .header("webhook-id", id)
            .header("webhook-timestamp", seconds)
            .header("webhook-signature", signed)
            .body(delivery.body.clone())
            .send();
        match called {
            Ok(answer) => Called::Answered(answer.status().as_u16()),
            Err(error) => Called::Failed(trouble(&error)),
        }
    }
}

fn trouble(error: &reqwest::Error) -> Trouble {
    if any(error, &|error| error.is::<NotPublic>()) {
        return Trouble::Address;
    }
    if any(error, &|error| error.is::<rustls::Error>()) {
        return Trouble::Encryption;
    }
    match error.is_timeout() {
        true => Trouble::Timeout,
        false => Trouble::Unreachable,
    }
}

/// Whether an error, or one that it comes from, is such a one. What an error of input and output wraps is none of its sources.
fn any(error: &(dyn StdError + 'static), is: &dyn Fn(&(dyn StdError + 'static)) -> bool) -> bool {
    let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
    is(error) || wrapped.is_some_and(|wrapped| any(wrapped, is)) || error.source().is_some_and(|source| any(source, is))
}
