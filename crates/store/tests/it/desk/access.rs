//! Who acts, and the secrets by which they are let in.

use exeunt_model::authorization::Action;
use exeunt_model::identity::{ArchiveId, Language, Role, TokenId};
use exeunt_model::provider::{ByProvider, ProviderName, Standing};
use exeunt_store::desk::{Account, Archive, Link, Session, Token};

use super::{at_once, email, person, principal, request, request_id, tried, write};
use crate::world::{World, at};

fn an_address_is_one_principal(world: &World) {
    let mut store = world.store();
    let added = at_once(&store, |number, store| {
        tried(store, |transaction| transaction.insert_principal(&person(number as u128, "ada@alder.example"))).is_ok()
    });
    assert_eq!(added.iter().filter(|added| **added).count(), 1, "{added:?}");
    let refused = tried(&mut store, |transaction| transaction.insert_principal(&person(9, "ada@alder.example"))).unwrap_err();
    let mut told = format!("{refused:?}");
    let mut cause: Option<&dyn std::error::Error> = Some(&refused);
    while let Some(error) = cause {
        told = format!("{told}\n{error}");
        cause = error.source();
    }
    assert!(!told.contains("ada@"), "an error holds no values: {told}");
    let mut ada = write(&mut store, |transaction| transaction.principal_of(&email("Ada@Alder.example"))).unwrap();
    assert_eq!(write(&mut store, |transaction| transaction.accounts()), [], "whom the directory knows has no account here");
    ada.role = Some(Role::Representative);
    ada.language = Some(Language::German);
    write(&mut store, |transaction| transaction.change_principal(&ada));
    assert_eq!(write(&mut store, |transaction| transaction.principal(&ada.id)).as_ref(), Some(&ada));
    assert_eq!(write(&mut store, |transaction| transaction.accounts()), [ada]);
}

/// Who signs in for the first time by two doors at once is one principal, and nobody is refused.
fn an_address_that_several_find_missing_is_added_by_one_and_found_by_the_others(world: &World) {
    let store = world.store();
    for round in 0..8 {
        let address = format!("ada{round}@alder.example");
        let found = at_once(&store, |number, store| {
            let new = person(10 * (round + 1) + number as u128, &address);
            write(store, |transaction| {
                if let Some(known) = transaction.principal_of(&email(&address))? {
                    return Ok(known.id);
                }
                transaction.insert_principal(&new)?;
                Ok(new.id.clone())
            })
        });
        assert!(found.iter().all(|id| *id == found[0]), "{found:?}");
    }
}

fn a_representative_is_in_charge_of_the_contracts_named_last(world: &World) {
    let mut store = world.store();
    let mut ada = Account { role: Some(Role::Representative), ..person(1, "ada@desk.example") };
    let set = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
    write(&mut store, |transaction| {
        transaction.insert_principal(&ada)?;
        transaction.set_contracts(&ada.id, &set(&["alder", "birch"]))
    });
    write(&mut store, |transaction| transaction.set_contracts(&ada.id, &set(&["birch", "cedar"])));
    assert_eq!(write(&mut store, |transaction| transaction.contracts_of(&ada.id)), set(&["birch", "cedar"]));
    assert_eq!(write(&mut store, |transaction| transaction.representatives_of("alder")), []);
    assert_eq!(write(&mut store, |transaction| transaction.representatives_of("cedar")), [ada.clone()]);
    ada.closed = Some(at(10));
    write(&mut store, |transaction| transaction.change_principal(&ada));
    assert_eq!(write(&mut store, |transaction| transaction.representatives_of("cedar")), []);
}

fn a_sign_in_link_is_used_once_and_in_time(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_sign_in_link("first", &principal(1), at(0), at(60))?;
        transaction.insert_sign_in_link("second", &principal(1), at(10), at(60))
    });
    assert_eq!(write(&mut store, |transaction| transaction.sign_in_links_since(&principal(1), at(10))), 1);
    let used = at_once(&store, |_, store| write(store, |transaction| transaction.use_sign_in_link("first", at(20))));
    assert_eq!(used.iter().flatten().collect::<Vec<_>>(), [&principal(1)], "of four who use it at once, one is let in");
    assert_eq!(write(&mut store, |transaction| transaction.use_sign_in_link("second", at(60))), None);
    assert_eq!(write(&mut store, |transaction| transaction.use_sign_in_link("third", at(20))), None);
    assert_eq!(write(&mut store, |transaction| transaction.use_sign_in_link("second", at(59))), Some(principal(1)));
}

fn session(hash: &str, number: u128, expires: i64) -> Session {
    Session { hash: hash.to_owned(), principal: principal(number), by: None, created: at(0), expires: at(expires) }
}

fn a_session_remembers_its_provider_and_how_far_it_reaches(world: &World) {
    let mut store = world.store();
    let contracts = ["3", "4"].map(str::to_owned).into();
    let standings =
        [Standing::Contract { contract: "3".to_owned() }, Standing::Claims { operator: true, auditor: false, representative: contracts }];
    write(&mut store, |transaction| transaction.insert_principal(&person(1, "ada@alder.example")));
    for (number, standing) in standings.into_iter().enumerate() {
        let by = Some(ByProvider { provider: "alder".parse().unwrap(), standing });
        let begun = Session { by, ..session(&format!("session {number}"), 1, 60) };
        write(&mut store, |transaction| transaction.insert_session(&begun));
        assert_eq!(write(&mut store, |transaction| transaction.session(&begun.hash, at(1))), Some(begun));
    }
}

fn a_sign_in_at_a_provider_comes_back_once_and_in_time(world: &World) {
    let mut store = world.store();
    let (alder, birch): (ProviderName, ProviderName) = ("alder".parse().unwrap(), "birch".parse().unwrap());
    write(&mut store, |transaction| {
        transaction.insert_provider_sign_in("first", &alder, "/requests", at(0), at(60))?;
        transaction.insert_provider_sign_in("second", &alder, "/", at(0), at(60))
    });
    let mut used = |hash: &str, provider: &ProviderName, now: i64| {
        write(&mut store, |transaction| transaction.use_provider_sign_in(hash, provider, at(now)))
    };
    assert_eq!(used("first", &birch, 1), None, "another provider uses nothing up");
    assert_eq!(used("third", &alder, 1), None);
    assert_eq!(used("second", &alder, 60), None, "too late");
    let used = at_once(&store, |_, store| write(store, |transaction| transaction.use_provider_sign_in("first", &alder, at(1))));
    assert_eq!(used.iter().flatten().collect::<Vec<_>>(), ["/requests"], "of four who come back at once, one is let in");
    write(&mut store, |transaction| transaction.sweep_signing_in(at(60)));
    assert_eq!(
        write(&mut store, |transaction| transaction.use_provider_sign_in("second", &alder, at(1))),
        None,
        "what is too old is deleted"
    );
}

fn a_session_lasts_until_it_ends(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_principal(&person(2, "ben@birch.example"))?;
        transaction.insert_session(&session("one", 1, 60))?;
        transaction.insert_session(&session("two", 1, 90))?;
        transaction.insert_session(&session("three", 1, 90))?;
        transaction.insert_sign_in_link("link", &principal(1), at(0), at(90))?;
        transaction.insert_session(&session("ben's", 2, 90))
    });
    assert_eq!(write(&mut store, |transaction| transaction.sessions(&principal(1), at(60), None, 10)).len(), 2, "those that last");
    let mut whose = |hash: &str, now: i64| write(&mut store, |transaction| transaction.session(hash, at(now)));
    assert_eq!(whose("one", 59), Some(session("one", 1, 60)));
    assert_eq!(whose("one", 60), None);
    assert_eq!(whose("nobody's", 0), None);
    let mut store = store.another().unwrap();
    write(&mut store, |transaction| transaction.end_session("two"));
    write(&mut store, |transaction| transaction.end_session("two"));
    assert_eq!(write(&mut store, |transaction| transaction.session("two", at(1))), None);
    assert_eq!(write(&mut store, |transaction| transaction.session("three", at(1))), Some(session("three", 1, 90)));
    write(&mut store, |transaction| transaction.end_sessions_of(&principal(1)));
    assert_eq!(write(&mut store, |transaction| transaction.session("three", at(1))), None);
    assert_eq!(write(&mut store, |transaction| transaction.use_sign_in_link("link", at(1))), None);
    assert_eq!(write(&mut store, |transaction| transaction.session("ben's", at(1))), Some(session("ben's", 2, 90)));
    write(&mut store, |transaction| transaction.sweep_signing_in(at(90)));
    assert_eq!(write(&mut store, |transaction| transaction.session("ben's", at(1))), None, "what is too old is deleted");
}

fn a_token_is_good_until_it_is_revoked_or_too_old(world: &World) {
    let mut store = world.store();
    let token = |number: u128, expires: Option<i64>| Token {
        id: TokenId::from_random(number),
        name: format!("token {number}"),
        principal: principal(number % 2 + 1),
        actions: [Action::ReadRequests, Action::ExportSeat].into(),
        contract: (number == 1).then(|| "alder".to_owned()),
        created: at(number as i64),
        expires: expires.map(at),
        revoked: None,
        used: None,
    };
    let tokens = [token(1, None), token(2, Some(60))];
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        transaction.insert_principal(&person(2, "ben@birch.example"))?;
        transaction.insert_token(&tokens[0], "one")?;
        transaction.insert_token(&tokens[1], "two")
    });
    assert!(tried(&mut store, |transaction| transaction.insert_token(&token(3, None), "one")).is_err());
    let of = |store: &mut _, hash: &str, now: i64| write(store, |transaction| transaction.token_of(hash, at(now)));
    assert_eq!(of(&mut store, "one", 1_000_000).as_ref(), Some(&tokens[0]));
    assert_eq!(of(&mut store, "two", 59).as_ref(), Some(&tokens[1]));
    assert_eq!(of(&mut store, "two", 60), None);
    assert_eq!(write(&mut store, |transaction| transaction.tokens(None)), [tokens[1].clone(), tokens[0].clone()]);
    assert_eq!(write(&mut store, |transaction| transaction.tokens(Some(&principal(2)))), [tokens[0].clone()]);
    // A use is noted to the hour.
    for (now, want) in [(100, 100), (3_699, 100), (3_700, 3_700)] {
        write(&mut store, |transaction| transaction.note_token_use(&tokens[0].id, at(now)));
        assert_eq!(of(&mut store, "one", now).unwrap().used, Some(at(want)));
    }
    let revoked = at_once(&store, |_, store| write(store, |transaction| transaction.revoke_token(&tokens[0].id, at(4_000))));
    assert_eq!(revoked.iter().filter(|revoked| **revoked).count(), 1);
    assert_eq!(of(&mut store, "one", 4_000), None);
    let listed = write(&mut store, |transaction| transaction.tokens(Some(&principal(2))));
    assert_eq!(listed[0].revoked, Some(at(4_000)));
}

fn archive(number: u128, request: u128, part: u32) -> Archive {
    Archive {
        id: ArchiveId::from_random(number),
        request: request_id(request),
        part,
        object: format!("object {number}"),
        file_name: "seat.zip".to_owned(),
        bytes: 5_000_000_000,
        sha256: "00".repeat(32),
        created: at(0),
        expires: at(100),
        downloaded: None,
        deleted: None,
    }
}

fn a_link_ends_with_its_time_its_use_and_its_archive(world: &World) {
    let mut store = world.store();
    let link = |archive: u128, single_use: bool| Link {
        archive: ArchiveId::from_random(archive),
        principal: principal(1),
        expires: at(100),
        single_use,
        used: None,
    };
    write(&mut store, |transaction| {
        transaction.insert_principal(&person(1, "ada@alder.example"))?;
        for number in 1..=2 {
            transaction.insert_request(&request(number, "alder", &format!("subject {number}")))?;
            transaction.insert_archive(&archive(10 * number, number, 2))?;
            transaction.insert_archive(&archive(10 * number + 1, number, 1))?;
        }
        transaction.insert_link("once", &link(10, true), at(0))?;
        transaction.insert_link("again", &link(11, false), at(0))?;
        transaction.insert_link("other", &link(20, false), at(0))
    });
    let parts: Vec<_> =
        write(&mut store, |transaction| transaction.archives_of(&request_id(1))).into_iter().map(|found| found.part).collect();
    assert_eq!(parts, [1, 2]);
    assert_eq!(write(&mut store, |transaction| transaction.archive(&ArchiveId::from_random(10))), Some(archive(10, 1, 2)));
    let of = |store: &mut _, hash: &str, now: i64| write(store, |transaction| transaction.link(hash, at(now)));
    assert_eq!(of(&mut store, "once", 99), Some(link(10, true)));
    assert_eq!(of(&mut store, "once", 100), None);
    let bytes = archive(10, 1, 2).bytes;
    let downloaded = |store: &mut _, id| write(store, |transaction| transaction.archive(&ArchiveId::from_random(id))).unwrap().downloaded;
    for (hash, id) in [("once", 10), ("again", 11)] {
        // The last byte, and all but the first.
        for first in [bytes - 1, 1] {
            write(&mut store, |transaction| transaction.note_served(hash, first, bytes, at(40)));
        }
        assert_eq!(of(&mut store, hash, 41).unwrap().used, None);
        assert_eq!(downloaded(&mut store, id), None);
        for now in [50, 60] {
            write(&mut store, |transaction| transaction.note_served(hash, 0, 1, at(now)));
        }
        assert_eq!(downloaded(&mut store, id), Some(at(50)));
    }
    assert_eq!(of(&mut store, "once", 61), None);
    assert_eq!(of(&mut store, "again", 61), Some(Link { used: Some(at(50)), ..link(11, false) }));
    write(&mut store, |transaction| transaction.note_served("nobody's", 0, bytes, at(60)));

    write(&mut store, |transaction| transaction.expire_archives(&request_id(1), at(70)));
    assert_eq!(of(&mut store, "again", 70), None);
    assert_eq!(of(&mut store, "other", 70), Some(link(20, false)), "archives of other requests stay");
    let found = write(&mut store, |transaction| transaction.archives_of(&request_id(1)));
    assert!(found.iter().all(|archive| archive.expires == at(70) && archive.deleted.is_none()));
    write(&mut store, |transaction| transaction.archives_deleted(&request_id(1), at(71)));
    write(&mut store, |transaction| transaction.archives_deleted(&request_id(1), at(90)));
    let found = write(&mut store, |transaction| transaction.archives_of(&request_id(1)));
    assert!(found.iter().all(|archive| archive.deleted == Some(at(71))));
    assert_eq!(of(&mut store, "again", 0), None);
    let other = write(&mut store, |transaction| transaction.archives_of(&request_id(2)));
    assert_eq!(other, [archive(21, 2, 1), archive(20, 2, 2)]);
}

on_both!(
    an_address_is_one_principal,
    an_address_that_several_find_missing_is_added_by_one_and_found_by_the_others,
    a_representative_is_in_charge_of_the_contracts_named_last,
    a_sign_in_link_is_used_once_and_in_time,
    a_session_lasts_until_it_ends,
    a_session_remembers_its_provider_and_how_far_it_reaches,
    a_sign_in_at_a_provider_comes_back_once_and_in_time,
    a_token_is_good_until_it_is_revoked_or_too_old,
    a_link_ends_with_its_time_its_use_and_its_archive,
);
