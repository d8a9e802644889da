//! `exeunt map schema`: the JSON Schema of the map, for editors.

use exeunt_model::map::schema::json_schema;

use crate::failure::{ExitCode, Outcome};
use crate::output::Output;

pub fn run(output: &Output) -> Outcome {
    output.json(&json_schema())?;
    Ok(ExitCode::Done)
}
