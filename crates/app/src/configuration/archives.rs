//! `[archives]`: where archives are kept, and how long.

use std::path::PathBuf;

use exeunt_store::archives::{Address, Credentials, Error};
use schemars::JsonSchema;
use serde::Deserialize;

use super::{Problems, Secret};
use crate::commands::parse_part_size;

/// Where archives are kept, and how long.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Archives {
    /// A folder, relative to the configuration, or `s3://BUCKET/PREFIX`.
    pub store: String,
    /// How a bucket is reached.
    pub s3: S3,
    /// Where archives are written before they are stored.
    pub spool: PathBuf,
    /// Archives come in files of about this size, such as `2GB`; without it, in one.
    pub part_size: Option<String>,
    /// Hours after which an archive is deleted.
    pub retention_hours: u32,
    /// Minutes that a link to download an archive is good for.
    pub link_minutes: u32,
    /// A link ends with the first whole download.
    pub single_use_links: bool,
    /// Largest file that can be attached to a case, in bytes.
    pub largest_attachment_bytes: u64,
}

/// How a bucket is reached. What isn't said here is taken from the variables `AWS_ENDPOINT_URL`, `AWS_REGION`, `AWS_ACCESS_KEY_ID`,
/// `AWS_SECRET_ACCESS_KEY` and `AWS_SESSION_TOKEN`, and credentials in the end from the machine's own role.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct S3 {
    /// As in `https://s3.platform.example`; Amazon's own where nothing says otherwise.
    pub endpoint: Option<String>,
    /// The region that requests are signed for; most stores that are not Amazon's take any.
    pub region: Option<String>,
    /// The name of the key pair.
    pub access_key_id: Option<String>,
    /// The secret of the key pair.
    pub secret_access_key: Option<Secret>,
    /// Lets archives go without encryption to an `http://` endpoint that is not on this machine.
    pub unencrypted: bool,
}

impl Default for Archives {
    fn default() -> Self {
        Self {
            store: "archives".to_owned(),
            s3: S3::default(),
            spool: "spool".into(),
            part_size: None,
            retention_hours: 72,
            link_minutes: 60,
            single_use_links: true,
            largest_attachment_bytes: 50_000_000,
        }
    }
}

impl Archives {
    /// The bucket that archives are kept in; `None` for a folder.
    pub fn address(&self) -> Option<Result<Address, Error>> {
        let S3 { endpoint, region, access_key_id, secret_access_key, unencrypted } = &self.s3;
        let credentials = access_key_id
            .as_ref()
            .zip(secret_access_key.as_ref())
            .map(|(id, secret)| Credentials { access_key_id: id.clone(), secret_access_key: secret.reveal().to_owned() });
        let parsed = Address::parse(&self.store)?;
        Some(parsed.map(|address| Address {
            endpoint: endpoint.clone(),
            region: region.clone(),
            credentials,
            unencrypted: *unencrypted,
            ..address
        }))
    }

    /// Bytes of a file of an archive.
    pub fn part_bytes(&self) -> Option<u64> {
        self.part_size.as_deref().and_then(|size| parse_part_size(size).ok())
    }

    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("archives.retention_hours", self.retention_hours, 1, 24 * 3_650);
        problems.bounds("archives.link_minutes", self.link_minutes, 1, 60 * 24 * 30);
        problems.bounds("archives.largest_attachment_bytes", self.largest_attachment_bytes, 1_000, 5_000_000_000);
        if let Some(Err(message)) = self.part_size.as_deref().map(parse_part_size) {
            problems.at("archives.part_size", message);
        }
        match self.address() {
            Some(Err(error)) => problems.at("archives.store", error.to_string()),
            Some(Ok(_)) => {}
            None if self.store.is_empty() || self.store.contains("://") => {
                problems.at("archives.store", "write a folder, or s3://BUCKET/PREFIX");
            }
            None => {}
        }
        if self.s3.access_key_id.is_some() != self.s3.secret_access_key.is_some() {
            problems.at("archives.s3", "`access_key_id` and `secret_access_key` go together");
        }
    }
}
