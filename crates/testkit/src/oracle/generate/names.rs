//! Names of tables and columns, many of which need quoting.

use std::collections::BTreeSet;

use super::super::dice::Dice;

const TABLES: [&str; 30] = [
    "account",
    "note",
    "message",
    "thread",
    "folder",
    "item",
    "visit",
    "tag",
    "link",
    "attachment",
    "log_entry",
    "list_share",
    "camelCase",
    "Upper_Case",
    "order",
    "group",
    "Select",
    "user",
    "index",
    "values",
    "table",
    "naïve",
    "größe",
    "two words",
    "quo\"te",
    "dot.ted",
    "1st",
    "it's",
    "semi;colon",
    "per%cent",
];
const COLUMNS: [&str; 28] = [
    "name",
    "title",
    "body",
    "amount",
    "state",
    "kind",
    "created",
    "deleted_at",
    "city",
    "phone",
    "email",
    "note",
    "flag",
    "rank",
    "camelCase",
    "Upper",
    "order",
    "from",
    "select",
    "primary",
    "naïve",
    "two words",
    "quo\"te",
    "dot.ted",
    "it's",
    "1st",
    "per%cent",
    "desc",
];

/// Hands out names that are new, whatever their case: SQLite does not tell cases apart.
#[derive(Debug, Default)]
pub struct Names(BTreeSet<String>);

impl Names {
    pub fn table(&mut self, dice: &mut Dice) -> String {
        self.fresh(dice.pick::<&str>(&TABLES))
    }

    pub fn column(&mut self, dice: &mut Dice) -> String {
        self.fresh(dice.pick::<&str>(&COLUMNS))
    }

    /// A column that points to a table, named in one of the ways people do.
    pub fn reference(&mut self, table: &str, column: &str, dice: &mut Dice) -> String {
        let plain = |text: &str| text.chars().filter(char::is_ascii_alphanumeric).collect::<String>();
        let (table, column) = (plain(table), plain(column));
        let name = match dice.between(0, 9) {
            0 => format!("{table}Id"),
            1 => format!("owner of {table}"),
            2 => "order".to_owned(),
            _ => format!("{table}_{column}"),
        };
        self.fresh(&name)
    }

    pub fn fresh(&mut self, name: &str) -> String {
        let mut candidate = name.to_owned();
        let mut number = 2;
        while !self.0.insert(candidate.to_lowercase()) {
            candidate = format!("{name}{number}");
            number += 1;
        }
        candidate
    }
}
