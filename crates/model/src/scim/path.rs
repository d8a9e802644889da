//! Names of attributes: `userName`, `name.familyName`, `urn:ietf:params:scim:schemas:core:2.0:User:emails.value`.

/// The name of an attribute or of a part of one. Names are compared without regard to case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttributePath {
    /// The schema's URN, where it was written out.
    pub schema: Option<String>,
    pub name: String,
    pub part: Option<String>,
}

impl AttributePath {
    /// The attribute of this name; `None` for a text that names none.
    pub fn parse(text: &str) -> Option<Self> {
        let is_urn = text.get(..4).is_some_and(|start| start.eq_ignore_ascii_case("urn:"));
        let (schema, rest) = match is_urn {
            true => text.rsplit_once(':').map(|(schema, rest)| (Some(schema.to_owned()), rest))?,
            false => (None, text),
        };
        let (name, part) = match rest.split_once('.') {
            Some((name, part)) => (name, Some(part)),
            None => (rest, None),
        };
        let fits = is_name(name) && part.is_none_or(is_name);
        fits.then(|| Self { schema, name: name.to_owned(), part: part.map(str::to_owned) })
    }

    /// Whether it is the attribute of this name, of the schema with this URN or of none that was written out.
    pub fn is(&self, urn: &str, name: &str) -> bool {
        self.is_of(urn) && self.name.eq_ignore_ascii_case(name)
    }

    /// Whether it is an attribute of the schema with this URN, as far as it says so.
    pub fn is_of(&self, urn: &str) -> bool {
        self.schema.as_deref().is_none_or(|schema| schema.eq_ignore_ascii_case(urn))
    }
}

/// `ATTRNAME` of RFC 7644, figure 1, and `$ref`.
fn is_name(text: &str) -> bool {
    let name = text.strip_prefix('$').unwrap_or(text);
    name.starts_with(|first: char| first.is_ascii_alphabetic())
        && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '-' || character == '_')
}

/// Whether a character may stand in a written attribute path.
pub(super) fn is_path_character(character: char) -> bool {
    character.is_ascii_alphanumeric() || matches!(character, '-' | '_' | '.' | ':' | '$')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(schema: Option<&str>, name: &str, part: Option<&str>) -> Option<AttributePath> {
        Some(AttributePath { schema: schema.map(str::to_owned), name: name.to_owned(), part: part.map(str::to_owned) })
    }

    #[test]
    fn the_dots_of_a_urn_are_no_parts() {
        let user = "urn:ietf:params:scim:schemas:core:2.0:User";
        assert_eq!(AttributePath::parse("userName"), path(None, "userName", None));
        assert_eq!(AttributePath::parse("name.familyName"), path(None, "name", Some("familyName")));
        assert_eq!(AttributePath::parse("members.$ref"), path(None, "members", Some("$ref")));
        assert_eq!(AttributePath::parse(&format!("{user}:userName")), path(Some(user), "userName", None));
        assert_eq!(AttributePath::parse(&format!("{user}:name.givenName")), path(Some(user), "name", Some("givenName")));
    }

    #[test]
    fn what_is_no_name_names_nothing() {
        for text in ["", ".", "a.", ".a", "a.b.c", "a b", "1a", "é", "urn:", "urn:a:b:", "$", "a[b]"] {
            assert_eq!(AttributePath::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn names_are_compared_without_case() {
        let got = AttributePath::parse("URN:ietf:params:scim:schemas:core:2.0:USER:UserNAME").unwrap();
        assert!(got.is("urn:ietf:params:scim:schemas:core:2.0:User", "userName"));
        assert!(!got.is("urn:ietf:params:scim:schemas:core:2.0:Group", "userName"));
    }
}
