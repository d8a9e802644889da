//! One suite for the archive store of either kind: a folder, and a bucket of a real server that speaks like S3.

use std::fs::{self, File};
use std::io::Write as _;
use std::thread;
use std::time::Duration;

use exeunt_model::digest::hex;
use exeunt_store::archives::{Address, ArchiveStore, Credentials, Error, Extent, Refusal};
use exeunt_testkit::s3::{ACCESS_KEY, ObjectServer, Relay, SECRET_KEY, TestBucket};
use rand::{Rng as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// A store, and what it is looked at with from outside.
struct Kept {
    store: ArchiveStore,
    outside: Outside,
}

enum Outside {
    Folder(TempDir),
    Bucket(TestBucket<'static>),
}

const PREFIX: &str = "exit/desk";

fn address(bucket: &TestBucket<'_>, endpoint: String) -> Address {
    Address {
        bucket: bucket.name().to_owned(),
        prefix: PREFIX.to_owned(),
        endpoint: Some(endpoint),
        region: None,
        credentials: Some(Credentials { access_key_id: ACCESS_KEY.to_owned(), secret_access_key: SECRET_KEY.to_owned() }),
        unencrypted: false,
    }
}

impl Kept {
    fn folder() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { store: ArchiveStore::folder(&folder.path().join("archives")).unwrap(), outside: Outside::Folder(folder) }
    }

    fn bucket() -> Self {
        let bucket = ObjectServer::shared().bucket();
        Self { store: ArchiveStore::bucket(&address(&bucket, bucket.endpoint())).unwrap(), outside: Outside::Bucket(bucket) }
    }

    /// The names of everything that lies there, in order, as somebody else finds them.
    fn found(&self) -> Vec<String> {
        let mut found = match &self.outside {
            Outside::Folder(folder) => {
                let root = folder.path().join("archives");
                let mut found = Vec::new();
                let mut folders = vec![root.clone()];
                while let Some(folder) = folders.pop() {
                    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
                        match entry.file_type().unwrap().is_dir() {
                            true => folders.push(entry.path()),
                            false => found.push(entry.path().strip_prefix(&root).unwrap().display().to_string()),
                        }
                    }
                }
                found
            }
            Outside::Bucket(bucket) => {
                let objects = bucket.objects().into_iter();
                objects.map(|key| key.strip_prefix(&format!("{PREFIX}/")).unwrap_or(&key).to_owned()).collect()
            }
        };
        found.sort();
        found
    }
}

/// A file of so many bytes that repeat nothing, and its digest.
fn file(bytes: usize) -> (Vec<u8>, File, String) {
    let mut content = vec![0; bytes];
    ChaCha8Rng::seed_from_u64(bytes as u64).fill_bytes(&mut content);
    let mut file = tempfile::tempfile().unwrap();
    file.write_all(&content).unwrap();
    let digest = hex(&Sha256::digest(&content));
    (content, file, digest)
}

fn put(store: &ArchiveStore, name: &str, bytes: usize) -> Vec<u8> {
    let (content, file, digest) = file(bytes);
    store.put(name, &file, &digest, Duration::ZERO, &|| false).unwrap();
    content
}

/// Runs each of these functions on a store of either kind.
macro_rules! on_either {
    ($($name:ident),* $(,)?) => {
        mod folder {
            $(#[test]
            fn $name() {
                super::$name(&super::Kept::folder());
            })*
        }

        mod bucket {
            $(#[test]
            fn $name() {
                super::$name(&super::Kept::bucket());
            })*
        }
    };
}

on_either!(
    what_was_stored_is_read_in_whole_and_in_ranges,
    what_was_deleted_is_gone_and_the_rest_stays,
    a_file_that_is_not_what_its_digest_says_is_not_stored,
    storing_stops_when_it_is_over_and_leaves_nothing,
    a_name_is_replaced_as_a_whole,
    no_name_leads_out_of_the_store,
    a_store_that_works_proves_it_and_is_empty_afterwards,
);

/// Less and more than a part, and its exact size.
const SIZES: [usize; 5] = [0, 1, 100_000, 8 << 20, (20 << 20) + 77];

fn what_was_stored_is_read_in_whole_and_in_ranges(kept: &Kept) {
    for (number, size) in SIZES.into_iter().enumerate() {
        let name = format!("aa/{number}/1.zip");
        let content = put(&kept.store, &name, size);
        assert_eq!(kept.store.size(&name).unwrap(), Some(size as u64));
        let read = kept.store.read(&name, 0, size as u64).unwrap().all().unwrap();
        assert!(read == content, "{size}");
        for (first, end) in [(size / 3, size), (size / 3, size / 2), (size.saturating_sub(1), size), (size, size)] {
            let read = kept.store.read(&name, first as u64, end as u64).unwrap().all().unwrap();
            assert!(read == content[first..end], "{first} to {end} of {size}");
        }
        let beyond = kept.store.read(&name, 0, size as u64 + 1).and_then(|read| read.all());
        assert!(matches!(beyond, Err(Error::Missing { .. })), "{size}: {beyond:?}");
    }
    assert_eq!(kept.store.size("aa/9/1.zip").unwrap(), None);
    assert!(matches!(kept.store.read("aa/9/1.zip", 0, 1), Err(Error::Missing { .. })));
    let listed = kept.store.list("").unwrap();
    assert_eq!(listed.len(), SIZES.len());
    assert!(listed.iter().all(|found| found.since.is_some() && found.extent == Extent::Whole), "{listed:?}");
}

fn what_was_deleted_is_gone_and_the_rest_stays(kept: &Kept) {
    for name in ["aa/1/1.zip", "aa/2/1.zip", "aa/11/1.zip", "aab/1/1.zip", "ab/1/1.zip"] {
        put(&kept.store, name, 1_000);
    }
    // A folder's name isn't the beginning of another's.
    kept.store.delete_all("aa/1").unwrap();
    assert_eq!(kept.found(), ["aa/11/1.zip", "aa/2/1.zip", "aab/1/1.zip", "ab/1/1.zip"]);
    kept.store.delete_all("aa/").unwrap();
    kept.store.delete_all("aa/").unwrap();
    assert_eq!(kept.found(), ["aab/1/1.zip", "ab/1/1.zip"]);
    let names: Vec<String> = kept.store.list("ab").unwrap().into_iter().map(|found| found.name).collect();
    assert_eq!(names, ["ab/1/1.zip"]);
    assert_eq!(kept.store.read("ab/1/1.zip", 0, 1_000).unwrap().all().unwrap(), file(1_000).0);
}

fn a_file_that_is_not_what_its_digest_says_is_not_stored(kept: &Kept) {
    for size in [1_000, (9 << 20) + 1] {
        let (_, content, _) = file(size);
        let done = kept.store.put("aa/1/1.zip", &content, &"00".repeat(32), Duration::ZERO, &|| false);
        assert!(matches!(done, Err(Error::Differs { .. })), "{done:?}");
    }
    assert_eq!((kept.found().len(), kept.store.list("").unwrap().len()), (0, 0));
}

fn storing_stops_when_it_is_over_and_leaves_nothing(kept: &Kept) {
    let (_, content, digest) = file(20 << 20);
    let asked = std::cell::Cell::new(0);
    let over = || {
        asked.set(asked.get() + 1);
        asked.get() > 2
    };
    let done = kept.store.put("aa/1/1.zip", &content, &digest, Duration::ZERO, &over);
    assert!(matches!(done, Err(Error::Interrupted)), "{done:?}");
    assert_eq!((kept.found().len(), kept.store.list("").unwrap().len()), (0, 0));
}

fn a_name_is_replaced_as_a_whole(kept: &Kept) {
    put(&kept.store, "aa/1/1.zip", 9_000_000);
    let second = put(&kept.store, "aa/1/1.zip", 10);
    assert_eq!(kept.store.size("aa/1/1.zip").unwrap(), Some(10));
    assert_eq!(kept.store.read("aa/1/1.zip", 0, 10).unwrap().all().unwrap(), second);
    assert_eq!(kept.found(), ["aa/1/1.zip"]);
}

fn no_name_leads_out_of_the_store(kept: &Kept) {
    let (_, content, digest) = file(1);
    for name in ["../x", "a/../../x", "/etc/passwd", "", "a//b", ".hidden", "a/..", "a/1.partial", "a b", "a?b"] {
        assert!(matches!(kept.store.put(name, &content, &digest, Duration::ZERO, &|| false), Err(Error::Name { .. })), "{name}");
        assert!(matches!(kept.store.read(name, 0, 1), Err(Error::Name { .. })), "{name}");
        assert!(matches!(kept.store.size(name), Err(Error::Name { .. })), "{name}");
    }
    assert!(matches!(kept.store.delete_all("../"), Err(Error::Name { .. })));
    assert!(kept.found().is_empty());
}

fn a_store_that_works_proves_it_and_is_empty_afterwards(kept: &Kept) {
    kept.store.look().unwrap();
    kept.store.prove("check/1").unwrap();
    assert!(kept.found().is_empty() && kept.store.list("").unwrap().is_empty());
}

#[test]
fn what_a_killed_process_left_half_stored_is_listed_and_deleted_in_a_folder() {
    let kept = Kept::folder();
    put(&kept.store, "aa/1/1.zip", 10);
    let Outside::Folder(folder) = &kept.outside else { panic!("a folder") };
    fs::write(folder.path().join("archives/aa/1/2.zip.partial"), "half").unwrap();
    let listed = kept.store.list("aa").unwrap();
    assert_eq!(listed.iter().map(|found| found.name.as_str()).collect::<Vec<_>>(), ["aa/1/1.zip", "aa/1/2.zip"]);
    assert!(matches!(listed[1].extent, Extent::Unfinished { .. }));
    assert_eq!(kept.store.size("aa/1/2.zip").unwrap(), None);
    kept.store.delete_all("aa").unwrap();
    assert!(kept.found().is_empty());
    assert!(!folder.path().join("archives/aa").exists());
}

#[test]
fn what_a_killed_process_left_half_uploaded_is_listed_and_deleted_in_a_bucket() {
    let kept = Kept::bucket();
    put(&kept.store, "aa/1/1.zip", 10);
    let Outside::Bucket(bucket) = &kept.outside else { panic!("a bucket") };
    for key in ["aa/1/2.zip", "ab/1/1.zip"] {
        let (status, told) = bucket.ask("POST", &format!("{PREFIX}/{key}"), "uploads", "");
        assert_eq!(status, 200, "{told}");
        let id = told.split_once("<UploadId>").unwrap().1.split_once('<').unwrap().0.to_owned();
        let query = format!("partNumber=1&uploadId={id}");
        assert_eq!(bucket.ask("PUT", &format!("{PREFIX}/{key}"), &query, "half of it").0, 200);
    }
    assert_eq!(bucket.uploads().len(), 2);
    let listed = kept.store.list("").unwrap();
    let unfinished = listed.iter().filter(|found| matches!(found.extent, Extent::Unfinished { .. }) && found.since.is_some());
    assert_eq!(unfinished.map(|found| found.name.as_str()).collect::<Vec<_>>(), ["aa/1/2.zip", "ab/1/1.zip"]);
    kept.store.delete_all("aa/").unwrap();
    assert_eq!(bucket.uploads(), [format!("{PREFIX}/ab/1/1.zip")]);
    assert!(bucket.objects().is_empty());
    kept.store.delete_all("").unwrap();
    assert!(bucket.uploads().is_empty());
}

#[test]
fn a_part_that_is_cut_off_is_sent_again() {
    let bucket = ObjectServer::shared().bucket();
    let relay = Relay::to(&bucket.endpoint());
    let store = ArchiveStore::bucket(&address(&bucket, relay.endpoint())).unwrap();
    let (content, file, digest) = file(20 << 20);
    relay.cut_once_after(11 << 20);
    store.put("aa/1/1.zip", &file, &digest, Duration::ZERO, &|| false).unwrap();
    assert_eq!(relay.cuts(), 1);
    assert!(store.read("aa/1/1.zip", 0, content.len() as u64).unwrap().all().unwrap() == content);
    assert!(bucket.uploads().is_empty());
}

#[test]
fn an_upload_waits_for_its_bucket_and_sends_the_missing_parts() {
    let bucket = ObjectServer::shared().bucket();
    let relay = Relay::to(&bucket.endpoint());
    let store = ArchiveStore::bucket(&address(&bucket, relay.endpoint())).unwrap();
    let (content, file, digest) = file(48 << 20);
    // Four parts of 8 MiB are under way at most: before the cut one at least is there as a whole.
    relay.cut_after(40 << 20);
    thread::scope(|scope| {
        let stored = scope.spawn(|| store.put("aa/1/1.zip", &file, &digest, Duration::from_secs(600), &|| false));
        // More than the client tries by itself.
        while relay.cuts() < 25 {
            thread::yield_now();
        }
        // Not enough for all parts.
        relay.cut_after(41 << 20);
        stored.join().unwrap().unwrap();
    });
    relay.mend();
    assert!(store.read("aa/1/1.zip", 0, content.len() as u64).unwrap().all().unwrap() == content);
    assert!(bucket.uploads().is_empty());
}

#[test]
fn an_upload_that_waits_stops_when_it_is_over() {
    let bucket = ObjectServer::shared().bucket();
    let relay = Relay::to(&bucket.endpoint());
    let store = ArchiveStore::bucket(&address(&bucket, relay.endpoint())).unwrap();
    let (_, file, digest) = file(10);
    relay.refuse();
    let done = store.put("aa/1/1.zip", &file, &digest, Duration::from_secs(600), &|| relay.cuts() > 0);
    assert!(matches!(done, Err(Error::Interrupted)), "{done:?}");
    relay.mend();
    assert!(bucket.objects().is_empty() && bucket.uploads().is_empty());
}

#[test]
fn an_upload_whose_bucket_goes_away_fails_and_its_rest_is_deleted_later() {
    let bucket = ObjectServer::shared().bucket();
    let relay = Relay::to(&bucket.endpoint());
    let store = ArchiveStore::bucket(&address(&bucket, relay.endpoint())).unwrap();
    let (_, file, digest) = file(20 << 20);
    relay.cut_after(11 << 20);
    let done = store.put("aa/1/1.zip", &file, &digest, Duration::ZERO, &|| false);
    assert!(matches!(done, Err(Error::Bucket { why: Refusal::Away, .. })), "{done:?}");
    assert!(matches!(store.list(""), Err(Error::Bucket { why: Refusal::Away, .. })));
    assert!(matches!(store.delete_all("aa"), Err(Error::Bucket { why: Refusal::Away, .. })));
    assert!(bucket.objects().is_empty());
    // Nobody could be told that it was given up.
    assert_eq!(bucket.uploads().len(), 1);
    relay.mend();
    store.delete_all("aa").unwrap();
    assert!(bucket.uploads().is_empty());
}

#[test]
fn a_bucket_that_refuses_says_why_and_no_secret() {
    let bucket = ObjectServer::shared().bucket();
    let fine = address(&bucket, bucket.endpoint());
    let with = |change: fn(&mut Address)| {
        let mut address = fine.clone();
        change(&mut address);
        ArchiveStore::bucket(&address).unwrap().prove("check/1").unwrap_err()
    };
    let wrong_secret = with(|address| address.credentials.as_mut().unwrap().secret_access_key = "guessed".to_owned());
    let unknown = with(|address| address.credentials.as_mut().unwrap().access_key_id = "somebody".to_owned());
    let no_bucket = with(|address| address.bucket = "nowhere".to_owned());
    let away = with(|address| address.endpoint = Some("http://127.0.0.1:1".to_owned()));
    for (error, want) in
        [(&wrong_secret, Refusal::Denied), (&unknown, Refusal::Denied), (&no_bucket, Refusal::NoBucket), (&away, Refusal::Away)]
    {
        let told = error.to_string();
        assert!(matches!(error, Error::Bucket { why, .. } if *why == want), "{told}");
        assert!(!told.contains("Signature=") && !told.contains("guessed") && !told.contains(ACCESS_KEY), "{told}");
    }
}

#[test]
fn a_bucket_that_keeps_old_versions_is_refused() {
    let bucket = ObjectServer::shared().bucket();
    let versions =
        "<VersioningConfiguration xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>Enabled</Status></VersioningConfiguration>";
    let (status, told) = bucket.ask("PUT", "", "versioning", versions);
    assert_eq!(status, 200, "{told}");
    let store = ArchiveStore::bucket(&address(&bucket, bucket.endpoint())).unwrap();
    assert!(matches!(store.prove("check/1"), Err(Error::Versioned { .. })));
}
