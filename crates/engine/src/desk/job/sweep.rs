//! Deleting what nobody knows of any more: files that lost workers left in the spool, or stored, or half stored, before they could note them.
//!
//! Files of an export are named by its attempt: those of an attempt that doesn't run and delivered nothing are swept. Files of cases are swept when
//! nobody has noted them for an hour.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use exeunt_model::identity::RequestId;
use exeunt_model::job::{JobKind, JobState};
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use exeunt_store::archives::Listed;
use exeunt_store::desk::Lease;

use super::super::attach::FILES;
use super::super::error::Error;
use super::driver::Wake;
use super::problem::Problem;
use super::work::Work;

/// Between two sweeps, and after one that failed.
const PAUSE: Duration = Duration::from_secs(3_600);
const PAUSE_AFTER_FAILURE: Duration = Duration::from_secs(60);
/// A file that is younger may be noted any moment.
const GRACE_MICROSECONDS: i64 = 3_600_000_000;

/// The folder of the archive store where the desk tries at its start whether it works.
pub const CHECKS: &str = "check";

/// A thread that sweeps the spool and the archive store now and then.
pub struct Sweeper {
    pub work: Arc<Work>,
    pub wake: Arc<Wake>,
    pub report: fn(&Problem),
}

impl Sweeper {
    /// Sweeps until it is asked to stop.
    pub fn run(&self, store: Store) {
        while !self.wake.is_stopped() {
            let swept = self.work.spool.sweep(&store, None).and_then(|()| strays(&self.work, &store));
            let pause = match swept {
                Ok(()) => PAUSE,
                Err(problem) => {
                    (self.report)(&problem);
                    PAUSE_AFTER_FAILURE
                }
            };
            self.wake.rest(pause);
        }
    }
}

/// Deletes what other attempts of an export have stored than the one that runs now.
pub(super) fn other_attempts(work: &Work, store: &Store, lease: &Lease) -> Result<(), Problem> {
    let request: RequestId = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let listed = work.archives.list(request.as_str())?;
    let noted = noted(store, &request)?;
    for found in listed.iter().filter(|found| !noted.contains(&found.name)) {
        if let Some(Owner::Attempt(_, attempt)) = owner(&found.name)
            && attempt != lease.attempt
        {
            work.archives.delete(found)?;
        }
    }
    Ok(())
}

/// Whose a file is, by its name.
#[derive(Debug, PartialEq, Eq)]
enum Owner {
    Attempt(RequestId, u64),
    Case(RequestId),
    Check,
}

/// `None` for a name that is none of ours.
fn owner(name: &str) -> Option<Owner> {
    let (first, rest) = name.split_once('/')?;
    if first == CHECKS {
        return Some(Owner::Check);
    }
    let request = first.parse().ok()?;
    match rest.split_once('/')? {
        (FILES, _) => Some(Owner::Case(request)),
        (attempt, _) => Some(Owner::Attempt(request, attempt.parse().ok()?)),
    }
}

fn strays(work: &Work, store: &Store) -> Result<(), Problem> {
    // Listed before it is asked what is noted: what is noted in between is found.
    let mut listed = work.archives.list("")?.into_iter().peekable();
    while let Some(found) = listed.next() {
        let Some(owner) = owner(&found.name) else { continue };
        let mut of_one = vec![found];
        let folder = |found: &Listed| found.name.split('/').next().map(str::to_owned);
        while let Some(next) = listed.next_if(|next| folder(next) == folder(&of_one[0])) {
            of_one.push(next);
        }
        let noted = || match &owner {
            Owner::Attempt(request, _) | Owner::Case(request) => noted(store, request),
            Owner::Check => Ok(BTreeSet::new()),
        };
        let before = noted()?;
        for found in of_one.iter().filter(|found| !before.contains(&found.name)) {
            // Asked again once the attempt is known to run no more: it may have noted its files and ended in between, and then they are no strays.
            if is_stray(store, found, (work.clock)())? && !noted()?.contains(&found.name) {
                work.archives.delete(found)?;
            }
        }
    }
    Ok(())
}

fn is_stray(store: &Store, found: &Listed, now: Moment) -> Result<bool, Problem> {
    Ok(match owner(&found.name) {
        None => false,
        Some(Owner::Attempt(request, attempt)) => {
            let job = store.look("look for a job", |transaction| transaction.job_about(JobKind::Export, request.as_str()))?;
            !job.is_some_and(|job| job.state == JobState::Running && job.attempt == attempt)
        }
        Some(Owner::Case(_) | Owner::Check) => {
            found.since.is_some_and(|since| now.microseconds().saturating_sub(since.microseconds()) > GRACE_MICROSECONDS)
        }
    })
}

fn noted(store: &Store, request: &RequestId) -> Result<BTreeSet<String>, Problem> {
    let noted = store.look("look for what is stored", |transaction| transaction.stored_objects_of(request))?;
    Ok(noted.into_iter().collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_tells_whose_it_is() {
        let id = "0".repeat(31) + "7";
        let request: RequestId = id.parse().expect("an id");
        assert_eq!(owner(&format!("{id}/3/1.zip")), Some(Owner::Attempt(request.clone(), 3)));
        assert_eq!(owner(&format!("{id}/files/{id}")), Some(Owner::Case(request)));
        assert_eq!(owner("check/5"), Some(Owner::Check));
        for other in ["readme.txt", "backup/1/1.zip", "7/1/1.zip", &id, &format!("{id}/other/1.zip")] {
            assert_eq!(owner(other), None, "{other}");
        }
    }
}
