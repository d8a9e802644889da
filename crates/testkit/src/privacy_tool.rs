//! A privacy tool on the other side of the desk's doors: it signs with libsodium, is called back over TLS, and checks certificates and signatures.
//!
//! All of it is Python with PyNaCl and cryptography, so that nothing of ours vouches for itself.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde_json::{Value, json};

use crate::tools;

/// Takes a command as a line of JSON and answers with another. Callbacks come in on a thread, and wait until they are asked for.
const PROGRAM: &str = r#"
import base64, datetime, http.client, http.server, ipaddress, json, queue, ssl, sys, threading, urllib.parse
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import PolicyBuilder, Store
from nacl.signing import SigningKey

folder, domain, kind = sys.argv[1], sys.argv[2], sys.argv[3]
now = datetime.datetime.now(datetime.timezone.utc)
day = datetime.timedelta(days=1)

def named(name):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])

def certified(name, key, issuer, issuer_key, alternative):
    builder = (x509.CertificateBuilder().subject_name(named(name)).issuer_name(named(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - day).not_valid_after(now + 30 * day)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=alternative is None, path_length=None), critical=True)
        .add_extension(x509.KeyUsage(digital_signature=True, content_commitment=False, key_encipherment=False, data_encipherment=False,
            key_agreement=False, key_cert_sign=alternative is None, crl_sign=alternative is None, encipher_only=False, decipher_only=False), critical=True))
    if alternative is not None:
        builder = (builder.add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False))
    return builder.sign(issuer_key, hashes.SHA256())

def write(name, data):
    with open(f"{folder}/{name}", "wb") as file:
        file.write(data)

def pem(certificate):
    return certificate.public_bytes(serialization.Encoding.PEM)

def secret(key):
    return key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())

authority_key = ec.generate_private_key(ec.SECP256R1())
authority = certified("Authority", authority_key, "Authority", authority_key, None)
write("authority.pem", pem(authority))
signing_key = rsa.generate_private_key(65537, 2048) if kind == "rsa" else ec.generate_private_key(ec.SECP256R1())
write("opendsr.pem", pem(certified("Processor", signing_key, "Authority", authority_key, x509.DNSName(domain))))
write("opendsr.key", secret(signing_key))
server_key = ec.generate_private_key(ec.SECP256R1())
server_certificate = certified("Receiver", server_key, "Authority", authority_key, x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
write("receiver.pem", pem(server_certificate) + secret(server_key))

calls = queue.Queue()
answer = 200

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        status = answer
        if status == 200:
            calls.put({"path": self.path, "headers": {k.lower(): v for k, v in self.headers.items()}, "body": base64.b64encode(body).decode()})
        self.send_response(status)
        self.send_header("content-length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass

receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(f"{folder}/receiver.pem")
receiver.socket = context.wrap_socket(receiver.socket, server_side=True)
threading.Thread(target=receiver.serve_forever, daemon=True).start()

def verify(asked):
    chain = x509.load_pem_x509_certificates(asked["chain"].encode())
    PolicyBuilder().store(Store([authority])).time(now).build_server_verifier(x509.DNSName(asked["domain"])).verify(chain[0], chain[1:])
    body, signature = base64.b64decode(asked["body"]), base64.b64decode(asked["signature"])
    key = chain[0].public_key()
    if isinstance(key, rsa.RSAPublicKey):
        key.verify(signature, body, padding.PKCS1v15(), hashes.SHA256())
    else:
        key.verify(signature, body, ec.ECDSA(hashes.SHA256()))
    return {}

def send(asked):
    url = urllib.parse.urlsplit(asked["url"])
    connection = http.client.HTTPConnection(url.hostname, url.port, timeout=60)
    path = url.path + ("?" + url.query if url.query else "")
    connection.request(asked["method"], path, body=base64.b64decode(asked["body"]), headers=asked["headers"])
    response = connection.getresponse()
    body = response.read()
    return {"status": response.status, "headers": {k.lower(): v for k, v in response.getheaders()}, "body": base64.b64encode(body).decode()}

def do(asked):
    global answer
    if asked["do"] == "sign":
        key = SigningKey(base64.b64decode(asked["key"]))
        return {"text": base64.b64encode(key.sign(asked["text"].encode())).decode()}
    if asked["do"] == "verify_key":
        return {"key": base64.b64encode(bytes(SigningKey(base64.b64decode(asked["key"])).verify_key)).decode()}
    if asked["do"] == "send":
        return send(asked)
    if asked["do"] == "verify":
        return verify(asked)
    if asked["do"] == "answer":
        answer = asked["status"]
        return {}
    if asked["do"] == "call":
        return calls.get(timeout=120)

print(json.dumps({"port": receiver.server_address[1]}), flush=True)
for line in sys.stdin:
    try:
        print(json.dumps(do(json.loads(line))), flush=True)
    except Exception as error:
        print(json.dumps({"error": f"{type(error).__name__}: {error}"}), flush=True)
"#;

/// The kind of key that the processor signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key {
    Rsa,
    Ecdsa,
}

/// A running privacy tool. Dropping it ends it.
#[derive(Debug)]
pub struct PrivacyTool {
    child: Child,
    commands: ChildStdin,
    answers: BufReader<ChildStdout>,
    /// Where callbacks are taken, at 127.0.0.1.
    pub port: u16,
}

/// An answer of the desk, or a call of it.
#[derive(Debug)]
pub struct Message {
    /// 0 for a call.
    pub status: u16,
    pub path: String,
    headers: Value,
    pub body: Vec<u8>,
}

impl Message {
    fn of(answer: &Value) -> Self {
        Self {
            status: answer["status"].as_u64().and_then(|status| status.try_into().ok()).unwrap_or(0),
            path: answer["path"].as_str().unwrap_or_default().to_owned(),
            headers: answer["headers"].clone(),
            body: BASE64.decode(answer["body"].as_str().expect("a body")).expect("base64"),
        }
    }

    /// A header by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers[name].as_str()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is none.
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", String::from_utf8_lossy(&self.body)))
    }

    /// The message itself, if it has this status.
    ///
    /// # Panics
    /// When it has another one.
    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self
    }
}

impl PrivacyTool {
    /// Starts it. Into the folder it writes `authority.pem`, an authority made up for the test; and `opendsr.pem` and `opendsr.key`, a certificate
    /// of it for the domain, with its key.
    ///
    /// # Panics
    /// When it cannot be started.
    pub fn start(folder: &Path, domain: &str, key: Key) -> Self {
        let kind = match key {
            Key::Rsa => "rsa",
            Key::Ecdsa => "ecdsa",
        };
        let mut child = tools::python()
            .args(["-c", PROGRAM, &folder.display().to_string(), domain, kind])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("start the privacy tool");
        let commands = child.stdin.take().expect("its input");
        let answers = BufReader::new(child.stdout.take().expect("its output"));
        let mut tool = Self { child, commands, answers, port: 0 };
        tool.port = tool.read()["port"].as_u64().and_then(|port| port.try_into().ok()).expect("a port");
        tool
    }

    fn read(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("read an answer");
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn ask(&mut self, command: &Value) -> Value {
        writeln!(self.commands, "{command}").expect("ask the privacy tool");
        self.read()
    }

    /// The public key of an agent with this seed, in base64.
    ///
    /// # Panics
    /// When the tool fails.
    pub fn verify_key(&mut self, seed: [u8; 32]) -> String {
        self.ask(&json!({ "do": "verify_key", "key": BASE64.encode(seed) }))["key"].as_str().expect("a key").to_owned()
    }

    /// A text signed by an agent, as libsodium's combined mode does, in base64.
    ///
    /// # Panics
    /// When the tool fails.
    pub fn sign(&mut self, seed: [u8; 32], text: &str) -> String {
        self.ask(&json!({ "do": "sign", "key": BASE64.encode(seed), "text": text }))["text"].as_str().expect("a text").to_owned()
    }

    /// Sends a request to the desk.
    ///
    /// # Panics
    /// When it cannot be sent.
    #[track_caller]
    pub fn send(&mut self, method: &str, url: &str, headers: &[(&str, &str)], body: &[u8]) -> Message {
        let headers: serde_json::Map<String, Value> = headers.iter().map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let answer = self.ask(&json!({ "do": "send", "method": method, "url": url, "headers": headers, "body": BASE64.encode(body) }));
        assert!(answer["error"].is_null(), "{method} {url}: {answer}");
        Message::of(&answer)
    }

    /// The next call that came in.
    ///
    /// # Panics
    /// When none comes.
    #[track_caller]
    pub fn call(&mut self) -> Message {
        let answer = self.ask(&json!({ "do": "call" }));
        assert!(answer["error"].is_null(), "no call: {answer}");
        Message::of(&answer)
    }

    /// From now on calls are answered with this status.
    pub fn answer_with(&mut self, status: u16) {
        self.ask(&json!({ "do": "answer", "status": status }));
    }

    /// Whether a message was signed for the domain by a certificate of the authority; otherwise why not.
    ///
    /// # Errors
    /// What is wrong with certificate or signature.
    pub fn verify(&mut self, domain: &str, chain: &str, message: &Message) -> Result<(), String> {
        let signature = message.header("x-opendsr-signature").unwrap_or_default();
        let asked =
            json!({ "do": "verify", "domain": domain, "chain": chain, "body": BASE64.encode(&message.body), "signature": signature });
        match self.ask(&asked)["error"].as_str() {
            None => Ok(()),
            Some(error) => Err(error.to_owned()),
        }
    }
}

impl Drop for PrivacyTool {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
