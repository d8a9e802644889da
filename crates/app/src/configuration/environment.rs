//! What variables of the environment say instead of the file.
//!
//! The variable of a key is `EXEUNT_` and the key in capitals, with `_` for each dot: `EXEUNT_MAIL_SERVER` for `mail.server`. Lists are
//! written with commas. A secret may stand in a file, which `…_FILE` names: `EXEUNT_MAIL_SERVER_FILE`. `EXEUNT_STORE` is short for
//! `EXEUNT_STORE_URL`, because every command knows it.

use std::borrow::Cow;

use exeunt_model::map::parse::nearest;
use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::document::Document;
use super::keys::{self, Key, Node, Shape};
use super::problems::{Problem, Problems};

/// Variables, and how a file that one names is read.
pub struct Environment<'a> {
    pub variables: Vec<(String, String)>,
    pub read: &'a dyn Fn(&str) -> std::io::Result<String>,
}

impl Environment<'static> {
    /// That of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { variables: variables.filter(|(name, _)| name.starts_with("EXEUNT_")).collect(), read: &|path| std::fs::read_to_string(path) }
    }
}

/// Puts what the environment says into the document.
pub fn apply<'e>(environment: &'e Environment<'_>, root: &Node, document: &mut Document<'e>, problems: &mut Problems) {
    let known: Vec<Key> = keys::sections(root).into_iter().flat_map(|(_, _, keys)| keys).filter(|key| key.variable.is_some()).collect();
    let said = |name: &str| environment.variables.iter().find(|(known, _)| known == name).map(|(_, value)| Cow::Borrowed(value.as_str()));
    for key in &known {
        let Some(variable) = key.variable.clone() else { continue };
        let mut found = said(&variable).map(|value| (variable.clone(), value));
        if key.key == "store.url" && found.is_none() {
            found = said("EXEUNT_STORE").map(|value| ("EXEUNT_STORE".to_owned(), value));
        }
        let file = format!("{variable}_FILE");
        if let Some(path) = said(&file).filter(|_| key.secret) {
            if found.is_some() {
                problems.add(of(&file, &key.key, format!("{variable} says it too: one of them must go")));
            }
            match (environment.read)(&path) {
                Ok(text) => found = Some((file, Cow::Owned(text.trim_end_matches(['\n', '\r']).to_owned()))),
                Err(error) => problems.add(of(&file, &key.key, format!("cannot read {path}: {error}"))),
            }
        }
        let Some((variable, text)) = found else { continue };
        match shape_of(root, &key.key).and_then(|shape| value(text, shape)) {
            Some(value) => document.put(&key.key, variable, value),
            None => problems.add(of(&variable, &key.key, format!("expected {}", key.kind))),
        }
    }
    misspelled(environment, root, &known, problems);
}

fn of(variable: &str, key: &str, message: String) -> Problem {
    Problem { key: key.to_owned(), message, position: None, variable: Some(variable.to_owned()) }
}

/// A variable that begins like one of a section and is none says something that nobody would hear.
fn misspelled(environment: &Environment<'_>, root: &Node, known: &[Key], problems: &mut Problems) {
    let Shape::Table { keys: sections, .. } = &root.shape else { return };
    for (name, _) in &environment.variables {
        let of_section = |section: &str| name.starts_with(&format!("{}_", keys::variable(section)));
        let is_known = known.iter().any(|key| {
            let variable = key.variable.as_deref().unwrap_or_default();
            name == variable || key.secret && name.strip_suffix("_FILE") == Some(variable)
        });
        if !is_known && sections.iter().any(|(section, _)| of_section(section)) {
            let near = nearest(name, known.iter().filter_map(|key| key.variable.as_deref()));
            let hint = near.map(|near| format!("; did you mean {near}?")).unwrap_or_default();
            problems.add(of(name, "", format!("there is no key of that name{hint}")));
        }
    }
}

fn shape_of<'a>(root: &'a Node, key: &str) -> Option<&'a Shape> {
    let found = key.split('.').try_fold(root, |node, name| match &node.shape {
        Shape::Table { keys, .. } => keys.iter().find(|(known, _)| known == name).map(|(_, node)| node),
        _ => None,
    });
    found.map(|node| &node.shape)
}

/// The text as a value of this shape.
fn value<'e>(text: Cow<'e, str>, shape: &Shape) -> Option<DeValue<'e>> {
    // What comes from a file is a secret, and no secret is a number.
    let parsed = |text: Cow<'e, str>| match text {
        Cow::Borrowed(text) => Some(DeValue::parse(text.trim()).ok()?.into_inner()),
        Cow::Owned(_) => None,
    };
    match shape {
        Shape::Text | Shape::Choice(_) => Some(DeValue::String(text)),
        Shape::Flag => match text.trim() {
            "true" => Some(DeValue::Boolean(true)),
            "false" => Some(DeValue::Boolean(false)),
            _ => None,
        },
        Shape::Whole => parsed(text).filter(|value| matches!(value, DeValue::Integer(_))),
        Shape::Decimal => parsed(text).filter(|value| matches!(value, DeValue::Integer(_) | DeValue::Float(_))),
        Shape::List(element) if matches!(element.shape, Shape::Text | Shape::Choice(_)) => {
            let mut array = DeArray::new();
            for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
                array.push(Spanned::new(0..0, DeValue::String(part.to_owned().into())));
            }
            Some(DeValue::Array(array))
        }
        Shape::List(_) | Shape::Table { .. } | Shape::Any => None,
    }
}
