//! The certificate as one page to read and print. It refers to nothing outside itself, and runs nothing.

use std::fmt::{self, Write};

use super::{CategoryCount, Certificate, KeptWhy, Purpose, Recount, Residual, Statement, TableCount};
use crate::digest::Digest;
use crate::names::CategoryName;
use crate::run::Ending;
use crate::signature::KeyId;

/// Renders a certificate. `label` gives the words for a category; `file` is the name of the JSON file that the page stands beside.
pub fn render(certificate: &Certificate, key: &KeyId, file: &str, label: impl Fn(&CategoryName) -> String) -> String {
    let mut page = String::new();
    // Writing to a String never fails.
    let _ = write_page(&mut page, certificate, key, file, &label);
    page
}

/// Text in which nothing is markup.
struct Text<T>(T);

impl<T: fmt::Display> fmt::Display for Text<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escape<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl Write for Escape<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                text.chars().try_for_each(|character| match character {
                    '&' => self.0.write_str("&amp;"),
                    '<' => self.0.write_str("&lt;"),
                    '>' => self.0.write_str("&gt;"),
                    '"' => self.0.write_str("&quot;"),
                    '\'' => self.0.write_str("&#39;"),
                    other => self.0.write_char(other),
                })
            }
        }
        write!(Escape(formatter), "{}", self.0)
    }
}

/// A name of the database, which may be broken after its dots and underscores where the page is narrow.
struct Name<T>(T);

impl<T: fmt::Display> fmt::Display for Name<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Text(&self.0).to_string();
        let mut pieces = text.split_inclusive(['.', '_']);
        formatter.write_str(pieces.next().unwrap_or_default())?;
        pieces.try_for_each(|piece| write!(formatter, "<wbr>{piece}"))
    }
}

const STYLE: &str = "
:root { color-scheme: light; --line: #d5d9de; --soft: #59636e; --good: #1a6b3a; --warn: #8a5a00; --bad: #a3261c; }
* { box-sizing: border-box; }
body { font: 15px/1.5 system-ui, sans-serif; color: #16202a; max-width: 60rem; margin: 2rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.7rem; line-height: 1.2; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.state { font-weight: 600; } .good { color: var(--good); } .warn { color: var(--warn); } .bad { color: var(--bad); } .soft { color: var(--soft); }
table { border-collapse: collapse; width: 100%; margin-bottom: 1rem; } caption { text-align: left; color: var(--soft); padding-bottom: .25rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .6rem .3rem 0; border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
th { font-weight: 600; } td.n, th.n { text-align: right; font-variant-numeric: tabular-nums; }
td:last-child, th:last-child { padding-right: 0; } .n + :not(.n) { padding-left: .8rem; }
dl.words { margin-bottom: 1rem; } dl.words dt { color: inherit; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1.25rem; margin: 0; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; } code { font: .86em ui-monospace, monospace; } p code { overflow-wrap: anywhere; }
@media (max-width: 40rem) {
  body { font-size: 14px; margin: 1rem auto; padding: 0 .75rem; } th, td { padding-right: .45rem; }
  dl { grid-template-columns: 1fr; gap: 0; } dd { margin-bottom: .5rem; }
}
@media print { body { margin: 0; max-width: none; font-size: 10.5pt; } h2 { break-after: avoid; } tr { break-inside: avoid; } }
";

fn write_page(
    page: &mut String,
    certificate: &Certificate,
    key: &KeyId,
    file: &str,
    label: &dyn Fn(&CategoryName) -> String,
) -> fmt::Result {
    let statement = &certificate.statement;
    write!(
        page,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>Certificate of erasure {}</title>\n<style>{STYLE}</style>\n\
         </head>\n<body>\n<h1>Certificate of erasure</h1>\n",
        Text(statement.id.short()),
    )?;
    state(page, statement)?;
    facts(page, statement, label)?;
    failures(page, statement)?;
    kept(page, statement, label)?;
    counts(page, statement, label)?;
    files(page, statement)?;
    verification(page, statement)?;
    outside(page, statement)?;
    bindings(page, statement)?;
    proof(page, certificate, key, file)?;
    page.push_str("</body>\n</html>\n");
    Ok(())
}

fn state(page: &mut String, statement: &Statement) -> fmt::Result {
    let completed = format!("Completed: {}. Counting again found nothing left to do.", statement.completed());
    let (class, words) = match statement.state {
        Ending::Completed | Ending::CompletedWithRetained if statement.leaves_doubt() => {
            ("bad", "Completed as planned. The search for identifiers found some that nothing explains, or could not be made everywhere.")
        }
        Ending::Completed => ("good", completed.as_str()),
        Ending::CompletedWithRetained => ("warn", "Completed. Some data stays, for the reasons stated below."),
        Ending::PartlyFailed => ("bad", "Partly failed: something of the plan is not done. This is no proof of erasure."),
    };
    writeln!(page, "<p class=\"state {class}\">{words}</p>")
}

fn facts(page: &mut String, statement: &Statement, label: &dyn Fn(&CategoryName) -> String) -> fmt::Result {
    page.push_str("<dl>\n");
    fact(page, "Certificate", &statement.id)?;
    match &statement.scope.categories {
        None => fact(page, "Scope", format_args!("one {}", statement.scope.kind))?,
        Some(chosen) => {
            let labels: Vec<String> = chosen.iter().map(label).collect();
            fact(page, "Scope", format_args!("of one {}, these categories alone: {}", statement.scope.kind, labels.join(", ")))?;
        }
    }
    let purpose = match statement.purpose {
        Purpose::Request => "erasure on request",
        Purpose::Replay => "erased again after a backup was restored",
    };
    fact(page, "Purpose", purpose)?;
    if let Some(reference) = &statement.reference {
        fact(page, "Request", reference)?;
    }
    if !statement.choices.is_empty() {
        page.push_str("<dt>Decided</dt><dd>");
        for (number, choice) in statement.choices.iter().enumerate() {
            let next = if number == 0 { "" } else { "<br>" };
            write!(page, "{next}{}: {}", Name(&choice.table), Text(spaced(&choice.action)))?;
        }
        page.push_str("</dd>\n");
    }
    fact(page, "Opened, before anything was erased", statement.started.for_people())?;
    fact(page, "Closed, after verification", statement.closed.for_people())?;
    if statement.attempts > 1 {
        fact(page, "Attempts", statement.attempts)?;
    }
    page.push_str("</dl>\n");
    Ok(())
}

/// What the certificate is about, as digests.
fn bindings(page: &mut String, statement: &Statement) -> fmt::Result {
    page.push_str("<h2>What it is bound to</h2>\n<dl>\n");
    fact(page, "Subject (keyed hash)", &statement.scope.subject)?;
    if let Some(successor) = &statement.scope.successor {
        fact(page, "Handed over to (keyed hash)", successor)?;
    }
    fact(page, "Made by", format_args!("{} {}", statement.tool.name, statement.tool.version))?;
    fact(page, "Data map", format_args!("{}, {}", statement.map.name, statement.map.digest))?;
    fact(page, "Lock, by which the databases were reviewed", &statement.map.lock)?;
    for source in &statement.sources {
        fact(page, "Source", format_args!("{}, database {}, structure {}", source.source, source.identity.short(), source.catalog))?;
    }
    fact(page, "Plan", &statement.plan)?;
    page.push_str("</dl>\n");
    Ok(())
}

fn fact(page: &mut String, name: &str, value: impl fmt::Display) -> fmt::Result {
    writeln!(page, "<dt>{}</dt><dd>{}</dd>", Text(name), Text(value))
}

fn counts(page: &mut String, statement: &Statement, label: &dyn Fn(&CategoryName) -> String) -> fmt::Result {
    page.push_str("<h2>What was done</h2>\n<table>\n<caption>By category, in rows</caption>\n");
    page.push_str(
        "<tr><th>Category</th><th>Action</th><th class=\"n\">Planned</th><th class=\"n\">Done</th><th class=\"n\">Left</th></tr>\n",
    );
    for (category, sums) in by_category(statement) {
        let span = if sums.len() > 1 { format!(" rowspan=\"{}\"", sums.len()) } else { String::new() };
        for (number, sum) in sums.iter().enumerate() {
            page.push_str("<tr>");
            if number == 0 {
                write!(page, "<td{span}>{}</td>", Text(named(category, label)))?;
            }
            writeln!(
                page,
                "<td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td></tr>",
                Text(spaced(&sum.action)),
                sum.planned,
                sum.affected,
                sum.remaining
            )?;
        }
    }
    page.push_str("</table>\n");
    words(page, statement)?;
    page.push_str("<table>\n<caption>By table, in the order of execution</caption>\n");
    page.push_str("<tr><th>Table</th><th>Action</th><th class=\"n\">Planned</th><th class=\"n\">Done</th><th class=\"n\">Left</th></tr>\n");
    let (concerned, idle): (Vec<&TableCount>, Vec<&TableCount>) =
        statement.tables.iter().partition(|table| [table.planned, table.affected, table.remaining.unwrap_or(0)] != [0; 3]);
    for table in concerned {
        let left = table.remaining.map_or_else(|| "–".to_owned(), |rows| rows.to_string());
        writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{left}</td></tr>",
            Name(&table.table),
            Name(work(table)),
            table.planned,
            table.affected
        )?;
    }
    page.push_str("</table>\n");
    match idle.len() {
        0 => Ok(()),
        1 => writeln!(page, "<p class=\"soft\">1 further step concerned no row.</p>"),
        many => writeln!(page, "<p class=\"soft\">{many} further steps concerned no row.</p>"),
    }
}

/// The sums that concern any row, those of one category together, in the order in which the categories first appear.
fn by_category(statement: &Statement) -> Vec<(Option<&CategoryName>, Vec<&CategoryCount>)> {
    let mut found: Vec<(Option<&CategoryName>, Vec<&CategoryCount>)> = Vec::new();
    for sum in statement.categories.iter().filter(|sum| [sum.planned, sum.affected, sum.remaining] != [0; 3]) {
        let name = sum.category.as_ref();
        match found.iter_mut().find(|(category, _)| *category == name) {
            Some((_, sums)) => sums.push(sum),
            None => found.push((name, vec![sum])),
        }
    }
    found
}

/// What the words of the tables mean, as far as they occur there.
fn words(page: &mut String, statement: &Statement) -> fmt::Result {
    let meanings = [
        ("delete", "The rows are gone."),
        ("change", "The rows stay. What these columns held was emptied or replaced."),
        ("hand_over", "The rows stay, and belong to somebody else of the same kind now."),
        ("unlink", "The rows stay. These columns, which pointed to rows that are gone, were emptied."),
        ("clear_first", "Rows pointed to each other: these columns were emptied, so that the rows could be deleted."),
    ];
    page.push_str("<dl class=\"words soft\">\n");
    for (action, meaning) in meanings {
        if statement.tables.iter().any(|table| table.action == action && table.planned > 0) {
            fact(page, &spaced(action), meaning)?;
        }
    }
    fact(page, "Left", "Rows that still were as before when all was counted again; – where there was nothing to count.")?;
    page.push_str("</dl>\n");
    Ok(())
}

/// `unlink: owner_id`
fn work(table: &TableCount) -> String {
    if table.columns.is_empty() { spaced(&table.action) } else { format!("{}: {}", spaced(&table.action), table.columns.join(", ")) }
}

fn kept(page: &mut String, statement: &Statement, label: &dyn Fn(&CategoryName) -> String) -> fmt::Result {
    if statement.kept_rows() == 0 {
        return Ok(());
    }
    page.push_str("<h2>What stays</h2>\n<table>\n");
    page.push_str("<tr><th>Table</th><th>Category</th><th class=\"n\">Rows</th><th>Reason</th><th>Until</th></tr>\n");
    for kept in statement.kept.iter().filter(|kept| kept.rows > 0) {
        let (reason, until) = match &kept.why {
            KeptWhy::Ground { ground, until } => (ground.as_str(), until.as_deref().unwrap_or("no end stated")),
            KeptWhy::Shared => ("others own these rows too", "their last owner goes"),
            KeptWhy::Follows => ("they belong to rows that stay or were handed over", "those rows go"),
        };
        writeln!(
            page,
            "<tr><td><code>{}</code></td><td>{}</td><td class=\"n\">{}</td><td>{}</td><td>{}</td></tr>",
            Name(&kept.table),
            Text(named(kept.category.as_ref(), label)),
            kept.rows,
            Text(reason),
            Text(until)
        )?;
    }
    page.push_str("</table>\n");
    Ok(())
}

fn files(page: &mut String, statement: &Statement) -> fmt::Result {
    if statement.files.iter().all(|files| files.named == 0) {
        return Ok(());
    }
    page.push_str("<h2>Files</h2>\n<table>\n<tr><th>Named by</th><th class=\"n\">Files</th><th class=\"n\">Deleted</th>");
    page.push_str("<th class=\"n\">Shared</th><th class=\"n\">Missing</th><th class=\"n\">Left</th></tr>\n");
    for files in statement.files.iter().filter(|files| files.named > 0) {
        write!(page, "<tr><td><code>{}.<wbr>{}</code> in {}</td>", Name(&files.table), Name(&files.column), Text(&files.source))?;
        for count in [files.named, files.deleted, files.shared, files.missing, files.remaining] {
            write!(page, "<td class=\"n\">{count}</td>")?;
        }
        page.push_str("</tr>\n");
    }
    page.push_str(
        "</table>\n<p class=\"soft\">Shared files stay, since rows that stay name them too. Missing ones were not there before.</p>\n",
    );
    Ok(())
}

fn verification(page: &mut String, statement: &Statement) -> fmt::Result {
    page.push_str("<h2>How it was verified</h2>\n");
    match statement.verification.recount {
        Recount::Done { at } => writeln!(
            page,
            "<p>The plan's own conditions were counted again on a fresh snapshot of every source, at {}.</p>",
            Text(at.for_people())
        )?,
        Recount::NotDone => page.push_str("<p class=\"bad\">Not every source could be counted again.</p>\n"),
    }
    match &statement.verification.residual {
        Residual::NotAsked => page.push_str("<p>A search of all text columns for the subject's identifiers was not asked for.</p>\n"),
        Residual::Searched { identifiers, tables } => {
            writeln!(page, "<p>All text columns were searched for {identifiers} identifying values, before and after.</p>")?;
            page.push_str("<table>\n<tr><th>Table</th><th class=\"n\">Columns</th><th class=\"n\">Before</th><th class=\"n\">After</th><th>Verdict</th></tr>\n");
            for table in tables {
                let count = |rows: Option<u64>| rows.map_or_else(|| "–".to_owned(), |rows| rows.to_string());
                writeln!(
                    page,
                    "<tr><td><code>{}</code></td><td class=\"n\">{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td><td>{}</td></tr>",
                    Name(&table.table),
                    table.columns,
                    count(table.before),
                    count(table.after),
                    table.verdict.as_str()
                )?;
            }
            page.push_str("</table>\n");
        }
    }
    Ok(())
}

fn outside(page: &mut String, statement: &Statement) -> fmt::Result {
    if statement.outside.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>What lies outside</h2>\n<p>This erasure does not reach:</p>\n<ul>\n");
    for outside in &statement.outside {
        write!(page, "<li>{}", Text(&outside.what))?;
        if let Some(until) = &outside.until {
            write!(page, ", until {}", Text(until))?;
        }
        page.push_str("</li>\n");
    }
    page.push_str("</ul>\n");
    Ok(())
}

fn failures(page: &mut String, statement: &Statement) -> fmt::Result {
    if statement.failures.is_empty() {
        return Ok(());
    }
    page.push_str("<h2>What failed</h2>\n<ul>\n");
    for failure in &statement.failures {
        writeln!(page, "<li>{} while {}: {}</li>", Text(&failure.source), failure.during.as_str(), Text(&failure.reason))?;
    }
    page.push_str("</ul>\n");
    Ok(())
}

fn proof(page: &mut String, certificate: &Certificate, key: &KeyId, file: &str) -> fmt::Result {
    page.push_str("<h2>Proof</h2>\n<p>This page is a rendering. What is signed is the file <code>");
    write!(
        page,
        "{}</code>; anybody can check it without a network:</p>\n<p><code>exeunt verify {}</code></p>\n<dl>\n",
        Text(file),
        Text(file)
    )?;
    fact(page, "SHA-256 of the file", Digest::of_bytes(&certificate.to_bytes()))?;
    fact(page, "Signed by", key)?;
    fact(
        page,
        "Entries in the log",
        format_args!("{} (opened) and {} (closed)", certificate.log.opening.index, certificate.log.closing.index),
    )?;
    if let Ok(checkpoint) = certificate.checkpoint() {
        fact(page, "Log", format_args!("{}, {} entries, root {}", checkpoint.name(), checkpoint.head().size, checkpoint.head().root))?;
    }
    page.push_str("</dl>\n");
    Ok(())
}

fn named(category: Option<&CategoryName>, label: &dyn Fn(&CategoryName) -> String) -> String {
    category.map_or_else(|| "–".to_owned(), label)
}

fn spaced(action: &str) -> String {
    action.replace('_', " ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::certificate::sample;

    #[test]
    fn nothing_from_outside_becomes_markup_or_an_address() {
        let (certificate, key) = sample::hostile();
        let page = render(&certificate, &key, "<b>file\"'.json", |name| format!("<i>{name}</i>"));
        for forbidden in ["<script", "<img", "<b>", "<i>", "href=", "src=\"", "url("] {
            assert!(!page.contains(forbidden), "{forbidden}");
        }
        assert!(page.contains("&lt;script&gt;alert(1)&lt;/script&gt;"));
    }

    #[test]
    fn every_number_of_the_statement_is_on_the_page() {
        let (certificate, key) = sample::certificate();
        let page = render(&certificate, &key, "certificate.json", |name| name.to_string());
        for want in ["Completed. Some data stays", "tax law, 10 years", "2036-11-23", "1234", "backups of the database", "key:"] {
            assert!(page.contains(want), "{want}");
        }
    }

    #[test]
    fn steps_that_concerned_no_row_are_only_counted() {
        let (certificate, key) = sample::certificate();
        let page = render(&certificate, &key, "certificate.json", |name| name.to_string());
        assert!(page.contains("2 further steps concerned no row."));
        assert!(!page.contains("alert"), "{page}");
    }

    #[test]
    fn a_category_is_named_once_and_every_action_is_explained() {
        let (mut certificate, key) = sample::certificate();
        let mut again = certificate.statement.tables[1].clone();
        again.action = "unlink".to_owned();
        certificate.statement.tables.push(again);
        certificate.statement.categories = Statement::sums(&certificate.statement.tables);
        let page = render(&certificate, &key, "certificate.json", |name| format!("<{name}>"));
        assert_eq!(page.matches("&lt;saved_leads&gt;").count(), 1);
        assert!(page.contains("<td rowspan=\"2\">&lt;saved_leads&gt;</td>"));
        for action in ["delete", "change", "unlink"] {
            assert!(page.contains(&format!("<dt>{action}</dt><dd>")), "{action}");
        }
        assert!(!page.contains("<dt>hand over</dt>") && !page.contains("<dt>clear first</dt>"));
    }

    #[test]
    fn what_stays_stands_before_what_was_done() {
        let (certificate, key) = sample::certificate();
        let page = render(&certificate, &key, "certificate.json", |name| name.to_string());
        let place = |text: &str| page.find(text).unwrap_or_else(|| panic!("{text}"));
        assert!(place("<h2>What stays") < place("<h2>What was done"));
        assert_eq!(page.matches("<dt>Decided").count(), 1);
        assert!(page.contains("app.<wbr>note: hand over<br>app.<wbr>presentation: hand over"));
        assert!(page.contains("unlink: seat_<wbr>id"));
    }
}
