//! `exeunt account …`: the people of the platform at the desk.

use std::collections::BTreeSet;

use clap::Subcommand;
use exeunt_model::identity::{EmailAddress, Language, PrincipalId, Role};
use exeunt_model::moment::Moment;
use exeunt_store::desk::Account;
use exeunt_store::{Location, Store};
use serde_json::json;

use crate::desk;
use crate::failure::{ExitCode, Failure, OrFail, Outcome};
use crate::output::Output;

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make an account, or give an account another role or other contracts
    Set(SetArguments),
    /// List the accounts
    List(StoreArguments),
    /// Close an account: nobody signs in with it any more
    Close(CloseArguments),
}

#[derive(Debug, clap::Args)]
pub struct StoreArguments {
    /// The store: a file, or a PostgreSQL database, postgres://…
    /// [default: what EXEUNT_STORE_URL_FILE holds, or exeunt.db]
    #[arg(long, value_name = "STORE", env = "EXEUNT_STORE", hide_env_values = true)]
    store: Option<Location>,
}

#[derive(Debug, clap::Args)]
pub struct SetArguments {
    /// Whose account
    #[arg(value_name = "EMAIL")]
    email: EmailAddress,

    /// What they are: operator, representative or auditor
    #[arg(long, value_name = "ROLE", value_parser = parse_role)]
    role: Role,

    /// A contract that a representative is in charge of, by its key; may be given several times
    #[arg(long = "contract", value_name = "KEY")]
    contracts: Vec<String>,

    /// The language to write to them in: en or de
    #[arg(long, value_name = "LANGUAGE")]
    language: Option<Language>,

    #[command(flatten)]
    store: StoreArguments,
}

#[derive(Debug, clap::Args)]
pub struct CloseArguments {
    /// Whose account
    #[arg(value_name = "EMAIL")]
    email: EmailAddress,

    #[command(flatten)]
    store: StoreArguments,
}

fn parse_role(text: &str) -> Result<Role, String> {
    match text.parse::<Role>() {
        Ok(role) if role.is_of_the_desk() => Ok(role),
        Ok(role) => Err(format!("who is {role} stands in the platform's own directory")),
        Err(_) => Err("write operator, representative or auditor".to_owned()),
    }
}

pub fn run(command: Command, output: &Output) -> Outcome {
    match command {
        Command::Set(arguments) => set(&arguments, output),
        Command::List(arguments) => list(&arguments, output),
        Command::Close(arguments) => close(&arguments, output),
    }
}

fn open(arguments: &StoreArguments) -> Result<Store, Failure> {
    desk::open_store(&desk::named_store(arguments.store.as_ref())?)
}

fn set(arguments: &SetArguments, output: &Output) -> Outcome {
    if arguments.role != Role::Representative && !arguments.contracts.is_empty() {
        return Err(Failure::message(ExitCode::Usage, "only a representative is in charge of contracts")
            .next("leave --contract out, or write --role representative"));
    }
    let mut store = open(&arguments.store)?;
    let now = Moment::new(desk::now());
    let mut bits = [0; 16];
    desk::random(&mut bits);
    let contracts: BTreeSet<String> = arguments.contracts.iter().cloned().collect();
    let id = store
        .transact("make an account", |transaction| {
            let known = transaction.principal_of(&arguments.email)?;
            let language = arguments.language.or(known.as_ref().and_then(|known| known.language));
            let id = match known {
                Some(known) => {
                    let changed = Account { role: Some(arguments.role), language, closed: None, ..known };
                    transaction.change_principal(&changed)?;
                    changed.id
                }
                None => {
                    let id = PrincipalId::from_random(u128::from_be_bytes(bits));
                    let email = Some(arguments.email.clone());
                    transaction.insert_principal(&Account {
                        id: id.clone(),
                        email,
                        role: Some(arguments.role),
                        language,
                        created: now,
                        closed: None,
                    })?;
                    id
                }
            };
            transaction.set_contracts(&id, &contracts)?;
            Ok::<_, exeunt_store::Error>(id)
        })
        .or_fail(ExitCode::InputOutput, || "keep the account")?;
    if let Some(remark) = remark(arguments, &contracts) {
        output.note(remark);
    }
    let summary = json!({ "id": id, "email": arguments.email, "role": arguments.role, "contracts": contracts });
    output.either(&summary, || format!("{} is {}: they sign in by mail at the desk", arguments.email.as_str(), arguments.role))?;
    Ok(ExitCode::Done)
}

/// What is to be said about the contracts of a representative. The platform isn't asked: this command knows the store alone, and somebody may be
/// put in charge of a contract before the platform has it, or of what is left of one that was erased.
fn remark(arguments: &SetArguments, contracts: &BTreeSet<String>) -> Option<String> {
    match (arguments.role, contracts.len()) {
        (Role::Representative, 0) => Some(format!(
            "warning: {} is in charge of no contract and sees no request; name each contract with --contract KEY",
            arguments.email.as_str()
        )),
        (Role::Representative, _) => Some(format!(
            "the platform was not asked whether it has {}: compare with the keys that it knows its contracts by",
            keys(contracts)
        )),
        (Role::Operator | Role::Auditor | Role::Admin | Role::SubAdmin | Role::Holder | Role::Agent, _) => None,
    }
}

fn keys(contracts: &BTreeSet<String>) -> String {
    let keys: Vec<&str> = contracts.iter().map(String::as_str).collect();
    match keys.as_slice() {
        [] => "no contract".to_owned(),
        [key] => format!("contract {key}"),
        keys => format!("contracts {}", keys.join(" ")),
    }
}

fn list(arguments: &StoreArguments, output: &Output) -> Outcome {
    let store = desk::open_existing_store(&desk::named_store(arguments.store.as_ref())?)?;
    let accounts = store
        .look("list accounts", |transaction| {
            let accounts = transaction.accounts()?.into_iter();
            accounts
                .map(|account| Ok((transaction.contracts_of(&account.id)?, account)))
                .collect::<Result<Vec<(BTreeSet<String>, Account)>, exeunt_store::Error>>()
        })
        .or_fail(ExitCode::InputOutput, || "list accounts")?;
    let json: Vec<_> = accounts
        .iter()
        .map(|(contracts, account)| {
            let Account { id, email, role, language, created: _, closed } = account;
            json!({ "id": id, "email": email, "role": role, "language": language, "contracts": contracts, "closed": closed })
        })
        .collect();
    output.either(&json, || match accounts.is_empty() {
        true => "no accounts yet: exeunt account set EMAIL --role operator".to_owned(),
        false => accounts.iter().map(|(contracts, account)| line(account, contracts)).collect::<Vec<_>>().join("\n"),
    })?;
    Ok(ExitCode::Done)
}

fn line(account: &Account, contracts: &BTreeSet<String>) -> String {
    let email = account.email.as_ref().map_or("(erased)", EmailAddress::as_str);
    let mut said = vec![account.role.map_or("", Role::as_str).to_owned()];
    said.extend((account.role == Some(Role::Representative)).then(|| keys(contracts)));
    said.extend(account.language.map(|language| format!("language {language}")));
    said.extend(account.closed.map(|closed| format!("closed since {closed}")));
    format!("{email}: {}", said.join(", "))
}

fn close(arguments: &CloseArguments, output: &Output) -> Outcome {
    let mut store = open(&arguments.store)?;
    let now = Moment::new(desk::now());
    let closed = store
        .transact("close an account", |transaction| {
            let Some(account) = transaction.principal_of(&arguments.email)?.filter(|account| account.role.is_some()) else {
                return Ok(false);
            };
            transaction.end_sessions_of(&account.id)?;
            transaction.change_principal(&Account { closed: account.closed.or(Some(now)), ..account })?;
            Ok::<_, exeunt_store::Error>(true)
        })
        .or_fail(ExitCode::InputOutput, || "close the account")?;
    if !closed {
        return Err(Failure::message(ExitCode::NotFound, "there is no such account").next("look at them: exeunt account list"));
    }
    output.either(&json!({ "email": arguments.email, "closed": now }), || "closed: nobody signs in with it any more".to_owned())?;
    Ok(ExitCode::Done)
}
