//! SmartLinks: presentations, their assets, and who looked at which page.

use super::define::*;

pub const PRESENTATION: Table = Table::new(
    "presentation",
    "Content packed into one link that is followed.",
    &[
        id(),
        refers("owner_seat_id", "seat"),
        refers("assignment_id", "seat_assignment").set_null(),
        uuid("public_id").unique(),
        varchar("slug", 20).unique(),
        varchar("title", 160),
        text("greeting").null(),
        varchar("state", 20).one_of(&["active", "disabled", "owner_gone"]),
        boolean("allow_download"),
        bytes("cover").null(),
        moment("created_at"),
        moment("updated_at"),
    ],
);

pub const SL_ASSET: Table = Table::new(
    "sl_asset",
    "A file or address inside a presentation.",
    &[
        id(),
        refers("presentation_id", "presentation"),
        int("order"),
        varchar("kind", 10).one_of(&["file", "url"]),
        varchar("name", 160),
        varchar("media_type", 60).null(),
        varchar("url", 200).null(),
        varchar("blob_key", 160).null().indexed(),
        int("size_bytes").null(),
        varchar("sha256", 64).null(),
        int("pages"),
    ],
);

pub const SL_SHARE: Table = Table::new(
    "sl_share",
    "To whom a presentation was sent, and how.",
    &[
        id(),
        refers("presentation_id", "presentation"),
        varchar("channel", 10).one_of(&["inmail", "email", "link"]),
        refers("message_id", "message").set_null(),
        refers("person_id", "person").null(),
        moment("shared_at"),
    ],
);

pub const SL_VIEWER: Table = Table::new(
    "sl_viewer",
    "Somebody who opened a presentation of the contract: a third person who may not know of being followed.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("person_id", "person").null(),
        varchar("name", 120).null(),
        varchar("email", 160).null().indexed(),
        varchar("company", 160).null(),
        varchar("identified_by", 20).one_of(&["signin", "self_entered", "anonymous"]),
        moment("first_at"),
        moment("last_at"),
    ],
);

pub const SL_SESSION: Table = Table::new(
    "sl_session",
    "One visit to a presentation.",
    &[
        id(),
        refers("presentation_id", "presentation"),
        refers("viewer_id", "sl_viewer").null(),
        moment("started_at"),
        int("seconds"),
        varchar("device", 10),
        varchar("country", 2),
        boolean("downloaded"),
    ],
);

pub const SL_PAGE_VIEW: Table = Table::new(
    "sl_page_view",
    "How long a visitor looked at one page.",
    &[refers("session_id", "sl_session"), refers("asset_id", "sl_asset"), int("page"), int("seconds")],
)
.key(&["session_id", "asset_id", "page"]);
