//! The desk behind nginx, as `deploy/nginx.conf` says: real TLS with a certificate of its own.

use std::fs;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use super::{Logged, wait_for};
use crate::desk::world::{Keeps, World};

const HOST: &str = "exit.platform.example";

/// nginx before a port of this machine. Dropping it ends it.
struct Proxy {
    child: Child,
    folder: tempfile::TempDir,
    secure: u16,
    plain: u16,
}

impl Proxy {
    fn start(secure: u16, upstream: u16) -> Self {
        let folder = tempfile::tempdir().expect("make a folder");
        let path = folder.path().display().to_string();
        let made = Command::new("openssl")
            .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"])
            .args(["-subj", &format!("/CN={HOST}"), "-addext", &format!("subjectAltName=DNS:{HOST}")])
            .args(["-keyout", &format!("{path}/{HOST}.key"), "-out", &format!("{path}/{HOST}.pem")])
            .output()
            .expect("run openssl: ./test installs it");
        assert!(made.status.success(), "{made:?}");
        let plain = free_port();
        let sample = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/nginx.conf");
        let mut text = fs::read_to_string(sample).expect("read deploy/nginx.conf");
        for (shown, here) in [
            ("/etc/nginx/", format!("{path}/")),
            ("/var/log/nginx/", format!("{path}/")),
            ("/run/nginx.pid", format!("{path}/nginx.pid")),
            ("worker_processes auto;", "worker_processes 1;".to_owned()),
            ("server 127.0.0.1:8080;", format!("server 127.0.0.1:{upstream};")),
            ("listen 443 ssl;", format!("listen 127.0.0.1:{secure} ssl;")),
            ("listen 80;", format!("listen 127.0.0.1:{plain};")),
        ] {
            assert!(text.contains(shown), "deploy/nginx.conf has no {shown}");
            text = text.replace(shown, &here);
        }
        // Temporary files of its own, as another nginx of this machine has them elsewhere.
        let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(|kind| format!("{kind}_temp_path {path}/{kind};"));
        text = text.replacen("http {", &format!("http {{ {}", temporary.join(" ")), 1);
        fs::write(folder.path().join("nginx.conf"), text).expect("write the configuration");
        let nginx =
            ["/usr/sbin/nginx", "/usr/local/sbin/nginx", "/usr/bin/nginx"].into_iter().find(|path| fs::exists(path).unwrap_or(false));
        let child = Command::new(nginx.expect("this test needs nginx: ./test installs it"))
            .args(["-p", &path, "-c", &format!("{path}/nginx.conf"), "-e", "stderr", "-g", "daemon off;"])
            .stdout(Stdio::null())
            .spawn()
            .expect("start nginx");
        let mut proxy = Self { child, folder, secure, plain };
        wait_for("nginx to listen", || {
            assert!(proxy.child.try_wait().expect("look after nginx").is_none(), "nginx has ended");
            TcpStream::connect(("127.0.0.1", secure)).ok()
        });
        proxy
    }

    fn curl(&self, arguments: &[&str]) -> Output {
        let certificate = self.folder.path().join(format!("{HOST}.pem"));
        let resolve = [self.secure, self.plain].map(|port| format!("{HOST}:{port}:127.0.0.1"));
        Command::new("curl")
            .args(["--silent", "--show-error", "--max-time", "60", "--cacert"])
            .arg(certificate)
            .args(["--resolve", &resolve[0], "--resolve", &resolve[1]])
            .args(arguments)
            .output()
            .expect("run curl")
    }

    /// What is answered, with its head.
    fn text(&self, arguments: &[&str]) -> String {
        let output = self.curl(arguments);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    fn at(&self, path: &str) -> String {
        format!("https://{HOST}:{}{path}", self.secure)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        // Its workers end with it when it is asked to end, and not when it is killed.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("find a free port").port()
}

#[test]
fn the_desk_works_behind_nginx_with_encryption() {
    let world = World::new(Keeps::File);
    world.configure(0);
    let cast = world.cast();
    let secure = free_port();
    let public = format!("https://{HOST}:{secure}");
    let desk = Logged::start(&world, &[("EXEUNT_DESK_PUBLIC_URL", &public)]);
    let proxy = Proxy::start(secure, desk.port());

    // Nobody stays on the connection that is not encrypted.
    let told = proxy.text(&["--include", &format!("http://{HOST}:{}/api/v1/me?x=1", proxy.plain)]);
    assert!(
        told.starts_with("HTTP/1.1 308") && told.to_lowercase().contains("location: https://exit.platform.example/api/v1/me?x=1"),
        "{told}"
    );

    let body = json!({ "email": cast.admin }).to_string();
    let told = proxy.text(&["--include", "--json", &body, &proxy.at("/api/v1/sign-in")]);
    assert!(told.contains("HTTP/1.1 202") && told.to_lowercase().contains("strict-transport-security"), "{told}");
    let mail = world.mails.next(&cast.admin, "");
    let text = mail["text"].as_str().expect("a text");
    assert!(text.contains(&format!("{public}/sign-in?secret=")), "{text}");
    let secret = text.split("secret=").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a secret").to_owned();
    // Opening the link changes nothing; the session begins with the button.
    proxy.text(&[&proxy.at(&format!("/sign-in?secret={secret}"))]);
    let cookies = world.path("cookies").display().to_string();
    let body = json!({ "secret": secret }).to_string();
    let told = proxy.text(&["--include", "--cookie-jar", &cookies, "--json", &body, &proxy.at("/api/v1/session")]);
    assert!(told.contains("__Host-exeunt=") && told.contains("Secure") && told.contains("HttpOnly"), "{told}");
    let csrf: Value = serde_json::from_str(told.rsplit("\r\n\r\n").next().expect("a body")).expect("JSON");
    let csrf = format!("x-csrf-token: {}", csrf["csrf_token"].as_str().expect("a token"));

    // An export of one's own contract, downloaded in two ranges.
    let wanted = json!({ "kind": "export", "scope": "contract", "contract": cast.contract }).to_string();
    let asked = proxy.text(&["--cookie", &cookies, "--header", &csrf, "--json", &wanted, &proxy.at("/api/v1/requests")]);
    let asked: Value = serde_json::from_str(&asked).expect("JSON");
    let id = asked["id"].as_str().unwrap_or_else(|| panic!("{asked}"));
    if asked["state"] == "awaiting_approval" {
        let second = world.sign_in_at(&desk.url, &cast.second_admin);
        second.post(&format!("/api/v1/requests/{id}/approve"), &json!({})).is(200);
    }
    world.mails.next(&cast.admin, "Ready|Bereit");
    let archives = proxy.text(&["--cookie", &cookies, &proxy.at(&format!("/api/v1/requests/{id}/archives"))]);
    let archives: Value = serde_json::from_str(&archives).expect("JSON");
    let archive = &archives["archives"][0];
    let links = proxy.at(&format!("/api/v1/archives/{}/links", archive["id"].as_str().expect("an id")));
    let link = proxy.text(&["--cookie", &cookies, "--header", &csrf, "--request", "POST", &links]);
    let link: Value = serde_json::from_str(&link).expect("JSON");
    let link = link["url"].as_str().expect("a link");
    let mut bytes = Vec::new();
    for (range, want) in [("0-99999", "206"), ("100000-", "206")] {
        let part = world.path("part").display().to_string();
        let status = proxy.text(&["--cookie", &cookies, "--range", range, "--output", &part, "--write-out", "%{http_code}", link]);
        assert_eq!(status, want);
        bytes.extend(fs::read(&part).expect("read a part"));
    }
    assert_eq!(bytes.len() as u64, archive["bytes"].as_u64().expect("a size"));
    fs::write(world.path("contract.zip"), bytes).expect("write the archive");
    let verified = world.command(&["verify", "contract.zip"]).output().expect("run exeunt");
    assert!(verified.status.success(), "{verified:?}");

    // Both logs speak of the same requests, and neither tells a secret.
    let log = fs::read_to_string(proxy.folder.path().join("exeunt.log")).expect("read the log of nginx");
    let records = desk.records();
    let ids: Vec<&str> = records.iter().filter_map(|record| record["request_id"].as_str()).collect();
    let of_nginx: Vec<&str> = log.lines().filter_map(|line| line.rsplit(' ').next()).collect();
    assert!(of_nginx.len() >= 7 && of_nginx.iter().all(|id| ids.contains(id)), "{log}\n{ids:?}");
    let download = link.rsplit('/').next().expect("a secret");
    let own = fs::read_to_string(&desk.log).expect("read the log");
    for hidden in [secret.as_str(), download, &cast.admin] {
        assert!(!log.contains(hidden), "{hidden} is in the log of nginx");
        assert!(!own.contains(hidden), "{hidden} is in the log of the desk");
    }

    // A file of a case is larger than any other body.
    let wanted = json!({
        "kind": "case", "scope": "seat", "contract": cast.contract, "seat": cast.seat, "matter": "other_data", "message": "What was asked for",
    });
    let requests = proxy.at("/api/v1/requests");
    let asked = proxy.text(&["--cookie", &cookies, "--header", &csrf, "--json", &wanted.to_string(), &requests]);
    let asked: Value = serde_json::from_str(&asked).expect("JSON");
    let case = asked["id"].as_str().unwrap_or_else(|| panic!("{asked}"));
    fs::write(world.path("large"), vec![7; 4_000_000]).expect("write a file");
    let large = format!("@{}", world.path("large").display());
    for (path, want) in [(format!("/api/v1/requests/{case}/attachments?name=large"), "201"), ("/api/v1/requests".to_owned(), "413")] {
        let to = proxy.at(&path);
        let status = ["--output", "/dev/null", "--write-out", "%{http_code}", "--data-binary", &large, &to];
        assert_eq!(proxy.text(&[&["--cookie", &cookies, "--header", &csrf][..], &status].concat()), want, "{path}");
    }
}

#[test]
fn nginx_tells_the_desk_who_calls_and_holds_no_event_back() {
    let upstream = TcpListener::bind("127.0.0.1:0").expect("listen");
    let proxy = Proxy::start(free_port(), upstream.local_addr().expect("an address").port());
    let mut client = Command::new("curl")
        .args(["--silent", "--no-buffer", "--max-time", "60", "--cacert"])
        .arg(proxy.folder.path().join(format!("{HOST}.pem")))
        .args(["--resolve", &format!("{HOST}:{}:127.0.0.1", proxy.secure), "--header", "X-Forwarded-For: 203.0.113.9"])
        .arg(proxy.at("/api/v1/requests/1/progress"))
        .stdout(Stdio::piped())
        .spawn()
        .expect("run curl");
    let mut events = BufReader::new(client.stdout.take().expect("its output"));
    let (mut asked, _) = upstream.accept().expect("nginx calls");
    let mut head = String::new();
    let mut reader = BufReader::new(asked.try_clone().expect("the same connection"));
    while !head.ends_with("\r\n\r\n") {
        assert!(reader.read_line(&mut head).expect("read the head") > 0, "{head}");
    }
    let head = head.to_lowercase();
    for line in ["host: exit.platform.example", "x-forwarded-for: 127.0.0.1", "x-forwarded-proto: https", "x-request-id: "] {
        assert!(head.contains(line), "no {line} in {head}");
    }
    assert!(!head.contains("203.0.113.9"), "what the caller says of itself is passed on: {head}");
    asked.write_all(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\ndata: 1\n\n").expect("answer");
    // The first event is there before the second is sent.
    let mut line = String::new();
    events.read_line(&mut line).expect("read an event");
    assert_eq!(line, "data: 1\n");
    asked.write_all(b"data: 2\n\n").expect("answer");
    drop((asked, reader));
    let mut rest = String::new();
    events.read_to_string(&mut rest).expect("read the rest");
    assert_eq!(rest, "\ndata: 2\n\n");
    assert!(client.wait().expect("wait for curl").success());
}
