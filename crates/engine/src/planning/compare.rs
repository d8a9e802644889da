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
    if approved_outline.categories != outline.categories {
        return Some("other categories were chosen".to_owned());
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
    // A plan comes from a file that anybody may have written: a count that is missing is none that was approved.
    let lengths = |plan: &Plan| (plan.step_rows.len(), plan.kept_rows.len(), plan.files.len());
    if lengths(approved) != lengths(now) {
        return Some("it does not count each of its steps".to_owned());
    }
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

#[cfg(test)]
mod tests {
    use exeunt_model::digest::Digest;
    use exeunt_model::names::SubjectKind;
    use exeunt_model::plan::{MapReference, Outline, Profile, Purpose};

    use super::*;

    #[test]
    fn a_plan_without_its_counts_approves_none() {
        let digest = || Digest::of_bytes(b"");
        let outline = Outline {
            purpose: Purpose::Erase,
            kind: SubjectKind::new("seat"),
            profile: Profile::default(),
            map: MapReference { name: "trial".into(), digest: digest(), categories: Vec::new() },
            catalogs: Vec::new(),
            categories: None,
            choices: Vec::new(),
            sets: Vec::new(),
            steps: Vec::new(),
            kept: Vec::new(),
            guards: Vec::new(),
            left_out: Vec::new(),
            identifiers: Vec::new(),
        };
        let plan = |step_rows, kept_rows| Plan {
            exeunt_plan: 1,
            outline: outline.clone(),
            subject: digest(),
            successor: None,
            step_rows,
            kept_rows,
            kept_until: Vec::new(),
            files: Vec::new(),
            lock: digest(),
        };
        let now = plan(vec![3], vec![1]);
        assert_eq!(count_difference(&now, &now), None);
        for approved in [plan(Vec::new(), vec![1]), plan(vec![3], Vec::new()), plan(vec![3, 0], vec![1])] {
            assert!(count_difference(&approved, &now).is_some(), "{approved:?}");
        }
    }
}
