-- What an experienced engineer would type to erase a seat or a contract: one transaction, children before parents, rows found from the
-- seats. What the database does by itself (foreign keys that set null) is left to it.
--
--   :seats     the ids of the seats, a list or a subquery
--   :contract  the contract's id, when it is one
--   :end       COMMIT or ROLLBACK
BEGIN;

-- Conversations go where nobody else takes part and no legal hold keeps a message.
CREATE TEMPORARY TABLE gone_thread ON COMMIT DROP AS
SELECT id
FROM (
    SELECT id FROM thread WHERE seat_id IN (:seats)
    UNION
    SELECT thread_id FROM thread_party WHERE seat_id IN (:seats)
) AS candidate
WHERE NOT EXISTS (SELECT FROM thread WHERE thread.id = candidate.id AND thread.seat_id NOT IN (:seats))
    AND NOT EXISTS (SELECT FROM thread_party WHERE thread_party.thread_id = candidate.id AND thread_party.seat_id NOT IN (:seats))
    AND NOT EXISTS (SELECT FROM message WHERE message.thread_id = candidate.id AND message.hold_id IS NOT NULL);
-- Viewers go where no visit to somebody else's presentation is left.
CREATE TEMPORARY TABLE met_viewer ON COMMIT DROP AS
SELECT DISTINCT viewer_id AS id
FROM sl_session
WHERE presentation_id IN (SELECT id FROM presentation WHERE owner_seat_id IN (:seats));
\if :{?contract}
INSERT INTO met_viewer SELECT id FROM sl_viewer WHERE contract_id = :contract;
\endif
ANALYZE gone_thread;
ANALYZE met_viewer;

-- SmartLinks
DELETE FROM sl_page_view WHERE session_id IN (
    SELECT id FROM sl_session WHERE presentation_id IN (SELECT id FROM presentation WHERE owner_seat_id IN (:seats)));
DELETE FROM sl_session WHERE presentation_id IN (SELECT id FROM presentation WHERE owner_seat_id IN (:seats));
DELETE FROM sl_viewer
WHERE id IN (SELECT id FROM met_viewer) AND NOT EXISTS (SELECT FROM sl_session WHERE sl_session.viewer_id = sl_viewer.id);
DELETE FROM sl_share WHERE presentation_id IN (SELECT id FROM presentation WHERE owner_seat_id IN (:seats));
DELETE FROM sl_asset WHERE presentation_id IN (SELECT id FROM presentation WHERE owner_seat_id IN (:seats));

-- InMails and messages
UPDATE thread SET last_message_id = NULL WHERE id IN (SELECT id FROM gone_thread);
DELETE FROM scheduled_send WHERE seat_id IN (:seats);
DELETE FROM inmail_credit WHERE seat_id IN (:seats);
DELETE FROM attachment WHERE message_id IN (SELECT id FROM message WHERE thread_id IN (SELECT id FROM gone_thread));
DELETE FROM message WHERE thread_id IN (SELECT id FROM gone_thread);
DELETE FROM thread_party WHERE thread_id IN (SELECT id FROM gone_thread);
DELETE FROM thread WHERE id IN (SELECT id FROM gone_thread);
UPDATE thread SET seat_id = NULL, assignment_id = NULL WHERE seat_id IN (:seats);
UPDATE thread_party SET seat_id = NULL WHERE seat_id IN (:seats);
UPDATE message SET sender_seat_id = NULL WHERE sender_seat_id IN (:seats);
DELETE FROM presentation WHERE owner_seat_id IN (:seats);

-- Notes
DELETE FROM note_share WHERE note_id IN (SELECT id FROM note WHERE author_seat_id IN (:seats));
DELETE FROM note_share WHERE seat_id IN (:seats);
DELETE FROM note_version WHERE note_id IN (SELECT id FROM note WHERE author_seat_id IN (:seats));
DELETE FROM note WHERE author_seat_id IN (:seats);

-- Usage reporting
DELETE FROM activity_outcome WHERE activity_id IN (SELECT id FROM activity WHERE seat_id IN (:seats));
DELETE FROM activity WHERE seat_id IN (:seats);
DELETE FROM seat_day WHERE seat_id IN (:seats);
DELETE FROM report_run WHERE requested_by_seat_id IN (:seats);

-- Sales Assistant
DELETE FROM sa_draft_edit WHERE draft_id IN (SELECT id FROM sa_draft WHERE seat_id IN (:seats));
DELETE FROM sa_draft WHERE seat_id IN (:seats);
DELETE FROM sa_recommendation WHERE seat_id IN (:seats);
DELETE FROM sa_criteria WHERE seat_id IN (:seats);
DELETE FROM sa_lead_preference WHERE seat_id IN (:seats);
DELETE FROM sa_messaging_preference WHERE seat_id IN (:seats);
DELETE FROM sa_memory WHERE seat_id IN (:seats);

-- Saved leads and accounts
DELETE FROM account_map_entry WHERE saved_account_id IN (SELECT id FROM saved_account WHERE seat_id IN (:seats));
DELETE FROM saved_account WHERE seat_id IN (:seats);
DELETE FROM saved_lead WHERE seat_id IN (:seats);
DELETE FROM alert WHERE seat_id IN (:seats);
DELETE FROM saved_search WHERE seat_id IN (:seats);

-- Account list import
DELETE FROM import_candidate WHERE import_id IN (SELECT id FROM account_import WHERE seat_id IN (:seats));
UPDATE import_row SET decided_by_seat_id = NULL
WHERE decided_by_seat_id IN (:seats) AND import_id NOT IN (SELECT id FROM account_import WHERE seat_id IN (:seats));
DELETE FROM import_row WHERE import_id IN (SELECT id FROM account_import WHERE seat_id IN (:seats));
DELETE FROM account_import_report WHERE import_id IN (SELECT id FROM account_import WHERE seat_id IN (:seats));
DELETE FROM account_import WHERE seat_id IN (:seats);

-- Lists
UPDATE account_import SET list_id = NULL WHERE list_id IN (SELECT id FROM account_list WHERE owner_seat_id IN (:seats));
DELETE FROM lead_list_item WHERE list_id IN (SELECT id FROM lead_list WHERE owner_seat_id IN (:seats));
DELETE FROM lead_list_share WHERE list_id IN (SELECT id FROM lead_list WHERE owner_seat_id IN (:seats));
DELETE FROM lead_list_share WHERE seat_id IN (:seats);
DELETE FROM lead_list WHERE owner_seat_id IN (:seats);
DELETE FROM account_list_item WHERE list_id IN (SELECT id FROM account_list WHERE owner_seat_id IN (:seats));
DELETE FROM account_list_share WHERE list_id IN (SELECT id FROM account_list WHERE owner_seat_id IN (:seats));
DELETE FROM account_list_share WHERE seat_id IN (:seats);
DELETE FROM account_list WHERE owner_seat_id IN (:seats);

-- CRM
DELETE FROM crm_writeback WHERE seat_id IN (:seats);
\if :{?contract}
\set instances 'SELECT id FROM crm_instance WHERE contract_id = ' :contract
DELETE FROM crm_match WHERE instance_id IN (:instances);
DELETE FROM crm_record WHERE instance_id IN (:instances);
DELETE FROM crm_user WHERE instance_id IN (:instances);
DELETE FROM crm_tombstone WHERE instance_id IN (:instances);
DELETE FROM crm_validation_job WHERE instance_id IN (:instances);
DELETE FROM crm_instance WHERE contract_id = :contract;
\else
UPDATE crm_record SET owner_external_id = NULL
FROM crm_user
WHERE crm_user.seat_id IN (:seats)
    AND crm_record.instance_id = crm_user.instance_id
    AND crm_record.owner_external_id = crm_user.external_id;
DELETE FROM crm_user WHERE seat_id IN (:seats);
\endif

-- Seats
DELETE FROM seat_transfer WHERE from_seat_id IN (:seats) OR to_seat_id IN (:seats);
\if :{?contract}
DELETE FROM seat_event WHERE contract_id = :contract;
\else
UPDATE seat_event SET actor_seat_id = NULL, actor_label = NULL, ip = NULL WHERE seat_id IN (:seats) OR actor_seat_id IN (:seats);
UPDATE seat_event SET seat_id = NULL WHERE seat_id IN (:seats);
\endif
DELETE FROM policy_acknowledgement WHERE seat_id IN (:seats);
DELETE FROM scim_link WHERE seat_id IN (:seats);
DELETE FROM seat_setting WHERE seat_id IN (:seats);
DELETE FROM seat_session WHERE seat_id IN (:seats);
DELETE FROM admin_tag WHERE seat_id IN (:seats);
DELETE FROM group_member WHERE seat_id IN (:seats);
DELETE FROM seat_assignment WHERE seat_id IN (:seats);
\if :{?contract}
-- Nobody outside the contract is managed from inside.
DELETE FROM seat WHERE contract_id = :contract;
\else
UPDATE seat SET manager_seat_id = NULL WHERE manager_seat_id IN (:seats);
DELETE FROM seat WHERE id IN (:seats);
\endif

\if :{?contract}
-- What belongs to the contract as a whole
DELETE FROM user_group WHERE contract_id = :contract;
DELETE FROM contract_day WHERE contract_id = :contract;
DELETE FROM product_service WHERE contract_id = :contract;
DELETE FROM contract_setting WHERE contract_id = :contract;
UPDATE invoice SET contract_id = NULL WHERE contract_id = :contract;
UPDATE suppression SET contract_id = NULL WHERE contract_id = :contract;
UPDATE legal_hold SET contract_id = NULL WHERE contract_id = :contract;
SELECT customer_id AS customer FROM contract WHERE id = :contract \gset
DELETE FROM contract WHERE id = :contract;
DELETE FROM customer WHERE id = :customer AND NOT EXISTS (SELECT FROM contract WHERE customer_id = :customer);
\endif

:end;
