//! The tables `archive` and `link`: what exports delivered, and who may fetch it until when.

use exeunt_model::identity::{ArchiveId, PrincipalId, RequestId};
use exeunt_model::moment::Moment;
use exeunt_model::served::Served;

use crate::error::Error;
use crate::read::{from_json, json, moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// A file that an export delivered: the archive, or a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Archive {
    pub id: ArchiveId,
    pub request: RequestId,
    /// From 1.
    pub part: u32,
    /// Where its bytes are in the archive store.
    pub object: String,
    pub file_name: String,
    pub bytes: u64,
    pub sha256: String,
    pub created: Moment,
    pub expires: Moment,
    /// When all of it had been downloaded, the first time.
    pub downloaded: Option<Moment>,
    pub deleted: Option<Moment>,
}

/// A link to an archive.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub archive: ArchiveId,
    /// Who alone may use it.
    pub principal: PrincipalId,
    pub expires: Moment,
    /// It ends when all was downloaded through it.
    pub single_use: bool,
    pub used: Option<Moment>,
}

const COLUMNS: &str = "id, request, part, object, file_name, bytes, sha256, created, expires, downloaded, deleted";

impl Transaction<'_> {
    /// Adds an archive whose bytes are stored.
    pub fn insert_archive(&mut self, archive: &Archive) -> Result<(), Error> {
        let sql = "-- insert_archive
            INSERT INTO archive (id, request, part, object, file_name, bytes, sha256, created, expires)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
        let values = parameters![
            archive.id.as_str(),
            archive.request.as_str(),
            archive.part,
            archive.object.as_str(),
            archive.file_name.as_str(),
            archive.bytes,
            archive.sha256.as_str(),
            archive.created.microseconds(),
            archive.expires.microseconds()
        ];
        self.one_row("add an archive", sql, &values)
    }

    /// An archive by its id.
    pub fn archive(&mut self, id: &ArchiveId) -> Result<Option<Archive>, Error> {
        let sql = format!("-- archive\nSELECT {COLUMNS} FROM archive WHERE id = $1");
        self.optional("read an archive", &sql, &parameters![id.as_str()], read)
    }

    /// The archives of a request, in the order of their parts.
    pub fn archives_of(&mut self, request: &RequestId) -> Result<Vec<Archive>, Error> {
        let sql = format!("-- archives_of\nSELECT {COLUMNS} FROM archive WHERE request = $1 ORDER BY part");
        self.all("read a request's archives", &sql, &parameters![request.as_str()], read)
    }

    /// A page of the archives of a request, in the order of their parts, which begin with 1.
    pub fn archives(&mut self, request: &RequestId, after: u32, limit: u32) -> Result<Vec<Archive>, Error> {
        let sql = format!("-- archives\nSELECT {COLUMNS} FROM archive WHERE request = $1 AND part > $2 ORDER BY part LIMIT $3");
        self.all("list a request's archives", &sql, &parameters![request.as_str(), after, limit], read)
    }

    /// What the archive store should hold of a request: its archives, and the files of its case.
    pub fn stored_objects_of(&mut self, request: &RequestId) -> Result<Vec<String>, Error> {
        let sql = "-- stored_objects_of
            SELECT object
            FROM archive
            WHERE request = $1 AND deleted IS NULL
            UNION ALL
            SELECT a.object
            FROM attachment AS a
            JOIN message AS m ON m.id = a.message
            WHERE m.request = $1 AND a.deleted IS NULL";
        self.all("look for what is stored of a request", sql, &parameters![request.as_str()], |row| row.get(0))
    }

    /// Notes which bytes of an archive were sent through a link. Once all were, through whatever links, it is downloaded; once all were through
    /// this one, the link is used up.
    pub fn note_served(&mut self, hash: &str, first: u64, end: u64, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "note what was sent";
        let sql = format!(
            "-- served
            SELECT a.id, a.bytes, a.served, l.served
            FROM link AS l
            JOIN archive AS a ON a.id = l.archive
            WHERE l.hash = $1{}",
            self.to_change()
        );
        let read = |row: &Row<'_>| Ok((row.get::<String>(0)?, row.get::<u64>(1)?, row.get::<String>(2)?, row.get::<String>(3)?));
        // The links of an archive that is deleted are forgotten, while somebody may still be receiving the rest.
        let Some((id, bytes, of_archive, of_link)) = self.optional(OPERATION, &sql, &parameters![hash], read)? else { return Ok(()) };
        let (mut of_archive, mut of_link): (Served, Served) =
            (from_json(&of_archive, "what was sent of an archive")?, from_json(&of_link, "what was sent through a link")?);
        of_archive.add(first, end);
        of_link.add(first, end);
        let done = |served: &Served| served.is_whole(bytes).then(|| now.microseconds());
        let sql = "-- archive_served
            UPDATE archive
            SET served = $2, downloaded = coalesce(downloaded, $3)
            WHERE id = $1";
        self.one_row(OPERATION, sql, &parameters![id.as_str(), json(&of_archive)?, done(&of_archive)])?;
        let sql = "-- link_served
            UPDATE link
            SET served = $2, used = coalesce(used, $3)
            WHERE hash = $1";
        self.one_row(OPERATION, sql, &parameters![hash, json(&of_link)?, done(&of_link)])
    }

    /// Ends the time of a request's archives, and the links to them with it.
    pub fn expire_archives(&mut self, request: &RequestId, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "expire archives";
        let sql = "-- expire_archives
            UPDATE archive
            SET expires = $2
            WHERE request = $1 AND deleted IS NULL AND expires > $2";
        self.rows(OPERATION, sql, &parameters![request.as_str(), now.microseconds()])?;
        let sql = "-- end_links
            UPDATE link
            SET expires = $2
            WHERE expires > $2 AND archive IN (SELECT id FROM archive WHERE request = $1)";
        self.rows(OPERATION, sql, &parameters![request.as_str(), now.microseconds()]).map(|_| ())
    }

    /// Keeps the archives of whole exports of a contract until this moment at least. What has expired stays so.
    pub fn keep_archives_of(&mut self, contract: &str, until: Moment, now: Moment) -> Result<(), Error> {
        let sql = "-- keep_archives_of
            UPDATE archive
            SET expires = $2
            WHERE deleted IS NULL AND expires > $3 AND expires < $2
                AND request IN (SELECT id FROM request WHERE contract = $1 AND scope = 'contract' AND personal IS NOT NULL)";
        self.rows("keep archives", sql, &parameters![contract, until.microseconds(), now.microseconds()]).map(|_| ())
    }

    /// Lets the archives of whole exports of a contract go at this moment at the latest.
    pub fn release_archives_of(&mut self, contract: &str, until: Moment) -> Result<(), Error> {
        let sql = "-- release_archives_of
            UPDATE archive
            SET expires = $2
            WHERE deleted IS NULL AND expires > $2
                AND request IN (SELECT id FROM request WHERE contract = $1 AND scope = 'contract')";
        self.rows("let archives go", sql, &parameters![contract, until.microseconds()]).map(|_| ())
    }

    /// Notes that the bytes of a request's archives are gone from the archive store, and forgets the links to them.
    pub fn archives_deleted(&mut self, request: &RequestId, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "note deleted archives";
        let sql = "-- archives_deleted
            UPDATE archive
            SET deleted = $2
            WHERE request = $1 AND deleted IS NULL";
        self.rows(OPERATION, sql, &parameters![request.as_str(), now.microseconds()])?;
        let sql = "-- forget_links
            DELETE FROM link
            WHERE archive IN (SELECT id FROM archive WHERE request = $1)";
        self.rows(OPERATION, sql, &parameters![request.as_str()]).map(|_| ())
    }

    /// Adds a link.
    pub fn insert_link(&mut self, hash: &str, link: &Link, now: Moment) -> Result<(), Error> {
        let sql = "-- insert_link
            INSERT INTO link (hash, archive, principal, created, expires, single_use)
            VALUES ($1, $2, $3, $4, $5, $6)";
        let values = parameters![
            hash,
            link.archive.as_str(),
            link.principal.as_str(),
            now.microseconds(),
            link.expires.microseconds(),
            link.single_use
        ];
        self.one_row("make a link", sql, &values)
    }

    /// A link, while it is good.
    pub fn link(&mut self, hash: &str, now: Moment) -> Result<Option<Link>, Error> {
        let sql = "-- link
            SELECT archive, principal, expires, single_use, used
            FROM link
            WHERE hash = $1 AND expires > $2 AND (single_use = 0 OR used IS NULL)";
        self.optional("look up a link", sql, &parameters![hash, now.microseconds()], |row| {
            Ok(Link {
                archive: parsed(&row.get::<String>(0)?, "an archive's id")?,
                principal: parsed(&row.get::<String>(1)?, "a principal's id")?,
                expires: moment(row.get(2)?)?,
                single_use: row.get(3)?,
                used: row.get::<Option<i64>>(4)?.map(moment).transpose()?,
            })
        })
    }
}

fn read(row: &Row<'_>) -> Result<Archive, Error> {
    Ok(Archive {
        id: parsed(&row.get::<String>(0)?, "an archive's id")?,
        request: parsed(&row.get::<String>(1)?, "a request's id")?,
        part: row.get(2)?,
        object: row.get(3)?,
        file_name: row.get(4)?,
        bytes: row.get(5)?,
        sha256: row.get(6)?,
        created: moment(row.get(7)?)?,
        expires: moment(row.get(8)?)?,
        downloaded: row.get::<Option<i64>>(9)?.map(moment).transpose()?,
        deleted: row.get::<Option<i64>>(10)?.map(moment).transpose()?,
    })
}
