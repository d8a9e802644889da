//! InMails and messages with their attachments and credits.

use super::define::*;

pub const LEGAL_HOLD: Table = Table::new(
    "legal_hold",
    "A matter for which some messages must not be erased.",
    &[
        id(),
        refers("contract_id", "contract").null(),
        varchar("matter", 60),
        varchar("ground", 120),
        date("placed_on"),
        date("review_on"),
        date("released_on").null(),
    ],
);

pub const THREAD: Table = Table::new(
    "thread",
    "A conversation in a seat's inbox. It names its last message, which names it; it outlives its seat where another one takes part.",
    &[
        id(),
        refers("seat_id", "seat").null(),
        refers("assignment_id", "seat_assignment").null(),
        varchar("kind", 20).one_of(&["inmail_paid", "inmail_free", "message"]),
        varchar("subject", 200).null(),
        varchar("state", 20).one_of(&["pending", "accepted", "declined", "archived"]),
        boolean("unread"),
        refers("last_message_id", "message").null(),
        moment("created_at"),
    ],
);

pub const THREAD_PARTY: Table = Table::new(
    "thread_party",
    "Who takes part in a conversation: a third person, or a seat that may belong to another contract.",
    &[
        id(),
        refers("thread_id", "thread").cascade(),
        refers("person_id", "person").null(),
        refers("seat_id", "seat").null(),
        moment("joined_at"),
    ],
);

pub const MESSAGE: Table = Table::new(
    "message",
    "One message of a conversation.",
    &[
        id(),
        refers("thread_id", "thread"),
        varchar("sender_kind", 10).one_of(&["seat", "person"]),
        refers("sender_seat_id", "seat").null(),
        refers("sender_person_id", "person").null(),
        refers("reply_to_id", "message").null(),
        refers("draft_id", "sa_draft").set_null(),
        refers("presentation_id", "presentation").set_null(),
        refers("hold_id", "legal_hold").null(),
        moment("sent_at"),
        text("body"),
        boolean("is_auto_reply"),
        boolean("is_reminder"),
        int("disclosure_version").null(),
        moment("deleted_at").null(),
    ],
);

pub const ATTACHMENT: Table = Table::new(
    "attachment",
    "A file sent with a message. A forwarded file keeps its key, so two messages may name one file.",
    &[
        id(),
        refers("message_id", "message"),
        varchar("name", 160),
        varchar("media_type", 60),
        varchar("blob_key", 160).indexed(),
        int("size_bytes"),
        varchar("sha256", 64),
    ],
);

pub const INMAIL_CREDIT: Table = Table::new(
    "inmail_credit",
    "A movement of a seat's InMail credits.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("message_id", "message").set_null(),
        moment("at"),
        int("delta"),
        varchar("reason", 20),
        int("balance"),
    ],
);

pub const SCHEDULED_SEND: Table = Table::new(
    "scheduled_send",
    "A reminder or message that waits to be sent.",
    &[
        id(),
        refers("seat_id", "seat"),
        refers("thread_id", "thread"),
        moment("due_at"),
        varchar("kind", 20),
        text("body").null(),
        varchar("state", 20).one_of(&["waiting", "sent", "cancelled"]),
    ],
);

pub const SUPPRESSION: Table = Table::new(
    "suppression",
    "A keyed hash of somebody who declined or must not be written to; it outlives what it came from.",
    &[
        id(),
        refers("contract_id", "contract").null(),
        varchar("subject_hash", 64).indexed(),
        varchar("scope", 20),
        varchar("reason", 20),
        moment("at"),
    ],
);
