//! Account lists uploaded as CSV: the raw file, its rows, what they matched, and the matching report.

use super::define::*;

pub const ACCOUNT_IMPORT: Table = Table::new(
    "account_import",
    "An upload of a list of accounts. It names the list that it made.",
    &[
        id(),
        refers("contract_id", "contract"),
        refers("seat_id", "seat"),
        refers("list_id", "account_list").null(),
        varchar("file_name", 160),
        varchar("raw_key", 160).indexed(),
        varchar("raw_sha256", 64),
        int("raw_bytes"),
        varchar("delimiter", 1),
        varchar("encoding", 20),
        json("header_map"),
        int("rows"),
        varchar("state", 20),
        moment("uploaded_at"),
    ],
);

pub const IMPORT_ROW: Table = Table::new(
    "import_row",
    "One line of an uploaded file and the company it matched.",
    &[
        refers("import_id", "account_import"),
        int("line"),
        json("raw"),
        varchar("state", 30),
        refers("company_id", "company").null(),
        decimal("score", 5).null(),
        refers("decided_by_seat_id", "seat").null(),
    ],
)
.key(&["import_id", "line"]);

pub const IMPORT_CANDIDATE: Table = Table::new(
    "import_candidate",
    "A company that a line might mean.",
    &[int("import_id"), int("line"), refers("company_id", "company"), decimal("score", 5)],
)
.key(&["import_id", "line", "company_id"])
.refers(&[CompositeReference {
    columns: &["import_id", "line"],
    table: "import_row",
    referenced: &["import_id", "line"],
    on_delete: OnDelete::NoAction,
}]);

pub const ACCOUNT_IMPORT_REPORT: Table = Table::new(
    "account_import_report",
    "A matching report as it was made then.",
    &[
        id(),
        refers("import_id", "account_import"),
        varchar("format", 10).one_of(&["csv", "pdf"]),
        varchar("blob_key", 160).indexed(),
        varchar("sha256", 64),
        int("size_bytes"),
        moment("generated_at"),
    ],
);
