//! `exeunt map discover`: a draft of a map from a live database.

use std::path::{Path, PathBuf};

use exeunt_model::catalog::SourceKind;
use exeunt_model::map::Source;
use exeunt_model::map::discover::address::{kind_of, name_of, without_credentials};
use exeunt_model::map::discover::{Draft, Order, draft};
use exeunt_model::names::SourceName;
use exeunt_sources::Database;
use serde_json::json;

use crate::edge::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The database: sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE
    #[arg(long, value_name = "URL", env = "EXEUNT_DISCOVER_URL", hide_env_values = true)]
    url: String,

    /// A schema of PostgreSQL, the first being the default one; may be given several times
    #[arg(long = "schema", value_name = "NAME")]
    schemas: Vec<String>,

    /// A folder of files that rows of the database name
    #[arg(long, value_name = "DIR")]
    files: Option<PathBuf>,

    /// The platform's name; without it, the database's
    #[arg(long)]
    name: Option<String>,

    /// Where to write the draft; without it, on standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let kind = kind_of(&arguments.url).filter(|kind| *kind != SourceKind::Files).ok_or_else(|| {
        Failure::message(ExitCode::Usage, "the url is none of a database that this program knows")
            .next("write sqlite:PATH or postgres://HOST/DATABASE")
    })?;
    if let Some(out) = arguments.out.as_deref().filter(|out| out.exists()) {
        return Err(Failure::message(ExitCode::InputOutput, format!("{} exists already; a draft does not replace a map", out.display()))
            .next("write the draft elsewhere, and compare the two"));
    }
    let name = arguments.name.clone().unwrap_or_else(|| name_of(&arguments.url));
    let database = Database::new(SourceName::new("app"), kind, &arguments.url, &arguments.schemas, Path::new("."))?;
    let catalog = database.reader()?.introspect()?;
    let order = Order { sources: sources(arguments, kind, &name), name };
    let draft = draft(&order, &[catalog]);
    match &arguments.out {
        None if !output.is_json() => output.data(draft.text.trim_end())?,
        None => output.json(&json!({ "draft": draft.text, "tables": draft.tables, "undecided": draft.undecided }))?,
        Some(out) => write(out, &draft, output)?,
    }
    Ok(ExitCode::Done)
}

fn write(out: &Path, draft: &Draft, output: &Output) -> Result<(), Failure> {
    std::fs::write(out, &draft.text).or_fail(ExitCode::InputOutput, || format!("write the draft {}", out.display()))?;
    output.either(&json!({ "map": out, "tables": draft.tables, "undecided": draft.undecided }), || {
        let left = match draft.undecided {
            0 => "nothing is undecided".to_owned(),
            1 => "1 place is marked `todo`".to_owned(),
            many => format!("{many} places are marked `todo`"),
        };
        format!("{} drafted: {} tables, {left}\nfinish it, then: exeunt map check --map {}", out.display(), draft.tables, out.display())
    })
}

fn sources(arguments: &Arguments, kind: SourceKind, name: &str) -> Vec<Source> {
    let url = match kind {
        SourceKind::Postgres => without_credentials(name, &arguments.url),
        SourceKind::Sqlite | SourceKind::Files => {
            let path = arguments.url.trim_start_matches("sqlite:");
            format!("sqlite:{}", as_seen_from(arguments.out.as_deref(), Path::new(path)).display())
        }
    };
    let mut sources = vec![Source { name: SourceName::new("app"), kind, url, schemas: arguments.schemas.clone() }];
    if let Some(folder) = &arguments.files {
        let url = format!("file:{}", as_seen_from(arguments.out.as_deref(), folder).display());
        sources.push(Source { name: SourceName::new("files"), kind: SourceKind::Files, url, schemas: Vec::new() });
    }
    sources
}

/// A path relative to the map's folder where it lies in there, else absolute; as it was given where there is no file to stand in.
fn as_seen_from(map: Option<&Path>, path: &Path) -> PathBuf {
    let Some(map) = map else { return path.to_owned() };
    let absolute = |path: &Path| std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let (path, map) = (absolute(path), absolute(map));
    match map.parent().and_then(|folder| path.strip_prefix(folder).ok()) {
        Some(inside) => inside.to_owned(),
        None => path,
    }
}
