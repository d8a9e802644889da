//! Makes a failing world smaller, so that a person can read it.

use super::evaluate::{Request, RowId, concerns};
use super::value::Value;
use super::world::{Action, Enforcement, Entry, World};

/// Takes rows, values and words of the map away for as long as the request still fails. Foreign keys stay whole.
pub fn shrink(mut world: World, mut request: Request, fails: &mut dyn FnMut(&World, &Request) -> bool) -> (World, Request) {
    loop {
        let mut smaller = false;
        for table in 0..world.tables.len() {
            for row in (0..world.rows[table].len()).rev() {
                let gone = RowId { table, row };
                if gone == request.subject || Some(gone) == request.successor {
                    continue;
                }
                let (candidate, moved) = without_row(&world, &request, gone);
                if is_whole(&candidate) && fails(&candidate, &moved) {
                    (world, request) = (candidate, moved);
                    smaller = true;
                }
            }
            for row in 0..world.rows[table].len() {
                for column in 0..world.tables[table].columns.len() {
                    if !world.tables[table].columns[column].nullable || world.rows[table][row][column].is_null() {
                        continue;
                    }
                    let mut candidate = world.clone();
                    candidate.rows[table][row][column] = Value::Null;
                    if is_whole(&candidate) && fails(&candidate, &request) {
                        world = candidate;
                        smaller = true;
                    }
                }
            }
            for candidate in simpler_maps(&world, table) {
                if offers_the_choices(&candidate, &request) && fails(&candidate, &request) {
                    world = candidate;
                    smaller = true;
                    break;
                }
            }
        }
        if !smaller {
            return (world, request);
        }
    }
}

fn without_row(world: &World, request: &Request, gone: RowId) -> (World, Request) {
    let mut world = world.clone();
    world.rows[gone.table].remove(gone.row);
    let moved = |id: RowId| if id.table == gone.table && id.row > gone.row { RowId { row: id.row - 1, ..id } } else { id };
    let request = Request { subject: moved(request.subject), successor: request.successor.map(moved), ..request.clone() };
    (world, request)
}

/// Whether every foreign key finds its row.
pub fn is_whole(world: &World) -> bool {
    world.tables.iter().zip(&world.rows).all(|(table, rows)| {
        let keys = table.references.iter().filter(|reference| reference.enforcement != Enforcement::MapOnly);
        keys.into_iter().all(|reference| {
            rows.iter().all(|row| {
                let from: Vec<&Value> = reference.from.iter().map(|place| &row[place.column]).collect();
                from.iter().any(|value| value.is_null())
                    || world.rows[reference.to]
                        .iter()
                        .any(|target| reference.referenced.iter().map(|column| &target[*column]).eq(from.iter().copied()))
            })
        })
    })
}

/// Whether the map leaves open what the request chooses: another request is refused for a reason of its own.
fn offers_the_choices(world: &World, request: &Request) -> bool {
    request.choices.keys().all(|table| {
        world.mapped(*table).is_some_and(|mapped| {
            let by_kind = mapped.by_kind.iter().find(|(kind, _)| *kind == request.kind).map(|(_, action)| action);
            matches!(by_kind.or(mapped.default_action.as_ref()), Some(Action::Choose(_))) && concerns(world, request.kind, *table)
        })
    })
}

/// The world with one word less about a table.
fn simpler_maps(world: &World, table: usize) -> Vec<World> {
    let Some(mapped) = world.mapped(table) else { return Vec::new() };
    let mut found = Vec::new();
    let mut with = |edit: &dyn Fn(&mut super::world::Mapped)| {
        let mut mapped = mapped.clone();
        edit(&mut mapped);
        let mut candidate = world.clone();
        candidate.tables[table].entry = Entry::Mapped(mapped);
        found.push(candidate);
    };
    for claim in 0..mapped.about.len() {
        with(&|mapped| drop(mapped.about.remove(claim)));
    }
    if mapped.owner.len() > 1 {
        for claim in 0..mapped.owner.len() {
            with(&|mapped| drop(mapped.owner.remove(claim)));
        }
    }
    for kind in 0..mapped.by_kind.len() {
        with(&|mapped| drop(mapped.by_kind.remove(kind)));
    }
    if mapped.default_action.is_some() && mapped.category.is_some() {
        with(&|mapped| mapped.default_action = None);
    }
    if mapped.erase_shared {
        with(&|mapped| mapped.erase_shared = false);
    }
    if !mapped.secret.is_empty() {
        with(&|mapped| mapped.secret.clear());
    }
    for column in mapped.unlink.clone() {
        with(&|mapped| mapped.unlink.retain(|other| *other != column));
    }
    found
}

/// The world in few words: tables that hold rows or that the map speaks of, and their rows.
pub fn describe(world: &World, request: &Request) -> String {
    let map: serde_json::Value =
        serde_json::from_str(&super::yaml::data_map(world, super::value::Dialect::Sqlite, "sqlite:world.db")).unwrap_or_default();
    let mut text = format!(
        "erase {} {:?} of {}, categories {:?}, choices {:?}, successor {:?}\nsubjects {}\n",
        world.subjects[request.kind].kind,
        request.subject.row,
        world.tables[request.subject.table].name,
        request.categories.as_ref().map(|chosen| chosen.iter().map(|category| &world.categories[*category].name).collect::<Vec<_>>()),
        request.choices,
        request.successor.map(|row| row.row),
        map["subjects"],
    );
    for (number, table) in world.tables.iter().enumerate() {
        let columns: Vec<&str> = table.columns.iter().map(|column| column.name.as_str()).collect();
        text += &format!("{number} {} {columns:?} key {:?}\n", table.name, table.primary_key);
        for (position, reference) in table.references.iter().enumerate() {
            let from: Vec<String> =
                reference.from.iter().map(|place| format!("{}{}", columns[place.column], place.json.join("/"))).collect();
            text += &format!(
                "    {position}: {from:?} -> {} {:?} {:?} {:?}\n",
                world.tables[reference.to].name, reference.referenced, reference.enforcement, reference.when
            );
        }
        text += &format!("    map {}\n", map["tables"][super::yaml::table_name(table)]);
        for (position, row) in world.rows[number].iter().enumerate() {
            let values: Vec<String> =
                row.iter().map(|value| value.canonical().map_or("NULL".to_owned(), |text| format!("{text:?}"))).collect();
            text += &format!("    row {position}: {}\n", values.join(", "));
        }
    }
    text
}
