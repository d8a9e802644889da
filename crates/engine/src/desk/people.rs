//! The people of the platform, as the directory knows them.

use exeunt_model::identity::{EmailAddress, Language};

/// The directory could not be read. No message holds an address.
#[derive(Debug, thiserror::Error)]
#[error("read the directory")]
pub struct Error(#[source] pub Box<dyn std::error::Error + Send + Sync>);

/// What somebody is in a contract, by their seat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SeatRole {
    Admin,
    SubAdmin,
    Holder,
}

/// A seat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeatEntry {
    /// Text forms of the key's columns, joined as the command line takes them.
    pub key: String,
    pub contract: String,
    /// What people know it by, as the map says.
    pub label: String,
    pub email: Option<EmailAddress>,
    pub role: SeatRole,
    pub active: bool,
    pub language: Option<Language>,
}

/// A contract.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContractEntry {
    pub key: String,
    pub name: String,
    pub active: bool,
}

/// Somebody who can be written to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    pub email: EmailAddress,
    pub language: Option<Language>,
}

/// Who is who on the platform. Keys are text forms as the database writes them.
pub trait People: Send + Sync {
    /// The active seats of an address, in all contracts.
    ///
    /// # Errors
    /// The source cannot be read.
    fn seats_of_address(&self, email: &EmailAddress) -> Result<Vec<SeatEntry>, Error>;

    /// A seat, whatever its state.
    ///
    /// # Errors
    /// The source cannot be read.
    fn seat(&self, key: &str) -> Result<Option<SeatEntry>, Error>;

    /// A contract, whatever its state.
    ///
    /// # Errors
    /// The source cannot be read.
    fn contract(&self, key: &str) -> Result<Option<ContractEntry>, Error>;

    /// The seats of a contract by key, after one of them.
    ///
    /// # Errors
    /// The source cannot be read.
    fn seats_of(&self, contract: &str, after: Option<&str>, limit: usize) -> Result<Vec<SeatEntry>, Error>;

    /// The active admins of a contract.
    ///
    /// # Errors
    /// The source cannot be read.
    fn admins_of(&self, contract: &str) -> Result<Vec<SeatEntry>, Error>;
}

impl SeatEntry {
    /// Where the holder can be written to.
    pub fn contact(&self) -> Option<Contact> {
        self.email.clone().map(|email| Contact { email, language: self.language })
    }
}
