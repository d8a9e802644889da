//! The tables `contract_exit` and `exit_event`: exits of contracts under the EU Data Act, and what was said in them.

use exeunt_model::identity::{ExitId, PrincipalId};
use exeunt_model::moment::Moment;

use super::position::{Position, newest};
use crate::error::Error;
use crate::read::{moment, parsed};
use crate::sql::{Row, Transaction, parameters};

/// The exit of a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractExit {
    pub id: ExitId,
    pub contract: String,
    pub state: String,
    /// JSON: dates and decisions.
    pub document: String,
    pub version: u64,
    pub changed: Moment,
    pub finished: Option<Moment>,
}

/// A line of an exit's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExitEvent {
    pub number: u64,
    pub at: Moment,
    /// `None`: the desk itself.
    pub actor: Option<PrincipalId>,
    /// `give_notice`, or the move.
    pub event: String,
    /// `None` for the first one.
    pub from: Option<String>,
    pub to: String,
    /// JSON: what is signed.
    pub declaration: String,
    /// The desk's signature under it.
    pub signature: String,
    /// The exact words, and the salt of their digest; `None` where nobody said any, and once the contract was erased.
    pub words: Option<(String, String)>,
}

impl Transaction<'_> {
    /// Adds an exit; a contract has one at a time.
    pub fn insert_exit(&mut self, exit: &ContractExit) -> Result<(), Error> {
        let sql = "-- insert_exit
            INSERT INTO contract_exit (id, contract, state, document, version, changed, finished)
            VALUES ($1, $2, $3, $4, 1, $5, NULL)";
        let ContractExit { id, contract, state, document, changed, .. } = exit;
        let values = parameters![id.as_str(), contract.as_str(), state.as_str(), document.as_str(), changed.microseconds()];
        self.one_row("add an exit", sql, &values)
    }

    /// An exit by its id.
    pub fn exit(&mut self, id: &ExitId) -> Result<Option<ContractExit>, Error> {
        let sql = "-- exit
            SELECT id, contract, state, document, version, changed, finished
            FROM contract_exit
            WHERE id = $1";
        self.optional("read an exit", sql, &parameters![id.as_str()], read)
    }

    /// The same, and nobody else changes it until this transaction ends.
    pub fn exit_to_change(&mut self, id: &ExitId) -> Result<Option<ContractExit>, Error> {
        let sql = format!(
            "-- exit_to_change
            SELECT id, contract, state, document, version, changed, finished
            FROM contract_exit
            WHERE id = $1{}",
            self.to_change()
        );
        self.optional("read an exit", &sql, &parameters![id.as_str()], read)
    }

    /// The exit of a contract that has not come to its end.
    pub fn open_exit_of(&mut self, contract: &str) -> Result<Option<ContractExit>, Error> {
        let sql = "-- open_exit_of
            SELECT id, contract, state, document, version, changed, finished
            FROM contract_exit
            WHERE contract = $1 AND finished IS NULL";
        self.optional("read a contract's exit", sql, &parameters![contract], read)
    }

    /// Adds a line to an exit's history.
    pub fn add_exit_event(&mut self, exit: &ExitId, event: &ExitEvent) -> Result<(), Error> {
        let sql = "-- add_exit_event
            INSERT INTO exit_event (exit, number, at, actor, event, from_state, to_state, declaration, signature, words, salt)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
        let values = parameters![
            exit.as_str(),
            event.number,
            event.at.microseconds(),
            event.actor.as_ref().map(PrincipalId::as_str),
            event.event.as_str(),
            event.from.as_deref(),
            event.to.as_str(),
            event.declaration.as_str(),
            event.signature.as_str(),
            event.words.as_ref().map(|(words, _)| words.as_str()),
            event.words.as_ref().map(|(_, salt)| salt.as_str())
        ];
        self.one_row("add to an exit's history", sql, &values)
    }

    /// An exit's history, in order.
    pub fn exit_events_of(&mut self, exit: &ExitId) -> Result<Vec<ExitEvent>, Error> {
        let sql = "-- exit_events_of
            SELECT number, at, actor, event, from_state, to_state, declaration, signature, words, salt
            FROM exit_event
            WHERE exit = $1
            ORDER BY number";
        self.all("read an exit's history", sql, &parameters![exit.as_str()], |row| {
            let actor: Option<String> = row.get(2)?;
            let (words, salt): (Option<String>, Option<String>) = (row.get(8)?, row.get(9)?);
            Ok(ExitEvent {
                number: row.get(0)?,
                at: moment(row.get(1)?)?,
                actor: actor.map(|actor| parsed(&actor, "a principal's id")).transpose()?,
                event: row.get(3)?,
                from: row.get(4)?,
                to: row.get(5)?,
                declaration: row.get(6)?,
                signature: row.get(7)?,
                words: words.zip(salt),
            })
        })
    }

    /// A page of the exits of a contract, by when notice was given, newest first: one begins when the one before it has ended.
    pub fn exits(&mut self, contract: &str, after: Option<&Position<ExitId>>, limit: u32) -> Result<Vec<ContractExit>, Error> {
        let sql = "-- exits
            SELECT e.id, e.contract, e.state, e.document, e.version, e.changed, e.finished
            FROM contract_exit AS e
            JOIN exit_event AS notice ON notice.exit = e.id AND notice.number = 0
            WHERE e.contract = $1 AND (notice.at < $2 OR (notice.at = $2 AND e.id > $3))
            ORDER BY notice.at DESC, e.id
            LIMIT $4";
        let (noticed, id) = newest(after, ExitId::as_str);
        self.all("list a contract's exits", sql, &parameters![contract, noticed, id, limit], read)
    }

    /// Writes an exit over the version that was read.
    ///
    /// # Errors
    /// [`Error::RowCount`] when somebody was faster.
    pub fn change_exit(&mut self, exit: &mut ContractExit) -> Result<(), Error> {
        let sql = "-- change_exit
            UPDATE contract_exit
            SET state = $3, document = $4, changed = $5, finished = $6, version = version + 1
            WHERE id = $1 AND version = $2";
        let values = parameters![
            exit.id.as_str(),
            exit.version,
            exit.state.as_str(),
            exit.document.as_str(),
            exit.changed.microseconds(),
            exit.finished.map(Moment::microseconds)
        ];
        self.one_row("change an exit", sql, &values)?;
        exit.version += 1;
        Ok(())
    }
}

fn read(row: &Row<'_>) -> Result<ContractExit, Error> {
    Ok(ContractExit {
        id: parsed(&row.get::<String>(0)?, "an exit's id")?,
        contract: row.get(1)?,
        state: row.get(2)?,
        document: row.get(3)?,
        version: row.get(4)?,
        changed: moment(row.get(5)?)?,
        finished: row.get::<Option<i64>>(6)?.map(moment).transpose()?,
    })
}
