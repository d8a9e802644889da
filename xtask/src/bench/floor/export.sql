-- What an experienced engineer would type to export the documented categories of a seat or a contract: one snapshot, one COPY per table,
-- rows found from the seats.
--
--   :seats     the ids of the seats, a list or a subquery
--   :contract  the contract's id, when it is one
--   :entry     the byte that begins a line with the name of the next table
--   :files     set when the names of files are wanted as well
BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY;

-- Saved accounts
\qecho :entry saved_account
COPY (SELECT * FROM saved_account WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry account_map_entry
COPY (SELECT * FROM account_map_entry WHERE saved_account_id IN (SELECT id FROM saved_account WHERE seat_id IN (:seats))) TO STDOUT (FORMAT csv, HEADER);

\set lists 'SELECT id FROM account_list WHERE owner_seat_id IN (' :seats ')'
\qecho :entry account_list
COPY (SELECT * FROM account_list WHERE owner_seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry account_list_item
COPY (SELECT * FROM account_list_item WHERE list_id IN (:lists)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry account_list_share
COPY (SELECT * FROM account_list_share WHERE list_id IN (:lists) UNION SELECT * FROM account_list_share WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- InMails and messages: a conversation is everybody's who takes part
\set threads 'SELECT id FROM thread WHERE seat_id IN (' :seats ') UNION SELECT thread_id FROM thread_party WHERE seat_id IN (' :seats ')'
\qecho :entry thread
COPY (SELECT * FROM thread WHERE id IN (:threads)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry thread_party
COPY (SELECT * FROM thread_party WHERE thread_id IN (:threads)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry message
COPY (SELECT * FROM message WHERE thread_id IN (:threads)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry attachment
COPY (SELECT * FROM attachment WHERE message_id IN (SELECT id FROM message WHERE thread_id IN (:threads))) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry inmail_credit
COPY (SELECT * FROM inmail_credit WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry scheduled_send
COPY (SELECT * FROM scheduled_send WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- Notes
\set notes 'SELECT id FROM note WHERE author_seat_id IN (' :seats ')'
\qecho :entry note
COPY (SELECT * FROM note WHERE author_seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry note_version
COPY (SELECT * FROM note_version WHERE note_id IN (:notes)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry note_share
COPY (SELECT * FROM note_share WHERE note_id IN (:notes) UNION SELECT * FROM note_share WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- SmartLinks
\set presentations 'SELECT id FROM presentation WHERE owner_seat_id IN (' :seats ')'
\set sessions 'SELECT id FROM sl_session WHERE presentation_id IN (' :presentations ')'
\set viewers 'SELECT viewer_id FROM sl_session WHERE presentation_id IN (' :presentations ')'
\if :{?contract}
\set viewers :viewers ' UNION SELECT id FROM sl_viewer WHERE contract_id = ' :contract
\endif
\qecho :entry presentation
COPY (SELECT * FROM presentation WHERE owner_seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sl_asset
COPY (SELECT * FROM sl_asset WHERE presentation_id IN (:presentations)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sl_share
COPY (SELECT * FROM sl_share WHERE presentation_id IN (:presentations)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sl_viewer
COPY (SELECT * FROM sl_viewer WHERE id IN (:viewers)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sl_session
COPY (SELECT * FROM sl_session WHERE presentation_id IN (:presentations)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sl_page_view
COPY (SELECT * FROM sl_page_view WHERE session_id IN (:sessions)) TO STDOUT (FORMAT csv, HEADER);

-- Seat management
\qecho :entry seat_assignment
COPY (SELECT * FROM seat_assignment WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry group_member
COPY (SELECT * FROM group_member WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry admin_tag
COPY (SELECT * FROM admin_tag WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry scim_link
COPY (SELECT * FROM scim_link WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\set events 'SELECT * FROM seat_event WHERE seat_id IN (' :seats ') UNION SELECT * FROM seat_event WHERE actor_seat_id IN (' :seats ')'
\if :{?contract}
\set events :events ' UNION SELECT * FROM seat_event WHERE contract_id = ' :contract
\endif
\qecho :entry seat_event
COPY (:events) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry seat_transfer
COPY (SELECT * FROM seat_transfer WHERE from_seat_id IN (:seats) UNION SELECT * FROM seat_transfer WHERE to_seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- Usage reporting
\qecho :entry activity
COPY (SELECT * FROM activity WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry activity_outcome
COPY (SELECT * FROM activity_outcome WHERE activity_id IN (SELECT id FROM activity WHERE seat_id IN (:seats))) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry seat_day
COPY (SELECT * FROM seat_day WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry report_run
COPY (SELECT * FROM report_run WHERE requested_by_seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- Account list import
\set imports 'SELECT id FROM account_import WHERE seat_id IN (' :seats ')'
\qecho :entry account_import
COPY (SELECT * FROM account_import WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry import_row
COPY (SELECT * FROM import_row WHERE import_id IN (:imports)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry import_candidate
COPY (SELECT * FROM import_candidate WHERE import_id IN (:imports)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry account_import_report
COPY (SELECT * FROM account_import_report WHERE import_id IN (:imports)) TO STDOUT (FORMAT csv, HEADER);

-- Sales Assistant
\qecho :entry sa_messaging_preference
COPY (SELECT * FROM sa_messaging_preference WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry sa_lead_preference
COPY (SELECT * FROM sa_lead_preference WHERE seat_id IN (:seats)) TO STDOUT (FORMAT csv, HEADER);

-- What belongs to the contract as a whole
\if :{?contract}
\qecho :entry user_group
COPY (SELECT * FROM user_group WHERE contract_id = :contract) TO STDOUT (FORMAT csv, HEADER);
\qecho :entry contract_day
COPY (SELECT * FROM contract_day WHERE contract_id = :contract) TO STDOUT (FORMAT csv, HEADER);
\endif

\if :{?files}
\qecho :entry files
SELECT blob_key FROM attachment WHERE message_id IN (SELECT id FROM message WHERE thread_id IN (:threads))
UNION SELECT blob_key FROM sl_asset WHERE presentation_id IN (:presentations)
UNION SELECT blob_key FROM report_run WHERE requested_by_seat_id IN (:seats)
UNION SELECT raw_key FROM account_import WHERE seat_id IN (:seats)
UNION SELECT blob_key FROM account_import_report WHERE import_id IN (:imports);
\endif

COMMIT;
