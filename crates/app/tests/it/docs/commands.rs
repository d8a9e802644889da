//! `docs/reference/commands.md` holds the help of every command, and `exit-codes.md` every code.

use std::fmt::Write as _;
use std::process::Command;

use super::{generated, page, repository};

/// What `exeunt COMMAND --help` prints, for a terminal of 100 columns.
fn help(command: &[String]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_exeunt")).args(command).arg("--help").env("COLUMNS", "100").output().expect("run exeunt");
    assert!(output.status.success(), "exeunt {} --help", command.join(" "));
    let text = String::from_utf8(output.stdout).expect("help is UTF-8");
    text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// The commands listed under `Commands:`.
fn listed(help: &str) -> Vec<String> {
    let section = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = section.take_while(|line| !line.is_empty());
    // A description that is wrapped goes on further to the right.
    let names = names.filter_map(|line| line.strip_prefix("  ").filter(|rest| !rest.starts_with(' ')));
    names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help").map(str::to_owned).collect()
}

fn describe(command: &[String], page: &mut String) {
    let help = help(command);
    let name = std::iter::once("exeunt").chain(command.iter().map(String::as_str)).collect::<Vec<_>>().join(" ");
    // Writing to a String never fails.
    let _ = write!(page, "## `{name}`\n\n```text generated\n{}\n```\n\n", help.trim());
    for inner in listed(&help) {
        describe(&[command, &[inner]].concat(), page);
    }
}

#[test]
fn reference_of_commands_is_current() {
    let mut page = String::new();
    describe(&[], &mut page);
    generated::check("docs/reference/commands.md", &page);
}

/// The variants of `ExitCode` with the first line of their comment, read from the source: the codes are data nowhere else.
fn exit_codes() -> Vec<(u8, String)> {
    let source = std::fs::read_to_string(repository("crates/app/src/failure.rs")).expect("read failure.rs");
    let body = source.split_once("pub enum ExitCode {").expect("failure.rs has an enum ExitCode").1;
    let body = body.split_once("\n}").expect("the enum ends").0;
    let mut found = Vec::new();
    let mut comment = String::new();
    for line in body.lines().map(str::trim) {
        if let Some(text) = line.strip_prefix("///") {
            comment = format!("{comment} {}", text.trim()).trim().to_owned();
        } else if let Some((_, number)) = line.trim_end_matches(',').split_once(" = ") {
            found.push((number.parse().expect("a number"), std::mem::take(&mut comment)));
        }
    }
    found
}

#[test]
fn every_exit_code_is_explained() {
    let path = "docs/reference/exit-codes.md";
    let page = std::fs::read_to_string(repository(path)).expect("read exit-codes.md");
    for (code, comment) in exit_codes() {
        let row = format!("| {code} | {comment} |");
        assert!(page.contains(&row), "{path} has no row that begins with `{row}`");
    }
    let rows = page.lines().filter(|line| line.starts_with("| ") && line[2..].starts_with(|first: char| first.is_ascii_digit()));
    assert_eq!(rows.count(), exit_codes().len(), "{path} lists codes that failure.rs does not have");
}

/// The commands in a block: what stands after `exeunt` on a line, without a comment, lines that go on joined.
fn called(block: &str) -> Vec<String> {
    let joined = block.replace("\\\n", " ");
    let lines = joined.lines().map(|line| line.split(" #").next().unwrap_or_default().trim());
    let commands = lines.filter_map(|line| line.strip_prefix("exeunt ").or_else(|| line.split_once(" exeunt ").map(|(_, rest)| rest)));
    commands.map(str::to_owned).collect()
}

#[test]
fn commands_that_are_only_shown_exist_too() {
    let mut wrong = Vec::new();
    for path in super::links::all_pages() {
        let text = std::fs::read_to_string(&path).expect("read a page");
        let shown = page::fences(&text).into_iter().filter(|fence| fence.language == "console" || fence.language == "sh");
        for command in shown.flat_map(|fence| called(&fence.content)) {
            let words: Vec<&str> = command.split_whitespace().collect();
            let mut path_of_command: Vec<String> = Vec::new();
            for word in &words {
                if !listed(&help(&path_of_command)).iter().any(|name| name == word) {
                    break;
                }
                path_of_command.push((*word).to_owned());
            }
            let help = help(&path_of_command);
            let known =
                |flag: &str| help.split(|character: char| !character.is_ascii_alphanumeric() && character != '-').any(|word| word == flag);
            let unknown: Vec<&str> = words
                .iter()
                .filter(|word| word.starts_with("--"))
                .map(|word| word.split('=').next().unwrap_or_default())
                .filter(|flag| !known(flag))
                .collect();
            if path_of_command.is_empty() && words.first() != Some(&"--help") || !unknown.is_empty() {
                wrong.push(format!("{}: exeunt {command}: unknown {unknown:?}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "commands that the program does not have:\n{}", wrong.join("\n"));
}
