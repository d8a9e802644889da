//! Whether what was approved is still what would be done.

use exeunt_model::plan::Plan;

use super::error::count as counted;

/// The first thing in which the structure of two plans differs, in words; counts are not looked at.
pub fn difference(approved: &Plan, now: &Plan) -> Option<String> {
    let approved_outline = &approved.outline;
    let outline = &now.outline;
    if approved.exeunt_plan != now.exeunt_plan {
        return Some(format!("it has the format version {}, this program writes {}", approved.exeunt_plan, now.exeunt_plan));
    }
    if approved_outline.purpose != outline.purpose {
        return Some("it is for another purpose".to_owned());
    }
    if approved_outline.kind != outline.kind || approved.subject != now.subject {
        return Some("it is for another subject, or was made with another store".to_owned());
    }
    if approved_outline.map.digest != outline.map.digest {
        return Some("the data map has changed".to_owned());
    }
    for (before, after) in approved_outline.catalogs.iter().zip(&outline.catalogs) {
        if before.identity != after.identity {
            return Some(format!("{} is another database", after.source));
        }
        if before.digest != after.digest {
            return Some(format!("{} has changed its tables or columns", after.source));
        }
    }
    if approved_outline.choices != outline.choices || approved.successor != now.successor {
        return Some("other choices were made".to_owned());
    }
    if approved_outline.profile != outline.profile {
        return Some("it is for another profile".to_owned());
    }
    if approved.lock != now.lock {
        return Some("the map was accepted anew".to_owned());
    }
    (approved_outline != outline).then(|| "its steps are not those that this program would take".to_owned())
}

fn approved_words(number: u64) -> &'static str {
    if number == 1 { "was approved" } else { "were approved" }
}

/// The first count in which two plans of the same structure differ, in words.
pub fn count_difference(approved: &Plan, now: &Plan) -> Option<String> {
    let steps = approved.step_rows.iter().zip(&now.step_rows).zip(&now.outline.steps);
    for ((before, after), step) in steps {
        if before != after {
            return Some(format!(
                "{}: {} to {} {}, and there are {after}",
                step.table,
                counted(*before, "row"),
                step.work.word(),
                approved_words(*before)
            ));
        }
    }
    for ((before, after), kept) in approved.kept_rows.iter().zip(&now.kept_rows).zip(&now.outline.kept) {
        if before != after {
            return Some(format!("{}: {} to keep {}, and there are {after}", kept.table, counted(*before, "row"), approved_words(*before)));
        }
    }
    let files = approved.files.iter().zip(&now.files);
    for (before, after) in files {
        if (before.files, before.shared) != (after.files, after.shared) {
            return Some(format!(
                "{}: {} {}, and there are {}",
                after.table,
                counted(before.files, "file"),
                approved_words(before.files),
                after.files
            ));
        }
    }
    None
}
