//! What is asked of a plan, on the command line.

use exeunt_engine::planning::Request;
use exeunt_model::map::DataMap;
use exeunt_model::map::parse::nearest;
use exeunt_model::names::{CategoryName, TableName};
use exeunt_model::plan::{Choice, Profile, Purpose};

use crate::commands::subject::{SubjectArgument, split_key};
use crate::failure::{ExitCode, Failure};

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub enum ProfileArgument {
    /// The categories that the map includes; those that it gives out on request only are left out
    Documented,
    /// Also the categories that are given out on request only: whatever can be erased can be exported
    Symmetric,
}

impl From<ProfileArgument> for Profile {
    fn from(argument: ProfileArgument) -> Self {
        match argument {
            ProfileArgument::Documented => Self::Documented,
            ProfileArgument::Symmetric => Self::Symmetric,
        }
    }
}

/// What an erasure leaves to the requester.
#[derive(Debug, Default, clap::Args)]
pub struct ChoiceArguments {
    /// Decide what the map leaves open, such as app.note=delete; once for each table
    #[arg(long = "choose", value_name = "TABLE=ACTION")]
    choices: Vec<String>,

    /// Who takes over what is handed over: the key of another subject of the same kind
    #[arg(long, value_name = "KEY")]
    hand_over_to: Option<String>,
}

/// The part of the subject's data that is asked for.
#[derive(Debug, Default, clap::Args)]
pub struct CategoryArguments {
    /// Only this category of the map; may be given several times. Without it, all of them
    #[arg(long = "category", value_name = "NAME")]
    categories: Vec<String>,
}

impl CategoryArguments {
    /// The chosen categories; `None` where none was named, which means all of them.
    fn chosen(&self, map: &DataMap) -> Result<Option<Vec<CategoryName>>, Failure> {
        let mut chosen = Vec::new();
        for name in &self.categories {
            let category = CategoryName::new(name);
            if map.category(&category).is_none() {
                let known = || map.categories.iter().map(|category| category.name.as_str());
                let failure = Failure::message(ExitCode::Usage, format!("the map has no category `{name}`"));
                return Err(match nearest(name, known()) {
                    Some(meant) => failure.next(format!("did you mean --category {meant}?")),
                    None => failure.next(format!("its categories are {}", known().collect::<Vec<_>>().join(", "))),
                });
            }
            chosen.push(category);
        }
        Ok((!chosen.is_empty()).then_some(chosen))
    }
}

/// The request for an export.
pub fn export(
    map: &DataMap,
    subject: &SubjectArgument,
    profile: ProfileArgument,
    categories: &CategoryArguments,
) -> Result<Request, Failure> {
    Ok(Request {
        subject: subject.subject(map)?,
        purpose: Purpose::Export,
        profile: profile.into(),
        categories: categories.chosen(map)?,
        choices: Vec::new(),
        successor: None,
    })
}

/// The request for an erasure.
pub fn erase(
    map: &DataMap,
    subject: &SubjectArgument,
    arguments: &ChoiceArguments,
    categories: &CategoryArguments,
) -> Result<Request, Failure> {
    let subject = subject.subject(map)?;
    let choices: Result<Vec<Choice>, Failure> = arguments.choices.iter().map(|text| choice(map, text)).collect();
    let columns = subject.key.len();
    Ok(Request {
        subject,
        purpose: Purpose::Erase,
        profile: Profile::default(),
        categories: categories.chosen(map)?,
        choices: choices?,
        successor: arguments.hand_over_to.as_ref().map(|key| split_key(key, columns)),
    })
}

/// `app.note=delete`, or `note=delete` where only one table is called so.
fn choice(map: &DataMap, text: &str) -> Result<Choice, Failure> {
    let refused =
        |problem: String| Failure::message(ExitCode::Usage, problem).next("write --choose TABLE=ACTION, such as --choose app.note=delete");
    let (table, action) = text.split_once('=').ok_or_else(|| refused(format!("`{text}` is no choice")))?;
    let full = table.parse::<TableName>().ok().filter(|name| map.entry(name).is_some());
    let named: Vec<&TableName> =
        map.tables.iter().map(|entry| &entry.table).filter(|name| name.name == table || name.local() == table).collect();
    let table = match (full, named.as_slice()) {
        (Some(name), _) => name,
        (None, [only]) => (*only).clone(),
        (None, []) => return Err(refused(format!("the map has no table `{table}`"))),
        (None, _) => return Err(refused(format!("several tables are called `{table}`: write it with its source"))),
    };
    Ok(Choice { table, action: action.to_owned() })
}
