//! Storing a file in a bucket: small ones at once, others in parts, of which a few are under way at the same time.
//!
//! A part that fails is sent again. An upload that ends otherwise is given up, and the bucket throws its parts away; one whose process was killed is
//! listed as unfinished until somebody deletes its name. It is never gone on with: whoever takes the job over builds another archive, at another
//! moment of the platform's data, under another name.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::Duration;

use bytes::Bytes;
use exeunt_model::digest::hex;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::Md5;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use super::Bucket;
use super::refused::refused;
use crate::archives::Error;

const DOING: &str = "store a file";

/// Bytes of a part. Stores want 5 MiB at least, and all parts but the last of one size.
const PART: u64 = 8 << 20;
/// Parts of an upload at most; beyond, they are larger.
const PARTS: u64 = 10_000;
/// Parts that are under way at the same time: what a large upload takes of memory is this often the size of a part.
const AT_ONCE: usize = 4;
/// Tries of a part, each with the client's own tries of a request.
const TRIES: u32 = 3;
/// Between two tries of a part.
const PAUSE: Duration = Duration::from_secs(1);

/// Digests of a file while it is read from its beginning to its end.
struct Digests {
    sha256: Sha256,
    /// One digest a part, as the bucket makes its own of them.
    parts: Vec<u8>,
    count: u64,
}

impl Digests {
    fn new() -> Self {
        Self { sha256: Sha256::new(), parts: Vec::new(), count: 0 }
    }

    fn add(&mut self, part: &[u8]) {
        self.sha256.update(part);
        self.parts.extend_from_slice(&Md5::digest(part));
        self.count += 1;
    }

    /// What a bucket calls the bytes that it got, where it names them by their digest.
    fn tag(&self, in_parts: bool) -> String {
        match in_parts {
            true => format!("{}-{}", hex(&Md5::digest(&self.parts)), self.count),
            false => hex(&self.parts),
        }
    }
}

pub(super) async fn put(bucket: &Bucket, name: &str, file: &File, sha256: &str, over: &dyn Fn() -> bool) -> Result<(), Error> {
    let size = file.metadata().map_err(Error::Source)?.len();
    let object = bucket.object(name);
    let mut digests = Digests::new();
    let in_parts = size > PART;
    let tag = match in_parts {
        false => {
            let bytes = read(file, 0, size)?;
            digests.add(&bytes);
            same(name, &digests, sha256)?;
            let stored = bucket.inner.client.put(&object, PutPayload::from_bytes(bytes)).await;
            stored.map_err(|error| refused(DOING, &error))?.e_tag
        }
        true => parts(bucket, &object, name, file, size, sha256, &mut digests, over).await?,
    };
    let found = tag.as_deref().map(|tag| tag.trim_matches('"').to_ascii_lowercase());
    let arrived = match found.as_deref() == Some(&digests.tag(in_parts)) {
        true => true,
        // Not every bucket names what it holds by its digest: then it is read back.
        false => read_back(bucket, &object, size).await? == sha256,
    };
    if arrived {
        return Ok(());
    }
    let _ = bucket.inner.client.delete(&object).await;
    Err(Error::Differs { name: name.to_owned() })
}

#[expect(clippy::too_many_arguments, reason = "one upload, taken apart")]
async fn parts(
    bucket: &Bucket,
    object: &Path,
    name: &str,
    file: &File,
    size: u64,
    sha256: &str,
    digests: &mut Digests,
    over: &dyn Fn() -> bool,
) -> Result<Option<String>, Error> {
    let client = &bucket.inner.client;
    let upload = client.create_multipart(object).await.map_err(|error| refused(DOING, &error))?;
    let sent = async {
        let sent = send(bucket, object, &upload, file, size, digests, over).await?;
        same(name, digests, sha256)?;
        client.complete_multipart(object, &upload, sent).await.map_err(|error| refused(DOING, &error))
    };
    match sent.await {
        Ok(stored) => Ok(stored.e_tag),
        Err(error) => {
            // What cannot be given up now is unfinished, and goes with whatever deletes the name.
            let _ = client.abort_multipart(object, &upload).await;
            Err(error)
        }
    }
}

/// Sends all parts. They are read in order, so that the digests are those of the file, and no more of them than are under way.
async fn send(
    bucket: &Bucket,
    object: &Path,
    upload: &String,
    file: &File,
    size: u64,
    digests: &mut Digests,
    over: &dyn Fn() -> bool,
) -> Result<Vec<PartId>, Error> {
    let length = PART.max(size.div_ceil(PARTS));
    let numbers = 0..size.div_ceil(length);
    let parts = stream::iter(numbers).map(|number| {
        let part = match over() {
            true => Err(Error::Interrupted),
            false => read(file, number * length, length.min(size - number * length)),
        };
        if let Ok(bytes) = &part {
            digests.add(bytes);
        }
        async move { send_part(bucket, object, upload, usize::try_from(number).unwrap_or_default(), part?).await }
    });
    parts.buffered(AT_ONCE).try_collect().await
}

async fn send_part(bucket: &Bucket, object: &Path, upload: &String, number: usize, bytes: Bytes) -> Result<PartId, Error> {
    let mut tried = 0;
    loop {
        tried += 1;
        match bucket.inner.client.put_part(object, upload, number, PutPayload::from_bytes(bytes.clone())).await {
            Ok(part) => return Ok(part),
            Err(error) => match refused(DOING, &error) {
                Error::Bucket { why: crate::archives::Refusal::Away, .. } if tried < TRIES => tokio::time::sleep(PAUSE * tried).await,
                error => return Err(error),
            },
        }
    }
}

fn read(file: &File, at: u64, length: u64) -> Result<Bytes, Error> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at).map_err(Error::Source)?;
    Ok(Bytes::from(bytes))
}

/// Whether the file is still what its digest was made of.
fn same(name: &str, digests: &Digests, sha256: &str) -> Result<(), Error> {
    match hex(&digests.sha256.clone().finalize()) == sha256 {
        true => Ok(()),
        false => Err(Error::Differs { name: name.to_owned() }),
    }
}

async fn read_back(bucket: &Bucket, object: &Path, size: u64) -> Result<String, Error> {
    let mut sha256 = Sha256::new();
    let mut at = 0;
    while at < size {
        let end = size.min(at + PART);
        let bytes = bucket.inner.client.get_range(object, at..end).await.map_err(|error| refused(DOING, &error))?;
        if bytes.is_empty() {
            break;
        }
        sha256.update(&bytes);
        at += bytes.len() as u64;
    }
    Ok(hex(&sha256.finalize()))
}
