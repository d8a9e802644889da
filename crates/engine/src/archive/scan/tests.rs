use exeunt_model::archive::header::{Category, ColumnHeader};
use exeunt_model::names::{CategoryName, SourceName, TableName};
use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};

use super::*;

#[derive(Default)]
struct Collected {
    guarded: Vec<u8>,
    original: Vec<u8>,
}

impl Pieces for Collected {
    fn guarded(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.guarded.extend_from_slice(bytes);
        Ok(())
    }

    fn original(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.original.extend_from_slice(bytes);
        Ok(())
    }
}

fn header(kinds: &[(ColumnKind, bool)]) -> TableHeader {
    let column = |(index, (kind, checked)): (usize, &(ColumnKind, bool))| ColumnHeader {
        name: format!("c{index}"),
        kind: kind.clone(),
        declared_type: "text".to_owned(),
        nullable: true,
        checked_by_source: *checked,
        description: None,
    };
    TableHeader {
        table: TableName::new(&SourceName::new("app"), None, "t"),
        category: Category { name: CategoryName::new("c"), label: "C".to_owned() },
        columns: kinds.iter().enumerate().map(column).collect(),
        primary_key: Vec::new(),
        references: Vec::new(),
        owner_paths: Vec::new(),
        description: None,
        dated_by: None,
    }
}

fn scan_in_chunks(header: &TableHeader, csv: &[u8], mut chunk: impl FnMut() -> usize) -> Result<(Collected, Findings), ScanError> {
    let mut scanner = Scanner::new(header, 3);
    let mut collected = Collected::default();
    let mut rest = csv;
    while !rest.is_empty() {
        let size = chunk().clamp(1, rest.len());
        let taken = scanner.fill(&rest[..size]);
        rest = &rest[taken..];
        // Scanning at every border is what a full buffer does now and then.
        scanner.scan(false, &mut collected)?;
    }
    scanner.finish(&mut collected)?;
    Ok((collected, scanner.into_findings()))
}

/// As `COPY` writes it: null is nothing, empty text is quoted, quotes where needed.
fn copy_csv(rows: &[Vec<Option<String>>]) -> Vec<u8> {
    let mut csv = String::new();
    for row in rows {
        for (index, value) in row.iter().enumerate() {
            if index > 0 {
                csv.push(',');
            }
            match value {
                None => {}
                Some(value) if value.is_empty() || value.contains([',', '"', '\n', '\r']) || value == "\\." => {
                    csv.push('"');
                    csv.push_str(&value.replace('"', "\"\""));
                    csv.push('"');
                }
                Some(value) => csv.push_str(value),
            }
        }
        csv.push('\n');
    }
    csv.into_bytes()
}

fn random_value(rng: &mut StdRng) -> Option<String> {
    const PIECES: [&str; 24] = [
        "=", "+", "-", "@", "\t", "\r", "\n", "'", "\"", ",", "＝", "＋", "a", "bc", "1", "0", "é", "日本", "😀", " ", "\\.", "''", "x,y",
        "\"\"",
    ];
    match rng.random_range(0..12) {
        0 => None,
        1 => Some(String::new()),
        2 => Some(PIECES[rng.random_range(0..PIECES.len())].repeat(rng.random_range(1..300))),
        _ => Some((0..rng.random_range(1..8)).map(|_| PIECES[rng.random_range(0..PIECES.len())]).collect()),
    }
}

fn read_with_csv_crate(bytes: &[u8]) -> Vec<Vec<String>> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(bytes);
    reader.records().map(|record| record.expect("valid CSV").iter().map(str::to_owned).collect()).collect()
}

#[test]
fn rows_and_values_agree_with_another_reader_at_any_chunk_borders_and_the_guard_is_reversible() {
    let mut rng = StdRng::seed_from_u64(6);
    for round in 0..400 {
        let width = rng.random_range(1..6);
        let rows: Vec<Vec<Option<String>>> =
            (0..rng.random_range(0..40)).map(|_| (0..width).map(|_| random_value(&mut rng)).collect()).collect();
        let csv = copy_csv(&rows);
        let largest = [1, 3, 70, 200, 100_000][rng.random_range(0..5)];
        let (collected, findings) =
            scan_in_chunks(&header(&vec![(ColumnKind::Text, true); width]), &csv, || rng.random_range(1..=largest)).expect("valid");
        assert_eq!(findings.rows, rows.len() as u64, "round {round}");
        assert_eq!(collected.original, csv, "round {round}");
        let got = read_with_csv_crate(&collected.guarded);
        assert_eq!(got.len(), rows.len(), "round {round}");
        for (got, want) in got.iter().flatten().zip(rows.iter().flatten()) {
            let want = want.as_deref().unwrap_or("");
            assert_eq!(guard::restore(got), want);
            assert_eq!(got != want, guard::is_marked(want), "{want:?} became {got:?}");
        }
    }
}

#[test]
fn null_and_empty_text_stay_different_unless_the_table_has_one_column() {
    let scan = |kinds: &[(ColumnKind, bool)], csv: &[u8]| scan_in_chunks(&header(kinds), csv, || 7).expect("valid").0.guarded;
    let text = (ColumnKind::Text, true);
    assert_eq!(scan(&[text.clone(), text.clone()], b",\"\"\n\"\",\n"), b",\"\"\n\"\",\n");
    assert_eq!(scan(&[text], b"\n\"\"\na\n"), b"\"\"\n\"\"\na\n");
}

#[test]
fn values_that_do_not_conform_are_noticed_and_only_they_are_guarded_in_typed_columns() {
    let kinds = [(ColumnKind::Integer, false), (ColumnKind::Integer, false), (ColumnKind::Timestamp, true), (ColumnKind::Timestamp, true)];
    let csv = b"-5,=cmd(),2025-01-02 03:04:05,infinity\n7,-8,2024-12-31 23:59:59,2020-01-01 00:00:00\n";
    for chunk in [1, 5, 1000] {
        let (collected, findings) = scan_in_chunks(&header(&kinds), csv, || chunk).expect("valid");
        let want = "-5,'=cmd(),2025-01-02 03:04:05,infinity\n7,-8,2024-12-31 23:59:59,2020-01-01 00:00:00\n";
        assert_eq!(String::from_utf8_lossy(&collected.guarded), want);
        assert_eq!(findings.columns, [(true, true), (true, false), (false, true), (false, false)]);
    }
}

#[test]
fn dates_are_tallied_by_month() {
    let mut header = header(&[(ColumnKind::Integer, true), (ColumnKind::Date, true)]);
    header.dated_by = Some("c1".to_owned());
    let csv = b"1,2025-02-03\n2,2025-02-28\n3,\n4,2024-12-01\n5,infinity\n6,0044-03-15 BC\n7,3000-01-01\n";
    let (_, findings) = scan_in_chunks(&header, csv, || 4).expect("valid");
    let dates = findings.statistics.dates.expect("dates");
    assert_eq!((dates.first.as_str(), dates.last.as_str()), ("2024-12-01", "3000-01-01"));
    let months: Vec<_> = findings.statistics.months.iter().map(|month| (month.year, month.month, month.rows)).collect();
    assert_eq!(months, [(2024, 12, 1), (2025, 2, 2)]);
}

#[test]
fn the_first_rows_are_kept_as_the_source_wrote_them() {
    let long = "x".repeat(400);
    let csv = format!("=1,\"a \"\"b\"\", c\"\n,\"\"\n{long},2\nnot,kept\n");
    let (_, findings) =
        scan_in_chunks(&header(&[(ColumnKind::Text, true), (ColumnKind::Text, true)]), csv.as_bytes(), || 9).expect("valid");
    let text = |text: &str| Some(text.to_owned());
    let cut = Some(format!("{}…", "x".repeat(160)));
    assert_eq!(findings.statistics.first_rows, [vec![text("=1"), text("a \"b\", c")], vec![None, text("")], vec![cut, text("2")]]);
}

#[test]
fn a_stop_leaves_the_rest_for_later() {
    let header = header(&[(ColumnKind::Text, true), (ColumnKind::Text, true)]);
    let mut scanner = Scanner::new(&header, 0);
    let mut collected = Collected::default();
    scanner.fill(b"a,\"x\ny\"\n=b,2\nc,3\n");
    assert!(scanner.scan(true, &mut collected).expect("valid"));
    assert_eq!(collected.guarded, b"a,\"x\ny\"\n");
    assert!(scanner.scan(true, &mut collected).expect("valid"));
    assert_eq!(collected.guarded, b"a,\"x\ny\"\n'=b,2\n");
    scanner.finish(&mut collected).expect("valid");
    assert_eq!(scanner.rows(), 3);
}

#[test]
fn broken_streams_are_refused_with_the_row() {
    let two = header(&[(ColumnKind::Text, true), (ColumnKind::Text, true)]);
    let refused = |csv: &[u8]| scan_in_chunks(&two, csv, || 3).map(|_| ()).expect_err("malformed").to_string();
    assert_eq!(refused(b"a,b\nc\n"), "row 2 has 1 values instead of 2");
    assert_eq!(refused(b"a,b\nc,d,e\n"), "row 2 has 3 values instead of 2");
    assert_eq!(refused(b"a,\"b\n"), "the quotes of row 1 stay open");
    assert_eq!(refused(b"a,b\nc"), "row 2 has 1 values instead of 2");
}

#[test]
fn a_last_row_without_line_feed_counts() {
    let (collected, findings) = scan_in_chunks(&header(&[(ColumnKind::Text, true)]), b"a\n=b", || 3).expect("valid");
    assert_eq!((findings.rows, collected.guarded.as_slice()), (2, b"a\n'=b\n".as_slice()));
}

#[test]
fn bytes_that_are_no_text_are_replaced_and_counted_and_characters_survive_any_border() {
    let header = header(&[(ColumnKind::Text, true), (ColumnKind::Text, true)]);
    let csv = [b"gr\xc3\xbc\xc3\x9fe,\xff\xfe\n".as_slice(), "日本,😀\n".as_bytes(), b"x,\xc3\n"].concat();
    for chunk in 1..12 {
        let (collected, findings) = scan_in_chunks(&header, &csv, || chunk).expect("valid");
        assert_eq!(String::from_utf8_lossy(&collected.guarded), "grüße,\u{fffd}\u{fffd}\n日本,😀\nx,\u{fffd}\n", "{chunk}");
        assert_eq!((findings.rows, findings.replaced_bytes), (3, 3));
    }
}

/// `cargo test --release -p exeunt-engine --lib scanning_speed -- --ignored --nocapture`
#[test]
#[ignore = "prints a figure and checks nothing"]
fn scanning_speed() {
    struct Nowhere(u64);
    impl Pieces for Nowhere {
        fn guarded(&mut self, bytes: &[u8]) -> io::Result<()> {
            self.0 += bytes.len() as u64;
            Ok(())
        }

        fn original(&mut self, _bytes: &[u8]) -> io::Result<()> {
            Ok(())
        }
    }
    let kinds = [
        ColumnKind::Integer,
        ColumnKind::Integer,
        ColumnKind::Uuid,
        ColumnKind::TimestampWithZone,
        ColumnKind::Text,
        ColumnKind::Text,
        ColumnKind::Decimal,
        ColumnKind::Boolean,
    ];
    let mut header = header(&kinds.map(|kind| (kind, true)));
    header.dated_by = Some("c3".to_owned());
    let mut rng = StdRng::seed_from_u64(1);
    let mut csv = String::new();
    while csv.len() < 32 * 1024 * 1024 {
        use std::fmt::Write as _;
        let (id, seat, minute, cents) = (csv.len(), rng.random_range(1..5000), rng.random_range(10..60), rng.random_range(0..100_000));
        let text = ["\"Follow up, soon\"", "Renewal next quarter", "budget and pricing", ""][rng.random_range(0..4)];
        let _ = writeln!(
            csv,
            "{id},{seat},6ba7b810-9dad-11d1-80b4-00c04fd{:05},2025-0{}-1{} 09:{minute}:{minute}.123456+00,page_view,{text},{}.{:02},true",
            rng.random_range(10000..99999),
            rng.random_range(1..10),
            rng.random_range(0..10),
            cents / 100,
            cents % 100
        );
    }
    for chunk in [110, 8192, 1 << 20] {
        let started = std::time::Instant::now();
        let mut scanner = Scanner::new(&header, 5);
        let mut nowhere = Nowhere(0);
        for piece in csv.as_bytes().chunks(chunk) {
            let mut rest = piece;
            while !rest.is_empty() {
                let taken = scanner.fill(rest);
                rest = &rest[taken..];
                if scanner.is_full() {
                    scanner.scan(false, &mut nowhere).expect("valid");
                }
            }
        }
        scanner.finish(&mut nowhere).expect("valid");
        let seconds = started.elapsed().as_secs_f64();
        println!("{:.0} MB/s, {} rows, in pieces of {chunk}", csv.len() as f64 / 1e6 / seconds, scanner.rows());
    }
}
