//! A real store that speaks like S3 for tests, SeaweedFS, on free loopback ports in a temporary folder; and a relay in front of it that can be cut.
//!
//! Buckets are looked at by a second client, a few lines of Python: what it lists does not depend on ours.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicI64, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Condvar, Mutex, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::tools;

/// The key pair that every bucket is opened with.
pub const ACCESS_KEY: &str = "exeunt-tests";
pub const SECRET_KEY: &str = "only for tests";

/// How long the start may take on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(120);
/// Another process may take a port between our look and the server's start.
const ATTEMPTS: u32 = 5;

/// Keeps the server for as long as its standard input stays open.
const SUPERVISOR: &str = r#"
trap '' HUP INT TERM
dir=$1; shift
{
    "$@" >"$dir/log" 2>&1 </dev/null &
    echo $! >"$dir/pid"
    wait $!
    echo over >"$dir/exited"
} &
cat >/dev/null
while [ ! -e "$dir/exited" ]; do
    [ -s "$dir/pid" ] && kill -KILL "$(cat "$dir/pid")" 2>/dev/null
    sleep 0.05
done
rm -rf -- "$dir"
"#;

/// One signed request: method, address, path, query, body. Prints the status, a line end, and the answer's body.
const CLIENT: &str = r#"
import datetime, hashlib, hmac, http.client, sys, urllib.parse
method, host, path, query, body = sys.argv[1:6]
key, secret = sys.argv[6:8]
body = body.encode()
now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y%m%dT%H%M%SZ")
digest = hashlib.sha256(body).hexdigest()
headers = {"host": host, "x-amz-content-sha256": digest, "x-amz-date": now}
names = ";".join(sorted(headers))
pairs = "&".join(sorted(p if "=" in p else p + "=" for p in query.split("&") if p))
request = "\n".join([method, urllib.parse.quote(path), pairs, "".join(f"{n}:{headers[n]}\n" for n in sorted(headers)), names, digest])
scope = f"{now[:8]}/us-east-1/s3/aws4_request"
text = "\n".join(["AWS4-HMAC-SHA256", now, scope, hashlib.sha256(request.encode()).hexdigest()])
signing = ("AWS4" + secret).encode()
for part in scope.split("/"):
    signing = hmac.new(signing, part.encode(), hashlib.sha256).digest()
signature = hmac.new(signing, text.encode(), hashlib.sha256).hexdigest()
headers["authorization"] = f"AWS4-HMAC-SHA256 Credential={key}/{scope}, SignedHeaders={names}, Signature={signature}"
connection = http.client.HTTPConnection(host)
connection.request(method, path + ("?" + query if query else ""), body, headers)
answer = connection.getresponse()
sys.stdout.write(f"{answer.status}\n{answer.read().decode(errors='replace')}")
"#;

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct ObjectServer {
    supervisor: Child,
    port: u16,
    buckets: AtomicU32,
}

impl ObjectServer {
    /// The one server of this test process, started at the first call.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<ObjectServer> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    fn start() -> Self {
        let mut log = String::new();
        for _ in 0..ATTEMPTS {
            match Self::try_start() {
                Ok(server) => return server,
                Err(told) => log = told,
            }
        }
        panic!("SeaweedFS did not start; its log says:\n{log}");
    }

    fn try_start() -> Result<Self, String> {
        let folder = TempDir::with_prefix("exeunt-s3-").expect("make a folder").keep();
        let data = folder.join("data");
        std::fs::create_dir(&data).expect("make a folder");
        let identities = format!(
            r#"{{"identities":[{{"name":"tests","credentials":[{{"accessKey":"{ACCESS_KEY}","secretKey":"{SECRET_KEY}"}}],"actions":["Admin","Read","Write","List","Tagging"]}}]}}"#
        );
        std::fs::write(folder.join("identities.json"), identities).expect("write the identities");
        let [master, master_grpc, volume, volume_grpc, filer, filer_grpc, port, grpc] = free_ports();
        let option = |name: &str, value: &dyn std::fmt::Display| format!("-{name}={value}");
        let mut command = Command::new("sh");
        command.args(["-c", SUPERVISOR, "supervisor"]).arg(&folder).arg(program()).arg("server");
        command.args(["-filer", "-s3", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-master.telemetry=false", "-volume.max=2000"]);
        command.args(["-master.volumeSizeLimitMB=64", "-s3.port.iceberg=0", "-s3.port.lance=0"]);
        command.arg(option("dir", &data.display())).arg(option("s3.config", &folder.join("identities.json").display()));
        for (name, port) in [
            ("master.port", master),
            ("master.port.grpc", master_grpc),
            ("volume.port", volume),
            ("volume.port.grpc", volume_grpc),
            ("filer.port", filer),
            ("filer.port.grpc", filer_grpc),
            ("s3.port", port),
            ("s3.port.grpc", grpc),
        ] {
            command.arg(option(name, &port));
        }
        // Each bucket has volumes of its own, and here no more than one.
        command.env("WEED_MASTER_VOLUME_GROWTH_COPY_1", "1");
        let supervisor = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("start the server");
        let server = Self { supervisor, port, buckets: AtomicU32::new(1) };
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if folder.join("exited").exists() || Instant::now() > deadline {
                return Err(std::fs::read_to_string(folder.join("log")).unwrap_or_default());
            }
            if TcpStream::connect(("127.0.0.1", port)).is_ok() && server.ask("PUT", "/started", "", "").0 == 200 {
                return Ok(server);
            }
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Makes an empty bucket.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn bucket(&self) -> TestBucket<'_> {
        let name = format!("bucket-{}", self.buckets.fetch_add(1, Ordering::Relaxed));
        let (status, told) = self.ask("PUT", &format!("/{name}"), "", "");
        assert_eq!(status, 200, "make a bucket: {told}");
        TestBucket { server: self, name }
    }

    /// As in `http://127.0.0.1:8333`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Sends one signed request, and returns status and body.
    fn ask(&self, method: &str, path: &str, query: &str, body: &str) -> (u16, String) {
        let host = format!("127.0.0.1:{}", self.port);
        let ran =
            tools::python().args(["-c", CLIENT, method, &host, path, query, body, ACCESS_KEY, SECRET_KEY]).output().expect("run python");
        let told = String::from_utf8_lossy(&ran.stdout).into_owned();
        match told.split_once('\n') {
            Some((status, body)) => (status.parse().expect("a status"), body.to_owned()),
            None => (0, String::from_utf8_lossy(&ran.stderr).into_owned()),
        }
    }
}

impl Drop for ObjectServer {
    fn drop(&mut self) {
        drop(self.supervisor.stdin.take());
        let _ = self.supervisor.wait();
    }
}

/// A bucket of its own for one test.
#[derive(Debug)]
pub struct TestBucket<'server> {
    server: &'server ObjectServer,
    name: String,
}

impl TestBucket<'_> {
    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn endpoint(&self) -> String {
        self.server.endpoint()
    }

    /// The keys of all objects.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn objects(&self) -> Vec<String> {
        self.keys("list-type=2")
    }

    /// The keys of all uploads that were begun and not ended.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn uploads(&self) -> Vec<String> {
        self.keys("uploads")
    }

    fn keys(&self, query: &str) -> Vec<String> {
        let (status, told) = self.ask("GET", "", query, "");
        assert_eq!(status, 200, "{told}");
        told.split("<Key>").skip(1).filter_map(|rest| rest.split_once("</Key>")).map(|(key, _)| key.to_owned()).collect()
    }

    /// Sends one signed request to an object, or to the bucket itself, and returns status and body.
    pub fn ask(&self, method: &str, object: &str, query: &str, body: &str) -> (u16, String) {
        let path = if object.is_empty() { format!("/{}", self.name) } else { format!("/{}/{object}", self.name) };
        self.server.ask(method, &path, query, body)
    }
}

fn program() -> PathBuf {
    let weed = PathBuf::from(tools::python().get_program()).with_file_name("weed");
    assert!(weed.exists(), "this test needs the Python tools of scripts/test-tools.txt: run ./test");
    weed
}

fn free_ports<const COUNT: usize>() -> [u16; COUNT] {
    // All at once, so that they differ.
    let listeners: [TcpListener; COUNT] = std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("find a free port"));
    listeners.map(|listener| listener.local_addr().expect("its address").port())
}

/// Stands between a client and a server, and can be cut.
#[derive(Debug)]
pub struct Relay {
    port: u16,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    server: String,
    /// Bytes of clients that are still let through; negative: all of them.
    left: AtomicI64,
    /// Connections that were cut or refused.
    cut: AtomicU64,
    /// Cut once, then whole again.
    once: std::sync::atomic::AtomicBool,
    gate: (Mutex<Gate>, Condvar),
}

/// Where what clients send waits while it is closed.
#[derive(Debug, Default)]
struct Gate {
    closed: bool,
    /// Uploads that have come to it while it was closed.
    uploads: usize,
}

impl Relay {
    /// Listens on a free port, and lets everything through.
    ///
    /// # Panics
    /// When no port is free.
    pub fn to(endpoint: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("find a free port");
        let port = listener.local_addr().expect("its address").port();
        let server = endpoint.trim_start_matches("http://").to_owned();
        let shared =
            Arc::new(Shared { server, left: AtomicI64::new(-1), cut: AtomicU64::new(0), once: false.into(), gate: Default::default() });
        let accepting = shared.clone();
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let shared = accepting.clone();
                thread::spawn(move || shared.pass(&client));
            }
        });
        Self { port, shared }
    }

    /// As in `http://127.0.0.1:8333`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// Cuts every connection from now on, until it is mended.
    pub fn refuse(&self) {
        self.shared.once.store(false, Ordering::SeqCst);
        self.shared.left.store(0, Ordering::SeqCst);
    }

    /// Lets so many bytes of clients through, and cuts every connection then until it is mended.
    pub fn cut_after(&self, bytes: u32) {
        self.shared.once.store(false, Ordering::SeqCst);
        self.shared.left.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// Lets so many bytes of clients through, cuts one connection, and lets everything through again.
    pub fn cut_once_after(&self, bytes: u32) {
        self.shared.once.store(true, Ordering::SeqCst);
        self.shared.left.store(i64::from(bytes), Ordering::SeqCst);
    }

    /// Lets everything through.
    pub fn mend(&self) {
        self.shared.left.store(-1, Ordering::SeqCst);
        self.shared.gate.0.lock().unwrap_or_else(PoisonError::into_inner).closed = false;
        self.shared.gate.1.notify_all();
    }

    /// Lets nothing of clients through and cuts nothing, until it is mended.
    pub fn hold(&self) {
        self.shared.gate.0.lock().unwrap_or_else(PoisonError::into_inner).closed = true;
    }

    /// Waits until an upload is held.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn wait_for_upload(&self) {
        let (gate, changed) = &self.shared.gate;
        let gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        let waited = changed.wait_timeout_while(gate, START_LIMIT, |gate| gate.uploads == 0);
        assert!(!waited.unwrap_or_else(PoisonError::into_inner).1.timed_out(), "no upload has come");
    }

    /// How many connections were cut.
    pub fn cuts(&self) -> u64 {
        self.shared.cut.load(Ordering::SeqCst)
    }
}

impl Shared {
    /// Whether so many bytes of a client may go on.
    fn may_pass(&self, bytes: usize) -> bool {
        let taken = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| match left {
            ..0 => Some(left),
            left if left >= bytes as i64 && left > 0 => Some(left - bytes as i64),
            _ => Some(if self.once.load(Ordering::SeqCst) { -1 } else { 0 }),
        });
        match taken {
            Ok(left) if left < 0 || (left > 0 && left >= bytes as i64) => true,
            _ => {
                self.cut.fetch_add(1, Ordering::SeqCst);
                false
            }
        }
    }

    /// Waits while nothing is let through.
    fn pass_gate(&self, bytes: &[u8]) -> bool {
        let (gate, changed) = &self.gate;
        let mut gate = gate.lock().unwrap_or_else(PoisonError::into_inner);
        if gate.closed && (bytes.starts_with(b"PUT ") || bytes.starts_with(b"POST ")) {
            gate.uploads += 1;
            changed.notify_all();
        }
        drop(changed.wait_while(gate, |gate| gate.closed));
        true
    }

    fn pass(&self, client: &TcpStream) {
        let Ok(server) = TcpStream::connect(&self.server) else { return };
        thread::scope(|scope| {
            scope.spawn(|| {
                copy(&server, client, |_| true);
                let _ = client.shutdown(Shutdown::Both);
            });
            if !copy(client, &server, |bytes| self.pass_gate(bytes) && self.may_pass(bytes.len())) {
                let _ = client.shutdown(Shutdown::Both);
            }
            let _ = server.shutdown(Shutdown::Both);
        });
    }
}

/// Copies until the end; false when it was not let through.
fn copy(from: &TcpStream, to: &TcpStream, may_pass: impl Fn(&[u8]) -> bool) -> bool {
    let mut reader = BufReader::with_capacity(1 << 16, from);
    loop {
        let Ok(bytes) = reader.fill_buf() else { return true };
        let length = bytes.len();
        if length == 0 {
            return true;
        }
        if !may_pass(bytes) {
            return false;
        }
        let mut to: &TcpStream = to;
        if to.write_all(bytes).is_err() {
            return true;
        }
        reader.consume(length);
    }
}
