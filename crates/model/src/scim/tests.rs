//! Filters, changes and choices together, over made-up resources.

use serde_json::{Map, Value, json};

use super::schema::Resource;
use super::shape::Selection;
use super::{Error, filter, matching, patch, resource};

fn user() -> Map<String, Value> {
    let document = json!({
        "schemas": ["urn:ietf:params:scim:schemas:core:2.0:User"],
        "id": "2819c223",
        "externalId": "Ext-7",
        "userName": "Mara.Lindqvist",
        "name": { "familyName": "O'Lindqvist", "givenName": "Mara" },
        "active": true,
        "emails": [
            { "value": "mara@example.com", "type": "work", "primary": true },
            { "value": "mara@example.org", "type": "home" },
        ],
        "meta": { "created": "2011-05-13T04:42:34Z", "lastModified": "2011-05-13T04:42:34Z" },
    });
    document.as_object().unwrap().clone()
}

fn fits(text: &str) -> Result<bool, Error> {
    matching::matches(&filter::parse(text)?, Resource::User, &user())
}

#[test]
fn filters_of_every_kind_choose_as_the_rfc_says() {
    for (text, want) in [
        ("userName eq \"mara.lindqvist\"", true),
        ("username Eq \"MARA.LINDQVIST\"", true),
        ("externalId eq \"ext-7\"", false),
        ("externalId eq \"Ext-7\"", true),
        ("name.familyName co \"O'Lind\"", true),
        ("userName sw \"M\"", true),
        ("urn:ietf:params:scim:schemas:core:2.0:User:userName sw \"m\"", true),
        ("urn:ietf:params:scim:schemas:core:2.0:Group:userName sw \"m\"", false),
        ("userName ew \"qvist\"", true),
        ("title pr", false),
        ("emails pr", true),
        ("name pr and name.honorificPrefix pr", false),
        ("meta.lastModified gt \"2011-05-13T04:42:33Z\"", true),
        ("meta.lastModified ge \"2011-05-13T06:42:34+02:00\"", true),
        ("meta.lastModified lt \"2011-05-13T04:42:34Z\"", false),
        ("title eq \"x\" or userName pr", true),
        ("schemas eq \"urn:ietf:params:scim:schemas:core:2.0:User\"", true),
        ("userName ne \"x\" and not (emails co \"example.com\" or emails.value co \"example.org\")", false),
        ("emails.type eq \"home\"", true),
        ("emails[type eq \"work\" and value co \"@example.com\"]", true),
        ("emails[type eq \"home\" and value co \"@example.com\"]", false),
        ("emails[type eq \"work\"] and active eq true", true),
        ("active eq \"True\"", true),
        ("active ne true", false),
        ("displayName eq null", true),
        ("userName eq null", false),
        ("displayName ne \"x\"", true),
        ("phoneNumbers[type eq \"work\"]", false),
    ] {
        assert_eq!(fits(text), Ok(want), "{text}");
    }
}

#[test]
fn senseless_comparisons_are_refused_whatever_the_resource_is() {
    for text in [
        "active gt true",
        "active co \"t\"",
        "name eq \"x\" or active lt false",
        "userName co 7",
        "meta.created gt \"yesterday\"",
        "emails[primary gt true]",
        "name sw \"x\"",
    ] {
        let filter = filter::parse(text).unwrap();
        for shown in [user(), Map::new()] {
            let got = matching::matches(&filter, Resource::User, &shown);
            assert!(matches!(got, Err(Error::InvalidFilter(_))), "{text}: {got:?}");
        }
    }
}

fn patched(resource: Resource, document: &Value, operations: &Value) -> Result<Value, Error> {
    let patch = patch::parse(&json!({ "schemas": ["urn:ietf:params:scim:api:messages:2.0:PatchOp"], "Operations": operations }))?;
    patch::apply(resource, document.as_object().unwrap(), &patch).map(Value::Object)
}

#[test]
fn changes_of_single_values() {
    let document = json!({ "userName": "mara", "active": true, "name": { "givenName": "Mara", "familyName": "Lindqvist" } });
    for (operation, field, want) in [
        (json!({ "op": "replace", "path": "userName", "value": "ada" }), "userName", json!("ada")),
        (json!({ "op": "Replace", "path": "ACTIVE", "value": "False" }), "active", json!(false)),
        (json!({ "op": "Replace", "path": "active", "value": true }), "active", json!(true)),
        (
            json!({ "op": "add", "path": "name.givenName", "value": "Ada" }),
            "name",
            json!({ "givenName": "Ada", "familyName": "Lindqvist" }),
        ),
        (
            json!({ "op": "replace", "path": "name", "value": { "givenName": "Ada" } }),
            "name",
            json!({ "givenName": "Ada", "familyName": "Lindqvist" }),
        ),
        (json!({ "op": "remove", "path": "name.givenName" }), "name", json!({ "familyName": "Lindqvist" })),
        (json!({ "op": "remove", "path": "name" }), "name", Value::Null),
        (json!({ "op": "replace", "value": { "id": "7", "active": false } }), "active", json!(false)),
        (json!({ "op": "replace", "value": { "name.familyName": "Berg" } }), "name", json!({ "givenName": "Mara", "familyName": "Berg" })),
        (json!({ "op": "add", "value": { "displayName": "Mara" } }), "displayName", json!("Mara")),
        (
            json!({ "op": "replace", "path": "urn:ietf:params:scim:schemas:core:2.0:User:name.familyName", "value": "Berg" }),
            "name",
            json!({ "givenName": "Mara", "familyName": "Berg" }),
        ),
        // What isn't kept is left out, and keeps nothing else from being done.
        (
            json!({ "op": "Add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "x" }),
            "department",
            Value::Null,
        ),
        (json!({ "op": "Add", "path": "phoneNumbers[type eq \"work\"].value", "value": "1" }), "phoneNumbers", Value::Null),
        (json!({ "op": "replace", "path": "name.honorificPrefix", "value": "Dr" }), "honorificPrefix", Value::Null),
    ] {
        let got = patched(Resource::User, &document, &json!([operation])).unwrap();
        assert_eq!(got.get(field).unwrap_or(&Value::Null), &want, "{operation}");
    }
}

#[test]
fn changes_of_several_values() {
    let work = json!({ "value": "mara@example.com", "type": "work", "primary": true });
    let home = json!({ "value": "mara@example.org", "type": "home" });
    let document = json!({ "userName": "mara", "emails": [work, home] });
    let moved = json!({ "value": "new@example.com", "type": "work", "primary": true });
    for (operation, want) in [
        (json!({ "op": "replace", "path": "emails[type eq \"work\"].value", "value": "new@example.com" }), json!([moved, home])),
        (
            json!({ "op": "Add", "path": "emails[type eq \"other\"].value", "value": "o@example.net" }),
            json!([work, home, { "type": "other", "value": "o@example.net" }]),
        ),
        (json!({ "op": "remove", "path": "emails[type eq \"work\" and value co \"example\"]" }), json!([home])),
        (json!({ "op": "remove", "path": "emails" }), Value::Null),
        (json!({ "op": "remove", "path": "emails[type eq \"nothing\"]" }), json!([work, home])),
        (json!({ "op": "add", "path": "emails", "value": [home] }), json!([work, home])),
        (
            json!({ "op": "add", "path": "emails", "value": { "value": "x@example.com" } }),
            json!([work, home, { "value": "x@example.com" }]),
        ),
        (json!({ "op": "replace", "path": "emails", "value": [home] }), json!([home])),
        (
            json!({ "op": "add", "path": "emails[type eq \"home\"].primary", "value": "True" }),
            json!([{ "value": "mara@example.com", "type": "work", "primary": false }, { "value": "mara@example.org", "type": "home", "primary": true }]),
        ),
        (
            json!({ "op": "replace", "path": "emails[type eq \"home\"]", "value": { "value": "h@example.net", "type": "home" } }),
            json!([work, { "value": "h@example.net", "type": "home" }]),
        ),
    ] {
        let got = patched(Resource::User, &document, &json!([operation])).unwrap();
        assert_eq!(got.get("emails").unwrap_or(&Value::Null), &want, "{operation}");
    }
}

#[test]
fn members_are_added_and_removed_in_either_way() {
    let [one, two, three] = [1, 2, 3].map(|number| json!({ "value": format!("{number:032x}") }));
    let document = json!({ "displayName": "Sales", "members": [one, two] });
    let named = |number: u32| format!("members[value eq \"{number:032x}\"]");
    for (operation, want) in [
        (json!({ "op": "Add", "path": "members", "value": [three] }), json!([one, two, three])),
        (json!({ "op": "add", "path": "members", "value": three }), json!([one, two, three])),
        (json!({ "op": "remove", "path": named(1) }), json!([two])),
        (json!({ "op": "Remove", "path": "members", "value": [one] }), json!([two])),
        (json!({ "op": "remove", "path": named(3) }), json!([one, two])),
        (json!({ "op": "replace", "path": "members", "value": [three] }), json!([three])),
        (json!({ "op": "remove", "path": "members" }), Value::Null),
    ] {
        let got = patched(Resource::Group, &document, &json!([operation])).unwrap();
        assert_eq!(got.get("members").unwrap_or(&Value::Null), &want, "{operation}");
    }
}

#[test]
fn changes_that_cannot_be_made_name_their_kind() {
    let document = json!({ "userName": "mara", "emails": [{ "value": "mara@example.com", "type": "work" }] });
    for (operation, want) in [
        (json!({ "op": "replace", "path": "emails[type eq \"home\"].value", "value": "x@example.com" }), "noTarget"),
        (json!({ "op": "remove" }), "noTarget"),
        (json!({ "op": "replace", "path": "id", "value": "7" }), "mutability"),
        (json!({ "op": "add", "path": "groups", "value": [] }), "mutability"),
        (json!({ "op": "replace", "path": "meta.version", "value": "7" }), "mutability"),
        (json!({ "op": "replace", "path": "active", "value": "perhaps" }), "invalidValue"),
        (json!({ "op": "replace", "path": "userName", "value": 7 }), "invalidValue"),
        (json!({ "op": "replace", "path": "userName", "value": "a\u{0}b" }), "invalidValue"),
        (json!({ "op": "add", "value": "x" }), "invalidValue"),
        (json!({ "op": "replace", "path": "emails[", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type eq \"work\"]value", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "1", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "userName[value pr]", "value": "x" }), "invalidPath"),
        (json!({ "op": "replace", "path": "emails[type is \"work\"]", "value": {} }), "invalidFilter"),
        (json!({ "op": "move", "path": "userName", "value": "x" }), "invalidSyntax"),
        (json!("replace"), "invalidSyntax"),
    ] {
        let got = patched(Resource::User, &document, &json!([operation])).unwrap_err();
        assert_eq!(got.scim_type(), want, "{operation}: {got}");
    }
    assert_eq!(patched(Resource::User, &document, &json!([])).unwrap_err().scim_type(), "invalidSyntax");
    let many = vec![json!({ "op": "remove", "path": "name" }); patch::MOST_OPERATIONS + 1];
    assert_eq!(patched(Resource::User, &document, &many.into()).unwrap_err().scim_type(), "invalidSyntax");
}

#[test]
fn all_changes_are_made_or_none() {
    let document = json!({ "userName": "mara" });
    let operations = json!([{ "op": "replace", "path": "userName", "value": "ada" }, { "op": "replace", "path": "id", "value": "7" }]);
    assert!(patched(Resource::User, &document, &operations).is_err());
    let operations =
        json!([{ "op": "replace", "path": "userName", "value": "ada" }, { "op": "add", "path": "displayName", "value": "Ada" }]);
    assert_eq!(patched(Resource::User, &document, &operations), Ok(json!({ "userName": "ada", "displayName": "Ada" })));
}

#[test]
fn only_what_the_desk_keeps_is_left_of_a_user() {
    let sent = json!({
        "SCHEMAS": ["x"], "ID": "7", "USERNAME": "Mara@Example.com", "password": "secret", "title": "Dr", "ACTIVE": "True",
        "emails": [
            { "value": "private@example.com", "type": "home" },
            { "Value": "Work@Example.com", "TYPE": "work", "display": "x" },
            { "type": "other" },
        ],
        "phoneNumbers": [{ "value": "1" }],
        "groups": [{ "value": "7" }],
        "meta": { "created": "x" },
        "displayName": null,
    });
    let got = resource::user(resource::canonical(Resource::User, &sent).unwrap()).unwrap();
    let emails = json!([{ "value": "private@example.com", "type": "home" }, { "value": "Work@Example.com", "type": "work" }]);
    assert_eq!(Value::Object(got.document), json!({ "userName": "Mara@Example.com", "active": true, "emails": emails }));
    assert_eq!(got.user_name, "mara@example.com");
    assert_eq!(got.email.unwrap().as_str(), "work@example.com");
    assert!(got.active);
}

#[test]
fn a_users_seat_is_named_by_one_address() {
    let email = |sent: Value| resource::user(resource::canonical(Resource::User, &sent).unwrap()).unwrap().email.map(String::from);
    let [a, b] = ["a@example.com", "b@example.com"];
    for (sent, want) in [
        (json!({ "userName": "x", "emails": [{ "value": a }, { "value": b, "primary": true }] }), Some(b)),
        (json!({ "userName": "x", "emails": [{ "value": a }, { "value": b, "type": "Work" }] }), Some(b)),
        (json!({ "userName": "x", "emails": [{ "value": a }, { "value": b }] }), Some(a)),
        (json!({ "userName": "x", "emails": [{ "value": "none" }, { "value": b }] }), Some(b)),
        (json!({ "userName": "x", "emails": [a] }), Some(a)),
        (json!({ "userName": "A@EXAMPLE.com" }), Some(a)),
        (json!({ "userName": "x" }), None),
    ] {
        assert_eq!(email(sent.clone()).as_deref(), want, "{sent}");
    }
}

#[test]
fn two_primary_addresses_become_one() {
    let sent = json!({ "userName": "x", "emails": [{ "value": "a@example.com", "primary": true }, { "value": "b@example.com", "primary": true }] });
    let got = resource::canonical(Resource::User, &sent).unwrap();
    let primary = got["emails"].as_array().unwrap().iter().filter(|email| email["primary"] == json!(true)).count();
    assert_eq!(primary, 1);
}

#[test]
fn users_and_groups_without_a_name_or_with_impossible_members_are_refused() {
    for sent in [json!({}), json!({ "userName": "" }), json!({ "userName": " " }), json!({ "userName": null })] {
        let read = resource::canonical(Resource::User, &sent).and_then(resource::user);
        assert!(matches!(read, Err(Error::InvalidValue(_))), "{sent}");
    }
    let sent = json!({ "displayName": "Sales", "members": [{ "value": "nobody" }] });
    assert!(matches!(resource::canonical(Resource::Group, &sent).and_then(resource::group), Err(Error::InvalidValue(_))));
    assert!(matches!(resource::canonical(Resource::User, &json!([])), Err(Error::InvalidSyntax(_))));
    let long = json!({ "userName": "x".repeat(resource::LONGEST_TEXT + 1) });
    assert!(matches!(resource::canonical(Resource::User, &long), Err(Error::InvalidValue(_))));
}

#[test]
fn an_answer_shows_the_chosen_attributes() {
    let shown = |attributes: Option<&str>, excluded: Option<&str>| {
        let selection = Selection::parse(attributes, excluded).unwrap();
        let mut keys: Vec<String> = selection.of(Resource::User, user()).keys().cloned().collect();
        keys.sort();
        keys.join(" ")
    };
    assert_eq!(shown(Some("userName"), None), "id schemas userName");
    assert_eq!(shown(Some("USERNAME, urn:ietf:params:scim:schemas:core:2.0:User:active"), None), "active id schemas userName");
    assert_eq!(shown(None, Some("emails,name,id,meta,externalId")), "active id schemas userName");
    assert_eq!(shown(Some(""), Some("")), shown(None, None));
    let selection = Selection::parse(Some("name.familyName,emails.value"), None).unwrap();
    let got = Value::Object(selection.of(Resource::User, user()));
    assert_eq!(got["name"], json!({ "familyName": "O'Lindqvist" }));
    assert_eq!(got["emails"], json!([{ "value": "mara@example.com" }, { "value": "mara@example.org" }]));
    let selection = Selection::parse(None, Some("emails.type,emails.primary")).unwrap();
    let got = Value::Object(selection.of(Resource::User, user()));
    assert_eq!(got["emails"], json!([{ "value": "mara@example.com" }, { "value": "mara@example.org" }]));
    assert!(Selection::parse(Some("a b"), None).is_err());
    assert!(!Selection::parse(None, Some("members")).unwrap().wants(Resource::Group, "members"));
    assert!(Selection::parse(None, Some("members.value")).unwrap().wants(Resource::Group, "members"));
}
