//! What holds for the requests and the exit of a contract: the desk's own rules, and what was chosen for the contract beside them.

use serde::{Deserialize, Serialize};

use crate::due::Regime;
use crate::exit::Terms;
use crate::names::CategoryName;
use crate::plan::Profile;
use crate::request::approval::Policy;

/// Days of a target at most: ten years.
const LONGEST_TARGET_DAYS: u16 = 3_650;
/// Categories that can be called private beside the desk's own.
const MOST_CATEGORIES: usize = 200;

/// What holds for a contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    pub profile: Profile,
    /// The law whose clock counts.
    pub regime: Regime,
    /// Days in which requests are answered where no law sets a date.
    pub target_days: u16,
    pub policy: Policy,
    /// Categories with what people wrote to each other or for themselves.
    pub private_categories: Vec<CategoryName>,
    /// What the contract says about its exit.
    pub exit: Terms,
}

/// What was chosen for a contract. Nothing chosen: the desk's own counts.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Chosen {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub profile: Option<Profile>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub regime: Option<Regime>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_days: Option<u16>,
    pub approvals: Approvals,
    /// Private beside those that are private at the whole desk.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub private_categories: Vec<CategoryName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub exit: Option<Terms>,
}

/// What a contract asks of its requests; each number is that of [`Policy`], and at least as large as the desk's.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Approvals {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_erasure_admins: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_erasure_admins: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub contract_erasure_waiting_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seat_erasure_waiting_hours: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub colleagues_export_admins: Option<u32>,
}

/// Something cannot be chosen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("`{what}` of {chosen} is laxer than the desk's own {own}: a contract can only be stricter")]
    Laxer { what: &'static str, chosen: u32, own: u32 },
    #[error("`{what}` of {chosen} is more than {limit}, with which nothing would ever be done")]
    TooStrict { what: &'static str, chosen: u32, limit: u32 },
    #[error("a target of {days} days: it has from 1 to {LONGEST_TARGET_DAYS}")]
    Target { days: u16 },
    #[error("at most {MOST_CATEGORIES} categories are private")]
    Categories,
}

/// Admins at most: more would hardly ever agree.
pub const MOST_ADMINS: u32 = 20;
/// Hours of waiting at most: a year.
const LONGEST_WAITING_HOURS: u32 = 366 * 24;

impl Approvals {
    /// Each number by its name, beside the desk's own and the largest that can be chosen.
    fn beside(&self, own: &Policy) -> [(&'static str, Option<u32>, u32, u32); 5] {
        [
            ("contract_erasure_admins", self.contract_erasure_admins, own.contract_erasure_admins, MOST_ADMINS),
            ("seat_erasure_admins", self.seat_erasure_admins, own.seat_erasure_admins, MOST_ADMINS),
            (
                "contract_erasure_waiting_hours",
                self.contract_erasure_waiting_hours,
                own.contract_erasure_waiting_hours,
                LONGEST_WAITING_HOURS,
            ),
            ("seat_erasure_waiting_hours", self.seat_erasure_waiting_hours, own.seat_erasure_waiting_hours, LONGEST_WAITING_HOURS),
            ("colleagues_export_admins", self.colleagues_export_admins, own.colleagues_export_admins, MOST_ADMINS),
        ]
    }
}

impl Chosen {
    /// Whether all of it can be chosen at a desk with these rules.
    ///
    /// # Errors
    /// Names the first number that is laxer than the desk's own, or beyond reason.
    pub fn check(&self, desk: &Rules) -> Result<(), Error> {
        for (what, chosen, own, limit) in self.approvals.beside(&desk.policy) {
            match chosen {
                Some(chosen) if chosen < own => return Err(Error::Laxer { what, chosen, own }),
                Some(chosen) if chosen > limit.max(own) => return Err(Error::TooStrict { what, chosen, limit: limit.max(own) }),
                Some(_) | None => {}
            }
        }
        match self.target_days {
            Some(days) if !(1..=LONGEST_TARGET_DAYS).contains(&days) => return Err(Error::Target { days }),
            Some(_) | None => {}
        }
        if self.private_categories.len() > MOST_CATEGORIES { Err(Error::Categories) } else { Ok(()) }
    }

    /// What holds for the contract. The desk may have become stricter since the choice: the stricter of both counts.
    pub fn over(&self, desk: &Rules) -> Rules {
        let (chosen, own) = (&self.approvals, &desk.policy);
        let stricter = |chosen: Option<u32>, own: u32| chosen.map_or(own, |chosen| chosen.max(own));
        let mut private_categories = desk.private_categories.clone();
        private_categories.extend(self.private_categories.iter().filter(|name| !desk.private_categories.contains(name)).cloned());
        Rules {
            profile: self.profile.unwrap_or(desk.profile),
            regime: self.regime.unwrap_or(desk.regime),
            target_days: self.target_days.unwrap_or(desk.target_days),
            policy: Policy {
                contract_erasure_admins: stricter(chosen.contract_erasure_admins, own.contract_erasure_admins),
                seat_erasure_admins: stricter(chosen.seat_erasure_admins, own.seat_erasure_admins),
                contract_erasure_waiting_hours: stricter(chosen.contract_erasure_waiting_hours, own.contract_erasure_waiting_hours),
                seat_erasure_waiting_hours: stricter(chosen.seat_erasure_waiting_hours, own.seat_erasure_waiting_hours),
                colleagues_export_admins: stricter(chosen.colleagues_export_admins, own.colleagues_export_admins),
            },
            private_categories,
            exit: self.exit.unwrap_or(desk.exit),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn desk() -> Rules {
        Rules {
            profile: Profile::Documented,
            regime: Regime::Gdpr,
            target_days: 30,
            policy: Policy::default(),
            private_categories: vec![CategoryName::new("messages")],
            exit: Terms::default(),
        }
    }

    #[test]
    fn nothing_chosen_is_what_the_desk_has() {
        assert_eq!(Chosen::default().check(&desk()), Ok(()));
        assert_eq!(Chosen::default().over(&desk()), desk());
    }

    #[test]
    fn a_contract_is_stricter_than_the_desk_and_never_laxer() {
        let names = [
            "contract_erasure_admins",
            "seat_erasure_admins",
            "contract_erasure_waiting_hours",
            "seat_erasure_waiting_hours",
            "colleagues_export_admins",
        ];
        let own = serde_json::to_value(Policy::default()).unwrap();
        for name in names {
            let number = own[name].as_u64().unwrap();
            let chosen = |number: u64| -> Chosen { serde_json::from_value(serde_json::json!({ "approvals": { name: number } })).unwrap() };
            assert!(matches!(chosen(number - 1).check(&desk()), Err(Error::Laxer { what, .. }) if what == name), "{name}");
            assert_eq!(chosen(number).check(&desk()), Ok(()), "{name}");
            assert_eq!(chosen(number + 1).check(&desk()), Ok(()), "{name}");
            assert!(matches!(chosen(1_000_000).check(&desk()), Err(Error::TooStrict { what, .. }) if what == name), "{name}");
            for (number, want) in [(number - 1, number), (number + 1, number + 1)] {
                let got = serde_json::to_value(chosen(number).over(&desk()).policy).unwrap();
                assert_eq!(got[name], want, "{name}");
                for other in names.iter().filter(|other| **other != name) {
                    assert_eq!(got[other], own[other], "{name} and {other}");
                }
            }
        }
    }

    #[test]
    fn a_desk_that_has_become_stricter_counts() {
        let chosen = Chosen { approvals: Approvals { seat_erasure_admins: Some(2), ..Approvals::default() }, ..Chosen::default() };
        let mut later = desk();
        later.policy.seat_erasure_admins = 3;
        assert_eq!(chosen.over(&later).policy.seat_erasure_admins, 3);
    }

    #[test]
    fn what_is_private_at_the_desk_is_private_in_every_contract() {
        let chosen = Chosen { private_categories: vec![CategoryName::new("notes"), CategoryName::new("messages")], ..Chosen::default() };
        assert_eq!(chosen.over(&desk()).private_categories, [CategoryName::new("messages"), CategoryName::new("notes")]);
    }

    #[test]
    fn profile_regime_target_and_terms_are_the_contracts_own() {
        let text = r#"{"profile":"symmetric","regime":"none","target_days":10,"exit":{"notice":{"days":14},"transition_days":20,"retrieval_days":45}}"#;
        let chosen: Chosen = serde_json::from_str(text).unwrap();
        assert_eq!(chosen.check(&desk()), Ok(()));
        let got = chosen.over(&desk());
        assert_eq!((got.profile, got.regime, got.target_days, got.exit.retrieval_days()), (Profile::Symmetric, Regime::None, 10, 45));
        assert_eq!(Chosen { target_days: Some(0), ..Chosen::default() }.check(&desk()), Err(Error::Target { days: 0 }));
        assert!(serde_json::from_str::<Chosen>(r#"{"retention":1}"#).is_err());
    }
}
