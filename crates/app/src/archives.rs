//! The archive store of the desk, opened and tried.

use std::path::Path;

use exeunt_engine::desk::job::CHECKS;
use exeunt_model::digest::hex;
use exeunt_store::archives::{ArchiveStore, Error, Refusal};

use crate::configuration::Configured;
use crate::failure::{ExitCode, Failure};

/// Opens the archive store, and stores, reads and deletes a small file in it, so that what is wrong is known before anybody asks for anything.
pub fn open(configured: &Configured) -> Result<ArchiveStore, Failure> {
    let archives = &configured.configuration.archives;
    let opened = match archives.address() {
        Some(address) => address.and_then(|address| ArchiveStore::bucket(&address)),
        None => ArchiveStore::folder(&configured.path(Path::new(&archives.store))),
    };
    let mut random = [0; 16];
    crate::desk::random(&mut random);
    let name = format!("{CHECKS}/{}", hex(&random));
    opened.and_then(|store| store.prove(&name).map(|()| store)).map_err(|error| refused(&archives.store, error))
}

/// What a person can do about an archive store that does not work.
fn refused(place: &str, error: Error) -> Failure {
    let (code, next) = match &error {
        Error::Bucket { why: Refusal::Away, .. } => (
            ExitCode::InputOutput,
            "check that the object store runs, and `archives.s3.endpoint` and `archives.s3.region` in the configuration".to_owned(),
        ),
        Error::Bucket { why: Refusal::Denied, .. } => (
            ExitCode::InputOutput,
            "check `archives.s3.access_key_id` and `archives.s3.secret_access_key`, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY; they must be \
             allowed to list the bucket and its unfinished uploads, and to write, read and delete in it"
                .to_owned(),
        ),
        Error::Bucket { why: Refusal::NoBucket, .. } => {
            (ExitCode::InputOutput, "make the bucket, or mend `archives.store` in the configuration".to_owned())
        }
        Error::Versioned { .. } => {
            (ExitCode::InputOutput, "name a bucket without versioning in `archives.store`: what is erased must be gone".to_owned())
        }
        Error::Address { .. } => (ExitCode::Usage, "mend `archives` in the configuration".to_owned()),
        Error::Folder { .. } => {
            (ExitCode::InputOutput, "check the folder of `archives.store` and its rights: it must be this user's alone".to_owned())
        }
        Error::Name { .. } | Error::Missing { .. } | Error::Source(_) | Error::Differs { .. } | Error::Remains { .. } | Error::Interrupted => {
            (ExitCode::InputOutput, "name another place in `archives.store`".to_owned())
        }
    };
    Failure::attempt(code, anyhow::Error::new(error).context(format!("use the archive store {place}"))).next(next)
}
