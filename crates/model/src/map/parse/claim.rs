//! Claims (`seat via session_id.owner_seat_id`) and declared references.

use super::names::Names;
use super::path::{self, Mistake};
use super::reader::{Reader, is_todo};
use super::tree::{Key, Node, Value};
use crate::map::{Claim, Reference};
use crate::names::{SubjectKind, TableName};
use crate::selection::ColumnPath;

const CLAIM: &str = "a subject, or a subject and a path: `seat via session_id.seat_id`";

impl Reader<'_> {
    /// One claim or a list of them, under the path of keys that leads to the field.
    pub(super) fn claims(&mut self, node: &Node, place: [&str; 3], from: &TableName, names: &Names) -> Vec<Claim> {
        let [_, outer, field] = place;
        let what = format!("`{field}` of {outer}");
        let mut claims = Vec::new();
        for item in self.one_or_many(node) {
            let Some(claim) = self.claim(item, &what, from, names) else { continue };
            if claims.contains(&claim) {
                let doubled = self.error(&item.span, format!("this claim stands twice in {what}"));
                self.report(doubled);
                continue;
            }
            let index = claims.len().to_string();
            self.positions.put(&[place[0], outer, field, &index], self.position(&item.span));
            claims.push(claim);
        }
        claims
    }

    /// One claim; its kind may be unknown only with an error.
    pub(super) fn claim(&mut self, node: &Node, what: &str, from: &TableName, names: &Names) -> Option<Claim> {
        let text = self.prose(node, what, CLAIM)?;
        let trimmed = text.trim_start();
        let offset = text.len() - trimmed.len();
        let kind_end = trimmed.find(char::is_whitespace).unwrap_or(trimmed.len());
        let (kind, rest) = trimmed.split_at(kind_end);
        if !names.subjects.iter().any(|known| known == kind) {
            let span = self.part(node, offset..offset + kind.len());
            let unknown =
                self.error(&span, format!("the map has no subject `{kind}`")).nearest(kind, names.subjects.iter().map(String::as_str));
            self.report(unknown);
            return None;
        }
        let kind = SubjectKind::new(kind);
        let after = rest.trim_start();
        if after.is_empty() {
            return Some(Claim { kind, path: None });
        }
        let start = offset + kind_end + (rest.len() - after.len());
        let Some(written) = after.strip_prefix("via").filter(|path| path.is_empty() || path.starts_with(char::is_whitespace)) else {
            let span = self.part(node, start..text.len());
            let word = after.split_whitespace().next().unwrap_or(after);
            let wrong = self.error(&span, format!("`{word}` cannot follow the subject")).expect("`via` and a path");
            self.report(wrong);
            return None;
        };
        let path = written.trim();
        let path_start = text.len() - written.trim_start().len();
        if path.is_empty() || is_todo(path) {
            let span = self.part(node, start..text.trim_end().len());
            let message = format!("the path of {what} is still undecided");
            let undecided = self.error(&span, message).expect(format!("columns that lead to the {kind}"));
            self.report(undecided);
            return None;
        }
        match path::hops(path, from, names) {
            Ok(hops) => Some(Claim { kind, path: Some(hops) }),
            Err(mistake) => {
                self.report_mistake(node, path_start, mistake);
                None
            }
        }
    }

    pub(super) fn report_mistake(&mut self, node: &Node, offset: usize, mistake: Mistake) {
        let span = self.part(node, offset + mistake.part.start..offset + mistake.part.end);
        let mut wrong = self.error(&span, mistake.message);
        wrong.suggestion = mistake.suggestion;
        self.report(wrong);
    }

    /// The list of references that a table's entry declares.
    pub(super) fn references(&mut self, node: &Node, names: &Names) -> Vec<Reference> {
        let items = match &node.value {
            Value::List(items) => items.as_slice(),
            Value::Map(_) => std::slice::from_ref(node),
            Value::Text(_) if Self::undecided(node) => &[],
            Value::Null | Value::Text(_) => {
                let wrong = self
                    .error(&node.span, format!("`references` is {}", node.value.describe()))
                    .expect("a list such as `- { columns: [seat_id], to: app.seat(id) }`");
                self.report(wrong);
                &[]
            }
        };
        items.iter().filter_map(|item| self.reference(item, names)).collect()
    }

    fn reference(&mut self, node: &Node, names: &Names) -> Option<Reference> {
        let fields = self.fields(node, "a reference", &["columns", "to", "when"]);
        let at = begin(node);
        let columns_node = self.required(&fields, &at, "a reference", "columns");
        let to_node = self.required(&fields, &at, "a reference", "to");
        let columns = columns_node.map(|columns| self.column_paths(columns, "`columns`")).unwrap_or_default();
        let when = fields.get("when").map(|when| self.when(when)).unwrap_or_default();
        let to_node = to_node?;
        let text = self.prose(to_node, "`to`", "a table and its columns, such as `app.seat(id)`")?;
        let (to, referenced) = match path::target(text, names) {
            Ok(target) => target,
            Err(mistake) => {
                self.report_mistake(to_node, 0, mistake);
                return None;
            }
        };
        if columns.is_empty() {
            return None;
        }
        if columns.len() != referenced.len() {
            let message = format!("{} columns cannot refer to {}", columns.len(), referenced.len());
            let uneven = self.error(&to_node.span, message).expect("as many columns on both sides");
            self.report(uneven);
            return None;
        }
        Some(Reference { columns, to, referenced, when })
    }

    fn when(&mut self, node: &Node) -> Vec<(ColumnPath, String)> {
        let mut conditions = Vec::new();
        for (key, value) in self.entries(node, "`when`", "columns and the texts they must hold, such as `{ subject_type: note }`") {
            let Some(text) = self.text(value, &format!("`{}`", key.text), "the text that the column must hold") else { continue };
            match path::column_path(&key.text) {
                Ok(column) => conditions.push((column, text.to_owned())),
                Err(message) => {
                    let wrong = self.error(&key.span, message);
                    self.report(wrong);
                }
            }
        }
        conditions
    }
}

/// Where a mapping begins: its brace or its first key.
pub(super) fn begin(node: &Node) -> std::ops::Range<usize> {
    match &node.value {
        Value::Map(entries) if node.span.is_empty() => {
            entries.first().map_or_else(|| node.span.clone(), |(Key { span, .. }, _)| span.clone())
        }
        Value::Map(_) | Value::List(_) | Value::Text(_) | Value::Null => node.span.clone(),
    }
}
