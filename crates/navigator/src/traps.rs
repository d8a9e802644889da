//! Situations in which software that exports or erases goes wrong, each planted at ids that can be foretold.
//!
//! Rows planted by hand have ids below 1,000; the generator's own begin there.

use crate::world::{Contract, Layout, Person, Seat};

/// Persons with ids 1 to this are planted.
pub const PLANTED_PERSONS: i64 = 2;
/// Lead, viewer, recipient, CRM contact and holder of a seat in another contract.
pub const PERSON_EVERYWHERE: i64 = 1;
/// The company of nobody: a key that is zero.
pub const UNKNOWN_COMPANY: i64 = 0;
/// A company whose name looks like a formula.
pub const FORMULA_COMPANY: i64 = 2;

/// Text that writers and readers of CSV break.
pub const AWKWARD: &str = "Said \"yes, but\"; then:\r\n\tC:\\plans\\2026, 'draft'\n→ 田中さん 🚢 \u{202e}reversed";

/// A situation that must not be got wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Trap {
    /// One person is lead, viewer, recipient and CRM contact in contract A, and holds a seat in contract B.
    /// Erasing the lead must not touch the seat, and the other way round.
    PersonEverywhere,
    /// A list that others use belongs to a seat that was removed; an item in it was added by somebody else.
    SharedListOfLeaver,
    /// A conversation between two seats of different contracts: the rows are one seat's, half of the words the other's.
    ThreadAcrossContracts,
    /// Two messages of different seats name one file; it may go only with the second.
    FileOfTwoMessages,
    /// Two viewers of one presentation gave the same e-mail address.
    ViewersWithOneEmail,
    /// A viewer looked at presentations of two seats; erasing one seat must leave the viewer to the other.
    ViewerOfTwoSeats,
    /// A note that is marked as deleted is still stored: it is exported and erased like others.
    SoftDeletedNote,
    /// A message that a legal hold keeps, in a thread that may go.
    MessageUnderHold,
    /// A seat had two holders; its rows tell by their assignment whose they are.
    SeatReassigned,
    /// A seat went to another holder and came back: three periods, two people.
    ReassignmentReversed,
    /// Keys that are 0: a seat, a list, a note, a thread, a message, a company.
    ZeroKeys,
    /// A key that is the empty string.
    EmptyKey,
    /// A raw file with semicolons, a byte order mark and formulas in its cells; it leaves as the bytes it came.
    SemicolonCsv,
    /// Text that a spreadsheet would run: `=HYPERLINK(…)`, `+1`, `-2+3`, `@SUM(…)`.
    FormulaCells,
    /// Text with quotes, delimiters, line ends, tabs, backslashes and characters beyond the first plane.
    AwkwardText,
    /// A Core contract has no seat management: that category is not applicable, and this is no error.
    CoreWithoutSeatManagement,
    /// A contract that has ended and may only be read and exported.
    EndedContract,
    /// Members who hold seats in two contracts of one customer.
    MemberOfTwoContracts,
    /// A full admin without a licence, who has hardly any data.
    AdminOnly,
    /// May see reports of the whole contract and nothing else.
    SubAdmin,
    /// A contract whose only admin must not be erased without a successor.
    LastSingleAdmin,
    /// An invited seat that nobody has ever used.
    InvitedSeat,
    /// An address that its member has not confirmed.
    UnconfirmedEmail,
    /// A hand-over of one seat's data to another that is still pending.
    PendingTransfer,
    /// A label on a seat that its holder cannot see but that an export of the seat must contain.
    HiddenTag,
    /// A thread names its last message, which names the thread: a cycle of foreign keys.
    ThreadNamesLastMessage,
    /// Groups inside groups: a table that refers to itself.
    GroupsInGroups,
    /// A reminder that would be sent for a thread after its seat has gone.
    PendingReminder,
    /// A sandbox beside the production instance of one CRM.
    CrmSandbox,
}

/// One row of a trap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Planted {
    pub table: &'static str,
    /// The column that holds `id`; the rows meant are all that have it.
    pub column: &'static str,
    pub id: i64,
    /// What the row is in this trap.
    pub role: &'static str,
}

const fn at(table: &'static str, column: &'static str, id: i64, role: &'static str) -> Planted {
    Planted { table, column, id, role }
}

const fn row(table: &'static str, id: i64, role: &'static str) -> Planted {
    at(table, "id", id, role)
}

impl Trap {
    pub const ALL: &[Self] = &[
        Self::PersonEverywhere,
        Self::SharedListOfLeaver,
        Self::ThreadAcrossContracts,
        Self::FileOfTwoMessages,
        Self::ViewersWithOneEmail,
        Self::ViewerOfTwoSeats,
        Self::SoftDeletedNote,
        Self::MessageUnderHold,
        Self::SeatReassigned,
        Self::ReassignmentReversed,
        Self::ZeroKeys,
        Self::EmptyKey,
        Self::SemicolonCsv,
        Self::FormulaCells,
        Self::AwkwardText,
        Self::CoreWithoutSeatManagement,
        Self::EndedContract,
        Self::MemberOfTwoContracts,
        Self::AdminOnly,
        Self::SubAdmin,
        Self::LastSingleAdmin,
        Self::InvitedSeat,
        Self::UnconfirmedEmail,
        Self::PendingTransfer,
        Self::HiddenTag,
        Self::ThreadNamesLastMessage,
        Self::GroupsInGroups,
        Self::PendingReminder,
        Self::CrmSandbox,
    ];

    /// Where the trap lies in a world of these options.
    pub fn planted(self, layout: &Layout) -> Vec<Planted> {
        let seats = Seats::of(layout);
        match self {
            Self::PersonEverywhere => vec![
                row("person", PERSON_EVERYWHERE, "the person"),
                row("saved_lead", 1, "lead of the ordinary seat"),
                row("sl_viewer", 1, "viewer"),
                at("thread_party", "thread_id", 1, "recipient"),
                at("crm_match", "target_id", PERSON_EVERYWHERE, "CRM contact"),
                row("seat", seats.elsewhere.id, "the seat held in contract B"),
                row("member", person_everywhere_member(layout), "the person's own account"),
            ],
            Self::SharedListOfLeaver => vec![
                row("lead_list", 1, "the list"),
                row("seat", seats.leaver.id, "its owner, removed"),
                at("lead_list_share", "list_id", 1, "who uses it"),
                row("lead_list_item", 1, "added by its owner"),
                row("lead_list_item", 2, "added by a colleague"),
            ],
            Self::ThreadAcrossContracts => vec![
                row("thread", 2, "the thread, in contract A"),
                at("thread_party", "thread_id", 2, "both sides"),
                row("message", 20, "written in contract A"),
                row("message", 21, "written in contract B"),
                row("seat", seats.plain.id, "the side in contract A"),
                row("seat", seats.other_side.id, "the side in contract B"),
            ],
            Self::FileOfTwoMessages => vec![
                row("attachment", 1, "first message"),
                row("attachment", 2, "forwarded by another seat"),
                row("seat", seats.plain.id, "first sender"),
                row("seat", seats.second.id, "second sender"),
            ],
            Self::ViewersWithOneEmail => {
                vec![row("presentation", 1, "the presentation"), row("sl_viewer", 2, "first viewer"), row("sl_viewer", 3, "second viewer")]
            }
            Self::ViewerOfTwoSeats => vec![
                row("sl_viewer", 4, "the viewer"),
                row("sl_session", 4, "at the first seat's presentation"),
                row("sl_session", 5, "at the second seat's presentation"),
            ],
            Self::SoftDeletedNote => vec![row("note", 1, "the note"), at("note_version", "note_id", 1, "its earlier wording")],
            Self::MessageUnderHold => vec![
                row("legal_hold", 1, "the hold"),
                row("message", 31, "the message"),
                row("thread", 3, "its thread"),
                row("attachment", 3, "a file that the hold keeps as well"),
            ],
            Self::SeatReassigned => {
                vec![row("seat", seats.reassigned.id, "the seat"), at("seat_assignment", "seat_id", seats.reassigned.id, "its periods")]
            }
            Self::ReassignmentReversed => {
                vec![row("seat", seats.reversed.id, "the seat"), at("seat_assignment", "seat_id", seats.reversed.id, "its periods")]
            }
            Self::ZeroKeys => vec![
                row("seat", 0, "in contract E"),
                row("lead_list", 0, "its list"),
                row("note", 0, "its note"),
                row("thread", 0, "its thread"),
                row("message", 0, "its message"),
                row("company", UNKNOWN_COMPANY, "the company of nobody"),
            ],
            Self::EmptyKey => vec![at("seat_setting", "seat_id", layout.ordinary_seat(), "one of them has the key ''")],
            Self::SemicolonCsv => vec![
                row("account_import", 1, "the upload"),
                at("import_row", "import_id", 1, "its lines"),
                at("account_import_report", "import_id", 1, "its reports"),
            ],
            Self::FormulaCells => vec![
                row("note", 2, "=HYPERLINK"),
                row("lead_list", 2, "@SUM"),
                row("saved_search", 1, "+1"),
                row("company", FORMULA_COMPANY, "-2+3"),
            ],
            Self::AwkwardText => vec![row("note", 3, "quotes, delimiters, line ends"), row("message", 11, "quotes, delimiters, line ends")],
            Self::CoreWithoutSeatManagement => vec![row("contract", 3, "the contract"), at("seat", "contract_id", 3, "its only seat")],
            Self::EndedContract => vec![row("contract", 5, "the contract")],
            Self::MemberOfTwoContracts => (0..layout.double_holders())
                .map(|number| layout.seat_of(layout.contract(4), 6 + number).holder())
                .map(|member| at("seat_assignment", "member_id", member, "held in two contracts"))
                .collect(),
            Self::AdminOnly => vec![row("seat", seats.admin_only.id, "the admin")],
            Self::SubAdmin => vec![row("seat", seats.sub_admin.id, "the sub admin")],
            Self::LastSingleAdmin => vec![row("contract", 2, "the contract"), row("seat", seats.last_admin.id, "its only admin")],
            Self::InvitedSeat => vec![row("seat", seats.invited.id, "the seat")],
            Self::UnconfirmedEmail => vec![row("member_email", 1, "the address")],
            Self::PendingTransfer => vec![row("seat_transfer", 1, "the transfer")],
            Self::HiddenTag => vec![row("admin_tag", 1, "on the ordinary seat")],
            Self::ThreadNamesLastMessage => vec![row("thread", 1, "the thread"), row("message", 11, "its last message")],
            Self::GroupsInGroups => {
                vec![row("user_group", 10, "contract A's outermost group"), at("user_group", "parent_id", 10, "groups in it")]
            }
            Self::PendingReminder => vec![row("scheduled_send", 1, "the reminder")],
            Self::CrmSandbox => vec![at("crm_instance", "contract_id", 1, "production and sandbox")],
        }
    }
}

/// Seats that traps are made of.
pub struct Seats {
    pub ordinary: Seat,
    /// Plain users of contract A.
    pub plain: Seat,
    pub second: Seat,
    pub leaver: Seat,
    pub reassigned: Seat,
    pub reversed: Seat,
    pub admin_only: Seat,
    pub sub_admin: Seat,
    pub invited: Seat,
    /// Contract B.
    pub last_admin: Seat,
    pub elsewhere: Seat,
    pub other_side: Seat,
    /// Seat 0 of contract E.
    pub zero: Seat,
}

impl Seats {
    pub fn of(layout: &Layout) -> Self {
        let seat = |contract: &Contract, place| layout.seat_of(contract, place);
        let (a, b, e) = (layout.contract(1), layout.contract(2), layout.contract(5));
        Self {
            ordinary: seat(a, 9),
            plain: seat(a, 7),
            second: seat(a, 10),
            leaver: seat(a, 4),
            reassigned: seat(a, 13),
            reversed: seat(a, 8),
            admin_only: seat(a, 3),
            sub_admin: seat(a, 2),
            invited: seat(a, 5),
            last_admin: seat(b, 0),
            elsewhere: seat(b, 6),
            other_side: seat(b, 7),
            zero: seat(e, e.seats - 1),
        }
    }
}

/// The account of the person who is everywhere: who holds that seat in contract B.
pub fn person_everywhere_member(layout: &Layout) -> i64 {
    layout.seat_of(layout.contract(2), 6).holder()
}

/// The person who is everywhere, by the name of the account.
pub fn person_everywhere(layout: &Layout) -> Person {
    let human = layout.register.member(person_everywhere_member(layout));
    Person { human, has_account: true, ..layout.register.person(PERSON_EVERYWHERE) }
}
