//! The table `contract_setting`.

use exeunt_model::moment::Moment;

use crate::error::{Error, expect_rows};
use crate::sql::{Transaction, parameters};

/// What was chosen for a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSetting {
    pub contract: String,
    /// JSON.
    pub document: String,
    /// 0 for a contract that nothing was chosen for yet.
    pub version: u64,
}

impl Transaction<'_> {
    /// The settings of a contract, if somebody has chosen any.
    pub fn contract_setting(&mut self, contract: &str) -> Result<Option<ContractSetting>, Error> {
        let sql = "-- contract_setting
            SELECT contract, document, version
            FROM contract_setting
            WHERE contract = $1";
        self.optional("read a contract's settings", sql, &parameters![contract], |row| {
            Ok(ContractSetting { contract: row.get(0)?, document: row.get(1)?, version: row.get(2)? })
        })
    }

    /// Writes settings over the version that they were made from.
    ///
    /// # Errors
    /// [`Error::RowCount`] when somebody was faster.
    pub fn put_contract_setting(&mut self, setting: &ContractSetting, now: Moment) -> Result<(), Error> {
        const OPERATION: &str = "change a contract's settings";
        let sql = match setting.version {
            0 => {
                "-- insert_contract_setting
                INSERT INTO contract_setting (contract, document, version, changed)
                VALUES ($1, $2, $3 + 1, $4)
                ON CONFLICT (contract) DO NOTHING"
            }
            _ => {
                "-- change_contract_setting
                UPDATE contract_setting
                SET document = $2, version = $3 + 1, changed = $4
                WHERE contract = $1 AND version = $3"
            }
        };
        let values = parameters![setting.contract.as_str(), setting.document.as_str(), setting.version, now.microseconds()];
        expect_rows(OPERATION, 1, self.rows(OPERATION, sql, &values)?)
    }
}
