//! Storing a file in a bucket: small ones at once, others in parts, of which a few are under way at the same time.
//!
//! While the bucket is away an upload waits, for as long as its caller has patience, and goes on with the parts that are missing. One that ends
//! otherwise is given up, and the bucket throws its parts away; one whose process was killed is listed as unfinished until somebody deletes its
//! name. Nobody else goes on with it: meanwhile somebody may have been erased whose data it holds. Whoever takes the job over builds another archive
//! under another name.

use std::cell::Cell;
use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::time::{Duration, Instant};

use bytes::Bytes;
use exeunt_model::digest::hex;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use md5::Md5;
use object_store::multipart::{MultipartStore as _, PartId};
use object_store::path::Path;
use object_store::{ObjectStoreExt as _, PutPayload};
use sha2::{Digest as _, Sha256};

use super::Bucket;
use super::refused::{is_bad_question, refused};
use crate::archives::Error;

const DOING: &str = "store a file";

/// Bytes of a part. Stores want 5 MiB at least, and all parts but the last of one size.
const PART: u64 = 8 << 20;
/// Parts of an upload at most; beyond, they are larger.
const PARTS: u64 = 10_000;
/// Parts that are under way at the same time: what a large upload takes of memory is this often the size of a part.
const AT_ONCE: usize = 4;
/// Between two tries of a request, each of which the client has tried a few times itself.
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

/// One upload: where to, and how long it is tried.
pub(super) struct Upload<'a> {
    pub bucket: &'a Bucket,
    pub name: &'a str,
    /// How long the bucket may be away without taking anything of it.
    pub patience: Duration,
    pub over: &'a dyn Fn() -> bool,
    /// Since when the bucket is away; none while it answers. Parts share it.
    pub away_since: Cell<Option<Instant>>,
}

impl Upload<'_> {
    pub(super) async fn put(&self, file: &File, sha256: &str) -> Result<(), Error> {
        let client = &self.bucket.inner.client;
        let size = file.metadata().map_err(Error::Source)?.len();
        let object = self.bucket.object(self.name);
        let mut digests = Digests::new();
        let in_parts = size > PART;
        let tag = match in_parts {
            false => {
                let bytes = read(file, 0, size)?;
                digests.add(&bytes);
                self.same(&digests, sha256)?;
                self.patiently(|| client.put(&object, PutPayload::from_bytes(bytes.clone()))).await?.e_tag
            }
            true => self.parts(&object, file, size, sha256, &mut digests).await?,
        };
        let found = tag.as_deref().map(|tag| tag.trim_matches('"').to_ascii_lowercase());
        let arrived = match found.as_deref() == Some(&digests.tag(in_parts)) {
            true => true,
            // Not every bucket names what it holds by its digest: then it is read back.
            false => read_back(self.bucket, &object, size).await? == sha256,
        };
        if arrived {
            return Ok(());
        }
        let _ = client.delete(&object).await;
        Err(Error::Differs { name: self.name.to_owned() })
    }

    async fn parts(&self, object: &Path, file: &File, size: u64, sha256: &str, digests: &mut Digests) -> Result<Option<String>, Error> {
        let client = &self.bucket.inner.client;
        let upload = self.patiently(|| client.create_multipart(object)).await?;
        let sent = async {
            let sent = self.send(object, &upload, file, size, digests).await?;
            self.same(digests, sha256)?;
            self.patiently(|| client.complete_multipart(object, &upload, sent.clone())).await
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
    async fn send(&self, object: &Path, upload: &String, file: &File, size: u64, digests: &mut Digests) -> Result<Vec<PartId>, Error> {
        let client = &self.bucket.inner.client;
        let length = PART.max(size.div_ceil(PARTS));
        let numbers = 0..size.div_ceil(length);
        let parts = stream::iter(numbers).map(|number| {
            let part = match (self.over)() {
                true => Err(Error::Interrupted),
                false => read(file, number * length, length.min(size - number * length)),
            };
            if let Ok(bytes) = &part {
                digests.add(bytes);
            }
            async move {
                let (part, number) = (part?, usize::try_from(number).unwrap_or_default());
                self.patiently(|| client.put_part(object, upload, number, PutPayload::from_bytes(part.clone()))).await
            }
        });
        parts.buffered(AT_ONCE).try_collect().await
    }

    /// Asks again for as long as the bucket is away and there is patience. What is wrong with the question itself is asked once.
    async fn patiently<T, A>(&self, ask: impl Fn() -> A) -> Result<T, Error>
    where
        A: Future<Output = object_store::Result<T>>,
    {
        loop {
            let error = match ask().await {
                Ok(done) => {
                    self.away_since.set(None);
                    return Ok(done);
                }
                Err(error) => error,
            };
            let since = self.away_since.get().unwrap_or_else(Instant::now);
            self.away_since.set(Some(since));
            let told = refused(DOING, &error);
            if is_bad_question(&error) || !told.is_outage() || since.elapsed() >= self.patience {
                return Err(told);
            }
            tokio::time::sleep(PAUSE).await;
            if (self.over)() {
                return Err(Error::Interrupted);
            }
        }
    }

    /// Whether the file is still what its digest was made of.
    fn same(&self, digests: &Digests, sha256: &str) -> Result<(), Error> {
        match hex(&digests.sha256.clone().finalize()) == sha256 {
            true => Ok(()),
            false => Err(Error::Differs { name: self.name.to_owned() }),
        }
    }
}

fn read(file: &File, at: u64, length: u64) -> Result<Bytes, Error> {
    let mut bytes = vec![0; usize::try_from(length).unwrap_or_default()];
    file.read_exact_at(&mut bytes, at).map_err(Error::Source)?;
    Ok(Bytes::from(bytes))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::archives::s3::Address;

    #[test]
    fn patience_begins_anew_once_the_bucket_has_answered() {
        let address = Address { bucket: "desk".to_owned(), endpoint: Some("http://127.0.0.1:1".to_owned()), ..Address::default() };
        let bucket = Bucket::open(&address).expect("an address");
        let upload =
            Upload { bucket: &bucket, name: "aa/1/1.zip", patience: Duration::from_secs(60), over: &|| false, away_since: Cell::new(None) };
        let away = || object_store::Error::Generic { store: "S3", source: "connection refused".into() };
        let (asked, seen) = (Cell::new(0), Cell::new(None));
        let done = bucket.wait(DOING, async {
            upload
                .patiently(|| {
                    asked.set(asked.get() + 1);
                    seen.set(upload.away_since.get());
                    std::future::ready(if asked.get() == 1 { Err(away()) } else { Ok(()) })
                })
                .await
        });
        assert!(done.is_ok() && asked.get() == 2, "{done:?}");
        assert!(seen.get().is_some(), "it was found away");
        assert_eq!(upload.away_since.get(), None);
        // And ends, however often a question is asked that is never answered.
        let impatient = Upload { patience: Duration::ZERO, ..upload };
        let done: Result<(), Error> = bucket.wait(DOING, async { impatient.patiently(|| std::future::ready(Err(away()))).await });
        assert!(matches!(done, Err(Error::Bucket { .. })), "{done:?}");
    }
}
