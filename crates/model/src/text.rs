//! Texts that come from elsewhere.

use serde_json::Value;

/// Whether a text of this JSON holds the null character. PostgreSQL takes it in no text, and none that means anything has it.
///
/// What is no JSON holds none: whoever reads it says so.
pub fn holds_null(json: &[u8]) -> bool {
    // JSON writes it in one way alone. Whether the backslash begins an escape, or is one's end, only a reader knows.
    let is_written = json.windows(6).any(|window| window == br"\u0000");
    is_written && serde_json::from_slice(json).is_ok_and(|value| in_value(&value))
}

fn in_value(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
        Value::String(text) => text.contains('\0'),
        Value::Array(values) => values.iter().any(in_value),
        Value::Object(fields) => fields.iter().any(|(name, value)| name.contains('\0') || in_value(value)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_null_character_is_found_wherever_it_stands() {
        for json in [r#""\u0000""#, r#"["a", {"b": "c\u0000d"}]"#, r#"{"\u0000": 1}"#, r#""\\\u0000""#] {
            assert!(holds_null(json.as_bytes()), "{json}");
        }
        for json in [r#""\\u0000""#, r#""u0000""#, r#"{"a": ["\u0001", 0, null, true]}"#, r#""\u0000"#, ""] {
            assert!(!holds_null(json.as_bytes()), "{json}");
        }
    }
}
