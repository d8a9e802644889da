//! Drafts of maps, however they came about: where they go and what is said of them.

use std::path::Path;

use exeunt_model::map::discover::Draft;
use serde_json::{Value, json};

use crate::failure::{ExitCode, Failure, OrFail};
use crate::output::Output;

/// A map that somebody has worked on is not replaced by a draft.
pub fn refuse_existing(out: Option<&Path>) -> Result<(), Failure> {
    match out.filter(|out| out.exists()) {
        Some(out) => {
            let message = format!("{} exists already, and a draft does not replace a map", out.display());
            Err(Failure::message(ExitCode::InputOutput, message).next("write the draft to another file, and compare the two"))
        }
        None => Ok(()),
    }
}

/// Writes the draft to its file, or prints it. `more` is an object of further fields for `--json`.
pub fn deliver(draft: &Draft, out: Option<&Path>, more: Value, output: &Output) -> Result<(), Failure> {
    let mut object = json!({ "tables": draft.tables, "undecided": draft.undecided });
    if let (Some(object), Value::Object(more)) = (object.as_object_mut(), more) {
        object.extend(more);
    }
    let Some(out) = out else {
        object["draft"] = Value::from(draft.text.as_str());
        return output.either(&object, || draft.text.trim_end().to_owned());
    };
    std::fs::write(out, &draft.text).or_fail(ExitCode::InputOutput, || format!("write the draft {}", out.display()))?;
    object["map"] = json!(out);
    output.either(&object, || {
        let left = match draft.undecided {
            0 => "nothing is undecided".to_owned(),
            1 => "1 place is marked `todo`".to_owned(),
            many => format!("{many} places are marked `todo`"),
        };
        let check = format!("exeunt map check --map {}", out.display());
        format!("{} drafted: {} tables, {left}\nfinish it, then: {check}", out.display(), draft.tables)
    })
}
