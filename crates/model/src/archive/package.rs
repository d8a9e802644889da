//! `datapackage.json`: the archive as a Frictionless Data Package (version 2), with types, keys and digests.
//!
//! It promises only what a validator finds true: a type where every value fits it, a foreign key where every row referred to is inside.
//! The rest stands in properties of our own (`exeunt:…`), which other programs pass over.

use serde::Serialize;

use crate::archive::guard;
use crate::archive::header::Reference;
use crate::archive::manifest::{Column, Format, Manifest, Output, Table};
use crate::catalog::ColumnKind;
use crate::digest::Digest;
use crate::names::{SubjectKind, TableName};

const SCHEMA: &str = "https://datapackage.org/profiles/2.0/datapackage.json";

#[derive(Debug, Serialize)]
struct Package<'manifest> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    name: String,
    title: String,
    id: &'manifest str,
    created: String,
    resources: Vec<Resource>,
}

#[derive(Debug, Serialize)]
struct Resource {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    title: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    path: Path,
    format: &'static str,
    mediatype: &'static str,
    encoding: &'static str,
    /// Not told of a table in several files, where its meaning would be open; `exeunt.json` has them file by file.
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    hash: Option<String>,
    dialect: Dialect,
    schema: Schema,
    #[serde(rename = "exeunt:rows")]
    rows: u64,
    #[serde(rename = "exeunt:category", skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    #[serde(rename = "exeunt:table", skip_serializing_if = "Option::is_none")]
    table: Option<TableName>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Path {
    One(String),
    /// Pieces of one table, each with a header row.
    Several(Vec<String>),
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Dialect {
    header: bool,
    delimiter: &'static str,
    line_terminator: &'static str,
    quote_char: &'static str,
    double_quote: bool,
    skip_initial_space: bool,
}

const DIALECT: Dialect =
    Dialect { header: true, delimiter: ",", line_terminator: "\n", quote_char: "\"", double_quote: true, skip_initial_space: false };

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Schema {
    fields: Vec<Field>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    primary_key: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    foreign_keys: Vec<ForeignKey>,
    /// References of which not every row is inside.
    #[serde(rename = "exeunt:references", skip_serializing_if = "Vec::is_empty")]
    references: Vec<ForeignKey>,
}

#[derive(Debug, Serialize)]
struct ForeignKey {
    fields: Vec<String>,
    reference: ForeignReference,
}

#[derive(Debug, Serialize)]
struct ForeignReference {
    /// Empty for the resource itself.
    resource: String,
    fields: Vec<String>,
}

#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Field {
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    format: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    description: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    true_values: Option<[&'static str; 1]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    false_values: Option<[&'static str; 1]>,
    /// Empty where empty text is a value and no null can be.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing_values: Option<[&'static str; 0]>,
    #[serde(skip_serializing_if = "Option::is_none")]
    constraints: Option<Constraints>,
    #[serde(rename = "exeunt:databaseType", skip_serializing_if = "Option::is_none")]
    database_type: Option<String>,
    #[serde(rename = "exeunt:guarded", skip_serializing_if = "std::ops::Not::not")]
    guarded: bool,
}

#[derive(Debug, Default, PartialEq, Serialize)]
struct Constraints {
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    required: bool,
    #[serde(rename = "enum", skip_serializing_if = "Option::is_none")]
    values: Option<Vec<String>>,
}

/// The package as it is written: indented, for people.
///
/// # Errors
/// Only when serialisation fails, which plain data never does.
pub fn to_json(manifest: &Manifest) -> Result<Vec<u8>, serde_json::Error> {
    let names = resource_names(manifest);
    let mut resources: Vec<Resource> =
        manifest.tables.iter().zip(&names).map(|(table, name)| table_resource(manifest, &names, table, name)).collect();
    resources.extend(
        manifest.files.as_ref().map(|files| file_list_resource(&files.list.path, files.list.bytes, &files.list.sha256, files.count)),
    );
    let package = Package {
        schema: SCHEMA,
        name: format!("exeunt-{}", manifest.plan.short()),
        title: title(&manifest.platform, &manifest.subject.kind, manifest.subject.label.as_deref()),
        id: manifest.plan.as_str(),
        created: manifest.finished.to_string(),
        resources,
    };
    let mut json = serde_json::to_vec_pretty(&package)?;
    json.push(b'\n');
    Ok(json)
}

/// The archive's title: `Navigator: seat ada@acme.example`.
pub fn title(platform: &str, kind: &SubjectKind, label: Option<&str>) -> String {
    match label {
        Some(label) => format!("{platform}: {kind} {label}"),
        None => format!("{platform}: one {kind}"),
    }
}

/// A name for each table, in the order of the tables: that of its file, in small letters and signs that the format allows.
fn resource_names(manifest: &Manifest) -> Vec<String> {
    let mut names: Vec<String> = Vec::with_capacity(manifest.tables.len());
    for table in &manifest.tables {
        let path = table.outputs.first().map_or("", |output| output.path.as_str());
        let stem = path.trim_start_matches("data/").trim_end_matches(".csv");
        let plain = |character: char| match character.to_ascii_lowercase() {
            letter @ ('a'..='z' | '0'..='9' | '_' | '-') => letter,
            '/' | '.' => '.',
            _ => '-',
        };
        let stem: String = stem.chars().map(plain).collect();
        let candidates = std::iter::once(stem.clone()).chain((2_u32..).map(|number| format!("{stem}-{number}")));
        names.extend(candidates.into_iter().find(|candidate| !names.contains(candidate)));
    }
    names
}

fn table_resource(manifest: &Manifest, names: &[String], table: &Table, name: &str) -> Resource {
    let pieces: Vec<&Output> = table.outputs.iter().filter(|output| output.format == Format::Csv).collect();
    let (path, bytes, hash) = match pieces.as_slice() {
        [only] => (Path::One(only.path.clone()), Some(only.bytes), Some(only.sha256.as_str().to_owned())),
        several => (Path::Several(several.iter().map(|output| output.path.clone()).collect()), None, None),
    };
    let (closed, open): (Vec<&Reference>, Vec<&Reference>) =
        table.references.iter().partition(|reference| can_be_demanded(manifest, table, reference));
    let foreign_keys =
        |references: Vec<&Reference>| references.into_iter().filter_map(|it| foreign_key(manifest, names, table, it)).collect();
    Resource {
        name: name.to_owned(),
        kind: "table",
        title: format!("{}: {}", table.category.label, table.table.local()),
        description: table.description.clone(),
        path,
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        bytes,
        hash,
        dialect: DIALECT,
        schema: Schema {
            fields: fields(table),
            primary_key: table.primary_key.iter().filter(|_| has_columns(table, &table.primary_key)).cloned().collect(),
            foreign_keys: foreign_keys(closed),
            references: foreign_keys(open),
        },
        rows: table.rows,
        category: Some(table.category.label.clone()),
        table: Some(table.table.clone()),
    }
}

fn has_columns(table: &Table, names: &[String]) -> bool {
    names.iter().all(|name| table.columns.iter().any(|column| column.name == *name))
}

/// Whether a validator may demand that each reference finds its row.
///
/// A reference of several columns counts for databases only when none of them is null, while validators look at it as soon as one is not.
fn can_be_demanded(manifest: &Manifest, table: &Table, reference: &Reference) -> bool {
    let never_null = |name: &String| table.columns.iter().any(|column| column.name == *name && !column.nullable);
    let inside = manifest.tables.iter().any(|other| other.table == reference.table);
    reference.closed && inside && (reference.columns.len() == 1 || reference.columns.iter().all(never_null))
}

/// `None` where a column on either side is not exported.
fn foreign_key(manifest: &Manifest, names: &[String], table: &Table, reference: &Reference) -> Option<ForeignKey> {
    let (target, name) = manifest.tables.iter().zip(names).find(|(other, _)| other.table == reference.table)?;
    let whole = has_columns(table, &reference.columns) && has_columns(target, &reference.referenced_columns);
    let resource = if target.table == table.table { String::new() } else { name.clone() };
    let reference_to = ForeignReference { resource, fields: reference.referenced_columns.clone() };
    whole.then(|| ForeignKey { fields: reference.columns.clone(), reference: reference_to })
}

fn fields(table: &Table) -> Vec<Field> {
    let mut fields: Vec<Field> = table.columns.iter().map(|column| field(table, column)).collect();
    if table.blank_rows > 0 {
        // Validators refuse a row without any value, which a table without a key may well have. Where empty text counts as a value, it
        // has one.
        let plain = fields.iter().position(|field| field.kind == "string" && field.format.is_none() && field.constraints.is_none());
        if let Some(field) = fields.get_mut(plain.unwrap_or(0)) {
            if plain.is_none() {
                (field.kind, field.format, field.constraints) = ("any", None, None);
            }
            field.missing_values = Some([]);
        }
    }
    fields
}

fn field(table: &Table, column: &Column) -> Field {
    let (kind, format) = if column.conforms { field_type(column) } else { ("any", None) };
    let is_text = matches!(kind, "string" | "any");
    // In a table of one column null is written like empty text.
    let never_null = !column.nullable;
    let written = |label: &String| if guard::is_marked(label) { format!("{}{label}", guard::MARK) } else { label.clone() };
    let values = if let ColumnKind::Enumeration(labels) = &column.kind
        && column.conforms
    {
        Some(labels.iter().map(written).collect())
    } else {
        None
    };
    let constraints = Constraints { required: never_null && table.columns.len() > 1, values };
    Field {
        name: column.name.clone(),
        kind,
        format,
        description: column.description.clone().or_else(|| explanation(&column.kind)),
        true_values: (kind == "boolean").then_some(["true"]),
        false_values: (kind == "boolean").then_some(["false"]),
        missing_values: (never_null && is_text).then_some([]),
        constraints: (constraints != Constraints::default()).then_some(constraints),
        database_type: Some(column.declared_type.clone()),
        guarded: column.guarded,
    }
}

fn field_type(column: &Column) -> (&'static str, Option<&'static str>) {
    match &column.kind {
        ColumnKind::Boolean => ("boolean", None),
        ColumnKind::Integer => ("integer", None),
        ColumnKind::Float | ColumnKind::Decimal => ("number", None),
        ColumnKind::Date => ("date", None),
        // Databases write a space where the format's own spelling has a T, and a zone of two digits.
        ColumnKind::Timestamp | ColumnKind::TimestampWithZone => ("datetime", Some("any")),
        ColumnKind::Time => ("time", Some("any")),
        ColumnKind::Uuid => ("string", Some("uuid")),
        ColumnKind::Text
        | ColumnKind::Bytes
        | ColumnKind::Interval
        | ColumnKind::Json
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => ("string", None),
    }
}

fn explanation(kind: &ColumnKind) -> Option<String> {
    match kind {
        ColumnKind::Bytes => Some("bytes as hexadecimal digits".to_owned()),
        ColumnKind::Json => Some("JSON".to_owned()),
        ColumnKind::Array => Some("an array in the database's own notation".to_owned()),
        ColumnKind::Boolean
        | ColumnKind::Integer
        | ColumnKind::Float
        | ColumnKind::Decimal
        | ColumnKind::Text
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Uuid
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => None,
    }
}

fn file_list_resource(path: &str, bytes: u64, sha256: &Digest, count: u64) -> Resource {
    let text = |name: &str| Field { name: name.to_owned(), kind: "string", guarded: true, ..Field::default() };
    let number = |name: &str| Field { name: name.to_owned(), kind: "integer", ..Field::default() };
    let fields = vec![
        text("path"),
        number("part"),
        text("category"),
        text("source"),
        text("key"),
        number("bytes"),
        text("sha256"),
        text("media_type"),
    ];
    Resource {
        name: "files".to_owned(),
        kind: "table",
        title: "Files".to_owned(),
        description: Some("which file in this archive is which on the platform".to_owned()),
        path: Path::One(path.to_owned()),
        format: "csv",
        mediatype: "text/csv",
        encoding: "utf-8",
        bytes: Some(bytes),
        hash: Some(sha256.as_str().to_owned()),
        dialect: DIALECT,
        schema: Schema { fields, primary_key: vec!["path".to_owned()], foreign_keys: Vec::new(), references: Vec::new() },
        rows: count,
        category: None,
        table: None,
    }
}
