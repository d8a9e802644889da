//! CRM data synced to Navigator, what it matched, and what was written back.

use super::define::*;

const RECORD: CompositeReference = CompositeReference {
    columns: &["instance_id", "record_kind", "external_id"],
    table: "crm_record",
    referenced: &["instance_id", "kind", "external_id"],
    on_delete: OnDelete::NoAction,
};

pub const CRM_INSTANCE: Table = Table::new(
    "crm_instance",
    "A connected CRM: production or sandbox.",
    &[
        id(),
        refers("contract_id", "contract"),
        varchar("kind", 20).one_of(&["salesforce", "dynamics", "hubspot"]),
        varchar("urn", 120).unique(),
        varchar("environment", 10).one_of(&["prod", "sandbox"]),
        varchar("state", 20).one_of(&["connected", "paused", "disconnected"]),
        boolean("restricted_data_mode"),
        refers("connected_by_seat_id", "seat").set_null(),
        varchar("access_token", 120).null(),
        varchar("refresh_token", 120).null(),
        moment("connected_at"),
        moment("last_sync_at").null(),
        date("purge_after").null(),
    ],
);

pub const CRM_USER: Table = Table::new(
    "crm_user",
    "A user of the CRM, linked to a seat or to none.",
    &[
        refers("instance_id", "crm_instance"),
        varchar("external_id", 40),
        varchar("email", 160),
        refers("seat_id", "seat").null(),
        boolean("writeback_on"),
    ],
)
.key(&["instance_id", "external_id"]);

pub const CRM_RECORD: Table = Table::new(
    "crm_record",
    "A copy of an account, contact, lead or opportunity of the CRM.",
    &[
        refers("instance_id", "crm_instance"),
        varchar("kind", 20).one_of(&["account", "contact", "lead", "opportunity"]),
        varchar("external_id", 40),
        varchar("owner_external_id", 40).null(),
        json("fields"),
        varchar("fingerprint", 16),
        moment("synced_at"),
        moment("gone_at").null(),
    ],
)
.key(&["instance_id", "kind", "external_id"])
.refers(&[CompositeReference {
    columns: &["instance_id", "owner_external_id"],
    table: "crm_user",
    referenced: &["instance_id", "external_id"],
    on_delete: OnDelete::NoAction,
}]);

pub const CRM_MATCH: Table = Table::new(
    "crm_match",
    "What a CRM record is in Navigator: a person or a company by the target's kind.",
    &[
        refers("instance_id", "crm_instance"),
        varchar("record_kind", 20),
        varchar("external_id", 40),
        varchar("target_kind", 10).one_of(&["person", "company"]),
        int("target_id").indexed(),
        decimal("score", 5),
        varchar("state", 20).one_of(&["confirmed", "usable", "unmatched"]),
        refers("corrected_by_seat_id", "seat").set_null(),
        moment("matched_at"),
    ],
)
.key(&["instance_id", "record_kind", "external_id"])
.refers(&[RECORD]);

pub const CRM_WRITEBACK: Table = Table::new(
    "crm_writeback",
    "What was written to the customer's CRM; the source is a message, a note or a visit by its kind.",
    &[
        id(),
        refers("instance_id", "crm_instance"),
        refers("seat_id", "seat"),
        varchar("source_kind", 20).one_of(&["message", "note", "session"]),
        int("source_id").indexed(),
        varchar("external_id", 40),
        moment("at"),
    ],
);

pub const CRM_TOMBSTONE: Table = Table::new(
    "crm_tombstone",
    "A keyed hash of a record that was erased here and must not come back with the next sync.",
    &[refers("instance_id", "crm_instance"), varchar("external_id_hash", 64), moment("since")],
)
.key(&["instance_id", "external_id_hash"]);

pub const CRM_VALIDATION_JOB: Table = Table::new(
    "crm_validation_job",
    "A run of data validation, with the file it made.",
    &[
        id(),
        refers("instance_id", "crm_instance"),
        varchar("status", 30),
        moment("start_at"),
        moment("end_at"),
        varchar("blob_key", 160).null().indexed(),
        moment("next_start_at").null(),
        moment("expire_at").null(),
    ],
);
