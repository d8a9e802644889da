//! Files of a case: what customers send along, and what representatives answer with.

use std::fs::File;
use std::time::Duration;

use exeunt_model::identity::{AttachmentId, RequestId};
use exeunt_store::Store;
use exeunt_store::archives::{self, ArchiveStore};
use exeunt_store::desk::Attachment;

use super::case::{a_case, tell_of_words, write};
use super::context::{Actor, Context};
use super::error::Error;

/// Files of a case at most.
const MOST_FILES: usize = 100;
/// How long somebody who sends a file waits for a bucket that goes away meanwhile.
const PATIENCE: Duration = Duration::from_secs(5);

/// A file that is in the archive store, or about to be, and that nobody has noted yet.
#[derive(Debug)]
pub struct Placed {
    attachment: AttachmentId,
    object: String,
}

impl Placed {
    /// Where a new file of a case goes.
    pub fn draw(context: &mut Context<'_>, request: &RequestId) -> Self {
        let attachment = context.attachment();
        Self { object: format!("{request}/{FILES}/{attachment}"), attachment }
    }

    /// Stores the bytes of the file, all that was sent.
    ///
    /// # Errors
    /// [`archives::Error`]; then nothing is stored.
    pub fn store(&self, archives: &ArchiveStore, file: &File, sha256: &str) -> Result<(), archives::Error> {
        archives.put(&self.object, file, sha256, PATIENCE, &|| false)
    }

    /// Deletes a file that was surely not noted. What cannot be deleted now is swept.
    pub fn discard(&self, archives: &ArchiveStore) {
        let _ = archives.delete_all(&self.object);
    }
}

/// A file that somebody sends.
#[derive(Debug)]
pub struct NewFile<'a> {
    pub name: &'a str,
    pub media_type: &'a str,
    pub bytes: u64,
    /// In hexadecimal digits.
    pub sha256: &'a str,
    /// Words that go with it.
    pub text: &'a str,
    /// Seen by the platform's people alone, and nobody is written to.
    pub internal: bool,
}

/// Adds a file that is stored to a case, as a message of its own.
///
/// The bytes are stored first and noted after: what a crash leaves between the two is nobody's and swept.
///
/// # Errors
/// [`Error::NothingToDecide`] for a case that has come to its end or whose subject was erased, [`Error::TooManyFiles`]. After one whose
/// [outcome is unknown](Error::is_outcome_unknown) the file may have been noted, and must not be [discarded](Placed::discard).
pub fn attach(
    store: &mut Store,
    context: &mut Context<'_>,
    actor: &Actor,
    id: &RequestId,
    placed: &Placed,
    new: &NewFile<'_>,
    by_platform: bool,
) -> Result<Attachment, Error> {
    store.transact("attach a file", |transaction| {
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
            id: placed.attachment.clone(),
            message: message.id,
            name: Some(new.name.to_owned()),
            media_type: new.media_type.to_owned(),
            object: placed.object.clone(),
            bytes: new.bytes,
            sha256: new.sha256.to_owned(),
            deleted: None,
        };
        transaction.insert_attachment(&attachment)?;
        if !new.internal {
            tell_of_words(transaction, context, actor, &request, by_platform)?;
        }
        Ok(attachment)
    })
}

/// The folder of a request in the archive store that holds the files of its case.
pub(super) const FILES: &str = "files";
