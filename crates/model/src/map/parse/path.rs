//! The small language of owner paths: `session_id.presentation_id*->app.seat.link(seat_id)`.
//!
//! ```text
//! path      = hop { "." hop }
//! hop       = columns [ "*" ] [ "->" table ]        follow a reference; `*` up a tree
//!           | table "(" column { "," column } ")"   to rows of another table that point here
//! columns   = column | "(" column { "," column } ")"
//! column    = name { "/" name }                     with places inside JSON
//! name      = characters without . ( ) , * " and blanks, or anything in double quotes
//! ```
//!
//! A table is written with as much of `source.schema.table` as is needed to find it in the map; the longest reading that names a
//! table of the map is meant.

use std::ops::Range;

use super::names::Names;
use crate::map::Hop;
use crate::names::TableName;
use crate::selection::ColumnPath;

/// A mistake in a path, with its place in the text of the path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    pub part: Range<usize>,
    pub message: String,
    pub suggestion: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Name(ColumnPath),
    Dot,
    Star,
    Arrow,
    Open,
    Close,
    Comma,
}

type Tokens = Vec<(Token, Range<usize>)>;

fn mistake<T>(part: Range<usize>, message: impl Into<String>) -> Result<T, Mistake> {
    Err(Mistake { part, message: message.into(), suggestion: None })
}

/// A column or a place inside a JSON column, as it stands alone in a list.
pub(super) fn column_path(text: &str) -> Result<ColumnPath, String> {
    if !text.starts_with('"') {
        let path = ColumnPath::from(text);
        let empty = path.column.is_empty() || path.json.iter().any(String::is_empty);
        return if empty { Err(format!("`{text}` names no column")) } else { Ok(path) };
    }
    match tokens(text) {
        Ok(tokens) => match tokens.as_slice() {
            [(Token::Name(path), _)] => Ok(path.clone()),
            _ => Err(format!("`{text}` is not one column")),
        },
        Err(mistake) => Err(mistake.message),
    }
}

fn tokens(text: &str) -> Result<Tokens, Mistake> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(character) = text[at..].chars().next() {
        let start = at;
        let single = match character {
            '.' => Some(Token::Dot),
            '*' => Some(Token::Star),
            '(' => Some(Token::Open),
            ')' => Some(Token::Close),
            ',' => Some(Token::Comma),
            _ => None,
        };
        if let Some(token) = single {
            at += 1;
            found.push((token, start..at));
        } else if text[at..].starts_with("->") {
            at += 2;
            found.push((Token::Arrow, start..at));
        } else if character.is_whitespace() {
            at += character.len_utf8();
        } else {
            let (column, mut end) = name(text, at)?;
            let mut path = ColumnPath { column, json: Vec::new() };
            while text[end..].starts_with('/') {
                let (part, next) = name(text, end + 1)?;
                path.json.push(part);
                end = next;
            }
            at = end;
            found.push((Token::Name(path), start..at));
        }
    }
    Ok(found)
}

/// The name that starts here, and where it ends.
fn name(text: &str, start: usize) -> Result<(String, usize), Mistake> {
    if !text[start..].starts_with('"') {
        let ends = |(index, character): &(usize, char)| {
            matches!(character, '.' | '*' | '(' | ')' | ',' | '"' | '/')
                || character.is_whitespace()
                || text[start + index..].starts_with("->")
        };
        let end = text[start..].char_indices().find(ends).map_or(text.len(), |(index, _)| start + index);
        return if end == start { mistake(start..end, "a name is missing here") } else { Ok((text[start..end].to_owned(), end)) };
    }
    let mut read = String::new();
    let mut characters = text[start + 1..].char_indices().peekable();
    while let Some((index, character)) = characters.next() {
        if character != '"' {
            read.push(character);
        } else if characters.next_if(|(_, next)| *next == '"').is_some() {
            read.push('"');
        } else if read.is_empty() {
            return mistake(start..start + 2, "a name is missing between the quotes");
        } else {
            return Ok((read, start + index + 2));
        }
    }
    mistake(start..text.len(), "a quote is not closed")
}

/// Reads a path that starts at a row of `from`.
pub(super) fn hops(text: &str, from: &TableName, names: &Names) -> Result<Vec<Hop>, Mistake> {
    let tokens = tokens(text)?;
    let mut parser = Parser { tokens: &tokens, at: 0, length: text.len(), from, names };
    let mut hops = vec![parser.hop()?];
    while parser.at < tokens.len() {
        parser.expect(&Token::Dot, "a dot must stand between two hops")?;
        hops.push(parser.hop()?);
    }
    Ok(hops)
}

/// Reads `app.note(id)`: a table and the columns that are referenced there.
pub(super) fn target(text: &str, names: &Names) -> Result<(TableName, Vec<String>), Mistake> {
    let tokens = tokens(text)?;
    let opening = tokens.iter().position(|(token, _)| *token == Token::Open);
    let opening = opening.map_or_else(|| mistake(0..text.len(), "the referenced columns are missing"), Ok).map_err(|mut mistake| {
        mistake.suggestion = Some(format!("write {text}(id)"));
        mistake
    })?;
    let end = tokens[opening].1.start;
    let written = text[..end].trim_end();
    let table = match written.parse::<TableName>() {
        Ok(table) => table,
        Err(error) => return mistake(0..end, error.to_string()),
    };
    if !names.has_table(&table) {
        return Err(names.unknown_table(&table, 0..written.len()));
    }
    let mut parser = Parser { tokens: &tokens, at: opening, length: text.len(), from: &table, names };
    let columns = parser.plain_columns()?;
    if parser.at < tokens.len() {
        return mistake(tokens[parser.at].1.start..text.len(), "nothing may follow the referenced columns");
    }
    Ok((table, columns))
}

struct Parser<'a> {
    tokens: &'a [(Token, Range<usize>)],
    at: usize,
    length: usize,
    from: &'a TableName,
    names: &'a Names,
}

impl Parser<'_> {
    fn peek(&self, ahead: usize) -> Option<&Token> {
        self.tokens.get(self.at + ahead).map(|(token, _)| token)
    }

    /// Where the current token stands, or the end of the text.
    fn here(&self) -> Range<usize> {
        self.tokens.get(self.at).map_or(self.length..self.length, |(_, range)| range.clone())
    }

    fn expect(&mut self, token: &Token, message: &str) -> Result<(), Mistake> {
        if self.peek(0) == Some(token) {
            self.at += 1;
            Ok(())
        } else {
            mistake(self.here(), message)
        }
    }

    fn column(&mut self) -> Result<ColumnPath, Mistake> {
        match self.peek(0) {
            Some(Token::Name(path)) => {
                let path = path.clone();
                self.at += 1;
                Ok(path)
            }
            Some(Token::Dot | Token::Star | Token::Arrow | Token::Open | Token::Close | Token::Comma) | None => {
                mistake(self.here(), "a column is missing here")
            }
        }
    }

    fn columns(&mut self) -> Result<Vec<ColumnPath>, Mistake> {
        let open = self.here();
        self.expect(&Token::Open, "`(` is missing here")?;
        let mut columns = vec![self.column()?];
        while self.peek(0) == Some(&Token::Comma) {
            self.at += 1;
            columns.push(self.column()?);
        }
        if self.peek(0) == Some(&Token::Close) {
            self.at += 1;
            return Ok(columns);
        }
        Err(Mistake {
            part: open,
            message: "the parenthesis is not closed".to_owned(),
            suggestion: Some("inside […] and {…} a comma ends a text: put the whole path in quotes".to_owned()),
        })
    }

    fn plain_columns(&mut self) -> Result<Vec<String>, Mistake> {
        let start = self.here().start;
        let columns = self.columns()?;
        self.plain(columns, start)
    }

    fn plain(&self, columns: Vec<ColumnPath>, start: usize) -> Result<Vec<String>, Mistake> {
        let end = self.tokens.get(self.at.saturating_sub(1)).map_or(self.length, |(_, range)| range.end);
        if columns.iter().any(|path| !path.json.is_empty()) {
            return mistake(start..end, "a place inside JSON cannot stand here");
        }
        Ok(columns.into_iter().map(|path| path.column).collect())
    }

    fn hop(&mut self) -> Result<Hop, Mistake> {
        let start = self.here().start;
        if let Some(table) = self.reverse_table()? {
            return Ok(Hop::From { table, columns: self.columns()? });
        }
        let columns = if self.peek(0) == Some(&Token::Open) { self.columns()? } else { vec![self.column()?] };
        if self.peek(0) == Some(&Token::Star) {
            self.at += 1;
            return Ok(Hop::Up { columns: self.plain(columns, start)? });
        }
        let to = if self.peek(0) == Some(&Token::Arrow) {
            self.at += 1;
            Some(self.arrow_table()?)
        } else {
            None
        };
        Ok(Hop::To { columns, to })
    }

    /// Names joined by dots from here on, with the place of each.
    fn dotted(&self) -> Vec<(String, Range<usize>)> {
        let mut parts = Vec::new();
        let mut ahead = 0;
        while let Some(Token::Name(path)) = self.peek(ahead) {
            if !path.json.is_empty() {
                break;
            }
            parts.push((path.column.clone(), self.tokens[self.at + ahead].1.clone()));
            if self.peek(ahead + 1) != Some(&Token::Dot) {
                break;
            }
            ahead += 2;
        }
        parts
    }

    /// The table before an opening parenthesis, where a hop goes back through another table; the parser then stands before `(`.
    fn reverse_table(&mut self) -> Result<Option<TableName>, Mistake> {
        let parts = self.dotted();
        let opens = |count: usize| count > 0 && self.peek(2 * count - 1) == Some(&Token::Open);
        let Some(count) = (1..=parts.len().min(3)).find(|count| opens(*count)) else { return Ok(None) };
        let words: Vec<&str> = parts[..count].iter().map(|(word, _)| word.as_str()).collect();
        match self.names.find_table(&words, self.from) {
            Some(table) => {
                self.at += 2 * count - 1;
                Ok(Some(table))
            }
            // `a.b(c)`: a column `a`, and then back through a table `b`.
            None if count > 1 => Ok(None),
            None => Err(self.names.unknown_local_table(words[0], self.from, parts[0].1.clone())),
        }
    }

    /// The table after `->`, in full.
    fn arrow_table(&mut self) -> Result<TableName, Mistake> {
        let parts = self.dotted();
        for count in (2..=parts.len().min(3)).rev() {
            let words: Vec<&str> = parts[..count].iter().map(|(word, _)| word.as_str()).collect();
            if let Some(table) = self.names.full_table(&words) {
                self.at += 2 * count - 1;
                return Ok(table);
            }
        }
        match parts.as_slice() {
            [(source, first), (name, second), ..] => {
                let table = TableName::new(&crate::names::SourceName::new(source), None, name);
                Err(self.names.unknown_table(&table, first.start..second.end))
            }
            [_] | [] => mistake(self.here(), "after `->` stands a table with its source, such as `->app.seat`"),
        }
    }
}
