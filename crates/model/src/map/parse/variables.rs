//! `${VARIABLE}` and `${VARIABLE:-default}` in urls, filled from an environment that the caller hands over.

use std::cell::RefCell;

/// A url's variables could not be filled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    #[error("`${{` is not closed")]
    Open,
    #[error("`${{{name}}}` does not name a variable")]
    Name { name: String },
    #[error("the environment variable {name} is not set")]
    Unset { name: String },
}

/// Fills the variables of a url. An empty variable counts as unset where a default is given, as in a shell.
pub fn fill(url: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<String, Error> {
    let mut filled = String::new();
    let mut rest = url;
    while let Some((before, after)) = rest.split_once("${") {
        filled.push_str(before);
        let (inside, tail) = after.split_once('}').ok_or(Error::Open)?;
        let (name, default) = match inside.split_once(":-") {
            Some((name, default)) => (name, Some(default)),
            None => (inside, None),
        };
        let plain = |character: char| character.is_ascii_alphanumeric() || character == '_';
        if name.is_empty() || !name.chars().all(plain) || name.starts_with(|first: char| first.is_ascii_digit()) {
            return Err(Error::Name { name: name.to_owned() });
        }
        match (environment(name), default) {
            (Some(value), None) => filled.push_str(&value),
            (Some(value), Some(_)) if !value.is_empty() => filled.push_str(&value),
            (Some(_) | None, Some(default)) => filled.push_str(default),
            (None, None) => return Err(Error::Unset { name: name.to_owned() }),
        }
        rest = tail;
    }
    filled.push_str(rest);
    Ok(filled)
}

/// The variables that a url names, as far as they are written well.
pub fn names(url: &str) -> Vec<String> {
    let named = RefCell::new(Vec::new());
    let _ = fill(url, &|name| {
        named.borrow_mut().push(name.to_owned());
        Some("x".to_owned())
    });
    named.into_inner()
}

/// Whether the variables are written well, whatever their values.
pub(super) fn check(url: &str) -> Result<(), Error> {
    fill(url, &|_| Some("x".to_owned())).map(|_| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_filled_as_a_shell_would() {
        let environment = |name: &str| match name {
            "HOST" => Some("db.example".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        let filled = |url: &str| fill(url, &environment);
        assert_eq!(filled("postgres://${HOST}/app"), Ok("postgres://db.example/app".to_owned()));
        assert_eq!(filled("${NONE:-postgres://localhost/a}"), Ok("postgres://localhost/a".to_owned()));
        assert_eq!(filled("${EMPTY:-x}${EMPTY}$HOST"), Ok("x$HOST".to_owned()));
        assert_eq!(filled("${NONE}"), Err(Error::Unset { name: "NONE".to_owned() }));
        assert_eq!(filled("${HOST"), Err(Error::Open));
        assert_eq!(filled("${}"), Err(Error::Name { name: String::new() }));
        assert_eq!(filled("${1A}"), Err(Error::Name { name: "1A".to_owned() }));
        assert_eq!(names("postgres://${USER}@${HOST:-localhost}/app"), ["USER", "HOST"]);
    }
}
