//! What identity providers push, on either kind of store.

use std::collections::BTreeSet;

use exeunt_model::closure::{Outcome, Proposal};
use exeunt_model::identity::{DirectoryGroupId, DirectoryUserId};
use exeunt_store::desk::{Closure, DirectoryGroup, DirectoryUser, Return, UserKey};
use exeunt_store::{Error, Transaction};

use super::{email, request_id, tried, write};
use crate::world::{World, at, digest};

const MARA: &str = "mara.lindqvist@personal.example";
const OTTO: &str = "otto.berg@personal.example";

fn id(number: u128) -> DirectoryUserId {
    DirectoryUserId::from_random(number)
}

fn user(number: u128, contract: &str, address: &str) -> DirectoryUser {
    DirectoryUser {
        id: id(number),
        contract: contract.to_owned(),
        external_id: Some(format!("external {number}")),
        user_name: address.to_owned(),
        email: Some(email(address)),
        active: true,
        document: format!("{{\"userName\": \"{address}\"}}"),
        version: 1,
        created: at(i64::try_from(number).unwrap()),
        changed: at(1),
    }
}

fn group(number: u128, contract: &str, name: &str) -> DirectoryGroup {
    let (id, contract, name) = (DirectoryGroupId::from_random(number), contract.to_owned(), name.to_owned());
    DirectoryGroup { id, contract, name, document: "{}".to_owned(), version: 1, created: at(1), changed: at(1) }
}

fn closure(contract: &str, address: &str, user: u128) -> Closure {
    let proposal = Proposal { subject: digest(address), outcome: Outcome::Proposed, request: Some(request_id(1)) };
    Closure { contract: contract.to_owned(), email: email(address), user: id(user), closed: at(3), proposals: vec![proposal] }
}

fn fill(transaction: &mut Transaction<'_>) -> Result<(), Error> {
    for (number, contract, address) in [(1, "alder", MARA), (2, "alder", OTTO), (3, "birch", MARA)] {
        transaction.insert_directory_user(&user(number, contract, address))?;
    }
    for (number, contract) in [(1, "alder"), (2, "birch")] {
        let group = group(number, contract, "sales");
        transaction.insert_directory_group(&group)?;
        let (one, two, three) = (id(1), id(2), id(3));
        let members: &[&DirectoryUserId] = if contract == "alder" { &[&one, &two] } else { &[&three] };
        assert!(transaction.add_members(&group, members)?);
    }
    for (contract, user) in [("alder", 1), ("birch", 3)] {
        transaction.put_closure(&closure(contract, MARA, user))?;
        let returned = Return { contract: contract.to_owned(), user: id(user), returned: at(5), erased: at(4) };
        assert!(transaction.note_return(&returned)?);
        assert!(!transaction.note_return(&returned)?, "once");
    }
    Ok(())
}

/// All that is there of a contract.
fn all(transaction: &mut Transaction<'_>, contract: &str) -> Result<String, Error> {
    let users = transaction.directory_users(contract, UserKey::All, 0, 10)?;
    let groups = transaction.directory_groups(contract, 0, 10)?;
    let members = transaction.members_of_directory_groups(&groups.iter().map(|group| &group.id).collect::<Vec<_>>())?;
    let closed = transaction.closed_addresses(contract)?;
    let texts: Vec<String> = users.iter().map(|user| format!("{} {} {:?}", user.id, user.user_name, user.version)).collect();
    Ok(format!("{texts:?} {groups:?} {members:?} {} {:?}", closed.len(), transaction.returns(contract, 10)?))
}

fn a_forgotten_address_takes_nothing_of_others_along(world: &World) {
    let mut store = world.store();
    write(&mut store, fill);
    let before = write(&mut store, |transaction| all(transaction, "birch"));
    write(&mut store, |transaction| {
        transaction.forget_directory_addresses("alder", &[(email(MARA), digest("hash"))], at(9))?;
        assert_eq!(transaction.directory_user("alder", &id(1))?, None);
        assert!(transaction.directory_user("alder", &id(2))?.is_some());
        let left = transaction.members_of_directory_groups(&[&group(1, "alder", "sales").id])?;
        assert_eq!(left.into_iter().map(|(_, user)| user).collect::<Vec<_>>(), [id(2)]);
        assert_eq!(transaction.closed_addresses("alder")?, BTreeSet::new());
        assert_eq!(transaction.returns("alder", 10)?, []);
        assert_eq!(transaction.erased_address("alder", &digest("hash"))?, Some(at(9)));
        assert_eq!(transaction.erased_address("birch", &digest("hash"))?, None);
        Ok(())
    });
    assert_eq!(write(&mut store, |transaction| all(transaction, "birch")), before);
    write(&mut store, |transaction| transaction.forget_directory("alder"));
    let empty = write(&mut store, |transaction| all(transaction, "nobody"));
    assert_eq!(write(&mut store, |transaction| all(transaction, "alder")), empty);
    assert_eq!(write(&mut store, |transaction| all(transaction, "birch")), before);
}

fn a_contract_reaches_its_own_alone(world: &World) {
    let mut store = world.store();
    write(&mut store, fill);
    write(&mut store, |transaction| {
        assert_eq!(transaction.directory_user("birch", &id(1))?, None);
        assert!(transaction.directory_users("birch", UserKey::Id(id(1).as_str()), 0, 10)?.is_empty());
        assert!(transaction.directory_users("birch", UserKey::ExternalId("external 1"), 0, 10)?.is_empty());
        assert_eq!(transaction.directory_users("birch", UserKey::UserName(MARA), 0, 10)?.len(), 1);
        assert!(!transaction.add_members(&group(2, "birch", "sales"), &[&id(2)])?, "a user of another contract is no member");
        Ok(())
    });
    let mut stranger = DirectoryUser { contract: "birch".to_owned(), ..user(1, "alder", OTTO) };
    assert!(matches!(tried(&mut store, |transaction| transaction.change_directory_user(&mut stranger)), Err(Error::RowCount { .. })));
    assert!(matches!(tried(&mut store, |transaction| transaction.delete_directory_user("birch", &id(1))), Err(Error::RowCount { .. })));
}

fn a_stale_version_changes_nothing(world: &World) {
    let mut store = world.store();
    write(&mut store, fill);
    let mut stale = user(1, "alder", MARA);
    let mut fresh = DirectoryUser { active: false, ..stale.clone() };
    write(&mut store, |transaction| transaction.change_directory_user(&mut fresh.clone()));
    fresh.version += 1;
    assert!(matches!(tried(&mut store, |transaction| transaction.change_directory_user(&mut stale)), Err(Error::RowCount { .. })));
    let got = write(&mut store, |transaction| transaction.directory_user("alder", &id(1)));
    assert_eq!(got, Some(fresh));
    assert!(!write(&mut store, |transaction| transaction.has_active_directory_user("alder", &email(MARA))));
}

fn pages_hold_every_user_once(world: &World) {
    let mut store = world.store();
    write(&mut store, |transaction| {
        (1..=7).try_for_each(|number| transaction.insert_directory_user(&user(number, "alder", &format!("u{number}@personal.example"))))
    });
    let mut seen = Vec::new();
    let mut last = None;
    loop {
        let page = write(&mut store, |transaction| transaction.directory_users_after("alder", last.as_ref(), 3));
        seen.extend(page.iter().map(|user| user.id.clone()));
        if page.len() < 3 {
            break;
        }
        last = page.into_iter().last();
    }
    assert_eq!(seen, (1..=7).map(id).collect::<Vec<_>>());
    let page = write(&mut store, |transaction| transaction.directory_users("alder", UserKey::All, 5, 10));
    assert_eq!(page.into_iter().map(|user| user.id).collect::<Vec<_>>(), [id(6), id(7)]);
}

on_both!(
    a_forgotten_address_takes_nothing_of_others_along,
    a_contract_reaches_its_own_alone,
    a_stale_version_changes_nothing,
    pages_hold_every_user_once,
);
