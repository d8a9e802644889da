//! Who holds which seat of which contract, as the directory tells it: people and contracts as the desk deals with them.
//!
//! Keys are the text forms of the columns of the subject's key, in the order of the map. Everything about a person is personal data and is
//! left out of debug output.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::identity::{EmailAddress, Language, Role};

/// The key of a contract or a seat.
pub type Key = Vec<String>;

/// A key as one text, as grants and requests hold it: of one column its value; of several the values with commas between, in which a backslash
/// stands before each comma and each backslash. Different keys have different texts.
pub fn key_text(key: &[String]) -> String {
    match key {
        [single] => single.clone(),
        several => several.iter().map(|part| part.replace('\\', "\\\\").replace(',', "\\,")).collect::<Vec<_>>().join(","),
    }
}

/// The key that a text of [`key_text`] stands for, of so many columns; `None` where it cannot be one.
pub fn key_of_text(text: &str, columns: usize) -> Option<Key> {
    if columns == 1 {
        return Some(vec![text.to_owned()]);
    }
    let mut key = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        let part = match character {
            ',' => {
                key.push(String::new());
                continue;
            }
            '\\' => characters.next()?,
            other => other,
        };
        key.last_mut()?.push(part);
    }
    (key.len() == columns).then_some(key)
}

/// What the holder of a seat may do in its contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SeatRole {
    Admin,
    SubAdmin,
    Holder,
}

impl SeatRole {
    /// Every role of a seat.
    pub const ALL: [Self; 3] = [Self::Admin, Self::SubAdmin, Self::Holder];

    /// As the store, the API and the docs spell it.
    pub fn as_str(self) -> &'static str {
        Role::from(self).as_str()
    }
}

impl From<SeatRole> for Role {
    fn from(role: SeatRole) -> Self {
        match role {
            SeatRole::Admin => Self::Admin,
            SeatRole::SubAdmin => Self::SubAdmin,
            SeatRole::Holder => Self::Holder,
        }
    }
}

/// A seat, and whoever holds it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatEntry {
    pub key: Key,
    pub contract: Key,
    /// `None` where there is none, or none that mail could be sent to.
    pub email: Option<EmailAddress>,
    pub name: Option<String>,
    pub role: SeatRole,
    /// Whether the seat gives its holder any rights now. A seat without a licence may.
    pub active: bool,
    /// `None` where it is not known, or one that nobody writes here.
    pub language: Option<Language>,
    /// Whether its holder bought the contract.
    pub purchase_admin: bool,
}

impl SeatEntry {
    /// What people call it, and what they type to confirm its erasure: the address of its holder, else their name, else its key.
    pub fn label(&self) -> String {
        let name = self.name.clone().filter(|name| !name.trim().is_empty());
        self.email.clone().map(String::from).or(name).unwrap_or_else(|| key_text(&self.key))
    }

    /// Whether it still is the seat that somebody asked something for: of the same contract, and with the same holder, as far as its label tells.
    pub fn is_still(&self, contract: &str, label: &str) -> bool {
        key_text(&self.contract) == contract && self.label() == label
    }

    /// Whether its holder may administer the contract now.
    pub fn is_active_admin(&self) -> bool {
        self.active && self.role == SeatRole::Admin
    }
}

impl fmt::Debug for SeatEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = formatter.debug_struct("SeatEntry");
        shown.field("role", &self.role).field("active", &self.active).field("language", &self.language);
        shown.field("purchase_admin", &self.purchase_admin).finish_non_exhaustive()
    }
}

/// A contract.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractEntry {
    pub key: Key,
    /// What people call it.
    pub name: Option<String>,
    pub tier: Option<String>,
    pub active: bool,
}

impl ContractEntry {
    /// What people call it, and what they type to confirm its erasure: its name, else its key.
    pub fn label(&self) -> String {
        self.name.clone().filter(|name| !name.trim().is_empty()).unwrap_or_else(|| key_text(&self.key))
    }
}

impl fmt::Debug for ContractEntry {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("ContractEntry").field("tier", &self.tier).field("active", &self.active).finish_non_exhaustive()
    }
}

/// What an erasure of seats does to who administers their contract.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LastAdmin {
    /// None of the seats is an active admin's, or another one stays.
    Stays,
    /// No active admin would stay: name a successor first, or delete the contract.
    Leaves,
}

/// Whether the contract would be left without an active admin when these seats are erased.
///
/// `admins` are the seats of one contract; those that are no active admin's count for nothing. A contract that has no active admin loses none,
/// so that its seats can be erased. A successor is an admin like any other: once made one, they are among `admins`.
pub fn last_admin<'a>(admins: impl IntoIterator<Item = &'a SeatEntry>, leaving: &[Key]) -> LastAdmin {
    let active = admins.into_iter().filter(|seat| seat.is_active_admin());
    let (gone, staying): (Vec<_>, Vec<_>) = active.partition(|seat| leaving.contains(&seat.key));
    if gone.is_empty() || !staying.is_empty() { LastAdmin::Stays } else { LastAdmin::Leaves }
}

/// Which pushed groups give which role, by their names in lower case. A group gives it in the contract that pushed it, and nowhere else.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct GroupRoles {
    admin: BTreeSet<String>,
    sub_admin: BTreeSet<String>,
}

impl GroupRoles {
    /// Names of groups, in whatever case.
    pub fn new(admin: &[String], sub_admin: &[String]) -> Self {
        let lower = |names: &[String]| names.iter().map(|name| name.to_lowercase()).collect();
        Self { admin: lower(admin), sub_admin: lower(sub_admin) }
    }

    /// Whether no group gives any role.
    pub fn is_empty(&self) -> bool {
        self.admin.is_empty() && self.sub_admin.is_empty()
    }

    /// The role that a group of this name gives.
    pub fn role_of(&self, name: &str) -> Option<SeatRole> {
        let name = name.to_lowercase();
        if self.admin.contains(&name) { Some(SeatRole::Admin) } else { self.sub_admin.contains(&name).then_some(SeatRole::SubAdmin) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_give_the_higher_of_their_roles_whatever_the_case() {
        let roles = GroupRoles::new(&["Exit Admins".to_owned()], &["exit admins".to_owned(), "Readers".to_owned()]);
        assert_eq!(roles.role_of("EXIT ADMINS"), Some(SeatRole::Admin));
        assert_eq!(roles.role_of("readers"), Some(SeatRole::SubAdmin));
        assert_eq!(roles.role_of("Sales"), None);
        assert!(GroupRoles::default().is_empty() && !roles.is_empty());
    }

    fn seat(key: &str, role: SeatRole, active: bool) -> SeatEntry {
        SeatEntry {
            key: vec![key.to_owned()],
            contract: vec!["1".to_owned()],
            email: "mara.lindqvist@personal.example".parse().ok(),
            name: Some("Mara Lindqvist".to_owned()),
            role,
            active,
            language: None,
            purchase_admin: false,
        }
    }

    fn leaving(keys: &[&str]) -> Vec<Key> {
        keys.iter().map(|key| vec![(*key).to_owned()]).collect()
    }

    #[test]
    fn the_last_active_admin_does_not_leave() {
        let seats = [
            seat("1", SeatRole::Admin, true),
            seat("2", SeatRole::Admin, false),
            seat("3", SeatRole::SubAdmin, true),
            seat("4", SeatRole::Holder, true),
        ];
        assert_eq!(last_admin(&seats, &leaving(&["1"])), LastAdmin::Leaves);
        assert_eq!(last_admin(&seats, &leaving(&["4", "1"])), LastAdmin::Leaves);
        assert_eq!(last_admin(&seats, &leaving(&["2", "3", "4"])), LastAdmin::Stays);
        assert_eq!(last_admin(&seats, &[]), LastAdmin::Stays);
    }

    #[test]
    fn an_admin_leaves_where_another_stays() {
        let seats = [seat("1", SeatRole::Admin, true), seat("2", SeatRole::Admin, true)];
        assert_eq!(last_admin(&seats, &leaving(&["1"])), LastAdmin::Stays);
        assert_eq!(last_admin(&seats, &leaving(&["1", "2"])), LastAdmin::Leaves, "all at once in one bulk");
    }

    #[test]
    fn a_contract_without_admins_loses_none() {
        let seats = [seat("1", SeatRole::Admin, false), seat("2", SeatRole::Holder, true)];
        assert_eq!(last_admin(&seats, &leaving(&["1", "2"])), LastAdmin::Stays);
        assert_eq!(last_admin([], &leaving(&["1"])), LastAdmin::Stays);
    }

    #[test]
    fn keys_survive_the_round_trip_as_texts() {
        for key in [&["a,b\\"][..], &["a,b", "c"], &["a", "b,c"], &["\\", ",", ""]] {
            let key: Key = key.iter().map(|part| (*part).to_owned()).collect();
            assert_eq!(key_of_text(&key_text(&key), key.len()), Some(key));
        }
        assert_eq!(key_text(&["7,8".to_owned()]), "7,8");
        assert_eq!(key_of_text("a,b", 3), None);
        assert_eq!(key_of_text("a\\", 2), None);
    }

    #[test]
    fn debug_output_names_nobody() {
        let shown = format!("{:?}", seat("70123", SeatRole::Admin, true));
        for personal in ["Mara", "lindqvist", "70123"] {
            assert!(!shown.contains(personal), "{shown}");
        }
    }
}
