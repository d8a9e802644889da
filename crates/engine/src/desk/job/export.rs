//! Exporting: the archive into the spool, into the archive store, and the request is ready.

use std::fs;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};

use exeunt_model::digest::hex;
use exeunt_model::job::JobKind;
use exeunt_model::names::TableName;
use exeunt_model::plan::Purpose;
use exeunt_model::request::conflict::{Existing, being_erased};
use exeunt_model::request::document::Counts;
use exeunt_model::request::reason::Rejection;
use exeunt_model::request::{ExportState, Move, Scope, State, export as machine};
use exeunt_store::Store;
use exeunt_store::desk::{Archive, Lease, Request};
use sha2::{Digest as _, Sha256};

use super::super::cancel::refuse;
use super::super::error::Error;
use super::super::exit::archives_stay_until;
use super::super::notice::{Notice, NoticeMail};
use super::super::people::{Contact, holders_of};
use super::super::submit::{existing, wanted};
use super::LOOK_AGAIN_MS;
use super::plan::plan_request;
use super::problem::Problem;
use super::subject::has_changed;
use super::sweep;
use super::watch::Watch;
use super::work::Work;
use crate::archive::Options;
use crate::export::{self, Progress, Report, Settings, export};
use crate::planning::Opening;

/// How long a worker waits at most for a bucket that has gone away.
const LONGEST_PATIENCE: Duration = Duration::from_secs(10 * 60);

/// A file of the archive in the archive store.
struct Stored {
    object: String,
    file_name: String,
    bytes: u64,
    sha256: String,
}

pub(super) fn run(work: &Work, store: &mut Store, lease: &Lease, watch: &Watch) -> Result<(), Problem> {
    if lease.attempt > 1 {
        // The attempts before this one are over, whatever they have left.
        sweep::other_attempts(work, store, lease)?;
    }
    let Some(request) = start(work, store, lease)? else { return Ok(()) };
    let spool = work.spool.folder(&request.id, lease.attempt);
    let spool = Spooled(&spool);
    produce(work, store, lease, watch, &request, spool.0)
}

/// What an attempt writes into the spool. Nothing of it is needed any more when the attempt is over, were it by a panic; a folder that stays is swept later.
struct Spooled<'a>(&'a Path);

impl Drop for Spooled<'_> {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(self.0);
    }
}

fn start(work: &Work, store: &mut Store, lease: &Lease) -> Result<Option<Request>, Problem> {
    let id = lease.target.parse().map_err(|_| Error::NoSuchRequest)?;
    let found = store.look("read a request", |transaction| transaction.request(&id))?;
    let changed = has_changed(&work.directory, &found.ok_or(Error::NoSuchRequest)?)?;
    let started = work.with(|context| {
        store.transact("start an export", |transaction| {
            let Some(mut request) = transaction.request_to_change(&id)? else { return Err(Error::NoSuchRequest) };
            // One that is running was a worker's before this one, who was lost.
            if !matches!(request.state, State::Export(ExportState::Queued | ExportState::Running)) {
                transaction.finish_job(lease, context.now)?;
                return Ok(None);
            }
            let refused = match (&request.personal, changed) {
                (None, _) => Some(Rejection::Erased),
                (Some(_), true) => Some(Rejection::SubjectChanged),
                (Some(_), false) => None,
            };
            if let Some(reason) = refused {
                transaction.finish_job(lease, context.now)?;
                refuse(transaction, context, &mut request, reason, None, None)?;
                return Ok(None);
            }
            // Of an export and an erasure that begin at the same time, one sees the other.
            transaction.one_at_a_time()?;
            let open: Vec<Existing> = transaction.open_requests_of(&request.contract)?.iter().map(existing).collect();
            if being_erased(&wanted(&request), &open).is_some() {
                let later = context.in_milliseconds(LOOK_AGAIN_MS);
                transaction.snooze_job(lease, later)?;
                return Ok(None);
            }
            if request.state == State::Export(ExportState::Queued) {
                context.make(transaction, &mut request, Move::Export(machine::Move::Start), None, None)?;
            }
            transaction.hold_lease(lease)?;
            Ok(Some(request))
        })
    })?;
    Ok(started)
}

fn produce(work: &Work, store: &mut Store, lease: &Lease, watch: &Watch, request: &Request, spool: &Path) -> Result<(), Problem> {
    let prefix = format!("{}/{}", request.id, lease.attempt);
    let begun = Instant::now();
    let report = write(work, store, watch, request, spool)?;
    // To build it anew would take as long again. Others wait for the worker meanwhile.
    let patience = begun.elapsed().min(LONGEST_PATIENCE);
    let stored = match keep(work, watch, &report, &prefix, patience) {
        Ok(stored) => stored,
        Err(problem) => {
            // Nobody knows of these; a later attempt or the sweeper deletes what cannot be deleted now.
            let _ = work.archives.delete_all(&prefix);
            return Err(problem);
        }
    };
    let counts = Counts { rows: report.rows, files: report.files };
    let delivered = holders(work, request).and_then(|holders| deliver(work, store, lease, request, counts, stored, &holders));
    let is_unwanted = match &delivered {
        Ok(delivered) => !delivered,
        // After another error the store may know of them all the same: a later attempt or the sweeper asks it first.
        Err(problem) => problem.is_lost(),
    };
    if is_unwanted {
        let _ = work.archives.delete_all(&prefix);
    }
    delivered.map(|_| ())
}

/// Those who are told that somebody else has exported what they wrote.
fn holders(work: &Work, request: &Request) -> Result<Vec<Contact>, Problem> {
    let Some(personal) = request.personal.as_ref().filter(|_| request.document.requirement.tells_holder) else { return Ok(Vec::new()) };
    match request.scope {
        Scope::Seat => Ok(work.directory.seat(&personal.key)?.as_ref().and_then(Contact::of).into_iter().collect()),
        Scope::Contract => Ok(holders_of(&work.directory, &request.contract)?),
    }
}

struct Watched<'a>(&'a Watch);

impl Progress for Watched<'_> {
    fn wants_estimate(&self) -> bool {
        true
    }

    fn begin(&mut self, rows: Option<u64>) {
        self.0.expect(rows);
    }

    fn table(&mut self, _table: &TableName) {}

    fn advance(&mut self, rows: u64, _bytes: u64) -> bool {
        self.0.advance(rows);
        !self.0.is_over()
    }
}

fn write(work: &Work, store: &Store, watch: &Watch, request: &Request, spool: &Path) -> Result<Report, Problem> {
    let asked = plan_request(request, Purpose::Export).ok_or(Error::NoSuchRequest)?;
    fs::create_dir_all(spool).map_err(Problem::Spool)?;
    let opening = Opening::to_export(&work.platform.databases);
    let clock = || (work.clock)().timestamp();
    let started = clock();
    let secret = store.hash_secret();
    let settings = Settings {
        archive: Options {
            folder: spool.to_owned(),
            name: format!("{}-{}-{}", work.platform.map.name, request.scope, started.strftime("%Y%m%d-%H%M%S")),
            started,
            key: store.signing_key(),
            part_size: work.part_size,
            encryption: None,
            json_lines: false,
            parquet: false,
            threads: None,
        },
        secret: &secret,
        approved: None,
        accept_missing_files: false,
        platform_name: work.settings.platform_name.clone(),
        contact: None,
        tool: work.tool.clone(),
        clock: &clock,
    };
    match export(&work.platform, opening, &asked, settings, &mut Watched(watch)) {
        Err(export::Error::Interrupted) => Err(Problem::Interrupted),
        other => Ok(other?),
    }
}

/// Puts the files of an archive into the archive store.
fn keep(work: &Work, watch: &Watch, report: &Report, prefix: &str, patience: Duration) -> Result<Vec<Stored>, Problem> {
    let mut stored = Vec::new();
    for (part, path) in (1..).zip(&report.delivered.paths) {
        let file = fs::File::open(path).map_err(Problem::Spool)?;
        let (bytes, sha256) = digest_of(&file).map_err(Problem::Spool)?;
        let object = format!("{prefix}/{part}.zip");
        work.archives.put(&object, &file, &sha256, patience, &|| watch.is_over())?;
        let file_name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_else(|| format!("archive-{part}.zip"));
        stored.push(Stored { object, file_name, bytes, sha256 });
    }
    Ok(stored)
}

fn digest_of(mut file: &fs::File) -> std::io::Result<(u64, String)> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut bytes = 0;
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((bytes, hex(&hash.finalize()))),
            read => {
                hash.update(&buffer[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// The request is ready, if it is still wanted and its subject is still whom it was asked for: says whether it was.
fn deliver(
    work: &Work,
    store: &mut Store,
    lease: &Lease,
    request: &Request,
    counts: Counts,
    stored: Vec<Stored>,
    holders: &[Contact],
) -> Result<bool, Problem> {
    let changed = has_changed(&work.directory, request)?;
    let delivered = work.with(|context| {
        store.transact("deliver an archive", |transaction| {
            let Some(mut request) = transaction.request_to_change(&request.id)? else { return Err(Error::NoSuchRequest) };
            transaction.finish_job(lease, context.now)?;
            if request.state != State::Export(ExportState::Running) {
                return Ok(false);
            }
            if changed {
                refuse(transaction, context, &mut request, Rejection::SubjectChanged, None, None)?;
                return Ok(false);
            }
            let mut expires = context.in_hours(context.settings.retention_hours);
            if request.scope == Scope::Contract
                && let Some(until) = archives_stay_until(transaction, &request.contract)?
            {
                expires = expires.max(until);
            }
            for (part, file) in (1..).zip(&stored) {
                let archive = Archive {
                    id: context.archive(),
                    request: request.id.clone(),
                    part,
                    object: file.object.clone(),
                    file_name: file.file_name.clone(),
                    bytes: file.bytes,
                    sha256: file.sha256.clone(),
                    created: context.now,
                    expires,
                    downloaded: None,
                    deleted: None,
                };
                transaction.insert_archive(&archive)?;
            }
            request.document.counts = Some(counts);
            context.make(transaction, &mut request, Move::Export(machine::Move::Deliver), None, None)?;
            context.enqueue(transaction, &request, JobKind::ExpireArchive, expires)?;
            let notice = Notice::ExportReady { request: NoticeMail::of(&request), expires };
            context.mail_to(transaction, &request.requester, Some(&request.id), &notice)?;
            for holder in holders {
                let holder = context.principal(transaction, holder)?;
                if holder != request.requester {
                    let notice = Notice::ExportedByAdmin { request: NoticeMail::of(&request) };
                    context.mail_to(transaction, &holder, Some(&request.id), &notice)?;
                }
            }
            Ok(true)
        })
    })?;
    Ok(delivered)
}
