//! `exeunt openapi`: the document that describes the API.

use utoipa::OpenApi as _;

use crate::failure::{ExitCode, Outcome};
use crate::http::api::Document;
use crate::output::Output;

pub fn run(output: &Output) -> Outcome {
    output.json(&Document::openapi())?;
    Ok(ExitCode::Done)
}
