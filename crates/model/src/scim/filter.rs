//! Filters: RFC 7644, section 3.4.2.2, read into a tree.

use serde_json::Value;

use super::Error;
use super::path::{AttributePath, is_path_character};

/// Bytes of a filter at most.
pub const LONGEST_BYTES: usize = 4_000;

/// Brackets within brackets at most.
pub const DEEPEST: usize = 16;

/// Which resources are meant, or which values of an attribute that has several.
#[derive(Debug, Clone, PartialEq)]
pub enum Filter {
    /// All of them hold; at least two.
    All(Vec<Filter>),
    /// One of them holds; at least two.
    Any(Vec<Filter>),
    Not(Box<Filter>),
    /// The attribute has a value.
    Present(AttributePath),
    Compare {
        path: AttributePath,
        operator: Operator,
        literal: Literal,
    },
    /// One value of the attribute fits the filter.
    Values {
        path: AttributePath,
        filter: Box<Filter>,
    },
}

/// How a value is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operator {
    Equal,
    NotEqual,
    Contains,
    StartsWith,
    EndsWith,
    Greater,
    GreaterOrEqual,
    Less,
    LessOrEqual,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub enum Literal {
    Text(String),
    Number(f64),
    Flag(bool),
    Null,
}

/// Reads a filter.
///
/// # Errors
/// [`Error::InvalidFilter`] with the byte at which it cannot be read any more.
pub fn parse(text: &str) -> Result<Filter, Error> {
    if text.len() > LONGEST_BYTES {
        return Err(Error::InvalidFilter(format!("it has more than {LONGEST_BYTES} bytes")));
    }
    let mut reader = Reader { text, at: 0, inside: false };
    let filter = reader.any(0)?;
    reader.skip_spaces();
    if reader.at < text.len() { Err(reader.wrong("`and`, `or` or the end")) } else { Ok(filter) }
}

impl Filter {
    /// The text that every fitting resource has in this attribute, of a schema with this URN, if the filter is such that it can be read off.
    pub fn demanded<'a>(&'a self, urn: &str, name: &str) -> Option<&'a str> {
        match self {
            Self::All(parts) => parts.iter().find_map(|part| part.demanded(urn, name)),
            Self::Compare { path, operator: Operator::Equal, literal: Literal::Text(text) } => {
                (path.is(urn, name) && path.part.is_none()).then_some(text.as_str())
            }
            Self::Any(_) | Self::Not(_) | Self::Present(_) | Self::Compare { .. } | Self::Values { .. } => None,
        }
    }

    /// Whether an attribute of this name is looked at.
    pub fn mentions(&self, name: &str) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.mentions(name)),
            Self::Not(part) => part.mentions(name),
            Self::Present(path) | Self::Compare { path, .. } | Self::Values { path, .. } => path.name.eq_ignore_ascii_case(name),
        }
    }
}

/// Operators as they are written.
const OPERATORS: [(&str, Operator); 9] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("co", Operator::Contains),
    ("sw", Operator::StartsWith),
    ("ew", Operator::EndsWith),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
];

struct Reader<'a> {
    text: &'a str,
    at: usize,
    /// Whether it stands between square brackets: there are none within those.
    inside: bool,
}

impl<'a> Reader<'a> {
    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    fn wrong(&self, expected: &str) -> Error {
        Error::InvalidFilter(format!("{expected} is expected at byte {}", self.at))
    }

    fn skip_spaces(&mut self) {
        self.at = self.text.len() - self.rest().trim_start_matches(' ').len();
    }

    fn symbol(&mut self, symbol: char) -> bool {
        self.skip_spaces();
        let found = self.rest().starts_with(symbol);
        if found {
            self.at += symbol.len_utf8();
        }
        found
    }

    /// What is written up to a space or a bracket.
    fn token(&mut self) -> &'a str {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find([' ', '(', ')', '[', ']']).unwrap_or(rest.len());
        self.at += end;
        &rest[..end]
    }

    /// Goes on behind this word, if it comes next.
    fn word(&mut self, word: &str) -> bool {
        let before = self.at;
        let found = self.token().eq_ignore_ascii_case(word);
        if !found {
            self.at = before;
        }
        found
    }

    fn any(&mut self, depth: usize) -> Result<Filter, Error> {
        let mut parts = vec![self.all(depth)?];
        while self.word("or") {
            parts.push(self.all(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::Any(parts) } else { parts.remove(0) })
    }

    fn all(&mut self, depth: usize) -> Result<Filter, Error> {
        let mut parts = vec![self.one(depth)?];
        while self.word("and") {
            parts.push(self.one(depth)?);
        }
        Ok(if parts.len() > 1 { Filter::All(parts) } else { parts.remove(0) })
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Error> {
        if depth > DEEPEST {
            return Err(Error::InvalidFilter(format!("there are more than {DEEPEST} brackets within brackets")));
        }
        if self.symbol('(') {
            return self.closed(depth, ')');
        }
        let before = self.at;
        if self.word("not") && self.symbol('(') {
            return Ok(Filter::Not(Box::new(self.closed(depth, ')')?)));
        }
        self.at = before;
        let path = self.path()?;
        if !self.inside && path.part.is_none() && self.rest().starts_with('[') {
            self.at += 1;
            self.inside = true;
            let filter = self.closed(depth, ']')?;
            self.inside = false;
            return Ok(Filter::Values { path, filter: Box::new(filter) });
        }
        self.comparison(path)
    }

    fn closed(&mut self, depth: usize, bracket: char) -> Result<Filter, Error> {
        let filter = self.any(depth + 1)?;
        if self.symbol(bracket) { Ok(filter) } else { Err(self.wrong(&format!("`{bracket}`"))) }
    }

    fn path(&mut self) -> Result<AttributePath, Error> {
        self.skip_spaces();
        let rest = self.rest();
        let end = rest.find(|character| !is_path_character(character)).unwrap_or(rest.len());
        let path = AttributePath::parse(&rest[..end]).ok_or_else(|| self.wrong("the name of an attribute"))?;
        self.at += end;
        Ok(path)
    }

    fn comparison(&mut self, path: AttributePath) -> Result<Filter, Error> {
        let before = self.at;
        let word = self.token();
        if word.eq_ignore_ascii_case("pr") {
            return Ok(Filter::Present(path));
        }
        let known = OPERATORS.iter().find(|(name, _)| word.eq_ignore_ascii_case(name));
        let Some((_, operator)) = known else {
            self.at = before;
            return Err(self.wrong("an operator such as `eq`"));
        };
        Ok(Filter::Compare { path, operator: *operator, literal: self.literal()? })
    }

    fn literal(&mut self) -> Result<Literal, Error> {
        self.skip_spaces();
        let rest = self.rest();
        if rest.starts_with('"') {
            let end = end_of_string(rest).ok_or_else(|| self.wrong("the end of a text"))?;
            let text = serde_json::from_str(&rest[..end]).map_err(|_| self.wrong("a text as in JSON"))?;
            self.at += end;
            return Ok(Literal::Text(text));
        }
        let before = self.at;
        // Some providers write `True`.
        let read = serde_json::from_str(&self.token().to_ascii_lowercase());
        let literal = match read {
            Ok(Value::Null) => Some(Literal::Null),
            Ok(Value::Bool(flag)) => Some(Literal::Flag(flag)),
            Ok(Value::Number(number)) => number.as_f64().map(Literal::Number),
            Ok(Value::String(_) | Value::Array(_) | Value::Object(_)) | Err(_) => None,
        };
        literal.ok_or_else(|| {
            self.at = before;
            self.wrong("a text in quotes, a number, true, false or null")
        })
    }
}

/// Where the text in quotes that something begins with ends.
fn end_of_string(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> AttributePath {
        AttributePath::parse(text).unwrap()
    }

    fn equal(name: &str, text: &str) -> Filter {
        Filter::Compare { path: path(name), operator: Operator::Equal, literal: Literal::Text(text.to_owned()) }
    }

    #[test]
    fn and_binds_tighter_than_or() {
        let got = parse("a eq \"1\" or b eq \"2\" AND c eq \"3\"").unwrap();
        assert_eq!(got, Filter::Any(vec![equal("a", "1"), Filter::All(vec![equal("b", "2"), equal("c", "3")])]));
        let got = parse("(a eq \"1\" or b eq \"2\") and not (c pr)").unwrap();
        let either = Filter::Any(vec![equal("a", "1"), equal("b", "2")]);
        assert_eq!(got, Filter::All(vec![either, Filter::Not(Box::new(Filter::Present(path("c"))))]));
    }

    #[test]
    fn texts_are_those_of_json() {
        assert_eq!(parse(r#"a eq "O\"Malley \u00e9 ] )""#).unwrap(), equal("a", "O\"Malley é ] )"));
        assert!(matches!(parse("a eq True"), Ok(Filter::Compare { literal: Literal::Flag(true), .. })));
        assert!(matches!(parse("a gt -1.5e1"), Ok(Filter::Compare { literal: Literal::Number(number), .. }) if number == -15.0));
        assert!(matches!(parse("a ne null"), Ok(Filter::Compare { literal: Literal::Null, .. })));
    }

    #[test]
    fn values_of_an_attribute_are_chosen_in_square_brackets() {
        let got = parse("emails[type eq \"work\" and value co \"@\"] or ims[type pr]").unwrap();
        let Filter::Any(parts) = got else { panic!("{got:?}") };
        assert!(matches!(&parts[0], Filter::Values { path, filter } if path.name == "emails" && matches!(**filter, Filter::All(_))));
        assert!(matches!(&parts[1], Filter::Values { .. }));
    }

    #[test]
    fn what_cannot_be_read_says_where() {
        for text in [
            "",
            " ",
            "userName",
            "userName eq",
            "userName is \"x\"",
            "userName eq x",
            "userName eq 'x'",
            "userName eq \"x",
            "userName eq \"x\" userName eq \"y\"",
            "(userName pr",
            "userName pr)",
            "userName pr and",
            "not userName pr",
            "emails[type eq \"work\"",
            "emails[value[type pr]]",
            "emails.type[value pr]",
            "eq \"x\"",
            "userName eq {}",
            "userName eq []",
        ] {
            let got = parse(text);
            assert!(matches!(&got, Err(Error::InvalidFilter(detail)) if detail.contains("at byte")), "{text:?}: {got:?}");
        }
    }

    #[test]
    fn long_and_deep_filters_are_refused() {
        assert!(parse(&format!("a eq \"{}\"", "x".repeat(LONGEST_BYTES))).is_err());
        let nested = |depth: usize| format!("{}a pr{}", "(".repeat(depth), ")".repeat(depth));
        assert!(parse(&nested(DEEPEST)).is_ok());
        assert!(parse(&nested(DEEPEST + 1)).is_err());
        assert!(parse(&"not (".repeat(700)).is_err());
    }

    #[test]
    fn a_demanded_text_is_read_off_conjunctions_alone() {
        let urn = "urn:ietf:params:scim:schemas:core:2.0:User";
        for (text, want) in [
            ("userName eq \"ada\"", Some("ada")),
            ("USERNAME EQ \"ada\" and active eq true", Some("ada")),
            ("urn:ietf:params:scim:schemas:core:2.0:User:userName eq \"ada\"", Some("ada")),
            ("userName eq \"ada\" or active eq true", None),
            ("not (userName eq \"ada\")", None),
            ("userName co \"ada\"", None),
            ("urn:other:userName eq \"ada\"", None),
        ] {
            assert_eq!(parse(text).unwrap().demanded(urn, "userName"), want, "{text}");
        }
    }
}
