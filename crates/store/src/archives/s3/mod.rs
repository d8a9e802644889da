//! The archive store in a bucket that speaks like S3, addressed by path.
//!
//! What is asked of the bucket runs on two threads of its own, and callers wait: nobody outside knows that the client is asynchronous.

mod address;
mod query;
mod refused;
mod upload;

use std::cell::Cell;
use std::fs::File;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use exeunt_model::moment::Moment;
use futures_util::{StreamExt as _, TryStreamExt as _};
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::client::SpawnedReqwestConnector;
use object_store::multipart::MultipartStore as _;
use object_store::path::Path;
use object_store::{BackoffConfig, ClientOptions, ObjectStore as _, ObjectStoreExt as _, RetryConfig};
use tokio::runtime::{Builder, Runtime};

use super::{Error, Extent, Listed};
pub use address::{Address, Credentials};
use refused::{is_out_of_range, refused};
use upload::Upload;

/// A whole answer must be there after this time: enough for a part through a thin line.
const LONGEST_ANSWER: Duration = Duration::from_secs(120);

/// A bucket, or what begins with a prefix in it.
#[derive(Clone)]
pub struct Bucket {
    inner: Arc<Inner>,
}

struct Inner {
    client: AmazonS3,
    /// For what the client has no function for.
    http: reqwest::Client,
    bucket: String,
    prefix: Path,
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl std::fmt::Debug for Bucket {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Bucket(s3://{}/{})", self.inner.bucket, self.inner.prefix)
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        // The last one may be dropped by a thread that must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Bucket {
    pub(super) fn open(address: &Address) -> Result<Self, Error> {
        address.check()?;
        let wrong = |error: &dyn std::fmt::Display| Error::Address { why: error.to_string() };
        // One provider for the whole process; another part of it may have been faster.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = Builder::new_multi_thread().worker_threads(2).thread_name("archives").enable_all().build();
        let runtime = runtime.map_err(|error| wrong(&error))?;
        let options = ClientOptions::new().with_timeout(LONGEST_ANSWER).with_allow_http(address.is_clear());
        let mut builder = AmazonS3Builder::from_env()
            .with_bucket_name(&address.bucket)
            .with_virtual_hosted_style_request(false)
            .with_disable_bulk_delete(true)
            .with_client_options(options)
            .with_http_connector(SpawnedReqwestConnector::new(runtime.handle().clone()))
            .with_retry(RetryConfig {
                backoff: BackoffConfig { init_backoff: Duration::from_millis(100), max_backoff: Duration::from_secs(2), base: 2.0 },
                max_retries: 4,
                retry_timeout: Duration::from_secs(30),
            });
        if let Some(endpoint) = &address.endpoint {
            builder = builder.with_endpoint(endpoint.trim_end_matches('/'));
        }
        if let Some(region) = &address.region {
            builder = builder.with_region(region);
        }
        if let Some(credentials) = &address.credentials {
            builder = builder.with_access_key_id(&credentials.access_key_id).with_secret_access_key(&credentials.secret_access_key);
        }
        let client = builder.build().map_err(|error| wrong(&error))?;
        let http = reqwest::Client::builder().timeout(LONGEST_ANSWER).connect_timeout(Duration::from_secs(5)).build();
        let http = http.map_err(|error| wrong(&error))?;
        let prefix = Path::parse(&address.prefix).map_err(|error| wrong(&error))?;
        Ok(Self { inner: Arc::new(Inner { client, http, bucket: address.bucket.clone(), prefix, runtime: Some(runtime) }) })
    }

    /// Waits for an answer. Not to be called where waiting is forbidden.
    fn wait<T>(&self, doing: &'static str, answer: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        match &self.inner.runtime {
            Some(runtime) => runtime.block_on(answer),
            None => Err(Error::Bucket { doing, why: super::Refusal::Away, told: "the program ends".to_owned() }),
        }
    }

    /// The object of a name.
    fn object(&self, name: &str) -> Path {
        self.inner.prefix.parts().chain(Path::from(name).parts()).collect()
    }

    /// The name of an object; `None` for one that is not below the prefix, or none of ours.
    fn name(&self, object: &str) -> Option<String> {
        let prefix = self.inner.prefix.as_ref();
        let name = match prefix.is_empty() {
            true => object,
            false => object.strip_prefix(prefix)?.strip_prefix('/')?,
        };
        super::check(name).is_ok().then(|| name.to_owned())
    }

    pub(super) fn put(&self, name: &str, file: &File, sha256: &str, patience: Duration, over: &dyn Fn() -> bool) -> Result<(), Error> {
        self.wait("store a file", Upload { bucket: self, name, patience, over, away_since: Cell::new(None) }.put(file, sha256))
    }

    pub(super) fn read(&self, name: &str, first: u64, end: u64) -> Result<Bytes, Error> {
        let object = self.object(name);
        self.wait("read a file", async {
            match self.inner.client.get_range(&object, first..end).await {
                Ok(bytes) if bytes.len() as u64 == end - first => Ok(bytes),
                Ok(_) | Err(object_store::Error::NotFound { .. }) => Err(Error::Missing { name: name.to_owned() }),
                Err(error) if is_out_of_range(&error) => Err(Error::Missing { name: name.to_owned() }),
                Err(error) => Err(refused("read a file", &error)),
            }
        })
    }

    pub(super) fn size(&self, name: &str) -> Result<Option<u64>, Error> {
        let object = self.object(name);
        self.wait("look at a file", async {
            match self.inner.client.head(&object).await {
                Ok(meta) => Ok(Some(meta.size)),
                Err(object_store::Error::NotFound { .. }) => Ok(None),
                Err(error) => Err(refused("look at a file", &error)),
            }
        })
    }

    pub(super) fn list(&self, prefix: &str) -> Result<Vec<Listed>, Error> {
        let below = if prefix.is_empty() { self.inner.prefix.clone() } else { self.object(prefix) };
        let mut found = self.wait("list files", async {
            let listing = self.inner.client.list(Some(&below)).map_err(|error| refused("list files", &error));
            let listed = listing.try_filter_map(|meta| async move {
                let since = Moment::from_microseconds(meta.last_modified.timestamp_micros());
                Ok(self.name(meta.location.as_ref()).map(|name| Listed { name, since, extent: Extent::Whole }))
            });
            let mut found: Vec<Listed> = listed.try_collect().await?;
            found.extend(query::unfinished(self, &below).await?);
            Ok(found)
        })?;
        found.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(found)
    }

    pub(super) fn delete(&self, listed: &Listed) -> Result<(), Error> {
        let object = self.object(&listed.name);
        self.wait("delete a file", async {
            let done = match &listed.extent {
                Extent::Whole => self.inner.client.delete(&object).await,
                Extent::Unfinished { upload } => self.inner.client.abort_multipart(&object, upload).await,
            };
            match done {
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
                Err(error) => Err(refused("delete a file", &error)),
            }
        })
    }

    pub(super) fn look(&self) -> Result<(), Error> {
        self.wait("look", async {
            match self.inner.client.list(Some(&self.inner.prefix)).next().await {
                None | Some(Ok(_)) => Ok(()),
                Some(Err(error)) => Err(refused("look", &error)),
            }
        })
    }

    pub(super) fn refuse_versions(&self) -> Result<(), Error> {
        match self.wait("look at the bucket", query::keeps_versions(self))? {
            false => Ok(()),
            true => Err(Error::Versioned { bucket: self.inner.bucket.clone() }),
        }
    }
}
