//! What the archive says of its tables and of what is not inside.

use std::collections::BTreeSet;

use exeunt_model::archive::header::{self, Category, ColumnHeader, LeftOut, LeftOutReason, Reference, TableHeader};
use exeunt_model::catalog::SourceKind;
use exeunt_model::map::explain;
use exeunt_model::map::resolve::{Edge, Link, MappedTable, Path, Scheme};
use exeunt_model::names::{CategoryName, TableName};
use exeunt_model::plan::{self, Outline, Step, Work};
use exeunt_model::selection::ColumnPath;

/// The category as the map labels it.
pub fn category(scheme: &Scheme, name: &CategoryName) -> Category {
    let label = scheme.map.category(name).map_or_else(|| name.to_string(), |category| category.label.clone());
    Category { name: name.clone(), label }
}

/// The header of a step's table; `None` for a step that reads nothing. `edges` are the scheme's.
pub fn table(scheme: &Scheme, edges: &[Edge], outline: &Outline, step: &Step) -> Option<TableHeader> {
    let Work::Read { columns, .. } = &step.work else { return None };
    let mapped = scheme.table(&step.table)?;
    let checked = scheme.catalogs.iter().any(|catalog| catalog.source == step.table.source && catalog.kind == SourceKind::Postgres);
    let columns: Vec<ColumnHeader> = columns
        .iter()
        .filter_map(|name| mapped.table.column(name))
        .map(|column| ColumnHeader {
            name: column.name.clone(),
            kind: column.kind.clone(),
            declared_type: column.declared_type.clone(),
            nullable: column.nullable,
            checked_by_source: checked,
            description: column.comment.clone(),
        })
        .collect();
    let exported = |name: &String| columns.iter().any(|column| column.name == *name);
    let whole_key = mapped.table.primary_key.iter().all(exported);
    Some(TableHeader {
        table: step.table.clone(),
        category: category(scheme, step.category.as_ref()?),
        primary_key: if whole_key { mapped.table.primary_key.clone() } else { Vec::new() },
        references: references(scheme, edges, outline, mapped, &columns),
        columns,
        owner_paths: paths(scheme, outline, mapped),
        description: mapped.entry.label.clone().or_else(|| mapped.table.comment.clone()),
        dated_by: None,
    })
}

/// Every path by which rows of the table come to be in this export.
fn paths(scheme: &Scheme, outline: &Outline, mapped: &MappedTable) -> Vec<String> {
    let scope = scheme.scope_kinds(&outline.kind);
    let concerned = |path: &&Path| scope.contains(&path.kind);
    let owned = mapped.owner.iter().filter(concerned).map(explain::owned);
    owned.chain(mapped.about.iter().filter(concerned).map(explain::spoken_of)).collect()
}

fn references(scheme: &Scheme, edges: &[Edge], outline: &Outline, mapped: &MappedTable, columns: &[ColumnHeader]) -> Vec<Reference> {
    let plain = |edge: &Edge| edge.when.is_empty() && edge.columns.iter().all(|path| path.json.is_empty());
    let exported = |edge: &Edge| edge.columns.iter().all(|path| columns.iter().any(|column| column.name == path.column));
    let target = |edge: &Edge| outline.steps.iter().any(|step| step.table == edge.to);
    edges
        .iter()
        .filter(|edge| edge.from == mapped.table.name)
        .filter(|edge| plain(edge) && exported(edge) && target(edge))
        .map(|edge| Reference {
            closed: is_closed(scheme, outline, mapped, edge),
            columns: edge.columns.iter().map(|path| path.column.clone()).collect(),
            table: edge.to.clone(),
            referenced_columns: edge.referenced.clone(),
        })
        .collect()
}

/// Every row of the table comes into the archive by this very reference, so that the row it points to is there too.
fn is_closed(scheme: &Scheme, outline: &Outline, mapped: &MappedTable, edge: &Edge) -> bool {
    let claims = || {
        let scope = scheme.scope_kinds(&outline.kind);
        move |path: &&Path| scope.contains(&path.kind)
    };
    let mine: Vec<_> = mapped.owner.iter().chain(&mapped.about).filter(claims()).collect();
    let [only] = mine.as_slice() else { return false };
    let Some((Link::Forward { columns, to, .. }, rest)) = only.hops.split_first() else { return false };
    let Some(target) = scheme.table(to) else { return false };
    let arrives = target.owner.iter().chain(&target.about).any(|path| path.kind == only.kind && path.hops == rest);
    *columns == edge.columns && *to == edge.to && arrives
}

/// What is not inside: categories, tables and secret columns, each with its reason.
pub fn left_out(scheme: &Scheme, outline: &Outline) -> Vec<LeftOut> {
    let mut found = Vec::new();
    for left in &outline.left_out {
        let note = match &left.reason {
            plan::LeftOutReason::Unowned(ground) => Some(ground.ground.clone()),
            plan::LeftOutReason::OnRequest
            | plan::LeftOutReason::Excluded
            | plan::LeftOutReason::NotApplicable
            | plan::LeftOutReason::NotChosen
            | plan::LeftOutReason::OtherSubjects => None,
        };
        let reason = match left.reason {
            plan::LeftOutReason::OnRequest => LeftOutReason::OnRequest,
            plan::LeftOutReason::Excluded => LeftOutReason::Excluded,
            plan::LeftOutReason::NotApplicable => LeftOutReason::NotApplicable,
            plan::LeftOutReason::NotChosen => LeftOutReason::NotChosen,
            plan::LeftOutReason::Unowned(_) => LeftOutReason::Unowned,
            // The table holds nothing of this kind of subject: nothing is missing.
            plan::LeftOutReason::OtherSubjects => continue,
        };
        let category = left.category.as_ref().map(|name| category(scheme, name));
        found.push(LeftOut { category, table: left.table.clone(), columns: Vec::new(), reason, note });
    }
    for step in &outline.steps {
        let Some(mapped) = scheme.table(&step.table) else { continue };
        if !mapped.entry.secret.is_empty() {
            found.push(LeftOut {
                category: None,
                table: Some(step.table.clone()),
                columns: mapped.entry.secret.iter().map(ToString::to_string).collect(),
                reason: LeftOutReason::Secret,
                note: None,
            });
        }
    }
    found
}

/// Values with secret places that could not be read: nobody could tell the secret from the rest.
pub fn withheld(table: &TableName, secret: &[ColumnPath], values: u64) -> LeftOut {
    let columns: BTreeSet<&str> = secret.iter().map(|path| path.column.as_str()).collect();
    let words = match values {
        1 => "1 value could not be read as JSON and is withheld as a whole".to_owned(),
        _ => format!("{values} values could not be read as JSON and are withheld as a whole"),
    };
    LeftOut {
        category: None,
        table: Some(table.clone()),
        columns: columns.into_iter().map(str::to_owned).collect(),
        reason: LeftOutReason::Secret,
        note: Some(words),
    }
}

/// A file that a row names and that the store does not hold.
pub fn missing_files(step: &Step, missing: u64) -> LeftOut {
    let words = if missing == 1 {
        "1 file that a row names is not in the file store".to_owned()
    } else {
        format!("{missing} files that rows name are not in the file store")
    };
    LeftOut {
        category: None,
        table: Some(step.table.clone()),
        columns: Vec::new(),
        reason: header::LeftOutReason::Missing,
        note: Some(words),
    }
}
