//! The keys that there are, with their types, defaults and meaning: read off the structs of the sections, so that nothing is written twice.

use schemars::generate::SchemaSettings;
use serde::Serialize;
use serde_json::Value;

use super::Configuration;

/// What stands at one place of a configuration.
#[derive(Debug, Clone)]
pub struct Node {
    pub meaning: String,
    pub default: Option<Value>,
    pub required: bool,
    pub secret: bool,
    pub shape: Shape,
}

/// What a value looks like.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Keys in the order of the struct. With `others`, further keys of any name.
    Table {
        keys: Vec<(String, Node)>,
        others: Option<Box<Node>>,
    },
    /// `[[name]]`, or a list of values.
    List(Box<Node>),
    Choice(Vec<String>),
    Text,
    Whole,
    Decimal,
    Flag,
    Any,
}

/// One key, as the reference lists it.
#[derive(Debug, Clone, Serialize)]
pub struct Key {
    /// With its sections: `mail.server`; in each table of a list: `identity_providers[].issuer`.
    pub key: String,
    #[serde(rename = "type")]
    pub kind: String,
    pub required: bool,
    pub secret: bool,
    pub default: Option<Value>,
    /// The variable of the environment that says otherwise.
    pub variable: Option<String>,
    pub meaning: String,
}

/// The whole configuration.
pub fn root() -> Node {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true);
    node(settings.into_generator().into_root_schema_for::<Configuration>().as_value(), true)
}

/// The section's comment, and every key that holds a value, in the order of the structs.
pub fn sections(root: &Node) -> Vec<(String, String, Vec<Key>)> {
    let Shape::Table { keys, .. } = &root.shape else { return Vec::new() };
    let mut found = Vec::new();
    for (name, section) in keys {
        let mut listed = Vec::new();
        list(name, section, true, &mut listed);
        found.push((name.clone(), section.meaning.clone(), listed));
    }
    found
}

/// The variable of a key: `EXEUNT_MAIL_SERVER` for `mail.server`.
pub fn variable(key: &str) -> String {
    format!("EXEUNT_{}", key.replace('.', "_").to_uppercase())
}

fn list(path: &str, node: &Node, fixed: bool, listed: &mut Vec<Key>) {
    match &node.shape {
        Shape::Table { keys, others: None } => {
            for (name, node) in keys {
                list(&format!("{path}.{name}"), node, fixed, listed);
            }
        }
        Shape::List(element) if matches!(element.shape, Shape::Table { .. }) => list(&format!("{path}[]"), element, false, listed),
        shape => listed.push(Key {
            key: path.to_owned(),
            kind: shape.words(node.secret),
            required: node.required,
            secret: node.secret,
            default: node.default.clone(),
            variable: (fixed && shape.is_of_one_line()).then(|| variable(path)),
            meaning: node.meaning.clone(),
        }),
    }
}

impl Shape {
    /// Whether a variable of the environment can say it.
    pub fn is_of_one_line(&self) -> bool {
        match self {
            Self::Choice(_) | Self::Text | Self::Whole | Self::Decimal | Self::Flag => true,
            Self::List(element) => matches!(element.shape, Self::Choice(_) | Self::Text),
            Self::Table { .. } | Self::Any => false,
        }
    }

    /// What a value of it is called.
    pub fn words(&self, secret: bool) -> String {
        match self {
            Self::Table { .. } => "a table".to_owned(),
            Self::List(element) => format!("a list of {}", element.shape.words(element.secret).trim_start_matches("a ")),
            Self::Choice(values) => values.iter().map(|value| format!("`{value}`")).collect::<Vec<_>>().join(" or "),
            Self::Text if secret => "a secret text".to_owned(),
            Self::Text => "a text".to_owned(),
            Self::Whole => "a whole number".to_owned(),
            Self::Decimal => "a number".to_owned(),
            Self::Flag => "true or false".to_owned(),
            Self::Any => "a value".to_owned(),
        }
    }
}

fn node(schema: &Value, required: bool) -> Node {
    let meaning = schema["description"].as_str().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ");
    // What may be missing is described by what it is where it is there.
    let inner = schema["anyOf"].as_array().and_then(|all| all.iter().find(|one| one["type"] != "null")).unwrap_or(schema);
    Node {
        meaning,
        default: schema.get("default").filter(|default| !default.is_null()).cloned(),
        required,
        secret: inner["format"] == "password",
        shape: shape(inner),
    }
}

fn shape(schema: &Value) -> Shape {
    if let Some(values) = choices(schema) {
        return Shape::Choice(values);
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.iter().find_map(|kind| kind.as_str().filter(|kind| *kind != "null")),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => {
            let required = |name: &str| schema["required"].as_array().is_some_and(|all| all.iter().any(|one| one == name));
            let properties = schema["properties"].as_object();
            let keys = properties.into_iter().flatten().map(|(name, schema)| (name.clone(), node(schema, required(name)))).collect();
            let others = match &schema["additionalProperties"] {
                Value::Bool(false) => None,
                Value::Object(_) => Some(Box::new(node(&schema["additionalProperties"], false))),
                _ => Some(Box::new(Node { meaning: String::new(), default: None, required: false, secret: false, shape: Shape::Any })),
            };
            Shape::Table { keys, others }
        }
        Some("array") => Shape::List(Box::new(node(&schema["items"], false))),
        Some("string") => Shape::Text,
        Some("integer") => Shape::Whole,
        Some("number") => Shape::Decimal,
        Some("boolean") => Shape::Flag,
        Some(_) | None => Shape::Any,
    }
}

/// The words of an enumeration.
fn choices(schema: &Value) -> Option<Vec<String>> {
    if let Some(values) = schema["enum"].as_array() {
        return Some(values.iter().filter_map(|value| value.as_str().map(str::to_owned)).collect());
    }
    if let Some(value) = schema["const"].as_str() {
        return Some(vec![value.to_owned()]);
    }
    let variants = schema["oneOf"].as_array()?;
    let values: Vec<Vec<String>> = variants.iter().map(choices).collect::<Option<_>>()?;
    Some(values.concat())
}
