//! The directory in words.

use crate::map::directory::{PurchaseAdmin, StateColumn};
use crate::map::resolve::{Link, Located, Roster, Scheme};
use crate::names::TableName;

/// Two sentences: of the contracts and of the seats. None for a map without a directory.
pub fn directory(scheme: &Scheme) -> Vec<String> {
    scheme.directory.as_ref().map(|roster| vec![contracts(roster), seats(roster)]).unwrap_or_default()
}

pub(super) fn of_table(scheme: &Scheme, table: &TableName) -> Vec<String> {
    let Some(roster) = &scheme.directory else { return Vec::new() };
    let mut lines = Vec::new();
    if roster.contract.table == *table {
        lines.push(contracts(roster));
    }
    if roster.seat.table == *table {
        lines.push(seats(roster));
    }
    lines
}

fn contracts(roster: &Roster) -> String {
    let columns = &roster.columns.contract;
    let name = match (&columns.name, &roster.contract.label) {
        (Some(name), _) => format!(", called by {}", place(name)),
        (None, Some(label)) => format!(", called by {label}"),
        (None, None) => String::new(),
    };
    let tier = columns.tier.as_ref().map(|tier| format!(", of the tier in {}", place(tier))).unwrap_or_default();
    let bought = columns.purchase_admin.as_ref().map(bought).unwrap_or_default();
    format!("each row of {} is a contract{name}{tier}, {}{bought}", roster.contract.table, state(columns.state.as_ref()))
}

fn bought(admin: &PurchaseAdmin<Located>) -> String {
    let of_seat = admin.seat.as_ref().map_or_else(|| "the key".to_owned(), place);
    format!("; {} names who bought it by {of_seat} of a seat", place(&admin.column))
}

fn seats(roster: &Roster) -> String {
    let columns = &roster.columns.seat;
    let name = columns.name.as_ref().map(|name| format!(", called by {}", place(name))).unwrap_or_default();
    let language = columns.language.as_ref().map(|language| format!(", written to in the language of {}", place(language)));
    let role = &columns.role;
    let sub_admin =
        if role.sub_admin.is_empty() { String::new() } else { format!(", a sub-admin where it is {}", values(&role.sub_admin)) };
    format!(
        "each row of {} is a seat, held by whoever has the address in {}{name}{}, an admin where {} is {}{sub_admin}, else a holder; {}",
        roster.seat.table,
        place(&columns.email),
        language.unwrap_or_default(),
        place(&role.column),
        values(&role.admin),
        state(columns.state.as_ref()),
    )
}

fn state(state: Option<&StateColumn<Located>>) -> String {
    match state {
        None => "always active".to_owned(),
        Some(state) if state.active.is_empty() => format!("active unless {} is {}", place(&state.column), values(&state.ended)),
        Some(state) => format!("active where {} is {}", place(&state.column), values(&state.active)),
    }
}

fn values(values: &[Option<String>]) -> String {
    let shown: Vec<&str> =
        values.iter().map(|value| value.as_deref().map_or("null", |text| if text.is_empty() { "empty" } else { text })).collect();
    shown.join(" or ")
}

/// `email`, `member_id.email`, `seat_assignment.first_name and last_name where to_at is null`.
fn place(located: &Located) -> String {
    let columns: Vec<String> = located.columns.iter().map(ToString::to_string).collect();
    let columns = columns.join(" and ");
    let mut text = match &located.step {
        None | Some(Link::Up { .. }) => columns,
        Some(Link::Forward { .. } | Link::Reverse { .. }) => format!("{}.{columns}", located.table.local()),
    };
    if !located.when.is_empty() {
        let when = located.when.iter().map(|(path, value)| format!("{path} is {}", value.as_deref().unwrap_or("null")));
        text += &format!(" (where {})", when.collect::<Vec<_>>().join(" and "));
    }
    text
}
