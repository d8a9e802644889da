//! Directories that identity providers push.

mod bursts;
mod conformance;
mod meaning;
mod page;
mod protocol;
mod rights;

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::world::{Answer, Cast, Desk, Person};

/// An identity provider: a token that pushes the directory of a contract.
pub struct Provider<'a> {
    desk: &'a Desk,
    authorization: String,
}

impl<'a> Provider<'a> {
    /// With a token that an admin of the contract makes.
    pub fn of(desk: &'a Desk, admin: &Person, contract: &str) -> Self {
        let wanted = json!({ "name": "provider", "actions": ["push_directory"], "contract": contract });
        let made = admin.post("/api/v1/tokens", &wanted).is(201).json();
        Self::with(desk, made["secret"].as_str().expect("a secret"))
    }

    pub fn with(desk: &'a Desk, secret: &str) -> Self {
        Self { desk, authorization: format!("Bearer {secret}") }
    }

    pub fn send_with(&self, method: &str, path: &str, headers: &[(&str, &str)], body: Option<&Value>) -> Answer {
        let mut all = vec![("authorization", self.authorization.as_str())];
        all.extend_from_slice(headers);
        self.desk.send(method, &format!("/scim/v2{path}"), &all, body)
    }

    pub fn send(&self, method: &str, path: &str, body: Option<&Value>) -> Answer {
        self.send_with(method, path, &[], body)
    }

    pub fn get(&self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    pub fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, Some(body))
    }

    pub fn put(&self, path: &str, body: &Value) -> Answer {
        self.send("PUT", path, Some(body))
    }

    pub fn delete(&self, path: &str) -> Answer {
        self.send("DELETE", path, None)
    }

    /// One change or several.
    pub fn patch(&self, path: &str, operations: &Value) -> Answer {
        let operations = if operations.is_array() { operations.clone() } else { json!([operations]) };
        self.send("PATCH", path, Some(&json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations })))
    }

    /// Pushes an active user with this address, and returns its id.
    #[track_caller]
    pub fn user(&self, email: &str) -> String {
        let user = json!({
            "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
            "userName": email,
            "active": true,
            "emails": [{ "value": email, "type": "work", "primary": true }],
        });
        self.post("/Users", &user).is(201).json()["id"].as_str().expect("an id").to_owned()
    }

    /// As Entra ID does it.
    #[track_caller]
    pub fn deactivate(&self, user: &str) {
        self.patch(&format!("/Users/{user}"), &json!({ "op": "Replace", "path": "active", "value": "False" })).is(200);
    }

    /// As Okta does it.
    #[track_caller]
    pub fn activate(&self, user: &str) {
        self.patch(&format!("/Users/{user}"), &json!({ "op": "replace", "value": { "active": true } })).is(200);
    }
}

fn closures(person: &Person, cast: &Cast) -> Value {
    person.get(&format!("/api/v1/contracts/{}/closures", cast.contract)).is(200).json()
}

/// The requests that providers proposed, newest first.
fn proposals(person: &Person) -> Vec<Value> {
    let all = person.get("/api/v1/requests?kind=erasure").is(200).json();
    all["requests"].as_array().expect("a list").iter().filter(|request| request["channel"] == "scim").cloned().collect()
}

/// Waits for a state that is reached without a mail, by asking again and again.
#[track_caller]
fn wait_for(person: &Person, request: &str, wanted: &str) -> Value {
    let begun = Instant::now();
    loop {
        let shown = person.get(&format!("/api/v1/requests/{request}")).is(200).json();
        let state = shown["state"].as_str().expect("a state");
        if state == wanted || (wanted == "completed" && state == "completed_with_retained") {
            return shown;
        }
        assert!(begun.elapsed() < Duration::from_secs(90), "{shown}");
        std::thread::yield_now();
    }
}
