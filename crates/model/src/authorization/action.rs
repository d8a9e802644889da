//! What can be done at the desk.

use crate::request::spelled;

spelled!(
    /// What can be done at the desk.
    Action {
        /// See a contract: its name, tier and settings here.
        ReadContract = "read_contract",
        /// See the seats of a contract.
        ReadSeats = "read_seats",
        /// Choose a contract's profile, legal regime and approvals.
        ChangeSettings = "change_settings",
        /// See requests with their states, dates and counts.
        ReadRequests = "read_requests",
        /// Ask for the export of a seat.
        ExportSeat = "export_seat",
        ExportContract = "export_contract",
        /// Ask for the erasure of a seat.
        EraseSeat = "erase_seat",
        EraseContract = "erase_contract",
        /// Count what an export or erasure would take, before asking for it.
        Preview = "preview",
        /// Agree to a request, or refuse it.
        Decide = "decide",
        /// Give a request up.
        Cancel = "cancel",
        /// Stop a request for a look, release it, and try a failed one again.
        Handle = "handle",
        /// Download an archive and have a link to it issued anew.
        Download = "download",
        ReadCertificate = "read_certificate",
        /// Ask for other data, or for the deletion of enterprise data.
        OpenCase = "open_case",
        /// Read the messages of a case, but for internal ones.
        ReadCase = "read_case",
        /// Write in a case, and say what is the customer's to say.
        TalkInCase = "talk_in_case",
        /// Take a case, ask back, answer, refuse; write and read internal notes.
        HandleCase = "handle_case",
        /// Read internal notes.
        ReadNotes = "read_notes",
        ReadHolds = "read_holds",
        PlaceHold = "place_hold",
        LiftHold = "lift_hold",
        /// See the exit of a contract and its dates.
        ReadExit = "read_exit",
        /// Give notice, elect, extend, confirm the switch, withdraw.
        LeadExit = "lead_exit",
        /// Announce that the transition takes longer than 30 days, with the reason.
        ProlongExit = "prolong_exit",
        /// See and manage who receives webhooks.
        ManageWebhooks = "manage_webhooks",
        /// See, make and revoke API tokens.
        ManageTokens = "manage_tokens",
        /// Make, change and close accounts of the desk.
        ManageAccounts = "manage_accounts",
        /// See accounts of the desk.
        ReadAccounts = "read_accounts",
        /// See jobs.
        ReadJobs = "read_jobs",
        /// Pause and resume jobs.
        OperateJobs = "operate_jobs",
        /// Send the directory's seats by SCIM.
        PushDirectory = "push_directory",
        /// Send people's requests by another protocol, follow and take back what one has sent, and fetch what it yields.
        SendIntake = "send_intake",
    }
);
