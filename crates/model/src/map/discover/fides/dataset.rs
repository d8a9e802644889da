//! Fides `dataset` files as data: collections, fields and what their metadata says.
//!
//! `fidesops_meta` is the older name of `fides_meta` and means the same. What has no place in these types is remarked on.

use super::Remark;
use crate::map::parse::tree::{self, Node, Value};
use crate::map::parse::{Diagnostic, Position};

#[derive(Debug, Clone, Default)]
pub(super) struct Dataset {
    pub key: String,
    pub line: usize,
    /// A schema named by its namespace.
    pub schema: Option<String>,
    pub collections: Vec<Collection>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Collection {
    pub name: String,
    pub line: usize,
    pub skipped: bool,
    /// The strategy that masks the collection as a whole, such as `delete`.
    pub strategy: Option<String>,
    /// Fields in the order of the file, nested ones with the names that lead to them.
    pub fields: Vec<Field>,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Field {
    /// The column, and the names inside it.
    pub path: Vec<String>,
    pub line: usize,
    pub categories: Vec<String>,
    pub data_type: Option<String>,
    pub identity: Option<String>,
    pub primary_key: bool,
    pub references: Vec<Reference>,
    pub strategy: Option<Strategy>,
    /// Has fields inside.
    pub nested: bool,
}

#[derive(Debug, Clone)]
pub(super) struct Reference {
    pub dataset: String,
    pub collection: String,
    /// The field and the names inside it.
    pub field: Vec<String>,
    pub direction: Direction,
    pub line: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Direction {
    From,
    To,
    Unsaid,
}

#[derive(Debug, Clone)]
pub(super) struct Strategy {
    pub name: String,
    pub value: Option<String>,
    pub line: usize,
}

/// Reads one file.
pub(super) fn read(file: &str, text: &str, remarks: &mut Vec<Remark>) -> Result<Vec<Dataset>, Box<Diagnostic>> {
    let root = tree::read(text)?;
    let mut reader = Reader { file, text, remarks, within: Vec::new() };
    let Some(datasets) = field(&root, "dataset") else {
        let position = Position::of(text, 0..0);
        let missing = Diagnostic::error("the file has no `dataset`").at(position);
        return Err(Box::new(missing.expect("a Fides dataset file, which begins with `dataset:`")));
    };
    for (key, _) in entries(&root).iter().filter(|(key, _)| key.text != "dataset") {
        reader.remark(&key.span, format!("`{}` beside `dataset`", key.text));
    }
    Ok(items(datasets).into_iter().map(|node| reader.dataset(node)).collect())
}

fn entries(node: &Node) -> &[(tree::Key, Node)] {
    match &node.value {
        Value::Map(entries) => entries,
        Value::Null | Value::Text(_) | Value::List(_) => &[],
    }
}

fn field<'n>(node: &'n Node, name: &str) -> Option<&'n Node> {
    entries(node).iter().find(|(key, _)| key.text == name).map(|(_, value)| value)
}

fn items(node: &Node) -> Vec<&Node> {
    match &node.value {
        Value::List(items) => items.iter().collect(),
        Value::Null => Vec::new(),
        Value::Text(_) | Value::Map(_) => vec![node],
    }
}

fn text_of(node: &Node) -> Option<String> {
    match &node.value {
        Value::Text(text) => Some(text.clone()),
        Value::Null | Value::List(_) | Value::Map(_) => None,
    }
}

fn is_empty(node: &Node) -> bool {
    match &node.value {
        Value::Null => true,
        Value::List(items) => items.is_empty(),
        Value::Text(_) | Value::Map(_) => false,
    }
}

fn yes(node: &Node) -> bool {
    text_of(node).is_some_and(|text| text.eq_ignore_ascii_case("true"))
}

struct Reader<'t, 'r> {
    file: &'t str,
    text: &'t str,
    remarks: &'r mut Vec<Remark>,
    /// Names of the dataset, collection and field that are being read.
    within: Vec<String>,
}

impl Reader<'_, '_> {
    fn line(&self, span: &std::ops::Range<usize>) -> usize {
        Position::of(self.text, span.clone()).line
    }

    fn remark(&mut self, span: &std::ops::Range<usize>, what: impl Into<String>) {
        let line = self.line(span);
        self.remarks.push(Remark { file: self.file.to_owned(), line, place: self.within.join("."), what: what.into() });
    }

    /// Metadata under its new or its old name.
    fn meta<'n>(&mut self, node: &'n Node) -> Vec<(&'n tree::Key, &'n Node)> {
        let found = ["fides_meta", "fidesops_meta"].into_iter().filter_map(|name| field(node, name));
        found.flat_map(|meta| entries(meta).iter().map(|(key, value)| (key, value))).collect()
    }

    fn unknown(&mut self, node: &Node, known: &[&str]) {
        for (key, _) in entries(node).iter().filter(|(key, _)| !known.contains(&key.text.as_str())) {
            self.remark(&key.span, format!("`{}` is not known to this program", key.text));
        }
    }

    fn dataset(&mut self, node: &Node) -> Dataset {
        let key = field(node, "fides_key").and_then(text_of).unwrap_or_default();
        self.within = vec![key.clone()];
        let known = [
            "fides_key",
            "organization_fides_key",
            "tags",
            "name",
            "description",
            "meta",
            "data_categories",
            "data_qualifier",
            "fides_meta",
            "fidesops_meta",
            "collections",
            "third_country_transfers",
            "joint_controller",
            "retention",
            "fidesctl_meta",
        ];
        self.unknown(node, &known);
        for name in ["meta", "tags", "retention", "data_categories"] {
            if let Some((key, _)) = entries(node).iter().find(|(key, value)| key.text == name && !is_empty(value)) {
                self.remark(&key.span, format!("`{name}` of the dataset has no place in a map"));
            }
        }
        let mut dataset = Dataset { key, line: self.line(&begin(node)), ..Dataset::default() };
        for (key, value) in self.meta(node) {
            match key.text.as_str() {
                "namespace" => dataset.schema = self.namespace(value),
                "after" => self.remark(&key.span, "`after` is not needed: the order follows from the references"),
                other => self.remark(&key.span, format!("`{other}` of the dataset has no place in a map")),
            }
        }
        for collection in field(node, "collections").map(items).unwrap_or_default() {
            dataset.collections.push(self.collection(collection));
            self.within.truncate(1);
        }
        dataset
    }

    fn namespace(&mut self, node: &Node) -> Option<String> {
        for (key, value) in entries(node).iter().filter(|(key, _)| key.text != "schema") {
            let written = text_of(value).unwrap_or_default();
            self.remark(&key.span, format!("`{}: {written}` of the namespace belongs into the source's url", key.text));
        }
        field(node, "schema").and_then(text_of)
    }

    fn collection(&mut self, node: &Node) -> Collection {
        let name = field(node, "name").and_then(text_of).unwrap_or_default();
        self.within.push(name.clone());
        let span = field(node, "name").map_or(0..0, |name| name.span.clone());
        self.unknown(node, &["name", "description", "data_categories", "data_qualifier", "fides_meta", "fidesops_meta", "fields"]);
        if let Some((key, _)) = entries(node).iter().find(|(key, value)| key.text == "data_categories" && !is_empty(value)) {
            self.remark(&key.span, "`data_categories` of the whole collection; those of its fields are taken over as comments");
        }
        let mut collection = Collection { name, line: self.line(&span), ..Collection::default() };
        for (key, value) in self.meta(node) {
            match key.text.as_str() {
                "skip_processing" => collection.skipped = yes(value),
                "masking_strategy_override" => collection.strategy = self.strategy(value).map(|strategy| strategy.name),
                "after" | "erase_after" => {
                    self.remark(&key.span, format!("`{}` is not needed: the order follows from the references", key.text))
                }
                "partitioning" => self.remark(&key.span, "`partitioning` is not needed: partitions are read with their table"),
                other => self.remark(&key.span, format!("`{other}` of the collection has no place in a map")),
            }
        }
        for node in field(node, "fields").map(items).unwrap_or_default() {
            self.field(node, &mut Vec::new(), &mut collection.fields);
        }
        collection
    }

    fn field(&mut self, node: &Node, path: &mut Vec<String>, found: &mut Vec<Field>) {
        let name = field(node, "name").and_then(text_of).unwrap_or_default();
        let span = field(node, "name").map_or(0..0, |name| name.span.clone());
        path.push(name);
        self.within.push(path.last().cloned().unwrap_or_default());
        self.unknown(
            node,
            &["name", "description", "data_categories", "data_qualifier", "fides_meta", "fidesops_meta", "fields", "retention"],
        );
        let mut read = Field { path: path.clone(), line: self.line(&span), ..Field::default() };
        read.categories = field(node, "data_categories").map(items).unwrap_or_default().into_iter().filter_map(text_of).collect();
        for (key, value) in self.meta(node) {
            match key.text.as_str() {
                "references" => {
                    let references: Vec<Reference> = items(value).into_iter().filter_map(|node| self.reference(node)).collect();
                    read.references.extend(references);
                }
                "identity" => read.identity = text_of(value),
                "primary_key" => read.primary_key = yes(value),
                "data_type" => read.data_type = text_of(value),
                "length" => {}
                "masking_strategy_override" => read.strategy = self.strategy(value),
                "read_only" if yes(value) => self.remark(&key.span, "`read_only`: make sure that nothing in the map changes this column"),
                "read_only" => {}
                "custom_request_field" => {
                    self.remark(&key.span, "`custom_request_field`: a map finds rows by references alone, not by fields of a request");
                }
                "return_all_elements" => self.remark(&key.span, "`return_all_elements` is not needed: rows are exported whole"),
                other => self.remark(&key.span, format!("`{other}` of the field has no place in a map")),
            }
        }
        let inner = field(node, "fields").map(items).unwrap_or_default();
        read.nested = !inner.is_empty();
        found.push(read);
        for node in inner {
            self.field(node, path, found);
        }
        path.pop();
        self.within.pop();
    }

    fn strategy(&mut self, node: &Node) -> Option<Strategy> {
        let name = field(node, "strategy").and_then(text_of)?;
        let configuration = field(node, "configuration");
        let value = configuration.and_then(|configuration| field(configuration, "rewrite_value")).and_then(text_of);
        let used = |key: &str| key == "rewrite_value";
        let dropped = configuration.map(entries).unwrap_or_default().iter().filter(|(key, value)| !used(&key.text) && !is_empty(value));
        for (key, _) in dropped.collect::<Vec<_>>() {
            self.remark(&key.span, format!("`{}` of the strategy `{name}` has no place in a map", key.text));
        }
        let span = field(node, "strategy").map_or(0..0, |node| node.span.clone());
        Some(Strategy { name, value, line: self.line(&span) })
    }

    fn reference(&mut self, node: &Node) -> Option<Reference> {
        let dataset = field(node, "dataset").and_then(text_of);
        let path = field(node, "field").and_then(text_of);
        let span = begin(node);
        let (Some(dataset), Some(path)) = (dataset, path) else {
            self.remark(&span, "a reference without `dataset` and `field`");
            return None;
        };
        let mut parts = path.split('.').map(str::to_owned);
        let collection = parts.next().unwrap_or_default();
        let field_path: Vec<String> = parts.collect();
        if field_path.is_empty() {
            self.remark(&span, format!("the reference to `{path}` names no field"));
            return None;
        }
        let direction = match field(node, "direction").and_then(text_of).as_deref() {
            Some("from") => Direction::From,
            Some("to") => Direction::To,
            Some(_) | None => Direction::Unsaid,
        };
        Some(Reference { dataset, collection, field: field_path, direction, line: self.line(&span) })
    }
}

/// Where a mapping begins: its first key.
fn begin(node: &Node) -> std::ops::Range<usize> {
    entries(node).first().map_or_else(|| node.span.clone(), |(key, _)| key.span.clone())
}
