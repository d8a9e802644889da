//! Companies, members with their own accounts, and third persons.

use super::define::*;

pub const COMPANY: Table = Table::new(
    "company",
    "Public facts of a company.",
    &[
        id(),
        varchar("name", 160),
        varchar("domain", 120).null(),
        varchar("headquarters", 80).null(),
        varchar("industry", 80),
        int("headcount").null(),
    ],
);

pub const MEMBER: Table = Table::new(
    "member",
    "A person's own account, owned by that person and by no contract.",
    &[
        id(),
        varchar("name", 120),
        varchar("headline", 200),
        varchar("profile_url", 200).unique(),
        varchar("language", 5),
        varchar("state", 20).one_of(&["active", "hibernated", "closing", "closed"]),
        moment("joined_at"),
        moment("closed_at").null(),
        varchar("password_hash", 100),
    ],
);

pub const MEMBER_EMAIL: Table = Table::new(
    "member_email",
    "An address of a member.",
    &[
        id(),
        refers("member_id", "member").cascade(),
        varchar("email", 160).indexed(),
        boolean("is_primary"),
        moment("verified_at").null(),
        moment("updated_at"),
    ],
);

pub const MEMBER_PREFERENCE: Table = Table::new(
    "member_preference",
    "Which messages a member takes, by topic and channel.",
    &[
        refers("member_id", "member"),
        varchar("topic", 40),
        varchar("channel", 10).one_of(&["email", "push", "in_app", "inmail"]),
        varchar("value", 10).one_of(&["on", "off", "daily", "weekly"]),
        moment("updated_at"),
    ],
)
.key(&["member_id", "topic", "channel"]);

pub const PERSON: Table = Table::new(
    "person",
    "A third person: lead, viewer, recipient or contact in a CRM. May also be a member.",
    &[
        id(),
        refers("member_id", "member").null(),
        varchar("lead_key", 40).unique(),
        varchar("name", 120),
        varchar("title", 120).null(),
        refers("company_id", "company").null(),
        varchar("source", 20),
        moment("first_seen_at"),
        moment("erased_at").null(),
    ],
);

pub const PERSON_ALIAS: Table = Table::new(
    "person_alias",
    "Another name by which a person is known: e-mail address, profile address, id in a CRM.",
    &[
        id(),
        refers("person_id", "person").cascade(),
        varchar("kind", 10).one_of(&["email", "url", "crm_id"]),
        varchar("value", 200).indexed(),
    ],
);
