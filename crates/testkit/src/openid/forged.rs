//! A provider that signs whatever a test wants, with whatever key.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use serde_json::{Value, json};

/// A key of Ed25519 with its name.
#[derive(Clone)]
pub struct Key {
    name: &'static str,
    key: SigningKey,
}

impl Key {
    /// The key of a seed.
    pub fn new(name: &'static str, seed: u8) -> Self {
        Self { name, key: SigningKey::from_bytes(&[seed; 32]) }
    }

    /// Claims as a token that is signed with it.
    pub fn sign(&self, claims: &Value) -> String {
        let signed = part(&json!({ "alg": "EdDSA", "kid": self.name })) + "." + &part(claims);
        let signature = self.key.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }

    fn public(&self) -> Value {
        let bytes = URL_SAFE_NO_PAD.encode(self.key.verifying_key().to_bytes());
        json!({ "kty": "OKP", "crv": "Ed25519", "alg": "EdDSA", "use": "sig", "kid": self.name, "x": bytes })
    }
}

/// Claims as a token without a signature.
pub fn unsigned(claims: &Value) -> String {
    part(&json!({ "alg": "none" })) + "." + &part(claims) + "."
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[derive(Default)]
struct Script {
    keys: Vec<Value>,
    /// What its metadata name as the issuer, where that is not its address.
    issuer: Option<String>,
    token: String,
    /// The bodies that came for tokens.
    exchanges: Vec<String>,
    is_away: bool,
    /// How often its metadata were asked for.
    discoveries: u32,
}

/// The running provider. It ends with the test's process.
pub struct ForgedProvider {
    issuer: String,
    script: Arc<Mutex<Script>>,
}

impl ForgedProvider {
    /// Starts it on a free port, with one key.
    ///
    /// # Panics
    /// When there is no free port.
    pub fn start(key: &Key) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("listen");
        let issuer = format!("http://{}", listener.local_addr().expect("an address"));
        let script = Arc::new(Mutex::new(Script { keys: vec![key.public()], ..Script::default() }));
        let (shared, own) = (script.clone(), issuer.clone());
        thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (script, issuer) = (shared.clone(), own.clone());
                thread::spawn(move || answer(stream, &script, &issuer));
            }
        });
        Self { issuer, script }
    }

    /// Its address.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    fn change<T>(&self, change: impl FnOnce(&mut Script) -> T) -> T {
        change(&mut self.script.lock().expect("a script"))
    }

    /// Hands out this token from now on, whatever the code.
    pub fn hand_out(&self, token: String) {
        self.change(|script| script.token = token);
    }

    /// Has these keys from now on.
    pub fn take_keys(&self, keys: &[&Key]) {
        self.change(|script| script.keys = keys.iter().map(|key| key.public()).collect());
    }

    /// Gives itself out for somebody else from now on.
    pub fn name_issuer(&self, issuer: &str) {
        self.change(|script| script.issuer = Some(issuer.to_owned()));
    }

    /// Is away, or here again.
    pub fn be_away(&self, is_away: bool) {
        self.change(|script| script.is_away = is_away);
    }

    /// The bodies that came for tokens.
    pub fn exchanges(&self) -> Vec<String> {
        self.change(|script| script.exchanges.clone())
    }

    /// How often its metadata were asked for.
    pub fn discoveries(&self) -> u32 {
        self.change(|script| script.discoveries)
    }
}

fn answer(stream: TcpStream, script: &Mutex<Script>, issuer: &str) {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    let mut length = 0;
    if reader.read_line(&mut line).is_err() {
        return;
    }
    let path = line.split(' ').nth(1).unwrap_or_default().to_owned();
    loop {
        let mut header = String::new();
        if reader.read_line(&mut header).is_err() || header.trim().is_empty() {
            break;
        }
        if let Some(value) = header.to_ascii_lowercase().strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    if reader.read_exact(&mut body).is_err() {
        return;
    }
    let mut script = script.lock().expect("a script");
    let (status, answer) = match path.as_str() {
        _ if script.is_away => ("503 Service Unavailable", json!({ "error": "TEXT OF THE PROVIDER" })),
        "/.well-known/openid-configuration" => {
            script.discoveries += 1;
            let named = script.issuer.as_deref().unwrap_or(issuer);
            let metadata = json!({
                "issuer": named,
                "authorization_endpoint": format!("{issuer}/authorize"),
                "token_endpoint": format!("{issuer}/token"),
                "jwks_uri": format!("{issuer}/keys"),
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["EdDSA", "none", "HS256"],
            });
            ("200 OK", metadata)
        }
        "/keys" => ("200 OK", json!({ "keys": script.keys })),
        "/token" => {
            script.exchanges.push(String::from_utf8_lossy(&body).into_owned());
            match script.token.as_str() {
                "" => ("400 Bad Request", json!({ "error": "invalid_grant", "error_description": "TEXT OF THE PROVIDER" })),
                token => ("200 OK", json!({ "access_token": "nothing", "token_type": "Bearer", "expires_in": 60, "id_token": token })),
            }
        }
        _ => ("404 Not Found", json!({})),
    };
    drop(script);
    let text = answer.to_string();
    let _ = write!(
        reader.into_inner(),
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    );
}
