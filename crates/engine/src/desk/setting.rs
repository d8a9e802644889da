//! What holds for a contract: the desk's rules, and what was chosen for the contract.

use exeunt_model::identity::PrincipalId;
use exeunt_model::setting::{Chosen, Rules};
use exeunt_store::desk::ContractSetting;
use exeunt_store::{Store, Transaction};
use serde::{Deserialize, Serialize};

use super::context::{Actor, Context, Settings};
use super::error::Error;

/// What was chosen for a contract, and what holds for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractSettings {
    pub chosen: Chosen,
    pub rules: Rules,
    /// 0 where nothing was chosen yet.
    pub version: u64,
    /// Who chose it.
    pub by: Option<PrincipalId>,
}

/// As the store keeps it.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    chosen: Chosen,
    by: PrincipalId,
}

/// The settings of a contract.
///
/// # Errors
/// The store's.
pub fn contract_settings(store: &Store, settings: &Settings, contract: &str) -> Result<ContractSettings, Error> {
    store.look("read a contract's settings", |transaction| in_transaction(transaction, settings, contract))
}

/// Chooses settings for a contract, in place of those that were read.
///
/// # Errors
/// [`Error::Setting`] for what cannot be chosen, [`Error::Changed`] when somebody was faster.
pub fn choose(
    store: &mut Store,
    context: &mut Context<'_>,
    actor: &Actor,
    contract: &str,
    chosen: &Chosen,
) -> Result<ContractSettings, Error> {
    chosen.check(&context.settings.rules)?;
    let kept = Kept { chosen: chosen.clone(), by: actor.principal.clone() };
    let document = serde_json::to_string(&kept).map_err(Error::Record)?;
    let written = store.transact("choose a contract's settings", |transaction| {
        let version = in_transaction(transaction, context.settings, contract)?.version;
        context.expected.holds(version)?;
        let setting = ContractSetting { contract: contract.to_owned(), document: document.clone(), version };
        transaction.put_contract_setting(&setting, context.now)?;
        in_transaction(transaction, context.settings, contract)
    });
    match written {
        Err(Error::Store(exeunt_store::Error::RowCount { .. })) => Err(Error::Changed),
        other => other,
    }
}

/// What holds for the requests of a contract.
pub(super) fn rules_of(transaction: &mut Transaction<'_>, settings: &Settings, contract: &str) -> Result<Rules, Error> {
    Ok(in_transaction(transaction, settings, contract)?.rules)
}

fn in_transaction(transaction: &mut Transaction<'_>, settings: &Settings, contract: &str) -> Result<ContractSettings, Error> {
    let Some(setting) = transaction.contract_setting(contract)? else {
        return Ok(ContractSettings { chosen: Chosen::default(), rules: settings.rules.clone(), version: 0, by: None });
    };
    let kept: Kept = serde_json::from_str(&setting.document).map_err(Error::Record)?;
    let rules = kept.chosen.over(&settings.rules);
    Ok(ContractSettings { chosen: kept.chosen, rules, version: setting.version, by: Some(kept.by) })
}
