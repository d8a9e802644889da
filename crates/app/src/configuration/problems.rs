//! What is wrong with a configuration: all of it, each with its key and its place.

use std::path::Path;

use exeunt_model::map::parse::Position;
use serde::Serialize;

use crate::failure::{ExitCode, Failure};

/// What is wrong, in the order in which it was found.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug, Clone, Serialize)]
pub struct Problem {
    /// The key with its sections: `mail.server`. Empty for a text that is no TOML.
    pub key: String,
    /// What is wrong with it and what would be right. Never a secret.
    pub message: String,
    /// Where it stands; `None` for what is missing and for what the environment says.
    #[serde(flatten)]
    pub position: Option<Position>,
    /// The variable of the environment that it comes from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variable: Option<String>,
}

impl Problems {
    /// Notes what is wrong with a key, named with its sections, and what would be right. Where it stands is found later.
    pub fn at(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.add(Problem { key: key.into(), message: message.into(), position: None, variable: None });
    }

    /// Notes a number that lies outside its bounds.
    pub fn bounds<T: PartialOrd + std::fmt::Display>(&mut self, key: &str, value: T, least: T, most: T) {
        if value < least || value > most {
            self.at(key, format!("{value} is not between {least} and {most}"));
        }
    }

    pub fn add(&mut self, problem: Problem) {
        self.found.push(problem);
    }

    /// Whether this key, or a table or list around it, has been told about.
    pub fn mention(&self, key: &str) -> bool {
        self.found.iter().any(|problem| {
            let told = problem.key.as_str();
            !told.is_empty() && key.strip_prefix(told).is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '[']))
                || told.strip_prefix(key).is_some_and(|rest| rest.starts_with('['))
        })
    }

    /// In the order of the text; what the environment says, and what stands nowhere, last.
    pub fn into_sorted(mut self) -> Vec<Problem> {
        self.found.sort_by_key(|problem| problem.position.as_ref().map_or(usize::MAX, |position| position.bytes.start));
        self.found
    }
}

/// The configuration is refused, for all of these.
pub fn refused(path: &Path, problems: &[Problem]) -> Failure {
    let lines: Vec<String> = problems.iter().map(|problem| problem.line(path)).collect();
    let count = if problems.len() == 1 { "1 error".to_owned() } else { format!("{} errors", problems.len()) };
    Failure::message(ExitCode::Configuration, format!("the configuration {} has {count}", path.display()))
        .details(lines.join("\n"), problems)
        .next("mend them; `exeunt configuration` lists all keys, docs/reference/configuration.md explains them")
        .next("look again, without starting: exeunt serve --check")
}

impl Problem {
    /// For a reader: where, which key, what.
    fn line(&self, path: &Path) -> String {
        let path = path.display();
        let place = match (&self.position, &self.variable) {
            (Some(position), _) => format!("{path}:{}:{}", position.line, position.column),
            (None, Some(variable)) => format!("the variable {variable}"),
            (None, None) => path.to_string(),
        };
        match self.key.as_str() {
            "" => format!("{place}: {}", self.message),
            key => format!("{place}: {key}: {}", self.message),
        }
    }
}
