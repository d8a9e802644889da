//! The table `contract_exit`: exits of contracts under the EU Data Act.

use exeunt_model::identity::ExitId;
use exeunt_model::moment::Moment;

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

    /// The exits of a contract, newest first.
    pub fn exits_of(&mut self, contract: &str) -> Result<Vec<ContractExit>, Error> {
        let sql = "-- exits_of
            SELECT id, contract, state, document, version, changed, finished
            FROM contract_exit
            WHERE contract = $1
            ORDER BY finished IS NOT NULL, changed DESC, id";
        self.all("read a contract's exits", sql, &parameters![contract], read)
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
