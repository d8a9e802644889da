//! Headers and rows that the archive tests share. All names are made up.

use std::path::Path;

use exeunt_engine::archive::{ArchiveWriter, Options};
use exeunt_model::archive::header::{
    Category, ColumnHeader, Contact, FileHeader, LeftOut, LeftOutReason, Reference, SourceMoment, Subject, Summary, TableHeader,
};
use exeunt_model::catalog::{ColumnKind, SourceKind};
use exeunt_model::digest::Digest;
use exeunt_model::names::{CategoryName, SourceName, SubjectKind, TableName};
use exeunt_model::signature::SigningKey;
use jiff::Timestamp;

pub fn key() -> SigningKey {
    SigningKey::from_seed(&[42; 32])
}

pub fn started() -> Timestamp {
    "2025-06-14T09:31:02Z".parse().expect("a timestamp")
}

pub fn options(folder: &Path) -> Options {
    Options {
        folder: folder.to_owned(),
        name: "seat-17".to_owned(),
        started: started(),
        key: key(),
        part_size: None,
        encryption: None,
        json_lines: false,
        parquet: false,
        threads: None,
    }
}

pub fn app() -> SourceName {
    SourceName::new("app")
}

pub fn category(name: &str, label: &str) -> Category {
    Category { name: CategoryName::new(name), label: label.to_owned() }
}

pub fn table_name(name: &str) -> TableName {
    TableName::new(&app(), None, name)
}

pub fn column(name: &str, kind: ColumnKind, declared_type: &str) -> ColumnHeader {
    ColumnHeader {
        name: name.to_owned(),
        kind,
        declared_type: declared_type.to_owned(),
        nullable: name != "id",
        checked_by_source: true,
        description: None,
    }
}

pub fn note_table() -> TableHeader {
    TableHeader {
        table: table_name("note"),
        category: category("notes", "Notes"),
        columns: vec![
            column("id", ColumnKind::Integer, "bigint"),
            column("parent_id", ColumnKind::Integer, "bigint"),
            column("body", ColumnKind::Text, "text"),
            column("pinned", ColumnKind::Boolean, "boolean"),
            column("created_at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
        ],
        primary_key: vec!["id".to_owned()],
        references: vec![Reference {
            columns: vec!["parent_id".to_owned()],
            table: table_name("note"),
            referenced_columns: vec!["id".to_owned()],
            closed: true,
        }],
        owner_paths: vec!["each row belongs to the seat found by author_seat_id → app.seat".to_owned()],
        description: Some("What a seat wrote down".to_owned()),
        dated_by: None,
    }
}

pub const NOTE_ROWS: &str = "1,,\"Call back, \"\"soon\"\"\",true,2025-01-03 10:00:00+00\n\
     2,1,=HYPERLINK(1),false,2025-02-03 10:00:00.5+00\n\
     3,1,\"two\nlines <b>&amp;</b>\",,2025-02-04 10:00:00+00\n\
     4,,\"\",false,\n\
     5,4,'quoted,false,2025-06-01 23:59:59.123456+00\n";

pub fn attachment(key: &str, media_type: Option<&str>) -> FileHeader {
    FileHeader {
        source: SourceName::new("files"),
        key: key.to_owned(),
        category: category("messages", "Messages"),
        size_hint: None,
        media_type: media_type.map(str::to_owned),
    }
}

pub fn summary() -> Summary {
    Summary {
        subject: Subject {
            kind: SubjectKind::new("seat"),
            digest: Digest::of_bytes(b"seat 17"),
            label: Some("ada@acme.example".to_owned()),
        },
        platform: "Navigator".to_owned(),
        finished: "2025-06-14T09:31:05Z".parse().expect("a timestamp"),
        plan: Digest::of_bytes(b"plan"),
        map: Digest::of_bytes(b"map"),
        sources: vec![SourceMoment {
            source: app(),
            kind: SourceKind::Postgres,
            taken: started(),
            catalog: Some(Digest::of_bytes(b"catalog")),
        }],
        left_out: vec![
            LeftOut {
                category: Some(category("saved_leads", "Saved Leads")),
                table: None,
                columns: Vec::new(),
                reason: LeftOutReason::OnRequest,
                note: None,
            },
            LeftOut {
                category: None,
                table: Some(table_name("seat")),
                columns: vec!["api_token".to_owned()],
                reason: LeftOutReason::Secret,
                note: None,
            },
        ],
        contact: Some(Contact { name: "Your account representative".to_owned(), address: "representative@navigator.example".to_owned() }),
        tool: "exeunt 0.1.0".to_owned(),
    }
}

/// Writes the notes and two files, everything but the end.
pub fn fill(archive: &mut ArchiveWriter) {
    let mut sink = archive.table(note_table()).expect("a new table");
    sink.push(NOTE_ROWS.as_bytes()).expect("good rows");
    assert_eq!(sink.finish().expect("all rows").rows, 5);
    for (name, content, media_type) in
        [("in/a.txt", "plain text\n".repeat(50).into_bytes(), None), ("in/b.png", vec![7; 3000], Some("image/png"))]
    {
        let mut sink = archive.file(attachment(name, media_type)).expect("a new file");
        sink.push(&content).expect("written");
        sink.finish().expect("whole");
    }
}
