//! The tables `directory_group` and `directory_group_member`.

use exeunt_model::identity::{DirectoryGroupId, DirectoryUserId, EmailAddress};
use exeunt_model::moment::Moment;

use crate::error::{Error, expect_rows};
use crate::read::{moment, parsed};
use crate::sql::{MOST_VALUES, Row, Transaction, Value, parameters, places};

/// A group that an identity provider has pushed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DirectoryGroup {
    pub id: DirectoryGroupId,
    pub contract: String,
    /// In lower case; a contract has each name once.
    pub name: String,
    /// JSON: what is kept of the resource, without its members.
    pub document: String,
    pub version: u64,
    pub created: Moment,
    pub changed: Moment,
}

const COLUMNS: &str = "id, contract, name, document, version, created, changed";

impl Transaction<'_> {
    /// A group of a contract.
    pub fn directory_group(&mut self, contract: &str, id: &DirectoryGroupId) -> Result<Option<DirectoryGroup>, Error> {
        let sql = format!("-- directory_group\nSELECT {COLUMNS} FROM directory_group WHERE contract = $1 AND id = $2");
        self.optional("read a pushed group", &sql, &parameters![contract, id.as_str()], read)
    }

    /// The group of this name, in lower case.
    pub fn directory_group_named(&mut self, contract: &str, name: &str) -> Result<Option<DirectoryGroup>, Error> {
        let sql = format!("-- directory_group_named\nSELECT {COLUMNS} FROM directory_group WHERE contract = $1 AND name = $2");
        self.optional("read a pushed group", &sql, &parameters![contract, name], read)
    }

    /// Adds a group without members. Its version is 1.
    pub fn insert_directory_group(&mut self, group: &DirectoryGroup) -> Result<(), Error> {
        let sql = "-- insert_directory_group
            INSERT INTO directory_group (id, contract, name, document, version, created, changed)
            VALUES ($1, $2, $3, $4, 1, $5, $6)";
        let values = parameters![
            group.id.as_str(),
            group.contract.as_str(),
            group.name.as_str(),
            group.document.as_str(),
            group.created.microseconds(),
            group.changed.microseconds()
        ];
        self.one_row("add a pushed group", sql, &values)
    }

    /// Writes a group over the version that was read.
    ///
    /// # Errors
    /// [`Error::RowCount`] when somebody was faster.
    pub fn change_directory_group(&mut self, group: &mut DirectoryGroup) -> Result<(), Error> {
        let sql = "-- change_directory_group
            UPDATE directory_group
            SET name = $4, document = $5, changed = $6, version = version + 1
            WHERE contract = $1 AND id = $2 AND version = $3";
        let values = parameters![
            group.contract.as_str(),
            group.id.as_str(),
            group.version,
            group.name.as_str(),
            group.document.as_str(),
            group.changed.microseconds()
        ];
        self.one_row("change a pushed group", sql, &values)?;
        group.version += 1;
        Ok(())
    }

    /// Removes a group with its memberships; the users stay.
    pub fn delete_directory_group(&mut self, contract: &str, id: &DirectoryGroupId) -> Result<(), Error> {
        const OPERATION: &str = "delete a pushed group";
        let sql = "-- delete_members
            DELETE FROM directory_group_member
            WHERE directory_group IN (SELECT id FROM directory_group WHERE contract = $1 AND id = $2)";
        self.rows(OPERATION, sql, &parameters![contract, id.as_str()])?;
        let sql = "-- delete_directory_group
            DELETE FROM directory_group
            WHERE contract = $1 AND id = $2";
        self.one_row(OPERATION, sql, &parameters![contract, id.as_str()])
    }

    /// How many groups of a contract there are.
    pub fn count_directory_groups(&mut self, contract: &str) -> Result<u64, Error> {
        let sql = "-- count_directory_groups
            SELECT count(*)
            FROM directory_group
            WHERE contract = $1";
        self.single("count pushed groups", sql, &parameters![contract], |row| row.get(0))
    }

    /// So many groups of a contract in the order in which they were pushed, without the first ones.
    pub fn directory_groups(&mut self, contract: &str, skipped: u64, limit: u32) -> Result<Vec<DirectoryGroup>, Error> {
        let sql = format!(
            "-- directory_groups
            SELECT {COLUMNS}
            FROM directory_group
            WHERE contract = $1
            ORDER BY created, id
            LIMIT $2 OFFSET $3"
        );
        self.all("list pushed groups", &sql, &parameters![contract, limit, skipped], read)
    }

    /// The members of these groups: group and user.
    pub fn members_of_directory_groups(&mut self, groups: &[&DirectoryGroupId]) -> Result<Vec<(DirectoryGroupId, DirectoryUserId)>, Error> {
        let mut found = Vec::new();
        for groups in groups.chunks(MOST_VALUES) {
            let sql = format!(
                "-- members_of_directory_groups
                SELECT directory_group, directory_user
                FROM directory_group_member
                WHERE directory_group IN ({listed})
                ORDER BY directory_group, directory_user",
                listed = places(1, groups.len())
            );
            let values: Vec<Value> = groups.iter().map(|group| group.as_str().into()).collect();
            found.extend(self.all("look up members", &sql, &values, |row| {
                let group = parsed(&row.get::<String>(0)?, "a pushed group's id")?;
                Ok((group, parsed(&row.get::<String>(1)?, "a pushed user's id")?))
            })?);
        }
        Ok(found)
    }

    /// Adds users to a group, to which none of them belongs. False when one of them is no user of its contract.
    pub fn add_members(&mut self, group: &DirectoryGroup, users: &[&DirectoryUserId]) -> Result<bool, Error> {
        for users in users.chunks(MOST_VALUES) {
            let sql = format!(
                "-- add_members
                INSERT INTO directory_group_member (directory_group, directory_user)
                SELECT $1, id
                FROM directory_user
                WHERE contract = $2 AND id IN ({listed})",
                listed = places(3, users.len())
            );
            let mut values: Vec<Value> = parameters![group.id.as_str(), group.contract.as_str()].to_vec();
            values.extend(users.iter().map(|user| Value::from(user.as_str())));
            if self.rows("add members", &sql, &values)? != users.len() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Takes users out of a group.
    pub fn remove_members(&mut self, group: &DirectoryGroup, users: &[&DirectoryUserId]) -> Result<(), Error> {
        const OPERATION: &str = "remove members";
        for users in users.chunks(MOST_VALUES) {
            let sql = format!(
                "-- remove_members
                DELETE FROM directory_group_member
                WHERE directory_group = $1 AND directory_user IN ({listed})",
                listed = places(2, users.len())
            );
            let mut values: Vec<Value> = parameters![group.id.as_str()].to_vec();
            values.extend(users.iter().map(|user| Value::from(user.as_str())));
            expect_rows(OPERATION, users.len(), self.rows(OPERATION, &sql, &values)?)?;
        }
        Ok(())
    }

    /// The active users of a contract's groups: the group's name in lower case, the user's address and document.
    pub fn grouped_addresses(&mut self, contract: &str) -> Result<Vec<(String, EmailAddress, String)>, Error> {
        let sql = "-- grouped_addresses
            SELECT g.name, u.email, u.document
            FROM directory_group AS g
            JOIN directory_group_member AS m ON m.directory_group = g.id
            JOIN directory_user AS u ON u.id = m.directory_user
            WHERE g.contract = $1 AND u.active = 1 AND u.email IS NOT NULL
            ORDER BY u.email, g.name";
        self.all("look up members", sql, &parameters![contract], |row| {
            Ok((row.get(0)?, parsed(&row.get::<String>(1)?, "an address")?, row.get(2)?))
        })
    }
}

fn read(row: &Row<'_>) -> Result<DirectoryGroup, Error> {
    Ok(DirectoryGroup {
        id: parsed(&row.get::<String>(0)?, "a pushed group's id")?,
        contract: row.get(1)?,
        name: row.get(2)?,
        document: row.get(3)?,
        version: row.get(4)?,
        created: moment(row.get(5)?)?,
        changed: moment(row.get(6)?)?,
    })
}
