//! Sources, subjects and categories.

use super::action::RESERVED;
use super::claim::begin;
use super::names::Names;
use super::reader::Reader;
use super::tree::{Key, Node};
use crate::catalog::SourceKind;
use crate::map::category_label;
use crate::map::{Applies, Category, ExportDisposition, Source, Subject};
use crate::names::{CategoryName, SourceName, SubjectKind, TableName, split_quoted};

impl Reader<'_> {
    pub(super) fn source(&mut self, key: &Key, node: &Node) -> Option<Source> {
        let what = format!("source `{}`", key.text);
        self.named(key, "a source");
        let fields = self.fields(node, &what, &["kind", "url", "schemas"]);
        for field in ["kind", "url", "schemas"] {
            if let Some(key_at) = fields.key(field) {
                let position = self.position(&key_at.span);
                self.positions.put(&["sources", &key.text, field], position);
            }
        }
        let kinds = [("sqlite", SourceKind::Sqlite), ("postgres", SourceKind::Postgres), ("files", SourceKind::Files)];
        let kind = self.required(&fields, &key.span, &what, "kind").and_then(|kind| self.word(kind, "`kind`", &kinds));
        let url = self.required(&fields, &key.span, &what, "url").and_then(|node| {
            let url = self.prose(node, "`url`", "where the source is")?;
            if let Some(message) = kind.and_then(|kind| wrong_url(kind, url)) {
                let wrong = self.error(&node.span, message.0).expect(message.1);
                self.report(wrong);
            }
            if let Err(error) = super::variables::check(url) {
                let wrong = self.error(&node.span, error.to_string()).expect("`${NAME}` or `${NAME:-default}`");
                self.report(wrong);
            }
            Some(url.to_owned())
        });
        let schemas =
            fields.get("schemas").map(|node| self.columns_of(node, "`schemas`", "a schema or a list of schemas")).unwrap_or_default();
        if let (Some(SourceKind::Sqlite | SourceKind::Files), Some(at)) = (kind, fields.key("schemas")) {
            let wrong = self.error(&at.span, "only a postgres source has schemas");
            self.report(wrong);
        }
        Some(Source { name: SourceName::new(&key.text), kind: kind?, url: url?, schemas })
    }

    pub(super) fn subject(&mut self, key: &Key, node: &Node, names: &Names) -> Option<Subject> {
        let what = format!("subject `{}`", key.text);
        self.named(key, "a subject");
        if RESERVED.contains(&key.text.as_str()) {
            let reserved =
                self.error(&key.span, format!("a subject cannot be called `{}`: the word has a meaning under `on_erase`", key.text));
            self.report(reserved);
        }
        let known = ["table", "key", "label", "within", "identifiers"];
        let fields = self.fields(node, &what, &known);
        for field in known {
            if let Some(value) = fields.get(field) {
                let position = self.position(&begin(value));
                self.positions.put(&["subjects", &key.text, field], position);
            }
        }
        let table = self.required(&fields, &key.span, &what, "table").and_then(|table| self.table_name(table, names));
        let keys = self.required(&fields, &key.span, &what, "key").map(|columns| self.columns(columns, "`key`")).unwrap_or_default();
        let label = fields.get("label").and_then(|label| self.prose(label, "`label`", "a column")).map(str::to_owned);
        let within = fields.get("within").and_then(|claim| {
            let fallback = TableName::new(&SourceName::new(""), None, "");
            let claim_of = self.claim(claim, &format!("`within` of {what}"), table.as_ref().unwrap_or(&fallback), names)?;
            if claim_of.kind.as_str() == key.text {
                let own = self.error(&claim.span, format!("a {} cannot be within itself", key.text));
                self.report(own);
                return None;
            }
            Some(claim_of)
        });
        let identifiers = fields.get("identifiers").map(|list| self.identifiers(list, names)).unwrap_or_default();
        if keys.is_empty() {
            return None;
        }
        Some(Subject { kind: SubjectKind::new(&key.text), table: table?, key: keys, label, within, identifiers })
    }

    fn identifiers(&mut self, node: &Node, names: &Names) -> Vec<(TableName, String)> {
        const EXPECTED: &str = "a table and a column, such as `app.seat.email`";
        let mut found = Vec::new();
        for item in self.one_or_many(node) {
            let Some(text) = self.prose(item, "an identifier", EXPECTED) else { continue };
            let table_and_column = split_quoted(text).and_then(|parts| match parts.as_slice() {
                [source, table, column] => Some((TableName::new(&SourceName::new(source), None, table), column.clone())),
                [source, schema, table, column] => Some((TableName::new(&SourceName::new(source), Some(schema), table), column.clone())),
                _ => None,
            });
            match table_and_column {
                None => {
                    let wrong = self.error(&item.span, format!("`{text}` names no column of a table")).expect(EXPECTED);
                    self.report(wrong);
                }
                Some((table, column)) if names.has_table(&table) => found.push((table, column)),
                Some((table, _)) => self.report_unknown_table(item, &table, names),
            }
        }
        found
    }

    pub(super) fn category(&mut self, key: &Key, node: &Node, names: &Names) -> Option<Category> {
        let what = format!("category `{}`", key.text);
        self.named(key, "a category");
        let fields = self.fields(node, &what, &["label", "export", "applies"]);
        for field in ["label", "export", "applies"] {
            if let Some(value) = fields.get(field) {
                let position = self.position(&begin(value));
                self.positions.put(&["categories", &key.text, field], position);
            }
        }
        let label = fields.get("label").and_then(|label| self.prose(label, "`label`", "what people read"));
        let dispositions = [
            ("included", ExportDisposition::Included),
            ("on_request", ExportDisposition::OnRequest),
            ("excluded", ExportDisposition::Excluded),
        ];
        let export = match fields.get("export") {
            Some(word) => self.word(word, "`export`", &dispositions)?,
            None => ExportDisposition::Included,
        };
        let applies = fields.get("applies").map(|applies| self.applies(applies, names)).unwrap_or_default();
        let label = label.map_or_else(|| category_label(&key.text), str::to_owned);
        Some(Category { name: CategoryName::new(&key.text), label, export, applies })
    }

    fn applies(&mut self, node: &Node, names: &Names) -> Vec<Applies> {
        let expected = "a subject's column and its values, such as `{ contract.tier: [advanced] }`";
        let mut found = Vec::new();
        for (key, values) in self.entries(node, "`applies`", expected) {
            let values = self.columns_of(values, &format!("`{}`", key.text), "a value or a list of values");
            let parts = split_quoted(&key.text);
            let Some([kind, column]) = parts.as_deref() else {
                let wrong = self.error(&key.span, format!("`{}` names no column of a subject", key.text)).expect(expected);
                self.report(wrong);
                continue;
            };
            if !names.subjects.contains(kind) {
                let unknown = self
                    .error(&key.span, format!("the map has no subject `{kind}`"))
                    .nearest(kind, names.subjects.iter().map(String::as_str));
                self.report(unknown);
                continue;
            }
            found.push(Applies { kind: SubjectKind::new(kind), column: column.clone(), values });
        }
        found
    }

    /// Names that stand in paths, folders and on the command line hold letters, digits, `_` and `-`.
    pub(super) fn named(&mut self, key: &Key, what: &str) {
        let fine = |character: char| character.is_alphanumeric() || matches!(character, '_' | '-');
        if key.text.is_empty() || !key.text.chars().all(fine) {
            let wrong = self.error(&key.span, format!("{what} cannot be called `{}`", key.text)).expect("letters, digits, `_` and `-`");
            self.report(wrong);
        }
    }

    fn columns_of(&mut self, node: &Node, what: &str, expected: &str) -> Vec<String> {
        let items = self.one_or_many(node);
        items.into_iter().filter_map(|item| self.text(item, what, expected)).map(str::to_owned).collect()
    }

    /// A table of a declared source.
    pub(super) fn table_name(&mut self, node: &Node, names: &Names) -> Option<TableName> {
        let text = self.prose(node, "`table`", "a table, such as `app.seat`")?;
        let span = node.span.clone();
        self.parse_table(text, &span, names)
    }

    pub(super) fn parse_table(&mut self, text: &str, span: &std::ops::Range<usize>, names: &Names) -> Option<TableName> {
        let table = match text.parse::<TableName>() {
            Ok(table) => table,
            Err(error) => {
                let wrong = self.error(span, error.to_string());
                self.report(wrong);
                return None;
            }
        };
        let source = table.source.as_str();
        if names.file_sources.iter().any(|known| known == source) {
            let wrong = self.error(span, format!("`{source}` is a source of files and has no tables"));
            self.report(wrong);
            return None;
        }
        if !names.sources.iter().any(|known| known == source) {
            let known = names.sources.iter().filter(|known| !names.file_sources.contains(known)).map(String::as_str);
            let unknown = self.error(span, format!("the map has no source `{source}`")).nearest(source, known);
            self.report(unknown);
            return None;
        }
        Some(table)
    }

    pub(super) fn report_unknown_table(&mut self, node: &Node, table: &TableName, names: &Names) {
        let mistake = names.unknown_table(table, 0..0);
        let mut unknown = self.error(&node.span, mistake.message);
        unknown.suggestion = mistake.suggestion;
        self.report(unknown);
    }
}

/// What is wrong with a url that can be judged without its variables.
fn wrong_url(kind: SourceKind, url: &str) -> Option<(String, &'static str)> {
    let (fits, expected): (&[&str], &str) = match kind {
        SourceKind::Sqlite => (&["sqlite:"], "a path such as `sqlite:app.db`"),
        SourceKind::Postgres => (&["postgres://", "postgresql://"], "an address such as `postgres://localhost/app`"),
        SourceKind::Files => (&["file:"], "a folder such as `file:./files`"),
    };
    let scheme = |prefix: &&str| url.starts_with(*prefix) || url.starts_with("${");
    if fits.iter().any(scheme) {
        return None;
    }
    Some((format!("this url is not one of a {} source", kind.word()), expected))
}
