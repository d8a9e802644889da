//! Who may push what: every operation of SCIM, by everybody, and on what belongs to another contract.

use exeunt_model::authorization::{Action, Principal, Target};
use exeunt_model::identity::{PrincipalId, TokenId};
use exeunt_model::moment::Moment;
use exeunt_store::Store;
use exeunt_store::desk::Token;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::super::authorization::everybody;
use super::super::world::{Keeps, World};
use super::Provider;

/// Every operation that `http::scim::router` offers, with a body.
fn operations() -> Vec<(&'static str, &'static str, Option<Value>)> {
    let patch = json!({ "Operations": [{ "op": "replace", "path": "displayName", "value": "changed" }] });
    let search = json!({ "filter": "id pr" });
    let user = json!({ "userName": "somebody.else" });
    let group = json!({ "displayName": "Others" });
    vec![
        ("GET", "/ServiceProviderConfig", None),
        ("GET", "/ResourceTypes", None),
        ("GET", "/ResourceTypes/User", None),
        ("GET", "/Schemas", None),
        ("GET", "/Schemas/urn:ietf:params:scim:schemas:core:2.0:Group", None),
        ("GET", "/Users", None),
        ("POST", "/.search", Some(search.clone())),
        ("POST", "/Users/.search", Some(search.clone())),
        ("GET", "/Users/{id}", None),
        ("PATCH", "/Users/{id}", Some(patch.clone())),
        ("PUT", "/Users/{id}", Some(user.clone())),
        ("POST", "/Users", Some(user)),
        ("DELETE", "/Users/{id}", None),
        ("GET", "/Groups", None),
        ("POST", "/Groups/.search", Some(search)),
        ("GET", "/Groups/{id}", None),
        ("PATCH", "/Groups/{id}", Some(patch)),
        ("PUT", "/Groups/{id}", Some(group.clone())),
        ("POST", "/Groups", Some(group)),
        ("DELETE", "/Groups/{id}", None),
        ("POST", "/Bulk", Some(json!({}))),
        ("GET", "/Me", None),
        ("GET", "/Nothing", None),
        ("DELETE", "/Users", None),
    ]
}

/// Tokens that no door gives out, so that the walk doesn't rest on who may make them.
fn token(store: &mut Store, number: u128, principal: &PrincipalId, actions: &[Action], contract: Option<&str>) -> String {
    let secret = format!("exeunt_{number:064x}");
    let token = Token {
        id: TokenId::from_random(number),
        name: "walk".to_owned(),
        principal: principal.clone(),
        actions: actions.iter().copied().collect(),
        contract: contract.map(str::to_owned),
        created: Moment::from_microseconds(1).expect("a moment"),
        expires: None,
        revoked: None,
        used: None,
    };
    let hash = exeunt_model::digest::hex(&Sha256::digest(secret.as_bytes()));
    store.transact("make a token", |transaction| transaction.insert_token(&token, &hash)).expect("make a token");
    secret
}

#[test]
fn everybody_may_push_as_the_table_says_and_nothing_else() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let everybody = everybody(&world, &desk, &cast);
    let location = world.store_url().parse().expect("a location");
    let mut store = Store::open(&location, Moment::from_microseconds(1).expect("a moment"), &mut |_| panic!("it is there")).expect("open");
    let none = "0".repeat(32);
    for (number, somebody) in (1..).zip(&everybody) {
        let principal = Principal { id: somebody.id.clone(), grants: somebody.grants.clone(), limited_to: None };
        let may = principal.may(Action::PushDirectory, Target::Contract { contract: &cast.contract });
        let good = token(&mut store, number * 10, &somebody.id, &[Action::PushDirectory], Some(&cast.contract));
        let boundless = token(&mut store, number * 10 + 1, &somebody.id, &[Action::PushDirectory], None);
        let others: Vec<Action> = Action::ALL.iter().copied().filter(|action| *action != Action::PushDirectory).collect();
        let other = token(&mut store, number * 10 + 2, &somebody.id, &others, Some(&cast.contract));
        let elsewhere = token(&mut store, number * 10 + 3, &somebody.id, &[Action::PushDirectory], Some("987654321"));
        for (method, path, body) in operations() {
            let path = path.replace("{id}", &none);
            let case = format!("{method} {path} by {}", somebody.who);
            let answer = Provider::with(&desk, &good).send(method, &path, body.as_ref());
            assert!(answer.status < 500 || answer.status == 501, "{case}: {}", answer.text());
            assert_eq!(answer.status != 403, may, "{case}: {}", answer.text());
            for (what, secret) in [("a boundless token", &boundless), ("a token for all else", &other)] {
                let answer = Provider::with(&desk, secret).send(method, &path, body.as_ref());
                assert_eq!(answer.status, 403, "{case} with {what}: {}", answer.text());
            }
            // An operator may push for any contract, were there one.
            let answer = Provider::with(&desk, &elsewhere).send(method, &path, body.as_ref());
            assert_eq!(answer.status != 403, somebody.who == "an operator", "{case} elsewhere: {}", answer.text());
            let session = [("cookie", somebody.person.cookie.as_str()), ("x-csrf-token", somebody.person.csrf.as_str())];
            assert_eq!(desk.send(method, &format!("/scim/v2{path}"), &session, body.as_ref()).status, 403, "{case} with a session");
        }
        // What was made is taken away again, so that the next one finds the names free.
        world.execute("DELETE FROM directory_user; DELETE FROM directory_group;");
    }
    for (method, path, body) in operations() {
        let path = format!("/scim/v2{}", path.replace("{id}", &none));
        let answer = desk.send(method, &path, &[], body.as_ref());
        assert_eq!(answer.status, 401, "{method} {path} by nobody");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        let answer = desk.send(method, &path, &[("authorization", "Bearer exeunt_none")], body.as_ref());
        assert_eq!(answer.status, 401, "{method} {path} with a made-up token");
    }
    desk.stop();
}

#[test]
fn what_another_contract_pushed_is_not_there() {
    let world = World::new(Keeps::File);
    world.configure(24);
    let cast = world.cast();
    let desk = world.serve();
    let (admin, stranger) = (world.sign_in(&desk, &cast.admin), world.sign_in(&desk, &cast.stranger));
    let other: i64 =
        world.platform().query_row("SELECT contract_id FROM seat WHERE email = ?1", [&cast.stranger], |row| row.get(0)).expect("a seat");
    let ours = Provider::of(&desk, &admin, &cast.contract);
    let theirs = Provider::of(&desk, &stranger, &other.to_string());
    let user = ours.user(&cast.holder);
    let group = ours.post("/Groups", &json!({ "displayName": "Sales", "members": [{ "value": user }] })).is(201).json();
    let group = group["id"].as_str().expect("an id");
    let before = [ours.get(&format!("/Users/{user}")).is(200).text(), ours.get(&format!("/Groups/{group}")).is(200).text()];

    let none = "0".repeat(32);
    for (method, path, body) in operations().into_iter().filter(|(_, path, _)| path.contains("{id}")) {
        let id = if path.starts_with("/Users") { &user } else { group };
        let got = theirs.send(method, &path.replace("{id}", id), body.as_ref());
        let want = theirs.send(method, &path.replace("{id}", &none), body.as_ref());
        assert_eq!((got.status, got.text()), (404, want.text()), "{method} {path}");
    }
    for filter in [format!("id eq \"{user}\""), format!("userName eq \"{}\"", cast.holder), "id pr".to_owned()] {
        let found = theirs.post("/Users/.search", &json!({ "filter": filter })).is(200).json();
        assert_eq!(found["totalResults"], 0, "{filter}");
    }
    assert_eq!(theirs.post("/.search", &json!({ "filter": "id pr" })).is(200).json()["totalResults"], 0);
    assert_eq!(theirs.get("/Users").is(200).json()["totalResults"], 0);
    assert_eq!(theirs.get("/Groups").is(200).json()["totalResults"], 0);
    // Their names are free here, and their users are no members here.
    theirs.user(&cast.holder);
    let with = |member: &str| theirs.post("/Groups", &json!({ "displayName": "Sales", "members": [{ "value": member }] }));
    let (got, want) = (with(&user), with(&none));
    assert_eq!((got.status, got.text()), (400, want.text()));
    // Closing somebody's address closes nothing in another contract.
    let session = world.sign_in(&desk, &cast.holder);
    let same = theirs.get(&format!("/Users?filter=userName%20eq%20%22{}%22", cast.holder)).is(200).json();
    theirs.deactivate(same["Resources"][0]["id"].as_str().expect("an id"));
    session.get("/api/v1/me").is(200);
    assert_eq!(super::closures(&admin, &cast)["closures"], json!([]));
    assert_eq!(before, [ours.get(&format!("/Users/{user}")).is(200).text(), ours.get(&format!("/Groups/{group}")).is(200).text()]);
    desk.stop();
}
