//! Usage reporting: what each seat did, per action and per day, and the reports made of it.

use super::define::*;

pub const ACTIVITY: Table = Table::new(
    "activity",
    "One action of a holder.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("seat_id", "seat"),
        varchar("type", 30),
        moment("at"),
        refers("person_id", "person").null(),
    ],
);

pub const ACTIVITY_OUTCOME: Table = Table::new(
    "activity_outcome",
    "What came of an action.",
    &[id(), refers("activity_id", "activity"), varchar("type", 30), moment("at")],
);

pub const SEAT_DAY: Table = Table::new(
    "seat_day",
    "A seat's figures of one day.",
    &[
        refers("seat_id", "seat"),
        date("day"),
        decimal("ssi", 5),
        decimal("ssi_brand", 5),
        decimal("ssi_people", 5),
        decimal("ssi_insight", 5),
        decimal("ssi_relations", 5),
        int("connections"),
        json("metrics"),
    ],
)
.key(&["seat_id", "day"]);

pub const CONTRACT_DAY: Table = Table::new(
    "contract_day",
    "A contract's totals of one day, without any seat.",
    &[refers("contract_id", "contract"), date("day"), json("metrics"), int("contributors")],
)
.key(&["contract_id", "day"]);

pub const REPORT_RUN: Table = Table::new(
    "report_run",
    "A usage report that an admin or sub admin had made.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("requested_by_seat_id", "seat"),
        varchar("kind", 30),
        date("from_day"),
        date("to_day"),
        varchar("state", 40),
        varchar("blob_key", 160).null().indexed(),
        int("rows").null(),
        moment("created_at"),
        moment("expires_at"),
    ],
);
