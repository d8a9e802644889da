//! YAML text as a tree of nodes that know where they stand. The only place that knows the YAML library.

use std::fmt;
use std::ops::Range;

use serde::de::{Deserialize, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Location, Spanned};

use super::diagnostic::{Diagnostic, Position};

/// A value of the file and the bytes it stands in. A block of entries or items spans nothing: it begins with its first entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub value: Value,
    pub span: Range<usize>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Value {
    Null,
    /// Any other scalar as it is written, without its quotes: `007` and `1.50` keep their zeros.
    Text(String),
    List(Vec<Node>),
    /// Entries in the order of the file, doubled keys among them.
    Map(Vec<(Key, Node)>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub text: String,
    pub span: Range<usize>,
}

impl Value {
    /// The words for this kind of value in messages.
    pub fn describe(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a mapping",
        }
    }
}

/// Deeper nesting than any map needs, and little enough for the stack.
const DEEPEST: usize = 48;

/// Reads one YAML document.
///
/// # Errors
/// A diagnostic for the first place that is not YAML.
pub fn read(text: &str) -> Result<Node, Box<Diagnostic>> {
    let mut options = serde_saphyr::options! {
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        with_snippet: false,
    };
    if let Some(budget) = &mut options.budget {
        budget.max_depth = DEEPEST;
    }
    let raw: Spanned<Raw> = serde_saphyr::from_str_with_options(text, options).map_err(|error| Box::new(refused(text, &error)))?;
    Ok(node(text, raw))
}

fn refused(text: &str, error: &serde_saphyr::Error) -> Diagnostic {
    let described = error.without_snippet().to_string();
    // The position is shown beside the excerpt.
    let message = described.split(" at line ").next().unwrap_or(&described);
    let diagnostic = if message.contains("multiple YAML documents") {
        Diagnostic::error("a map is one YAML document, but here begins a second one")
    } else {
        Diagnostic::error(format!("this is not YAML: {message}"))
    };
    let help = [
        ("unexpected character", "put the text in quotes"),
        ("mapping values are not allowed", "a text with `: ` in it needs quotes; otherwise compare the indentation with the lines above"),
        ("did not find expected ',' or '}'", "inside {…} entries are separated by commas, and ` #` begins a comment"),
        ("did not find expected ',' or ']'", "inside […] items are separated by commas, and ` #` begins a comment"),
        ("tab", "indent with blanks"),
    ];
    let diagnostic = match help.iter().find(|(part, _)| message.contains(part)) {
        Some((_, help)) => diagnostic.suggest(*help),
        None => diagnostic,
    };
    match error.location() {
        Some(location) if location != Location::UNKNOWN => {
            let offset = usize::try_from(location.span().offset()).unwrap_or(usize::MAX);
            let start = text.char_indices().nth(offset).map_or(text.len(), |(index, _)| index);
            diagnostic.at(Position::of(text, start..start))
        }
        Some(_) | None => diagnostic,
    }
}

fn bytes(location: Location) -> Option<Range<usize>> {
    let start = usize::try_from(location.span().byte_offset()?).ok()?;
    let length = usize::try_from(location.span().byte_len()?).ok()?;
    Some(start..start + length)
}

fn node(text: &str, raw: Spanned<Raw>) -> Node {
    let written = || bytes(raw.defined).and_then(|span| text.get(span)).filter(|slice| !slice.is_empty()).map(str::to_owned);
    let value = match raw.value {
        Raw::Null => Value::Null,
        Raw::Text(value) => Value::Text(value),
        Raw::Other(value) => Value::Text(written().unwrap_or(value)),
        Raw::List(items) => Value::List(items.into_iter().map(|item| node(text, item)).collect()),
        Raw::Map(entries) => Value::Map(entries.into_iter().map(|(name, value)| (key(text, name), node(text, value))).collect()),
    };
    let end = text.len();
    let span = bytes(raw.referenced).unwrap_or(end..end);
    // A block scalar's span runs on to the next line's indentation.
    let length = text.get(span.clone()).map_or(0, |slice| slice.trim_end().len());
    Node { value, span: span.start..span.start + length }
}

fn key(text: &str, raw: Spanned<Raw>) -> Key {
    let Node { value, span } = node(text, raw);
    let text = match value {
        Value::Text(text) => text,
        Value::Null | Value::List(_) | Value::Map(_) => text.get(span.clone()).unwrap_or_default().to_owned(),
    };
    Key { text, span }
}

/// What the library hands over, before spans are put to use.
enum Raw {
    Null,
    Text(String),
    /// A number or a truth value; maps want the text as it was written.
    Other(String),
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("YAML")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        Ok(Raw::Other(value.to_string()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.to_owned()))
    }

    fn visit_bytes<E: serde::de::Error>(self, _: &[u8]) -> Result<Raw, E> {
        Err(E::custom("a map holds text, no binary values"))
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        Raw::deserialize(deserializer)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = access.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Raw, A::Error> {
        let mut entries: Vec<(Spanned<Raw>, Spanned<Raw>)> = Vec::new();
        while let Some(entry) = access.next_entry()? {
            entries.push(entry);
            if entries.len() > MOST_ENTRIES {
                return Err(A::Error::custom("more entries than a map can have"));
            }
        }
        Ok(Raw::Map(entries))
    }
}

/// More tables than the largest platforms have.
const MOST_ENTRIES: usize = 100_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, node: &Node) -> String {
        let slice = &text[node.span.clone()];
        match &node.value {
            Value::Null => "null".to_owned(),
            Value::Text(value) => format!("{value:?}@{slice}"),
            Value::List(items) => format!("[{}]", items.iter().map(|item| shown(text, item)).collect::<Vec<_>>().join(" ")),
            Value::Map(entries) => {
                let entries: Vec<String> = entries.iter().map(|(key, value)| format!("{}={}", key.text, shown(text, value))).collect();
                format!("{{{}}}", entries.join(" "))
            }
        }
    }

    #[test]
    fn scalars_keep_their_text_and_know_their_bytes() {
        let text = "ß: {a: 007, b: \"x\\\"y\", c: [~, true, 1.50, no, 1e3, 99999999999999999999]}\n1: |\n  two\n  lines\nz:\n";
        let want = "{ß={a=\"007\"@007 b=\"x\\\"y\"@\"x\\\"y\" c=[null \"true\"@true \"1.50\"@1.50 \"no\"@no \"1e3\"@1e3 \"99999999999999999999\"@99999999999999999999]} \
                    1=\"two\\nlines\\n\"@two\n  lines z=null}";
        assert_eq!(shown(text, &read(text).unwrap()), want);
    }

    #[test]
    fn doubled_keys_and_aliases_reach_the_reader() {
        let text = "a: &x 1\na: *x\nb: {<<: {k: v}}\n";
        assert_eq!(shown(text, &read(text).unwrap()), "{a=\"1\"@1 a=\"1\"@*x b={k=\"v\"@{}}");
    }

    #[test]
    fn what_is_not_yaml_is_shown_where_it_breaks() {
        for (text, line, column, want) in [
            ("a: 1\nß: b: c\n", 2, 5, "this is not YAML: mapping values are not allowed in this context"),
            ("a: [1, 2\n", 1, 4, "this is not YAML: unclosed bracket '['"),
            ("a: 1\n---\nb: 2\n", 3, 1, "a map is one YAML document, but here begins a second one"),
            ("a: @x\n", 1, 4, "this is not YAML: unexpected character: `@'"),
        ] {
            let got = read(text).unwrap_err();
            let position = got.position.as_ref().unwrap();
            assert_eq!((got.message.as_str(), position.line, position.column), (want, line, column));
        }
    }

    #[test]
    fn bombs_are_refused() {
        assert!(read(&"[".repeat(10_000)).is_err());
        assert!(read(&"a: ".repeat(10_000)).is_err());
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
        for level in 1..12 {
            text += &format!("a{level}: &a{level} [{}]\n", vec![format!("*a{}", level - 1); 9].join(", "));
        }
        assert!(read(&text).is_err());
    }
}
