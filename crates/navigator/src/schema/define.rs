//! What a table of Navigator is made of, in words that both SQL dialects share.

/// The type of a column, rendered per dialect by `schema::ddl`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Integer,
    Text,
    /// Text of at most so many characters.
    Varchar(u16),
    Boolean,
    /// An instant in UTC, to the second.
    Moment,
    Date,
    Json,
    Uuid,
    /// A number with two decimals and at most so many digits.
    Decimal(u8),
    Bytes,
}

/// What happens to a row when the row it points to is deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OnDelete {
    NoAction,
    Cascade,
    SetNull,
}

/// A foreign key of one column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    pub table: &'static str,
    pub on_delete: OnDelete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    pub nullable: bool,
    pub unique: bool,
    /// Looked up by value, so that it has an index of its own. Foreign keys have one anyhow.
    pub indexed: bool,
    /// Points to the `id` of another table.
    pub reference: Option<Reference>,
    /// The only values allowed; empty when any is.
    pub allowed: &'static [&'static str],
}

impl Column {
    const fn new(name: &'static str, kind: Kind) -> Self {
        Self { name, kind, nullable: false, unique: false, indexed: false, reference: None, allowed: &[] }
    }

    pub const fn null(mut self) -> Self {
        self.nullable = true;
        self
    }

    pub const fn unique(mut self) -> Self {
        self.unique = true;
        self
    }

    pub const fn indexed(mut self) -> Self {
        self.indexed = true;
        self
    }

    pub const fn one_of(mut self, allowed: &'static [&'static str]) -> Self {
        self.allowed = allowed;
        self
    }

    pub const fn cascade(self) -> Self {
        self.on_delete(OnDelete::Cascade)
    }

    /// Set to null when the row it points to goes; the column is nullable.
    pub const fn set_null(self) -> Self {
        self.null().on_delete(OnDelete::SetNull)
    }

    const fn on_delete(mut self, on_delete: OnDelete) -> Self {
        if let Some(reference) = self.reference {
            self.reference = Some(Reference { table: reference.table, on_delete });
        }
        self
    }
}

pub const fn id() -> Column {
    Column::new("id", Kind::Integer)
}

/// A foreign key to the `id` of another table.
pub const fn refers(name: &'static str, table: &'static str) -> Column {
    let mut column = Column::new(name, Kind::Integer);
    column.reference = Some(Reference { table, on_delete: OnDelete::NoAction });
    column
}

pub const fn int(name: &'static str) -> Column {
    Column::new(name, Kind::Integer)
}

pub const fn text(name: &'static str) -> Column {
    Column::new(name, Kind::Text)
}

pub const fn varchar(name: &'static str, longest: u16) -> Column {
    Column::new(name, Kind::Varchar(longest))
}

pub const fn boolean(name: &'static str) -> Column {
    Column::new(name, Kind::Boolean)
}

pub const fn moment(name: &'static str) -> Column {
    Column::new(name, Kind::Moment)
}

pub const fn date(name: &'static str) -> Column {
    Column::new(name, Kind::Date)
}

pub const fn json(name: &'static str) -> Column {
    Column::new(name, Kind::Json)
}

pub const fn uuid(name: &'static str) -> Column {
    Column::new(name, Kind::Uuid)
}

pub const fn decimal(name: &'static str, digits: u8) -> Column {
    Column::new(name, Kind::Decimal(digits))
}

pub const fn bytes(name: &'static str) -> Column {
    Column::new(name, Kind::Bytes)
}

/// A foreign key of several columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CompositeReference {
    pub columns: &'static [&'static str],
    pub table: &'static str,
    pub referenced: &'static [&'static str],
    pub on_delete: OnDelete,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    pub name: &'static str,
    /// What a row says, in one sentence; becomes the table's comment where the database has comments.
    pub about: &'static str,
    pub columns: &'static [Column],
    pub primary_key: &'static [&'static str],
    pub composite: &'static [CompositeReference],
}

impl Table {
    pub const fn new(name: &'static str, about: &'static str, columns: &'static [Column]) -> Self {
        Self { name, about, columns, primary_key: &["id"], composite: &[] }
    }

    pub const fn key(mut self, columns: &'static [&'static str]) -> Self {
        self.primary_key = columns;
        self
    }

    pub const fn refers(mut self, references: &'static [CompositeReference]) -> Self {
        self.composite = references;
        self
    }

    /// Column sets that need an index beside the primary key and the unique columns: each foreign key that no key begins with.
    pub fn indexes(&self) -> Vec<Vec<&'static str>> {
        let single = self.columns.iter().filter(|column| (column.reference.is_some() || column.indexed) && !column.unique);
        let wanted = single.map(|column| vec![column.name]).chain(self.composite.iter().map(|key| key.columns.to_vec()));
        let mut indexes: Vec<Vec<&'static str>> = Vec::new();
        for columns in wanted {
            if !self.primary_key.starts_with(&columns) && !indexes.contains(&columns) {
                indexes.push(columns);
            }
        }
        indexes
    }
}
