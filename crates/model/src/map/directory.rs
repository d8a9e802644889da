//! The directory: which columns of the platform say whose a seat is, what its holder may do, and which contracts there are.
//!
//! The desk asks it who somebody is. Exports and erasures do without.

use serde::{Deserialize, Serialize};

use super::owner::Hop;
use crate::names::SubjectKind;
use crate::selection::ColumnPath;

/// What the map says of contracts and seats as people know them. `F` is how a column is found: as written, or resolved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory<F = Field> {
    pub contract: ContractColumns<F>,
    pub seat: SeatColumns<F>,
}

/// What is known of a contract.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ContractColumns<F = Field> {
    /// The kind of subject that is a contract.
    pub subject: SubjectKind,
    /// What people call it; `None`: by the subject's label.
    pub name: Option<F>,
    pub tier: Option<F>,
    /// `None`: every contract is active.
    pub state: Option<StateColumn<F>>,
    pub purchase_admin: Option<PurchaseAdmin<F>>,
}

/// Who bought a contract: the seat whose key, or whose column, holds the value of the contract's column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PurchaseAdmin<F = Field> {
    /// Of the contract.
    pub column: F,
    /// Of the seat; `None` is its key.
    pub seat: Option<F>,
}

/// What is known of a seat and of whoever holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SeatColumns<F = Field> {
    /// The kind of subject that is a seat.
    pub subject: SubjectKind,
    pub email: F,
    pub name: Option<F>,
    pub role: RoleColumn<F>,
    /// `None`: every seat is active.
    pub state: Option<StateColumn<F>>,
    pub language: Option<F>,
}

/// A column, or several that are joined by blanks, of a subject's own row or of one that is a step away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Field {
    pub step: Option<Hop>,
    /// Never empty.
    pub columns: Vec<ColumnPath>,
    /// Of the rows that the step leads to, only those count in which these columns have these texts; `None` is null.
    pub when: Vec<(ColumnPath, Option<String>)>,
}

/// How the values of a column mean roles. A value that is listed nowhere means a holder.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleColumn<F = Field> {
    pub column: F,
    pub admin: Vec<Option<String>>,
    pub sub_admin: Vec<Option<String>>,
    pub holder: Vec<Option<String>>,
}

/// How the values of a column mean active or ended. Null, as `None`, is a value too.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateColumn<F = Field> {
    pub column: F,
    /// Empty: every value that is not in `ended`.
    pub active: Vec<Option<String>>,
    /// Only where `active` is empty does it decide anything.
    pub ended: Vec<Option<String>>,
}

impl<F> Directory<F> {
    /// The same directory with its columns found in another way. Each is told with the part and the field of the map that it stands in.
    ///
    /// # Errors
    /// The first that `find` fails with.
    pub fn try_map<G, E>(
        &self,
        mut find: impl FnMut(&'static str, &'static str, &SubjectKind, &F) -> Result<G, E>,
    ) -> Result<Directory<G>, E> {
        let (contract, seat) = (&self.contract, &self.seat);
        let mut of_contract = |field, column: &F| find("contract", field, &contract.subject, column);
        let name = contract.name.as_ref().map(|column| of_contract("name", column)).transpose()?;
        let tier = contract.tier.as_ref().map(|column| of_contract("tier", column)).transpose()?;
        let state = contract.state.as_ref().map(|state| Ok(state.with(of_contract("state", &state.column)?))).transpose()?;
        let bought = contract.purchase_admin.as_ref().map(|admin| of_contract("purchase_admin", &admin.column)).transpose()?;
        let buyer = contract.purchase_admin.as_ref().and_then(|admin| admin.seat.as_ref());
        let buyer = buyer.map(|column| find("contract", "purchase_admin", &seat.subject, column)).transpose()?;
        let mut of_seat = |field, column: &F| find("seat", field, &seat.subject, column);
        Ok(Directory {
            contract: ContractColumns {
                subject: contract.subject.clone(),
                name,
                tier,
                state,
                purchase_admin: bought.map(|column| PurchaseAdmin { column, seat: buyer }),
            },
            seat: SeatColumns {
                subject: seat.subject.clone(),
                email: of_seat("email", &seat.email)?,
                name: seat.name.as_ref().map(|column| of_seat("name", column)).transpose()?,
                role: RoleColumn {
                    column: of_seat("role", &seat.role.column)?,
                    admin: seat.role.admin.clone(),
                    sub_admin: seat.role.sub_admin.clone(),
                    holder: seat.role.holder.clone(),
                },
                state: seat.state.as_ref().map(|state| Ok(state.with(of_seat("state", &state.column)?))).transpose()?,
                language: seat.language.as_ref().map(|column| of_seat("language", column)).transpose()?,
            },
        })
    }
}

impl<F> StateColumn<F> {
    fn with<G>(&self, column: G) -> StateColumn<G> {
        StateColumn { column, active: self.active.clone(), ended: self.ended.clone() }
    }
}
