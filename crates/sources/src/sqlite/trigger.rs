//! Which event a trigger of SQLite fires on, read from its stored definition.

/// The event of a trigger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Event {
    Delete,
    Insert,
    Update,
}

/// Reads `CREATE TRIGGER [IF NOT EXISTS] [schema.]name [BEFORE|AFTER|INSTEAD OF] event …`, whatever quotes, comments and names stand in it.
pub(crate) fn event_of(definition: &str) -> Option<Event> {
    let mut words = Words { rest: definition }.peekable();
    while !words.next()?.is("TRIGGER") {}
    // `if` is also a name that a trigger may have.
    let mut name = words.next()?;
    if name.is("IF") && words.next_if(|word| word.is("NOT")).is_some() {
        words.next_if(|word| word.is("EXISTS"))?;
        name = words.next()?;
    }
    if name.is(".") {
        return None;
    }
    if words.next_if(|word| word.is(".")).is_some() {
        words.next()?;
    }
    let mut word = words.next()?;
    if word.is("BEFORE") || word.is("AFTER") {
        word = words.next()?;
    } else if word.is("INSTEAD") {
        words.next_if(|word| word.is("OF"))?;
        word = words.next()?;
    }
    match word {
        word if word.is("DELETE") => Some(Event::Delete),
        word if word.is("INSERT") => Some(Event::Insert),
        word if word.is("UPDATE") => Some(Event::Update),
        _ => None,
    }
}

/// A word, a quoted name or a single other character.
struct Word<'a> {
    text: &'a str,
    quoted: bool,
}

impl Word<'_> {
    fn is(&self, keyword: &str) -> bool {
        !self.quoted && self.text.eq_ignore_ascii_case(keyword)
    }
}

struct Words<'a> {
    rest: &'a str,
}

impl<'a> Iterator for Words<'a> {
    type Item = Word<'a>;

    fn next(&mut self) -> Option<Word<'a>> {
        loop {
            self.rest = self.rest.trim_start();
            if let Some(comment) = self.rest.strip_prefix("--") {
                self.rest = comment.split_once('\n').map_or("", |(_, rest)| rest);
            } else if let Some(comment) = self.rest.strip_prefix("/*") {
                self.rest = comment.split_once("*/").map_or("", |(_, rest)| rest);
            } else {
                break;
            }
        }
        let first = self.rest.chars().next()?;
        let quote = match first {
            '"' | '`' | '\'' => Some(first),
            '[' => Some(']'),
            _ => None,
        };
        let length = match quote {
            Some(quote) => quoted_length(self.rest, quote),
            None if is_word(first) => self.rest.find(|character| !is_word(character)).unwrap_or(self.rest.len()),
            None => first.len_utf8(),
        };
        let (text, rest) = self.rest.split_at(length);
        self.rest = rest;
        Some(Word { text, quoted: quote.is_some() })
    }
}

fn is_word(character: char) -> bool {
    character.is_alphanumeric() || character == '_' || character == '$' || !character.is_ascii()
}

/// Bytes up to the closing quote; a doubled quote stands for itself, except in brackets.
fn quoted_length(text: &str, quote: char) -> usize {
    let bytes = text.as_bytes();
    let quote = quote as u8;
    let mut at = 1;
    while at < bytes.len() {
        if bytes[at] == quote {
            if quote == b']' || bytes.get(at + 1) != Some(&quote) {
                return at + 1;
            }
            at += 1;
        }
        at += 1;
    }
    bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_found_behind_any_name_and_comment() {
        let cases = [
            ("CREATE TRIGGER t AFTER DELETE ON note BEGIN SELECT 1; END", Some(Event::Delete)),
            ("create temp trigger if not exists main.t before update of a, b on note begin select 1; end", Some(Event::Update)),
            ("CREATE TRIGGER \"delete\" INSERT ON note BEGIN DELETE FROM note; END", Some(Event::Insert)),
            ("CREATE TRIGGER [a]-- DELETE\n /* UPDATE */ INSTEAD OF DELETE ON v BEGIN SELECT 1; END", Some(Event::Delete)),
            ("CREATE TRIGGER 'it''s update' DELETE ON note BEGIN SELECT 1; END", Some(Event::Delete)),
            ("CREATE TRIGGER if AFTER DELETE ON note BEGIN SELECT 1; END", Some(Event::Delete)),
            ("CREATE TRIGGER größe DELETE ON note BEGIN SELECT 1; END", Some(Event::Delete)),
            ("CREATE TRIGGER", None),
            ("", None),
        ];
        for (definition, want) in cases {
            assert_eq!(event_of(definition), want, "{definition}");
        }
    }
}
