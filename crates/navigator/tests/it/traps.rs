//! Each trap is really there.

use std::fs;

use exeunt_navigator::Trap;
use exeunt_navigator::traps::{AWKWARD, FORMULA_COMPANY, PERSON_EVERYWHERE, Seats};

use crate::support::{World, make, small, world};

/// Whether a query that answers with 0 or 1 says 1.
fn holds(world: &World, sql: &str) -> bool {
    world.count(&format!("SELECT ({sql})")) == 1
}

#[test]
fn every_planted_row_exists() {
    for world in [world(), &make(exeunt_navigator::Options { seats: 230, density_percent: 5, ..small() })] {
        for trap in Trap::ALL {
            let planted = trap.planted(&world.layout);
            assert!(!planted.is_empty(), "{trap:?}");
            for row in planted {
                let sql = format!(r#"SELECT count(*) FROM "{}" WHERE "{}" = {}"#, row.table, row.column, row.id);
                assert!(world.count(&sql) > 0, "{trap:?}: {row:?}");
            }
        }
    }
}

#[test]
fn every_trap_snaps() {
    let world = world();
    for trap in Trap::ALL {
        for sql in condition(*trap, &Seats::of(&world.layout)) {
            assert!(holds(world, &sql), "{trap:?}: {sql}");
        }
    }
}

/// What must be true of a world for the trap to be one.
fn condition(trap: Trap, seats: &Seats) -> Vec<String> {
    let one = |sql: &str| vec![sql.to_owned()];
    match trap {
        Trap::PersonEverywhere => {
            let person = PERSON_EVERYWHERE;
            vec![
                format!(r#"SELECT count(*) > 0 FROM "saved_lead" WHERE "person_id" = {person}"#),
                format!(r#"SELECT count(*) > 0 FROM "sl_viewer" WHERE "person_id" = {person}"#),
                format!(r#"SELECT count(*) > 0 FROM "thread_party" WHERE "person_id" = {person}"#),
                format!(r#"SELECT count(*) = 1 FROM "crm_match" WHERE "target_kind" = 'person' AND "target_id" = {person}"#),
                format!(
                    r#"SELECT count(*) = 1 FROM "person" JOIN "seat_assignment" USING ("member_id") JOIN "seat" ON "seat"."id" = "seat_id"
                       JOIN "member" ON "member"."id" = "member_id" AND "member"."name" = "person"."name"
                       WHERE "person"."id" = {person} AND "contract_id" = 2 AND "to_at" IS NULL"#
                ),
            ]
        }
        Trap::SharedListOfLeaver => one(
            r#"SELECT count(*) = 2 FROM "lead_list" JOIN "seat" ON "seat"."id" = "owner_seat_id" JOIN "lead_list_share" ON "list_id" = "lead_list"."id"
               WHERE "lead_list"."id" = 1 AND "seat"."state" = 'removed' AND "seat_id" <> "owner_seat_id""#,
        ),
        Trap::ThreadAcrossContracts => one(
            r#"SELECT count(DISTINCT "contract_id") = 2 FROM "message" JOIN "seat" ON "seat"."id" = "sender_seat_id" WHERE "thread_id" = 2"#,
        ),
        Trap::FileOfTwoMessages => {
            one(r#"SELECT count(*) = 2 AND count(DISTINCT "blob_key") = 1 AND count(DISTINCT "seat_id") = 2 FROM "attachment"
               JOIN "message" ON "message"."id" = "message_id" JOIN "thread" ON "thread"."id" = "thread_id" WHERE "attachment"."id" < 3"#)
        }
        Trap::ViewersWithOneEmail => one(r#"SELECT count(DISTINCT "viewer_id") = 2 AND count(DISTINCT "email") = 1 FROM "sl_session"
               JOIN "sl_viewer" ON "sl_viewer"."id" = "viewer_id" WHERE "presentation_id" = 1 AND "viewer_id" IN (2, 3)"#),
        Trap::ViewerOfTwoSeats => one(
            r#"SELECT count(DISTINCT "owner_seat_id") = 2 FROM "sl_session" JOIN "presentation" ON "presentation"."id" = "presentation_id"
               WHERE "viewer_id" = 4"#,
        ),
        Trap::SoftDeletedNote => one(r#"SELECT "deleted_at" IS NOT NULL FROM "note" WHERE "id" = 1"#),
        Trap::MessageUnderHold => {
            one(r#"SELECT count(*) = 1 FROM "message" JOIN "legal_hold" ON "legal_hold"."id" = "hold_id" WHERE "released_on" IS NULL"#)
        }
        Trap::SeatReassigned => vec![format!(
            r#"SELECT count(DISTINCT "member_id") = 2 AND count(*) = 2 FROM "seat_assignment" WHERE "seat_id" = {}"#,
            seats.reassigned.id
        )],
        Trap::ReassignmentReversed => vec![format!(
            r#"SELECT count(DISTINCT "member_id") = 2 AND count(*) = 3 FROM "seat_assignment" WHERE "seat_id" = {}"#,
            seats.reversed.id
        )],
        Trap::ZeroKeys => vec![
            r#"SELECT count(*) = 1 FROM "thread" WHERE "id" = 0 AND "seat_id" = 0 AND "last_message_id" = 0"#.to_owned(),
            r#"SELECT count(*) = 1 FROM "lead_list" WHERE "id" = 0 AND "owner_seat_id" = 0"#.to_owned(),
            r#"SELECT count(*) = 1 FROM "note" WHERE "id" = 0 AND "author_seat_id" = 0 AND "company_id" = 0"#.to_owned(),
        ],
        Trap::EmptyKey => one(r#"SELECT count(*) = 1 FROM "seat_setting" WHERE "key" = ''"#),
        Trap::SemicolonCsv => {
            one(r#"SELECT "delimiter" = ';' AND "encoding" = 'UTF-8-BOM' AND "rows" = 5 FROM "account_import" WHERE "id" = 1"#)
        }
        Trap::FormulaCells => vec![
            r#"SELECT "body" LIKE '=HYPERLINK(%' FROM "note" WHERE "id" = 2"#.to_owned(),
            r#"SELECT "name" LIKE '@SUM(%' FROM "lead_list" WHERE "id" = 2"#.to_owned(),
            r#"SELECT "name" LIKE '+1%' FROM "saved_search" WHERE "id" = 1"#.to_owned(),
            format!(r#"SELECT "name" LIKE '-2+3%' FROM "company" WHERE "id" = {FORMULA_COMPANY}"#),
        ],
        Trap::AwkwardText => vec![
            format!(r#"SELECT "body" = '{}' FROM "note" WHERE "id" = 3"#, AWKWARD.replace('\'', "''")),
            r#"SELECT instr("body", char(13) || char(10)) > 0 AND instr("body", char(9)) > 0 FROM "message" WHERE "id" = 11"#.to_owned(),
        ],
        Trap::CoreWithoutSeatManagement => vec![
            r#"SELECT "tier" = 'core' FROM "contract" WHERE "id" = 3"#.to_owned(),
            r#"SELECT count(*) = 1 FROM "seat" WHERE "contract_id" = 3"#.to_owned(),
            r#"SELECT count(*) = 0 FROM "group_member" JOIN "seat" ON "seat"."id" = "seat_id" WHERE "contract_id" = 3"#.to_owned(),
        ],
        Trap::EndedContract => one(r#"SELECT "state" = 'ended' AND "ends_on" < '2026-06-01' FROM "contract" WHERE "id" = 5"#),
        Trap::MemberOfTwoContracts => {
            one(r#"SELECT count(*) >= 4 FROM (SELECT "member_id" FROM "seat_assignment" JOIN "seat" ON "seat"."id" = "seat_id"
               WHERE "to_at" IS NULL AND "contract_id" IN (1, 4) GROUP BY "member_id" HAVING count(DISTINCT "contract_id") = 2)"#)
        }
        Trap::AdminOnly => {
            vec![format!(r#"SELECT "permission" = 'admin' AND "licence" = 'inactive' FROM "seat" WHERE "id" = {}"#, seats.admin_only.id)]
        }
        Trap::SubAdmin => vec![format!(r#"SELECT "permission" = 'reporting' FROM "seat" WHERE "id" = {}"#, seats.sub_admin.id)],
        Trap::LastSingleAdmin => vec![
            format!(
                r#"SELECT count(*) = 1 AND max("id") = {} FROM "seat" WHERE "contract_id" = 2 AND "permission" = 'admin'"#,
                seats.last_admin.id
            ),
            r#"SELECT count(*) > 1 FROM "seat" WHERE "contract_id" = 1 AND "permission" = 'admin'"#.to_owned(),
        ],
        Trap::InvitedSeat => vec![format!(
            r#"SELECT "state" = 'invited' AND "activated_at" IS NULL AND NOT EXISTS (SELECT 1 FROM "activity" WHERE "seat_id" = "seat"."id")
               FROM "seat" WHERE "id" = {}"#,
            seats.invited.id
        )],
        Trap::UnconfirmedEmail => one(r#"SELECT "verified_at" IS NULL FROM "member_email" WHERE "id" = 1"#),
        Trap::PendingTransfer => {
            one(r#"SELECT "state" = 'pending' AND "from_seat_id" <> "to_seat_id" FROM "seat_transfer" WHERE "id" = 1"#)
        }
        Trap::HiddenTag => one(r#"SELECT "hidden" FROM "admin_tag" WHERE "id" = 1"#),
        Trap::ThreadNamesLastMessage => {
            one(r#"SELECT count(*) = 1 FROM "thread" JOIN "message" ON "message"."id" = "last_message_id" AND "thread_id" = "thread"."id"
               WHERE "thread"."id" = 1"#)
        }
        Trap::GroupsInGroups => {
            one(r#"SELECT count(*) > 0 FROM "user_group" AS "inner" JOIN "user_group" AS "middle" ON "middle"."id" = "inner"."parent_id"
               WHERE "middle"."parent_id" = 10"#)
        }
        Trap::PendingReminder => one(r#"SELECT "state" = 'waiting' AND "due_at" > '2026-06-01' FROM "scheduled_send" WHERE "id" = 1"#),
        Trap::CrmSandbox => one(r#"SELECT count(DISTINCT "environment") = 2 FROM "crm_instance" WHERE "contract_id" = 1"#),
    }
}

#[test]
fn the_semicolon_file_has_a_mark_and_formulas() {
    let world = world();
    let key = world.column(r#"SELECT "raw_key" FROM "account_import" WHERE "id" = 1"#).remove(0);
    let raw = fs::read(world.files.join(key)).unwrap();
    assert!(raw.starts_with(b"\xef\xbb\xbfAccount Name;Website;Country\r\n"));
    assert!(String::from_utf8(raw).unwrap().contains("=HYPERLINK("));
}

#[test]
fn every_thread_names_the_last_of_its_messages() {
    let wrong = r#"SELECT count(*) FROM "thread" WHERE "last_message_id" IS NOT (SELECT max("id") FROM "message" WHERE "thread_id" = "thread"."id")"#;
    assert_eq!(world().count(wrong), 0);
}
