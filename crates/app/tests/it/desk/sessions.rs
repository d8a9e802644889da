//! Sessions: how they begin and end, and that nobody else's page does anything with them.

use serde_json::{Value, json};

use super::world::{Desk, Keeps, Person, World, send_bytes};

/// Changes something, and is open to whoever has a link or none.
const OPEN: [&str; 2] = ["POST /sign-in", "POST /session"];

/// The secret of a link that was sent to somebody.
fn link(world: &World, desk: &Desk, email: &str) -> String {
    desk.send("POST", "/api/v1/sign-in", &[], Some(&json!({ "email": email }))).is(202);
    let mail = world.mails.next(email, "Sign in|Anmelden");
    let text = mail["text"].as_str().expect("a text");
    text.split("secret=").nth(1).expect("a link").split_whitespace().next().expect("a secret").to_owned()
}

#[test]
fn no_page_of_anybody_else_changes_anything_with_a_session() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let cookie = ("cookie", admin.cookie.as_str());
    let right = ("x-csrf-token", admin.csrf.as_str());
    let zeros = "0".repeat(64);
    let wrong = ("x-csrf-token", zeros.as_str());
    let cases: [(&str, Vec<(&str, &str)>); 10] = [
        ("no token", vec![]),
        ("a wrong token", vec![wrong]),
        ("a page of another site", vec![right, ("origin", "https://other.example")]),
        ("a page of nowhere", vec![right, ("origin", "null")]),
        ("a page of another site, as browsers say", vec![right, ("sec-fetch-site", "cross-site")]),
        ("a page of a neighbour", vec![right, ("sec-fetch-site", "same-site")]),
        ("a form", vec![("content-type", "application/x-www-form-urlencoded")]),
        ("a form with files", vec![("content-type", "multipart/form-data; boundary=a")]),
        ("a text", vec![("content-type", "text/plain")]),
        ("a host of somebody else", vec![("host", "other.example"), ("origin", "http://other.example"), right]),
    ];
    let document = desk.send("GET", "/api/v1/openapi.json", &[], None).is(200).json();
    let mut walked = 0;
    for (path, operations) in document["paths"].as_object().expect("paths") {
        for method in operations.as_object().expect("operations").keys().map(|method| method.to_uppercase()) {
            if method == "GET" || OPEN.contains(&format!("{method} {path}").as_str()) {
                continue;
            }
            walked += 1;
            let filled: String = path.split('/').map(|part| if part.starts_with('{') { "/0" } else { "/" }.to_owned() + part).collect();
            let filled = filled.replace("/0{contract}", &format!("/{}", cast.contract));
            let filled = filled.split('/').map(|part| if part.starts_with("0{") { "0".repeat(32) } else { part.to_owned() });
            let url = format!("{}/api/v1/{}", desk.url, filled.filter(|part| !part.is_empty()).collect::<Vec<_>>().join("/"));
            for (case, headers) in &cases {
                let got = send_bytes(&url, &method, &[&[cookie], headers.as_slice()].concat(), b"{}".to_vec());
                assert_eq!(got.status, 403, "{method} {path} by {case}: {}", got.text());
                assert_eq!(got.json()["type"], "/problems/csrf", "{method} {path} by {case}");
            }
        }
    }
    assert!(walked > 15, "only {walked} operations were walked");
    assert_eq!(admin.get("/api/v1/requests").is(200).json()["requests"], json!([]));
    // Its own pages do.
    let own = [cookie, right, ("origin", "http://desk.example"), ("content-type", "application/json")];
    let wanted = json!({ "kind": "export", "scope": "seat", "contract": cast.contract, "seat": cast.seat });
    send_bytes(&format!("{}/api/v1/requests", desk.url), "POST", &own, wanted.to_string().into_bytes()).is(201);
    desk.stop();
}

#[test]
fn nobody_is_signed_in_as_somebody_else_by_a_page_that_they_look_at() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let secret = link(&world, &desk, &cast.admin);
    let form = format!("secret={secret}").into_bytes();
    let post = |headers: &[(&str, &str)]| {
        let headers = [&[("content-type", "application/x-www-form-urlencoded")], headers].concat();
        send_bytes(&format!("{}/sign-in", desk.url), "POST", &headers, form.clone())
    };
    for header in [("origin", "https://other.example"), ("sec-fetch-site", "cross-site"), ("origin", "null")] {
        let got = post(&[header]).is(403);
        assert_eq!(got.header("set-cookie"), None);
        desk.send("POST", "/api/v1/session", &[header], Some(&json!({ "secret": secret }))).is(403);
    }
    let begun = post(&[("origin", "http://desk.example"), ("sec-fetch-site", "same-origin")]).is(303);
    assert!(begun.header("set-cookie").expect("a cookie").starts_with("exeunt="));
    desk.stop();
}

#[test]
fn no_other_site_reads_an_answer_and_no_host_is_believed() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let admin = world.sign_in(&desk, &cast.admin);
    let foreign = [
        ("origin", "https://other.example"),
        ("access-control-request-method", "POST"),
        ("access-control-request-headers", "x-csrf-token, content-type"),
        ("cookie", admin.cookie.as_str()),
    ];
    for path in ["/api/v1/requests", "/api/v1/me", "/api/v1/session", "/api/v1/identity-providers", "/sign-in"] {
        for method in ["OPTIONS", "GET"] {
            let got = desk.send(method, path, &foreign, None);
            for name in ["origin", "credentials", "methods", "headers"] {
                assert_eq!(got.header(&format!("access-control-allow-{name}")), None, "{method} {path}");
            }
        }
    }
    let asked = json!({ "email": cast.second_admin });
    desk.send("POST", "/api/v1/sign-in", &[("host", "other.example"), ("x-forwarded-host", "other.example")], Some(&asked)).is(202);
    let mail = world.mails.next(&cast.second_admin, "Sign in|Anmelden");
    for part in ["text", "html"] {
        let text = mail[part].as_str().expect("a text");
        assert!(text.contains("http://desk.example/sign-in?secret=") && !text.contains("other.example"), "{text}");
    }
    desk.stop();
}

#[test]
fn a_session_is_new_at_each_sign_in_and_its_person_sees_and_ends_all_of_them() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let first = world.sign_in(&desk, &cast.admin);
    // The same browser signs in again, even with a cookie that somebody else has put there.
    let secret = link(&world, &desk, &cast.admin);
    let begun = desk.send("POST", "/api/v1/session", &[("cookie", &first.cookie)], Some(&json!({ "secret": secret }))).is(201);
    let cookie = begun.header("set-cookie").expect("a cookie").to_owned();
    assert!(cookie.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=43200"), "{cookie}");
    let cookie = cookie.split(';').next().expect("a cookie").to_owned();
    assert_ne!(cookie, first.cookie);
    first.get("/api/v1/me").is(401);
    let second = Person { cookie, csrf: begun.json()["csrf_token"].as_str().expect("a token").to_owned(), ..world.at(&desk) };
    // A second browser, and somebody else.
    let third = world.sign_in(&desk, &cast.admin);
    let other = world.sign_in(&desk, &cast.second_admin);
    let listed = second.get("/api/v1/sessions").is(200).json();
    let listed = listed["sessions"].as_array().expect("sessions");
    let current: Vec<&Value> = listed.iter().map(|session| &session["current"]).collect();
    assert_eq!(current, [false, true], "newest first");
    assert!(listed.iter().all(|session| session["identity_provider"].is_null() && session["hash"].is_null()));
    let unused = link(&world, &desk, &cast.admin);
    let made = second
        .post("/api/v1/tokens", &json!({ "name": "reports", "actions": ["read_requests"], "contract": cast.contract }))
        .is(201)
        .json();
    let token = format!("Bearer {}", made["secret"].as_str().expect("a secret"));
    desk.send("DELETE", "/api/v1/sessions", &[("authorization", token.as_str())], None).is(403);
    let ended = second.delete("/api/v1/sessions").is(204);
    assert!(ended.header("set-cookie").expect("a cookie").contains("Max-Age=0"));
    second.get("/api/v1/me").is(401);
    third.get("/api/v1/me").is(401);
    desk.send("POST", "/api/v1/session", &[], Some(&json!({ "secret": unused }))).is(401);
    other.get("/api/v1/me").is(200);
    desk.send("GET", "/api/v1/requests", &[("authorization", token.as_str())], None).is(200);
    desk.stop();
}

#[test]
fn with_encryption_cookies_are_of_this_host_and_of_encrypted_connections_alone() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let mut command = world.command(&["serve"]);
    let desk = Desk::start(command.env("EXEUNT_DESK_PUBLIC_URL", "https://desk.example"));
    let secret = link(&world, &desk, &cast.admin);
    let begun = desk.send("POST", "/api/v1/session", &[], Some(&json!({ "secret": secret }))).is(201);
    let cookie = begun.header("set-cookie").expect("a cookie");
    assert!(cookie.starts_with("__Host-exeunt=") && cookie.contains("; Path=/; HttpOnly; SameSite=Lax; ") && cookie.ends_with("; Secure"));
    assert!(!cookie.contains("Domain"), "{cookie}");
    desk.stop();
}

#[test]
fn the_sign_in_page_sends_links_by_form() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let page = desk.send("GET", "/sign-in", &[], None).is(200).text();
    assert!(page.contains("action=\"/sign-in/link\"") && !page.contains("<ul>"), "{page}");
    let ask = |email: &str| {
        let form = format!("email={}", email.replace('@', "%40").replace('+', "%2B"));
        send_bytes(&format!("{}/sign-in/link", desk.url), "POST", &[("content-type", "application/x-www-form-urlencoded")], form.into())
    };
    let (known, unknown) = (ask(&cast.admin).is(202), ask("nobody@nowhere.example").is(202));
    assert_eq!(known.body, unknown.body);
    world.mails.next(&cast.admin, "Sign in|Anmelden");
    desk.stop();
}
