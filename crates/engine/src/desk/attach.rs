//! Files of a case: what customers send along, and what representatives answer with.

use std::fs::File;

use exeunt_model::identity::RequestId;
use exeunt_store::Store;
use exeunt_store::archives::ArchiveStore;
use exeunt_store::desk::Attachment;

use super::case::{a_case, tell, write};
use super::context::{Actor, Context};
use super::error::Error;

/// Files of a case at most.
const MOST_FILES: usize = 100;

/// A file that somebody sends.
#[derive(Debug)]
pub struct NewFile<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    /// All that was sent.
    pub file: &'a File,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: &'a str,
    /// Words that go with it.
    pub text: &'a str,
    /// Seen by the platform's people alone, and nobody is written to.
    pub internal: bool,
}

/// Stores a file and adds it to a case, as a message of its own.
///
/// The bytes are stored first and noted after: what a crash leaves between the two is nobody's and swept.
///
/// # Errors
/// [`Error::NothingToDecide`] for a case that has come to its end or whose subject was erased, [`Error::TooManyFiles`], [`Error::Archives`].
pub fn attach(
    store: &mut Store,
    archives: &ArchiveStore,
    context: &mut Context<'_>,
    actor: &Actor,
    id: &RequestId,
    new: &NewFile<'_>,
    by_platform: bool,
) -> Result<Attachment, Error> {
    let attachment = context.attachment();
    let object = format!("{id}/{FILES}/{attachment}");
    archives.put(&object, new.file, new.sha256, &|| false)?;
    let noted = store.transact("attach a file", |transaction| {
        let request = a_case(transaction, id)?;
        // Nothing may come back to a subject that was forgotten while it was sent.
        if request.state.is_final() || request.personal.is_none() {
            return Err(Error::NothingToDecide);
        }
        if transaction.attachments_of(id, true)?.len() >= MOST_FILES {
            return Err(Error::TooManyFiles { most: MOST_FILES });
        }
        let message = write(transaction, context, actor, id, new.text, new.internal)?;
        let attachment = Attachment {
            id: attachment.clone(),
            message: message.id,
            name: Some(new.name.to_owned()),
            media_type: new.media_type.to_owned(),
            object: object.clone(),
            bytes: new.bytes,
            sha256: new.sha256.to_owned(),
            deleted: None,
        };
        transaction.insert_attachment(&attachment)?;
        if !new.internal {
            tell(transaction, context, &request, by_platform)?;
        }
        Ok(attachment)
    });
    if noted.is_err() {
        // The sweeper deletes what cannot be deleted now.
        let _ = archives.delete_all(&object);
    }
    noted
}

/// The folder of a request in the archive store that holds the files of its case.
pub(super) const FILES: &str = "files";
