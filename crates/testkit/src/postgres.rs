//! A real PostgreSQL for tests and benchmarks, started on a free loopback port in a temporary folder.
//!
//! ```text
//! test process ──pipe──► supervisor (sh) ──► initdb, then postgres
//! ```
//!
//! The supervisor waits for the end of the pipe. The kernel closes it when the test process ends, however it ends, so neither a server
//! nor its folder is left behind by a killed test. PostgreSQL refuses to run as root; a root process runs it as `postgres` or `nobody`.
//!
//! ```no_run
//! use exeunt_testkit::postgres::Server;
//!
//! let database = Server::shared().database();
//! database.client().batch_execute("CREATE TABLE note (id bigint PRIMARY KEY)").unwrap();
//! println!("{}", database.url());
//! ```

use std::collections::HashSet;
use std::ffi::OsString;
use std::fmt::Write as _;
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};

/// How long `initdb` and the start may take on a busy machine.
const START_LIMIT: Duration = Duration::from_secs(90);
/// Between two looks at whether the server answers.
const START_POLL: Duration = Duration::from_millis(20);
/// Another process may take the port between our look and the server's start.
const PORT_ATTEMPTS: u32 = 5;
/// A Unix socket's path holds about 107 bytes; the folder's name and the socket's take some 45.
const LONGEST_TEMP_PATH: usize = 60;

/// The superuser of every server started here.
pub const USER: &str = "exeunt";
/// A login of this name needs its password; all others are trusted. A test creates the role itself:
/// `CREATE ROLE locked LOGIN PASSWORD '…'`.
pub const LOCKED_USER: &str = "locked";

/// Keeps the server for as long as its standard input stays open, then stops it at once and removes its folder.
const SUPERVISOR: &str = r#"
trap '' HUP INT TERM
dir=$1; initdb=$2; shift 2
{
    sh -c "$initdb" initdb "$dir" >"$dir/log" 2>&1 </dev/null &&
    cp "$dir/pg_hba.conf" "$dir/data/pg_hba.conf" &&
    "$@" >>"$dir/log" 2>&1 </dev/null
    echo "$?" >"$dir/exited"
} &
cat >/dev/null
while [ ! -e "$dir/exited" ]; do
    if [ -s "$dir/data/postmaster.pid" ]; then
        kill -QUIT "$(head -n 1 "$dir/data/postmaster.pid")" 2>/dev/null
    fi
    sleep 0.05
done
rm -rf -- "$dir"
"#;

/// How a server is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    /// Server parameters as in `postgresql.conf`; a later entry replaces an earlier one of the same name.
    parameters: Vec<(String, String)>,
}

impl Settings {
    /// For tests: nothing is flushed to disk, no background work, UTC.
    pub fn fast() -> Self {
        Self { parameters: Vec::new() }
            .with("fsync", "off")
            .with("synchronous_commit", "off")
            .with("full_page_writes", "off")
            .with("autovacuum", "off")
            .with("shared_buffers", "64MB")
            .with("jit", "off")
    }

    /// For measurements: every commit reaches the disk, as on a server that holds customers' data.
    pub fn durable() -> Self {
        Self { parameters: Vec::new() }
            .with("fsync", "on")
            .with("synchronous_commit", "on")
            .with("full_page_writes", "on")
            .with("shared_buffers", "1GB")
            .with("max_wal_size", "4GB")
    }

    /// Sets a server parameter.
    #[must_use]
    pub fn with(mut self, parameter: &str, value: &str) -> Self {
        self.parameters.push((parameter.to_owned(), value.to_owned()));
        self
    }
}

/// A running server. Dropping it stops it and removes its folder.
#[derive(Debug)]
pub struct Server {
    folder: PathBuf,
    programs: PathBuf,
    port: u16,
    admin: Mutex<Admin>,
    next_database: AtomicU32,
    /// Last, so that the connection is closed first.
    _supervisor: Supervisor,
}

struct Admin {
    client: Client,
    templates: HashSet<String>,
}

impl std::fmt::Debug for Admin {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Admin").field("templates", &self.templates).finish_non_exhaustive()
    }
}

impl Server {
    /// The one server of this test process, started at the first call with [`Settings::fast`].
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Server> = OnceLock::new();
        SHARED.get_or_init(|| Self::start(&Settings::fast()))
    }

    /// Starts a server of its own.
    ///
    /// # Panics
    /// When PostgreSQL is not installed or does not start; the message says what to do.
    pub fn start(settings: &Settings) -> Self {
        let programs = find_programs();
        let mut log = String::new();
        for _ in 0..PORT_ATTEMPTS {
            match Self::try_start(&programs, settings) {
                Ok(server) => return server,
                Err(text) => log = text,
            }
            if !log.contains("Address already in use") {
                break;
            }
        }
        panic!("PostgreSQL of {} did not start; its log says:\n{log}", programs.display());
    }

    fn try_start(programs: &Path, settings: &Settings) -> Result<Self, String> {
        let user = runtime_user();
        let folder = make_folder(user.as_ref());
        let port = free_port();
        let supervisor = supervise(&folder, programs, port, settings, user.as_ref());
        // From here on the supervisor removes the folder, whatever happens to this process.
        let deadline = Instant::now() + START_LIMIT;
        loop {
            if folder.join("exited").exists() || Instant::now() > deadline {
                let log = std::fs::read_to_string(folder.join("log")).unwrap_or_default();
                drop(supervisor);
                return Err(log);
            }
            // The port may be another server's if ours lost the race for it; the socket in our folder is surely ours.
            if folder.join(format!(".s.PGSQL.{port}")).exists()
                && let Ok(client) = Client::connect(&url(port, "postgres"), NoTls)
            {
                let admin = Mutex::new(Admin { client, templates: HashSet::new() });
                let programs = programs.to_owned();
                return Ok(Self { _supervisor: supervisor, folder, programs, port, admin, next_database: AtomicU32::new(1) });
            }
            thread::sleep(START_POLL);
        }
    }

    /// Creates an empty database, dropped again with the value returned.
    pub fn database(&self) -> Database<'_> {
        self.create("template1")
    }

    /// Creates a database that is a copy of the template `name`, which `prepare` fills when it is first asked for.
    ///
    /// `prepare` gets the URL of an empty database and must have closed its connections when it returns. If it panics, the next call
    /// prepares the template anew.
    pub fn template(&self, name: &str, prepare: impl FnOnce(&str)) -> Database<'_> {
        let template = format!("template_{name}");
        let mut admin = self.admin();
        if !admin.templates.contains(name) {
            admin.run(&format!("DROP DATABASE IF EXISTS {}", quote(&template)));
            admin.run(&format!("CREATE DATABASE {}", quote(&template)));
            prepare(&url(self.port, &template));
            admin.run(&format!("ALTER DATABASE {} ALLOW_CONNECTIONS false", quote(&template)));
            admin.templates.insert(name.to_owned());
        }
        drop(admin);
        self.create(&template)
    }

    fn create(&self, template: &str) -> Database<'_> {
        let name = format!("test_{}", self.next_database.fetch_add(1, Ordering::Relaxed));
        self.admin().run(&format!("CREATE DATABASE {} TEMPLATE {}", quote(&name), quote(template)));
        Database { server: self, url: url(self.port, &name), name }
    }

    /// The URL of a database of this server by name, whether it exists or not.
    pub fn url_of(&self, database: &str) -> String {
        url(self.port, database)
    }

    /// The TCP port on 127.0.0.1.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder with the Unix socket, the `data` folder and the server's `log`.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The path of one of PostgreSQL's programs of the same version, such as `psql` or `pgbench`.
    pub fn program(&self, name: &str) -> PathBuf {
        self.programs.join(name)
    }

    fn admin(&self) -> MutexGuard<'_, Admin> {
        // A panic while the lock was held leaves nothing half-done here: each statement is whole, templates are noted last.
        self.admin.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The shell that ends the server and removes its folder, dropped when both are gone.
#[derive(Debug)]
struct Supervisor(Child);

impl Drop for Supervisor {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // An error here means that it is gone already.
        let _ = self.0.wait();
    }
}

impl Admin {
    fn run(&mut self, statement: &str) {
        if let Err(error) = self.client.batch_execute(statement) {
            panic!("{statement}: {error:?}");
        }
    }
}

/// A database of its own for one test, dropped with this value.
#[derive(Debug)]
pub struct Database<'server> {
    server: &'server Server,
    name: String,
    url: String,
}

impl Database<'_> {
    /// `postgres://exeunt@127.0.0.1:PORT/NAME`
    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// The URL with another login, for tests of credentials and rights.
    pub fn url_as(&self, user: &str, password: &str) -> String {
        format!("postgres://{user}:{password}@127.0.0.1:{}/{}", self.server.port, self.name)
    }

    /// Opens a connection as superuser.
    ///
    /// # Panics
    /// When the server refuses.
    pub fn client(&self) -> Client {
        Client::connect(&self.url, NoTls).unwrap_or_else(|error| panic!("connect to {}: {error:?}", self.url))
    }
}

impl Drop for Database<'_> {
    fn drop(&mut self) {
        // Best effort: the server's end removes what is left, and a panic here would hide the test's own.
        let statement = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", quote(&self.name));
        let _ = self.server.admin().client.batch_execute(&statement);
    }
}

/// The account that runs the server when this process is root's.
struct User {
    name: String,
    uid: u32,
    gid: u32,
}

/// `None` when this process is not root's and the server can run as its own user.
fn runtime_user() -> Option<User> {
    let own_uid = std::fs::metadata("/proc/self").map_or(u32::MAX, |metadata| metadata.uid());
    if own_uid != 0 {
        return None;
    }
    let accounts = std::fs::read_to_string("/etc/passwd").expect("read /etc/passwd");
    let found = ["postgres", "nobody"].iter().find_map(|name| accounts.lines().find_map(|line| account(line, name)));
    Some(found.expect("PostgreSQL refuses to run as root, and there is no account `postgres` or `nobody` to run it as"))
}

fn account(line: &str, name: &str) -> Option<User> {
    let fields: Vec<&str> = line.split(':').collect();
    let [found, _, uid, gid, ..] = fields.as_slice() else {
        return None;
    };
    (*found == name).then_some(())?;
    Some(User { name: name.to_owned(), uid: uid.parse().ok()?, gid: gid.parse().ok()? })
}

fn make_folder(user: Option<&User>) -> PathBuf {
    let temp = std::env::temp_dir();
    let parent = if temp.as_os_str().len() <= LONGEST_TEMP_PATH { temp } else { PathBuf::from("/tmp") };
    let folder = tempfile::Builder::new()
        .prefix("exeunt-postgres-")
        .tempdir_in(&parent)
        .unwrap_or_else(|error| panic!("make a folder in {}: {error}", parent.display()))
        .keep();
    let prepare = || -> io::Result<()> {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700))?;
        let rules = format!("local all all trust\nhost all {LOCKED_USER} 127.0.0.1/32 scram-sha-256\nhost all all 127.0.0.1/32 trust\n");
        std::fs::write(folder.join("pg_hba.conf"), rules)?;
        match user {
            Some(user) => chown(&folder, Some(user.uid), Some(user.gid)),
            None => Ok(()),
        }
    };
    prepare().unwrap_or_else(|error| panic!("prepare {}: {error}", folder.display()));
    folder
}

fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("find a free port on 127.0.0.1");
    listener.local_addr().expect("read the port").port()
}

fn supervise(folder: &Path, programs: &Path, port: u16, settings: &Settings, user: Option<&User>) -> Supervisor {
    let mut prefix = String::new();
    if let Some(user) = user {
        let _ = write!(prefix, "setpriv --reuid={} --regid={} --clear-groups ", user.name, user.gid);
    }
    let initdb = format!(
        "exec {prefix}'{}' --pgdata=\"$1/data\" --username={USER} --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync",
        programs.join("initdb").display()
    );
    let mut server: Vec<OsString> = prefix.split_whitespace().map(OsString::from).collect();
    server.push(programs.join("postgres").into());
    server.push("-D".into());
    server.push(folder.join("data").into());
    let own = [
        ("listen_addresses", "127.0.0.1".to_owned()),
        ("port", port.to_string()),
        ("unix_socket_directories", folder.display().to_string()),
        ("max_connections", "100".to_owned()),
        ("timezone", "UTC".to_owned()),
        ("lc_messages", "C".to_owned()),
    ];
    let parameters =
        own.iter().map(|(name, value)| (*name, value)).chain(settings.parameters.iter().map(|(name, value)| (name.as_str(), value)));
    for (name, value) in parameters {
        server.push("-c".into());
        server.push(format!("{name}={value}").into());
    }
    let child = Command::new("/bin/sh")
        .args(["-c", SUPERVISOR, "supervisor"])
        .arg(folder)
        .arg(initdb)
        .args(server)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_else(|| "/usr/bin:/bin".into()))
        .env("LC_ALL", "C")
        // Away from our working folder, which the server's account may not be able to enter.
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        // Its own process group: a Ctrl-C at the terminal ends the tests, and the supervisor then tidies up.
        .process_group(0)
        .spawn()
        .expect("start /bin/sh");
    Supervisor(child)
}

fn url(port: u16, database: &str) -> String {
    format!("postgres://{USER}@127.0.0.1:{port}/{database}")
}

fn quote(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// Finds the folder with `initdb` and `postgres`: `EXEUNT_POSTGRES_BIN`, else the newest of the distribution's, else on `PATH`.
fn find_programs() -> PathBuf {
    if let Some(folder) = std::env::var_os("EXEUNT_POSTGRES_BIN") {
        return PathBuf::from(folder);
    }
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let mut found: Vec<(u32, PathBuf)> = versions
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .filter(|(_, folder)| has_programs(folder))
        .collect();
    found.sort();
    if let Some((_, folder)) = found.pop() {
        return folder;
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).find(|folder| has_programs(folder)).unwrap_or_else(|| {
        panic!(
            "this test needs the PostgreSQL server, and neither /usr/lib/postgresql/*/bin nor PATH has it: \
             run ./test, which installs it, or `apt-get install postgresql`"
        )
    })
}

fn has_programs(folder: &Path) -> bool {
    ["initdb", "postgres"].iter().all(|name| folder.join(name).exists())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_are_apart_and_templates_are_prepared_once() {
        let server = Server::shared();
        let mut prepared = 0;
        for _ in 0..2 {
            let copy = server.template("apart", |url| {
                prepared += 1;
                let mut client = Client::connect(url, NoTls).expect("connect");
                client.batch_execute("CREATE TABLE note (id bigint); INSERT INTO note VALUES (1)").expect("fill");
            });
            // The insert of the first turn is not in the second copy.
            let mut client = copy.client();
            let count: i64 = client.query_one("SELECT count(*) FROM note", &[]).expect("count").get(0);
            assert_eq!(count, 1);
            client.batch_execute("INSERT INTO note VALUES (2)").expect("insert");
        }
        assert_eq!(prepared, 1);
        let empty = server.database();
        assert!(empty.client().query("SELECT * FROM note", &[]).is_err());
    }

    #[test]
    fn dropped_database_is_gone() {
        let server = Server::shared();
        let database = server.database();
        let url = database.url().to_owned();
        let _still_connected = database.client();
        drop(database);
        assert!(Client::connect(&url, NoTls).is_err());
    }

    #[test]
    fn locked_login_needs_its_password() {
        let database = Server::shared().database();
        database.client().batch_execute("CREATE ROLE locked LOGIN PASSWORD 'open sesame'").expect("create role");
        assert!(Client::connect(&database.url_as(LOCKED_USER, "open%20sesame"), NoTls).is_ok());
        assert!(Client::connect(&database.url_as(LOCKED_USER, "wrong"), NoTls).is_err());
    }

    #[test]
    fn dropped_server_leaves_nothing() {
        let server = Server::start(&Settings::durable().with("shared_buffers", "16MB"));
        let mut client = Client::connect(&server.url_of("postgres"), NoTls).expect("connect");
        let fsync: String = client.query_one("SHOW fsync", &[]).expect("show").get(0);
        assert_eq!(fsync, "on");
        let url = server.url_of("postgres");
        let folder = server.folder().to_owned();
        drop(server);
        assert!(!folder.exists());
        assert!(Client::connect(&url, NoTls).is_err());
    }
}
