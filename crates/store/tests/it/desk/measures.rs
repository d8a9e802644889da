//! What those who watch the desk are told of the store.

use exeunt_model::identity::{ArchiveId, JobId};
use exeunt_model::job::{JobKind, JobState, Lane};
use exeunt_store::desk::{Archive, NewJob, OpenJobs};

use super::{person, request, write};
use crate::world::{World, at};

#[test]
fn measures_count_what_is_there() {
    for world in [World::file(), World::server()] {
        let mut store = world.store();
        let nothing = store.look("measure", |transaction| transaction.measures(at(0))).unwrap();
        assert_eq!((nothing.requests.len(), nothing.jobs.len(), nothing.archive_bytes, nothing.log_entries), (0, 0, 0, 0));
        write(&mut store, |transaction| {
            transaction.insert_principal(&person(1, "mara@personal.example"))?;
            transaction.insert_request(&request(1, "7", "one"))?;
            transaction.insert_request(&request(2, "7", "two"))?;
            for (number, kind) in [(1, JobKind::Export), (2, JobKind::SendMail)] {
                let id = JobId::from_random(number);
                transaction.enqueue(&NewJob { id: &id, kind, target: "one", contract: None, run_at: at(5) }, at(3))?;
            }
            for part in 1..=2 {
                transaction.insert_archive(&Archive {
                    id: ArchiveId::from_random(u128::from(part)),
                    request: request(1, "7", "one").id,
                    part,
                    object: format!("one/{part}"),
                    file_name: "one.zip".to_owned(),
                    bytes: 1_000,
                    sha256: "0".repeat(64),
                    created: at(1),
                    expires: at(2),
                    downloaded: None,
                    deleted: None,
                })?;
            }
            transaction.pause_lane(Lane::Desk, true)
        });
        let measured = store.look("measure", |transaction| transaction.measures(at(2_000))).unwrap();
        assert_eq!(measured.requests, [("export".to_owned(), "submitted".to_owned(), 2)]);
        assert_eq!(measured.overdue, [("export".to_owned(), 2)], "both were due at {}", at(1_000));
        assert_eq!((measured.archives, measured.archive_bytes), (2, 2_000));
        assert_eq!(measured.paused, [Lane::Desk]);
        let mut jobs = measured.jobs;
        jobs.sort_by_key(|open| open.kind);
        let want = [JobKind::Export, JobKind::SendMail].map(|kind| OpenJobs { kind, state: JobState::Queued, jobs: 1, oldest: at(5) });
        assert_eq!(jobs, want);
        assert!(measured.failed.is_empty());
        let early = store.look("measure", |transaction| transaction.measures(at(1_000))).unwrap();
        assert!(early.overdue.is_empty(), "nothing is late on the day itself");
    }
}
