//! A first draft of a data map from nothing but catalogs, for a person to finish.
//!
//! ```text
//! catalogs ─► graph (references) ─► subjects ─► owners (ways to them) ─► entry (one table) ─► text
//! ```
//!
//! The draft only decides what the database itself declares: a foreign key that leads to a subject, under the name of its table. Guesses
//! from names stand in the draft as `todo: …`, which the parser refuses: whoever deletes `todo: ` accepts the guess.

pub mod address;
mod entry;
pub mod fides;
mod graph;
mod owners;
mod subjects;
mod text;
mod words;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use crate::catalog::{Catalog, Table};
use crate::map::Source;
use entry::{Drafter, Entry, Line, Verdict, proposal};
use graph::Graph;
use subjects::Candidate;

/// What a draft is made for.
#[derive(Debug, Clone)]
pub struct Order {
    /// The platform's name.
    pub name: String,
    /// The sources as they shall stand in the map, databases and files.
    pub sources: Vec<Source>,
}

/// A draft and how much of it is undecided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    pub text: String,
    pub tables: usize,
    /// Places marked `todo`.
    pub undecided: usize,
}

/// Drafts a map. The same catalogs give the same draft.
pub fn draft(order: &Order, catalogs: &[Catalog]) -> Draft {
    let graph = Graph::new(catalogs);
    let subjects = subjects::candidates(&graph);
    let files = order.sources.iter().any(|source| source.kind == crate::catalog::SourceKind::Files);
    let known = BTreeMap::new();
    compose(&head(order), &Drafter { graph: &graph, subjects: &subjects, files, known: &known })
}

/// The text of a draft after its head.
fn compose(head: &str, drafter: &Drafter<'_, '_>) -> Draft {
    let (graph, subjects) = (drafter.graph, drafter.subjects);
    let mut entries = Vec::new();
    let mut ignored = Vec::new();
    for table in &graph.tables {
        match drafter.verdict(table) {
            Verdict::Mapped(entry) => entries.push(entry),
            Verdict::Ignored { table, reason, comment } => ignored.push((table, reason, comment)),
        }
    }
    group(subjects, &mut entries);
    let categories = categories(subjects, &entries);
    let position = |entry: &Entry| categories.iter().position(|category| *category == entry.category).unwrap_or(usize::MAX);
    let own = |entry: &Entry| subjects.iter().position(|subject| subject.table == entry.table).unwrap_or(usize::MAX);
    entries.sort_by_key(|entry| (position(entry), own(entry), entry.table.clone()));
    let mut text = head.to_owned();
    text += &subjects_text(graph, subjects);
    text += "categories:\n";
    for category in &categories {
        text += &format!("  {}: {{ label: {} }}\n", text::scalar(category), text::scalar(&crate::map::category_label(category)));
    }
    if categories.is_empty() {
        text += "  customer_data: { label: Customer data }\n";
    }
    text += "tables:";
    text += if entries.is_empty() { " {}\n" } else { "\n" };
    for entry in &entries {
        text += &entry_text(entry);
    }
    if !ignored.is_empty() {
        text += "ignore:\n";
        for (table, reason, comment) in &ignored {
            let comment = comment.as_ref().map(|comment| format!("  # {}", text::comment(comment))).unwrap_or_default();
            text += &format!("  {}: {reason}{comment}\n", text::table(table));
        }
    }
    // The three lines of explanation at the head are no decisions.
    let undecided = text.lines().filter(|line| !line.starts_with('#')).map(|line| line.matches("todo").count()).sum();
    Draft { text, tables: graph.tables.len(), undecided }
}

fn head(order: &Order) -> String {
    let mut text = "\
# A draft of a data map, made from the database alone. Nothing marked `todo` is decided:
# delete `todo: ` where the proposal behind it is right, or write what is; delete what does not hold.
# Then: exeunt map check --map FILE, exeunt map explain --map FILE, exeunt map accept --map FILE
exeunt: 1
"
    .to_owned();
    text += &format!("name: {}\nsources:\n", text::scalar(&order.name));
    for source in &order.sources {
        let schemas = if source.schemas.is_empty() {
            String::new()
        } else {
            format!(", schemas: [{}]", source.schemas.iter().map(|schema| text::scalar(schema)).collect::<Vec<_>>().join(", "))
        };
        text += &format!("  {}: {{ kind: {}, url: {}{schemas} }}\n", source.name, source.kind.word(), text::quoted(&source.url));
    }
    text
}

fn subjects_text(graph: &Graph<'_>, subjects: &[Candidate]) -> String {
    let mut text = "subjects:\n".to_owned();
    if subjects.is_empty() {
        text += "  # No table is named like a customer, an account or a user. Most references point to:\n";
        let mut most: Vec<(usize, &Table)> = graph.tables.iter().map(|table| (graph.to(&table.name).count(), *table)).collect();
        most.sort_by_key(|(count, table)| (usize::MAX - count, &table.name));
        for (count, table) in most.iter().take(5).filter(|(count, _)| *count > 0) {
            text += &format!("  #   {} ({count})\n", text::comment(&table.name.to_string()));
        }
        text += "  customer: { table: todo, key: todo }\n";
        return text;
    }
    let outermost = subjects.iter().filter(|subject| subject.rank < 3 && subject.within.is_empty()).count();
    for subject in subjects {
        text += &format!(
            "  # {} to it\n",
            if subject.pointing == 1 { "1 reference points".to_owned() } else { format!("{} references point", subject.pointing) }
        );
        let table = if subjects::doubtful(subject, subjects) { proposal(&subject.table.to_string()) } else { text::table(&subject.table) };
        text += &format!("  {}:\n    table: {table}\n    key: {}\n", text::scalar(&subject.kind), text::list(&subject.key));
        if let Some(label) = &subject.label {
            text += &format!("    label: {}\n", text::scalar(label));
        }
        let claims: Vec<String> = subject.within.iter().map(|(kind, columns)| format!("{kind} via {}", text::hop(columns))).collect();
        match claims.as_slice() {
            [] => {}
            // Where several kinds could be the customer, a reference to one of them says little.
            [only] if outermost > 1 => text += &format!("    within: {}\n", proposal(only)),
            [only] => text += &format!("    within: {}\n", text::quoted(only)),
            [first, others @ ..] => text += &format!("    within: {}  # or: {}\n", proposal(first), text::comment(&others.join(" | "))),
        }
        if !subject.identifiers.is_empty() {
            let columns: Vec<String> = subject.identifiers.iter().map(|column| identifier(subject, column)).collect();
            text += &format!("    identifiers: [{}]\n", columns.join(", "));
        }
    }
    text
}

/// `app.customer.email`, each part in quotes where it needs them.
fn identifier(subject: &Candidate, column: &str) -> String {
    // A table's name quotes its parts as paths do.
    let column = crate::names::TableName::new(&subject.table.source, None, column).local();
    text::scalar(&format!("{}.{column}", subject.table))
}

/// Categories that share their first word become one: `sl_asset` and `sl_viewer` are `sl`.
fn group(subjects: &[Candidate], entries: &mut [Entry]) {
    let first = |category: &str| category.split('_').next().unwrap_or_default().to_owned();
    let mut members: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for entry in entries.iter() {
        members.entry(first(&entry.category)).or_default().insert(entry.category.clone());
    }
    for entry in entries {
        let word = first(&entry.category);
        let is_subject = subjects.iter().any(|subject| subject.kind == word);
        if !is_subject && members.get(&word).is_some_and(|members| members.len() > 1) {
            entry.category = word;
        }
    }
}

/// The categories in the order of the subjects that their rows lead to.
fn categories(subjects: &[Candidate], entries: &[Entry]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let own = subjects.iter().map(|subject| subject.kind.clone()).filter(|kind| entries.iter().any(|entry| entry.category == *kind));
    found.extend(own);
    let mut rest: Vec<String> = entries.iter().map(|entry| entry.category.clone()).collect();
    rest.sort();
    for category in rest {
        if !found.contains(&category) {
            found.push(category);
        }
    }
    found
}

fn entry_text(entry: &Entry) -> String {
    let name = text::table(&entry.table);
    let category = text::scalar(&entry.category);
    let plain = |line: &Line| match line {
        Line::Field { comment, .. } => comment.is_none(),
        Line::List { .. } | Line::Comment(_) => false,
    };
    if entry.lines.len() <= 1 && entry.lines.iter().all(plain) {
        let field = entry.lines.iter().map(|line| match line {
            Line::Field { name, value, .. } => format!(", {name}: {value}"),
            Line::List { .. } | Line::Comment(_) => String::new(),
        });
        return format!("  {name}: {{ category: {category}{} }}\n", field.collect::<String>());
    }
    let mut text = format!("  {name}:\n    category: {category}\n");
    for line in &entry.lines {
        text += &match line {
            Line::Field { name, value, comment: None } => format!("    {name}: {value}\n"),
            Line::Field { name, value, comment: Some(comment) } => format!("    {name}: {value}  # {}\n", text::comment(comment)),
            Line::List { name, items } => {
                let items: String = items.iter().map(|item| format!("      - {item}\n")).collect();
                format!("    {name}:\n{items}")
            }
            Line::Comment(comment) => format!("    # {}\n", text::comment(comment)),
        };
    }
    text
}
