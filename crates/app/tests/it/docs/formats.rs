//! The fields of our file formats, read from the types that are written to the files: their comments are the reference.

use std::fmt::Write as _;
use std::fs;

use super::{generated, repository};

/// A struct or an enum of the source, with its comments.
struct Shape {
    name: String,
    comment: String,
    members: Vec<Member>,
    is_enum: bool,
    /// Names of variants are written in capitals.
    capitals: bool,
}

struct Member {
    name: String,
    /// Empty for variants without fields.
    kind: String,
    comment: String,
    may_be_absent: bool,
}

/// The shapes of a file, as `rustfmt` lays them out.
fn shapes(path: &str) -> Vec<Shape> {
    let source = fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("read {path}: {error}"));
    let mut found: Vec<Shape> = Vec::new();
    let mut comment = String::new();
    let mut attributes = String::new();
    let mut open = false;
    // A variant with fields gathers them in one line.
    let mut variant: Option<Member> = None;
    for line in source.lines() {
        let text = line.trim();
        if let Some(words) = text.strip_prefix("///") {
            comment = format!("{comment} {}", words.trim()).trim().to_owned();
            continue;
        }
        if text.starts_with("#[") {
            attributes.push_str(text);
            continue;
        }
        let about = std::mem::take(&mut comment);
        let marks = std::mem::take(&mut attributes);
        let header = ["pub struct ", "pub enum "].iter().find_map(|start| Some((*start, line.strip_prefix(start)?.strip_suffix(" {")?)));
        if let Some((start, name)) = header {
            let capitals = marks.contains("SCREAMING_SNAKE_CASE");
            found.push(Shape { name: name.to_owned(), comment: about, members: Vec::new(), is_enum: start == "pub enum ", capitals });
            open = true;
        } else if line == "}" {
            open = false;
        } else if let Some(shape) = found.last_mut().filter(|_| open) {
            let may_be_absent = marks.contains("skip_serializing_if");
            if !shape.is_enum {
                if let Some((name, kind)) = text.strip_prefix("pub ").and_then(|field| field.trim_end_matches(',').split_once(": ")) {
                    shape.members.push(Member { name: name.to_owned(), kind: kind.to_owned(), comment: about, may_be_absent });
                }
            } else if let Some(mut fields) = variant.take() {
                match text.trim_end_matches(',').split_once(": ") {
                    Some((name, kind)) => {
                        if !about.is_empty() {
                            let _ = write!(fields.comment, " `{name}`: {about}");
                        }
                        let separator = if fields.kind.is_empty() { "" } else { "; " };
                        let _ = write!(fields.kind, "{separator}{name}: {kind}");
                        variant = Some(fields);
                    }
                    None => shape.members.push(fields),
                }
            } else if let Some(name) = text.strip_suffix(" {") {
                variant = Some(Member { name: snake(name), kind: String::new(), comment: about, may_be_absent: false });
            } else if let Some((name, fields)) = text.split_once(" { ") {
                let kind = fields.trim_end_matches(',').trim_end_matches(" }").replace(", ", "; ");
                shape.members.push(Member { name: snake(name), kind, comment: about, may_be_absent: false });
            } else if let Some((name, kind)) = text.trim_end_matches(',').trim_end_matches(')').split_once('(') {
                shape.members.push(Member { name: snake(name), kind: kind.to_owned(), comment: about, may_be_absent: false });
            } else if !text.is_empty() {
                let name = text.trim_end_matches(',');
                shape.members.push(Member { name: snake(name), kind: String::new(), comment: about, may_be_absent: false });
            }
        }
    }
    found
}

/// `CompletedWithRetained` is written `completed_with_retained`.
fn snake(name: &str) -> String {
    let mut written = String::new();
    for character in name.chars() {
        if character.is_uppercase() && !written.is_empty() {
            written.push('_');
        }
        written.extend(character.to_lowercase());
    }
    written
}

/// A Rust type in words; names of shapes on the page become links.
fn words(kind: &str, known: &[String]) -> String {
    if let Some(inner) = kind.strip_prefix("Option<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("{} or null", words(inner, known));
    }
    if let Some(inner) = kind.strip_prefix("Vec<").and_then(|rest| rest.strip_suffix('>')) {
        return format!("list of {}", words(inner, known));
    }
    let kind = kind.rsplit("::").next().unwrap_or(kind);
    if known.iter().any(|name| name == kind) {
        return format!("[{kind}](#{})", kind.to_lowercase());
    }
    match kind {
        "String" => "text".to_owned(),
        "bool" => "true or false".to_owned(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "number".to_owned(),
        "Digest" => "digest".to_owned(),
        "Timestamp" | "Moment" => "time, UTC".to_owned(),
        "TableName" => "name of a table".to_owned(),
        "SourceName" => "name of a source".to_owned(),
        "SubjectKind" => "kind of subject".to_owned(),
        "CategoryName" => "name of a category".to_owned(),
        "RunId" => "32 hexadecimal digits".to_owned(),
        "Hash" => "SHA-256 in Base64".to_owned(),
        "Signature" => "the fields `context`, `digest`, `public_key`, `signature`".to_owned(),
        other => other.to_owned(),
    }
}

/// A table of fields per shape, in the order asked for.
fn page(files: &[&str], wanted: &[&str]) -> String {
    let all: Vec<Shape> = files.iter().flat_map(|path| shapes(path)).collect();
    let known: Vec<String> = wanted.iter().map(|name| (*name).to_owned()).collect();
    let mut page = String::new();
    for name in wanted {
        let shape = all.iter().find(|shape| shape.name == *name).unwrap_or_else(|| panic!("{files:?} have no type {name}"));
        // Writing to a String never fails.
        let _ = write!(page, "### {name}\n\n");
        if !shape.comment.is_empty() {
            let _ = write!(page, "{}\n\n", shape.comment);
        }
        let plain = shape.is_enum && shape.members.iter().all(|member| member.kind.is_empty());
        page.push_str(match (shape.is_enum, plain) {
            (true, true) => "| value | meaning |\n|---|---|\n",
            (true, false) => "| one of | with | meaning |\n|---|---|---|\n",
            (false, _) => "| field | type | meaning |\n|---|---|---|\n",
        });
        for member in &shape.members {
            let name = if shape.capitals { member.name.to_uppercase() } else { member.name.clone() };
            let fields = |kind: &str| -> String {
                let each = kind.split("; ").map(|field| match field.split_once(": ") {
                    Some((name, kind)) => format!("`{name}`: {}", words(kind, &known)),
                    None => words(field, &known),
                });
                each.collect::<Vec<_>>().join("; ")
            };
            let absent = if member.may_be_absent { " May be absent." } else { "" };
            let about = format!("{}{absent}", member.comment);
            let about = about.trim();
            assert!(!about.is_empty(), "{name} of {} needs a comment that says what it means", shape.name);
            let _ = match (shape.is_enum, plain) {
                (true, true) => writeln!(page, "| `{name}` | {about} |"),
                (true, false) => writeln!(page, "| `{name}` | {} | {about} |", fields(&member.kind)),
                (false, _) => writeln!(page, "| `{name}` | {} | {about} |", words(&member.kind, &known)),
            };
        }
        page.push('\n');
    }
    page
}

#[test]
fn reference_of_certificates_is_current() {
    let files = ["certificate/mod.rs", "certificate/statement.rs", "certificate/residual.rs", "log/entry.rs", "run.rs"];
    let files: Vec<String> = files.iter().map(|file| format!("crates/model/src/{file}")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let wanted = [
        "Certificate",
        "Statement",
        "Ending",
        "Purpose",
        "Scope",
        "Tool",
        "MapBinding",
        "SourceBinding",
        "ChoiceMade",
        "TableCount",
        "CategoryCount",
        "KeptRows",
        "KeptWhy",
        "FileCount",
        "Outside",
        "Verification",
        "Recount",
        "Residual",
        "ResidualTable",
        "Verdict",
        "Failure",
        "Phase",
        "Anchor",
        "AnchoredEntry",
        "Entry",
        "Event",
        "StopReason",
    ];
    generated::check("docs/reference/certificate.md", &page(&files, &wanted));
}

#[test]
fn reference_of_archives_is_current() {
    let files = ["archive/manifest.rs", "archive/header.rs", "archive/statistics.rs", "archive/guard.rs", "catalog.rs"];
    let files: Vec<String> = files.iter().map(|file| format!("crates/model/src/{file}")).collect();
    let files: Vec<&str> = files.iter().map(String::as_str).collect();
    let wanted = [
        "Manifest",
        "Subject",
        "SourceMoment",
        "SourceKind",
        "CsvForm",
        "Declaration",
        "Table",
        "Category",
        "Column",
        "ColumnKind",
        "Reference",
        "Dates",
        "Output",
        "Format",
        "FileList",
        "Page",
        "LeftOut",
        "LeftOutReason",
        "Contact",
        "Part",
    ];
    generated::check("docs/reference/archive.md", &page(&files, &wanted));
}
