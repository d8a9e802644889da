//! What people ask for: exports, erasures and cases, each with the machine of its states.
//!
//! ```text
//! request ─┬─ export    the states of an export, and the one function that moves them
//!          ├─ erasure   the states of an erasure
//!          ├─ case      the states of a case: other data, or deletion of enterprise data
//!          ├─ approval  how many must agree, who they may be, and what their decisions come to
//!          ├─ document  what was decided when a request was made
//!          ├─ conflict  which requests stand in each other's way
//!          └─ reason    why a request was rejected, and why it failed
//! ```
//!
//! An export never deletes; an erasure is always a request of its own. Nothing here knows who asks or what the time is: both are arguments.

/// Writes a state enum: its variants, their spelling, and all of them in a list.
macro_rules! spelled {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $text:literal),* $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$variant_doc])* $variant),*
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// As the store, the API and the docs spell it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text),*
                }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.write_str(self.as_str())
            }
        }
    };
}
pub(crate) use spelled;

pub mod approval;
pub mod case;
pub mod conflict;
pub mod document;
pub mod erasure;
pub mod export;
pub mod reason;

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use case::CaseState;
pub use erasure::ErasureState;
pub use export::ExportState;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("there is no kind of request `{text}`")]
    Kind { text: String },
    #[error("an {kind} has no state `{text}`")]
    State { kind: Kind, text: String },
    #[error("an export that is {state} cannot {attempted}")]
    Export { state: ExportState, attempted: export::Move },
    #[error("an erasure that is {state} cannot {attempted}")]
    Erasure { state: ErasureState, attempted: erasure::Move },
    #[error("a case that is {state} cannot {attempted}")]
    Case { state: CaseState, attempted: case::Move },
}

/// What kind of thing is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    Export,
    Erasure,
    Case,
}

/// Whose data is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// One seat of a contract.
    Seat,
    /// The whole contract with all its seats.
    Contract,
}

/// How a request came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// Through the API or the pages of the desk.
    Desk,
    /// As a line of an uploaded list.
    Bulk,
    /// An identity provider closed the seat: a proposal.
    Scim,
    /// Data Rights Protocol.
    Drp,
    /// OpenDSR.
    OpenDsr,
    /// The end of an exit under the EU Data Act.
    Exit,
}

/// The state of a request of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum State {
    Export(ExportState),
    Erasure(ErasureState),
    Case(CaseState),
}

/// A move of a request of any kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    Export(export::Move),
    Erasure(erasure::Move),
    Case(case::Move),
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Export, Self::Erasure, Self::Case];

    /// As the store and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export => "export",
            Self::Erasure => "erasure",
            Self::Case => "case",
        }
    }
}

impl Scope {
    /// Every scope.
    pub const ALL: [Self; 2] = [Self::Seat, Self::Contract];

    /// As the store and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Seat => "seat",
            Self::Contract => "contract",
        }
    }
}

impl Channel {
    /// Every channel.
    pub const ALL: [Self; 6] = [Self::Desk, Self::Bulk, Self::Scim, Self::Drp, Self::OpenDsr, Self::Exit];

    /// As the store and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Bulk => "bulk",
            Self::Scim => "scim",
            Self::Drp => "drp",
            Self::OpenDsr => "open_dsr",
            Self::Exit => "exit",
        }
    }

    /// Whether it came in by another protocol, whose sender is told what becomes of it.
    pub fn is_intake(self) -> bool {
        match self {
            Self::Drp | Self::OpenDsr => true,
            Self::Desk | Self::Bulk | Self::Scim | Self::Exit => false,
        }
    }

    /// Whether nobody of the contract has asked: such an erasure is a proposal that an admin must agree to.
    pub fn is_proposal(self) -> bool {
        match self {
            Self::Scim | Self::Drp | Self::OpenDsr => true,
            Self::Desk | Self::Bulk | Self::Exit => false,
        }
    }
}

impl Channel {
    /// Whether the receipt is a mail. Other channels answer whoever asks by themselves and at once: with the report about a list, by their
    /// protocol, or with the dates of the exit.
    pub fn is_acknowledged_by_mail(self) -> bool {
        match self {
            Self::Desk => true,
            Self::Bulk | Self::Scim | Self::Drp | Self::OpenDsr | Self::Exit => false,
        }
    }
}

impl State {
    /// Whether whoever asked still waits for the answer.
    pub fn is_unanswered(self) -> bool {
        match self {
            Self::Export(state) => state.is_unanswered(),
            Self::Erasure(state) => state.is_unanswered(),
            Self::Case(state) => state.is_unanswered(),
        }
    }

    /// The state in which a request of this kind is born.
    pub fn first(kind: Kind) -> Self {
        match kind {
            Kind::Export => Self::Export(ExportState::Submitted),
            Kind::Erasure => Self::Erasure(ErasureState::Submitted),
            Kind::Case => Self::Case(CaseState::Open),
        }
    }

    /// The state of this spelling.
    ///
    /// # Errors
    /// [`Error::State`] when requests of the kind have no such state.
    pub fn parse(kind: Kind, text: &str) -> Result<Self, Error> {
        let state = match kind {
            Kind::Export => ExportState::ALL.iter().copied().map(Self::Export).find(|state| state.as_str() == text),
            Kind::Erasure => ErasureState::ALL.iter().copied().map(Self::Erasure).find(|state| state.as_str() == text),
            Kind::Case => CaseState::ALL.iter().copied().map(Self::Case).find(|state| state.as_str() == text),
        };
        state.ok_or_else(|| Error::State { kind, text: text.to_owned() })
    }

    /// What kind of request this is a state of.
    pub fn kind(self) -> Kind {
        match self {
            Self::Export(_) => Kind::Export,
            Self::Erasure(_) => Kind::Erasure,
            Self::Case(_) => Kind::Case,
        }
    }

    /// As the store and the API spell it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export(state) => state.as_str(),
            Self::Erasure(state) => state.as_str(),
            Self::Case(state) => state.as_str(),
        }
    }

    /// Whether nothing moves the request any more.
    pub fn is_final(self) -> bool {
        match self {
            Self::Export(state) => state.is_final(),
            Self::Erasure(state) => state.is_final(),
            Self::Case(state) => state.is_final(),
        }
    }
}

impl Move {
    /// As the history of a request spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Export(attempted) => attempted.as_str(),
            Self::Erasure(attempted) => attempted.as_str(),
            Self::Case(attempted) => attempted.as_str(),
        }
    }
}

macro_rules! shown {
    ($($name:ident),*) => {
        $(impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(self.as_str())
            }
        })*
    };
}
shown!(Kind, Scope, Channel, State);

impl FromStr for Kind {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text).ok_or_else(|| Error::Kind { text: text.to_owned() })
    }
}
