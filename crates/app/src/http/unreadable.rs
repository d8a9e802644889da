//! What is said of a body or a query that cannot be read: which field, what was expected there, and where it stands.
//!
//! The reader's own errors are sentences about types of this program. What they tell is put into the words of the API here; one that is not known
//! here is passed on as it is.

use std::error::Error;

use axum::extract::rejection::{JsonRejection, QueryRejection};
use exeunt_model::map::parse::nearest;

/// Characters of a sentence at most: it may hold what was sent.
const LONGEST: usize = 300;

/// How the path of the whole value is written.
const ROOT: &str = ".";

/// Of a body.
pub fn body(rejection: &JsonRejection) -> String {
    if let Some(error) = cause::<serde_path_to_error::Error<serde_json::Error>>(rejection) {
        return of_json(&error.path().to_string(), error.inner());
    }
    // What follows a whole value belongs to no field.
    match cause::<serde_json::Error>(rejection) {
        Some(error) => of_json(ROOT, error),
        None => "the body did not arrive whole".to_owned(),
    }
}

/// Of a query.
pub fn query(rejection: &QueryRejection) -> String {
    match cause::<serde_path_to_error::Error<serde::de::value::Error>>(rejection) {
        Some(error) => shortened(field(&error.path().to_string(), &error.inner().to_string())),
        None => "the query cannot be read".to_owned(),
    }
}

/// The cause of this type, however deep it lies.
fn cause<'a, E: Error + 'static>(error: &'a (dyn Error + 'static)) -> Option<&'a E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        next = error.source();
    }
    None
}

fn of_json(path: &str, error: &serde_json::Error) -> String {
    let (line, column) = (error.line(), error.column());
    let told = error.to_string();
    let message = told.strip_suffix(&format!(" at line {line} column {column}")).unwrap_or(&told);
    let sentence = match error.classify() {
        serde_json::error::Category::Data => field(path, message),
        serde_json::error::Category::Eof => "the body is no JSON: it ends too early".to_owned(),
        serde_json::error::Category::Syntax | serde_json::error::Category::Io => format!("the body is no JSON: {message}"),
    };
    // What is not known to stand anywhere has no line.
    let place = if line == 0 { String::new() } else { format!(" (line {line}, column {column})") };
    shortened(sentence) + &place
}

/// What is wrong with one field.
fn field(path: &str, message: &str) -> String {
    if let Some(name) = message.strip_prefix("missing field ") {
        return format!("`{}` is missing", inside(path, name.trim_matches('`')));
    }
    if let Some(name) = message.strip_prefix("duplicate field ") {
        return format!("`{}` stands there twice", inside(path, name.trim_matches('`')));
    }
    if let Some(rest) = message.strip_prefix("unknown field ") {
        let (name, known) = rest.split_once(", expected ").unwrap_or((rest, ""));
        let name = name.trim_matches('`');
        return format!("there is no `{}`{}", inside(path, name), instead(name, &words(known)));
    }
    let expected = match message.split_once(", expected ") {
        Some((found, wanted)) => {
            if let Some(found) = found.strip_prefix("unknown variant ") {
                let known = words(wanted);
                let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
                format!("expected {}, not {found}", list.join(" or "))
            } else if let Some(found) =
                ["invalid type: ", "invalid value: ", "invalid length "].iter().find_map(|how| found.strip_prefix(how))
            {
                format!("expected {}, not {}", shape(wanted), found_shape(found))
            } else {
                message.to_owned()
            }
        }
        None => plain(message),
    };
    if path == ROOT { format!("the body: {expected}") } else { format!("`{path}`: {expected}") }
}

/// A field of what has this path. The path of a field that nobody knows is already its own.
fn inside(path: &str, name: &str) -> String {
    match path {
        ROOT => name.to_owned(),
        path if path == name || path.ends_with(&format!(".{name}")) => path.to_owned(),
        path => format!("{path}.{name}"),
    }
}

/// The words between backticks.
fn words(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// What was probably meant, or all that there is where that is little.
fn instead(name: &str, known: &[String]) -> String {
    if let Some(near) = nearest(name, known.iter().map(String::as_str)) {
        return format!("; did you mean `{near}`?");
    }
    let list: Vec<String> = known.iter().map(|word| format!("`{word}`")).collect();
    if list.is_empty() { String::new() } else { format!("; known are {}", list.join(", ")) }
}

/// What was expected, in words for whoever writes JSON.
fn shape(wanted: &str) -> &str {
    match wanted {
        "a string" | "str" | "string" | "a borrowed string" => "a text",
        "a boolean" | "bool" => "true or false",
        "i8" | "i16" | "i32" | "i64" | "i128" | "isize" | "u8" | "u16" | "u32" | "u64" | "u128" | "usize" => "a whole number",
        "f32" | "f64" => "a number",
        "a map" => "an object",
        "a sequence" => "a list",
        "unit" => "null",
        wanted if wanted.starts_with("struct ") => "an object",
        wanted if wanted.starts_with("variant of enum ") || wanted.starts_with("enum ") || wanted == "string or map" => "a text",
        wanted => wanted,
    }
}

/// What stands there instead.
fn found_shape(found: &str) -> String {
    match found {
        "map" => "an object".to_owned(),
        "sequence" => "a list".to_owned(),
        found => found
            .strip_prefix("string ")
            .or_else(|| found.strip_prefix("boolean "))
            .or_else(|| found.strip_prefix("integer "))
            .or_else(|| found.strip_prefix("floating point "))
            .unwrap_or(found)
            .to_owned(),
    }
}

/// What the readers of numbers and flags in a query say.
fn plain(message: &str) -> String {
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => "expected a whole number".to_owned(),
        "number too large to fit in target type" => "the number is too large".to_owned(),
        "number too small to fit in target type" => "the number is too small".to_owned(),
        "provided string was not `true` or `false`" => "expected true or false".to_owned(),
        message if message.starts_with("data did not match any variant") => "it has none of the shapes that it may have".to_owned(),
        message => message.to_owned(),
    }
}

fn shortened(sentence: String) -> String {
    match sentence.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &sentence[..end]),
        None => sentence,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use axum::http::Uri;
    use exeunt_model::request::Kind;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read and looked at by nobody")]
    struct Wanted {
        kind: Kind,
        label: String,
        days: Option<u32>,
        #[serde(default)]
        agreed: bool,
        #[serde(default)]
        seats: Vec<Seat>,
        #[serde(default)]
        choices: BTreeMap<String, String>,
    }

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "it is read and looked at by nobody")]
    struct Seat {
        key: String,
    }

    fn told(text: &str) -> String {
        body(&axum::Json::<Wanted>::from_bytes(text.as_bytes()).expect_err("a body that cannot be read"))
    }

    #[test]
    fn a_body_is_told_by_field_expectation_and_place_without_the_readers_own_words() {
        for (text, want) in [
            ("{}", "`kind` is missing (line 1, column 2)"),
            ("{\n  \"kind\": \"exprot\"}", "`kind`: expected `export` or `erasure` or `case`, not `exprot` (line 2, column 18)"),
            (r#"{"kind": "export", "label": 7}"#, "`label`: expected a text, not `7` (line 1, column 29)"),
            (r#"{"kind": "export", "label": "x", "days": "two"}"#, "`days`: expected a whole number, not \"two\" (line 1, column 46)"),
            (r#"{"days": -3}"#, "`days`: expected a whole number, not `-3` (line 1, column 11)"),
            (r#"{"agreed": null}"#, "`agreed`: expected true or false, not null (line 1, column 15)"),
            (r#"{"seats": {}}"#, "`seats`: expected a list, not an object (line 1, column 10)"),
            (r#"{"seats": [{"key": "1"}, {}]}"#, "`seats[1].key` is missing (line 1, column 27)"),
            (r#"{"seats": [{"kee": "1"}]}"#, "there is no `seats[0].kee`; did you mean `key`? (line 1, column 17)"),
            (r#"{"choices": {"app.note": []}}"#, "`choices.app.note`: expected a text, not a list (line 1, column 25)"),
            (r#"{"lable": "x"}"#, "there is no `lable`; did you mean `label`? (line 1, column 8)"),
            (
                r#"{"nonsense": "x"}"#,
                "there is no `nonsense`; known are `kind`, `label`, `days`, `agreed`, `seats`, `choices` (line 1, column 11)",
            ),
            (r#"{"label": "x", "label": "y"}"#, "`label` stands there twice (line 1, column 22)"),
            ("\"text\"", "the body: expected an object, not \"text\" (line 1, column 6)"),
            ("{\"kind\":", "the body is no JSON: it ends too early (line 1, column 8)"),
            ("", "the body is no JSON: it ends too early (line 1, column 0)"),
            ("kind=export", "the body is no JSON: expected value (line 1, column 1)"),
            (r#"{"kind": "case", "label": "x"} {"#, "the body is no JSON: trailing characters (line 1, column 32)"),
        ] {
            assert_eq!(told(text), want, "{text}");
        }
    }

    #[test]
    fn a_sentence_is_short_however_long_what_was_sent_is() {
        let got = told(&format!(r#"{{"kind": "{}"}}"#, "ä".repeat(5_000)));
        assert!(got.chars().count() < LONGEST + 40 && got.contains("… (line 1, column"), "{got}");
    }

    #[derive(Debug, Deserialize)]
    #[expect(dead_code, reason = "it is read and looked at by nobody")]
    struct Asked {
        kind: Option<Kind>,
        limit: Option<u32>,
        overdue: Option<bool>,
        contract: String,
    }

    #[test]
    fn a_query_is_told_by_its_parameter() {
        let told = |query: &str| {
            let address: Uri = format!("/?{query}").parse().expect("an address");
            super::query(&axum::extract::Query::<Asked>::try_from_uri(&address).expect_err("a query that cannot be read"))
        };
        for (query, want) in [
            ("", "`contract` is missing"),
            ("kind=exprot&contract=1", "`kind`: expected `export` or `erasure` or `case`, not `exprot`"),
            ("limit=many&contract=1", "`limit`: expected a whole number"),
            ("limit=-1&contract=1", "`limit`: expected a whole number"),
            ("limit=99999999999&contract=1", "`limit`: the number is too large"),
            ("overdue=maybe&contract=1", "`overdue`: expected true or false"),
            ("contract=1&contract=2", "`contract` stands there twice"),
        ] {
            assert_eq!(told(query), want, "{query}");
        }
    }
}
