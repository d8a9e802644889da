//! `exeunt map check`: every error of a map at once.

use crate::commands::map::MapArgument;
use crate::edge::{ExitCode, OrFail, Outcome};
use crate::output::Output;

#[derive(Debug, clap::Args)]
pub struct Arguments {
    #[command(flatten)]
    map: MapArgument,
}

pub fn run(arguments: &Arguments, output: &Output) -> Outcome {
    let path = &arguments.map.map;
    let text = std::fs::read_to_string(path)
        .or_fail(ExitCode::InputOutput, || format!("read the map {}", path.display()))
        .map_err(|failure| failure.next("give the path of the data map with --map FILE"))?;
    let lines = text.lines().count();
    output.either(&serde_json::json!({ "lines": lines }), || format!("{lines} lines"))?;
    Ok(ExitCode::Done)
}
