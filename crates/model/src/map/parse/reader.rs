//! Reads nodes as what the map's grammar expects and collects what does not fit, so that one pass finds every error.

use std::collections::BTreeMap;
use std::ops::Range;

use super::diagnostic::{Diagnostic, Position, line_starts};
use super::positions::Positions;
use super::tree::{Key, Node, Value};
use crate::selection::ColumnPath;

pub(super) struct Reader<'t> {
    pub text: &'t str,
    pub diagnostics: Vec<Diagnostic>,
    pub positions: Positions,
    line_starts: Vec<usize>,
}

/// The fields of a mapping whose keys the grammar knows.
pub(super) struct Fields<'n> {
    found: BTreeMap<&'n str, (&'n Key, &'n Node)>,
    /// Known fields that unknown ones were probably meant to be.
    misspelt: Vec<String>,
    /// There was a mapping to read.
    readable: bool,
}

impl<'n> Fields<'n> {
    pub fn get(&self, name: &str) -> Option<&'n Node> {
        self.found.get(name).map(|(_, node)| *node)
    }

    pub fn key(&self, name: &str) -> Option<&'n Key> {
        self.found.get(name).map(|(key, _)| *key)
    }
}

/// `todo` marks what nobody has decided yet. It is reported once, where it stands, and then taken for nothing.
pub(super) fn is_todo(text: &str) -> bool {
    let text = text.trim();
    ["todo", "TODO"].iter().any(|mark| text.strip_prefix(mark).is_some_and(|rest| rest.is_empty() || rest.starts_with(':')))
}

impl<'t> Reader<'t> {
    pub fn new(text: &'t str) -> Self {
        Self { text, diagnostics: Vec::new(), positions: Positions::default(), line_starts: line_starts(text) }
    }

    pub fn position(&self, span: &Range<usize>) -> Position {
        Position::within(self.text, &self.line_starts, span.clone())
    }

    /// Starts an error at these bytes; it counts once it is [reported](Self::report).
    pub fn error(&self, span: &Range<usize>, message: impl Into<String>) -> Diagnostic {
        Diagnostic::error(message).at(self.position(span))
    }

    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    fn wrong_kind(&mut self, node: &Node, what: &str, expected: &str) {
        let found = self.error(&node.span, format!("{what} is {}", node.value.describe())).expect(expected);
        self.report(found);
    }

    /// Whether the value is still to be decided.
    pub fn undecided(node: &Node) -> bool {
        matches!(&node.value, Value::Text(text) if is_todo(text))
    }

    /// Entries of a mapping whose keys are names of the author's, each once.
    pub fn entries<'n>(&mut self, node: &'n Node, what: &str, expected: &str) -> Vec<(&'n Key, &'n Node)> {
        let entries = match &node.value {
            Value::Map(entries) => entries,
            Value::Text(text) if is_todo(text) => return Vec::new(),
            Value::Null | Value::Text(_) | Value::List(_) => {
                self.wrong_kind(node, what, expected);
                return Vec::new();
            }
        };
        let mut first: BTreeMap<&str, &Key> = BTreeMap::new();
        let mut kept = Vec::new();
        for (key, value) in entries {
            if let Some(earlier) = first.get(key.text.as_str()) {
                let line = self.position(&earlier.span).line;
                let doubled =
                    self.error(&key.span, format!("`{}` stands twice in {what}", key.text)).note(format!("it stands first in line {line}"));
                self.report(doubled);
            } else {
                first.insert(&key.text, key);
                kept.push((key, value));
            }
        }
        kept
    }

    /// A mapping with known fields; reports the others.
    pub fn fields<'n>(&mut self, node: &'n Node, what: &str, known: &[&str]) -> Fields<'n> {
        let expected = format!("a mapping with the fields {}", known.join(", "));
        let mut found = BTreeMap::new();
        let mut misspelt = Vec::new();
        for (key, value) in self.entries(node, what, &expected) {
            if known.contains(&key.text.as_str()) {
                found.insert(key.text.as_str(), (key, value));
            } else {
                misspelt.extend(super::nearest::nearest(&key.text, known.iter().copied()).map(str::to_owned));
                let message = format!("{what} has no field `{}`", key.text);
                let unknown = self.error(&key.span, message).expect(list_or(known)).nearest_only(&key.text, known);
                self.report(unknown);
            }
        }
        let readable = matches!(node.value, Value::Map(_));
        Fields { found, misspelt, readable }
    }

    /// A field that must be there; `at` is where the mapping is named.
    pub fn required<'n>(&mut self, fields: &Fields<'n>, at: &Range<usize>, what: &str, name: &str) -> Option<&'n Node> {
        let node = fields.get(name);
        if node.is_none() && fields.readable && !fields.misspelt.iter().any(|meant| meant == name) {
            let missing = self.error(at, format!("{what} has no `{name}`")).expect(format!("a field `{name}`"));
            self.report(missing);
        }
        node
    }

    pub fn text<'n>(&mut self, node: &'n Node, what: &str, expected: &str) -> Option<&'n str> {
        match &node.value {
            Value::Text(text) if is_todo(text) => None,
            Value::Text(text) => Some(text),
            Value::Null | Value::List(_) | Value::Map(_) => {
                self.wrong_kind(node, what, expected);
                None
            }
        }
    }

    /// A text that says something.
    pub fn prose<'n>(&mut self, node: &'n Node, what: &str, expected: &str) -> Option<&'n str> {
        let text = self.text(node, what, expected)?;
        if text.trim().is_empty() {
            let empty = self.error(&node.span, format!("{what} is empty")).expect(expected);
            self.report(empty);
            return None;
        }
        Some(text)
    }

    /// One of a few words.
    pub fn word<T: Copy>(&mut self, node: &Node, what: &str, words: &[(&str, T)]) -> Option<T> {
        let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
        let text = self.text(node, what, &list_or(&known))?;
        let found = words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value);
        if found.is_none() {
            let unknown = self.error(&node.span, format!("{what} cannot be `{text}`")).expect(list_or(&known)).nearest_only(text, &known);
            self.report(unknown);
        }
        found
    }

    /// One value or a list of them.
    pub fn one_or_many<'n>(&self, node: &'n Node) -> Vec<&'n Node> {
        match &node.value {
            Value::List(items) => items.iter().collect(),
            Value::Text(text) if is_todo(text) => Vec::new(),
            Value::Null | Value::Text(_) | Value::Map(_) => vec![node],
        }
    }

    /// One column or a list of them, each once.
    pub fn columns(&mut self, node: &Node, what: &str) -> Vec<String> {
        self.each_once(node, what, "a column or a list of columns", |text| Ok(text.to_owned()))
    }

    /// Columns or places inside JSON columns, each once.
    pub fn column_paths(&mut self, node: &Node, what: &str) -> Vec<ColumnPath> {
        self.each_once(node, what, "a column, column/name for a place inside JSON, or a list of them", super::path::column_path)
    }

    fn each_once<T: PartialEq>(&mut self, node: &Node, what: &str, expected: &str, read: impl Fn(&str) -> Result<T, String>) -> Vec<T> {
        let mut found = Vec::new();
        for item in self.one_or_many(node) {
            let Some(text) = self.prose(item, what, expected) else { continue };
            match read(text) {
                Ok(value) if found.contains(&value) => {
                    let doubled = self.error(&item.span, format!("`{text}` stands twice in {what}"));
                    self.report(doubled);
                }
                Ok(value) => found.push(value),
                Err(message) => {
                    let refused = self.error(&item.span, message).expect(expected);
                    self.report(refused);
                }
            }
        }
        found
    }

    /// The bytes of the file that hold this part of a scalar's text; the whole scalar where escapes or folded lines lie between.
    pub fn part(&self, node: &Node, part: Range<usize>) -> Range<usize> {
        let Value::Text(value) = &node.value else { return node.span.clone() };
        let written = self.text.get(node.span.clone()).unwrap_or_default();
        match written.find(value.as_str()) {
            Some(offset) if !value.is_empty() => node.span.start + offset + part.start..node.span.start + offset + part.end,
            Some(_) | None => node.span.clone(),
        }
    }

    /// Reports every `todo` in the tree, with the names that lead to it.
    pub fn report_todos(&mut self, node: &Node, path: &mut Vec<String>) {
        match &node.value {
            Value::Null => {}
            Value::Text(text) => {
                if is_todo(text) {
                    let message = match path.split_last() {
                        Some((last, rest)) => match rest.last() {
                            Some(outer) => format!("`{last}` of `{outer}` is still undecided"),
                            None => format!("`{last}` is still undecided"),
                        },
                        None => "the whole map is still undecided".to_owned(),
                    };
                    let undecided = self.error(&node.span, message).expect("a decision in place of `todo`");
                    self.report(undecided);
                }
            }
            Value::List(items) => items.iter().for_each(|item| self.report_todos(item, path)),
            Value::Map(entries) => {
                for (key, value) in entries {
                    path.push(key.text.clone());
                    self.report_todos(value, path);
                    path.pop();
                }
            }
        }
    }
}

impl Diagnostic {
    /// Suggests the nearest of names that `expected` lists already.
    #[must_use]
    pub(super) fn nearest_only(self, name: &str, known: &[&str]) -> Self {
        match super::nearest::nearest(name, known.iter().copied()) {
            Some(near) => self.suggest(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn list_or(words: &[&str]) -> String {
    match words {
        [] => String::new(),
        [one] => (*one).to_owned(),
        [rest @ .., last] => format!("{} or {last}", rest.join(", ")),
    }
}
