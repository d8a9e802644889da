//! Users and groups in their canonical form: names as the schema spells them, values of its types, and nothing that the desk doesn't keep.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::Error;
use super::schema::{Attribute, Kind, Mutability, Resource};
use crate::identity::{DirectoryUserId, EmailAddress, Language};
use crate::moment::Moment;

/// Characters of a text at most.
pub const LONGEST_TEXT: usize = 1_000;

/// Addresses of a user at most.
pub const MOST_ADDRESSES: usize = 50;

/// Members of a group at most.
pub const MOST_MEMBERS: usize = 20_000;

/// What the desk reads off a user.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// Canonical, without what only the desk sets.
    pub document: Map<String, Value>,
    /// In lower case: names that differ in case alone are the same.
    pub user_name: String,
    pub external_id: Option<String>,
    /// The address by which the person's seat is known.
    pub email: Option<EmailAddress>,
    /// Whoever isn't said to be closed is active.
    pub active: bool,
}

/// What the desk reads off a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Canonical, without its members and what only the desk sets.
    pub document: Map<String, Value>,
    /// In lower case.
    pub name: String,
    pub members: BTreeSet<DirectoryUserId>,
}

/// The canonical form of what a provider sent.
///
/// # Errors
/// [`Error::InvalidSyntax`] for what is no object, [`Error::InvalidValue`] for a value of another type than the schema says.
pub fn canonical(resource: Resource, sent: &Value) -> Result<Map<String, Value>, Error> {
    let sent = sent.as_object().ok_or_else(|| Error::InvalidSyntax("a resource is a JSON object".to_owned()))?;
    let mut document = Map::new();
    for (name, value) in sent {
        let Some(attribute) = resource.attribute(name).filter(|attribute| attribute.mutability != Mutability::ReadOnly) else { continue };
        if let Some(value) = value_of(attribute, value)? {
            document.insert(attribute.name.to_owned(), value);
        }
    }
    Ok(document)
}

/// Reads a user off its canonical form.
///
/// # Errors
/// [`Error::InvalidValue`] where its name is missing.
pub fn user(document: Map<String, Value>) -> Result<User, Error> {
    let user_name = required(&document, "userName")?.to_lowercase();
    let active = document.get("active").and_then(Value::as_bool).unwrap_or(true);
    let external_id = document.get("externalId").and_then(Value::as_str).map(str::to_owned);
    let email = address(&document).or_else(|| user_name.parse().ok());
    Ok(User { user_name, external_id, email, active, document })
}

/// Reads a group off its canonical form.
///
/// # Errors
/// [`Error::InvalidValue`] where its name is missing, or a member is named that cannot be a user.
pub fn group(mut document: Map<String, Value>) -> Result<Group, Error> {
    let name = required(&document, "displayName")?.to_lowercase();
    let members = match document.remove("members") {
        Some(Value::Array(members)) => members,
        _ => Vec::new(),
    };
    let member = |value: &Value| {
        let id = value.get("value").and_then(Value::as_str);
        id.and_then(|id| id.parse().ok()).ok_or_else(no_member)
    };
    let members = members.iter().map(member).collect::<Result<_, _>>()?;
    Ok(Group { document, name, members })
}

/// A member that is no user here. Users of other contracts are none, like those that nobody has made.
pub fn no_member() -> Error {
    Error::InvalidValue("a member is a user that was pushed before".to_owned())
}

/// The language that somebody is written to in, as their document says.
pub fn language(document: &Map<String, Value>) -> Option<Language> {
    document.get("preferredLanguage").and_then(Value::as_str).and_then(Language::of_tag)
}

fn required<'a>(document: &'a Map<String, Value>, name: &str) -> Result<&'a str, Error> {
    let found = document.get(name).and_then(Value::as_str).filter(|text| !text.trim().is_empty());
    found.ok_or_else(|| Error::InvalidValue(format!("`{name}` is missing")))
}

fn address(document: &Map<String, Value>) -> Option<EmailAddress> {
    let addresses = document.get("emails")?.as_array()?;
    let read = |address: &Value| address.get("value")?.as_str()?.parse().ok();
    let primary = addresses.iter().filter(|address| address.get("primary") == Some(&Value::Bool(true)));
    let is_work = |address: &&Value| address.get("type").and_then(Value::as_str).is_some_and(|kind| kind.eq_ignore_ascii_case("work"));
    primary.chain(addresses.iter().filter(is_work)).chain(addresses).find_map(read)
}

/// A value in the form that the attribute's type has; `None` for none.
pub(super) fn value_of(attribute: &Attribute, sent: &Value) -> Result<Option<Value>, Error> {
    if !attribute.many {
        return single(attribute, sent);
    }
    let mut values = Vec::new();
    for sent in several(sent) {
        if let Some(value) = single(attribute, sent)? {
            merge(attribute, &mut values, value);
        }
    }
    one_primary(&mut values, &[]);
    at_most(attribute, &values)?;
    Ok((!values.is_empty()).then_some(Value::Array(values)))
}

/// A list, or what should have been one.
pub(super) fn several(sent: &Value) -> &[Value] {
    match sent {
        Value::Array(values) => values,
        single => std::slice::from_ref(single),
    }
}

/// Refuses lists that are too long.
pub(super) fn at_most(attribute: &Attribute, values: &[Value]) -> Result<(), Error> {
    let most = if attribute.name == "members" { MOST_MEMBERS } else { MOST_ADDRESSES };
    match values.len() > most {
        true => Err(Error::InvalidValue(format!("`{}` has at most {most} values", attribute.name))),
        false => Ok(()),
    }
}

/// One of the values of an attribute, or its only one.
pub(super) fn single(attribute: &Attribute, sent: &Value) -> Result<Option<Value>, Error> {
    let wrong = |what: &str| Err(Error::InvalidValue(format!("`{}` is {what}", attribute.name)));
    match (attribute.kind, sent) {
        (_, Value::Null) => Ok(None),
        (Kind::Flag, Value::Bool(flag)) => Ok(Some(Value::Bool(*flag))),
        // Some providers write flags as texts: `"False"`.
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("true") => Ok(Some(Value::Bool(true))),
        (Kind::Flag, Value::String(text)) if text.eq_ignore_ascii_case("false") => Ok(Some(Value::Bool(false))),
        (Kind::Flag, _) => wrong("true or false"),
        (Kind::Text | Kind::Reference | Kind::Moment, Value::String(text)) => {
            let fits = text.chars().count() <= LONGEST_TEXT && !text.chars().any(char::is_control);
            if fits { Ok(Some(sent.clone())) } else { wrong(&format!("a text of up to {LONGEST_TEXT} visible characters")) }
        }
        (Kind::Text | Kind::Reference | Kind::Moment, _) => wrong("a text"),
        (Kind::Complex, Value::Object(parts)) => {
            let mut kept = Map::new();
            for (name, value) in parts {
                let part = attribute.part(name).filter(|part| part.mutability != Mutability::ReadOnly);
                if let Some((part, value)) = part.map(|part| Ok((part, single(part, value)?))).transpose()?
                    && let Some(value) = value
                {
                    kept.insert(part.name.to_owned(), value);
                }
            }
            let empty = kept.is_empty() || (attribute.part("value").is_some() && !kept.contains_key("value"));
            Ok((!empty).then_some(Value::Object(kept)))
        }
        (Kind::Complex, Value::String(_)) if attribute.part("value").is_some() => single(attribute, &json!({ "value": sent })),
        (Kind::Complex, _) => wrong("an object"),
    }
}

/// Adds a value to several: in place of one that is the same but for details.
pub(super) fn merge(attribute: &Attribute, values: &mut Vec<Value>, value: Value) {
    // Members are thousands; who is named twice is found when they are read as a set.
    let known = match attribute.name {
        "members" => None,
        _ => values.iter_mut().find(|known| known.get("value") == value.get("value") && known.get("type") == value.get("type")),
    };
    match known {
        Some(known) => *known = value,
        None => values.push(value),
    }
}

/// Leaves one primary value: one that is newly so, else the first.
pub(super) fn one_primary(values: &mut [Value], before: &[Value]) {
    let is_primary = |value: &Value| value.get("primary") == Some(&Value::Bool(true));
    let primary: Vec<usize> = (0..values.len()).filter(|at| is_primary(&values[*at])).collect();
    if primary.len() < 2 {
        return;
    }
    let newly = primary.iter().rev().find(|at| !before.contains(&values[**at])).or(primary.first()).copied();
    for at in primary {
        if Some(at) != newly
            && let Some(value) = values[at].as_object_mut()
        {
            value.insert("primary".to_owned(), false.into());
        }
    }
}

/// What the desk sets in a resource.
#[derive(Debug, Clone, Copy)]
pub struct Standing<'a> {
    pub id: &'a str,
    pub created: Moment,
    pub changed: Moment,
    pub version: u64,
    /// Where SCIM begins, without a slash at the end.
    pub base: &'a str,
}

impl Standing<'_> {
    /// Where a resource is.
    pub fn location(&self, resource: Resource) -> String {
        format!("{}{}/{}", self.base, resource.endpoint(), self.id)
    }

    /// Its ETag.
    pub fn etag(&self) -> String {
        format!("W/\"{}\"", self.version)
    }
}

/// A resource as answers show it; `more` are the attributes that are kept elsewhere.
pub fn shown(
    resource: Resource,
    standing: &Standing<'_>,
    document: &Map<String, Value>,
    more: impl IntoIterator<Item = (&'static str, Value)>,
) -> Map<String, Value> {
    let mut shown = Map::new();
    shown.insert("schemas".to_owned(), json!([resource.urn()]));
    shown.insert("id".to_owned(), standing.id.into());
    shown.extend(document.iter().map(|(name, value)| (name.clone(), value.clone())));
    for (name, value) in more {
        if value.as_array().is_none_or(|values| !values.is_empty()) {
            shown.insert(name.to_owned(), value);
        }
    }
    let meta = json!({
        "resourceType": resource.name(),
        "created": standing.created,
        "lastModified": standing.changed,
        "location": standing.location(resource),
        "version": standing.etag(),
    });
    shown.insert("meta".to_owned(), meta);
    shown
}
