//! The files and folders that a configuration names: whether they can be read and written.

use std::path::Path;

use exeunt_model::map::parse::variables;

use super::{Configuration, Problems};
use crate::project::Project;

/// Notes what is wrong with the map and the folders. `says` tells whether a key is given, or has its default. Returns the variables of the
/// environment that the map's sources name.
pub fn look(configuration: &Configuration, folder: &Path, says: &dyn Fn(&str) -> bool, problems: &mut Problems) -> Vec<String> {
    let named = map(configuration, folder, says, problems);
    let archives = &configuration.archives;
    // A bucket is asked when the desk opens it.
    let store = archives.address().is_none().then_some(("archives.store", Path::new(&archives.store)));
    for (key, path) in store.into_iter().chain([("archives.spool", archives.spool.as_path())]) {
        if let Err(message) = writable(&folder.join(path)) {
            problems.at(key, message);
        }
    }
    let signer = match crate::intake::offer(configuration, folder) {
        Ok(offer) => offer.opendsr.map(|opendsr| opendsr.signer),
        Err((key, message)) => {
            problems.at(key, message);
            None
        }
    };
    if configuration.callbacks.authorities.is_some()
        && let Err((key, message)) = crate::intake::callbacks(configuration, folder, signer)
    {
        problems.at(key, message);
    }
    named
}

fn map(configuration: &Configuration, folder: &Path, says: &dyn Fn(&str) -> bool, problems: &mut Problems) -> Vec<String> {
    let path = folder.join(&configuration.desk.map);
    let project = match Project::read(&path) {
        Ok(project) => project,
        Err(failure) => {
            let causes: Vec<String> = failure.error.chain().skip(1).map(ToString::to_string).collect();
            let cause = if causes.is_empty() { String::new() } else { format!(": {}", causes.join(": ")) };
            let hint =
                if failure.details.is_some() { format!("; exeunt map check --map {} shows them", path.display()) } else { String::new() };
            problems.at("desk.map", format!("{}{cause}{hint}", failure.sentence()));
            return Vec::new();
        }
    };
    // By default there are two, which a map need not have.
    if says("requests.private_categories") {
        let known: Vec<&str> = project.map.categories.iter().map(|category| category.name.as_str()).collect();
        for (place, name) in configuration.requests.private_categories.iter().enumerate() {
            if !known.contains(&name.as_str()) {
                let hint = exeunt_model::map::parse::nearest(name, known.iter().copied());
                let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                problems.at(format!("requests.private_categories[{place}]"), format!("the map has no category `{name}`{hint}"));
            }
        }
    }
    project.map.sources.iter().flat_map(|source| variables::names(&source.url)).collect()
}

/// Whether a folder takes files: its own, or the nearest one above in which it would be made.
pub fn writable(folder: &Path) -> Result<(), String> {
    let there = folder.ancestors().find(|path| path.exists() || *path == Path::new("")).unwrap_or(folder);
    let there = if there == Path::new("") { Path::new(".") } else { there };
    if !there.is_dir() {
        return Err(format!("{} is no folder", there.display()));
    }
    let probe = there.join(format!(".exeunt-probe-{}", std::process::id()));
    let made = std::fs::OpenOptions::new().write(true).create_new(true).open(&probe);
    match made {
        Ok(file) => {
            drop(file);
            std::fs::remove_file(&probe).map_err(|error| format!("cannot delete in {}: {error}", there.display()))
        }
        // Another check is under way in a process of this number, on another machine.
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(format!("cannot write into {}: {error}", there.display())),
    }
}
