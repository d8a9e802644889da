//! Other protocols: privacy tools that send people's requests, with a real signer on the other side.

mod drp;
mod opendsr;

use std::fs;
use std::io::Write as _;

use exeunt_testkit::privacy_tool::{Key, Message, PrivacyTool};
use serde_json::{Value, json};

use super::world::{Cast, Desk, Keeps, Person, World};

const DOMAIN: &str = "opendsr.navigator.example";
const AGENT: [u8; 32] = [3; 32];
const OTHER_AGENT: [u8; 32] = [4; 32];
const OPERATOR: &str = "operator@navigator.example";
/// Tokens of controllers. The configuration knows their SHA-256.
const CONTROLLER: &str = "controller-token";
const PLATFORM: &str = "platform-token";

/// A desk that both protocols reach, and a privacy tool.
struct Stage {
    world: World,
    cast: Cast,
    tool: PrivacyTool,
    desk: Option<Desk>,
}

impl Stage {
    fn new(keeps: Keeps, key: Key) -> Self {
        let world = World::new(keeps);
        let cast = world.cast();
        let mut tool = PrivacyTool::start(world.folder.path(), DOMAIN, key);
        // As the network's directory lists agents: with more than the desk needs.
        let agents = json!([
            { "id": "HELPFUL_AGENT", "name": "Helpful", "verify_key": tool.verify_key(AGENT), "web_url": "https://agent.example" },
            { "id": "OTHER_AGENT", "name": "Other", "verify_key": tool.verify_key(OTHER_AGENT) },
        ]);
        fs::write(world.path("agents.json"), agents.to_string()).expect("write the directory");
        let arguments = ["account", "set", OPERATOR, "--role", "operator", "--store", &world.store_url()];
        assert!(world.command(&arguments).output().expect("run exeunt").status.success());
        Self { world, cast, tool, desk: None }
    }

    /// Configures the desk and starts it, with an erasure's waiting period of this length.
    fn serve(&mut self, waiting_hours: u32) {
        self.desk = None;
        self.world.configure(waiting_hours);
        let hash = |token: &str| exeunt_model::digest::Digest::of_bytes(token.as_bytes()).as_str()["sha256:".len()..].to_owned();
        let text = format!(
            r#"
[drp]
business_id = "NAVIGATOR"
directory = "agents.json"

[opendsr]
domain = "{DOMAIN}"
certificate = "opendsr.pem"
key = "opendsr.key"

[[opendsr.controllers]]
id = "customer"
token_sha256 = "{}"
contracts = ["{}"]

[[opendsr.controllers]]
id = "platform"
token_sha256 = "{}"
every_contract = true

[callbacks]
private_addresses = true
authorities = "authority.pem"
"#,
            hash(CONTROLLER),
            self.cast.contract,
            hash(PLATFORM)
        );
        let mut file = fs::OpenOptions::new().append(true).open(self.world.path("exeunt.toml")).expect("open the configuration");
        file.write_all(text.as_bytes()).expect("write the configuration");
        self.desk = Some(self.world.serve());
    }

    fn desk(&self) -> &Desk {
        self.desk.as_ref().expect("a running desk")
    }

    /// Sends a request with this token.
    #[track_caller]
    fn send(&mut self, method: &str, path: &str, token: &str, body: &str) -> Message {
        let url = format!("{}{path}", self.desk().url);
        let bearer = format!("Bearer {token}");
        let headers: &[(&str, &str)] = match token {
            "" => &[("content-type", "text/plain")],
            _ => &[("content-type", "text/plain"), ("authorization", &bearer)],
        };
        self.tool.send(method, &url, headers, body.as_bytes())
    }

    fn callback(&self) -> String {
        format!("https://127.0.0.1:{}/callback", self.tool.port)
    }

    fn sign_in(&self, email: &str) -> Person {
        self.world.sign_in(self.desk(), email)
    }

    /// The one request that an admin sees in this state, waiting for it.
    fn request_in(&self, admin: &Person, kind: &str, state: &str) -> Value {
        self.waited(&format!("{kind} in {state}"), || {
            let listed = admin.get(&format!("/api/v1/requests?kind={kind}&state={state}")).is(200).json();
            listed["requests"].as_array().expect("a list").first().cloned()
        })
    }

    fn waited<T>(&self, what: &str, look: impl Fn() -> Option<T>) -> T {
        let begun = std::time::Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < std::time::Duration::from_secs(90), "{what} did not come");
            std::thread::yield_now();
        }
    }

    /// Approves what waits for it.
    fn approve(&self, by: &Person, request: &Value) {
        let id = request["id"].as_str().expect("an id");
        by.post(&format!("/api/v1/requests/{id}/approve"), &json!({ "plan": request["plan"] })).is(200);
    }

    /// Follows the address of results, and returns the archive's bytes.
    fn fetch(&mut self, url: &str, token: &str) -> Vec<u8> {
        let path = url.strip_prefix("http://desk.example").expect("our address").to_owned();
        let led = self.send("GET", &path, token, "").is(303);
        let link = led.header("location").expect("a link").strip_prefix("http://desk.example").expect("our address").to_owned();
        self.send("GET", &link, "", "").is(401);
        self.send("GET", &link, token, "").is(200).body
    }

    /// Checks an archive offline.
    fn check_archive(&self, bytes: &[u8]) {
        fs::write(self.world.path("results.zip"), bytes).expect("write the archive");
        let verified = self.world.command(&["verify", "results.zip"]).output().expect("run exeunt");
        assert!(verified.status.success(), "{}", String::from_utf8_lossy(&verified.stderr));
    }

    fn rows_of_seat(&self, seat: &str) -> i64 {
        let count = "SELECT (SELECT count(*) FROM seat WHERE id = ?1) + (SELECT count(*) FROM note WHERE author_seat_id = ?1)";
        self.world.platform().query_row(count, [seat], |row| row.get(0)).expect("count rows")
    }

    fn holds(&self, text: &str) -> bool {
        self.world.store_bytes().windows(text.len()).any(|window| window == text.as_bytes())
    }

    /// Waits until nothing in the store holds the text any more.
    fn forgotten(&self, text: &str) {
        self.waited(&format!("the end of `{text}` in the store"), || (!self.holds(text)).then_some(()));
    }
}
