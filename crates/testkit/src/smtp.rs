//! A real SMTP server for tests, on a free loopback port. It hands every mail that it takes to the test.

use std::cell::RefCell;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use serde_json::Value;

use crate::tools;

/// How long a test waits for a mail on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// Takes mails and prints each as a line of JSON. A line on standard input changes how it answers: `451`, `550` or `250`; its end ends the server.
const SERVER: &str = r#"
import asyncio, base64, email, email.policy, json, sys, threading
from aiosmtpd.controller import Controller

answer = "250"

class Handler:
    async def handle_DATA(self, server, session, envelope):
        if answer != "250":
            return answer + " not now"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = {part.get_content_type(): part.get_content() for part in mail.walk()
                if part.get_content_type() in ("text/plain", "text/html") and not part.get_filename()}
        files = [{"name": part.get_filename(), "bytes": base64.b64encode(part.get_payload(decode=True)).decode()}
                 for part in mail.walk() if part.get_filename()]
        print(json.dumps({"to": envelope.rcpt_tos, "from": envelope.mail_from, "subject": mail["subject"], "id": mail["message-id"],
                          "auto": mail["auto-submitted"], "text": body.get("text/plain"), "html": body.get("text/html"), "files": files}), flush=True)
        return "250 taken"

controller = Controller(Handler(), hostname="127.0.0.1", port=int(sys.argv[1]))
controller.start()
print(json.dumps({"port": controller.server.sockets[0].getsockname()[1]}), flush=True)
for line in sys.stdin:
    answer = line.strip()
controller.stop()
"#;

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct MailServer {
    child: Child,
    control: Option<ChildStdin>,
    port: u16,
    mails: Receiver<Value>,
    /// Mails that have come and that nobody has asked for.
    unread: RefCell<Vec<Value>>,
}

impl MailServer {
    /// Starts it on a free port.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start() -> Self {
        Self::start_on(0)
    }

    /// Starts it on this port, as after an outage.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start_on(port: u16) -> Self {
        // The controller of aiosmtpd connects to the port that it was given, so that it must be a real one.
        let port = if port == 0 { free_port() } else { port };
        let mut child = tools::python()
            .args(["-c", SERVER, &port.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the mail server");
        let control = child.stdin.take();
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
        let first = lines.next().expect("a line").expect("read a line");
        let first: Value = serde_json::from_str(&first).expect("JSON");
        assert_eq!(first["port"], port);
        let (send, mails) = channel();
        thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let Ok(mail) = serde_json::from_str(&line) else { continue };
                if send.send(mail).is_err() {
                    return;
                }
            }
        });
        Self { child, control, port, mails, unread: RefCell::default() }
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    /// Answers every mail with this code from now on; `250` takes it.
    ///
    /// # Panics
    /// When the server has ended.
    pub fn answer(&mut self, code: &str) {
        let control = self.control.as_mut().expect("a running server");
        writeln!(control, "{code}").and_then(|()| control.flush()).expect("tell the mail server");
    }

    /// Every mail that has come and that no test has asked for.
    pub fn all(&self) -> Vec<Value> {
        let mut unread = self.unread.borrow_mut();
        unread.extend(self.mails.try_iter());
        unread.drain(..).collect()
    }

    /// The first mail to this address that no test has asked for yet, with these words in its subject, in one of the languages with `|` between.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn next(&self, to: &str, subject: &str) -> Value {
        let fits = |mail: &Value| {
            let about = mail["subject"].as_str().is_some_and(|text| subject.split('|').any(|words| text.contains(words)));
            mail["to"][0].as_str() == Some(to) && about
        };
        let mut unread = self.unread.borrow_mut();
        if let Some(at) = unread.iter().position(fits) {
            return unread.remove(at);
        }
        loop {
            match self.mails.recv_timeout(PATIENCE) {
                Ok(mail) if fits(&mail) => return mail,
                Ok(mail) => unread.push(mail),
                Err(_) => {
                    let others: Vec<String> = unread.iter().map(|mail| format!("{}: {}", mail["to"][0], mail["subject"])).collect();
                    panic!("no mail to {to} about `{subject}` has come, but {others:#?}")
                }
            }
        }
    }
}

fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("find a free port");
    listener.local_addr().expect("its address").port()
}

impl Drop for MailServer {
    fn drop(&mut self) {
        drop(self.control.take());
        // It ends with its input; what doesn't is ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
