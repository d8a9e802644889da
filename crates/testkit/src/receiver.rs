//! A real HTTP server that receives webhooks, on a free loopback port. How it answers is up to the test.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for a call on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a receiver does with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// Answers with this status.
    Status(u16),
    /// Sends the caller elsewhere: to `/elsewhere` of itself.
    Redirect,
    /// Answers 200, with a body that never ends.
    Endless,
    /// Says nothing until another answer is chosen, and then answers so.
    Hold,
}

/// A call that came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    pub method: String,
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    pub body: Vec<u8>,
}

impl Call {
    /// A header, by its name in lower case.
    ///
    /// # Panics
    /// When it didn't come.
    #[track_caller]
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str()).unwrap_or_else(|| panic!("no header {name} in {:?}", self.headers))
    }
}

#[derive(Debug)]
struct State {
    answer: Answer,
    calls: Vec<Call>,
    /// Calls that wait for their answer just now.
    held: usize,
    /// Connections, of whatever kind.
    connections: usize,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    stopped: AtomicBool,
}

impl Shared {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running receiver. Dropping it stops it.
#[derive(Debug)]
pub struct Receiver {
    port: u16,
    shared: Arc<Shared>,
}

impl Receiver {
    /// Starts it on a free port; it answers 204.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let port = listener.local_addr().expect("its address").port();
        let state = State { answer: Answer::Status(204), calls: Vec::new(), held: 0, connections: 0 };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new(), stopped: AtomicBool::new(false) });
        let server = shared.clone();
        thread::spawn(move || {
            for connection in listener.incoming() {
                if server.stopped.load(Ordering::Acquire) {
                    return;
                }
                let (Ok(connection), server) = (connection, server.clone()) else { continue };
                server.lock().connections += 1;
                // A caller that goes away is no matter of the receiver's.
                thread::spawn(move || serve(&server, connection));
            }
        });
        Self { port, shared }
    }

    /// Its address with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers so from now on, those who wait too.
    pub fn answer(&self, answer: Answer) {
        self.shared.lock().answer = answer;
        self.shared.changed.notify_all();
    }

    /// Every call that has come.
    pub fn calls(&self) -> Vec<Call> {
        self.shared.lock().calls.clone()
    }

    /// How many connections there were, whatever came through them.
    pub fn connections(&self) -> usize {
        self.shared.lock().connections
    }

    /// How many calls wait for their answer.
    pub fn held(&self) -> usize {
        self.shared.lock().held
    }

    /// Waits until so many calls have come, and returns all of them.
    ///
    /// # Panics
    /// When they don't come.
    #[track_caller]
    pub fn wait_for(&self, calls: usize) -> Vec<Call> {
        self.wait_until(&format!("{calls} calls"), |state| state.calls.len() >= calls).calls.clone()
    }

    /// Waits until so many calls wait for their answer.
    ///
    /// # Panics
    /// When they don't come.
    #[track_caller]
    pub fn wait_for_held(&self, calls: usize) {
        drop(self.wait_until(&format!("{calls} calls that wait"), |state| state.held >= calls));
    }

    #[track_caller]
    fn wait_until(&self, what: &str, is_so: impl Fn(&State) -> bool) -> MutexGuard<'_, State> {
        let deadline = Instant::now() + PATIENCE;
        let mut state = self.shared.lock();
        while !is_so(&state) {
            let left = deadline.saturating_duration_since(Instant::now());
            assert!(!left.is_zero(), "{what} have not come, but {:#?}", state.calls);
            state = self.shared.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.shared.stopped.store(true, Ordering::Release);
        self.answer(Answer::Status(503));
        // Its thread waits for one more connection.
        let _ = TcpStream::connect(("127.0.0.1", self.port));
    }
}

fn serve(shared: &Shared, connection: TcpStream) -> Option<()> {
    let mut reader = BufReader::new(connection.try_clone().ok()?);
    let call = read(&mut reader)?;
    let mut state = shared.lock();
    state.calls.push(call);
    shared.changed.notify_all();
    if state.answer == Answer::Hold {
        state.held += 1;
        shared.changed.notify_all();
        state = shared.changed.wait_while(state, |state| state.answer == Answer::Hold).unwrap_or_else(PoisonError::into_inner);
        state.held -= 1;
    }
    let answer = state.answer;
    drop(state);
    write(&connection, answer)
}

fn write(mut connection: &TcpStream, answer: Answer) -> Option<()> {
    let head = |status: u16, more: &str| format!("HTTP/1.1 {status} .\r\nconnection: close\r\n{more}\r\n");
    match answer {
        Answer::Status(status) => connection.write_all(head(status, "content-length: 0\r\n").as_bytes()).ok(),
        Answer::Redirect => connection.write_all(head(302, "location: /elsewhere\r\ncontent-length: 0\r\n").as_bytes()).ok(),
        Answer::Endless => {
            connection.write_all(head(200, "").as_bytes()).ok()?;
            // Until the caller has had enough.
            while connection.write_all(&[b'.'; 1 << 16]).is_ok() {}
            None
        }
        Answer::Hold => None,
    }
}

fn read(reader: &mut BufReader<TcpStream>) -> Option<Call> {
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = Vec::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.push((name.to_lowercase(), value.trim().to_owned()));
    }
    let length = headers.iter().find(|(name, _)| name == "content-length").and_then(|(_, value)| value.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Call { method, path, headers, body })
}
