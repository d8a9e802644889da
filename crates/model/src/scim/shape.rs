//! What an answer shows: chosen attributes of a resource, and lists.

use serde_json::{Map, Value, json};

use super::Error;
use super::path::AttributePath;
use super::schema::Resource;

/// The URN of a list.
pub const LIST: &str = "urn:ietf:params:scim:api:messages:2.0:ListResponse";

/// The URN of an error.
pub const ERROR: &str = "urn:ietf:params:scim:api:messages:2.0:Error";

/// Attributes in a choice at most.
const MOST_CHOSEN: usize = 200;

/// Which attributes are shown.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Selection {
    /// These alone, beside those that are always shown.
    only: Option<Vec<AttributePath>>,
    /// Not these.
    without: Vec<AttributePath>,
}

impl Selection {
    /// Reads `attributes` and `excludedAttributes`, each with commas between names. Where both are given, both hold.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] for what is no name.
    pub fn parse(attributes: Option<&str>, excluded: Option<&str>) -> Result<Self, Error> {
        let read = |text: &str| -> Result<Vec<AttributePath>, Error> {
            let names: Vec<&str> = text.split(',').map(str::trim).filter(|name| !name.is_empty()).take(MOST_CHOSEN + 1).collect();
            if names.len() > MOST_CHOSEN {
                return Err(Error::InvalidPath(format!("more than {MOST_CHOSEN} attributes are named")));
            }
            let path = |name: &&str| AttributePath::parse(name).ok_or_else(|| Error::InvalidPath("it names no attribute".to_owned()));
            names.iter().map(path).collect()
        };
        let only = attributes.map(read).transpose()?.filter(|only| !only.is_empty());
        Ok(Self { only, without: excluded.map(read).transpose()?.unwrap_or_default() })
    }

    /// Whether anything of an attribute is shown, so that it must be looked up.
    pub fn wants(&self, resource: Resource, name: &str) -> bool {
        let is = |path: &&AttributePath| path.is(resource.urn(), name);
        let named = self.only.as_ref().is_none_or(|only| only.iter().any(|path| is(&path)));
        named && !self.without.iter().any(|path| is(&path) && path.part.is_none())
    }

    /// A resource with the chosen attributes. `schemas` and `id` are always there.
    pub fn of(&self, resource: Resource, shown: Map<String, Value>) -> Map<String, Value> {
        let mut chosen = Map::new();
        for (name, value) in shown {
            if name == "schemas" || name == "id" {
                chosen.insert(name, value);
                continue;
            }
            let named = |paths: &'_ [AttributePath]| -> Vec<Option<String>> {
                paths.iter().filter(|path| path.is(resource.urn(), &name)).map(|path| path.part.clone()).collect()
            };
            let value = match &self.only {
                None => Some(value),
                Some(only) => part_of(value, &named(only), true),
            };
            let value = match named(&self.without) {
                excluded if excluded.is_empty() => value,
                excluded => value.and_then(|value| part_of(value, &excluded, false)),
            };
            if let Some(value) = value {
                chosen.insert(name, value);
            }
        }
        chosen
    }
}

/// A value with these parts alone, or without them; `None` in the list stands for all of it.
fn part_of(value: Value, parts: &[Option<String>], keep: bool) -> Option<Value> {
    if parts.contains(&None) {
        return keep.then_some(value);
    }
    if parts.is_empty() {
        return (!keep).then_some(value);
    }
    let is_kept = |name: &str| parts.iter().flatten().any(|part| part.eq_ignore_ascii_case(name)) == keep;
    match value {
        Value::Object(fields) => {
            let fields: Map<String, Value> = fields.into_iter().filter(|(name, _)| is_kept(name)).collect();
            (!fields.is_empty()).then_some(Value::Object(fields))
        }
        Value::Array(values) => {
            let values: Vec<Value> = values.into_iter().filter_map(|value| part_of(value, parts, keep)).collect();
            (!values.is_empty()).then_some(Value::Array(values))
        }
        // It has no parts.
        plain => (!keep).then_some(plain),
    }
}

/// Resources from a place in a list on.
pub fn list(total: u64, start: u64, resources: Vec<Value>) -> Value {
    json!({
        "schemas": [LIST],
        "totalResults": total,
        "startIndex": start,
        "itemsPerPage": resources.len(),
        "Resources": resources,
    })
}
