//! What variables of the environment say instead of the file.
//!
//! The variable of a key is `EXEUNT_` and the key in capitals, with `_` for each dot: `EXEUNT_MAIL_SERVER` for `mail.server`. Lists are
//! written with commas. A secret may stand in a file, which `…_FILE` names: `EXEUNT_MAIL_SERVER_FILE`. `EXEUNT_STORE` is short for
//! `EXEUNT_STORE_URL`, because every command knows it. What begins like these and is read by nobody is looked for in [`unheard`].

use std::borrow::Cow;

use exeunt_model::map::parse::nearest;
use toml::Spanned;
use toml::de::{DeArray, DeValue};

use super::document::Document;
use super::keys::{self, Key, Node, Shape};
use super::problems::{Problem, Problems};
use crate::commands;

/// Variables, and how a file that one names is read.
pub struct Environment<'a> {
    pub variables: Vec<(String, String)>,
    pub read: &'a dyn Fn(&str) -> std::io::Result<String>,
}

impl Environment<'static> {
    /// That of this process.
    pub fn of_process() -> Self {
        let variables = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
        Self { variables: variables.filter(|(name, _)| name.starts_with(OURS)).collect(), read: &|path| std::fs::read_to_string(path) }
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
}

fn of(variable: &str, key: &str, message: String) -> Problem {
    Problem { key: key.to_owned(), message, position: None, variable: Some(variable.to_owned()) }
}

/// What every variable of ours begins with.
const OURS: &str = "EXEUNT_";

/// Read where they are needed, and no options.
const READ: [&str; 1] = ["EXEUNT_PASSPHRASE"];

/// What tests and those who build the program say to it.
const HOOKS: [&str; 11] = [
    "EXEUNT_DOCS",
    "EXEUNT_DOCS_STATE",
    "EXEUNT_DOCS_WITH",
    "EXEUNT_FAILPOINT",
    "EXEUNT_ORACLE_SECONDS",
    "EXEUNT_ORACLE_SEED",
    "EXEUNT_POSTGRES_BIN",
    "EXEUNT_SCREENSHOTS",
    "EXEUNT_TEST_FOLDER",
    "EXEUNT_UPDATE",
    "EXEUNT_WRITE_EXPECTED",
];

/// Looks for variables that say something nobody would hear; `named` are those that the configuration and the map name themselves.
///
/// One that begins like those of a section, or is nearly one that is read, was meant for the desk and is wrong. Any other may be somebody else's,
/// as one that a container is given for the scripts around the desk: it is returned, to be told without keeping the desk from its start.
pub fn unheard(environment: &Environment<'_>, root: &Node, named: &[String], problems: &mut Problems) -> Vec<String> {
    let Shape::Table { keys: sections, .. } = &root.shape else { return Vec::new() };
    let mut known: Vec<String> = commands::variables();
    for key in keys::sections(root).into_iter().flat_map(|(_, _, keys)| keys) {
        let Some(variable) = key.variable else { continue };
        known.extend(key.secret.then(|| format!("{variable}_FILE")));
        known.push(variable);
    }
    known.extend(READ.iter().map(|name| (*name).to_owned()));
    known.extend(named.iter().cloned());
    let mut unheard = Vec::new();
    for (name, _) in &environment.variables {
        if known.contains(name) || HOOKS.contains(&name.as_str()) || is_of_a_service(name, environment) {
            continue;
        }
        // Without what all of them have in common, which would make short names near to each other.
        let own = name.strip_prefix(OURS).unwrap_or(name);
        let near = nearest(own, known.iter().filter_map(|known| known.strip_prefix(OURS)));
        let hint = near.map(|near| format!("; did you mean {OURS}{near}?")).unwrap_or_default();
        let is_of_section = sections.iter().any(|(section, _)| name.starts_with(&format!("{}_", keys::variable(section))));
        // The secret of a provider that is not in the configuration just now does no harm.
        let is_of_provider = own.starts_with("IDENTITY_PROVIDER_");
        if is_of_section || near.is_some() && !is_of_provider {
            problems.add(of(name, "", format!("there is no key of that name{hint}")));
        } else {
            unheard.push(format!("nobody reads the variable {name}{hint}"));
        }
    }
    unheard
}

/// Whether Kubernetes says it of a service whose own name begins like ours: every container is told of all services beside it.
fn is_of_a_service(name: &str, environment: &Environment<'_>) -> bool {
    let services = environment.variables.iter().filter_map(|(other, _)| other.strip_suffix("_SERVICE_HOST"));
    let mut rests = services.filter_map(|service| name.strip_prefix(service));
    rests.any(|rest| rest == "_PORT" || rest.starts_with("_PORT_") || rest.starts_with("_SERVICE_"))
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
