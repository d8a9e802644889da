//! Entries of tables.

use std::collections::BTreeMap;

use super::claim::begin;
use super::names::Names;
use super::reader::{Fields, Reader};
use super::tree::{Key, Node};
use crate::map::{Action, FileKey, OnErase, TableEntry};
use crate::names::{CategoryName, SourceName, TableName};

pub(in crate::map) const TABLE_FIELDS: [&str; 12] =
    ["category", "label", "owner", "about", "references", "on_erase", "keep", "unlink", "shared", "secret", "files", "triggers"];

impl Reader<'_> {
    pub(super) fn table(&mut self, key: &Key, node: &Node, table: &TableName, names: &Names) -> TableEntry {
        let what = format!("table {}", key.text);
        let name = table.to_string();
        self.positions.put(&["tables", &name], self.position(&key.span));
        let fields = self.fields(node, &what, &TABLE_FIELDS);
        for field in TABLE_FIELDS {
            if let Some(value) = fields.get(field) {
                // A block begins below its key, where only its first entry would be shown.
                let at = begin(value);
                let position = self.position(&at);
                // The checks know `keep` by what it is short for.
                let field = if field == "keep" { "on_erase" } else { field };
                self.positions.put(&["tables", &name, field], position);
            }
        }
        let category = fields.get("category").and_then(|node| self.category_name(node, names));
        let label = fields.get("label").and_then(|label| self.prose(label, "`label`", "what people read")).map(str::to_owned);
        let claims = |reader: &mut Self, field: &'static str| {
            fields.get(field).map(|node| reader.claims(node, ["tables", &name, field], table, names)).unwrap_or_default()
        };
        let owner = claims(self, "owner");
        let about = claims(self, "about");
        let references = fields.get("references").map(|node| self.references(node, names)).unwrap_or_default();
        let on_erase = self.table_on_erase(&fields, names);
        let unlink = fields.get("unlink").map(|node| self.columns(node, "`unlink`")).unwrap_or_default();
        let erase_shared = fields.get("shared").and_then(|node| self.word(node, "`shared`", &[("keep", false), ("erase", true)]));
        let secret = fields.get("secret").map(|node| self.column_paths(node, "`secret`")).unwrap_or_default();
        let files = fields.get("files").map(|node| self.files(node, names)).unwrap_or_default();
        let triggers = fields.get("triggers").map(|node| self.triggers(node)).unwrap_or_default();
        self.check_category(key, node, &fields, &on_erase);
        TableEntry {
            table: table.clone(),
            category,
            label,
            owner,
            about,
            references,
            on_erase,
            unlink,
            erase_shared: erase_shared.unwrap_or(false),
            secret,
            files,
            triggers,
        }
    }

    fn category_name(&mut self, node: &Node, names: &Names) -> Option<CategoryName> {
        let text = self.prose(node, "`category`", "a category of this map")?;
        if names.categories.iter().any(|known| known == text) {
            return Some(CategoryName::new(text));
        }
        let unknown =
            self.error(&node.span, format!("the map has no category `{text}`")).nearest(text, names.categories.iter().map(String::as_str));
        self.report(unknown);
        None
    }

    fn table_on_erase(&mut self, fields: &Fields<'_>, names: &Names) -> OnErase {
        match (fields.get("on_erase"), fields.get("keep")) {
            (None, None) => OnErase::default(),
            (Some(node), None) => self.on_erase(node, names),
            (None, Some(node)) => OnErase { default: self.ground(node).map(Action::Keep), by_kind: BTreeMap::new() },
            (Some(node), Some(keep)) => {
                let on_erase = self.on_erase(node, names);
                self.ground(keep);
                let span = fields.key("keep").map_or_else(|| keep.span.clone(), |key| key.span.clone());
                let both = self
                    .error(&span, "`keep` and `on_erase` stand side by side")
                    .suggest("`keep` is short for `on_erase: { keep: … }`; write it under `on_erase`, as `default:` or for one subject");
                self.report(both);
                on_erase
            }
        }
    }

    /// A table needs a category unless its rows are kept.
    fn check_category(&mut self, key: &Key, node: &Node, fields: &Fields<'_>, on_erase: &OnErase) {
        let kept = fields.get("keep").is_some() || matches!(on_erase.default, Some(Action::Keep(_)));
        if kept || Self::undecided(node) {
            return;
        }
        if self.required(fields, &key.span, &format!("table {}", key.text), "category").is_none()
            && let Some(missing) = self.diagnostics.last_mut().filter(|last| last.message.ends_with("has no `category`"))
        {
            missing.expected = Some("a category, or `keep` with a ground".to_owned());
            missing.notes.push("a table without customer data stands under `ignore`, with the reason".to_owned());
        }
    }

    fn files(&mut self, node: &Node, names: &Names) -> Vec<FileKey> {
        let items = self.one_or_many(node);
        items.into_iter().filter_map(|item| self.file_key(item, names)).collect()
    }

    fn file_key(&mut self, node: &Node, names: &Names) -> Option<FileKey> {
        let fields = self.fields(node, "`files`", &["source", "key"]);
        let at = begin(node);
        let source = self.required(&fields, &at, "`files`", "source").and_then(|node| {
            let text = self.prose(node, "`source`", "a source of files")?;
            if names.file_sources.iter().any(|known| known == text) {
                return Some(SourceName::new(text));
            }
            let message = if names.sources.iter().any(|known| known == text) {
                format!("source `{text}` holds tables, not files")
            } else {
                format!("the map has no source `{text}`")
            };
            let unknown = self
                .error(&node.span, message)
                .expect("a source of `kind: files`")
                .nearest(text, names.file_sources.iter().map(String::as_str));
            self.report(unknown);
            None
        });
        let column =
            self.required(&fields, &at, "`files`", "key").and_then(|key| self.prose(key, "`key`", "the column that names the file"));
        Some(FileKey { source: source?, column: column?.to_owned() })
    }

    fn triggers(&mut self, node: &Node) -> BTreeMap<String, String> {
        let expected = "triggers and what they do, such as `{ audit_delete: \"writes to audit_log, which is mapped\" }`";
        let mut found = BTreeMap::new();
        for (key, value) in self.entries(node, "`triggers`", expected) {
            if let Some(text) = self.prose(value, &format!("`{}`", key.text), "what the trigger does") {
                found.insert(key.text.clone(), text.to_owned());
            }
        }
        found
    }
}
