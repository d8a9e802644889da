//! Deleting archives whose time is over, and the files of subjects that were erased.

use exeunt_model::request::{ExportState, Move, State, export};
use exeunt_store::Store;
use exeunt_store::desk::Lease;

use super::super::error::Error;
use super::problem::Problem;
use super::work::Work;

/// Deletes whatever the archive store holds of a request. An archive is deleted first and noted after: a crash between the two repeats the
/// deletion.
pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease) -> Result<(), Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let put_off = store.transact("put a deletion off", |transaction| {
        // Whoever erases the subject meanwhile waits for this, or is seen by it.
        transaction.hold_lease(lease)?;
        let Some(request) = transaction.request(&id)? else { return Ok(false) };
        let archives = transaction.archives_of(&id)?;
        let kept = archives.iter().filter(|archive| archive.deleted.is_none()).map(|archive| archive.expires).max();
        match kept.filter(|later| request.personal.is_some() && *later > (work.clock)()) {
            Some(later) => transaction.snooze_job(lease, later).map(|()| true),
            None => Ok::<_, exeunt_store::Error>(false),
        }
    })?;
    if put_off {
        return Ok(());
    }
    work.archives.delete_all(&format!("{id}/"))?;
    work.spool.sweep(store, Some(&id))?;
    work.with(|context| {
        store.transact("note deleted archives", |transaction| {
            let Some(mut request) = transaction.request_to_change(&id)? else { return Err(Error::NoSuchRequest) };
            transaction.archives_deleted(&id, context.now)?;
            transaction.attachments_deleted(&id, context.now)?;
            if request.state == State::Export(ExportState::Ready) {
                context.make(transaction, &mut request, Move::Export(export::Move::Expire), None, None)?;
            }
            Ok(transaction.finish_job(lease, context.now)?)
        })
    })?;
    Ok(())
}
