//! What an erasure does with a table's rows: `on_erase` and `keep`.

use std::collections::BTreeMap;

use super::claim::begin;
use super::names::Names;
use super::reader::{Fields, Reader};
use super::tree::{Node, Value};
use super::until::until;
use crate::map::{Action, Change, Ground, OnErase};
use crate::names::SubjectKind;
use crate::selection::ColumnPath;

/// The fields that make a mapping an action.
pub(super) const ACTION_FIELDS: [&str; 5] = ["keep", "clear", "replace", "hand_over", "choose"];

/// Words that have a meaning under `on_erase`, so that no subject can be called so.
pub(in crate::map) const RESERVED: [&str; 9] = ["default", "delete", "keep", "clear", "replace", "change", "hand_over", "choose", "todo"];

const ACTION: &str = "`delete`, `keep`, `clear`, `replace`, `hand_over` or `choose`";

impl Reader<'_> {
    pub(super) fn on_erase(&mut self, node: &Node, names: &Names) -> OnErase {
        let Value::Map(entries) = &node.value else {
            return OnErase { default: self.action(node, true), by_kind: BTreeMap::new() };
        };
        if entries.iter().any(|(key, _)| ACTION_FIELDS.contains(&key.text.as_str())) {
            return OnErase { default: self.action(node, true), by_kind: BTreeMap::new() };
        }
        let mut on_erase = OnErase::default();
        for (key, value) in self.entries(node, "`on_erase`", ACTION) {
            if key.text == "default" {
                on_erase.default = self.action(value, true);
            } else if names.subjects.contains(&key.text) {
                if let Some(action) = self.action(value, true) {
                    on_erase.by_kind.insert(SubjectKind::new(&key.text), action);
                }
            } else {
                let known = names.subjects.iter().map(String::as_str).chain(["default"]).chain(ACTION_FIELDS);
                let unknown = self
                    .error(&key.span, format!("`{}` is neither a subject of this map nor an action", key.text))
                    .expect("a subject, `default` or an action")
                    .nearest(&key.text, known);
                self.report(unknown);
            }
        }
        on_erase
    }

    fn action(&mut self, node: &Node, may_choose: bool) -> Option<Action> {
        if let Value::Text(text) = &node.value {
            if Self::undecided(node) {
                return None;
            }
            if text == "delete" {
                return Some(Action::Delete);
            }
            let wrong = self.error(&node.span, format!("`{text}` is no action")).expect(ACTION);
            let wrong = match text.as_str() {
                "keep" => wrong.suggest("say why: `keep: { ground: \"…\" }`"),
                "clear" => wrong.suggest("say which columns: `clear: [email]`"),
                "replace" => wrong.suggest("say which columns: `replace: { name: pseudonym }`"),
                "hand_over" => wrong.suggest("say which column names the owner: `hand_over: owner_seat_id`"),
                "choose" => wrong.suggest("say among what: `choose: [delete, { hand_over: owner_seat_id }]`"),
                other => wrong.nearest_only(other, &["delete", "keep", "clear", "replace", "hand_over", "choose"]),
            };
            self.report(wrong);
            return None;
        }
        let empty = match &node.value {
            Value::Null => true,
            Value::Map(entries) => entries.is_empty(),
            Value::Text(_) | Value::List(_) => false,
        };
        if empty {
            let empty = self.error(&node.span, "an action is missing here").expect(ACTION);
            self.report(empty);
            return None;
        }
        let fields = self.fields(node, "an action", &ACTION_FIELDS);
        let present: Vec<&str> = ACTION_FIELDS.into_iter().filter(|name| fields.get(name).is_some()).collect();
        match present.as_slice() {
            [] => None,
            ["keep"] => self.ground(fields.get("keep")?).map(Action::Keep),
            ["hand_over"] => {
                let column = self.prose(fields.get("hand_over")?, "`hand_over`", "the column that names the owner")?;
                Some(Action::HandOver { column: column.to_owned() })
            }
            ["choose"] if may_choose => self.choose(fields.get("choose")?),
            ["choose"] => {
                let nested = self.error(&begin(node), "a choice cannot stand inside a choice");
                self.report(nested);
                None
            }
            ["clear", "replace"] | [_] => self.changes(&fields),
            [first, second, ..] => {
                let span = fields.key(second).map_or_else(|| begin(node), |key| key.span.clone());
                let message = format!("`{first}` and `{second}` cannot be done to the same row");
                let both = self.error(&span, message).suggest("let the requester decide with `choose: [ … ]`, or leave one out");
                self.report(both);
                None
            }
        }
    }

    /// `{ ground: "tax law", until: issued_on + 10 years }`, or the ground alone.
    pub(super) fn ground(&mut self, node: &Node) -> Option<Ground> {
        const EXPECTED: &str = "a ground, such as `keep: { ground: \"tax law, 10 years\", until: issued_on + 10 years }`";
        if let Value::Text(_) = &node.value {
            let ground = self.prose(node, "`keep`", EXPECTED)?.to_owned();
            return Some(Ground { ground, until: None });
        }
        if let Value::Null | Value::List(_) = &node.value {
            let wrong = self.error(&node.span, format!("`keep` is {}", node.value.describe())).expect(EXPECTED);
            self.report(wrong);
            return None;
        }
        let fields = self.fields(node, "`keep`", &["ground", "until"]);
        let until = fields.get("until").and_then(|rule| {
            let text = self.prose(rule, "`until`", "a column and a span, such as `issued_on + 10 years`")?;
            match until(text) {
                Ok(until) => Some(until),
                Err(mistake) => {
                    let span = self.part(rule, mistake.part);
                    let mut wrong = self.error(&span, mistake.message).expect("a column and a span, such as `issued_on + 10 years`");
                    wrong.suggestion = mistake.suggestion;
                    self.report(wrong);
                    None
                }
            }
        });
        let ground = self.required(&fields, &begin(node), "`keep`", "ground")?;
        let ground = self.prose(ground, "`ground`", "why the rows must stay")?.to_owned();
        Some(Ground { ground, until })
    }

    fn choose(&mut self, node: &Node) -> Option<Action> {
        let mut actions: Vec<Action> = Vec::new();
        let items = self.one_or_many(node);
        let count = items.len();
        for item in items {
            let Some(action) = self.action(item, false) else { continue };
            if actions.iter().any(|other| other.word() == action.word()) {
                let message = format!("`{}` is offered twice, so a requester could not name the one they mean", action.word());
                let doubled = self.error(&begin(item), message);
                self.report(doubled);
            } else {
                actions.push(action);
            }
        }
        if count < 2 && !Self::undecided(node) {
            let few = self
                .error(&node.span, "a choice needs at least two actions")
                .expect("a list such as `choose: [delete, { hand_over: owner_seat_id }]`");
            self.report(few);
        }
        (actions.len() >= 2).then_some(Action::Choose(actions))
    }

    fn changes(&mut self, fields: &Fields<'_>) -> Option<Action> {
        let mut changes: Vec<(ColumnPath, Change)> = Vec::new();
        if let Some(clear) = fields.get("clear") {
            changes.extend(self.column_paths(clear, "`clear`").into_iter().map(|column| (column, Change::Clear)));
        }
        if let Some(replace) = fields.get("replace") {
            for (key, value) in self.entries(replace, "`replace`", "columns and what they are replaced by, such as `{ name: pseudonym }`") {
                let change = self.change(value, &key.text);
                let column = match super::path::column_path(&key.text) {
                    Ok(column) => column,
                    Err(message) => {
                        let wrong = self.error(&key.span, message);
                        self.report(wrong);
                        continue;
                    }
                };
                if changes.iter().any(|(other, _)| *other == column) {
                    let doubled = self.error(&key.span, format!("`{column}` is both cleared and replaced"));
                    self.report(doubled);
                } else if let Some(change) = change {
                    changes.push((column, change));
                }
            }
        }
        (!changes.is_empty()).then_some(Action::Change(changes))
    }

    fn change(&mut self, node: &Node, column: &str) -> Option<Change> {
        const EXPECTED: &str = "`pseudonym` or `{ constant: \"…\" }`";
        match &node.value {
            Value::Map(_) => {
                let fields = self.fields(node, "a replacement", &["constant"]);
                let constant = self.required(&fields, &begin(node), "a replacement", "constant")?;
                self.text(constant, "`constant`", "the text that replaces every value").map(|text| Change::Constant(text.to_owned()))
            }
            Value::Text(_) if Self::undecided(node) => None,
            Value::Text(text) if text == "pseudonym" => Some(Change::Pseudonym),
            Value::Text(text) => {
                let written = if text.is_empty() { "an empty text".to_owned() } else { format!("`{text}`") };
                let wrong = self.error(&node.span, format!("{written} is no replacement for `{column}`")).expect(EXPECTED);
                let wrong = match super::nearest::nearest(text, ["pseudonym"]) {
                    Some(near) => wrong.suggest(format!("did you mean `{near}`?")),
                    None => wrong.suggest(format!("a fixed text is written `{{ constant: \"{text}\" }}`")),
                };
                self.report(wrong);
                None
            }
            Value::Null | Value::List(_) => {
                let wrong = self.error(&node.span, format!("the replacement for `{column}` is {}", node.value.describe())).expect(EXPECTED);
                self.report(wrong);
                None
            }
        }
    }
}
