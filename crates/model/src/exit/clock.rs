//! An exit with its dates, and what an act makes of it.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Span, ToSpan as _};
use serde::{Deserialize, Serialize};

use super::state::{Election, IllegalMove, Move, State};
use crate::due::{self, business_days_after, later};
use crate::moment::Moment;

/// Art. 25(2)(a): the transition lasts 30 calendar days at most.
const LONGEST_TRANSITION_DAYS: u16 = 30;
/// Art. 25(2)(g): retrieval lasts 30 calendar days at least.
const SHORTEST_RETRIEVAL_DAYS: u16 = 30;
/// The shortest two months have 59 days, from the end of December or over February; more could exceed art. 25(2)(d).
const LONGEST_NOTICE_DAYS: u16 = 59;
/// Art. 25(4): the alternative transition lasts seven months at most.
const LONGEST_ALTERNATIVE_MONTHS: i64 = 7;
/// Art. 25(4): working days in which the provider tells of it.
const ALTERNATIVE_WORKING_DAYS: u16 = 14;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error(transparent)]
    IllegalMove(#[from] IllegalMove),
    #[error("a notice of {days} days is longer than two months (art. 25(2)(d)); at most {LONGEST_NOTICE_DAYS} days, or two months")]
    NoticeTooLong { days: u16 },
    #[error("a transition of {days} days: it lasts from 1 to {LONGEST_TRANSITION_DAYS} calendar days (art. 25(2)(a))")]
    Transition { days: u16 },
    #[error("a retrieval of {days} days is shorter than {SHORTEST_RETRIEVAL_DAYS} calendar days (art. 25(2)(g))")]
    RetrievalTooShort { days: u16 },
    #[error("it is too early to {attempted}: not before {not_before} ({})", .attempted.article())]
    TooEarly { attempted: Move, not_before: Moment },
    #[error("it is too late to {attempted}: not after {not_after} ({})", .attempted.article())]
    TooLate { attempted: Move, not_after: Moment },
    #[error("to {attempted}, name a date after {after} ({})", .attempted.article())]
    NotLater { attempted: Move, after: Moment },
    #[error("an alternative transition ends by {limit}, seven months after it begins (art. 25(4))")]
    AlternativeTooLong { limit: Moment },
    #[error("an alternative transition needs a justification (art. 25(4))")]
    NoJustification,
    #[error("an alternative transition was told before, and is told once (art. 25(4))")]
    AlternativeToldBefore,
    #[error("reckon a date")]
    Calendar(#[from] due::Error),
}

/// How long a contract's notice is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// Two calendar months, the longest that art. 25(2)(d) allows.
    TwoMonths,
    /// Calendar days.
    Days(u16),
}

/// What a contract says about its exit, within the bounds of the law.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "UncheckedTerms")]
pub struct Terms {
    notice: Notice,
    transition_days: u16,
    retrieval_days: u16,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct UncheckedTerms {
    notice: Notice,
    transition_days: u16,
    retrieval_days: u16,
}

/// The longer transition that a provider has told of (art. 25(4)).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alternative {
    pub told: Moment,
    pub ends: Moment,
    /// Why 30 days are technically unfeasible, in the provider's words.
    pub justification: String,
}

/// An exit with its dates. Dates are reckoned when they are first known, and stay though the desk's terms or holidays change.
///
/// Only [`Exit::begin`] and [`Exit::after`] make one, and only by the law's dates; the store keeps it as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    pub(super) state: State,
    pub(super) terms: Terms,
    pub(super) noticed: Moment,
    pub(super) notice_ends: Moment,
    pub(super) election: Option<Election>,
    /// The last moment at which the provider can tell of an alternative; known since the customer has asked for a switch.
    pub(super) tell_alternative_by: Option<Moment>,
    pub(super) alternative: Option<Alternative>,
    pub(super) transition_began: Option<Moment>,
    /// By when the switch must be done. It moves with an alternative and with the customer's extension, to the later of them.
    pub(super) transition_ends: Option<Moment>,
    pub(super) switched: Option<Moment>,
    pub(super) retrieval_ends: Option<Moment>,
    /// Nothing is erased before this moment; known since retrieval began, or since erasure was elected.
    pub(super) erasure_from: Option<Moment>,
    /// When it was erased or withdrawn.
    pub(super) finished: Option<Moment>,
}

/// Something that happens to an exit, with what must be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Act {
    Elect(Election),
    BeginTransition,
    OfferAlternative { ends: Moment, justification: String },
    Extend { until: Moment },
    ConfirmSwitch,
    AgreeLaterErasure { at: Moment },
    EndNotice,
    EndRetrieval,
    ConfirmErasure,
    Withdraw,
}

impl Terms {
    /// Terms that the law allows.
    ///
    /// # Errors
    /// Names the first period that is longer or shorter than art. 25(2) allows.
    pub fn new(notice: Notice, transition_days: u16, retrieval_days: u16) -> Result<Self, Error> {
        match notice {
            Notice::Days(days) if days > LONGEST_NOTICE_DAYS => Err(Error::NoticeTooLong { days }),
            _ if !(1..=LONGEST_TRANSITION_DAYS).contains(&transition_days) => Err(Error::Transition { days: transition_days }),
            _ if retrieval_days < SHORTEST_RETRIEVAL_DAYS => Err(Error::RetrievalTooShort { days: retrieval_days }),
            Notice::TwoMonths | Notice::Days(_) => Ok(Self { notice, transition_days, retrieval_days }),
        }
    }

    pub fn notice(&self) -> Notice {
        self.notice
    }

    pub fn transition_days(&self) -> u16 {
        self.transition_days
    }

    pub fn retrieval_days(&self) -> u16 {
        self.retrieval_days
    }
}

impl Default for Terms {
    /// What the law says where the contract says nothing.
    fn default() -> Self {
        Self { notice: Notice::TwoMonths, transition_days: LONGEST_TRANSITION_DAYS, retrieval_days: SHORTEST_RETRIEVAL_DAYS }
    }
}

impl TryFrom<UncheckedTerms> for Terms {
    type Error = Error;

    fn try_from(terms: UncheckedTerms) -> Result<Self, Error> {
        Self::new(terms.notice, terms.transition_days, terms.retrieval_days)
    }
}

impl Act {
    /// The move that it makes.
    pub fn attempted(&self) -> Move {
        match self {
            Self::Elect(election) => election.attempted(),
            Self::BeginTransition => Move::BeginTransition,
            Self::OfferAlternative { .. } => Move::OfferAlternative,
            Self::Extend { .. } => Move::Extend,
            Self::ConfirmSwitch => Move::ConfirmSwitch,
            Self::AgreeLaterErasure { .. } => Move::AgreeLaterErasure,
            Self::EndNotice => Move::EndNotice,
            Self::EndRetrieval => Move::EndRetrieval,
            Self::ConfirmErasure => Move::ConfirmErasure,
            Self::Withdraw => Move::Withdraw,
        }
    }
}

impl Exit {
    /// The exit that begins with a customer's notice.
    ///
    /// # Errors
    /// [`Error::Calendar`] when the end of notice lies beyond the year 9999.
    pub fn begin(terms: Terms, noticed: Moment) -> Result<Self, Error> {
        let notice_ends = match terms.notice {
            Notice::TwoMonths => later(noticed, 2.months())?,
            Notice::Days(days) => later(noticed, i64::from(days).days())?,
        };
        Ok(Self {
            state: State::Notice,
            terms,
            noticed,
            notice_ends,
            election: None,
            tell_alternative_by: None,
            alternative: None,
            transition_began: None,
            transition_ends: None,
            switched: None,
            retrieval_ends: None,
            erasure_from: None,
            finished: None,
        })
    }

    /// The exit after an act.
    ///
    /// `holidays` are the days between Monday and Friday on which nobody works; they matter when a switch is asked for.
    ///
    /// # Errors
    /// [`Error::IllegalMove`] when the state allows no such move; otherwise what is wrong with the date of the act or with what it says.
    pub fn after(&self, act: &Act, now: Moment, holidays: &[Date]) -> Result<Self, Error> {
        let attempted = act.attempted();
        let mut exit = Self { state: self.state.after(attempted)?, ..self.clone() };
        let not_before = |moment: Option<Moment>| match moment {
            Some(not_before) if now < not_before => Err(Error::TooEarly { attempted, not_before }),
            Some(_) | None => Ok(()),
        };
        match act {
            Act::Elect(election) => {
                exit.election = Some(*election);
                match election {
                    Election::OtherProvider | Election::OnPremises => {
                        // Counted from the first time: asking again gives the provider no more time.
                        let tell_by = self
                            .tell_alternative_by
                            .map_or_else(|| business_days_after(now.max(self.noticed), ALTERNATIVE_WORKING_DAYS, holidays), Ok)?;
                        exit.tell_alternative_by = Some(tell_by);
                        exit.erasure_from = None;
                    }
                    // Art. 25(2)(c)(ii). An election after the end of notice takes effect at once.
                    Election::Erase => exit.erasure_from = Some(self.notice_ends.max(now)),
                }
            }
            Act::BeginTransition => {
                not_before(Some(self.notice_ends))?;
                exit.transition_began = Some(now);
                let ends = later(now, days(self.terms.transition_days))?;
                exit.transition_ends = Some(self.alternative.as_ref().map_or(ends, |alternative| alternative.ends.max(ends)));
            }
            Act::OfferAlternative { ends, justification } => exit.offer(self, now, *ends, justification)?,
            Act::Extend { until } => {
                let after = self.transition_ends.unwrap_or(now).max(now);
                if *until <= after {
                    return Err(Error::NotLater { attempted, after });
                }
                exit.transition_ends = Some(*until);
            }
            Act::ConfirmSwitch => {
                exit.switched = Some(now);
                // Art. 25(2)(g) counts from the end of the transition, though the switch was done earlier; and from the switch, where that
                // took longer.
                let began = self.transition_ends.map_or(now, |ends| ends.max(now));
                let ends = whole_days_after(began, self.terms.retrieval_days)?;
                exit.retrieval_ends = Some(ends);
                exit.erasure_from = Some(ends);
            }
            Act::AgreeLaterErasure { at } => {
                let after = self.erasure_from.unwrap_or(now).max(now);
                if *at <= after {
                    return Err(Error::NotLater { attempted, after });
                }
                exit.erasure_from = Some(*at);
            }
            Act::EndNotice | Act::EndRetrieval | Act::ConfirmErasure => {
                not_before(self.erasure_from)?;
                if exit.state.is_final() {
                    exit.finished = Some(now);
                }
            }
            Act::Withdraw => {
                exit.erasure_from = None;
                exit.finished = Some(now);
            }
        }
        Ok(exit)
    }

    /// Puts the provider's alternative in, where it was told in time, once, with a reason, and for seven months at most.
    fn offer(&mut self, before: &Self, now: Moment, ends: Moment, justification: &str) -> Result<(), Error> {
        let attempted = Move::OfferAlternative;
        if before.alternative.is_some() {
            return Err(Error::AlternativeToldBefore);
        }
        if justification.trim().is_empty() {
            return Err(Error::NoJustification);
        }
        match before.tell_alternative_by {
            Some(not_after) if now > not_after => return Err(Error::TooLate { attempted, not_after }),
            Some(_) | None => {}
        }
        let begins = before.transition_began.unwrap_or(before.notice_ends);
        let after = before.transition_ends.map_or_else(|| later(begins, days(before.terms.transition_days)), Ok)?;
        if ends <= after {
            return Err(Error::NotLater { attempted, after });
        }
        let limit = later(begins, LONGEST_ALTERNATIVE_MONTHS.months())?;
        if ends > limit {
            return Err(Error::AlternativeTooLong { limit });
        }
        self.alternative = Some(Alternative { told: now, ends, justification: justification.to_owned() });
        if self.transition_began.is_some() {
            self.transition_ends = Some(ends);
        }
        Ok(())
    }

    /// Until when an archive of the contract must stay, as far as is known now; `None` where nothing is to be retrieved any more.
    ///
    /// Before the switch is confirmed it is the earliest end that the retrieval can have.
    ///
    /// # Errors
    /// [`Error::Calendar`] when it lies beyond the year 9999.
    pub fn archives_stay_until(&self) -> Result<Option<Moment>, Error> {
        match self.state {
            State::Withdrawn | State::Erased | State::ErasureDue => Ok(None),
            State::ErasureElected => Ok(self.erasure_from),
            State::Retrieval => Ok(self.retrieval_ends),
            State::Notice | State::SwitchElected | State::Transition | State::ExtendedTransition => {
                let ends = self.transition_ends.map_or_else(|| later(self.notice_ends, days(self.terms.transition_days)), Ok)?;
                let ends = self.alternative.as_ref().map_or(ends, |alternative| alternative.ends.max(ends));
                whole_days_after(ends, self.terms.retrieval_days).map(Some)
            }
        }
    }

    /// The same with the provider's reason left out of it: whoever keeps the exit keeps words elsewhere, where they can be forgotten.
    pub fn without_words(mut self) -> Self {
        if let Some(alternative) = &mut self.alternative {
            "in the history".clone_into(&mut alternative.justification);
        }
        self
    }

    pub fn state(&self) -> State {
        self.state
    }

    pub fn terms(&self) -> &Terms {
        &self.terms
    }

    /// When the customer gave notice.
    pub fn noticed(&self) -> Moment {
        self.noticed
    }

    pub fn notice_ends(&self) -> Moment {
        self.notice_ends
    }

    pub fn election(&self) -> Option<Election> {
        self.election
    }

    pub fn alternative(&self) -> Option<&Alternative> {
        self.alternative.as_ref()
    }

    pub fn transition_ends(&self) -> Option<Moment> {
        self.transition_ends
    }

    /// When the customer confirmed the switch.
    pub fn switched(&self) -> Option<Moment> {
        self.switched
    }

    /// Until when the customer can fetch its data.
    pub fn retrieval_ends(&self) -> Option<Moment> {
        self.retrieval_ends
    }

    /// Nothing is erased before this moment.
    pub fn erasure_from(&self) -> Option<Moment> {
        self.erasure_from
    }

    /// When it was erased or withdrawn.
    pub fn finished(&self) -> Option<Moment> {
        self.finished
    }
}

fn days(count: u16) -> Span {
    i64::from(count).days()
}

/// When so many whole days after the day of this moment are over everywhere on Earth: at noon UTC of the day that follows them.
fn whole_days_after(from: Moment, count: u16) -> Result<Moment, Error> {
    let refused = |_| due::Error::Calendar { from };
    let date = Offset::UTC.to_datetime(from.timestamp()).date().checked_add((i64::from(count) + 1).days()).map_err(refused)?;
    Ok(Offset::UTC.to_timestamp(date.at(12, 0, 0, 0)).map(Moment::new).map_err(refused)?)
}
