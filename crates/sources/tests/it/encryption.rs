//! `sslmode` against a server whose certificate is for `localhost`, from an authority of our own.

use std::fs;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use exeunt_sources::{Error, Look};
use exeunt_testkit::postgres::{Server, Settings};

use crate::world::Postgres;

fn pem(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/it/tls").join(name)
}

/// A server that offers encryption.
fn server() -> Server {
    let server = Server::start(&Settings::fast());
    let data = server.folder().join("data");
    let owner = fs::metadata(&data).unwrap();
    for name in ["server.pem", "server.key"] {
        let path = data.join(name);
        fs::copy(pem(name), &path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if owner.uid() != fs::metadata(&path).unwrap().uid() {
            chown(&path, Some(owner.uid()), Some(owner.gid())).unwrap();
        }
    }
    let database = server.database();
    let mut client = database.client();
    for statement in ["ssl_cert_file = 'server.pem'", "ssl_key_file = 'server.key'", "ssl = on"] {
        client.batch_execute(&format!("ALTER SYSTEM SET {statement}")).unwrap();
    }
    client.batch_execute("SELECT pg_reload_conf()").unwrap();
    drop((client, database));
    // The server reads its settings when it comes to it.
    let started = Instant::now();
    while let Err(error) = Postgres::at(&format!("{}?sslmode=require", server.url_of("postgres")), &[]).reader() {
        assert!(started.elapsed() < Duration::from_secs(30), "{error}");
        std::thread::yield_now();
    }
    server
}

#[test]
fn postgres_is_encrypted_and_checked_as_sslmode_says() {
    let server = server();
    let authority = pem("authority.pem");
    let open = |host: &str, parameters: &str| {
        let url = format!("postgres://exeunt@{host}:{}/postgres?{parameters}", server.port());
        Postgres::at(&url, &[]).reader().and_then(|mut reader| reader.introspect()).map(drop)
    };
    let trusting = format!("sslrootcert={}", authority.display());
    open("localhost", "sslmode=disable").unwrap();
    open("localhost", "sslmode=prefer").unwrap();
    open("127.0.0.1", "sslmode=require").unwrap();
    open("localhost", &format!("sslmode=verify-full&{trusting}")).unwrap();
    open("127.0.0.1", &format!("sslmode=verify-ca&{trusting}")).unwrap();
    // The certificate is for another name; nobody vouches for it; there is nobody to ask.
    let refused =
        [("127.0.0.1", format!("sslmode=verify-full&{trusting}")), ("localhost", "sslmode=verify-ca&sslrootcert=/nowhere.pem".to_owned())];
    for (host, parameters) in refused {
        let got = open(host, &parameters);
        assert!(matches!(got, Err(Error::Encryption { .. })), "{parameters}: {got:?}");
    }
    let stranger = tempfile::NamedTempFile::new().unwrap();
    fs::copy(pem("server.pem"), stranger.path()).unwrap();
    let got = open("localhost", &format!("sslmode=verify-full&sslrootcert={}", stranger.path().display()));
    assert!(matches!(got, Err(Error::Encryption { .. })), "{got:?}");
}
