//! `exeunt configuration`: the keys of the desk's configuration.

use serde_json::json;

use crate::configuration::keys;
use crate::failure::{ExitCode, Outcome};
use crate::output::Output;

pub fn run(output: &Output) -> Outcome {
    let sections = keys::sections(&keys::root());
    if output.is_json() {
        let sections: Vec<_> =
            sections.iter().map(|(name, meaning, keys)| json!({ "section": name, "meaning": meaning, "keys": keys })).collect();
        output.json(&sections)?;
        return Ok(ExitCode::Done);
    }
    for (name, meaning, keys) in sections {
        output.data(format!("[{name}] {meaning}"))?;
        for key in keys {
            let default = match (&key.default, key.required) {
                (Some(default), _) => format!("default {default}"),
                (None, true) => "required".to_owned(),
                (None, false) => "no default".to_owned(),
            };
            output.data(format!("  {}: {}, {default}", key.key, key.kind))?;
            output.data(format!("      {}", key.meaning))?;
        }
        output.data("")?;
    }
    Ok(ExitCode::Done)
}
