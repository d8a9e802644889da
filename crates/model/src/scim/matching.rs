//! Whether a resource fits a filter.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::Error;
use super::filter::{Filter, Literal, Operator};
use super::path::AttributePath;
use super::schema::{Attribute, Kind, Resource};

/// Whether a resource, as answers show it, fits.
///
/// An attribute that nobody knows has no value. `ne` is the opposite of `eq`: of several values none may be equal.
///
/// # Errors
/// [`Error::InvalidFilter`] for a comparison that makes no sense, such as one of flags by size. Whether there is one doesn't depend on the resource.
pub fn matches(filter: &Filter, resource: Resource, shown: &Map<String, Value>) -> Result<bool, Error> {
    let find = |path: &AttributePath| match path.is_of(resource.urn()) {
        true => resource.attribute(&path.name),
        false => None,
    };
    fits(filter, &find, shown)
}

/// Whether one value of an attribute fits a filter in square brackets.
///
/// # Errors
/// As [`matches()`].
pub fn value_matches(filter: &Filter, attribute: &'static Attribute, value: &Map<String, Value>) -> Result<bool, Error> {
    fits(filter, &|path: &AttributePath| attribute.part(&path.name).filter(|_| path.part.is_none()), value)
}

type Find<'a> = dyn Fn(&AttributePath) -> Option<&'static Attribute> + 'a;

fn fits(filter: &Filter, find: &Find<'_>, object: &Map<String, Value>) -> Result<bool, Error> {
    match filter {
        // All of them are looked at, so that a senseless one is found whatever the resource is.
        Filter::All(parts) => parts.iter().try_fold(true, |so_far, part| Ok(fits(part, find, object)? && so_far)),
        Filter::Any(parts) => parts.iter().try_fold(false, |so_far, part| Ok(fits(part, find, object)? || so_far)),
        Filter::Not(part) => Ok(!fits(part, find, object)?),
        Filter::Present(path) => Ok(target(path, find).is_some_and(|target| !values(&target, object).is_empty())),
        Filter::Compare { path, operator, literal } => {
            let Some(target) = target(path, find) else { return Ok(absent(*operator, literal)) };
            let values = values(&target, object);
            sensible(*operator, target.compared, literal, path)?;
            let equal = |value: &&Value| compare(value, target.compared, Operator::Equal, literal);
            Ok(match operator {
                _ if values.is_empty() => absent(*operator, literal),
                Operator::NotEqual => !values.iter().any(equal),
                _ => values.iter().any(|value| compare(value, target.compared, *operator, literal)),
            })
        }
        Filter::Values { path, filter } => {
            let Some(attribute) = find(path).filter(|attribute| attribute.kind == Kind::Complex) else { return Ok(false) };
            let several = object.get(attribute.name).map(each).unwrap_or_default();
            let empty = Map::new();
            value_matches(filter, attribute, &empty)?;
            let mut any = false;
            for value in several.iter().filter_map(|value| value.as_object()) {
                any |= value_matches(filter, attribute, value)?;
            }
            Ok(any)
        }
    }
}

/// What a path leads to.
struct Target {
    attribute: &'static Attribute,
    /// What is compared: the attribute, a part of it, or of several values with parts the one called `value`.
    compared: &'static Attribute,
}

fn target(path: &AttributePath, find: &Find<'_>) -> Option<Target> {
    let attribute = find(path)?;
    let compared = match &path.part {
        Some(part) => attribute.part(part)?,
        None if attribute.kind == Kind::Complex => attribute.part("value").unwrap_or(attribute),
        None => attribute,
    };
    Some(Target { attribute, compared })
}

fn each(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(values) => values.iter().collect(),
        Value::Null => Vec::new(),
        single => vec![single],
    }
}

fn values<'a>(target: &Target, object: &'a Map<String, Value>) -> Vec<&'a Value> {
    let several = object.get(target.attribute.name).map(each).unwrap_or_default();
    match std::ptr::eq(target.attribute, target.compared) {
        true => several,
        false => several.into_iter().filter_map(|value| value.get(target.compared.name)).filter(|value| !value.is_null()).collect(),
    }
}

/// What holds of an attribute without a value.
fn absent(operator: Operator, literal: &Literal) -> bool {
    match operator {
        Operator::Equal => *literal == Literal::Null,
        Operator::NotEqual => *literal != Literal::Null,
        Operator::Contains
        | Operator::StartsWith
        | Operator::EndsWith
        | Operator::Greater
        | Operator::GreaterOrEqual
        | Operator::Less
        | Operator::LessOrEqual => false,
    }
}

fn sensible(operator: Operator, attribute: &Attribute, literal: &Literal, path: &AttributePath) -> Result<(), Error> {
    let by_size = match operator {
        Operator::Equal | Operator::NotEqual => return Ok(()),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
        Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => true,
    };
    let makes_sense = match attribute.kind {
        Kind::Text | Kind::Reference => matches!(literal, Literal::Text(_)),
        Kind::Moment => matches!(literal, Literal::Text(text) if !by_size || text.parse::<Timestamp>().is_ok()),
        Kind::Flag | Kind::Complex => false,
    };
    if makes_sense { Ok(()) } else { Err(Error::InvalidFilter(format!("`{}` cannot be compared in this way", path.name))) }
}

fn compare(value: &Value, attribute: &Attribute, operator: Operator, literal: &Literal) -> bool {
    match (value, literal) {
        (Value::Bool(got), Literal::Flag(want)) => operator == Operator::Equal && got == want,
        // Some providers write flags as texts.
        (Value::Bool(got), Literal::Text(want)) => operator == Operator::Equal && want.eq_ignore_ascii_case(&got.to_string()),
        (Value::String(got), Literal::Text(want)) if attribute.kind == Kind::Moment => {
            match (got.parse::<Timestamp>(), want.parse::<Timestamp>()) {
                (Ok(got), Ok(want)) => ordered(operator, got.cmp(&want)),
                _ => texts(operator, got, want),
            }
        }
        (Value::String(got), Literal::Text(want)) if attribute.case_exact => texts(operator, got, want),
        (Value::String(got), Literal::Text(want)) => texts(operator, &got.to_lowercase(), &want.to_lowercase()),
        _ => false,
    }
}

fn texts(operator: Operator, got: &str, want: &str) -> bool {
    match operator {
        Operator::Contains => got.contains(want),
        Operator::StartsWith => got.starts_with(want),
        Operator::EndsWith => got.ends_with(want),
        Operator::Equal | Operator::NotEqual | Operator::Greater | Operator::GreaterOrEqual | Operator::Less | Operator::LessOrEqual => {
            ordered(operator, got.cmp(want))
        }
    }
}

fn ordered(operator: Operator, order: Ordering) -> bool {
    match operator {
        Operator::Equal => order.is_eq(),
        Operator::NotEqual => order.is_ne(),
        Operator::Greater => order.is_gt(),
        Operator::GreaterOrEqual => order.is_ge(),
        Operator::Less => order.is_lt(),
        Operator::LessOrEqual => order.is_le(),
        Operator::Contains | Operator::StartsWith | Operator::EndsWith => false,
    }
}
