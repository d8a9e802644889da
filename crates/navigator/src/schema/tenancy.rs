//! Customers, their contracts and what a contract shares among its seats.

use super::define::*;

pub const CUSTOMER: Table =
    Table::new("customer", "A company that buys contracts.", &[id(), varchar("name", 120), varchar("region", 20), varchar("key_id", 40)]);

pub const CONTRACT: Table = Table::new(
    "contract",
    "An agreement with a customer; it groups seats.",
    &[
        id(),
        refers("customer_id", "customer"),
        varchar("urn", 60).unique(),
        varchar("name", 120),
        text("description").null(),
        varchar("tier", 20).one_of(&["core", "advanced", "advanced_plus"]),
        varchar("channel", 20).one_of(&["online", "representative", "ios"]),
        varchar("state", 20).one_of(&["active", "ending", "ended"]),
        date("starts_on"),
        date("ends_on"),
        int("seats_purchased"),
        refers("purchase_admin_member_id", "member").null(),
        varchar("profile", 20).one_of(&["documented", "symmetric"]),
        text("inmail_disclosure").null(),
        varchar("billing_email", 120),
        varchar("sftp_password", 80).null(),
    ],
);

pub const CONTRACT_SETTING: Table = Table::new(
    "contract_setting",
    "A switch that an admin of the contract has set.",
    &[refers("contract_id", "contract"), varchar("key", 60), json("value"), moment("updated_at")],
)
.key(&["contract_id", "key"]);

pub const PRODUCT_SERVICE: Table = Table::new(
    "product_service",
    "A product or service of the customer, shared by all seats of the contract.",
    &[id(), refers("contract_id", "contract"), varchar("name", 120), text("description")],
);

pub const INVOICE: Table = Table::new(
    "invoice",
    "A bill for a contract; tax law keeps it for ten years, longer than the contract.",
    &[
        id(),
        refers("contract_id", "contract").null(),
        varchar("number", 30).unique(),
        date("issued_on"),
        decimal("amount", 12),
        varchar("currency", 3),
        varchar("billing_name", 120),
        text("billing_address"),
        date("paid_on").null(),
    ],
);
