//! Seats, who holds them and when, and how admins arrange them.

use super::define::*;

pub const SEAT: Table = Table::new(
    "seat",
    "A place in a contract.",
    &[
        id(),
        refers("contract_id", "contract"),
        int("external_seat_id").unique(),
        varchar("email", 160).indexed(),
        varchar("state", 20).one_of(&["invited", "active", "unlicensed", "removed"]),
        varchar("permission", 20).one_of(&["admin", "reporting", "user"]),
        varchar("licence", 20).one_of(&["invited", "active", "inactive"]),
        varchar("teamlink_extend", 20).one_of(&["active", "inactive"]),
        refers("manager_seat_id", "seat").null(),
        moment("invited_at"),
        moment("activated_at").null(),
        moment("removed_at").null(),
    ],
);

pub const SEAT_ASSIGNMENT: Table = Table::new(
    "seat_assignment",
    "Who held a seat, and from when to when.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("member_id", "member").null(),
        varchar("email", 160),
        varchar("first_name", 60),
        varchar("last_name", 60),
        varchar("employee_id", 40).null(),
        moment("from_at"),
        moment("to_at").null(),
        varchar("ended_by", 20).null(),
    ],
);

pub const USER_GROUP: Table = Table::new(
    "user_group",
    "A group of seats; groups may lie inside groups.",
    &[id(), refers("contract_id", "contract"), refers("parent_id", "user_group").null(), varchar("name", 80)],
);

pub const GROUP_MEMBER: Table = Table::new(
    "group_member",
    "A seat in a group.",
    &[refers("group_id", "user_group").cascade(), refers("seat_id", "seat"), moment("added_at")],
)
.key(&["group_id", "seat_id"]);

pub const ADMIN_TAG: Table = Table::new(
    "admin_tag",
    "A label that admins put on a seat; its holder doesn't see the hidden ones.",
    &[
        id(),
        refers("seat_id", "seat"),
        varchar("tag", 60),
        boolean("hidden"),
        refers("created_by_seat_id", "seat").set_null(),
        moment("created_at"),
    ],
);

pub const SEAT_SETTING: Table = Table::new(
    "seat_setting",
    "A setting of the holder.",
    &[refers("seat_id", "seat"), varchar("key", 60), text("value").null(), moment("updated_at")],
)
.key(&["seat_id", "key"]);

pub const SCIM_LINK: Table = Table::new(
    "scim_link",
    "The seat's record in the customer's identity provider.",
    &[id(), refers("seat_id", "seat").unique(), varchar("provider", 20), uuid("external_id")],
);

pub const POLICY_ACKNOWLEDGEMENT: Table = Table::new(
    "policy_acknowledgement",
    "A policy that the holder confirmed to have read.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("assignment_id", "seat_assignment"),
        varchar("policy", 40),
        varchar("version", 20),
        varchar("surface", 40),
        moment("acknowledged_at"),
    ],
);

pub const SEAT_EVENT: Table = Table::new(
    "seat_event",
    "What admins did with seats: the contract's activity log.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("seat_id", "seat").null(),
        refers("actor_seat_id", "seat").null(),
        varchar("actor_label", 160).null(),
        varchar("action", 40),
        varchar("ip", 45).null(),
        moment("at"),
    ],
);

pub const SEAT_SESSION: Table = Table::new(
    "seat_session",
    "A browser or app that is signed in.",
    &[
        id(),
        refers("seat_id", "seat").cascade(),
        varchar("token_hash", 64).unique(),
        varchar("device", 60),
        varchar("ip", 45),
        moment("created_at"),
        moment("last_used_at"),
    ],
);

pub const SEAT_TRANSFER: Table = Table::new(
    "seat_transfer",
    "A hand-over of one seat's data to another.",
    &[
        id(),
        refers("from_seat_id", "seat"),
        refers("to_seat_id", "seat"),
        varchar("kind", 20),
        json("signed_by"),
        varchar("state", 20).one_of(&["pending", "completed", "cancelled"]),
        moment("requested_at"),
        moment("completed_at").null(),
    ],
);
