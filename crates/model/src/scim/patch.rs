//! Changes of a part of a resource: RFC 7644, section 3.5.2, and the habits of those who send them.
//!
//! | habit | what is done |
//! |---|---|
//! | verbs with capitals: `Replace` | read without regard to case |
//! | flags as texts: `"False"` | read as flags |
//! | no path, and an object whose names are paths: `{"name.givenName": …}` | each name is taken as a path |
//! | `remove` of `members` with a list as value | these members are removed, not all |
//! | `add` to `emails[type eq "work"].value` where there is none | one is made of that type |

use serde_json::{Map, Value};

use super::Error;
use super::filter::{self, Filter, Literal, Operator};
use super::matching::value_matches;
use super::path::AttributePath;
use super::resource::{at_most, merge, one_primary, several, single, value_of};
use super::schema::{Attribute, Mutability, Resource};

/// Changes in one request at most.
pub const MOST_OPERATIONS: usize = 1_000;

/// Changes, in their order. All of them are made, or none.
#[derive(Debug, Clone, PartialEq)]
pub struct Patch {
    operations: Vec<Operation>,
}

#[derive(Debug, Clone, PartialEq)]
struct Operation {
    verb: Verb,
    path: Option<Path>,
    value: Value,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Verb {
    Add,
    Remove,
    Replace,
}

/// `emails`, `name.givenName`, `emails[type eq "work"]` or `emails[type eq "work"].value`
#[derive(Debug, Clone, PartialEq)]
struct Path {
    attribute: AttributePath,
    filter: Option<Filter>,
}

/// Reads the changes of a request.
///
/// # Errors
/// [`Error::InvalidSyntax`], [`Error::InvalidPath`], [`Error::InvalidFilter`].
pub fn parse(sent: &Value) -> Result<Patch, Error> {
    let field = |object: &'_ Map<String, Value>, name: &str| -> Value {
        object.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map_or(Value::Null, |(_, value)| value.clone())
    };
    let Some(Value::Array(sent)) = sent.as_object().map(|sent| field(sent, "Operations")) else {
        return Err(Error::InvalidSyntax("`Operations` is a list of changes".to_owned()));
    };
    if sent.is_empty() || sent.len() > MOST_OPERATIONS {
        return Err(Error::InvalidSyntax(format!("there are 1 to {MOST_OPERATIONS} changes")));
    }
    let mut operations = Vec::new();
    for sent in &sent {
        let sent = sent.as_object().ok_or_else(|| Error::InvalidSyntax("a change is an object".to_owned()))?;
        let verb = match field(sent, "op").as_str().map(str::to_ascii_lowercase).as_deref() {
            Some("add") => Verb::Add,
            Some("remove") => Verb::Remove,
            Some("replace") => Verb::Replace,
            _ => return Err(Error::InvalidSyntax("`op` is add, remove or replace".to_owned())),
        };
        let path = match field(sent, "path") {
            Value::Null => None,
            Value::String(text) => Some(path(&text)?),
            _ => return Err(Error::InvalidPath("it is no text".to_owned())),
        };
        operations.push(Operation { verb, path, value: field(sent, "value") });
    }
    Ok(Patch { operations })
}

fn path(text: &str) -> Result<Path, Error> {
    let wrong = || Error::InvalidPath(format!("`{}`", text.chars().take(100).collect::<String>()));
    let plain = |text: &str| AttributePath::parse(text).ok_or_else(wrong);
    let Some((name, rest)) = text.split_once('[') else { return Ok(Path { attribute: plain(text)?, filter: None }) };
    // A bracket may stand in a text of the filter; none stands in the name of a part.
    let (filter, part) = rest.rsplit_once(']').ok_or_else(wrong)?;
    let mut attribute = plain(name)?;
    if attribute.part.is_some() {
        return Err(wrong());
    }
    attribute.part = match part.strip_prefix('.') {
        Some(part) => Some(plain(part).ok().filter(|part| part.part.is_none() && part.schema.is_none()).ok_or_else(wrong)?.name),
        None if part.is_empty() => None,
        None => return Err(wrong()),
    };
    Ok(Path { attribute, filter: Some(filter::parse(filter)?) })
}

/// Makes the changes in the canonical form of a resource, with the members of a group.
///
/// # Errors
/// [`Error::NoTarget`], [`Error::Mutability`], [`Error::InvalidValue`], [`Error::InvalidPath`].
pub fn apply(resource: Resource, document: &Map<String, Value>, patch: &Patch) -> Result<Map<String, Value>, Error> {
    let mut document = document.clone();
    for operation in &patch.operations {
        match &operation.path {
            Some(path) => change(resource, &mut document, operation.verb, path, &operation.value)?,
            None => change_several(resource, &mut document, operation)?,
        }
    }
    Ok(document)
}

/// Without a path the names of the value's fields are taken for paths.
fn change_several(resource: Resource, document: &mut Map<String, Value>, operation: &Operation) -> Result<(), Error> {
    if operation.verb == Verb::Remove {
        return Err(Error::NoTarget("remove without a path".to_owned()));
    }
    let Some(fields) = operation.value.as_object() else {
        return Err(Error::InvalidValue("without a path, the value is an object of attributes".to_owned()));
    };
    for (name, value) in fields {
        // What is no path is the name of an extension, which isn't kept.
        let Ok(path) = path(name) else { continue };
        // Providers send ids along, which nobody wants changed.
        let is_ours = resource.attribute(&path.attribute.name).is_some_and(|attribute| attribute.mutability == Mutability::ReadOnly);
        if !is_ours {
            change(resource, document, operation.verb, &path, value)?;
        }
    }
    Ok(())
}

fn change(resource: Resource, document: &mut Map<String, Value>, verb: Verb, path: &Path, value: &Value) -> Result<(), Error> {
    let known = resource.attribute(&path.attribute.name).filter(|_| path.attribute.is_of(resource.urn()));
    // What isn't kept isn't changed.
    let Some(attribute) = known else { return Ok(()) };
    if attribute.mutability == Mutability::ReadOnly {
        return Err(Error::Mutability(attribute.name.to_owned()));
    }
    let part = match path.attribute.part.as_deref() {
        // A part that isn't kept.
        Some(name) if attribute.part(name).is_none() => return Ok(()),
        Some(name) => attribute.part(name),
        None => None,
    };
    if let Some(part) = part.filter(|part| part.mutability != Mutability::ReadWrite) {
        return Err(Error::Mutability(format!("{}.{}", attribute.name, part.name)));
    }
    if attribute.many {
        let before = match document.remove(attribute.name) {
            Some(Value::Array(values)) => values,
            _ => Vec::new(),
        };
        let mut values = before.clone();
        match &path.filter {
            Some(filter) => change_chosen(attribute, &mut values, verb, filter, part, value)?,
            None => change_all(attribute, &mut values, verb, part, value)?,
        }
        one_primary(&mut values, &before);
        at_most(attribute, &values)?;
        if !values.is_empty() {
            document.insert(attribute.name.to_owned(), Value::Array(values));
        }
        return Ok(());
    }
    if path.filter.is_some() {
        return Err(Error::InvalidPath(format!("`{}` has one value", attribute.name)));
    }
    change_only(attribute, document, verb, part, value)
}

/// An attribute with one value.
fn change_only(
    attribute: &'static Attribute,
    document: &mut Map<String, Value>,
    verb: Verb,
    part: Option<&'static Attribute>,
    value: &Value,
) -> Result<(), Error> {
    let wanted = match (verb, part) {
        (Verb::Remove, _) => None,
        (Verb::Add | Verb::Replace, Some(part)) => value_of(part, value)?,
        (Verb::Add | Verb::Replace, None) => value_of(attribute, value)?,
    };
    let is_complex = !attribute.parts.is_empty();
    match (part, wanted) {
        (Some(part), wanted) => {
            let mut parts = match document.remove(attribute.name) {
                Some(Value::Object(parts)) => parts,
                _ => Map::new(),
            };
            match wanted {
                Some(wanted) => parts.insert(part.name.to_owned(), wanted),
                None => parts.remove(part.name),
            };
            if !parts.is_empty() {
                document.insert(attribute.name.to_owned(), Value::Object(parts));
            }
        }
        (None, Some(Value::Object(wanted))) if is_complex => {
            // Parts that aren't named stay.
            match document.get_mut(attribute.name).and_then(Value::as_object_mut) {
                Some(parts) => parts.extend(wanted),
                None => {
                    document.insert(attribute.name.to_owned(), Value::Object(wanted));
                }
            }
        }
        (None, Some(wanted)) => {
            document.insert(attribute.name.to_owned(), wanted);
        }
        (None, None) => {
            document.remove(attribute.name);
        }
    }
    Ok(())
}

/// All values of an attribute.
fn change_all(
    attribute: &'static Attribute,
    values: &mut Vec<Value>,
    verb: Verb,
    part: Option<&'static Attribute>,
    sent: &Value,
) -> Result<(), Error> {
    match (verb, part) {
        (Verb::Add, None) => {
            for sent in several(sent) {
                if let Some(value) = single(attribute, sent)? {
                    merge(attribute, values, value);
                }
            }
        }
        (Verb::Replace, None) => {
            *values = match value_of(attribute, sent)? {
                Some(Value::Array(values)) => values,
                _ => Vec::new(),
            };
        }
        (Verb::Remove, None) if sent.is_null() => values.clear(),
        (Verb::Remove, None) => {
            let mut gone = Vec::new();
            for sent in several(sent) {
                gone.extend(single(attribute, sent)?.and_then(|value| value.get("value").cloned()));
            }
            values.retain(|value| value.get("value").is_none_or(|value| !gone.contains(value)));
        }
        (Verb::Add | Verb::Replace | Verb::Remove, Some(part)) => {
            let wanted = if verb == Verb::Remove { None } else { single(part, sent)? };
            if values.is_empty() && wanted.is_some() {
                values.push(Value::Object(Map::new()));
            }
            values.iter_mut().for_each(|value| set(value, part, wanted.as_ref()));
            values.retain(|value| has_value(attribute, value));
        }
    }
    Ok(())
}

/// The values that a filter chooses.
fn change_chosen(
    attribute: &'static Attribute,
    values: &mut Vec<Value>,
    verb: Verb,
    filter: &Filter,
    part: Option<&'static Attribute>,
    sent: &Value,
) -> Result<(), Error> {
    let mut chosen = Vec::new();
    for value in values.iter() {
        chosen.push(match value.as_object() {
            Some(value) => value_matches(filter, attribute, value)?,
            None => false,
        });
    }
    let any = chosen.contains(&true);
    if !any && verb == Verb::Replace {
        return Err(Error::NoTarget(format!("{}[…]", attribute.name)));
    }
    if !any && verb == Verb::Add {
        let mut value = Map::new();
        demanded(filter, attribute, &mut value);
        values.push(Value::Object(value));
        chosen.push(true);
    }
    let mut chosen = chosen.into_iter();
    match (verb, part) {
        (Verb::Remove, None) => values.retain(|_| !chosen.next().unwrap_or(false)),
        (Verb::Add | Verb::Replace | Verb::Remove, Some(part)) => {
            let wanted = if verb == Verb::Remove { None } else { single(part, sent)? };
            let chosen_values = values.iter_mut().filter(|_| chosen.next().unwrap_or(false));
            chosen_values.for_each(|value| set(value, part, wanted.as_ref()));
        }
        (Verb::Add | Verb::Replace, None) => {
            let fields = sent.as_object().ok_or_else(|| Error::InvalidValue(format!("`{}` has objects as values", attribute.name)))?;
            let mut parts = Map::new();
            for (name, value) in fields {
                if let Some(part) = attribute.part(name).filter(|part| part.mutability != Mutability::ReadOnly)
                    && let Some(value) = single(part, value)?
                {
                    parts.insert(part.name.to_owned(), value);
                }
            }
            for value in values.iter_mut().filter(|_| chosen.next().unwrap_or(false)) {
                match value.as_object_mut().filter(|_| verb == Verb::Add) {
                    Some(value) => value.extend(parts.clone()),
                    None => *value = Value::Object(parts.clone()),
                }
            }
        }
    }
    values.retain(|value| has_value(attribute, value));
    Ok(())
}

fn set(value: &mut Value, part: &Attribute, wanted: Option<&Value>) {
    if let Some(value) = value.as_object_mut() {
        match wanted {
            Some(wanted) => value.insert(part.name.to_owned(), wanted.clone()),
            None => value.remove(part.name),
        };
    }
}

/// One of several values without that which they are about is none.
fn has_value(attribute: &Attribute, value: &Value) -> bool {
    attribute.part("value").is_none() || value.get("value").is_some()
}

/// What a value must have so that the filter chooses it, as far as it says so.
fn demanded(filter: &Filter, attribute: &'static Attribute, value: &mut Map<String, Value>) {
    match filter {
        Filter::All(parts) => parts.iter().for_each(|part| demanded(part, attribute, value)),
        Filter::Compare { path, operator: Operator::Equal, literal } => {
            let sent = match literal {
                Literal::Text(text) => Value::from(text.clone()),
                Literal::Flag(flag) => Value::from(*flag),
                Literal::Number(_) | Literal::Null => return,
            };
            if let Some(part) = attribute.part(&path.name)
                && let Ok(Some(demanded)) = single(part, &sent)
            {
                value.insert(part.name.to_owned(), demanded);
            }
        }
        Filter::Any(_) | Filter::Not(_) | Filter::Present(_) | Filter::Compare { .. } | Filter::Values { .. } => {}
    }
}
