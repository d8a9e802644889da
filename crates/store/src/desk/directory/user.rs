//! The table `directory_user`.

use std::collections::BTreeSet;

use exeunt_model::digest::Digest;
use exeunt_model::identity::{DirectoryGroupId, DirectoryUserId, EmailAddress};
use exeunt_model::moment::Moment;

use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{MOST_VALUES, Row, Transaction, Value, parameters, places};

/// A user whom an identity provider has pushed.
#[derive(Clone, PartialEq, Eq)]
pub struct DirectoryUser {
    pub id: DirectoryUserId,
    pub contract: String,
    pub external_id: Option<String>,
    /// In lower case; a contract has each name once.
    pub user_name: String,
    /// The address by which the seat is known.
    pub email: Option<EmailAddress>,
    pub active: bool,
    /// JSON: what is kept of the resource.
    pub document: String,
    pub version: u64,
    pub created: Moment,
    pub changed: Moment,
}

impl std::fmt::Debug for DirectoryUser {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("DirectoryUser").field("id", &self.id).field("active", &self.active).finish_non_exhaustive()
    }
}

/// Which users of a contract a list holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserKey<'a> {
    All,
    Id(&'a str),
    /// In lower case.
    UserName(&'a str),
    ExternalId(&'a str),
}

const COLUMNS: &str = "id, contract, external_id, user_name, email, active, document, version, created, changed";

impl UserKey<'_> {
    fn condition(self) -> (&'static str, Value) {
        match self {
            Self::All => ("CAST($2 AS TEXT) IS NULL", Value::Null),
            Self::Id(id) => ("id = $2", id.into()),
            Self::UserName(name) => ("user_name = $2", name.into()),
            Self::ExternalId(id) => ("external_id = $2", id.into()),
        }
    }
}

impl Transaction<'_> {
    /// Lets one transaction at a time push users: two of the same name must not both find that there is none.
    pub fn one_push_at_a_time(&mut self) -> Result<(), Error> {
        self.lock_table("push a directory", "directory_user")
    }

    /// A user of a contract.
    pub fn directory_user(&mut self, contract: &str, id: &DirectoryUserId) -> Result<Option<DirectoryUser>, Error> {
        let sql = format!("-- directory_user\nSELECT {COLUMNS} FROM directory_user WHERE contract = $1 AND id = $2");
        self.optional("read a pushed user", &sql, &parameters![contract, id.as_str()], read)
    }

    /// Adds a user. Its version is 1.
    pub fn insert_directory_user(&mut self, user: &DirectoryUser) -> Result<(), Error> {
        let sql = "-- insert_directory_user
            INSERT INTO directory_user (id, contract, external_id, user_name, email, active, document, version, created, changed)
            VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9)";
        let values = parameters![
            user.id.as_str(),
            user.contract.as_str(),
            user.external_id.as_deref(),
            user.user_name.as_str(),
            user.email.as_ref().map(EmailAddress::as_str),
            user.active,
            user.document.as_str(),
            user.created.microseconds(),
            user.changed.microseconds()
        ];
        self.one_row("add a pushed user", sql, &values)
    }

    /// Writes a user over the version that was read.
    ///
    /// # Errors
    /// [`Error::RowCount`] when somebody was faster.
    pub fn change_directory_user(&mut self, user: &mut DirectoryUser) -> Result<(), Error> {
        let sql = "-- change_directory_user
            UPDATE directory_user
            SET external_id = $4, user_name = $5, email = $6, active = $7, document = $8, changed = $9, version = version + 1
            WHERE contract = $1 AND id = $2 AND version = $3";
        let values = parameters![
            user.contract.as_str(),
            user.id.as_str(),
            user.version,
            user.external_id.as_deref(),
            user.user_name.as_str(),
            user.email.as_ref().map(EmailAddress::as_str),
            user.active,
            user.document.as_str(),
            user.changed.microseconds()
        ];
        self.one_row("change a pushed user", sql, &values)?;
        user.version += 1;
        Ok(())
    }

    /// Removes a user with its memberships.
    pub fn delete_directory_user(&mut self, contract: &str, id: &DirectoryUserId) -> Result<(), Error> {
        const OPERATION: &str = "delete a pushed user";
        let sql = "-- delete_memberships
            DELETE FROM directory_group_member
            WHERE directory_user IN (SELECT id FROM directory_user WHERE contract = $1 AND id = $2)";
        self.rows(OPERATION, sql, &parameters![contract, id.as_str()])?;
        let sql = "-- delete_directory_user
            DELETE FROM directory_user
            WHERE contract = $1 AND id = $2";
        self.one_row(OPERATION, sql, &parameters![contract, id.as_str()])
    }

    /// How many users of a contract there are.
    pub fn count_directory_users(&mut self, contract: &str) -> Result<u64, Error> {
        let sql = "-- count_directory_users
            SELECT count(*)
            FROM directory_user
            WHERE contract = $1";
        self.single("count pushed users", sql, &parameters![contract], |row| row.get(0))
    }

    /// So many users of a contract in the order in which they were pushed, without the first ones.
    pub fn directory_users(&mut self, contract: &str, key: UserKey<'_>, skipped: u64, limit: u32) -> Result<Vec<DirectoryUser>, Error> {
        let (condition, value) = key.condition();
        let sql = format!(
            "-- directory_users
            SELECT {COLUMNS}
            FROM directory_user
            WHERE contract = $1 AND {condition}
            ORDER BY created, id
            LIMIT $3 OFFSET $4"
        );
        let [contract, limit, skipped] = parameters![contract, limit, skipped];
        self.all("list pushed users", &sql, &[contract, value, limit, skipped], read)
    }

    /// The same from a place in that order on.
    pub fn directory_users_after(
        &mut self,
        contract: &str,
        after: Option<&DirectoryUser>,
        limit: u32,
    ) -> Result<Vec<DirectoryUser>, Error> {
        let sql = format!(
            "-- directory_users_after
            SELECT {COLUMNS}
            FROM directory_user
            WHERE contract = $1 AND (created > $2 OR (created = $2 AND id > $3))
            ORDER BY created, id
            LIMIT $4"
        );
        let (created, id) = after.map_or((i64::MIN, ""), |user| (user.created.microseconds(), user.id.as_str()));
        self.all("list pushed users", &sql, &parameters![contract, created, id, limit], read)
    }

    /// Whether an active user of a contract has this address.
    pub fn has_active_directory_user(&mut self, contract: &str, email: &EmailAddress) -> Result<bool, Error> {
        let sql = "-- has_active_directory_user
            SELECT count(*)
            FROM directory_user
            WHERE contract = $1 AND email = $2 AND active = 1";
        self.single("look for a pushed user", sql, &parameters![contract, email.as_str()], |row| Ok(row.get::<u64>(0)? > 0))
    }

    /// The groups of these users: user, group, and the group's document.
    pub fn groups_of_directory_users(
        &mut self,
        users: &[&DirectoryUserId],
    ) -> Result<Vec<(DirectoryUserId, DirectoryGroupId, String)>, Error> {
        let mut found = Vec::new();
        for users in users.chunks(MOST_VALUES) {
            let sql = format!(
                "-- groups_of_directory_users
                SELECT m.directory_user, g.id, g.document
                FROM directory_group_member AS m
                JOIN directory_group AS g ON g.id = m.directory_group
                WHERE m.directory_user IN ({listed})
                ORDER BY m.directory_user, g.id",
                listed = places(1, users.len())
            );
            let values: Vec<Value> = users.iter().map(|user| user.as_str().into()).collect();
            found.extend(self.all("look up groups", &sql, &values, |row| {
                let user = parsed(&row.get::<String>(0)?, "a pushed user's id")?;
                Ok((user, parsed(&row.get::<String>(1)?, "a pushed group's id")?, row.get(2)?))
            })?);
        }
        Ok(found)
    }

    /// The contracts and groups that active users with this address belong to; groups by their names in lower case.
    pub fn groups_of_address(&mut self, email: &EmailAddress) -> Result<BTreeSet<(String, String)>, Error> {
        let sql = "-- groups_of_address
            SELECT u.contract, g.name
            FROM directory_user AS u
            JOIN directory_group_member AS m ON m.directory_user = u.id
            JOIN directory_group AS g ON g.id = m.directory_group
            WHERE u.email = $1 AND u.active = 1";
        let read = |row: &Row<'_>| Ok((row.get(0)?, row.get(1)?));
        Ok(self.all("look up groups", sql, &parameters![email.as_str()], read)?.into_iter().collect())
    }

    /// Forgets the users of a contract with these addresses. What is kept of an address is the keyed hash that comes with it.
    pub fn forget_directory_addresses(&mut self, contract: &str, gone: &[(EmailAddress, Digest)], now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "forget pushed users";
        for gone in gone.chunks(MOST_VALUES) {
            let listed = places(2, gone.len());
            let mut values: Vec<Value> = parameters![contract].to_vec();
            values.extend(gone.iter().map(|(email, _)| Value::from(email.as_str())));
            let users = format!("SELECT id FROM directory_user WHERE contract = $1 AND email IN ({listed})");
            for sql in [
                format!("-- forget_memberships\nDELETE FROM directory_group_member WHERE directory_user IN ({users})"),
                format!("-- forget_returns\nDELETE FROM directory_return WHERE contract = $1 AND directory_user IN ({users})"),
                format!("-- forget_directory_users\nDELETE FROM directory_user WHERE contract = $1 AND email IN ({listed})"),
                format!("-- forget_closures\nDELETE FROM directory_closure WHERE contract = $1 AND email IN ({listed})"),
            ] {
                self.rows(OPERATION, &sql, &values)?;
            }
        }
        let hashes: BTreeSet<&Digest> = gone.iter().map(|(_, hash)| hash).collect();
        self.remember_erased_addresses(contract, &hashes.into_iter().collect::<Vec<_>>(), now)
    }

    /// Forgets all that was pushed for a contract.
    pub fn forget_directory(&mut self, contract: &str) -> Result<(), Error> {
        for sql in [
            "-- forget_members
            DELETE FROM directory_group_member
            WHERE directory_group IN (SELECT id FROM directory_group WHERE contract = $1)",
            "-- forget_groups
            DELETE FROM directory_group
            WHERE contract = $1",
            "-- forget_users
            DELETE FROM directory_user
            WHERE contract = $1",
            "-- forget_all_closures
            DELETE FROM directory_closure
            WHERE contract = $1",
            "-- forget_all_returns
            DELETE FROM directory_return
            WHERE contract = $1",
        ] {
            self.rows("forget a pushed directory", sql, &parameters![contract])?;
        }
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<DirectoryUser, Error> {
    let email: Option<String> = row.get(4)?;
    Ok(DirectoryUser {
        id: parsed(&row.get::<String>(0)?, "a pushed user's id")?,
        contract: row.get(1)?,
        external_id: row.get(2)?,
        user_name: row.get(3)?,
        email: email.map(|email| parsed(&email, "an address")).transpose()?,
        active: row.get(5)?,
        document: row.get(6)?,
        version: row.get(7)?,
        created: moment(row.get(8)?)?,
        changed: moment(row.get(9)?)?,
    })
}
