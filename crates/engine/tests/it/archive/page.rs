//! The reading page in a browser.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use exeunt_engine::archive::ArchiveWriter;
use exeunt_model::archive::header::TableHeader;
use exeunt_model::catalog::ColumnKind;
use exeunt_testkit::tools;

use super::sample::{attachment, category, column, fill, options, summary, table_name};

/// An archive with several categories, years of rows, and many files.
fn rich_archive(folder: &Path) -> PathBuf {
    let mut archive = ArchiveWriter::create(options(folder)).expect("a new archive");
    let tables = [
        ("user_information", "User information", "seat", 1, 2024, 1),
        ("user_information", "User information", "seat_assignment", 2, 2023, 14),
        ("saved_accounts", "Saved Accounts", "saved_account", 214, 2022, 40),
        ("saved_accounts", "Saved Accounts", "account_list", 9, 2022, 38),
        ("smartlinks", "SmartLinks Presentations", "presentation", 31, 2023, 25),
        ("smartlinks_user_info", "SmartLinks User Information", "sl_page_view", 8_431, 2023, 27),
        ("usage", "Usage reporting", "usage_day", 912, 2020, 66),
        ("crm", "CRM data synced", "crm_match", 0, 2024, 1),
    ];
    let words = ["Harbour Metals", "renewal in March", "asked for the 2nd offer", "Grüße aus Köln", "東京支社", "<b>not bold</b>", "=2+2"];
    for (code, label, name, rows, year, months) in tables {
        let columns = vec![
            column("id", ColumnKind::Integer, "bigint"),
            column("label", ColumnKind::Text, "character varying(80)"),
            column("score", ColumnKind::Decimal, "numeric(6,2)"),
            column("archived", ColumnKind::Boolean, "boolean"),
            column("created_at", ColumnKind::TimestampWithZone, "timestamp with time zone"),
        ];
        let mut sink = archive
            .table(TableHeader {
                table: table_name(name),
                category: category(code, label),
                columns,
                primary_key: vec!["id".to_owned()],
                references: Vec::new(),
                owner_paths: vec![
                    "each row belongs to the seat found by owner_seat_id → app.seat".to_owned(),
                    "each row belongs to every seat found by rows of app.share by item_id, seat_id → app.seat".to_owned(),
                ],
                description: (name == "sl_page_view").then(|| "One page of a presentation, looked at once by a viewer".to_owned()),
                dated_by: None,
            })
            .expect("a new table");
        let mut noise = 7_u64;
        let mut csv = String::new();
        for id in 1..=rows {
            noise = noise.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let month = (noise >> 33) % months * (50 + (noise >> 21) % 50) / 99;
            let (year, month, day) = (year + month / 12, 1 + month % 12, 1 + (noise >> 9) % 28);
            let score = (noise >> 40) % 10_000;
            let archived = ["true", "false", ""][(noise >> 50) as usize % 3];
            writeln!(
                csv,
                "{id},{},{}.{:02},{archived},{year}-{month:02}-{day:02} 09:31:02+00",
                words[(noise >> 17) as usize % words.len()],
                score / 100,
                score % 100
            )
            .expect("to memory");
        }
        sink.push(csv.as_bytes()).expect("good rows");
        sink.finish().expect("all rows");
    }
    fill(&mut archive);
    for number in 0..130 {
        let mut sink = archive.file(attachment(&format!("2025/{:02}/offer {number}.pdf", number % 12 + 1), None)).expect("a new file");
        sink.push(&vec![b'x'; 900 + number * 731]).expect("written");
        sink.finish().expect("whole");
    }
    archive.finish(summary()).expect("an archive").paths.remove(0)
}

fn unpacked_page(folder: &Path) -> PathBuf {
    let archive = rich_archive(folder);
    let unpacked = folder.join("unpacked");
    let script = "import sys, zipfile\nzipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])";
    let status = tools::python().arg("-c").arg(script).args([&archive, &unpacked]).status().expect("python");
    assert!(status.success());
    unpacked.join("index.html")
}

fn chromium(folder: &Path) -> Command {
    let mut command = Command::new(tools::chromium());
    command.args([
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--hide-scrollbars",
        "--no-first-run",
        "--disable-background-networking",
    ]);
    command.arg(format!("--user-data-dir={}", folder.join("profile").display()));
    command
}

#[test]
fn a_browser_shows_the_page_without_a_request_to_any_network() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = unpacked_page(folder.path());
    let log = folder.path().join("network.json");
    let output = chromium(folder.path())
        .arg(format!("--log-net-log={}", log.display()))
        .arg("--dump-dom")
        .arg(format!("file://{}", page.display()))
        .output()
        .expect("chromium");
    let shown = String::from_utf8_lossy(&output.stdout);
    assert!(shown.contains("ada@acme.example") && shown.contains("SmartLinks User Information"), "{shown}");
    let messages = String::from_utf8_lossy(&output.stderr);
    assert!(!messages.contains("Content Security Policy"), "{messages}");

    // The browser itself may look for updates; the page must not have asked for anything.
    let log = std::fs::read_to_string(&log).expect("the log of the network");
    for initiator in ["file://", "null"] {
        assert!(!log.contains(&format!("\"initiator\":\"{initiator}\"")), "the page asked for something");
    }
}

/// `EXEUNT_SCREENSHOTS=folder cargo test -p exeunt-engine --test it screenshots -- --ignored`
#[test]
#[ignore = "takes pictures to look at"]
fn screenshots() {
    let folder = tempfile::tempdir().expect("a folder");
    let page = unpacked_page(folder.path());
    let target = PathBuf::from(std::env::var_os("EXEUNT_SCREENSHOTS").expect("EXEUNT_SCREENSHOTS names a folder"));
    for (name, size, dark) in
        [("wide", "1280,1500", false), ("dark", "1280,1500", true), ("long", "1280,9000", false), ("narrow", "500,2600", false)]
    {
        let mut command = chromium(folder.path());
        if dark {
            command.args(["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]);
        }
        command.arg(format!("--window-size={size}")).arg(format!("--screenshot={}", target.join(format!("{name}.png")).display()));
        assert!(command.arg(format!("file://{}", page.display())).status().expect("chromium").success());
    }
    let mut command = chromium(folder.path());
    command.arg("--no-pdf-header-footer").arg(format!("--print-to-pdf={}", target.join("page.pdf").display()));
    assert!(command.arg(format!("file://{}", page.display())).status().expect("chromium").success());
}
