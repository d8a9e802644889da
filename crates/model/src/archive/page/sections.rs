//! The page's parts below the overview.

use std::fmt::Write as _;

use crate::archive::header::{Contact, LeftOut, LeftOutReason};
use crate::archive::manifest::{Format, Manifest, Table};
use crate::archive::statistics::{CategoryFiles, Statistics};
use crate::archive::{FILE_LIST_PATH, MANIFEST_PATH, PACKAGE_PATH};
use crate::catalog::ColumnKind;

use super::chart::{Axis, chart};
use super::text::{Escaped, Link, Sentence, counted, range, size};
use super::{Content, Share, table_bytes};

/// Values of this length or less are kept on one line.
const SHORT: usize = 36;

/// One category: its tables with their first rows, its files.
pub(super) fn category(html: &mut String, index: usize, share: &Share<'_>, open: bool) {
    let mut facts = Vec::new();
    if !share.tables.is_empty() {
        facts.push(counted(share.rows(), "row", "rows"));
        facts.push(format!("in {}", counted(share.tables.len() as u64, "table", "tables")));
    }
    if let Some(files) = share.files {
        facts.push(counted(files.count, "file", "files"));
    }
    let _ = write!(
        html,
        "<section class=\"category\" id=\"category-{index}\">\n<h3>{}</h3>\n<p class=\"soft\">{}</p>\n",
        Escaped(&share.category.label),
        facts.join(" · ")
    );
    for (table, statistics) in &share.tables {
        table_details(html, table, statistics, open);
    }
    if let Some(files) = share.files {
        file_links(html, files);
    }
    html.push_str("</section>\n");
}

fn table_details(html: &mut String, table: &Table, statistics: &Statistics, open: bool) {
    let dates = table.dates.as_ref().map(|dates| range(&dates.first, &dates.last)).unwrap_or_default();
    let _ = write!(
        html,
        "<details{}><summary><b>{}</b><span class=\"size\">{}</span><span class=\"dates\">{dates}</span>{}</summary>\n<div class=\"inside\">\n",
        if open && table.rows > 0 { " open" } else { "" },
        Escaped(&table.table.local()),
        counted(table.rows, "row", "rows"),
        Axis::over(statistics.months.iter()).map(|axis| chart(&statistics.months, axis)).unwrap_or_default()
    );
    html.push_str("<p>");
    if let Some(description) = &table.description {
        let _ = write!(html, "{}. ", Escaped(description.trim_end_matches('.')));
    }
    let outputs: Vec<String> =
        table.outputs.iter().map(|output| format!("<a href=\"{}\">{}</a>", Link(&output.path), Escaped(&output.path))).collect();
    let _ = write!(html, "{} <span class=\"soft\">· {}", outputs.join(", "), size(table_bytes(table)));
    if let Some(dates) = &table.dates {
        let _ = write!(html, " · dated by {}", Escaped(&dates.column));
    }
    html.push_str("</span></p>\n");
    owner_paths(html, &table.owner_paths);
    if table.replaced_bytes > 0 {
        let _ = writeln!(
            html,
            "<p>{} in this table were no valid text and are shown as \u{fffd}.</p>",
            counted(table.replaced_bytes, "byte", "bytes")
        );
    }
    first_rows(html, table, statistics);
    html.push_str("</div></details>\n");
}

/// Why rows of the table are inside: one sentence, or a list where several ways lead here.
fn owner_paths(html: &mut String, paths: &[String]) {
    match paths {
        [] => {}
        [only] => {
            let _ = writeln!(html, "<p class=\"soft\">{}.</p>", Sentence(only));
        }
        several => {
            html.push_str("<ul class=\"plain soft\">\n");
            for path in several {
                let _ = writeln!(html, "<li>{}.</li>", Sentence(path));
            }
            html.push_str("</ul>\n");
        }
    }
}

fn first_rows(html: &mut String, table: &Table, statistics: &Statistics) {
    if statistics.first_rows.is_empty() {
        return;
    }
    html.push_str("<div class=\"wide rows\"><table>\n<thead><tr>");
    for column in &table.columns {
        let class = if is_number(&column.kind) { " class=\"number\"" } else { "" };
        let _ = write!(html, "<th{class}>{}<small>{}</small></th>", Escaped(&column.name), Escaped(&column.declared_type));
    }
    html.push_str("</tr></thead>\n<tbody>\n");
    for row in &statistics.first_rows {
        html.push_str("<tr>");
        for (column, value) in table.columns.iter().zip(row) {
            let number = if is_number(&column.kind) { "number " } else { "" };
            let _ = match value {
                None => write!(html, "<td class=\"{number}none\">none</td>"),
                Some(text) if text.is_empty() => write!(html, "<td class=\"none\">empty</td>"),
                Some(text) => {
                    let short = if text.chars().count() <= SHORT { "short" } else { "" };
                    write!(html, "<td class=\"{number}{short}\"><div dir=\"auto\">{}</div></td>", Escaped(text))
                }
            };
        }
        html.push_str("</tr>\n");
    }
    html.push_str("</tbody>\n</table></div>\n");
    let shown = statistics.first_rows.len() as u64;
    if table.rows > shown {
        let _ = writeln!(html, "<p class=\"soft\">The first {} of {}.</p>", shown, counted(table.rows, "row", "rows"));
    }
}

fn is_number(kind: &ColumnKind) -> bool {
    match kind {
        ColumnKind::Integer | ColumnKind::Float | ColumnKind::Decimal => true,
        ColumnKind::Boolean
        | ColumnKind::Text
        | ColumnKind::Bytes
        | ColumnKind::Date
        | ColumnKind::Time
        | ColumnKind::Timestamp
        | ColumnKind::TimestampWithZone
        | ColumnKind::Interval
        | ColumnKind::Uuid
        | ColumnKind::Json
        | ColumnKind::Array
        | ColumnKind::Enumeration(_)
        | ColumnKind::Other => false,
    }
}

fn file_links(html: &mut String, files: &CategoryFiles) {
    html.push_str("<ul class=\"files\">\n");
    for (path, bytes) in &files.named {
        // The folder is the category's, which stands above.
        let name = path.splitn(3, '/').nth(2).unwrap_or(path);
        let _ = writeln!(html, "<li><a href=\"{}\">{}</a> <span class=\"soft\">{}</span></li>", Link(path), Escaped(name), size(*bytes));
    }
    html.push_str("</ul>\n");
    let more = files.count.saturating_sub(files.named.len() as u64);
    if more > 0 {
        let _ = writeln!(
            html,
            "<p class=\"soft\">and {} more; all are listed in <a href=\"{FILE_LIST_PATH}\">{FILE_LIST_PATH}</a>.</p>",
            counted(more, "file", "files")
        );
    }
}

/// What is not inside, why, and whom to ask.
pub(super) fn left_out(html: &mut String, manifest: &Manifest) {
    html.push_str("<h2>What is not inside</h2>\n");
    let reasons = [
        (LeftOutReason::NotChosen, "Not asked for: this archive was made for chosen categories alone:"),
        (LeftOutReason::OnRequest, "Given out on request only:"),
        (LeftOutReason::NotApplicable, "Does not apply to this contract:"),
        (LeftOutReason::Excluded, "Never exported:"),
        (LeftOutReason::Unowned, "Kept by the platform for itself; no single row can be said to belong here:"),
        (LeftOutReason::Secret, "Secrets, such as tokens and password hashes, which nobody gets to read:"),
        (LeftOutReason::Missing, "Named by a row, but not found where it should be:"),
    ];
    for (reason, sentence) in reasons {
        let items: Vec<&LeftOut> = manifest.left_out.iter().filter(|item| item.reason == reason).collect();
        if items.is_empty() {
            continue;
        }
        let _ = write!(html, "<p>{sentence}</p>\n<ul class=\"plain\">\n");
        for item in items {
            let _ = writeln!(html, "<li>{}</li>", left_out_item(item));
        }
        html.push_str("</ul>\n");
    }
    if manifest.left_out.is_empty() {
        html.push_str("<p>Nothing was left out.</p>\n");
    }
    if let Some(Contact { name, address }) = &manifest.contact {
        let _ = writeln!(html, "<p>About anything that you miss here, ask {}: {}.</p>", Escaped(name), address_link(address));
    }
}

fn left_out_item(item: &LeftOut) -> String {
    let mut text = String::new();
    if let Some(category) = &item.category {
        let _ = write!(text, "{}", Escaped(&category.label));
    }
    if let Some(table) = &item.table {
        let separator = if text.is_empty() { "" } else { ", " };
        let _ = write!(text, "{separator}{}", Escaped(&table.local()));
    }
    if !item.columns.is_empty() {
        let _ = write!(text, ": {}", Escaped(&item.columns.join(", ")));
    }
    if let Some(note) = &item.note {
        let _ = write!(text, " <span class=\"soft\">({})</span>", Escaped(note));
    }
    text
}

/// A link where the text is an address of mail or web, and the bare text otherwise.
fn address_link(address: &str) -> String {
    let plain = !address.contains(char::is_whitespace);
    if plain && address.starts_with("https://") {
        format!("<a href=\"{0}\" rel=\"noreferrer\">{0}</a>", Escaped(address))
    } else if plain && address.contains('@') && !address.contains([':', '?', '&']) {
        format!("<a href=\"mailto:{0}\">{0}</a>", Escaped(address))
    } else {
        Escaped(address).to_string()
    }
}

/// How to open the tables elsewhere.
pub(super) fn opening(html: &mut String, manifest: &Manifest) {
    let first = |table: &&Table| table.outputs.iter().any(|output| output.format == Format::Csv);
    let table = manifest.tables.iter().filter(|table| table.rows > 0).find(first).or_else(|| manifest.tables.iter().find(first));
    let sample = table.and_then(|table| table.outputs.first()).map(|output| output.path.as_str());
    html.push_str("<h2>Opening it elsewhere</h2>\n<p>Unpack the archive first: the links above lead into its folders. ");
    let Some(sample) = sample else {
        html.push_str("</p>\n");
        return;
    };
    let _ = write!(
        html,
        "Each table is one CSV file in UTF-8, with commas and a header row. \
         Cells that a spreadsheet would run as a formula, those that begin with =, +, -, @ and the like, have an apostrophe in front, \
         and so have cells that begin with an apostrophe; remove one leading apostrophe to have the original.</p>\n\
         <div class=\"columns\">\n\
         <div><h3>Excel</h3><p>Choose <i>Data</i>, <i>From Text/CSV</i>, then <i>65001: Unicode (UTF-8)</i> and <i>Comma</i>. \
         Opening a file by double click may garble letters and change long numbers.</p></div>\n\
         <div><h3>LibreOffice</h3><p>Open the file and choose <i>Unicode (UTF-8)</i>, <i>Comma</i> and the quote \" as string delimiter.</p></div>\n\
         <div><h3>Python</h3><pre><code>import pandas as pd\nrows = pd.read_csv(\n    \"{0}\",\n    \
         dtype=\"string\", keep_default_na=False)\nrows = rows.replace(\"^&#39;\", \"\", regex=True)</code></pre>\
         <p>Every value comes as text, so that no long number is rounded.</p></div>\n\
         <div><h3>SQL</h3><pre><code>duckdb -c \"FROM &#39;{0}&#39;\"</code></pre></div>\n</div>\n\
         <p>Types, keys and the links between the tables stand in <a href=\"{PACKAGE_PATH}\">{PACKAGE_PATH}</a>, a \
         Frictionless Data Package that many programs read.",
        Escaped(sample)
    );
    if manifest.files.is_some() {
        let _ = write!(
            html,
            " Which file is which on the platform stands in <a href=\"{FILE_LIST_PATH}\">{FILE_LIST_PATH}</a>, since some names had to be changed to fit every system."
        );
    }
    html.push_str("</p>\n");
}

/// How to check that nothing was changed.
pub(super) fn checking(html: &mut String, content: &Content<'_>) {
    let Content { manifest, key, file_name, .. } = content;
    let _ = write!(
        html,
        "<h2>Checking it</h2>\n<p>The archive is signed. One command tells whether a single bit was changed since, counts all rows again and \
         compares every file with <a href=\"{MANIFEST_PATH}\">{MANIFEST_PATH}</a>; it needs no network:</p>\n\
         <pre><code>exeunt verify {} --key {key}</code></pre>\n\
         <p>Take the key from {} itself, not from this page: whoever could change the archive could change the page too.</p>\n\
         <dl class=\"digests\">\n<dt>Key</dt><dd><code>{key}</code></dd>\n<dt>Plan</dt><dd><code>{}</code></dd>\n<dt>Data map</dt><dd><code>{}</code></dd>\n</dl>\n",
        Escaped(&shell_word(file_name)),
        Escaped(&manifest.platform),
        manifest.plan,
        manifest.map
    );
}

/// A file name as one word of a command line.
fn shell_word(text: &str) -> String {
    let plain = |character: char| character.is_ascii_alphanumeric() || matches!(character, '.' | '-' | '_');
    if text.chars().all(plain) { text.to_owned() } else { format!("'{}'", text.replace('\'', "'\\''")) }
}
