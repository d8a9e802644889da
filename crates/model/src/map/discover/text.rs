//! Pieces of YAML text.

use crate::names::TableName;

/// A name as it stands in an owner path.
pub(super) fn path_name(name: &str) -> String {
    let plain = !name.is_empty()
        && !name.contains("->")
        && !name.contains(|character: char| matches!(character, '.' | '(' | ')' | ',' | '*' | '"' | '/') || character.is_whitespace());
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// The columns of one hop.
pub(super) fn hop(columns: &[String]) -> String {
    let names: Vec<String> = columns.iter().map(|column| path_name(column)).collect();
    match names.as_slice() {
        [only] => only.clone(),
        several => format!("({})", several.join(", ")),
    }
}

/// A text as a YAML scalar, in quotes where it could be read as something else.
pub(super) fn scalar(text: &str) -> String {
    let mut characters = text.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '.' | '/' | '-' | ' ');
    let words = ["true", "false", "null", "yes", "no", "on", "off", "y", "n", "todo"];
    if starts && characters.all(plain) && !text.ends_with(' ') && !words.contains(&text.to_lowercase().as_str()) {
        text.to_owned()
    } else if text.contains('"') && !text.contains(|character: char| character == '\'' || character.is_control()) {
        format!("'{text}'")
    } else {
        quoted(text)
    }
}

/// A text in double quotes.
pub(super) fn quoted(text: &str) -> String {
    // JSON's escapes are YAML's too.
    serde_json::Value::from(text).to_string()
}

/// Scalars as a flow list, or the only one by itself.
pub(super) fn list(items: &[String]) -> String {
    let items: Vec<String> = items.iter().map(|item| scalar(item)).collect();
    match items.as_slice() {
        [only] => only.clone(),
        several => format!("[{}]", several.join(", ")),
    }
}

pub(super) fn table(name: &TableName) -> String {
    scalar(&name.to_string())
}

/// A comment, with nothing in it that could end it.
pub(super) fn comment(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}
