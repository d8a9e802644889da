//! A plan as people read it: by category and table, what stays, what is left out, and the digest.

use exeunt_model::names::CategoryName;
use exeunt_model::plan::{KeptReason, LeftOutReason, Plan, Purpose, Step, Work};

use crate::layout::{Table, wrap};
use crate::output;

/// The plan as a table: category, table, action, rows; then what stays, what is left out, and the digest.
pub fn describe(plan: &Plan) -> String {
    let mut text = vec![steps(plan)];
    text.extend(kept(plan));
    text.extend(left_out(plan));
    text.push(totals(plan));
    text.push(format!("plan {}", plan.digest()));
    text.join("\n\n")
}

/// What the plan comes to. A row that stays may be changed by several steps, so that these are changes and not rows.
fn totals(plan: &Plan) -> String {
    let (mut going, mut changes) = (0, 0);
    for (step, rows) in plan.outline.steps.iter().zip(&plan.step_rows) {
        match step.work {
            Work::Read { .. } | Work::Delete { .. } => going += rows,
            Work::HandOver { .. } | Work::Unlink { .. } | Work::Change { .. } => changes += rows,
            // These rows are deleted afterwards.
            Work::BreakCycle { .. } => {}
        }
    }
    let files: u64 = plan.files.iter().map(|count| count.files).sum();
    let bytes: u64 = plan.files.iter().filter_map(|count| count.bytes).sum();
    let shared: u64 = plan.files.iter().map(|count| count.shared).sum();
    let verb = match plan.outline.purpose {
        Purpose::Export => "to export",
        Purpose::Erase => "to delete",
    };
    let mut parts = vec![match files {
        // A plan that only changes speaks of nothing that goes.
        0 if going == 0 && changes > 0 => return changes_in_rows(changes),
        0 => format!("{} {verb}", plural(going, "row")),
        files => format!("{} and {} ({}) {verb}", plural(going, "row"), plural(files, "file"), human_bytes(bytes)),
    }];
    parts.extend((changes > 0).then(|| changes_in_rows(changes)));
    match shared {
        0 => {}
        1 => parts.push("1 more file stays, since other rows name it too".to_owned()),
        many => parts.push(format!("{many} more files stay, since other rows name them too")),
    }
    fitting(&[parts.join("; ")])
}

/// The lines, broken where they are wider than the terminal.
pub fn fitting(lines: &[String]) -> String {
    let width = usize::from(output::width());
    lines.iter().flat_map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n")
}

/// `1 change in rows that stay`: handed over, unlinked, cleared or replaced.
pub fn changes_in_rows(changes: u64) -> String {
    format!("{} in rows that stay", plural(changes, "change"))
}

fn steps(plan: &Plan) -> String {
    let mut table = Table::new(["category", "table", "action", "rows"]).numbers_in(3).names_in(1);
    let place = |step: &Step| plan.outline.map.categories.iter().position(|category| Some(&category.name) == step.category.as_ref());
    let mut found: Vec<(&Step, u64)> =
        plan.outline.steps.iter().zip(plan.step_rows.iter().copied()).filter(|(_, rows)| *rows > 0).collect();
    let nothing = (plan.outline.steps.len() - found.len()) as u64;
    // A person reads by category, in the map's order; the order of execution stands in the JSON form and in `--sql`.
    found.sort_by_key(|(step, _)| place(step));
    let mut last: Option<&CategoryName> = None;
    for (step, rows) in found {
        let repeated = step.category.is_some() && step.category.as_ref() == last;
        last = step.category.as_ref();
        let category = if repeated { String::new() } else { label(plan, step.category.as_ref()) };
        table.row([category, step.table.to_string(), step.work.word().to_owned(), rows.to_string()]);
    }
    let text = table.to_text(usize::from(output::width()));
    match nothing {
        0 => text,
        1 => format!("{text}\n(1 more step of the plan finds no rows)"),
        many => format!("{text}\n({many} more steps of the plan find no rows)"),
    }
}

fn label(plan: &Plan, category: Option<&CategoryName>) -> String {
    let Some(name) = category else { return "(no category)".to_owned() };
    let known = plan.outline.map.categories.iter().find(|category| category.name == *name);
    known.map_or_else(|| name.to_string(), |category| category.label.clone())
}

fn kept(plan: &Plan) -> Option<String> {
    let groups = plan.outline.kept.iter().zip(&plan.kept_rows).zip(&plan.kept_until).filter(|((_, rows), _)| **rows > 0);
    let lines: Vec<String> = groups
        .map(|((kept, rows), until)| {
            let reason = match &kept.reason {
                KeptReason::Ground(ground) => {
                    let end = until.as_ref().map(|day| format!(", until {day} at the latest")).unwrap_or_default();
                    format!("kept: {}{end}", ground.ground)
                }
                KeptReason::Shared => "others own them too".to_owned(),
                KeptReason::Follows => "they hang from rows that stay or are handed over".to_owned(),
            };
            format!("  {}: {} ({reason})", kept.table, plural(*rows, "row"))
        })
        .collect();
    (!lines.is_empty()).then(|| format!("stays:\n{}", fitting(&lines)))
}

fn left_out(plan: &Plan) -> Option<String> {
    let lines: Vec<String> = plan
        .outline
        .left_out
        .iter()
        .filter_map(|left| {
            let what = left.table.as_ref().map_or_else(|| label(plan, left.category.as_ref()), ToString::to_string);
            let why = match &left.reason {
                LeftOutReason::OnRequest => "on request only (--profile symmetric includes it)".to_owned(),
                LeftOutReason::Excluded => "the map never exports it".to_owned(),
                LeftOutReason::NotApplicable => "not applicable to this contract".to_owned(),
                LeftOutReason::NotChosen => "not chosen".to_owned(),
                LeftOutReason::Unowned(ground) => format!("kept for everybody: {}", ground.ground),
                LeftOutReason::OtherSubjects if left.table.is_none() => format!("it holds nothing of a {}", plan.outline.kind),
                LeftOutReason::OtherSubjects => return None,
            };
            Some(format!("  {what}: {why}"))
        })
        .collect();
    (!lines.is_empty()).then(|| format!("not in this plan:\n{}", fitting(&lines)))
}

/// `1 row`, `2 rows`.
pub fn plural(number: u64, noun: &str) -> String {
    if number == 1 { format!("1 {noun}") } else { format!("{number} {noun}s") }
}

/// Bytes as people read them, in powers of 1000.
pub fn human_bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["bytes", "kB", "MB", "GB", "TB"];
    let mut unit = 0;
    let mut scaled = bytes;
    let mut tenths = 0;
    while scaled >= 1000 && unit + 1 < UNITS.len() {
        tenths = (scaled % 1000) / 100;
        scaled /= 1000;
        unit += 1;
    }
    if unit == 0 { plural(bytes, "byte") } else { format!("{scaled}.{tenths} {}", UNITS[unit]) }
}
