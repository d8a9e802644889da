//! The states of an erasure run, and the one function that moves it.
//!
//! ```text
//! planned ──start──► started ──act──► running ──verify──► verifying ──complete──────────────► completed
//!                       │                │  ▲                 │  └────complete_with_retained─► completed_with_retained
//!                       │                │  └────resume───────┤
//!                     stop             stop                 fail
//!                       ▼                ▼                    ▼
//!                    stopped          stopped           partly_failed ──resume──► running
//! ```
//!
//! The store makes the moves `start` and `act` in one transaction, before the first destructive statement, and `verify` in one with the end
//! that follows it: a crash leaves `running` behind. `stopped` is reached only while nothing is committed; from then on a run ends as one of
//! the other three.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Names one erasure run and its certificate: 128 random bits as 32 hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct RunId(String);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("a run is named by 32 hexadecimal digits, not `{text}`")]
    RunId { text: String },
    #[error("there is no run state `{text}`")]
    State { text: String },
    #[error("a run that is {state} cannot {attempted}")]
    IllegalMove { state: State, attempted: Move },
}

/// Where a run stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Checked, nothing written yet.
    Planned,
    /// The certificate is open in the log; nothing was destroyed yet.
    Started,
    /// The point of no return may have been passed.
    Running,
    /// Every source was acted on; rows and files are counted again.
    Verifying,
    Completed,
    /// Done, and rows stay for reasons that the certificate states.
    CompletedWithRetained,
    /// Something of the plan is left; resuming takes it up again.
    PartlyFailed,
    /// Ended with nothing erased.
    Stopped,
}

/// How a run with a certificate ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// Every planned row is gone or changed, and counting again found nothing left.
    Completed,
    /// The same, and some rows or files stay for stated reasons, or a search that was asked for found identifiers or could not be made
    /// everywhere.
    CompletedWithRetained,
    /// Something of the plan is not done: no proof of erasure.
    PartlyFailed,
}

/// What may happen to a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Start,
    Act,
    Verify,
    Complete,
    CompleteWithRetained,
    Fail,
    Resume,
    Stop,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Planned,
        Self::Started,
        Self::Running,
        Self::Verifying,
        Self::Completed,
        Self::CompletedWithRetained,
        Self::PartlyFailed,
        Self::Stopped,
    ];

    /// The state after a move.
    ///
    /// # Errors
    /// [`Error::IllegalMove`] names the state and the move for every pair that is not drawn above.
    pub fn after(self, attempted: Move) -> Result<Self, Error> {
        use Move::{Act, Complete, CompleteWithRetained, Fail, Resume, Start, Stop, Verify};
        match (self, attempted) {
            (Self::Planned, Start) => Ok(Self::Started),
            (Self::Started, Act) => Ok(Self::Running),
            (Self::Running, Verify) => Ok(Self::Verifying),
            (Self::Verifying, Complete) => Ok(Self::Completed),
            (Self::Verifying, CompleteWithRetained) => Ok(Self::CompletedWithRetained),
            (Self::Verifying, Fail) => Ok(Self::PartlyFailed),
            // A run that a crash left behind is taken up where its journal says it stands.
            (Self::Started | Self::Running | Self::Verifying | Self::PartlyFailed, Resume) => Ok(Self::Running),
            (Self::Started | Self::Running, Stop) => Ok(Self::Stopped),

            (Self::Planned, Act | Verify | Complete | CompleteWithRetained | Fail | Resume | Stop)
            | (Self::Started, Start | Verify | Complete | CompleteWithRetained | Fail)
            | (Self::Running, Start | Act | Complete | CompleteWithRetained | Fail)
            | (Self::Verifying, Start | Act | Verify | Stop)
            | (Self::PartlyFailed, Start | Act | Verify | Complete | CompleteWithRetained | Fail | Stop)
            | (
                Self::Completed | Self::CompletedWithRetained | Self::Stopped,
                Start | Act | Verify | Complete | CompleteWithRetained | Fail | Resume | Stop,
            ) => Err(Error::IllegalMove { state: self, attempted }),
        }
    }

    /// Whether the run has come to an end that nothing moves it from.
    pub fn is_final(self) -> bool {
        match self {
            Self::Completed | Self::CompletedWithRetained | Self::Stopped => true,
            Self::Planned | Self::Started | Self::Running | Self::Verifying | Self::PartlyFailed => false,
        }
    }

    /// As the store, certificates and `--json` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Started => "started",
            Self::Running => "running",
            Self::Verifying => "verifying",
            Self::Completed => "completed",
            Self::CompletedWithRetained => "completed_with_retained",
            Self::PartlyFailed => "partly_failed",
            Self::Stopped => "stopped",
        }
    }
}

impl Ending {
    /// The move from `verifying` that leads to this end.
    pub fn attempted(self) -> Move {
        match self {
            Self::Completed => Move::Complete,
            Self::CompletedWithRetained => Move::CompleteWithRetained,
            Self::PartlyFailed => Move::Fail,
        }
    }

    /// As certificates and `--json` spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Completed => State::Completed.as_str(),
            Self::CompletedWithRetained => State::CompletedWithRetained.as_str(),
            Self::PartlyFailed => State::PartlyFailed.as_str(),
        }
    }
}

impl fmt::Display for State {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Ending {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Display for Move {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Start => "start",
            Self::Act => "act",
            Self::Verify => "be verified",
            Self::Complete => "complete",
            Self::CompleteWithRetained => "complete with retained rows",
            Self::Fail => "fail in part",
            Self::Resume => "be resumed",
            Self::Stop => "stop",
        })
    }
}

impl FromStr for State {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|state| state.as_str() == text).ok_or_else(|| Error::State { text: text.to_owned() })
    }
}

impl RunId {
    /// The name made of 128 random bits.
    pub fn from_random(bits: u128) -> Self {
        Self(format!("{bits:032x}"))
    }

    /// All 32 digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The first eight digits, for people and file names.
    pub fn short(&self) -> &str {
        self.0.get(..8).unwrap_or(&self.0)
    }
}

impl fmt::Display for RunId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl FromStr for RunId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let is_digit = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() == 32 && text.bytes().all(is_digit) { Ok(Self(text.to_owned())) } else { Err(Error::RunId { text: text.to_owned() }) }
    }
}

impl TryFrom<String> for RunId {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<RunId> for String {
    fn from(id: RunId) -> Self {
        id.0
    }
}

impl schemars::JsonSchema for RunId {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "RunId".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({ "type": "string", "description": "Names one erasure run and its certificate.", "pattern": "^[0-9a-f]{32}$" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOVES: [Move; 8] =
        [Move::Start, Move::Act, Move::Verify, Move::Complete, Move::CompleteWithRetained, Move::Fail, Move::Resume, Move::Stop];

    #[test]
    fn nothing_is_completed_without_having_been_verified() {
        for state in State::ALL {
            for attempted in [Move::Complete, Move::CompleteWithRetained] {
                assert_eq!(state.after(attempted).is_ok(), state == State::Verifying, "{state} {attempted}");
            }
        }
    }

    #[test]
    fn final_states_stay() {
        for state in State::ALL.into_iter().filter(|state| state.is_final()) {
            for attempted in MOVES {
                assert_eq!(state.after(attempted), Err(Error::IllegalMove { state, attempted }));
            }
        }
    }

    #[test]
    fn twelve_moves_are_legal() {
        let legal = State::ALL.into_iter().flat_map(|state| MOVES.map(|attempted| state.after(attempted))).filter(Result::is_ok).count();
        assert_eq!(legal, 12);
    }

    #[test]
    fn illegal_moves_name_both_sides() {
        let got = State::Planned.after(Move::Complete).unwrap_err().to_string();
        assert_eq!(got, "a run that is planned cannot complete");
    }

    #[test]
    fn states_survive_the_round_trip() {
        for state in State::ALL {
            assert_eq!(state.as_str().parse(), Ok(state));
        }
    }
}
