//! Signing in at an identity provider: a certified one that other people wrote, and one that says what no provider should.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use exeunt_testkit::openid::{CLIENT_ID, CLIENT_SECRET, ForgedProvider, Key, OpenIdProvider, unsigned};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::world::{Answer, Cast, Desk, Keeps, Person, World, send_bytes};

const DESK: &str = "http://desk.example";

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A provider of the platform's own people, in words of the configuration.
fn of_platform(name: &str, issuer: &str) -> String {
    format!(
        r#"
[[identity_providers]]
name = "{name}"
label = "People of <Navigator>"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret_file = "client.secret"
scopes = ["email", "groups"]

[identity_providers.roles]
claim = "groups"
operator = ["desk-operators"]
auditor = ["privacy"]
representative = ["account-managers"]
"#
    )
}

/// A provider of the people of one contract.
fn of_contract(name: &str, issuer: &str, contract: &str, domains: &[&str]) -> String {
    format!(
        r#"
[[identity_providers]]
name = "{name}"
issuer = "{issuer}"
client_id = "{CLIENT_ID}"
client_secret_file = "client.secret"
contract = "{contract}"
domains = {domains:?}
"#
    )
}

/// Adds providers to the configuration.
fn configure(world: &World, providers: &[String]) {
    world.configure(24);
    fs::write(world.path("client.secret"), format!("{CLIENT_SECRET}\n")).expect("write the secret");
    let path = world.path("exeunt.toml");
    let text = fs::read_to_string(&path).expect("read the configuration") + &providers.concat();
    fs::write(path, text).expect("write the configuration");
}

fn domain(email: &str) -> &str {
    email.split_once('@').expect("an address").1
}

/// What a browser keeps of a site.
#[derive(Default)]
struct Jar(BTreeMap<String, String>);

impl Jar {
    fn keep(&mut self, answer: &Answer) {
        for cookie in answer.headers("set-cookie") {
            let (name, value) = cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.0.insert(name.to_owned(), value.to_owned());
        }
    }

    fn send(&self) -> String {
        self.0.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("; ")
    }
}

/// A browser that has been sent to a provider.
struct Sent {
    jar: Jar,
    location: String,
}

impl Sent {
    fn go(desk: &Desk, path: &str) -> Self {
        let answer = desk.send("GET", path, &[], None).is(303);
        let mut jar = Jar::default();
        jar.keep(&answer);
        Self { jar, location: answer.header("location").expect("an address").to_owned() }
    }

    /// A parameter of the address that it was sent to.
    fn parameter(&self, name: &str) -> &str {
        let pairs = self.location.split(['?', '&']).filter_map(|pair| pair.split_once('='));
        pairs.into_iter().find(|(known, _)| *known == name).unwrap_or_else(|| panic!("no {name}: {}", self.location)).1
    }

    /// Comes back with a code.
    fn back(&self, desk: &Desk, path: &str) -> Answer {
        self.back_with(desk, path, &format!("code=a&state={}", self.parameter("state")))
    }

    fn back_with(&self, desk: &Desk, path: &str, query: &str) -> Answer {
        desk.send("GET", &format!("{path}/callback?{query}"), &[("cookie", &self.jar.send())], None)
    }
}

/// Signs in at the certified provider by its own pages, as far as the way back to the desk.
fn at_provider(sent: &Sent, login: &str) -> String {
    let mut jar = Jar::default();
    let mut url = sent.location.clone();
    let mut form: Option<String> = None;
    for _ in 0..20 {
        let cookies = jar.send();
        let answer = match form.take() {
            Some(form) => send_bytes(&url, "POST", &[("cookie", &cookies), FORM], form.into_bytes()),
            None => send_bytes(&url, "GET", &[("cookie", &cookies)], Vec::new()),
        };
        jar.keep(&answer);
        if let Some(location) = answer.header("location") {
            if let Some(path) = location.strip_prefix(DESK) {
                return path.to_owned();
            }
            let origin = url.splitn(4, '/').take(3).collect::<Vec<_>>().join("/");
            url = if location.starts_with('/') { origin + location } else { location.to_owned() };
            continue;
        }
        let page = answer.is(200).text();
        let part = |before: &str| page.split(before).nth(1).and_then(|rest| rest.split('"').next()).map(str::to_owned);
        url = part("action=\"").unwrap_or_else(|| panic!("no form: {page}"));
        form = Some(match part("name=\"prompt\" value=\"").as_deref() {
            Some("login") => format!("prompt=login&login={login}&password=any"),
            _ => "prompt=consent".to_owned(),
        });
    }
    panic!("the provider leads nowhere");
}

/// Signs in at the certified provider; what the desk answers in the end.
fn sign_in(desk: &Desk, provider: &str, login: &str) -> Answer {
    let sent = Sent::go(desk, &format!("/sign-in/{provider}"));
    let path = at_provider(&sent, login);
    desk.send("GET", &path, &[("cookie", &sent.jar.send())], None)
}

/// Whoever has been signed in.
fn person(world: &World, desk: &Desk, answer: Answer) -> Person {
    let answer = answer.is(303);
    let cookie = answer.headers("set-cookie").find(|cookie| cookie.starts_with("exeunt=")).expect("a session");
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age="), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    let mut person = Person { cookie, ..world.at(desk) };
    person.csrf = person.get("/api/v1/me").is(200).json()["csrf_token"].as_str().expect("a token").to_owned();
    person
}

fn roles(person: &Person) -> Vec<(String, Option<String>)> {
    let me = person.get("/api/v1/me").is(200).json();
    let role = |role: &Value| (role["role"].as_str().expect("a role").to_owned(), role["contract"].as_str().map(str::to_owned));
    let mut roles: Vec<_> = me["roles"].as_array().expect("roles").iter().map(role).collect();
    roles.sort();
    roles
}

/// Nobody is signed in, and the page says so in our own words.
#[track_caller]
fn refused(answer: &Answer) {
    assert_eq!(answer.status, 401, "{}", answer.text());
    assert_eq!(answer.header("set-cookie"), None);
    assert!(!answer.text().contains("TEXT OF THE PROVIDER"), "{}", answer.text());
}

#[test]
fn the_platforms_own_people_have_the_roles_of_their_claims_and_no_others() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let somebody =
        |name: &str, groups: Value| json!({ "email": format!("{name}@navigator.example"), "email_verified": true, "groups": groups });
    let mut representative = somebody("cleo", json!(["account-managers"]));
    representative["contracts"] = json!([cast.contract]);
    let mut unverified = somebody("eve", json!(["desk-operators"]));
    unverified["email_verified"] = json!(false);
    // An admin of a contract who is also one of the platform's own people.
    let seated = json!({ "email": cast.admin, "email_verified": true, "groups": ["privacy"] });
    let accounts = json!({
        "ada": somebody("ada", json!(["everybody", "desk-operators"])),
        "ben": somebody("ben", json!(["privacy"])),
        "cleo": representative,
        "dan": somebody("dan", json!(["everybody"])),
        "eve": unverified,
        "finn": seated,
    });
    let provider = OpenIdProvider::start(&[&format!("{DESK}/sign-in/staff/callback")], &accounts);
    configure(&world, &[of_platform("staff", provider.issuer())]);
    let desk = world.serve();
    let offered = desk.send("GET", "/api/v1/identity-providers", &[], None).is(200).json();
    assert_eq!(
        offered,
        json!({ "identity_providers": [{ "name": "staff", "label": "People of <Navigator>", "sign_in": "/sign-in/staff" }] })
    );
    let page = desk.send("GET", "/sign-in", &[], None).is(200).text();
    assert!(page.contains("<a href=\"/sign-in/staff\">People of &lt;Navigator&gt;</a>"), "{page}");

    let held = |role: &str| vec![(role.to_owned(), None)];
    let ada = person(&world, &desk, sign_in(&desk, "staff", "ada"));
    assert_eq!(roles(&ada), held("operator"));
    ada.get("/api/v1/accounts").is(200);
    let wanted = json!({ "name": "for ever", "actions": ["read_requests"] });
    ada.post("/api/v1/tokens", &wanted).is(403);
    let listed = ada.get("/api/v1/sessions").is(200).json();
    assert_eq!(listed["sessions"][0]["identity_provider"], "staff");
    assert_eq!(ada.get("/api/v1/accounts").is(200).json()["accounts"], json!([]), "roles by claims are of sessions, not of accounts");
    let ben = person(&world, &desk, sign_in(&desk, "staff", "ben"));
    assert_eq!(roles(&ben), held("auditor"));
    ben.put("/api/v1/lanes/desk", &json!({ "paused": true })).is(403);
    let cleo = person(&world, &desk, sign_in(&desk, "staff", "cleo"));
    assert_eq!(roles(&cleo), [("representative".to_owned(), Some(cast.contract.clone()))]);
    cleo.get(&format!("/api/v1/contracts/{}", cast.contract)).is(200);
    cleo.get("/api/v1/contracts/999").is(404);
    for nobody in ["dan", "eve"] {
        refused(&sign_in(&desk, "staff", nobody));
    }
    // The seats of whom the platform's provider names are not its business: by mail they are all that they are.
    let finn = person(&world, &desk, sign_in(&desk, "staff", "finn"));
    assert_eq!(roles(&finn), held("auditor"));
    let by_mail = world.sign_in(&desk, &cast.admin);
    assert!(roles(&by_mail).contains(&("admin".to_owned(), Some(cast.contract.clone()))));
    // A closed account is closed by every door; an account's own role is not added to the claims'.
    ada.put("/api/v1/accounts", &json!({ "email": "ben@navigator.example", "role": "operator" })).is(200);
    assert_eq!(roles(&ben), held("auditor"));
    let accounts = ada.get("/api/v1/accounts").is(200).json();
    let id = accounts["accounts"][0]["id"].as_str().expect("an id").to_owned();
    ada.delete(&format!("/api/v1/accounts/{id}")).is(200);
    ben.get("/api/v1/me").is(401);
    refused(&sign_in(&desk, "staff", "ben"));
    desk.stop();

    // What the provider has begun ends with the trust in it.
    world.configure(24);
    let desk = world.serve();
    let ada = Person { cookie: ada.cookie.clone(), csrf: ada.csrf.clone(), ..world.at(&desk) };
    ada.get("/api/v1/me").is(401);
    let bytes = world.store_bytes();
    for secret in [CLIENT_SECRET, ada.cookie.split_once('=').expect("a cookie").1] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the store keeps hashes alone");
    }
    desk.stop();
}

#[test]
fn the_provider_of_a_contract_gives_no_rights_anywhere_else() {
    let world = World::new(Keeps::File);
    let cast = world.cast();
    let verified = |email: &str| json!({ "email": email, "email_verified": true, "groups": ["desk-operators"] });
    let mut unverified = verified(&cast.holder);
    unverified["email_verified"] = json!(false);
    let accounts = json!({
        "admin": verified(&cast.admin),
        "stranger": verified(&cast.stranger),
        "unverified": unverified,
        "outside": verified("somebody@elsewhere.example"),
    });
    let provider = OpenIdProvider::start(&[&format!("{DESK}/sign-in/customer/callback")], &accounts);
    let domains = [domain(&cast.admin), domain(&cast.stranger), domain(&cast.holder)];
    configure(&world, &[of_contract("customer", provider.issuer(), &cast.contract, &domains)]);
    // The admin holds a seat of another contract too, as its admin, and has an account of the desk.
    let platform = world.platform();
    let other: i64 =
        platform.query_row("SELECT contract_id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get(0)).expect("a seat");
    let changed = platform.execute("UPDATE seat SET email = ?1 WHERE email = ?2", [&cast.admin, &cast.stranger]).expect("change a seat");
    assert!(changed > 0);
    let store = world.store_url();
    let made = world.command(&["account", "set", &cast.admin, "--role", "operator", "--store", &store]).output().expect("run exeunt");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let desk = world.serve();
    let offered = desk.send("GET", "/api/v1/identity-providers", &[], None).is(200).json();
    assert_eq!(offered, json!({ "identity_providers": [] }), "nobody reads here who the customers are");

    let admin = person(&world, &desk, sign_in(&desk, "customer", "admin"));
    let own = |role: &str| (role.to_owned(), Some(cast.contract.clone()));
    assert_eq!(roles(&admin), [own("admin"), own("holder")]);
    admin.get(&format!("/api/v1/contracts/{}", cast.contract)).is(200);
    admin.get(&format!("/api/v1/contracts/{other}")).is(404);
    admin.get("/api/v1/accounts").is(403);
    admin.post("/api/v1/tokens", &json!({ "name": "wider", "actions": ["read_requests"], "contract": cast.contract })).is(403);
    // By mail the same person reaches all of it; what they do there stays out of the provider's sight.
    let by_mail = world.sign_in(&desk, &cast.admin);
    by_mail.get(&format!("/api/v1/contracts/{other}")).is(200);
    by_mail.get("/api/v1/accounts").is(200);
    for contract in [cast.contract.clone(), other.to_string()] {
        by_mail.post("/api/v1/tokens", &json!({ "name": "t", "actions": ["read_requests"], "contract": contract })).is(201);
    }
    let tokens = |person: &Person| person.get("/api/v1/tokens").is(200).json()["tokens"].as_array().expect("tokens").len();
    assert_eq!((tokens(&admin), tokens(&by_mail)), (1, 2));
    for nobody in ["stranger", "unverified", "outside"] {
        refused(&sign_in(&desk, "customer", nobody));
    }
    // Who has lost the seat has lost the session.
    platform
        .execute("UPDATE seat SET state = 'removed' WHERE email = ?1 AND contract_id = ?2", (&cast.admin, &cast.contract))
        .expect("change");
    assert_eq!(roles(&admin), []);
    desk.stop();
}

/// A desk with the provider that says whatever a test wants.
struct Forged {
    world: World,
    desk: Desk,
    provider: ForgedProvider,
    key: Key,
}

const PATH: &str = "/sign-in/staff";

impl Forged {
    fn new() -> Self {
        let world = World::new(Keeps::File);
        let key = Key::new("first", 1);
        let provider = ForgedProvider::start(&key);
        configure(&world, &[of_platform("staff", provider.issuer()), of_platform("other", provider.issuer())]);
        let desk = world.serve();
        Self { world, desk, provider, key }
    }

    /// What a good token says.
    fn claims(&self, sent: &Sent) -> Value {
        let now = now();
        json!({
            "iss": self.provider.issuer(), "sub": "ada", "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": sent.parameter("nonce"),
            "email": "ada@navigator.example", "email_verified": true, "groups": ["desk-operators"],
        })
    }

    /// Goes to the provider and comes back with the token that is made of good claims.
    fn sign_in(&self, token: impl Fn(Value) -> String) -> Answer {
        let sent = Sent::go(&self.desk, PATH);
        self.provider.hand_out(token(self.claims(&sent)));
        sent.back(&self.desk, PATH)
    }
}

#[expect(clippy::disallowed_methods, reason = "tokens end by the clock of the desk")]
fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("after 1970").as_secs()
}

#[test]
fn a_wrong_token_signs_nobody_in() {
    let forged = Forged::new();
    let with = |name: &'static str, value: Value| {
        let key = forged.key.clone();
        Box::new(move |mut claims: Value| {
            if value.is_null() {
                claims.as_object_mut().expect("claims").remove(name);
            } else {
                claims[name] = value.clone();
            }
            key.sign(&claims)
        }) as Box<dyn Fn(Value) -> String>
    };
    let of_provider = [CLIENT_ID, "somebody-else"];
    type Signs = Box<dyn Fn(Value) -> String>;
    let cases: Vec<(&str, Signs)> = vec![
        ("for another attempt", with("nonce", json!("another"))),
        ("for another attempt", with("nonce", Value::Null)),
        ("of another issuer", with("iss", json!("https://other.example"))),
        ("for another audience", with("aud", json!("somebody-else"))),
        ("for another audience", with("aud", json!(of_provider))),
        ("has expired", with("exp", json!(now() - 1))),
        ("cannot be read", with("exp", Value::Null)),
        ("cannot be read", with("sub", Value::Null)),
        ("has not verified", with("email_verified", json!(false))),
        ("has not verified", with("email_verified", Value::Null)),
        ("names no e-mail address", with("email", Value::Null)),
        ("give no role", with("groups", json!(["everybody"]))),
        ("not signed as it must be", Box::new(|claims| unsigned(&claims))),
        ("not signed as it must be", Box::new(|claims| by_secret(&claims))),
        // Another key of the same name, and one of another name.
        ("not signed as it must be", Box::new(|claims| Key::new("first", 2).sign(&claims))),
        ("by no key of the provider", Box::new(|claims| Key::new("second", 2).sign(&claims))),
        ("not signed as it must be", {
            let key = forged.key.clone();
            Box::new(move |claims| {
                let mut claimed = claims.clone();
                claimed["groups"] = json!(["privacy"]);
                let (signed, other) = (key.sign(&claims), key.sign(&claimed));
                let signature = signed.rsplit_once('.').expect("a signature").1;
                format!("{}.{signature}", other.rsplit_once('.').expect("a signature").0)
            })
        }),
        ("cannot be read", Box::new(|_| "nothing".to_owned())),
        ("does not take the code", Box::new(|_| String::new())),
    ];
    for (want, token) in cases {
        let answer = forged.sign_in(token);
        refused(&answer);
        let said = std::iter::from_fn(|| forged.desk.said.recv_timeout(Duration::from_secs(60)).ok())
            .find(|said| said.contains("nobody is signed in"))
            .expect("a line");
        let told: Value = serde_json::from_str(&said).expect("a record");
        assert_eq!(told["provider"], "staff");
        assert!(told["reason"].as_str().is_some_and(|reason| reason.contains(want)), "{want}: {said}");
        assert!(!said.contains("ada@") && !said.contains("other.example") && !said.contains("somebody-else"), "{said}");
    }
    let ada = person(&forged.world, &forged.desk, forged.sign_in(|claims| forged.key.sign(&claims)));
    assert_eq!(roles(&ada), [("operator".to_owned(), None)]);
    forged.desk.stop();
}

/// A token that is signed by the secret of the client, which is not the provider's alone.
fn by_secret(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = part(&json!({ "alg": "HS256" })) + "." + &part(claims);
    let mut mac = Hmac::<Sha256>::new_from_slice(CLIENT_SECRET.as_bytes()).expect("a key");
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

#[test]
fn whoever_comes_back_must_have_gone_and_comes_back_once() {
    let forged = Forged::new();
    let Forged { desk, provider, key, .. } = &forged;
    let sent = Sent::go(desk, PATH);
    provider.hand_out(key.sign(&forged.claims(&sent)));
    let state = sent.parameter("state").to_owned();
    let query = format!("code=a&state={state}");
    // Another browser, one without a cookie, another provider, a state of nobody, and none.
    let stranger = Sent::go(desk, PATH);
    refused(&stranger.back_with(desk, PATH, &query));
    refused(&desk.send("GET", &format!("{PATH}/callback?{query}"), &[], None));
    refused(&sent.back_with(desk, "/sign-in/other", &query));
    refused(&sent.back_with(desk, PATH, &format!("code=a&state={}", "0".repeat(64))));
    refused(&sent.back_with(desk, PATH, "code=a"));
    sent.back_with(desk, "/sign-in/nobody", &query).is(404);
    assert_eq!(provider.exchanges(), [] as [String; 0], "no code was tried");
    // None of it has used anything up.
    sent.back(desk, PATH).is(303);
    let exchanged = provider.exchanges();
    assert_eq!(exchanged.len(), 1);
    // PKCE: what was shown with the code is what was promised.
    let verifier = exchanged[0].split('&').find_map(|pair| pair.strip_prefix("code_verifier=")).expect("a verifier");
    assert_eq!(sent.parameter("code_challenge"), URL_SAFE_NO_PAD.encode(Sha256::digest(verifier.as_bytes())));
    assert_eq!(sent.parameter("code_challenge_method"), "S256");
    assert_eq!(sent.parameter("response_type"), "code");
    refused(&sent.back(desk, PATH));
    assert_eq!(provider.exchanges().len(), 1, "a code is tried once");

    // A provider that signs nobody in, with whatever it says; and an answer in the name of another one.
    let sent = Sent::go(desk, PATH);
    let state = sent.parameter("state").to_owned();
    let error = format!("error=access_denied&error_description=TEXT+OF+THE+PROVIDER&state={state}");
    let cookies = sent.jar.send();
    let headers = [("cookie", cookies.as_str()), ("accept", "text/html,*/*")];
    let page = desk.send("GET", &format!("{PATH}/callback?{error}"), &headers, None);
    refused(&page);
    assert!(page.header("content-type").expect("a type").starts_with("text/html") && page.text().contains("href=\"/sign-in\""));
    let sent = Sent::go(desk, PATH);
    refused(&sent.back_with(desk, PATH, &format!("code=a&state={}&iss=https%3A%2F%2Fother.example", sent.parameter("state"))));
    assert_eq!(provider.exchanges().len(), 1);
    assert_eq!(provider.discoveries(), 1, "what was learnt is kept");
    let bytes = forged.world.store_bytes();
    for secret in [sent.parameter("state"), sent.parameter("nonce"), sent.jar.0["exeunt-sign-in"].as_str()] {
        assert!(!bytes.windows(secret.len()).any(|window| window == secret.as_bytes()), "the store keeps hashes alone");
    }
    forged.desk.stop();
}

#[test]
fn signing_in_leads_to_a_path_of_the_desk_and_ends_the_former_session() {
    let forged = Forged::new();
    let Forged { world, desk, provider, key, .. } = &forged;
    let mut former: Option<Person> = None;
    for (to, want) in
        [("", "/"), ("?to=/requests/7%3Ftab=a", "/requests/7?tab=a"), ("?to=//other.example", "/"), ("?to=https://other.example", "/")]
    {
        let mut sent = Sent::go(desk, &format!("{PATH}{to}"));
        provider.hand_out(key.sign(&forged.claims(&sent)));
        if let Some(former) = &former {
            let (name, value) = former.cookie.split_once('=').expect("a cookie");
            sent.jar.0.insert(name.to_owned(), value.to_owned());
        }
        let answer = sent.back(desk, PATH).is(303);
        assert_eq!(answer.header("location"), Some(want));
        assert!(answer.headers("set-cookie").any(|cookie| cookie.starts_with("exeunt-sign-in=;") && cookie.contains("Max-Age=0")));
        let now = person(world, desk, answer);
        if let Some(former) = former.replace(now) {
            former.get("/api/v1/me").is(401);
        }
    }
    forged.desk.stop();
}

#[test]
fn a_new_key_of_the_provider_is_found_and_an_old_one_is_forgotten() {
    let forged = Forged::new();
    let second = Key::new("second", 2);
    forged.sign_in(|claims| forged.key.sign(&claims)).is(303);
    forged.provider.take_keys(&[&second]);
    forged.sign_in(|claims| second.sign(&claims)).is(303);
    refused(&forged.sign_in(|claims| forged.key.sign(&claims)));
    forged.sign_in(|claims| second.sign(&claims)).is(303);
    forged.desk.stop();
}

#[test]
fn while_a_provider_is_away_people_sign_in_by_mail() {
    let forged = Forged::new();
    let Forged { world, desk, provider, key, .. } = &forged;
    let cast: Cast = world.cast();
    provider.be_away(true);
    let answer = desk.send("GET", PATH, &[("accept", "text/html")], None).is(503);
    assert!(!answer.text().contains("TEXT OF THE PROVIDER") && answer.header("set-cookie").is_none());
    world.sign_in(desk, &cast.admin).get("/api/v1/me").is(200);
    desk.send("GET", "/readyz", &[], None).is(200);
    provider.be_away(false);
    // It is left alone for a moment, and asked again.
    let begun = Instant::now();
    while desk.send("GET", PATH, &[], None).status != 303 {
        assert!(begun.elapsed() < Duration::from_secs(60), "it is not asked again");
        std::thread::yield_now();
    }
    forged.sign_in(|claims| key.sign(&claims)).is(303);
    // Away between the redirect and the return.
    let sent = Sent::go(desk, PATH);
    provider.be_away(true);
    sent.back(desk, PATH).is(503);
    forged.desk.stop();
}

#[test]
fn a_provider_that_gives_itself_out_for_another_is_refused() {
    let forged = Forged::new();
    forged.provider.name_issuer("https://other.example");
    forged.desk.send("GET", PATH, &[], None).is(503);
    forged.desk.stop();
}

#[test]
fn the_samples_of_the_how_to_are_taken() {
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/how-to/sign-in-with-openid-connect.md");
    let text = fs::read_to_string(page).expect("read the page");
    let lines = |block: &str| block.lines().map(|line| line.strip_prefix("   ").unwrap_or(line).to_owned() + "\n").collect::<String>();
    let samples: Vec<String> =
        text.split("```toml sketch\n").skip(1).map(|rest| lines(rest.split("```").next().expect("a block").trim_end())).collect();
    assert_eq!(samples.len(), 2);
    let world = World::new(Keeps::File);
    configure(&world, &samples);
    for name in ["staff.secret", "alder.secret"] {
        fs::write(world.path(name), CLIENT_SECRET).expect("write a secret");
    }
    let desk = world.serve();
    let offered = desk.send("GET", "/api/v1/identity-providers", &[], None).is(200).json();
    assert_eq!(offered["identity_providers"].as_array().expect("a list").len(), 1);
    desk.stop();
}
