//! Random tables: keys of all shapes, references of all kinds, columns of all types.

use super::super::dice::Dice;
use super::super::value::Kind;
use super::super::world::{Claim, Column, Enforcement, Entry, Hop, OnDelete, Place, Reference, Subject, Table, World};
use super::names::Names;

/// Tables under construction, with the names that each has given away.
struct Builder<'dice> {
    world: World,
    dice: &'dice mut Dice,
    table_names: Names,
    column_names: Vec<Names>,
}

/// Lays out the subjects' tables and some more. Entries are empty, rows are missing.
pub fn lay_out(dice: &mut Dice) -> World {
    let world = World { tables: Vec::new(), subjects: Vec::new(), categories: Vec::new(), rows: Vec::new() };
    let mut builder = Builder { world, dice, table_names: Names::default(), column_names: Vec::new() };
    builder.subjects();
    for _ in 0..builder.dice.between(2, 8) {
        builder.plain_table();
    }
    builder.cycles();
    builder.world
}

impl Builder<'_> {
    fn subjects(&mut self) {
        let contract = self.subject("contract", None);
        if self.dice.chance(60) {
            self.subject("person", None);
        }
        if self.dice.chance(90) {
            let seat = self.subject("seat", Some(contract));
            if self.dice.chance(25) {
                self.subject("device", Some(seat));
            }
        }
    }

    /// Adds a subject kind with its table, and a table between it and its parent now and then.
    fn subject(&mut self, kind: &str, within: Option<usize>) -> usize {
        let mut hops = Vec::new();
        let mut parent = within.map(|kind| self.world.subjects[kind].table);
        if let Some(above) = parent
            && self.dice.chance(20)
        {
            let middle = self.new_table();
            self.own_key(middle, false);
            let reference = self.reference(middle, above).expect("a subject's table has a key");
            hops.push(Hop::To { reference });
            parent = Some(middle);
        }
        let table = self.new_table();
        self.own_key(table, false);
        if let Some(above) = parent {
            let reference = self.reference(table, above).expect("both tables have keys");
            hops.insert(0, Hop::To { reference });
        }
        self.plain_columns(table);
        if self.dice.chance(15) {
            self.self_reference(table);
        }
        let key = self.world.tables[table].primary_key.clone();
        let within = within.map(|kind| Claim { kind, path: hops, written: true });
        self.world.subjects.push(Subject { kind: kind.to_owned(), table, key, within });
        self.world.subjects.len() - 1
    }

    fn plain_table(&mut self) {
        let table = self.new_table();
        let earlier = table;
        let identifying = self.dice.chance(15);
        if identifying {
            let above = self.dice.between(0, earlier - 1);
            self.identifying_key(table, above);
        } else {
            self.own_key(table, true);
        }
        for _ in 0..self.dice.weighted(&[(4, 0), (30, 1), (30, 2), (15, 3), (5, 4)]) {
            let to = self.dice.between(0, earlier - 1);
            self.reference(table, to);
        }
        if self.dice.chance(12) {
            self.polymorphic_reference(table);
        }
        if self.dice.chance(10) {
            self.json_reference(table);
        }
        if self.dice.chance(20) {
            self.self_reference(table);
        }
        self.plain_columns(table);
        let has_key = !self.world.tables[table].primary_key.is_empty();
        self.world.tables[table].without_rowid = has_key && self.dice.chance(15);
    }

    /// Nullable references from earlier tables to later ones.
    fn cycles(&mut self) {
        for _ in 0..self.dice.weighted(&[(6, 0), (3, 1), (1, 2)]) {
            let last = self.world.tables.len() - 1;
            let from = self.dice.between(0, last - 1);
            let to = self.dice.between(from + 1, last);
            if let Some(reference) = self.reference(from, to) {
                let columns: Vec<usize> = self.world.tables[from].references[reference].from.iter().map(|place| place.column).collect();
                self.may_be_null(from, &columns);
            }
        }
    }

    fn new_table(&mut self) -> usize {
        let name = self.table_names.table(self.dice);
        self.column_names.push(Names::default());
        self.world.tables.push(Table {
            name,
            columns: Vec::new(),
            primary_key: Vec::new(),
            unique_keys: Vec::new(),
            references: Vec::new(),
            entry: Entry::Ignored,
            without_rowid: false,
        });
        self.world.tables.len() - 1
    }

    fn new_column(&mut self, table: usize, name: String, kind: Kind, nullable: bool) -> usize {
        self.world.tables[table].columns.push(Column { name, kind, nullable, loose: None });
        self.world.tables[table].columns.len() - 1
    }

    fn key_kind(&mut self) -> Kind {
        self.dice.weighted(&[
            (25, Kind::Integer),
            (25, Kind::Bigint),
            (20, Kind::Text),
            (5, Kind::Varchar(40)),
            (15, Kind::Uuid),
            (5, Kind::Smallint),
            (3, Kind::Bytes),
            (2, Kind::Date),
            (2, Kind::TimestampWithZone),
        ])
    }

    fn own_key(&mut self, table: usize, may_lack: bool) {
        let parts =
            if may_lack { self.dice.weighted(&[(10, 0), (70, 1), (16, 2), (4, 3)]) } else { self.dice.weighted(&[(82, 1), (18, 2)]) };
        for part in 0..parts {
            let kind = self.key_kind();
            let name = match self.dice.between(0, 9) {
                0 => self.column_names[table].column(self.dice),
                1 => self.column_names[table].fresh("ID"),
                _ => self.column_names[table].fresh(if part == 0 { "id" } else { "part" }),
            };
            let column = self.new_column(table, name, kind, false);
            self.world.tables[table].primary_key.push(column);
        }
        if self.dice.chance(if parts == 0 { 40 } else { 12 }) {
            let kind = self.key_kind();
            let name = self.column_names[table].fresh("code");
            let column = self.new_column(table, name, kind, false);
            self.world.tables[table].unique_keys.push(vec![column]);
        }
    }

    /// A key that begins with the key of another table: the lines of an order.
    fn identifying_key(&mut self, table: usize, above: usize) {
        let Some(reference) = self.reference(table, above) else { return self.own_key(table, true) };
        let columns: Vec<usize> = self.world.tables[table].references[reference].from.iter().map(|place| place.column).collect();
        for column in &columns {
            self.world.tables[table].columns[*column].nullable = false;
        }
        let kind = *self.dice.pick(&[Kind::Smallint, Kind::Integer, Kind::Text]);
        let name = self.column_names[table].fresh("line");
        let line = self.new_column(table, name, kind, false);
        self.world.tables[table].primary_key = columns;
        self.world.tables[table].primary_key.push(line);
        // A cleared key would not be a key.
        if let Enforcement::ForeignKey { on_delete, .. } = &mut self.world.tables[table].references[reference].enforcement
            && *on_delete == OnDelete::SetNull
        {
            *on_delete = OnDelete::Cascade;
        }
    }

    /// Adds a reference to the primary key or a unique key of a table; `None` if it has neither.
    fn reference(&mut self, table: usize, to: usize) -> Option<usize> {
        let target = self.world.tables[to].clone();
        let mut keys = target.unique_keys.clone();
        if !target.primary_key.is_empty() {
            keys.extend([target.primary_key.clone(), target.primary_key.clone(), target.primary_key.clone()]);
        }
        if keys.is_empty() {
            return None;
        }
        let referenced = self.dice.pick(&keys).clone();
        let nullable = self.dice.chance(50);
        let shared = self.shared_column(table, to, &referenced);
        let mut from = Vec::new();
        for (position, column) in referenced.iter().enumerate() {
            if position == 0
                && let Some(shared) = shared
            {
                from.push(Place::column(shared));
                continue;
            }
            let wanted = &target.columns[*column];
            let name = self.column_names[table].reference(&target.name, &wanted.name, self.dice);
            from.push(Place::column(self.new_column(table, name, wanted.kind, nullable)));
        }
        let all_nullable = from.iter().all(|place| self.world.tables[table].columns[place.column].nullable);
        let enforcement = self.enforcement(all_nullable);
        self.world.tables[table].references.push(Reference { from, to, referenced, enforcement, when: None, climbable: true });
        Some(self.world.tables[table].references.len() - 1)
    }

    /// The column that already points where the first column of a composite key points: `(contract, seat)` and `contract`.
    fn shared_column(&mut self, table: usize, to: usize, referenced: &[usize]) -> Option<usize> {
        if referenced.len() < 2 || table == to {
            return None;
        }
        let single = |reference: &&Reference| reference.from.len() == 1 && reference.when.is_none() && reference.from[0].json.is_empty();
        let there = self.world.tables[to].references.iter().filter(single).find(|other| other.from[0].column == referenced[0])?;
        let same = |own: &&Reference| own.to == there.to && own.referenced == there.referenced;
        let found = self.world.tables[table].references.iter().filter(single).find(same)?.from[0].column;
        self.dice.chance(70).then_some(found)
    }

    fn enforcement(&mut self, nullable: bool) -> Enforcement {
        if self.dice.chance(22) {
            return Enforcement::MapOnly;
        }
        let on_delete = self.dice.weighted(&[
            (45, OnDelete::NoAction),
            (15, OnDelete::Restrict),
            (25, OnDelete::Cascade),
            (15, if nullable { OnDelete::SetNull } else { OnDelete::NoAction }),
        ]);
        Enforcement::ForeignKey { on_delete, deferrable: self.dice.chance(10) }
    }

    fn self_reference(&mut self, table: usize) {
        if let Some(reference) = self.reference(table, table) {
            let columns: Vec<usize> = self.world.tables[table].references[reference].from.iter().map(|place| place.column).collect();
            self.may_be_null(table, &columns);
        }
    }

    /// A column that two references share may be part of the key, which is never null.
    fn may_be_null(&mut self, table: usize, columns: &[usize]) {
        for column in columns {
            if !self.world.tables[table].primary_key.contains(column) {
                self.world.tables[table].columns[*column].nullable = true;
            }
        }
    }

    /// Two tables with keys of one type, told apart by a type column.
    fn polymorphic_reference(&mut self, table: usize) {
        let single: Vec<usize> = (0..table).filter(|other| self.world.tables[*other].primary_key.len() == 1).collect();
        let kind_of = |world: &World, other: usize| world.tables[other].columns[world.tables[other].primary_key[0]].kind;
        let Some(first) = (!single.is_empty()).then(|| *self.dice.pick(&single)) else { return };
        let kind = kind_of(&self.world, first);
        let second = single.iter().copied().find(|other| *other != first && kind_of(&self.world, *other) == kind);
        let nullable = self.dice.chance(60);
        let type_kind = *self.dice.pick(&[Kind::Text, Kind::Varchar(40), Kind::Smallint]);
        let type_name = self.column_names[table].fresh("subject_type");
        let type_column = self.new_column(table, type_name, type_kind, nullable);
        let id_name = self.column_names[table].fresh("subject_id");
        let id_column = self.new_column(table, id_name, kind, nullable);
        for (position, to) in [Some(first), second].into_iter().flatten().enumerate() {
            let text = if type_kind == Kind::Smallint { position.to_string() } else { format!("Type {position}") };
            let referenced = self.world.tables[to].primary_key.clone();
            self.world.tables[table].references.push(Reference {
                from: vec![Place::column(id_column)],
                to,
                referenced,
                enforcement: Enforcement::MapOnly,
                when: Some((type_column, text)),
                climbable: true,
            });
        }
    }

    /// A key inside a JSON column.
    fn json_reference(&mut self, table: usize) {
        let fits = |other: &usize| {
            let target = &self.world.tables[*other];
            target.primary_key.len() == 1
                && matches!(
                    target.columns[target.primary_key[0]].kind,
                    Kind::Integer | Kind::Bigint | Kind::Smallint | Kind::Text | Kind::Uuid
                )
        };
        let targets: Vec<usize> = (0..table).filter(fits).collect();
        if targets.is_empty() {
            return;
        }
        let to = *self.dice.pick(&targets);
        let name = self.column_names[table].fresh("payload");
        let column = self.new_column(table, name, Kind::Json, true);
        let referenced = self.world.tables[to].primary_key.clone();
        self.world.tables[table].references.push(Reference {
            from: vec![Place { column, json: vec!["actor".to_owned(), "id".to_owned()] }],
            to,
            referenced,
            enforcement: Enforcement::MapOnly,
            when: None,
            climbable: true,
        });
    }

    fn plain_columns(&mut self, table: usize) {
        for _ in 0..self.dice.weighted(&[(2, 0), (4, 1), (4, 2), (3, 4), (1, 7)]) {
            let kind = *self.dice.pick(&Kind::ALL);
            let name = self.column_names[table].column(self.dice);
            let nullable = self.dice.chance(75);
            self.new_column(table, name, kind, nullable);
        }
        // A table needs at least one column.
        if self.world.tables[table].columns.is_empty() {
            let name = self.column_names[table].column(self.dice);
            self.new_column(table, name, Kind::Text, true);
        }
    }
}
