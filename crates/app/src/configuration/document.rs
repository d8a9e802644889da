//! The text of a configuration as a tree that knows where everything stands, with what the environment says put into it.

use std::ops::Range;

use exeunt_model::map::parse::{Position, nearest};
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::keys::{Node, Shape};
use super::problems::{Problem, Problems};

/// A way to a value: names of tables, and places in lists.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Name(String),
    Place(usize),
}

/// A configuration that is being read.
pub struct Document<'i> {
    text: &'i str,
    root: DeTable<'i>,
    /// Variables whose values were put in. The span of such a value lies behind the text, as far as its place here.
    variables: Vec<String>,
}

impl<'i> Document<'i> {
    /// Reads as much as can be read.
    pub fn parse(text: &'i str, problems: &mut Problems) -> Self {
        let (root, errors) = DeTable::parse_recoverable(text);
        for error in errors {
            let position = error.span().map(|span| Position::of(text, span));
            problems.add(Problem { key: String::new(), message: error.message().to_owned(), position, variable: None });
        }
        Self { text, root: root.into_inner(), variables: Vec::new() }
    }

    /// Puts a value in place of what the text says.
    pub fn put(&mut self, key: &str, variable: String, value: DeValue<'i>) {
        let at = self.text.len() + 1 + self.variables.len();
        self.variables.push(variable);
        let value = match value {
            DeValue::Array(array) => DeValue::Array(array.into_iter().fold(DeArray::new(), |mut array, element| {
                array.push(Spanned::new(at..at, element.into_inner()));
                array
            })),
            value => value,
        };
        let mut names = key.split('.').peekable();
        let mut table = &mut self.root;
        while let Some(name) = names.next() {
            let span = at..at;
            if names.peek().is_none() {
                table.remove(name);
                table.insert(Spanned::new(span.clone(), name.to_owned().into()), Spanned::new(span, value));
                return;
            }
            let inner = table.entry(Spanned::new(span.clone(), name.to_owned().into()));
            let inner = inner.or_insert(Spanned::new(span.clone(), DeValue::Table(DeTable::new())));
            if !matches!(inner.get_ref(), DeValue::Table(_)) {
                *inner = Spanned::new(span, DeValue::Table(DeTable::new()));
            }
            let DeValue::Table(next) = inner.get_mut() else { return };
            table = next;
        }
    }

    /// Whether the text or the environment says something about a key.
    pub fn says(&self, key: &str) -> bool {
        find(&self.root, key).1
    }

    /// Notes keys that nobody knows and takes them out; notes keys that are missing and puts something in their place.
    pub fn hold_against(&mut self, root: &Node, problems: &mut Problems) {
        let mut root_table = std::mem::take(&mut self.root);
        self.check(root, root, &mut root_table, "", None, problems);
        self.root = root_table;
    }

    fn check(&self, root: &Node, node: &Node, table: &mut DeTable<'i>, path: &str, header: Option<Range<usize>>, problems: &mut Problems) {
        let Shape::Table { keys, others } = &node.shape else { return };
        let names: Vec<String> = table.keys().map(|name| name.get_ref().to_string()).collect();
        for name in names {
            if others.is_some() || keys.iter().any(|(known, _)| *known == name) {
                continue;
            }
            let span = table.keys().find(|key| key.get_ref() == &name).map(Spanned::span);
            table.remove(name.as_str());
            let message = match nearest(&name, keys.iter().map(|(known, _)| known.as_str())) {
                Some(near) => format!("there is no such key; did you mean `{near}`?"),
                None => match elsewhere(root, &name) {
                    Some(section) => format!("there is no such key here; it belongs into [{section}]"),
                    None => format!("there is no such key; known are: {}", names_of(keys)),
                },
            };
            problems.add(self.problem(&join(path, &name), message, span));
        }
        for (name, inner) in keys {
            let key = join(path, name);
            match table.get_mut(name.as_str()) {
                None if inner.required => {
                    let expected = inner.shape.words(inner.secret);
                    problems.add(self.problem(&key, format!("this is missing: {expected}. {}", inner.meaning), header.clone()));
                    if let Some(value) = inner.shape.stand_in() {
                        table.insert(Spanned::new(NOWHERE, name.clone().into()), Spanned::new(NOWHERE, value));
                        if let Some(DeValue::Table(stand_in)) = table.get_mut(name.as_str()).map(Spanned::get_mut) {
                            // What a missing table must hold need not be told one by one.
                            self.check(root, inner, stand_in, &key, None, &mut Problems::default());
                        }
                    }
                }
                None => {}
                Some(value) => {
                    let span = value.span();
                    match (value.get_mut(), &inner.shape) {
                        (DeValue::Table(table), Shape::Table { .. }) => self.check(root, inner, table, &key, Some(span), problems),
                        (DeValue::Array(array), Shape::List(element)) => {
                            for (place, value) in array.iter_mut().enumerate() {
                                let span = value.span();
                                if let DeValue::Table(table) = value.get_mut() {
                                    self.check(root, element, table, &format!("{key}[{place}]"), Some(span), problems);
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
    }

    /// Reads what is in the tree. What cannot be read is noted and taken out, until the rest can be.
    pub fn read<T: serde::de::DeserializeOwned>(&mut self, root: &Node, problems: &mut Problems) -> Option<T> {
        loop {
            let error = match T::deserialize(toml::de::Deserializer::from(Spanned::new(0..self.text.len(), self.root.clone()))) {
                Ok(read) => return Some(read),
                Err(error) => error,
            };
            let span = error.span().filter(|span| *span != NOWHERE)?;
            let mut way = Vec::new();
            if !search(&self.root, &span, &mut way) {
                problems.add(self.problem("", error.message().to_owned(), Some(span)));
                return None;
            }
            let key = written(&way);
            let node = at(root, &way);
            problems.add(self.problem(&key, told(error.message(), node), Some(span)));
            // A value in a plain list takes the list along.
            while matches!(way.last(), Some(Step::Place(_))) {
                way.pop();
            }
            let stand_in = at(root, &way).filter(|node| node.required).map(|node| node.shape.stand_in());
            match (take(&mut self.root, &way), stand_in) {
                (false, _) | (true, Some(None)) => return None,
                (true, None) => {}
                (true, Some(Some(value))) => put_back(&mut self.root, &way, value),
            }
        }
    }

    /// A problem with the place of its key.
    pub fn locate(&self, key: &str, message: String) -> Problem {
        let (span, _) = find(&self.root, key);
        self.problem(key, message, span)
    }

    fn problem(&self, key: &str, message: String, span: Option<Range<usize>>) -> Problem {
        let span = span.filter(|span| *span != NOWHERE);
        let variable =
            span.as_ref().and_then(|span| span.start.checked_sub(self.text.len() + 1)).and_then(|index| self.variables.get(index));
        Problem {
            key: key.to_owned(),
            message,
            position: span.filter(|_| variable.is_none()).map(|span| Position::of(self.text, span)),
            variable: variable.cloned(),
        }
    }
}

/// The span of what neither the text nor the environment says.
const NOWHERE: Range<usize> = usize::MAX..usize::MAX;

impl Shape {
    /// Something that can be read in place of what is missing, so that the rest is looked at too.
    fn stand_in(&self) -> Option<DeValue<'static>> {
        match self {
            Self::Table { .. } => Some(DeValue::Table(DeTable::new())),
            Self::List(_) => DeValue::parse("[]").ok().map(Spanned::into_inner),
            Self::Choice(values) => values.first().map(|value| DeValue::String(value.clone().into())),
            Self::Text => Some(DeValue::String("".into())),
            Self::Whole => DeValue::parse("0").ok().map(Spanned::into_inner),
            Self::Decimal => DeValue::parse("0.0").ok().map(Spanned::into_inner),
            Self::Flag => Some(DeValue::Boolean(false)),
            Self::Any => None,
        }
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn names_of(keys: &[(String, Node)]) -> String {
    keys.iter().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// The section that has such a key.
fn elsewhere(root: &Node, name: &str) -> Option<String> {
    let Shape::Table { keys, .. } = &root.shape else { return None };
    let has = |node: &Node| matches!(&node.shape, Shape::Table { keys, .. } if keys.iter().any(|(known, _)| known == name));
    keys.iter().find(|(_, node)| has(node)).map(|(section, _)| section.clone())
}

/// What serde says, in words of the configuration, and without the value where that is a secret.
fn told(message: &str, node: Option<&Node>) -> String {
    let Some(node) = node else { return message.to_owned() };
    let expected = node.shape.words(node.secret);
    // What stands where a section should may be its secret.
    if node.secret || matches!(node.shape, Shape::Table { .. }) {
        return format!("expected {expected}");
    }
    if let Some(got) = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start)) {
        let got = got.rsplit_once(", expected ").map_or(got, |(got, _)| got);
        return format!("expected {expected}, not {got}");
    }
    if let (Some(got), Shape::Choice(values)) = (message.strip_prefix("unknown variant `"), &node.shape) {
        let got = got.split('`').next().unwrap_or_default();
        let hint = nearest(got, values.iter().map(String::as_str)).map(|near| format!("; did you mean `{near}`?"));
        return format!("expected {expected}, not `{got}`{}", hint.unwrap_or_default());
    }
    message.to_owned()
}

/// The way to the innermost value that stands there.
fn search(table: &DeTable<'_>, span: &Range<usize>, way: &mut Vec<Step>) -> bool {
    for (name, value) in table {
        way.push(Step::Name(name.get_ref().to_string()));
        if search_value(value, span, way) || name.span() == *span {
            return true;
        }
        way.pop();
    }
    false
}

fn search_value(value: &Spanned<DeValue<'_>>, span: &Range<usize>, way: &mut Vec<Step>) -> bool {
    let inside = match value.get_ref() {
        DeValue::Table(table) => search(table, span, way),
        DeValue::Array(array) => {
            let mut found = false;
            for (place, value) in array.iter().enumerate() {
                way.push(Step::Place(place));
                if search_value(value, span, way) {
                    found = true;
                    break;
                }
                way.pop();
            }
            found
        }
        _ => false,
    };
    inside || value.span() == *span
}

fn written(way: &[Step]) -> String {
    way.iter().fold(String::new(), |written, step| match step {
        Step::Name(name) => join(&written, name),
        Step::Place(place) => format!("{written}[{place}]"),
    })
}

/// What should stand there.
fn at<'a>(root: &'a Node, way: &[Step]) -> Option<&'a Node> {
    way.iter().try_fold(root, |node, step| match (step, &node.shape) {
        (Step::Name(name), Shape::Table { keys, others }) => {
            keys.iter().find(|(known, _)| known == name).map(|(_, node)| node).or(others.as_deref())
        }
        (Step::Place(_), Shape::List(element)) => Some(&**element),
        _ => None,
    })
}

fn table_of<'a, 'i>(root: &'a mut DeTable<'i>, way: &[Step]) -> Option<&'a mut DeTable<'i>> {
    let mut steps = way.iter();
    let mut table = root;
    while let Some(Step::Name(name)) = steps.next() {
        let mut value = table.get_mut(name.as_str())?.get_mut();
        let mut rest = steps.clone();
        while let Some(Step::Place(place)) = rest.next() {
            let DeValue::Array(array) = value else { return None };
            value = array.get_mut(*place)?.get_mut();
            steps.next();
        }
        let DeValue::Table(inner) = value else { return None };
        table = inner;
    }
    Some(table)
}

fn take(root: &mut DeTable<'_>, way: &[Step]) -> bool {
    let Some((Step::Name(last), before)) = way.split_last() else { return false };
    table_of(root, before).is_some_and(|table| table.remove(last.as_str()).is_some())
}

fn put_back(root: &mut DeTable<'_>, way: &[Step], value: DeValue<'static>) {
    let Some((Step::Name(last), before)) = way.split_last() else { return };
    if let Some(table) = table_of(root, before) {
        table.insert(Spanned::new(NOWHERE, last.clone().into()), Spanned::new(NOWHERE, value));
    }
}

/// Where a key stands, or else the nearest table around it; and whether it is there.
fn find(root: &DeTable<'_>, key: &str) -> (Option<Range<usize>>, bool) {
    let mut table = root;
    let mut nearest = None;
    let mut names = key.split('.').peekable();
    while let Some(part) = names.next() {
        let (name, place) = match part.split_once('[') {
            Some((name, place)) => (name, place.trim_end_matches(']').parse::<usize>().ok()),
            None => (part, None),
        };
        let Some(mut value) = table.get(name) else { return (nearest, false) };
        if let (Some(place), DeValue::Array(array)) = (place, value.get_ref()) {
            match array.get(place) {
                Some(inner) => value = inner,
                None => return (Some(value.span()), false),
            }
        }
        nearest = Some(value.span());
        match value.get_ref() {
            _ if names.peek().is_none() => return (nearest, true),
            DeValue::Table(inner) => table = inner,
            _ => return (nearest, false),
        }
    }
    (nearest, false)
}
