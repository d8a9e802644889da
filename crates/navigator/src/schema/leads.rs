//! Saved leads and accounts, lists and alerts.

use super::define::*;

pub const SAVED_LEAD: Table = Table::new(
    "saved_lead",
    "A person whom a holder follows.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("assignment_id", "seat_assignment"),
        refers("person_id", "person"),
        refers("company_id", "company").null(),
        moment("saved_at"),
        varchar("source", 20),
        varchar("stage", 20).null(),
        boolean("alerts_on"),
    ],
);

pub const SAVED_ACCOUNT: Table = Table::new(
    "saved_account",
    "A company that a holder follows.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("assignment_id", "seat_assignment"),
        refers("company_id", "company"),
        refers("import_id", "account_import").set_null(),
        moment("saved_at"),
        varchar("source", 20),
        boolean("starred"),
    ],
);

pub const ACCOUNT_MAP_ENTRY: Table = Table::new(
    "account_map_entry",
    "A person's place on a holder's map of an account.",
    &[
        id(),
        refers("saved_account_id", "saved_account"),
        refers("person_id", "person"),
        varchar("role", 40),
        text("remark").null(),
        moment("placed_at"),
    ],
);

pub const LEAD_LIST: Table = Table::new(
    "lead_list",
    "A list of leads; custom ones can be shared.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("owner_seat_id", "seat"),
        varchar("origin", 20).one_of(&["custom", "recommended", "sales_assistant"]),
        varchar("name", 120),
        moment("created_at"),
    ],
);

pub const LEAD_LIST_ITEM: Table = Table::new(
    "lead_list_item",
    "A lead in a list.",
    &[
        id(),
        refers("list_id", "lead_list").cascade(),
        refers("person_id", "person"),
        refers("added_by_seat_id", "seat").set_null(),
        moment("added_at"),
    ],
);

pub const LEAD_LIST_SHARE: Table = Table::new(
    "lead_list_share",
    "A colleague who may see or edit a list of leads.",
    &[
        refers("list_id", "lead_list").cascade(),
        refers("seat_id", "seat"),
        varchar("permission", 10).one_of(&["view", "edit"]),
        moment("shared_at"),
    ],
)
.key(&["list_id", "seat_id"]);

pub const ACCOUNT_LIST: Table = Table::new(
    "account_list",
    "A list of accounts; custom ones can be shared.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("owner_seat_id", "seat"),
        varchar("origin", 20).one_of(&["custom", "auto_crm", "import"]),
        varchar("name", 120),
        moment("created_at"),
    ],
);

pub const ACCOUNT_LIST_ITEM: Table = Table::new(
    "account_list_item",
    "An account in a list.",
    &[
        id(),
        refers("list_id", "account_list").cascade(),
        refers("company_id", "company"),
        refers("added_by_seat_id", "seat").set_null(),
        moment("added_at"),
    ],
);

pub const ACCOUNT_LIST_SHARE: Table = Table::new(
    "account_list_share",
    "A colleague who may see or edit a list of accounts.",
    &[
        refers("list_id", "account_list").cascade(),
        refers("seat_id", "seat"),
        varchar("permission", 10).one_of(&["view", "edit"]),
        moment("shared_at"),
    ],
)
.key(&["list_id", "seat_id"]);

pub const ALERT: Table = Table::new(
    "alert",
    "News on a lead or an account, shown to the holder; the subject is a person or a company by its kind.",
    &[
        id(),
        refers("seat_id", "seat"),
        varchar("subject_kind", 10).one_of(&["person", "company"]),
        int("subject_id").indexed(),
        varchar("kind", 30),
        moment("at"),
        boolean("bookmarked"),
    ],
);

pub const SAVED_SEARCH: Table = Table::new(
    "saved_search",
    "A search that the holder kept.",
    &[id(), refers("seat_id", "seat"), varchar("name", 120), json("query"), boolean("shared"), moment("created_at")],
);
