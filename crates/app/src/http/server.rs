//! What all handlers share: the store's connections, the platform, the directory and the settings.

use std::sync::Arc;

use exeunt_engine::desk::job::{Spool, Wake};
use exeunt_engine::desk::{Context, Settings};
use exeunt_engine::directory::Directory;
use exeunt_engine::platform::Platform;
use exeunt_model::directory::{key_of_text, key_text};
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use exeunt_store::archives::ArchiveStore;
use tokio::sync::watch;

use super::intake::Offer;
use super::limit::Limits;
use super::links::Asks;
use super::operation::Operation;
use super::problem::Problem;
use super::provider::Providers;
use super::request_id;
use super::stores::Stores;
use super::streams::Streams;
use super::traffic::Patience;

/// The desk behind the doors.
pub struct Server {
    pub settings: Settings,
    pub platform: Arc<Platform>,
    pub directory: Arc<Directory>,
    pub wake: Arc<Wake>,
    pub archives: ArchiveStore,
    pub spool: Spool,
    pub session_hours: u32,
    pub sign_in_link_minutes: u32,
    pub link_minutes: u32,
    pub single_use_links: bool,
    pub largest_body_bytes: usize,
    pub limits: Limits,
    pub providers: Providers,
    pub asks: Asks,
    /// Receivers of webhooks may be in private networks.
    pub private_webhooks: bool,
    pub streams: Arc<Streams>,
    /// Changes when something may have changed in this process.
    pub changes: watch::Sender<()>,
    pub offer: Offer,
    pub largest_attachment_bytes: u64,
    pub patience: Patience,
    pub operation: Arc<Operation>,
    stop: watch::Sender<bool>,
    stores: Arc<Stores>,
}

/// What a server is made of.
pub struct Parts {
    pub settings: Settings,
    pub platform: Arc<Platform>,
    pub directory: Arc<Directory>,
    pub wake: Arc<Wake>,
    pub archives: ArchiveStore,
    pub spool: Spool,
    pub session_hours: u32,
    pub sign_in_link_minutes: u32,
    pub link_minutes: u32,
    pub single_use_links: bool,
    pub largest_body_bytes: usize,
    pub limits: Limits,
    pub providers: Providers,
    pub private_webhooks: bool,
    pub offer: Offer,
    pub largest_attachment_bytes: u64,
    pub patience: Patience,
    pub operation: Arc<Operation>,
    /// Says true when the desk stops.
    pub stop: watch::Sender<bool>,
    /// At least one.
    pub stores: Vec<Store>,
}

impl Server {
    pub fn new(parts: Parts) -> Self {
        let changes = watch::Sender::new(());
        let told = changes.clone();
        parts.wake.watch(move || told.send_modify(|()| {}));
        Self {
            private_webhooks: parts.private_webhooks,
            streams: Arc::default(),
            changes,
            settings: parts.settings,
            platform: parts.platform,
            directory: parts.directory,
            wake: parts.wake,
            archives: parts.archives,
            spool: parts.spool,
            session_hours: parts.session_hours,
            sign_in_link_minutes: parts.sign_in_link_minutes,
            link_minutes: parts.link_minutes,
            single_use_links: parts.single_use_links,
            largest_body_bytes: parts.largest_body_bytes,
            limits: parts.limits,
            providers: parts.providers,
            asks: Asks::default(),
            offer: parts.offer,
            largest_attachment_bytes: parts.largest_attachment_bytes,
            patience: parts.patience,
            operation: parts.operation,
            stop: parts.stop,
            stores: Arc::new(Stores::new(parts.stores)),
        }
    }

    /// Does blocking work with a connection to the store, apart from the threads that serve requests. Workers look for jobs afterwards.
    pub async fn blocking<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &mut Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let done = self.reading(work).await;
        self.wake.call();
        done
    }

    /// Does blocking work in the same way that enqueues nothing: nobody looks for jobs afterwards.
    pub async fn reading<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self, &mut Store) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let server = self.clone();
        let id = request_id::current();
        let done = self.stores.lend(move |store| match id {
            Some(id) => id.during(|| work(&server, store)),
            None => work(&server, store),
        });
        done.await.unwrap_or_else(|| Err(Problem::internal(None)))
    }

    /// A contract that the directory knows: its key as texts and rights have it, and what people call it.
    ///
    /// # Errors
    /// 404 for one that is not there.
    pub fn contract(&self, contract: &str) -> Result<(String, String), Problem> {
        let none = || Problem::not_found(None);
        let key = key_of_text(contract, self.directory.key_columns().0).ok_or_else(none)?;
        // The platform may take `007` for `7`; rights are those to the text that was asked for.
        let entry = self.directory.contract(&key)?.filter(|entry| key_text(&entry.key) == contract).ok_or_else(none)?;
        let text = key_text(&entry.key);
        Ok((text.clone(), entry.name.unwrap_or(text)))
    }

    /// Does work in the archive store, apart from the threads that serve requests.
    pub async fn stored<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&ArchiveStore) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Problem> {
        let server = self.clone();
        tokio::task::spawn_blocking(move || work(&server.archives)).await.unwrap_or_else(|_| Err(Problem::internal(None)))
    }

    /// The time and randomness for one piece of work.
    pub fn with<T>(&self, work: impl FnOnce(&mut Context<'_>) -> T) -> T {
        let mut random = |bytes: &mut [u8]| crate::desk::random(bytes);
        work(&mut Context::new(&self.settings, now(), &mut random))
    }

    /// Ends when the desk is asked to stop: streams end with it.
    pub fn stopping(&self) -> impl Future<Output = ()> + Send + use<> {
        let mut stop = self.stop.subscribe();
        async move {
            // Whoever can say it has gone: then nothing runs any more.
            let _ = stop.wait_for(|stop| *stop).await;
        }
    }

    /// Whether the desk is reached through an encrypted connection.
    pub fn is_encrypted(&self) -> bool {
        self.settings.public_url.starts_with("https://")
    }
}

/// The time.
pub fn now() -> Moment {
    Moment::new(crate::desk::now())
}
