//! `exeunt plan`: which rows an export or an erasure is about, counted, without touching anything.

use std::path::PathBuf;

use exeunt_engine::planning::Snapshot;
use exeunt_model::map::DataMap;
use exeunt_model::names::CategoryName;
use exeunt_model::plan::{KeptReason, LeftOutReason, Plan, Purpose, Step, Work};
use exeunt_sources::Line;

use crate::commands::map::MapArgument;
use crate::commands::request::{self, ChoiceArguments, ProfileArgument};
use crate::commands::subject::SubjectArgument;
use crate::desk::StoreArgument;
use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::layout::{Table, wrap};
use crate::output::{self, Output};
use crate::project::Project;

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum PurposeArgument {
    Export,
    Erase,
}

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,

    #[command(flatten)]
    subject: SubjectArgument,

    /// What is planned
    #[arg(long = "for", value_name = "PURPOSE")]
    purpose: PurposeArgument,

    /// Which categories an export holds; an erasure takes all of them
    #[arg(long, value_name = "PROFILE", default_value = "documented")]
    profile: ProfileArgument,

    #[command(flatten)]
    choices: ChoiceArguments,

    /// Write the plan to a file, to be approved and then run with --plan
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Print the SQL that would run instead of counting; values appear as $1, $2 …
    #[arg(long, conflicts_with = "out")]
    sql: bool,

    #[command(flatten)]
    store: StoreArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let project = Project::read(&arguments.map.map)?;
    let request = match arguments.purpose {
        PurposeArgument::Export => request::export(&project.map, &arguments.subject, arguments.profile)?,
        PurposeArgument::Erase => request::erase(&project.map, &arguments.subject, &arguments.choices)?,
    };
    let platform = project.platform()?;
    let mut snapshot = Snapshot::open(&platform).map_err(|error| project.no_plan(error))?;
    if arguments.sql {
        let lines = snapshot.statements(&request).map_err(|error| project.no_plan(error))?;
        output.either(&json_lines(&lines), || lines.iter().map(statement).collect::<Vec<_>>().join("\n\n"))?;
        return Ok(ExitCode::Done);
    }
    let store = arguments.store.open(&project)?;
    let plan = snapshot.plan(&platform, &request, &store.hash_secret()).map_err(|error| project.no_plan(error))?;
    if let Some(path) = &arguments.out {
        write(path, &plan)?;
    }
    output.either(&plan, || describe(&project.map, &plan))?;
    if let Some(path) = &arguments.out {
        output.note(format!("the plan stands in {}", path.display()));
    }
    Ok(ExitCode::Done)
}

fn json_lines(lines: &[Line]) -> Vec<serde_json::Value> {
    let json = |line: &Line| serde_json::json!({ "purpose": line.purpose, "sql": line.sql, "parameters": line.parameters });
    lines.iter().map(json).collect()
}

fn statement(line: &Line) -> String {
    let parameters: Vec<String> =
        line.parameters.iter().enumerate().map(|(at, stands_for)| format!("\n-- ${}: {stands_for}", at + 1)).collect();
    format!("-- {}{}\n{};", line.purpose, parameters.concat(), line.sql)
}

fn write(path: &std::path::Path, plan: &Plan) -> Result<(), Failure> {
    let mut text = serde_json::to_string_pretty(plan).or_fail(ExitCode::Failed, || "write the plan as JSON")?;
    text.push('\n');
    std::fs::write(path, text)
        .or_fail(ExitCode::InputOutput, || format!("write the plan to {}", path.display()))
        .map_err(|failure| failure.next("choose another file with --out"))
}

/// Reads a plan that was written by `exeunt plan --out`.
pub fn read(path: &std::path::Path) -> Result<Plan, Failure> {
    let text = std::fs::read_to_string(path).map_err(|error| {
        let code = if error.kind() == std::io::ErrorKind::NotFound { ExitCode::NotFound } else { ExitCode::InputOutput };
        Failure::attempt(code, anyhow::Error::new(error).context(format!("read the plan {}", path.display())))
            .next("make one: exeunt plan … --out FILE")
    })?;
    serde_json::from_str(&text)
        .or_say(ExitCode::PlanMismatch, || format!("{} is no plan of this version of exeunt", path.display()))
        .map_err(|failure| failure.next("make the plan again: exeunt plan … --out FILE"))
}

/// The plan as a table: category, table, action, rows; then what stays, what is left out, and the digest.
pub fn describe(map: &DataMap, plan: &Plan) -> String {
    let mut text = vec![steps(map, plan)];
    text.extend(kept(plan));
    text.extend(left_out(map, plan));
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
fn fitting(lines: &[String]) -> String {
    let width = usize::from(output::width());
    lines.iter().flat_map(|line| wrap(line, width)).collect::<Vec<_>>().join("\n")
}

/// `1 change in rows that stay`: handed over, unlinked, cleared or replaced.
pub fn changes_in_rows(changes: u64) -> String {
    format!("{} in rows that stay", plural(changes, "change"))
}

fn steps(map: &DataMap, plan: &Plan) -> String {
    let mut table = Table::new(["category", "table", "action", "rows"]).numbers_in(3).names_in(1);
    let place = |step: &Step| map.categories.iter().position(|category| Some(&category.name) == step.category.as_ref());
    let mut found: Vec<(&Step, u64)> =
        plan.outline.steps.iter().zip(plan.step_rows.iter().copied()).filter(|(_, rows)| *rows > 0).collect();
    let nothing = (plan.outline.steps.len() - found.len()) as u64;
    // A person reads by category, in the map's order; the order of execution stands in the JSON form and in `--sql`.
    found.sort_by_key(|(step, _)| place(step));
    let mut last: Option<&CategoryName> = None;
    for (step, rows) in found {
        let repeated = step.category.is_some() && step.category.as_ref() == last;
        last = step.category.as_ref();
        let category = if repeated { String::new() } else { label(map, step.category.as_ref()) };
        table.row([category, step.table.to_string(), step.work.word().to_owned(), rows.to_string()]);
    }
    let text = table.to_text(usize::from(output::width()));
    match nothing {
        0 => text,
        1 => format!("{text}\n(1 more step of the plan finds no rows)"),
        many => format!("{text}\n({many} more steps of the plan find no rows)"),
    }
}

fn label(map: &DataMap, category: Option<&CategoryName>) -> String {
    let Some(name) = category else { return "(no category)".to_owned() };
    map.category(name).map_or_else(|| name.to_string(), |category| category.label.clone())
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

fn left_out(map: &DataMap, plan: &Plan) -> Option<String> {
    let lines: Vec<String> = plan
        .outline
        .left_out
        .iter()
        .filter_map(|left| {
            let what = left.table.as_ref().map_or_else(|| label(map, left.category.as_ref()), ToString::to_string);
            let why = match &left.reason {
                LeftOutReason::OnRequest => "on request only (--profile symmetric includes it)".to_owned(),
                LeftOutReason::Excluded => "never exported".to_owned(),
                LeftOutReason::NotApplicable => "not applicable to this contract".to_owned(),
                LeftOutReason::Unowned(ground) => format!("kept for everybody: {}", ground.ground),
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
