//! What is wrong with a configuration: all of it, each with its key.

/// What is wrong, in the order in which it was found.
#[derive(Debug, Default)]
pub struct Problems {
    found: Vec<Problem>,
}

/// One thing that is wrong.
#[derive(Debug)]
pub struct Problem {
    /// The key with its sections: `mail.server`.
    pub key: String,
    /// What is wrong with it and what would be right. Never a secret.
    pub message: String,
}

impl Problems {
    /// Notes what is wrong with a key, named with its sections, and what would be right.
    pub fn at(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.found.push(Problem { key: key.into(), message: message.into() });
    }

    /// Notes a number that lies outside its bounds.
    pub fn bounds<T: PartialOrd + std::fmt::Display>(&mut self, key: &str, value: T, least: T, most: T) {
        if value < least || value > most {
            self.at(key, format!("{value} is not between {least} and {most}"));
        }
    }

    pub fn found(&self) -> &[Problem] {
        &self.found
    }
}
