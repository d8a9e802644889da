use super::*;
use crate::archive::header::{ColumnHeader, Subject};
use crate::archive::manifest::{Column, CsvForm, Format, Output, VERSION};
use crate::catalog::ColumnKind;
use crate::digest::Digest;
use crate::names::{CategoryName, SourceName, SubjectKind, TableName};
use crate::signature::SigningKey;

const HOSTILE: &str = "<script>alert('x')</script>\"&";

fn manifest() -> Manifest {
    let column = ColumnHeader {
        name: HOSTILE.to_owned(),
        kind: ColumnKind::Text,
        declared_type: HOSTILE.to_owned(),
        nullable: true,
        checked_by_source: true,
        description: None,
    };
    let table = Table {
        table: TableName::new(&SourceName::new("app"), None, HOSTILE),
        category: Category { name: CategoryName::new("c"), label: HOSTILE.to_owned() },
        rows: 3,
        columns: vec![Column {
            name: column.name,
            kind: column.kind,
            declared_type: column.declared_type,
            nullable: true,
            guarded: true,
            conforms: true,
            description: None,
        }],
        primary_key: Vec::new(),
        references: Vec::new(),
        owner_paths: vec![HOSTILE.to_owned()],
        description: Some(HOSTILE.to_owned()),
        dates: None,
        replaced_bytes: 0,
        blank_rows: 0,
        outputs: vec![Output {
            path: format!("data/c/{HOSTILE}.csv"),
            format: Format::Csv,
            part: 1,
            rows: 3,
            bytes: 10,
            sha256: Digest::of_bytes(b""),
        }],
    };
    Manifest {
        exeunt_archive: VERSION,
        tool: HOSTILE.to_owned(),
        platform: HOSTILE.to_owned(),
        finished: "2025-06-14T09:31:02Z".parse().expect("a timestamp"),
        subject: Subject { kind: SubjectKind::new(HOSTILE), digest: Digest::of_bytes(b""), label: Some(HOSTILE.to_owned()) },
        plan: Digest::of_bytes(b"plan"),
        map: Digest::of_bytes(b"map"),
        sources: Vec::new(),
        csv: CsvForm::default(),
        tables: vec![table],
        files: None,
        pages: Vec::new(),
        left_out: Vec::new(),
        contact: None,
        earlier_parts: Vec::new(),
    }
}

#[test]
fn hostile_text_stays_text_wherever_it_comes_from() {
    let manifest = manifest();
    let statistics = [Statistics { first_rows: vec![vec![Some(HOSTILE.to_owned())]], ..Statistics::default() }];
    let files = [CategoryFiles { category: manifest.tables[0].category.clone(), count: 1, bytes: 1, named: vec![(HOSTILE.to_owned(), 1)] }];
    let key = SigningKey::from_seed(&[1; 32]).id();
    let content = Content { manifest: &manifest, statistics: &statistics, files: &files, key: &key, file_name: HOSTILE };
    let html = render(content);
    assert!(!html.contains("<script") && !html.contains("alert('x')"));
    assert!(html.matches("&lt;script&gt;").count() >= 10);
}

#[test]
fn the_page_asks_nothing_from_any_network() {
    let manifest = manifest();
    let key = SigningKey::from_seed(&[1; 32]).id();
    let html = render(Content { manifest: &manifest, statistics: &[Statistics::default()], files: &[], key: &key, file_name: "a.zip" });
    assert!(html.contains("default-src 'none'"));
    for word in ["http://", "https://", "@import", "url(", "<img", "<iframe", "<object", "src="] {
        assert!(!html.contains(word), "{word}");
    }
}
