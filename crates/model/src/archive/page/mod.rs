//! `index.html`: the archive for reading. One file, no script, no request to anywhere.

mod chart;
mod sections;
mod text;

use std::fmt::Write as _;

use crate::archive::header::{Category, SourceMoment};
use crate::archive::manifest::{Manifest, Table};
use crate::archive::package::title;
use crate::archive::statistics::{CategoryFiles, Dates, MonthCount, Statistics};
use crate::signature::KeyId;

use chart::{Axis, chart};
use text::{Escaped, counted, moment, number, range, size};

const STYLE: &str = include_str!("style.css");

/// Up to this many tables all of them are shown open.
const OPEN_TABLES: usize = 12;

/// What the page tells.
#[derive(Debug, Clone, Copy)]
pub struct Content<'archive> {
    /// Without the page itself among the pages.
    pub manifest: &'archive Manifest,
    /// One per table of the manifest, in its order.
    pub statistics: &'archive [Statistics],
    pub files: &'archive [CategoryFiles],
    /// Who signs the archive.
    pub key: &'archive KeyId,
    /// The archive's file name, for the command that checks it.
    pub file_name: &'archive str,
}

/// What is inside of one category.
struct Share<'archive> {
    category: &'archive Category,
    tables: Vec<(&'archive Table, &'archive Statistics)>,
    files: Option<&'archive CategoryFiles>,
}

impl Share<'_> {
    fn rows(&self) -> u64 {
        self.tables.iter().map(|(table, _)| table.rows).sum()
    }

    fn file_count(&self) -> u64 {
        self.files.map_or(0, |files| files.count)
    }

    fn bytes(&self) -> u64 {
        let rows: u64 = self.tables.iter().map(|(table, _)| table_bytes(table)).sum();
        rows + self.files.map_or(0, |files| files.bytes)
    }

    fn dates(&self) -> Option<(&str, &str)> {
        overall(self.tables.iter().filter_map(|(table, _)| table.dates.as_ref()))
    }

    /// Rows of all its tables per month.
    fn months(&self) -> Vec<MonthCount> {
        let mut months: Vec<MonthCount> = self.tables.iter().flat_map(|(_, statistics)| statistics.months.iter().copied()).collect();
        months.sort_by_key(|month| (month.year, month.month));
        months
    }
}

fn table_bytes(table: &Table) -> u64 {
    table.outputs.iter().map(|output| output.bytes).sum()
}

/// From the first to the last of several ranges; ISO dates sort as text.
fn overall<'dates>(dates: impl Iterator<Item = &'dates Dates> + Clone) -> Option<(&'dates str, &'dates str)> {
    let first = dates.clone().map(|dates| dates.first.as_str()).min();
    first.zip(dates.map(|dates| dates.last.as_str()).max())
}

/// The page.
pub fn render(content: Content<'_>) -> String {
    let shares = shares(&content);
    let mut html = String::with_capacity(64 * 1024);
    head(&mut html, &content);
    figures(&mut html, &content, &shares);
    html.push_str("</header>\n<main>\n");
    contents(&mut html, &shares);
    let open = content.manifest.tables.len() <= OPEN_TABLES;
    for (index, share) in shares.iter().enumerate() {
        sections::category(&mut html, index, share, open);
    }
    sections::left_out(&mut html, content.manifest);
    sections::opening(&mut html, content.manifest);
    sections::checking(&mut html, &content);
    html.push_str("</main>\n");
    // Writing to a String never fails, here and below.
    let _ = write!(
        html,
        "<footer>Written by {} on {}. This page is part of the archive, needs no network and asks for nothing from one.</footer>\n</body>\n</html>\n",
        Escaped(&content.manifest.tool),
        moment(content.manifest.finished)
    );
    html
}

/// Categories in the order in which they first appear.
fn shares<'archive>(content: &Content<'archive>) -> Vec<Share<'archive>> {
    let mut shares: Vec<Share<'archive>> = Vec::new();
    for (table, statistics) in content.manifest.tables.iter().zip(content.statistics) {
        match shares.iter_mut().find(|share| share.category.name == table.category.name) {
            Some(share) => share.tables.push((table, statistics)),
            None => shares.push(Share { category: &table.category, tables: vec![(table, statistics)], files: None }),
        }
    }
    for files in content.files {
        match shares.iter_mut().find(|share| share.category.name == files.category.name) {
            Some(share) => share.files = Some(files),
            None => shares.push(Share { category: &files.category, tables: Vec::new(), files: Some(files) }),
        }
    }
    shares
}

fn head(html: &mut String, content: &Content<'_>) {
    let Manifest { platform, subject, sources, finished, .. } = content.manifest;
    let title = title(platform, &subject.kind, subject.label.as_deref());
    let kind = subject.kind.as_str();
    let heading = subject.label.clone().unwrap_or_else(|| format!("One {kind}"));
    let _ = write!(
        html,
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n<meta name=\"referrer\" content=\"no-referrer\">\n\
         <meta name=\"robots\" content=\"noindex\">\n<link rel=\"icon\" href=\"data:,\">\n<title>{}</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <header>\n<div class=\"kind\">{} · export of one {}</div>\n<h1>{}</h1>\n<p>{}</p>\n",
        Escaped(&title),
        Escaped(platform),
        Escaped(kind),
        Escaped(&heading),
        as_of(sources).unwrap_or_else(|| format!("Written on {}.", moment(*finished)))
    );
}

/// When the snapshots were taken: in one sentence where they agree to the minute.
fn as_of(sources: &[SourceMoment]) -> Option<String> {
    let mut moments: Vec<(String, Vec<String>)> = Vec::new();
    for source in sources {
        let taken = moment(source.taken);
        let name = Escaped(source.source.as_str()).to_string();
        match moments.iter_mut().find(|(other, _)| *other == taken) {
            Some((_, names)) => names.push(name),
            None => moments.push((taken, vec![name])),
        }
    }
    match moments.as_slice() {
        [] => None,
        [(taken, _)] => Some(format!("Everything here is as it was on {taken}.")),
        several => {
            let each = several.iter().map(|(taken, names)| format!("{} on {taken}", names.join(", ")));
            Some(format!("As it was: {}.", each.collect::<Vec<_>>().join("; ")))
        }
    }
}

fn figures(html: &mut String, content: &Content<'_>, shares: &[Share<'_>]) {
    let manifest = content.manifest;
    let files = manifest.files.as_ref();
    let bytes: u64 = shares.iter().map(Share::bytes).sum();
    html.push_str("<dl class=\"figures\">\n");
    let mut figure = |name: &str, value: &str, class: &str| {
        let _ = writeln!(html, "<div{class}><dt>{name}</dt><dd>{value}</dd></div>");
    };
    figure("Rows", &number(manifest.rows()), "");
    figure("Tables", &number(manifest.tables.len() as u64), "");
    if let Some(files) = files {
        figure("Files", &number(files.count), "");
    }
    figure("Size of rows and files", &size(bytes), "");
    if let Some((first, last)) = overall(manifest.tables.iter().filter_map(|table| table.dates.as_ref())) {
        figure("From – to", &range(first, last), " class=\"long\"");
    }
    html.push_str("</dl>\n");
}

fn contents(html: &mut String, shares: &[Share<'_>]) {
    html.push_str("<h2>What is inside</h2>\n");
    if shares.is_empty() {
        html.push_str("<p>Nothing: the platform holds no rows and no files that belong here.</p>\n");
        return;
    }
    let with_files = shares.iter().any(|share| share.files.is_some());
    let files_column = |text: &str| if with_files { format!("<td class=\"number\">{text}</td>") } else { String::new() };
    let files_head = if with_files { "<th class=\"number\">Files</th>" } else { "" };
    let months: Vec<Vec<MonthCount>> = shares.iter().map(Share::months).collect();
    let axis = Axis::over(months.iter().flatten());
    let axis_labels =
        axis.map(Axis::labels).map(|(first, last)| format!("<div class=\"axis\"><span>{first}</span><span>{last}</span></div>"));
    let _ = write!(
        html,
        "<div class=\"wide\"><table class=\"contents\">\n<thead><tr><th>Category</th><th class=\"number\">Rows</th>{files_head}\
         <th class=\"number optional\">Size</th><th>From – to</th><th class=\"optional\">{}</th></tr></thead>\n<tbody>\n",
        axis_labels.unwrap_or_default()
    );
    for (index, (share, months)) in shares.iter().zip(&months).enumerate() {
        let dates = share.dates().map(|(first, last)| range(first, last)).unwrap_or_default();
        let files = if share.files.is_some() { number(share.file_count()) } else { String::new() };
        let rows = if share.tables.is_empty() { String::new() } else { number(share.rows()) };
        let _ = writeln!(
            html,
            "<tr><td><a href=\"#category-{index}\">{}</a></td><td class=\"number\">{rows}</td>{}<td class=\"number optional\">{}</td>\
             <td class=\"dates\">{dates}</td><td class=\"optional\">{}</td></tr>",
            Escaped(&share.category.label),
            files_column(&files),
            size(share.bytes()),
            axis.map(|axis| chart(months, axis)).unwrap_or_default()
        );
    }
    let _ = write!(
        html,
        "</tbody>\n<tfoot><tr><td>{}</td><td class=\"number\">{}</td>{}<td class=\"number optional\">{}</td><td></td><td class=\"optional\"></td></tr></tfoot>\n\
         </table></div>\n",
        counted(shares.len() as u64, "category", "categories"),
        number(shares.iter().map(Share::rows).sum()),
        files_column(&number(shares.iter().map(Share::file_count).sum())),
        size(shares.iter().map(Share::bytes).sum())
    );
}

#[cfg(test)]
mod tests;
