//! Why a request was rejected, and why it failed.

use std::str::FromStr;

spelled!(
    /// Why a request was refused. A person reads the sentence of it; programs read the code.
    Rejection {
        /// Who asks could not show who they are.
        IdentityNotVerified = "identity_not_verified",
        /// Who asks may not decide about this data.
        NotAuthorized = "not_authorized",
        /// The same was asked for before, and is going on.
        Duplicate = "duplicate",
        /// An approver does not agree.
        NotApproved = "not_approved",
        /// The customer did not confirm in time.
        NotConfirmed = "not_confirmed",
        /// A law asks to keep the data (GDPR art. 17(3)(b)).
        LegalObligation = "legal_obligation",
        /// The data is needed for legal claims (GDPR art. 17(3)(e)).
        LegalClaims = "legal_claims",
        /// The request is manifestly unfounded or excessive (GDPR art. 12(5)).
        Unfounded = "unfounded",
        /// There is no such data here.
        NoSuchData = "no_such_data",
        /// The contract would be left without an admin.
        LastAdmin = "last_admin",
        /// The seat belongs to another contract, or to somebody else, than when it was asked for.
        SubjectChanged = "subject_changed",
        /// Another request has erased it meanwhile.
        Erased = "erased",
    }
);

spelled!(
    /// What a request failed for. Retrying is worth it where the cause can pass.
    Failure {
        /// A source could not be reached or broke off.
        SourceUnavailable = "source_unavailable",
        /// The databases are not as they were reviewed.
        CatalogDrift = "catalog_drift",
        /// The map, or what was decided, admits no plan.
        PlanRefused = "plan_refused",
        /// The subject is not there (any more).
        NoSubject = "no_subject",
        /// Not one of the files that rows name is where it should be.
        FilesMissing = "files_missing",
        /// The archive could not be stored.
        ArchiveStore = "archive_store",
        /// The workers that had it ended again and again.
        WorkersLost = "workers_lost",
        /// Anything else; the log of the desk says more.
        Internal = "internal",
    }
);

/// The code is none of those that the docs list.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no reason `{text}`")]
pub struct UnknownReason {
    pub text: String,
}

impl FromStr for Rejection {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text).ok_or_else(|| UnknownReason { text: text.to_owned() })
    }
}

impl FromStr for Failure {
    type Err = UnknownReason;

    fn from_str(text: &str) -> Result<Self, UnknownReason> {
        Self::ALL.iter().copied().find(|reason| reason.as_str() == text).ok_or_else(|| UnknownReason { text: text.to_owned() })
    }
}

impl Failure {
    /// Whether it may pass by itself, so that workers try again before anybody is asked.
    pub fn may_pass(self) -> bool {
        match self {
            Self::SourceUnavailable | Self::ArchiveStore | Self::Internal => true,
            Self::CatalogDrift | Self::PlanRefused | Self::NoSubject | Self::FilesMissing | Self::WorkersLost => false,
        }
    }
}
