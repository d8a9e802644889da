//! The categories that somebody chooses, held against the map.

use exeunt_model::map::parse::nearest;
use exeunt_model::map::{DataMap, ExportDisposition};
use exeunt_model::names::CategoryName;
use exeunt_model::plan::Profile;
use exeunt_model::request::Kind;
use exeunt_model::setting::Rules;

use crate::http::problem::Problem;

/// The chosen categories, each once and in the order of the map. `None` where all were asked for.
pub(super) fn chosen(map: &DataMap, wanted: Option<&[String]>) -> Result<Option<Vec<CategoryName>>, Problem> {
    let Some(wanted) = wanted else { return Ok(None) };
    if wanted.is_empty() {
        return Err(Problem::unprocessable("`categories` names none; without it, all are meant".to_owned()));
    }
    let known = || map.categories.iter().map(|category| category.name.as_str());
    for name in wanted {
        if !known().any(|known| known == name) {
            let meant = nearest(name, known()).map(|meant| format!("; did you mean `{meant}`?")).unwrap_or_default();
            return Err(Problem::unprocessable(format!("there is no category `{name}`{meant}")));
        }
    }
    let chosen: Vec<CategoryName> = map
        .categories
        .iter()
        .map(|category| category.name.clone())
        .filter(|name| wanted.iter().any(|wanted| wanted == name.as_str()))
        .collect();
    Ok((chosen.len() < map.categories.len()).then_some(chosen))
}

/// Makes sure that an export of chosen categories can be made: what is given out on request only goes another way.
pub(super) fn exportable(map: &DataMap, rules: &Rules, kind: Kind, chosen: Option<&[CategoryName]>) -> Result<(), Problem> {
    let (Kind::Export, Some(chosen)) = (kind, chosen) else { return Ok(()) };
    let found = |wanted: ExportDisposition| {
        let categories = map.categories.iter().filter(|category| chosen.contains(&category.name));
        let names: Vec<&str> = categories.filter(|category| category.export == wanted).map(|category| category.label.as_str()).collect();
        (!names.is_empty()).then(|| names.join(", "))
    };
    if let Some(never) = found(ExportDisposition::Excluded) {
        return Err(Problem::no_standard_export(format!("no export holds {never}")));
    }
    match (rules.profile, found(ExportDisposition::OnRequest)) {
        (Profile::Documented, Some(on_request)) => Err(Problem::no_standard_export(format!(
            "the representative gives out {on_request}: ask for it with `kind` case and `matter` other_data"
        ))),
        (Profile::Documented | Profile::Symmetric, _) => Ok(()),
    }
}

/// Whether an export of these categories takes messages or notes, which colleagues may have written.
pub(super) fn is_private(map: &DataMap, rules: &Rules, chosen: Option<&[CategoryName]>) -> bool {
    map.exported(rules.profile, chosen).iter().any(|category| rules.private_categories.contains(&category.name))
}
