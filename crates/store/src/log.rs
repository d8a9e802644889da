//! The tables `log_entry`, `log_node` and `log_checkpoint`: appended to, never changed.

use exeunt_model::log::merkle::{self, NodeId};
use exeunt_model::log::{Checkpoint, Entry, Hash, LogKey, TreeHead};
use exeunt_model::run::RunId;

use crate::database::Store;
use crate::error::Error;
use crate::sql::{Transaction, parameters};

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
        let public_key = self.log_key().public_key();
        self.look(READ, |transaction| verify(transaction, &public_key))
    }

    /// The entries about a run, with their numbers.
    pub fn entries_of(&self, run: &RunId) -> Result<Vec<(u64, Entry)>, Error> {
        let sql = "-- entries_of_run
            SELECT number, bytes
            FROM log_entry
            WHERE run = $1
            ORDER BY number";
        self.look(READ, |transaction| {
            transaction.all(READ, sql, &parameters![run.as_str()], |row| {
                let number = row.get(0)?;
                let entry = Entry::from_bytes(&row.get::<Vec<u8>>(1)?).map_err(|source| Error::Entry { number, source })?;
                Ok((number, entry))
            })
        })
    }

    /// The newest checkpoint; `None` while the log is empty.
    pub fn checkpoint(&self) -> Result<Option<Checkpoint>, Error> {
        let sql = "-- newest_checkpoint
            SELECT size, note
            FROM log_checkpoint
            ORDER BY size DESC
            LIMIT 1";
        self.look(READ, |transaction| {
            transaction.optional(READ, sql, &parameters![], |row| {
                let size = row.get(0)?;
                Checkpoint::parse(&row.get::<String>(1)?).map_err(|source| Error::Checkpoint { size, source })
            })
        })
    }

    /// The proof that the log continues one of `earlier` entries, with the newest checkpoint.
    ///
    /// # Errors
    /// [`Error::Damaged`] when the log is shorter than that.
    pub fn consistency_with(&self, earlier: u64) -> Result<Vec<Hash>, Error> {
        self.look(READ, |transaction| {
            let size = size(transaction)?;
            match earlier {
                0 => Ok(Vec::new()),
                _ if earlier > size => Err(Error::damaged(format!("the log has {size} entries, and once had {earlier}"))),
                _ => merkle::consistency_proof(earlier, size, &mut |node| read_node(transaction, node)),
            }
        })
    }
}

const READ: &str = "read the log";

/// Entries that are checked at once.
const ENTRIES_AT_ONCE: u64 = 1_000;

struct Written {
    number: u64,
    run: String,
    bytes: Vec<u8>,
    /// The checkpoint that was signed over it.
    note: Option<String>,
}

fn verify(transaction: &mut Transaction<'_>, public_key: &[u8; 32]) -> Result<LogReport, Error> {
    let mut nodes = Nodes::default();
    let mut checkpoint = None;
    let mut checkpoints = 0;
    let mut size = 0;
    let sql = "-- entries_from
        SELECT e.number, e.run, e.bytes, c.note
        FROM log_entry AS e
        LEFT JOIN log_checkpoint AS c ON c.size = e.number + 1
        WHERE e.number >= $1
        ORDER BY e.number
        LIMIT $2";
    loop {
        let written = transaction.all(READ, sql, &parameters![size, ENTRIES_AT_ONCE], |row| {
            Ok(Written { number: row.get(0)?, run: row.get(1)?, bytes: row.get(2)?, note: row.get(3)? })
        })?;
        if written.is_empty() {
            break;
        }
        for Written { number, run, bytes, note } in written {
            if number != size {
                return Err(Error::damaged(format!("entry {size} of the log is missing")));
            }
            let entry = Entry::from_bytes(&bytes).map_err(|source| Error::Entry { number, source })?;
            if entry.run().as_str() != run {
                return Err(Error::damaged(format!("entry {number} of the log is filed under another run")));
            }
            for (node, hash) in nodes.append(merkle::leaf_hash(&bytes)) {
                if read_node(transaction, node)? != hash {
                    return Err(Error::damaged(format!("entry {number} of the log was changed, or a hash over it")));
                }
            }
            size += 1;
            if let Some(note) = note {
                checkpoint = Some(check(size, &note, &nodes.root(size), public_key)?);
                checkpoints += 1;
            }
        }
    }
    let mut count = |sql: &str| transaction.single(READ, sql, &parameters![], |row| row.get::<u64>(0));
    if count("SELECT count(*) FROM log_checkpoint")? != checkpoints {
        return Err(Error::damaged("a checkpoint is of more entries than the log has"));
    }
    if count("SELECT count(*) FROM log_node")? != nodes.count {
        return Err(Error::damaged("the log has hashes of entries that are not there"));
    }
    if checkpoint.as_ref().is_some_and(|checkpoint: &Checkpoint| checkpoint.head().size != size) {
        return Err(Error::damaged("the last entry of the log has no checkpoint"));
    }
    Ok(LogReport { entries: size, checkpoints, checkpoint })
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

/// Keeps everybody else from appending until the transaction ends: numbers have no gaps, and what is read after it stays true.
pub(crate) fn lock(transaction: &mut Transaction<'_>) -> Result<(), Error> {
    transaction.lock_table("append to the log", "log_entry")
}

/// Appends an entry and signs the log as it is then.
pub(crate) fn append(transaction: &mut Transaction<'_>, key: &LogKey, entry: &Entry) -> Result<Appended, Error> {
    const OPERATION: &str = "append to the log";
    lock(transaction)?;
    let number = size(transaction)?;
    let bytes = entry.to_bytes();
    let insert_entry = "-- append_entry
        INSERT INTO log_entry (number, run, bytes)
        VALUES ($1, $2, $3)";
    transaction.one_row(OPERATION, insert_entry, &parameters![number, entry.run().as_str(), &bytes])?;
    let insert_node = "-- append_node
        INSERT INTO log_node (level, number, hash)
        VALUES ($1, $2, $3)";
    for (node, hash) in merkle::append(number, merkle::leaf_hash(&bytes), &mut |node| read_node(transaction, node))? {
        transaction.one_row(OPERATION, insert_node, &parameters![node.level, node.index, &hash.0])?;
    }
    let size = number + 1;
    let root = merkle::root(size, &mut |node| read_node(transaction, node))?;
    let checkpoint = key.sign(&TreeHead { size, root });
    let insert_checkpoint = "-- append_checkpoint
        INSERT INTO log_checkpoint (size, note)
        VALUES ($1, $2)";
    transaction.one_row(OPERATION, insert_checkpoint, &parameters![size, checkpoint.as_str()])?;
    Ok(Appended { number, checkpoint })
}

pub(crate) fn size(transaction: &mut Transaction<'_>) -> Result<u64, Error> {
    let sql = "-- log_size
        SELECT coalesce(max(number) + 1, 0)
        FROM log_entry";
    transaction.single(READ, sql, &parameters![], |row| row.get(0))
}

pub(crate) fn entry(transaction: &mut Transaction<'_>, number: u64) -> Result<Entry, Error> {
    let sql = "-- entry
        SELECT bytes
        FROM log_entry
        WHERE number = $1";
    let bytes: Vec<u8> = transaction.single(READ, sql, &parameters![number], |row| row.get(0))?;
    Entry::from_bytes(&bytes).map_err(|source| Error::Entry { number, source })
}

/// The checkpoint that was signed when the log had this many entries.
pub(crate) fn checkpoint_at(transaction: &mut Transaction<'_>, size: u64) -> Result<String, Error> {
    let sql = "-- checkpoint_at
        SELECT note
        FROM log_checkpoint
        WHERE size = $1";
    transaction.single(READ, sql, &parameters![size], |row| row.get(0))
}

pub(crate) fn read_node(transaction: &mut Transaction<'_>, node: NodeId) -> Result<Hash, Error> {
    let sql = "-- node
        SELECT hash
        FROM log_node
        WHERE level = $1 AND number = $2";
    let found = transaction.optional(READ, sql, &parameters![node.level, node.index], |row| row.get(0))?;
    found.map(Hash).ok_or_else(|| Error::damaged(format!("hash {} of level {} of the log is missing", node.index, node.level)))
}
