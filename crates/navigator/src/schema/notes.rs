//! Notes on leads and accounts.

use super::define::*;

pub const NOTE: Table = Table::new(
    "note",
    "What a holder wrote about a lead or an account. A deleted note stays, marked, until it is erased.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("author_seat_id", "seat"),
        refers("assignment_id", "seat_assignment").set_null(),
        varchar("subject_kind", 10).one_of(&["lead", "account"]),
        refers("person_id", "person").null(),
        refers("company_id", "company").null(),
        varchar("visibility", 10).one_of(&["private", "shared", "team"]),
        text("body"),
        moment("written_at"),
        moment("deleted_at").null(),
    ],
);

pub const NOTE_VERSION: Table = Table::new(
    "note_version",
    "An earlier wording of a note.",
    &[refers("note_id", "note").cascade(), int("version"), text("body"), moment("at")],
)
.key(&["note_id", "version"]);

pub const NOTE_SHARE: Table = Table::new(
    "note_share",
    "A colleague who may read a note.",
    &[refers("note_id", "note").cascade(), refers("seat_id", "seat"), moment("shared_at")],
)
.key(&["note_id", "seat_id"]);
