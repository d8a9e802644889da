//! Sign-in links by mail. Whoever asks for one is answered before anybody looks whether the address is known, so that neither the answer nor
//! the time that it takes tells.

use std::sync::Arc;
use std::time::Duration;

use exeunt_engine::desk::{Contact, Notice};
use exeunt_model::identity::EmailAddress;
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use tokio::sync::Semaphore;

use super::begin::later;
use super::problem::Problem;
use super::server::Server;
use super::{caller, secret};

/// Asks that wait or are worked on.
const MOST: u32 = 256;
/// Asks that are worked on at once: a flood of them leaves connections to the store for everybody else.
const AT_ONCE: usize = 1;
/// How often a link is tried to be sent while a database is away, and the time after the first attempt; it doubles.
const ATTEMPTS: u32 = 5;
const PAUSE: Duration = Duration::from_secs(1);
/// How long a desk that stops waits for links that were asked for.
const LAST_WAIT: Duration = Duration::from_secs(5);

/// The asks for links that have been answered and not yet been worked on.
pub struct Asks {
    waiting: Arc<Semaphore>,
    working: Semaphore,
}

impl Default for Asks {
    fn default() -> Self {
        Self { waiting: Arc::new(Semaphore::new(MOST as usize)), working: Semaphore::new(AT_ONCE) }
    }
}

impl Asks {
    /// Waits until all of them are worked on, or for long enough.
    pub async fn end(&self) {
        if tokio::time::timeout(LAST_WAIT, self.waiting.acquire_many(MOST)).await.is_err() {
            tracing::warn!("some sign-in links were not sent");
        }
    }
}

/// Has a link sent, if the address is known. It returns at once.
///
/// # Errors
/// 503 when too many are asked for, by whomever.
pub fn ask(server: &Arc<Server>, address: &str) -> Result<(), Problem> {
    let turn = server.asks.waiting.clone().try_acquire_owned().map_err(|_| Problem::unavailable(None))?;
    // What is no address is known to nobody.
    let Ok(email) = address.parse::<EmailAddress>() else { return Ok(()) };
    let server = server.clone();
    tokio::spawn(async move {
        let _turn = turn;
        for attempt in 0..ATTEMPTS {
            let email = email.clone();
            let sent = {
                let _working = server.asks.working.acquire().await;
                server.blocking(move |server, store| send(server, store, &email)).await
            };
            match sent {
                Err(problem) if problem.is_passing() && attempt + 1 < ATTEMPTS => tokio::time::sleep(PAUSE * 2_u32.pow(attempt)).await,
                Err(_) => return tracing::warn!("a sign-in link was asked for and not sent"),
                Ok(()) => return,
            }
        }
    });
    Ok(())
}

fn send(server: &Server, store: &mut Store, email: &EmailAddress) -> Result<(), Problem> {
    if !caller::is_known(server, store, email)? {
        return Ok(());
    }
    let seats = server.directory.seats_by_email(email)?;
    let contact = Contact { email: email.clone(), language: seats.iter().find_map(|seat| seat.language) };
    let secret = secret::draw();
    let (minutes, most) = (server.sign_in_link_minutes, u64::from(server.limits.links_per_hour));
    let link = format!("{}/sign-in?secret={secret}", server.settings.public_url);
    server.with(|context| {
        store.transact("send a sign-in link", |transaction| {
            let principal = context.principal(transaction, &contact)?;
            let hour = Moment::from_microseconds(context.now.microseconds() - 3_600_000_000).unwrap_or(context.now);
            if most > 0 && transaction.sign_in_links_since(&principal, hour)? >= most {
                return Ok(());
            }
            transaction.insert_sign_in_link(&secret::hash(&secret), &principal, context.now, later(context.now, minutes))?;
            context.mail_to(transaction, &principal, None, &Notice::SignIn { link: link.clone(), minutes })
        })
    })?;
    Ok(())
}
