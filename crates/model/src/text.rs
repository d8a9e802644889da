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

/// Whether a character is not what it looks like in a line: it ends the line, controls a terminal, or turns the order of what follows around.
pub fn is_deceptive(character: char) -> bool {
    character.is_control() || matches!(character, '\u{061c}' | '\u{200e}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text as one line that shows what it says: a space for each run of characters that do not.
pub fn in_one_line(text: &str) -> String {
    text.split(is_deceptive).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What people call somebody or something, in one line, and cut where it is longer than any name.
pub fn as_name(text: &str) -> String {
    const LONGEST: usize = 200;
    let line = in_one_line(text);
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

/// Names that Windows keeps for devices, whatever comes after a dot.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];

/// Whether a file can be saved under this name wherever it is downloaded to, and shows what it is called: no folder, no device, no name that is all
/// dots, no character that is not what it looks like.
pub fn is_file_name(name: &str) -> bool {
    let shown = name.trim_matches(['.', ' ']);
    let stem = name.split('.').next().unwrap_or_default().trim().to_ascii_lowercase();
    let mut port = stem.chars();
    let is_port = matches!(port.by_ref().take(3).collect::<String>().as_str(), "com" | "lpt")
        && port.next().is_some_and(|number| number.is_ascii_digit() || matches!(number, '¹' | '²' | '³'))
        && port.next().is_none();
    !shown.trim().is_empty()
        && !is_port
        && !DEVICES.contains(&stem.as_str())
        && !name.contains(|c: char| is_deceptive(c) || c == '/' || c == '\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_has_no_breaks_and_reads_as_it_is_written() {
        assert_eq!(in_one_line("Alder\r\nReply to us\u{202e}txt"), "Alder Reply to us txt");
        assert_eq!(in_one_line("\n\u{2028}"), "");
        assert_eq!(in_one_line("Zoë  Müller – naïve"), "Zoë  Müller – naïve");
        assert_eq!(as_name(&"ä".repeat(201)), "ä".repeat(200) + "…");
        assert_eq!(as_name(&"ä".repeat(200)), "ä".repeat(200));
    }

    #[test]
    fn a_file_name_is_one_everywhere() {
        for name in ["a.txt", "Übersicht \"a\".html", ".profile", "console.log", "com", "com10", "lpt.txt", "a..b", "…"] {
            assert!(is_file_name(name), "{name}");
        }
        let odd = [
            "",
            " ",
            ".",
            "..",
            "...",
            " . ",
            "a/b",
            "a\\b",
            "a\nb",
            "CON",
            "con.txt",
            "Aux .txt",
            "COM1",
            "lpt9.log",
            "COM²",
            "photo\u{202e}gpj.exe",
            "\u{2066}a",
        ];
        for name in odd {
            assert!(!is_file_name(name), "{name:?}");
        }
    }

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
