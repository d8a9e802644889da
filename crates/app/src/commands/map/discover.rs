//! `exeunt map discover`: a draft of a map from a live database.

use std::path::{Path, PathBuf};

use exeunt_model::catalog::{Catalog, SourceKind};
use exeunt_model::map::Source;
use exeunt_model::map::discover::address::{kind_of, name_of, variable_of};
use exeunt_model::map::discover::{Order, draft};
use exeunt_model::names::SourceName;
use exeunt_sources::{Database, Look};
use serde_json::json;

use crate::failure::{ExitCode, Failure, Outcome};
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
    super::draft::refuse_existing(arguments.out.as_deref())?;
    let name = arguments.name.clone().unwrap_or_else(|| name_of(&arguments.url));
    let catalog = introspect(arguments, kind).map_err(|mut failure| {
        // What a map would have to correct stands on the command line here.
        failure
            .next
            .iter_mut()
            .for_each(|step| *step = step.replace("the map's `url`", "`--url`").replace("the source's `url` in the map", "`--url`"));
        failure
    })?;
    if catalog.tables.is_empty() {
        let message = match arguments.schemas.as_slice() {
            [] => "the database has no tables".to_owned(),
            schemas => format!("the database has no tables in {}", schemas.join(", ")),
        };
        let failure = Failure::message(ExitCode::SourceUnreachable, message);
        return Err(failure
            .next("check the database's name in `--url`, name other schemas by `--schema`, or connect as a role that may see the tables"));
    }
    let order = Order { sources: sources(arguments, kind, &name), name };
    let draft = draft(&order, &[catalog]);
    super::draft::deliver(&draft, arguments.out.as_deref(), json!({}), output)?;
    if kind == SourceKind::Postgres && !output.is_json() {
        output.note(format!("the map takes the database's address from the environment: {}", variable_of(&order.name)));
    }
    Ok(ExitCode::Done)
}

fn introspect(arguments: &Arguments, kind: SourceKind) -> Result<Catalog, Failure> {
    let database = Database::new(SourceName::new("app"), kind, &arguments.url, &arguments.schemas, Path::new("."))?;
    Ok(database.reader()?.introspect()?)
}

fn sources(arguments: &Arguments, kind: SourceKind, name: &str) -> Vec<Source> {
    let url = match kind {
        SourceKind::Postgres => format!("${{{}}}", variable_of(name)),
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
