//! The tables `log_entry`, `log_node` and `log_checkpoint`: appended to, never changed.

use exeunt_model::log::merkle::{self, NodeId};
use exeunt_model::log::{Checkpoint, Entry, Hash, LogKey, TreeHead};
use exeunt_model::run::RunId;
use rusqlite::{Connection, OptionalExtension as _, Transaction};

use crate::database::Store;
use crate::error::{Error, expect_rows};

/// An entry as it stands in the log now.
#[derive(Debug, Clone)]
pub(crate) struct Appended {
    pub number: u64,
    pub checkpoint: Checkpoint,
}

/// What a check of the whole log found.
#[derive(Debug, Clone)]
pub struct LogReport {
    pub entries: u64,
    pub checkpoints: u64,
    /// The newest checkpoint; `None` while the log is empty.
    pub checkpoint: Option<Checkpoint>,
}

impl Store {
    /// Recomputes the whole log from its entries and holds nodes, checkpoints and signatures against it.
    ///
    /// # Errors
    /// [`Error::Damaged`] names the first thing that differs.
    pub fn verify_log(&self) -> Result<LogReport, Error> {
        let connection = &self.connection;
        let public_key = self.log_key().public_key();
        let mut nodes = Nodes::default();
        let mut checkpoint = None;
        let mut checkpoints = 0;
        let mut size = 0;
        let failed = || Error::during("read the log");
        let sql = "-- all_entries
            SELECT e.number, e.run, e.bytes, c.note
            FROM log_entry AS e
            LEFT JOIN log_checkpoint AS c ON c.size = e.number + 1
            ORDER BY e.number";
        let mut statement = connection.prepare(sql).map_err(failed())?;
        let mut rows = statement.query([]).map_err(failed())?;
        while let Some(row) = rows.next().map_err(failed())? {
            let (number, run, bytes, note): (u64, String, Vec<u8>, Option<String>) = row.try_into().map_err(failed())?;
            if number != size {
                return Err(Error::damaged(format!("entry {size} of the log is missing")));
            }
            let entry = Entry::from_bytes(&bytes).map_err(|source| Error::Entry { number, source })?;
            if entry.run().as_str() != run {
                return Err(Error::damaged(format!("entry {number} of the log is filed under another run")));
            }
            for (node, hash) in nodes.append(merkle::leaf_hash(&bytes)) {
                if read_node(connection, node)? != hash {
                    return Err(Error::damaged(format!("entry {number} of the log was changed, or a hash over it")));
                }
            }
            size += 1;
            if let Some(note) = note {
                checkpoint = Some(check(size, &note, &nodes.root(size), &public_key)?);
                checkpoints += 1;
            }
        }
        let count = |sql: &str| connection.query_row(sql, [], |row| row.get::<_, u64>(0)).map_err(failed());
        if count("SELECT count(*) FROM log_checkpoint")? != checkpoints {
            return Err(Error::damaged("a checkpoint is of more entries than the log has"));
        }
        if count("SELECT count(*) FROM log_node")? != nodes.count {
            return Err(Error::damaged("the log has hashes of entries that are not there"));
        }
        if checkpoint.as_ref().is_some_and(|checkpoint| checkpoint.head().size != size) {
            return Err(Error::damaged("the last entry of the log has no checkpoint"));
        }
        Ok(LogReport { entries: size, checkpoints, checkpoint })
    }

    /// The entries about a run, with their numbers.
    pub fn entries_of(&self, run: &RunId) -> Result<Vec<(u64, Entry)>, Error> {
        let failed = || Error::during("read the log");
        let sql = "-- entries_of_run
            SELECT number, bytes
            FROM log_entry
            WHERE run = ?1
            ORDER BY number";
        let mut statement = self.connection.prepare(sql).map_err(failed())?;
        let rows = statement.query_map([run.as_str()], |row| row.try_into()).map_err(failed())?;
        rows.map(|row| {
            let (number, bytes): (u64, Vec<u8>) = row.map_err(failed())?;
            let entry = Entry::from_bytes(&bytes).map_err(|source| Error::Entry { number, source })?;
            Ok((number, entry))
        })
        .collect()
    }

    /// The newest checkpoint; `None` while the log is empty.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let sql = "-- newest_checkpoint
            SELECT size, note
            FROM log_checkpoint
            ORDER BY size DESC
            LIMIT 1";
        let newest: Option<(u64, String)> =
            self.connection.query_row(sql, [], |row| row.try_into()).optional().map_err(Error::during("read the log"))?;
        newest.map(|(size, note)| Checkpoint::parse(&note).map_err(|source| Error::Checkpoint { size, source })).transpose()
    }

    /// The proof that the log continues one of `earlier` entries, with the newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the log is shorter than that.
    pub fn consistency_with(&self, earlier: u64) -> Result<Vec<Hash>, Error> {
        let size = size(&self.connection)?;
        match earlier {
            0 => Ok(Vec::new()),
            _ if earlier > size => Err(Error::damaged(format!("the log has {size} entries, and once had {earlier}"))),
            _ => merkle::consistency_proof(earlier, size, &mut |node| read_node(&self.connection, node)),
        }
    }
}

/// The nodes at the right edge of a growing tree: enough to append and to compute roots.
#[derive(Default)]
struct Nodes {
    /// One complete subtree per set bit of the size, by level.
    edge: Vec<Option<Hash>>,
    size: u64,
    count: u64,
}

impl Nodes {
    /// The nodes that the leaf completes.
    fn append(&mut self, leaf: Hash) -> Vec<(NodeId, Hash)> {
        let edge = &self.edge;
        // A left sibling is always at the edge.
        let mut read = |node: NodeId| Ok::<_, std::convert::Infallible>(at(edge, node.level));
        let Ok(added) = merkle::append(self.size, leaf, &mut read);
        if let Some((node, hash)) = added.last().copied() {
            let level = node.level as usize;
            self.edge.resize(self.edge.len().max(level + 1), None);
            self.edge[..level].fill(None);
            self.edge[level] = Some(hash);
        }
        self.size += 1;
        self.count += added.len() as u64;
        added
    }

    fn root(&self, size: u64) -> Hash {
        let mut read = |node: NodeId| Ok::<_, std::convert::Infallible>(at(&self.edge, node.level));
        let Ok(root) = merkle::root(size, &mut read);
        root
    }
}

fn at(edge: &[Option<Hash>], level: u32) -> Hash {
    edge.get(level as usize).copied().flatten().unwrap_or(Hash([0; 32]))
}

fn check(size: u64, note: &str, root: &Hash, public_key: &[u8; 32]) -> Result<Checkpoint, Error> {
    let failed = |source| Error::Checkpoint { size, source };
    let checkpoint = Checkpoint::parse(note).map_err(failed)?;
    let head = checkpoint.verify(public_key).map_err(failed)?;
    if *head == (TreeHead { size, root: *root }) {
        Ok(checkpoint)
    } else {
        Err(Error::damaged(format!("the checkpoint of {size} entries is of another log")))
    }
}

/// Appends an entry and signs the log as it is then.
pub(crate) fn append(transaction: &Transaction<'_>, key: &LogKey, entry: &Entry) -> Result<Appended, Error> {
    let failed = || Error::during("append to the log");
    let number = size(transaction)?;
    let bytes = entry.to_bytes();
    let insert_entry = "-- append_entry
        INSERT INTO log_entry (number, run, bytes)
        VALUES (?1, ?2, ?3)";
    let got = transaction.execute(insert_entry, (number, entry.run().as_str(), &bytes)).map_err(failed())?;
    expect_rows("append to the log", 1, got)?;
    let insert_node = "-- append_node
        INSERT INTO log_node (level, number, hash)
        VALUES (?1, ?2, ?3)";
    for (node, hash) in merkle::append(number, merkle::leaf_hash(&bytes), &mut |node| read_node(transaction, node))? {
        let got = transaction.execute(insert_node, (node.level, node.index, hash.0)).map_err(failed())?;
        expect_rows("append to the log", 1, got)?;
    }
    let size = number + 1;
    let root = merkle::root(size, &mut |node| read_node(transaction, node))?;
    let checkpoint = key.sign(&TreeHead { size, root });
    let insert_checkpoint = "-- append_checkpoint
        INSERT INTO log_checkpoint (size, note)
        VALUES (?1, ?2)";
    let got = transaction.execute(insert_checkpoint, (size, checkpoint.as_str())).map_err(failed())?;
    expect_rows("append to the log", 1, got)?;
    Ok(Appended { number, checkpoint })
}

pub(crate) fn size(connection: &Connection) -> Result<u64, Error> {
    let sql = "-- log_size
        SELECT coalesce(max(number) + 1, 0)
        FROM log_entry";
    connection.query_row(sql, [], |row| row.get(0)).map_err(Error::during("read the log"))
}

pub(crate) fn entry(connection: &Connection, number: u64) -> Result<Entry, Error> {
    let sql = "-- entry
        SELECT bytes
        FROM log_entry
        WHERE number = ?1";
    let bytes: Vec<u8> = connection.query_row(sql, [number], |row| row.get(0)).map_err(Error::during("read the log"))?;
    Entry::from_bytes(&bytes).map_err(|source| Error::Entry { number, source })
}

/// The checkpoint that was signed when the log had this many entries.
pub(crate) fn checkpoint_at(connection: &Connection, size: u64) -> Result<String, Error> {
    let sql = "-- checkpoint_at
        SELECT note
        FROM log_checkpoint
        WHERE size = ?1";
    connection.query_row(sql, [size], |row| row.get(0)).map_err(Error::during("read the log"))
}

pub(crate) fn read_node(connection: &Connection, node: NodeId) -> Result<Hash, Error> {
    let sql = "-- node
        SELECT hash
        FROM log_node
        WHERE level = ?1 AND number = ?2";
    let found = connection.query_row(sql, (node.level, node.index), |row| row.get(0)).optional().map_err(Error::during("read the log"))?;
    found.map(Hash).ok_or_else(|| Error::damaged(format!("hash {} of level {} of the log is missing", node.index, node.level)))
}
