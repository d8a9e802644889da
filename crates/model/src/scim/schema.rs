//! The attributes that the desk keeps of users and groups: RFC 7643, as much of it as an exit desk has a use for.

/// What is pushed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Resource {
    User,
    Group,
}

/// An attribute, or a part of one.
#[derive(Debug)]
pub struct Attribute {
    pub name: &'static str,
    pub description: &'static str,
    pub kind: Kind,
    /// Whether it has several values.
    pub many: bool,
    pub required: bool,
    pub case_exact: bool,
    pub mutability: Mutability,
    /// Whether no two resources of a contract have the same.
    pub unique: bool,
    /// Values that are known; others are taken too.
    pub canonical: &'static [&'static str],
    /// Of a reference: what it may lead to.
    pub references: &'static [&'static str],
    pub parts: &'static [Attribute],
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Flag,
    Moment,
    Reference,
    Complex,
}

/// Who may set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mutability {
    ReadWrite,
    /// The desk alone.
    ReadOnly,
    /// The provider, once.
    Immutable,
}

impl Resource {
    /// Both of them.
    pub const ALL: [Self; 2] = [Self::User, Self::Group];

    /// Its name, as `meta.resourceType` holds it.
    pub fn name(self) -> &'static str {
        match self {
            Self::User => "User",
            Self::Group => "Group",
        }
    }

    /// Where it is found.
    pub fn endpoint(self) -> &'static str {
        match self {
            Self::User => "/Users",
            Self::Group => "/Groups",
        }
    }

    /// The URN of its schema.
    pub fn urn(self) -> &'static str {
        match self {
            Self::User => "urn:ietf:params:scim:schemas:core:2.0:User",
            Self::Group => "urn:ietf:params:scim:schemas:core:2.0:Group",
        }
    }

    /// What it is, in a sentence.
    pub fn description(self) -> &'static str {
        match self {
            Self::User => "A person of the contract",
            Self::Group => "A group of persons; some give roles at the desk",
        }
    }

    /// The attributes of its schema.
    pub fn attributes(self) -> &'static [Attribute] {
        match self {
            Self::User => USER,
            Self::Group => GROUP,
        }
    }

    /// The attribute of this name, those among them that all resources have.
    pub fn attribute(self, name: &str) -> Option<&'static Attribute> {
        self.attributes().iter().chain(COMMON).find(|attribute| attribute.name.eq_ignore_ascii_case(name))
    }
}

impl Attribute {
    /// Its part of this name.
    pub fn part(&self, name: &str) -> Option<&'static Attribute> {
        self.parts.iter().find(|part| part.name.eq_ignore_ascii_case(name))
    }
}

const fn text(name: &'static str, description: &'static str) -> Attribute {
    Attribute {
        name,
        description,
        kind: Kind::Text,
        many: false,
        required: false,
        case_exact: false,
        mutability: Mutability::ReadWrite,
        unique: false,
        canonical: &[],
        references: &[],
        parts: &[],
    }
}

const fn flag(name: &'static str, description: &'static str) -> Attribute {
    Attribute { kind: Kind::Flag, ..text(name, description) }
}

const fn set(name: &'static str, description: &'static str) -> Attribute {
    Attribute { case_exact: true, mutability: Mutability::ReadOnly, ..text(name, description) }
}

/// What every resource has. They stand in no schema.
const COMMON: &[Attribute] = &[
    Attribute {
        kind: Kind::Reference,
        many: true,
        case_exact: true,
        mutability: Mutability::ReadOnly,
        ..text("schemas", "The URNs of its schemas")
    },
    Attribute { unique: true, ..set("id", "The desk's name for it") },
    Attribute { case_exact: true, ..text("externalId", "The provider's name for it") },
    Attribute {
        kind: Kind::Complex,
        mutability: Mutability::ReadOnly,
        parts: &[
            set("resourceType", "What it is"),
            Attribute { kind: Kind::Moment, ..set("created", "When it was pushed first") },
            Attribute { kind: Kind::Moment, ..set("lastModified", "When it was changed last") },
            Attribute { kind: Kind::Reference, ..set("location", "Where it is") },
            set("version", "Its ETag"),
        ],
        ..text("meta", "What the desk knows of it")
    },
];

const USER: &[Attribute] = &[
    Attribute { required: true, unique: true, ..text("userName", "The name that the person signs in with at the provider") },
    Attribute {
        kind: Kind::Complex,
        parts: &[text("formatted", "The whole name"), text("familyName", "The family name"), text("givenName", "The given name")],
        ..text("name", "The person's name")
    },
    text("displayName", "The name that is shown"),
    text("preferredLanguage", "The language that the person is written to in, as in de-AT"),
    flag("active", "Whether the person may sign in; without the seat, its erasure is proposed"),
    Attribute {
        kind: Kind::Complex,
        many: true,
        parts: &[
            text("value", "The address"),
            Attribute { canonical: &["work", "home", "other"], ..text("type", "What it is for") },
            flag("primary", "Whether it is the one that names the person's seat"),
        ],
        ..text("emails", "The person's addresses; the primary one, else one for work, else the first names their seat")
    },
    Attribute {
        kind: Kind::Complex,
        many: true,
        mutability: Mutability::ReadOnly,
        parts: &[
            set("value", "The group's id"),
            Attribute { kind: Kind::Reference, references: &["Group"], ..set("$ref", "Where the group is") },
            Attribute { case_exact: false, ..set("display", "The group's name") },
            Attribute { canonical: &["direct"], case_exact: false, ..set("type", "How the person belongs to it") },
        ],
        ..text("groups", "The groups that the person belongs to")
    },
];

const GROUP: &[Attribute] = &[
    Attribute { required: true, unique: true, ..text("displayName", "The group's name") },
    Attribute {
        kind: Kind::Complex,
        many: true,
        parts: &[
            Attribute { case_exact: true, mutability: Mutability::Immutable, ..text("value", "The user's id") },
            // Both follow from the id: what is sent is taken without a complaint, and not kept.
            Attribute {
                kind: Kind::Reference,
                references: &["User"],
                mutability: Mutability::Immutable,
                ..set("$ref", "Where the user is")
            },
            Attribute { canonical: &["User"], mutability: Mutability::Immutable, ..set("type", "What the member is") },
        ],
        ..text("members", "The users who belong to it")
    },
];
