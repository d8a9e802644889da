//! Identity providers: whom a provider speaks for, and what its claims make of somebody who has signed in there.
//!
//! ```text
//! claims of a provider ─► e-mail address, verified, of an allowed domain ─┬─ the platform's provider: roles by a claim
//!                                                                         └─ a contract's provider:   the seats in that contract
//! ```
//!
//! What comes out is a [`Standing`]: how far the session reaches that begins with it. A session by a provider never reaches further than its
//! standing, whatever else the same person is.

use std::collections::BTreeSet;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::authorization::Grant;
use crate::identity::EmailAddress;

/// Why nobody is signed in by a provider's claims. No message holds what the provider said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the provider names no e-mail address")]
    NoAddress,
    #[error("the provider has not verified the e-mail address")]
    NotVerified,
    #[error("the e-mail address is of a domain that the provider does not speak for")]
    OtherDomain,
    #[error("the provider's claims give no role")]
    NoRole,
}

/// What is no name of a provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a provider is named by up to 32 small letters, digits and hyphens, of which the first is a letter")]
pub struct NoName;

/// The name of a provider, as configuration and paths spell it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProviderName(String);

impl ProviderName {
    /// The name itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for ProviderName {
    type Err = NoName;

    fn from_str(text: &str) -> Result<Self, NoName> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let is_name = text.len() <= 32 && text.bytes().all(fits) && text.bytes().next().is_some_and(|first| first.is_ascii_lowercase());
        if is_name { Ok(Self(text.to_owned())) } else { Err(NoName) }
    }
}

impl TryFrom<String> for ProviderName {
    type Error = NoName;

    fn try_from(text: String) -> Result<Self, NoName> {
        text.parse()
    }
}

impl From<ProviderName> for String {
    fn from(name: ProviderName) -> Self {
        name.0
    }
}

/// Whom a provider speaks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpeaksFor {
    /// The platform's own people. Their roles stand in the provider's claims.
    Platform(RoleClaims),
    /// The people of one contract. Their roles stand in the directory.
    Contract { contract: String },
}

/// Which values of which claim give a role at the desk.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleClaims {
    /// The claim: its name, or names with dots between that lead into it.
    pub claim: String,
    pub operator: BTreeSet<String>,
    pub auditor: BTreeSet<String>,
    pub representative: BTreeSet<String>,
    /// The claim with the keys of the contracts that a representative is in charge of.
    pub contracts_claim: String,
}

/// What the desk believes of a provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trust {
    pub speaks_for: SpeaksFor,
    /// The domains of the addresses that it may name, in lower case; none: every domain.
    pub domains: BTreeSet<String>,
    /// Its addresses are taken for verified where it does not say whether they are.
    pub assume_verified: bool,
}

/// How far a session reaches that began at a provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "by", rename_all = "snake_case", deny_unknown_fields)]
pub enum Standing {
    /// As far as the roles that claims gave, and no further.
    Claims { operator: bool, auditor: bool, representative: BTreeSet<String> },
    /// As far as the seats of the address in one contract.
    Contract { contract: String },
}

impl Standing {
    /// What somebody may by it. `directory` is what the directory knows the address as.
    pub fn grants(&self, directory: impl IntoIterator<Item = Grant>) -> Vec<Grant> {
        match self {
            Self::Claims { operator, auditor, representative } => {
                let contracts = representative.clone();
                let held = [
                    operator.then_some(Grant::Operator),
                    auditor.then_some(Grant::Auditor),
                    (!contracts.is_empty()).then_some(Grant::Representative { contracts }),
                ];
                held.into_iter().flatten().collect()
            }
            Self::Contract { contract: own } => directory.into_iter().filter(|grant| is_of_seats_in(grant, own)).collect(),
        }
    }

    /// The contract that a session is limited to.
    pub fn contract(&self) -> Option<&str> {
        match self {
            Self::Claims { .. } => None,
            Self::Contract { contract } => Some(contract),
        }
    }

    /// Whether a provider that is trusted like this may still give it.
    pub fn is_given_by(&self, speaks_for: &SpeaksFor) -> bool {
        match (self, speaks_for) {
            (Self::Claims { .. }, SpeaksFor::Platform(_)) => true,
            (Self::Contract { contract: held }, SpeaksFor::Contract { contract }) => held == contract,
            (Self::Claims { .. }, SpeaksFor::Contract { .. }) | (Self::Contract { .. }, SpeaksFor::Platform(_)) => false,
        }
    }
}

fn is_of_seats_in(grant: &Grant, own: &str) -> bool {
    match grant {
        Grant::Admin { contract } | Grant::SubAdmin { contract } | Grant::Holder { contract, .. } => contract == own,
        Grant::Operator | Grant::Auditor | Grant::Representative { .. } | Grant::Agent => false,
    }
}

/// A session's provider, and how far the session reaches.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByProvider {
    pub provider: ProviderName,
    pub standing: Standing,
}

impl Trust {
    /// Whom the claims name, and how far a session of theirs reaches.
    ///
    /// # Errors
    /// [`Refusal`] where they name nobody whom the provider speaks for.
    pub fn standing(&self, claims: &Map<String, Value>) -> Result<(EmailAddress, Standing), Refusal> {
        let email = claims.get("email").and_then(Value::as_str).and_then(|text| text.parse::<EmailAddress>().ok());
        let email = email.ok_or(Refusal::NoAddress)?;
        let verified = match claims.get("email_verified") {
            Some(Value::Bool(verified)) => *verified,
            // Some providers write it as a text.
            Some(Value::String(text)) => text == "true",
            Some(_) => false,
            None => self.assume_verified,
        };
        if !verified {
            return Err(Refusal::NotVerified);
        }
        let domain = email.as_str().rsplit_once('@').map_or("", |(_, domain)| domain);
        if !self.domains.is_empty() && !self.domains.contains(domain) {
            return Err(Refusal::OtherDomain);
        }
        let standing = match &self.speaks_for {
            SpeaksFor::Contract { contract } => Standing::Contract { contract: contract.clone() },
            SpeaksFor::Platform(roles) => roles.standing(claims)?,
        };
        Ok((email, standing))
    }
}

impl Trust {
    /// Whether claims leave open what must be known: the provider may say more where it is asked.
    pub fn lacks(&self, claims: &Map<String, Value>) -> bool {
        let lacks_role = match &self.speaks_for {
            SpeaksFor::Platform(roles) => texts(claims, &roles.claim).is_empty(),
            SpeaksFor::Contract { .. } => false,
        };
        lacks_role || !claims.contains_key("email") || !claims.contains_key("email_verified")
    }
}

impl RoleClaims {
    fn standing(&self, claims: &Map<String, Value>) -> Result<Standing, Refusal> {
        let held = texts(claims, &self.claim);
        let has = |giving: &BTreeSet<String>| !giving.is_disjoint(&held);
        let contracts = || texts(claims, &self.contracts_claim);
        let representative = if has(&self.representative) { contracts() } else { BTreeSet::new() };
        let (operator, auditor) = (has(&self.operator), has(&self.auditor));
        if !operator && !auditor && representative.is_empty() {
            return Err(Refusal::NoRole);
        }
        Ok(Standing::Claims { operator, auditor, representative })
    }
}

/// The texts of a claim: of one text or number itself, of a list each. A claim that is named like the whole path goes before one inside others.
fn texts(claims: &Map<String, Value>, path: &str) -> BTreeSet<String> {
    let found = claims.get(path).or_else(|| {
        let mut parts = path.split('.');
        let first = claims.get(parts.next()?)?;
        parts.try_fold(first, |value, part| value.get(part))
    });
    let text = |value: &Value| match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    match found {
        Some(Value::Array(values)) => values.iter().filter_map(text).collect(),
        Some(value) => text(value).into_iter().collect(),
        None => BTreeSet::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn set(values: &[&str]) -> BTreeSet<String> {
        values.iter().map(|value| (*value).to_owned()).collect()
    }

    fn platform() -> Trust {
        let roles = RoleClaims {
            claim: "realm.groups".to_owned(),
            operator: set(&["desk-operators"]),
            auditor: set(&["privacy"]),
            representative: set(&["account-managers"]),
            contracts_claim: "contracts".to_owned(),
        };
        Trust { speaks_for: SpeaksFor::Platform(roles), domains: BTreeSet::new(), assume_verified: false }
    }

    fn contract() -> Trust {
        let speaks_for = SpeaksFor::Contract { contract: "3".to_owned() };
        Trust { speaks_for, domains: set(&["alder.example"]), assume_verified: false }
    }

    fn standing(trust: &Trust, claims: Value) -> Result<Standing, Refusal> {
        trust.standing(claims.as_object().unwrap()).map(|(_, standing)| standing)
    }

    fn somebody(groups: Value) -> Value {
        json!({ "email": "ada@platform.example", "email_verified": true, "realm": { "groups": groups }, "contracts": [3, "4"] })
    }

    #[test]
    fn roles_are_those_of_the_claim() {
        let claims =
            |operator, auditor, representative: &[&str]| Standing::Claims { operator, auditor, representative: set(representative) };
        for (groups, want) in [
            (json!(["desk-operators"]), Ok(claims(true, false, &[]))),
            (json!(["privacy", "others"]), Ok(claims(false, true, &[]))),
            (json!(["privacy", "desk-operators"]), Ok(claims(true, true, &[]))),
            (json!("account-managers"), Ok(claims(false, false, &["3", "4"]))),
            (json!([]), Err(Refusal::NoRole)),
            (json!("desk-operators privacy"), Err(Refusal::NoRole)),
            (json!({ "desk-operators": true }), Err(Refusal::NoRole)),
            (json!(true), Err(Refusal::NoRole)),
        ] {
            assert_eq!(standing(&platform(), somebody(groups.clone())), want, "{groups}");
        }
        let mut nothing = somebody(json!("account-managers"));
        nothing["contracts"] = json!([]);
        assert_eq!(standing(&platform(), nothing), Err(Refusal::NoRole), "a representative of nothing has no role");
    }

    #[test]
    fn a_claim_with_a_dot_in_its_name_goes_before_a_path() {
        let claims = json!({ "a.b": "whole", "a": { "b": "inside" }, "c": { "d": ["inside"] } });
        let claims = claims.as_object().unwrap();
        assert_eq!(texts(claims, "a.b"), set(&["whole"]));
        assert_eq!(texts(claims, "c.d"), set(&["inside"]));
        assert_eq!(texts(claims, "c.d.e"), set(&[]));
        assert_eq!(texts(claims, ""), set(&[]));
    }

    #[test]
    fn an_address_that_nobody_verified_signs_nobody_in() {
        let with = |verified: Value| json!({ "email": "ada@alder.example", "email_verified": verified });
        assert!(standing(&contract(), with(json!(true))).is_ok());
        assert!(standing(&contract(), with(json!("true"))).is_ok());
        for verified in [json!(false), json!("false"), json!(1), json!(null), json!("yes")] {
            assert_eq!(standing(&contract(), with(verified.clone())), Err(Refusal::NotVerified), "{verified}");
        }
        let unsaid = json!({ "email": "ada@alder.example" });
        assert_eq!(standing(&contract(), unsaid.clone()), Err(Refusal::NotVerified));
        let trusting = Trust { assume_verified: true, ..contract() };
        assert!(standing(&trusting, unsaid).is_ok());
        assert_eq!(standing(&trusting, with(json!(false))), Err(Refusal::NotVerified), "what is said counts");
        assert_eq!(standing(&contract(), json!({ "email_verified": true })), Err(Refusal::NoAddress));
        assert_eq!(standing(&contract(), json!({ "email": "ada", "email_verified": true })), Err(Refusal::NoAddress));
    }

    #[test]
    fn a_provider_names_addresses_of_its_own_domains() {
        for email in ["ada@birch.example", "ada@alder.example.birch.example", "ada@sub.alder.example", "alder.example@birch.example"] {
            let claims = json!({ "email": email, "email_verified": true });
            assert_eq!(standing(&contract(), claims), Err(Refusal::OtherDomain), "{email}");
        }
        let claims = json!({ "email": "Ada@ALDER.example", "email_verified": true });
        assert!(standing(&contract(), claims).is_ok());
    }

    #[test]
    fn the_provider_of_a_contract_reaches_its_seats_and_nothing_else() {
        let held = |contract: &str| {
            let contract = contract.to_owned();
            vec![Grant::Admin { contract: contract.clone() }, Grant::Holder { contract, seat: "9".to_owned() }]
        };
        let everything = [held("3"), held("4"), vec![Grant::Operator, Grant::Auditor, Grant::Representative { contracts: set(&["3"]) }]];
        // Claims that would make an operator of the platform's own people are nothing here.
        let claims = json!({ "email": "ada@alder.example", "email_verified": true, "realm": { "groups": ["desk-operators"] } });
        let standing = standing(&contract(), claims).unwrap();
        assert_eq!(standing.grants(everything.concat()), held("3"));
        assert_eq!(standing.contract(), Some("3"));
    }

    #[test]
    fn a_session_by_claims_reaches_no_seats() {
        let standing = standing(&platform(), somebody(json!(["privacy", "account-managers"]))).unwrap();
        let seats = vec![Grant::Admin { contract: "3".to_owned() }];
        assert_eq!(standing.grants(seats), [Grant::Auditor, Grant::Representative { contracts: set(&["3", "4"]) }]);
    }

    #[test]
    fn a_standing_ends_with_the_trust_that_gave_it() {
        let of_contract = Standing::Contract { contract: "3".to_owned() };
        let by_claims = Standing::Claims { operator: true, auditor: false, representative: BTreeSet::new() };
        let other = SpeaksFor::Contract { contract: "4".to_owned() };
        assert!(of_contract.is_given_by(&contract().speaks_for) && by_claims.is_given_by(&platform().speaks_for));
        assert!(!of_contract.is_given_by(&other) && !of_contract.is_given_by(&platform().speaks_for) && !by_claims.is_given_by(&other));
    }

    #[test]
    fn names_of_providers_fit_into_a_path() {
        for name in ["staff", "a", "customer-3"] {
            assert_eq!(name.parse::<ProviderName>().unwrap().as_str(), name);
        }
        for name in ["", "3", "-a", "Staff", "a/b", "a.b", "a b", &"a".repeat(33)] {
            assert_eq!(name.parse::<ProviderName>(), Err(NoName), "{name:?}");
        }
    }
}
