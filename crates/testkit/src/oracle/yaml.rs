//! Writes a world's data map. The text is JSON, which is YAML too and leaves no question of quoting.

use serde_json::{Map, Value as Json, json};

use super::value::Dialect;
use super::world::{Action, Change, Claim, Enforcement, Entry, Export, Hop, Mapped, Place, Reference, Table, World};

/// The data map's text for a database at `url`.
pub fn data_map(world: &World, dialect: Dialect, url: &str) -> String {
    let kind = match dialect {
        Dialect::Sqlite => "sqlite",
        Dialect::Postgres => "postgres",
    };
    let mut subjects = Map::new();
    for subject in &world.subjects {
        let table = &world.tables[subject.table];
        let key: Vec<&String> = subject.key.iter().map(|column| &table.columns[*column].name).collect();
        let mut entry = json!({ "table": table_name(table), "key": if let [only] = key.as_slice() { json!(only) } else { json!(key) } });
        if let Some(within) = &subject.within {
            entry["within"] = json!(claim(world, subject.table, within));
        }
        subjects.insert(subject.kind.clone(), entry);
    }
    let mut categories = Map::new();
    for category in &world.categories {
        let export = match category.export {
            Export::Included => "included",
            Export::OnRequest => "on_request",
            Export::Excluded => "excluded",
        };
        categories.insert(category.name.clone(), json!({ "label": format!("The {} things", category.name), "export": export }));
    }
    let mut tables = Map::new();
    let mut ignore = Map::new();
    for (number, table) in world.tables.iter().enumerate() {
        match &table.entry {
            Entry::Ignored => drop(ignore.insert(table_name(table), json!("holds no customer data"))),
            Entry::Mapped(mapped) => drop(tables.insert(table_name(table), self::entry(world, number, mapped))),
        }
    }
    let mut map = json!({
        "exeunt": 1,
        "name": "oracle",
        "sources": { "app": { "kind": kind, "url": url } },
        "subjects": subjects,
        "categories": categories,
        "tables": tables,
    });
    if !ignore.is_empty() {
        map["ignore"] = Json::Object(ignore);
    }
    format!("{map:#}\n")
}

/// The table as the map and the command line name it.
pub fn table_name(table: &Table) -> String {
    format!("app.{}", part(&table.name))
}

fn entry(world: &World, number: usize, mapped: &Mapped) -> Json {
    let table = &world.tables[number];
    let mut entry = Map::new();
    if let Some(category) = mapped.category {
        entry.insert("category".to_owned(), json!(world.categories[category].name));
    }
    let claims = |claims: &[Claim]| claims.iter().map(|claim| self::claim(world, number, claim)).collect::<Vec<_>>();
    for (name, list) in [("owner", claims(&mapped.owner)), ("about", claims(&mapped.about))] {
        match list.as_slice() {
            [] => {}
            [only] => drop(entry.insert(name.to_owned(), json!(only))),
            several => drop(entry.insert(name.to_owned(), json!(several))),
        }
    }
    let declared = |reference: &&Reference| reference.enforcement == Enforcement::MapOnly;
    let references: Vec<Json> =
        table.references.iter().filter(declared).map(|reference| self::reference(world, table, reference)).collect();
    if !references.is_empty() {
        entry.insert("references".to_owned(), Json::Array(references));
    }
    on_erase(world, table, mapped, &mut entry);
    if !mapped.unlink.is_empty() {
        entry.insert("unlink".to_owned(), json!(mapped.unlink.iter().map(|column| &table.columns[*column].name).collect::<Vec<_>>()));
    }
    if mapped.erase_shared {
        entry.insert("shared".to_owned(), json!("erase"));
    }
    if !mapped.secret.is_empty() {
        entry.insert("secret".to_owned(), json!(mapped.secret.iter().map(|place| self::place(table, place)).collect::<Vec<_>>()));
    }
    Json::Object(entry)
}

fn on_erase(world: &World, table: &Table, mapped: &Mapped, entry: &mut Map<String, Json>) {
    match (&mapped.default_action, mapped.by_kind.as_slice()) {
        (None, []) => {}
        (Some(Action::Keep), []) => drop(entry.insert("keep".to_owned(), ground())),
        (Some(default), []) => drop(entry.insert("on_erase".to_owned(), action(table, default))),
        (default, by_kind) => {
            let mut kinds = Map::new();
            for (kind, action) in by_kind {
                kinds.insert(world.subjects[*kind].kind.clone(), self::action(table, action));
            }
            if let Some(default) = default {
                kinds.insert("default".to_owned(), action(table, default));
            }
            entry.insert("on_erase".to_owned(), Json::Object(kinds));
        }
    }
}

fn ground() -> Json {
    json!({ "ground": "tax law, 10 years" })
}

fn action(table: &Table, action: &Action) -> Json {
    match action {
        Action::Delete => json!("delete"),
        Action::Keep => json!({ "keep": ground() }),
        Action::HandOver(column) => json!({ "hand_over": table.columns[*column].name }),
        Action::Choose(actions) => json!({ "choose": actions.iter().map(|action| self::action(table, action)).collect::<Vec<_>>() }),
        Action::Change(changes) => {
            let mut clear = Vec::new();
            let mut replace = Map::new();
            for (place, change) in changes {
                let name = self::place(table, place);
                match change {
                    Change::Clear => clear.push(name),
                    Change::Constant(text, _) => drop(replace.insert(name, json!({ "constant": text }))),
                    Change::Pseudonym => drop(replace.insert(name, json!("pseudonym"))),
                }
            }
            let mut entry = Map::new();
            if !clear.is_empty() {
                entry.insert("clear".to_owned(), json!(clear));
            }
            if !replace.is_empty() {
                entry.insert("replace".to_owned(), Json::Object(replace));
            }
            Json::Object(entry)
        }
    }
}

fn reference(world: &World, table: &Table, reference: &Reference) -> Json {
    let target = &world.tables[reference.to];
    let referenced: Vec<String> = reference.referenced.iter().map(|column| path_name(&target.columns[*column].name)).collect();
    let mut entry = json!({
        "columns": reference.from.iter().map(|place| self::place(table, place)).collect::<Vec<_>>(),
        "to": format!("{}({})", table_name(target), referenced.join(",")),
    });
    if let Some((column, text)) = &reference.when {
        entry["when"] = json!({ &table.columns[*column].name: text });
    }
    entry
}

fn place(table: &Table, place: &Place) -> String {
    place.json.iter().fold(table.columns[place.column].name.clone(), |text, name| format!("{text}/{name}"))
}

/// A claim in the map's words, such as `seat via session_id.owner_id`.
pub fn claim(world: &World, table: usize, claim: &Claim) -> String {
    let kind = &world.subjects[claim.kind].kind;
    if claim.path.is_empty() || !claim.written {
        return kind.clone();
    }
    let mut here = table;
    let mut hops = Vec::new();
    for hop in &claim.path {
        let layout = &world.tables[here];
        hops.push(match hop {
            Hop::To { reference } => {
                let reference = &layout.references[*reference];
                here = reference.to;
                let same = |other: &&Reference| other.from == reference.from;
                let columns = path_columns(layout, reference);
                let several = layout.references.iter().filter(same).count() > 1;
                if several { format!("{columns}->{}", table_name(&world.tables[here])) } else { columns }
            }
            Hop::Up { reference } => format!("{}*", path_columns(layout, &layout.references[*reference])),
            Hop::From { table, reference } => {
                here = *table;
                let layout = &world.tables[here];
                let columns = path_columns(layout, &layout.references[*reference]);
                let columns = columns.trim_start_matches('(').trim_end_matches(')');
                format!("{}({columns})", part(&layout.name))
            }
        });
    }
    format!("{kind} via {}", hops.join("."))
}

fn path_columns(table: &Table, reference: &Reference) -> String {
    let names: Vec<String> = reference.from.iter().map(|place| path_place(table, place)).collect();
    if let [only] = names.as_slice() { only.clone() } else { format!("({})", names.join(",")) }
}

fn path_place(table: &Table, place: &Place) -> String {
    place.json.iter().fold(path_name(&table.columns[place.column].name), |text, name| format!("{text}/{name}"))
}

/// A column's name inside a path, in quotes where it holds other characters than letters, digits and underscores.
fn path_name(name: &str) -> String {
    let plain = name.chars().all(|character| character.is_alphanumeric() || character == '_');
    if plain { name.to_owned() } else { format!("\"{}\"", name.replace('"', "\"\"")) }
}

/// A part of a table's name, in quotes where it holds characters with a meaning of their own.
fn part(name: &str) -> String {
    path_name(name)
}
