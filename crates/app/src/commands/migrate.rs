//! `exeunt migrate`: brings the store to the schema of this version.

use exeunt_model::moment::Moment;
use exeunt_store::{Location, Store};
use serde_json::json;

use crate::desk;
use crate::failure::{ExitCode, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    /// The store: a file, or a PostgreSQL database, postgres://… (in its schema `exeunt`)
    /// [default: what EXEUNT_STORE_URL_FILE holds, or exeunt.db]
    #[arg(long, value_name = "STORE", env = "EXEUNT_STORE", hide_env_values = true)]
    store: Option<Location>,

    /// Only tell which schema is there and which one this version needs
    #[arg(long)]
    check: bool,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let location = &desk::named_store(arguments.store.as_ref())?;
    let refused = |error| desk::not_opened(location, error);
    if arguments.check {
        let (found, known) = Store::schema_versions(location).map_err(refused)?;
        output.either(&json!({ "schema": found, "needed": known }), || match found {
            0 => format!("{location} has no schema yet; this version needs schema {known}"),
            found if found == known => format!("{location} has schema {found}, as this version needs"),
            found => format!("{location} has schema {found}; this version needs schema {known}"),
        })?;
        return Ok(if found == known { ExitCode::Done } else { ExitCode::StoreVersion });
    }
    let migrated = Store::migrate(location, Moment::new(desk::now()), &mut |bytes| desk::random(bytes)).map_err(refused)?;
    output.either(&json!({ "from": migrated.from, "schema": migrated.to }), || match migrated.from {
        0 => format!("{location} is new, with schema {}: it holds the signing key and secrets; keep it private and backed up", migrated.to),
        from if from == migrated.to => format!("{location} has schema {from} already"),
        from => format!("{location} went from schema {from} to {}", migrated.to),
    })?;
    Ok(ExitCode::Done)
}
