//! Connections to the store, lent to one piece of blocking work at a time.
//!
//! Whatever becomes of the work, its connection comes back when it ends: it may panic, and whoever waited for it may have gone.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_store::Store;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Connections, and the turns of those who wait for one.
pub struct Stores {
    free: Mutex<Vec<Store>>,
    /// As many as there are connections.
    turns: Arc<Semaphore>,
}

impl Stores {
    pub fn new(stores: Vec<Store>) -> Self {
        Self { turns: Arc::new(Semaphore::new(stores.len())), free: Mutex::new(stores) }
    }

    /// Does blocking work with a connection, apart from the threads that serve requests. `None` when the work panicked.
    ///
    /// Work that was begun goes on, and keeps its connection, even if the future is dropped.
    pub async fn lend<T: Send + 'static>(self: &Arc<Self>, work: impl FnOnce(&mut Store) -> T + Send + 'static) -> Option<T> {
        let turn = self.turns.clone().acquire_owned().await.ok()?;
        let stores = self.clone();
        let done = tokio::task::spawn_blocking(move || {
            let mut lent = stores.take(turn);
            lent.store.as_mut().map(work)
        });
        done.await.ok().flatten()
    }

    fn take(&self, turn: OwnedSemaphorePermit) -> Lent<'_> {
        Lent { store: self.free.lock().unwrap_or_else(PoisonError::into_inner).pop(), stores: self, _turn: turn }
    }
}

/// A connection that goes back when it is dropped, before its turn ends.
struct Lent<'a> {
    /// There while it is lent: there are as many turns as connections.
    store: Option<Store>,
    stores: &'a Stores,
    _turn: OwnedSemaphorePermit,
}

impl Drop for Lent<'_> {
    fn drop(&mut self) {
        if let Some(store) = self.store.take() {
            self.stores.free.lock().unwrap_or_else(PoisonError::into_inner).push(store);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc::channel;

    use exeunt_model::job::Lane;
    use exeunt_model::moment::Moment;
    use exeunt_store::{Error, Location};
    use futures_util::FutureExt as _;
    use tokio::runtime::Runtime;

    use super::*;

    fn one(folder: &tempfile::TempDir) -> (Arc<Stores>, Store) {
        let location = Location::from(folder.path().join("exeunt.db"));
        let store = Store::open(&location, Moment::new(jiff::Timestamp::UNIX_EPOCH), &mut |key| key.fill(7)).expect("make a store");
        let other = store.another().expect("connect once more");
        (Arc::new(Stores::new(vec![store])), other)
    }

    fn pause(store: &mut Store) -> Result<(), Error> {
        store.transact("pause a lane", |transaction| transaction.pause_lane(Lane::Desk, true))
    }

    #[test]
    fn work_that_panics_in_a_transaction_gives_its_connection_back_and_lets_others_write() {
        let folder = tempfile::tempdir().expect("make a folder");
        let (stores, mut other) = one(&folder);
        let runtime = Runtime::new().expect("a runtime");
        let panicked = runtime.block_on(stores.lend(|store| {
            let done: Result<(), Error> = store.transact("pause a lane", |transaction| {
                transaction.pause_lane(Lane::Platform, true)?;
                panic!("a bug");
            });
            done.is_ok()
        }));
        assert_eq!(panicked, None);
        pause(&mut other).expect("nobody holds a lock");
        let paused = runtime.block_on(stores.lend(|store| store.look("look", |transaction| transaction.paused_lanes())));
        assert_eq!(paused.expect("it was given back").expect("lanes"), [Lane::Desk]);
    }

    #[test]
    fn work_that_nobody_waits_for_keeps_its_turn_until_it_ends() {
        let folder = tempfile::tempdir().expect("make a folder");
        let (stores, _other) = one(&folder);
        let runtime = Runtime::new().expect("a runtime");
        let ((begun, is_begun), (go_on, goes_on)) = (channel(), channel());
        runtime.block_on(async {
            let lender = stores.clone();
            let given_up = tokio::spawn(async move {
                let work = move |_: &mut Store| {
                    begun.send(()).expect("somebody listens");
                    goes_on.recv().expect("somebody says so");
                };
                lender.lend(work).await
            });
            tokio::task::spawn_blocking(move || is_begun.recv()).await.expect("wait").expect("it has begun");
            given_up.abort();
            assert!(given_up.await.is_err_and(|error| error.is_cancelled()));
            let mut next = Box::pin(stores.lend(pause));
            assert!((&mut next).now_or_never().is_none(), "the only connection is in use");
            go_on.send(()).expect("it waits");
            next.await.expect("a connection").expect("paused");
        });
    }
}
