//! Other programs read what we write: Python, Frictionless, pandas, DuckDB, LibreOffice, Chromium.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use exeunt_engine::archive::{ArchiveWriter, verify};
use exeunt_model::archive::header::{ColumnHeader, Reference, TableHeader};
use exeunt_model::catalog::ColumnKind;
use exeunt_testkit::tools;

use super::sample::{attachment, category, column, key, note_table, options, summary, table_name};

fn run(command: &mut Command) -> String {
    let output = command.output().expect("the program is installed");
    let text = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {text}");
    text
}

fn python(script: &str, arguments: &[&Path]) -> String {
    run(tools::python().arg("-c").arg(script).args(arguments))
}

fn unpack(archives: &[PathBuf], folder: &Path) {
    for archive in archives {
        python("import sys, zipfile\nzipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])", &[archive, folder]);
    }
}

fn table(name: &str, columns: Vec<ColumnHeader>, primary_key: &[&str], references: Vec<Reference>) -> TableHeader {
    TableHeader {
        table: table_name(name),
        category: category("kinds", "Every kind"),
        columns,
        primary_key: primary_key.iter().map(|name| (*name).to_owned()).collect(),
        references,
        owner_paths: Vec::new(),
        description: None,
        dated_by: None,
    }
}

/// Every kind of column, with the values that other programs stumble over.
pub fn kinds() -> (TableHeader, String) {
    let kinds = [
        ("id", ColumnKind::Integer, "bigint"),
        ("yes", ColumnKind::Boolean, "boolean"),
        ("ratio", ColumnKind::Float, "double precision"),
        ("price", ColumnKind::Decimal, "numeric(12,2)"),
        ("odd_price", ColumnKind::Decimal, "numeric"),
        ("day", ColumnKind::Date, "date"),
        ("odd_day", ColumnKind::Date, "date"),
        ("clock", ColumnKind::Time, "time without time zone"),
        ("zoned_clock", ColumnKind::Time, "time with time zone"),
        ("at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
        ("local_at", ColumnKind::Timestamp, "timestamp without time zone"),
        ("odd_at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
        ("length", ColumnKind::Interval, "interval"),
        ("uuid", ColumnKind::Uuid, "uuid"),
        ("blob", ColumnKind::Bytes, "bytea"),
        ("document", ColumnKind::Json, "jsonb"),
        ("tags", ColumnKind::Array, "text[]"),
        ("state", ColumnKind::Enumeration(vec!["open".to_owned(), "-closed".to_owned()]), "state"),
        ("shape", ColumnKind::Other, "point"),
        ("text", ColumnKind::Text, "text"),
    ];
    let columns = kinds.into_iter().map(|(name, kind, declared)| column(name, kind, declared)).collect();
    let rows = "1,true,1.5,12.50,NaN,2024-02-29,infinity,09:31:02,09:31:02+02,2025-06-14 09:31:02.123456+00,2025-06-14 09:31:02,infinity,\
                1 mon -00:05:00,6ba7b810-9dad-11d1-80b4-00c04fd430c8,\\x00ff,\"{\"\"a\"\": [1, null]}\",\"{a,\"\"b c\"\",NULL}\",open,\"(1,2)\",\"a\nb\r\nc\"\n\
                2,false,-1e-07,-0.01,1,0001-01-01,2025-01-01,23:59:59.999999,00:00:00-03:30,0001-01-01 00:00:00+00,9999-12-31 23:59:59,\
                0044-03-15 00:00:00+00 BC,00:00:01,00000000-0000-0000-0000-000000000000,\\x,null,{},-closed,\"(-1.5,0)\",=1+1\n\
                3,,,,,,,,,,,,,,,,,,,\n\
                9223372036854775807,true,1e+300,9999999999.99,-Infinity,9999-12-31,10000-01-01,00:00:00,12:00:00+00,2025-06-14 09:31:02+05:30,\
                1970-01-01 00:00:00,2025-06-14 09:31:02+00,-1 years,ffffffff-ffff-ffff-ffff-ffffffffffff,\\xdeadbeef,\"\"\"text\"\"\",{{1}},open,\"(0,0)\",\"\"\n"
        .to_owned();
    (table("kinds", columns, &["id"], Vec::new()), rows)
}

/// SQLite lets any value into any column; keys may be empty, and composite.
fn loose() -> (TableHeader, String) {
    let unchecked = |name: &str, kind: ColumnKind| ColumnHeader {
        checked_by_source: false,
        nullable: name == "parent" || name == "number",
        ..column(name, kind, "ANY")
    };
    let columns = vec![
        unchecked("space", ColumnKind::Text),
        unchecked("code", ColumnKind::Text),
        unchecked("number", ColumnKind::Integer),
        unchecked("whole", ColumnKind::Integer),
        unchecked("parent", ColumnKind::Text),
    ];
    let rows = "\"\",\"\",abc,-1,\n\"\",a,1.5,0,\"\"\nx,\"\",,7,a\n'y,=b,=1,7,'q\n".to_owned();
    (table("loose", columns, &["space", "code"], Vec::new()), rows)
}

/// Rows that refer to `kinds`, to themselves, and to a table that is not inside.
fn links() -> (TableHeader, String) {
    let reference = |from: &[&str], to: &str, columns: &[&str], closed: bool| Reference {
        columns: from.iter().map(|name| (*name).to_owned()).collect(),
        table: table_name(to),
        referenced_columns: columns.iter().map(|name| (*name).to_owned()).collect(),
        closed,
    };
    let columns = ["id", "kind_id", "parent_id", "elsewhere_id", "open_id"].map(|name| column(name, ColumnKind::Integer, "integer"));
    let references = vec![
        reference(&["kind_id"], "kinds", &["id"], true),
        reference(&["parent_id"], "links", &["id"], true),
        reference(&["elsewhere_id"], "gone", &["id"], true),
        reference(&["open_id"], "kinds", &["id"], false),
    ];
    (table("links", columns.to_vec(), &["id"], references), "1,1,,5,77\n2,3,1,,1\n3,,2,6,\n".to_owned())
}

/// Many rows with every letter and quote, so that parts split the table.
fn many(rows: u32) -> (TableHeader, String) {
    let columns = vec![
        column("id", ColumnKind::Integer, "bigint"),
        column("subject", ColumnKind::Text, "text"),
        column("created_at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
    ];
    let mut csv = String::new();
    let mut noise = 1_u64;
    for id in 0..rows {
        noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (month, day) = (1 + noise % 12, 1 + (noise >> 8) % 28);
        let text = ["\"Re: \"\"offer\"\", 2nd\"", "日本語 → Ärger", "\"two\nlines\"", "=SUM(A1)", "+1 (555)"][(noise >> 16) as usize % 5];
        writeln!(
            csv,
            "{id},{text}{},2025-{month:02}-{day:02} 10:00:00+00",
            if text.ends_with('"') { String::new() } else { format!("{noise:x}") }
        )
        .expect("to memory");
    }
    (table("message", columns, &["id"], Vec::new()), csv)
}

fn write_archive(folder: &Path, part_size: Option<u64>, message_rows: u32) -> Vec<PathBuf> {
    let mut archive = ArchiveWriter::create(exeunt_engine::archive::Options { part_size, ..options(folder) }).expect("a new archive");
    for (header, rows) in [kinds(), loose(), links(), many(message_rows)] {
        let name = header.table.clone();
        let mut sink = archive.table(header).expect("a new table");
        sink.push(rows.as_bytes()).unwrap_or_else(|error| panic!("{name}: {error}"));
        sink.finish().unwrap_or_else(|error| panic!("{name}: {error}"));
    }
    let single = table("single", vec![column("note", ColumnKind::Text, "text")], &[], Vec::new());
    let numbers =
        table("numbers", vec![column("one", ColumnKind::Integer, "integer"), column("two", ColumnKind::Uuid, "uuid")], &[], Vec::new());
    for (header, rows) in [(single, "a\n\n\"\"\n=b\n"), (numbers, "1,\n,\n,6ba7b810-9dad-11d1-80b4-00c04fd430c8\n")] {
        let mut sink = archive.table(header).expect("a new table");
        sink.push(rows.as_bytes()).expect("good rows");
        sink.finish().expect("all rows");
    }
    let mut sink = archive.table(note_table()).expect("a new table");
    sink.push(super::sample::NOTE_ROWS.as_bytes()).expect("good rows");
    sink.finish().expect("all rows");
    for (name, content) in [("x/Angebot für Süd.pdf", b"%PDF-1.7".repeat(40_000)), ("-x/=y.bin", vec![0; 700_000]), ("empty", Vec::new())]
    {
        let mut sink = archive.file(attachment(name, None)).expect("a new file");
        sink.push(&content).expect("written");
        sink.finish().expect("whole");
    }
    let paths = archive.finish(summary()).expect("an archive").paths;
    verify(&paths[0], Some(&key().id()), None).expect("a good archive");
    paths
}

const MESSAGES: u32 = 30_000;

#[test]
fn python_finds_every_checksum_right() {
    let folder = tempfile::tempdir().expect("a folder");
    let paths = write_archive(folder.path(), None, MESSAGES);
    python("import sys, zipfile\nassert zipfile.ZipFile(sys.argv[1]).testzip() is None", &[&paths[0]]);
}

#[test]
fn frictionless_finds_the_package_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    unpack(&write_archive(folder.path(), None, 2_000), &unpacked);
    validate(&unpacked, 2_000);
}

#[test]
fn frictionless_finds_the_package_of_several_parts_valid() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    let paths = write_archive(folder.path(), Some(exeunt_engine::archive::SMALLEST_PART), 120_000);
    assert!(paths.len() > 1, "{paths:?}");
    unpack(&paths, &unpacked);
    validate(&unpacked, 120_000);
}

fn validate(unpacked: &Path, message_rows: u32) {
    let report = python(
        "import frictionless, json, sys\n\
         report = frictionless.validate(sys.argv[1])\n\
         print(json.dumps({task.name: [task.valid, task.stats.get('rows'), [str(e) for e in task.errors]] for task in report.tasks}))\n\
         assert report.valid, report.flatten()",
        &[&unpacked.join("datapackage.json")],
    );
    let tasks: serde_json::Value = serde_json::from_str(report.trim()).expect("JSON");
    for (name, rows) in [
        ("kinds.kinds", 4),
        ("kinds.loose", 4),
        ("kinds.links", 3),
        ("kinds.message", message_rows),
        ("kinds.single", 4),
        ("kinds.numbers", 3),
        ("files", 3),
    ] {
        assert_eq!(tasks[name][1], rows, "{name}: {tasks}");
    }
}

#[test]
fn the_package_promises_types_and_keys_only_where_they_hold() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    unpack(&write_archive(folder.path(), None, 10), &unpacked);
    let json = std::fs::read(unpacked.join("datapackage.json")).expect("the package");
    let package: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    let resource =
        |name: &str| package["resources"].as_array().into_iter().flatten().find(|it| it["name"] == name).expect("a resource").clone();
    let types = |name: &str| -> Vec<String> {
        let fields = resource(name)["schema"]["fields"].as_array().expect("fields").clone();
        fields.iter().map(|field| field["type"].as_str().expect("a type").to_owned()).collect()
    };
    let want = [
        "integer", "boolean", "number", "number", "any", "date", "any", "time", "time", "datetime", "datetime", "any", "string", "string",
        "string", "string", "string", "string", "string", "string",
    ];
    assert_eq!(types("kinds.kinds"), want);
    assert_eq!(types("kinds.loose"), ["string", "string", "any", "integer", "string"]);
    let schema = resource("kinds.links")["schema"].clone();
    assert_eq!(schema["foreignKeys"].as_array().map(Vec::len), Some(2), "{schema}");
    assert_eq!(schema["foreignKeys"][1]["reference"]["resource"], "");
    assert_eq!(schema["exeunt:references"].as_array().map(Vec::len), Some(1), "{schema}");
}

#[test]
fn pandas_and_duckdb_read_every_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    unpack(&write_archive(folder.path(), None, MESSAGES), &unpacked);
    let counts = python(
        "import pathlib, sys, pandas, duckdb\n\
         for path in sorted(pathlib.Path(sys.argv[1]).glob('data/*/*.csv')):\n\
        \x20   by_pandas = len(pandas.read_csv(path, keep_default_na=False))\n\
        \x20   by_duckdb = duckdb.sql(f\"SELECT count(*) FROM read_csv('{path}', header = true)\").fetchall()[0][0]\n\
        \x20   print(path.stem, by_pandas, by_duckdb)\n",
        &[&unpacked],
    );
    assert_eq!(counts, format!("kinds 4 4\nlinks 3 3\nloose 4 4\nmessage {MESSAGES} {MESSAGES}\nnumbers 3 3\nsingle 4 4\nnote 5 5\n"));
}

#[test]
fn the_sample_on_the_page_keeps_every_value_as_text() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    unpack(&write_archive(folder.path(), None, MESSAGES), &unpacked);
    let shown = python(
        "import html, os, re, sys\n\
         os.chdir(sys.argv[1])\n\
         page = open('index.html', encoding='utf-8').read()\n\
         sample = html.unescape(re.search('import pandas.*?(?=</code>)', page, re.S).group())\n\
         print(max(map(len, sample.splitlines())) <= 60)\n\
         sample = re.sub('data/[^\"]*', 'data/notes/note.csv', sample)\n\
         exec(sample)\n\
         print(rows['id'].tolist(), rows['body'].tolist()[1:], set(map(str, rows.dtypes)))\n",
        &[&unpacked],
    );
    let want = "True\n['1', '2', '3', '4', '5'] ['=HYPERLINK(1)', 'two\\nlines <b>&amp;</b>', '', \"'quoted\"] {'string'}\n";
    assert_eq!(shown, want);
}

#[test]
fn libreoffice_reads_every_row() {
    let folder = tempfile::tempdir().expect("a folder");
    let unpacked = folder.path().join("unpacked");
    unpack(&write_archive(folder.path(), None, 3_000), &unpacked);
    let profile = format!("-env:UserInstallation=file://{}", folder.path().join("profile").display());
    let mut convert = Command::new(tools::libreoffice());
    // In: comma, quote, UTF-8 from the first line on. Out: the same, so that what was read can be counted.
    convert.args([
        "--headless",
        &profile,
        "--infilter=CSV:44,34,76,1",
        "--convert-to",
        "csv:Text - txt - csv (StarCalc):44,34,76,1",
        "--outdir",
    ]);
    convert.arg(folder.path().join("converted")).arg(unpacked.join("data/kinds/message.csv")).arg(unpacked.join("data/notes/note.csv"));
    run(&mut convert);
    let rows = |name: &str| {
        let path = folder.path().join("converted").join(name);
        csv::Reader::from_path(&path).expect("converted").records().filter(|record| record.as_ref().is_ok_and(|row| row.len() > 2)).count()
    };
    assert_eq!((rows("message.csv"), rows("note.csv")), (3_000, 5));
}
