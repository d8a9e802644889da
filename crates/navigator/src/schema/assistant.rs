//! Sales Assistant: preferences, criteria, recommendations, drafts and what it learned.

use super::define::*;

pub const SA_MESSAGING_PREFERENCE: Table = Table::new(
    "sa_messaging_preference",
    "How the assistant should write for a holder.",
    &[
        refers("seat_id", "seat"),
        refers("product_id", "product_service").null(),
        varchar("tone", 20),
        varchar("length", 20),
        varchar("language", 5),
        varchar("call_to_action", 120),
        moment("updated_at"),
    ],
)
.key(&["seat_id"]);

pub const SA_LEAD_PREFERENCE: Table = Table::new(
    "sa_lead_preference",
    "Which leads the assistant should look for: a book of business, personas and products.",
    &[
        refers("seat_id", "seat"),
        refers("book_list_id", "account_list").set_null(),
        json("personas"),
        json("products"),
        moment("setup_completed_at").null(),
    ],
)
.key(&["seat_id"]);

pub const SA_CRITERIA: Table = Table::new(
    "sa_criteria",
    "What the assistant made of preferences and answers.",
    &[refers("seat_id", "seat"), int("version"), json("criteria"), varchar("derived_from", 40), boolean("active"), moment("created_at")],
)
.key(&["seat_id", "version"]);

pub const SA_RECOMMENDATION: Table = Table::new(
    "sa_recommendation",
    "A lead that the assistant proposed, and the holder's verdict.",
    &[
        id(),
        refers("seat_id", "seat"),
        varchar("batch", 10),
        refers("person_id", "person"),
        json("reasons"),
        moment("shown_at"),
        varchar("verdict", 20).null(),
        varchar("reason_code", 20).null(),
    ],
);

pub const SA_DRAFT: Table = Table::new(
    "sa_draft",
    "A message that the assistant wrote.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("recommendation_id", "sa_recommendation").null(),
        refers("person_id", "person"),
        varchar("model", 40),
        text("body"),
        varchar("state", 20).one_of(&["generated", "edited", "sent", "discarded"]),
        moment("generated_at"),
    ],
);

pub const SA_DRAFT_EDIT: Table = Table::new(
    "sa_draft_edit",
    "What the holder made of a draft.",
    &[refers("draft_id", "sa_draft").cascade(), int("version"), text("body"), moment("at")],
)
.key(&["draft_id", "version"]);

pub const SA_MEMORY: Table = Table::new(
    "sa_memory",
    "What the assistant learned of a holder's style.",
    &[refers("seat_id", "seat"), bytes("features"), int("samples"), moment("updated_at")],
)
.key(&["seat_id"]);
