//! Where a store is.

use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// A file of SQLite, or a database of a PostgreSQL server.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    File(PathBuf),
    /// May hold a password: shown without it.
    Postgres(String),
}

/// A text that names no store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a store is a file, or a database written postgres://user:password@host/database")]
pub struct NoLocation;

impl Location {
    /// The file, where it is one.
    pub fn file(&self) -> Option<&Path> {
        match self {
            Self::File(path) => Some(path),
            Self::Postgres(_) => None,
        }
    }
}

impl FromStr for Location {
    type Err = NoLocation;

    fn from_str(text: &str) -> Result<Self, NoLocation> {
        match text.split_once("://") {
            Some(("postgres" | "postgresql", _)) => Ok(Self::Postgres(text.to_owned())),
            Some(("file", path)) if !path.is_empty() => Ok(Self::File(path.into())),
            Some(_) => Err(NoLocation),
            None if text.is_empty() => Err(NoLocation),
            None => Ok(Self::File(text.into())),
        }
    }
}

impl From<&Path> for Location {
    fn from(path: &Path) -> Self {
        Self::File(path.to_owned())
    }
}

impl From<PathBuf> for Location {
    fn from(path: PathBuf) -> Self {
        Self::File(path)
    }
}

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => path.display().fmt(formatter),
            // Neither the password nor parameters, which may hold one too.
            Self::Postgres(url) => {
                let (scheme, rest) = url.split_once("://").unwrap_or(("postgres", url));
                let rest = rest.split(['?', '#']).next().unwrap_or(rest);
                let (credentials, place) = rest.rsplit_once('@').unwrap_or(("", rest));
                match credentials.split(':').next() {
                    None | Some("") => write!(formatter, "{scheme}://{place}"),
                    Some(user) => write!(formatter, "{scheme}://{user}@{place}"),
                }
            }
        }
    }
}

impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Location({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_never_shown() {
        let location: Location = "postgres://desk:s3cr%40t@db.example:6543/exeunt?password=s3cret".parse().unwrap();
        assert_eq!(location.to_string(), "postgres://desk@db.example:6543/exeunt");
        assert!(!format!("{location:?}").contains("s3c"));
    }

    #[test]
    fn whatever_has_no_scheme_is_a_file() {
        assert_eq!("data/exeunt.db".parse(), Ok(Location::File("data/exeunt.db".into())));
        assert_eq!("mysql://a/b".parse::<Location>(), Err(NoLocation));
    }
}
