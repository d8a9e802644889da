//! Column types and values that SQLite and PostgreSQL both keep exactly.

use serde_json::Value as Json;

use super::dice::Dice;

/// Which database a world is laid out for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialect {
    Sqlite,
    Postgres,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Smallint,
    Integer,
    Bigint,
    Text,
    Varchar(u32),
    Boolean,
    Double,
    Decimal,
    Date,
    Time,
    Timestamp,
    TimestampWithZone,
    Interval,
    Uuid,
    Json,
    Bytes,
    Mood,
    TextArray,
    Address,
}

/// The labels of the enumeration [`Kind::Mood`].
pub const MOODS: [&str; 3] = ["glad", "so so", "O'Sad"];

impl Kind {
    pub const ALL: [Self; 19] = [
        Self::Smallint,
        Self::Integer,
        Self::Bigint,
        Self::Text,
        Self::Varchar(40),
        Self::Boolean,
        Self::Double,
        Self::Decimal,
        Self::Date,
        Self::Time,
        Self::Timestamp,
        Self::TimestampWithZone,
        Self::Interval,
        Self::Uuid,
        Self::Json,
        Self::Bytes,
        Self::Mood,
        Self::TextArray,
        Self::Address,
    ];

    pub fn declared(self, dialect: Dialect) -> String {
        let (sqlite, postgres) = match self {
            Self::Smallint => ("SMALLINT", "smallint"),
            Self::Integer => ("INTEGER", "integer"),
            Self::Bigint => ("BIGINT", "bigint"),
            Self::Text => ("TEXT", "text"),
            Self::Varchar(length) => return format!("varchar({length})"),
            Self::Boolean => ("BOOLEAN", "boolean"),
            Self::Double => ("DOUBLE", "double precision"),
            Self::Decimal => ("DECIMAL(12,2)", "numeric(12,2)"),
            Self::Date => ("DATE", "date"),
            Self::Time => ("TIME", "time"),
            Self::Timestamp => ("TIMESTAMP", "timestamp"),
            Self::TimestampWithZone => ("DATETIME", "timestamptz"),
            Self::Interval => ("TEXT", "interval"),
            Self::Uuid => ("UUID", "uuid"),
            Self::Json => ("JSON", "jsonb"),
            Self::Bytes => ("BLOB", "bytea"),
            Self::Mood => ("TEXT", "mood"),
            Self::TextArray => ("TEXT", "text[]"),
            Self::Address => ("TEXT", "inet"),
        };
        match dialect {
            Dialect::Sqlite => sqlite.to_owned(),
            Dialect::Postgres => postgres.to_owned(),
        }
    }

    pub fn is_text(self) -> bool {
        matches!(self, Self::Text | Self::Varchar(_))
    }
}

#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    Null,
    Integer(i64),
    Boolean(bool),
    /// A float or a decimal, always with an exact binary fraction of a quarter.
    Number(f64),
    Bytes(Vec<u8>),
    Json(Json),
    /// Any other type in the text form that PostgreSQL prints in UTC.
    Text(String),
}

impl Value {
    pub fn is_null(&self) -> bool {
        *self == Self::Null
    }

    /// The one text form by which snapshots of both databases are compared; `None` is null.
    pub fn canonical(&self) -> Option<String> {
        match self {
            Self::Null => None,
            Self::Integer(number) => Some(number.to_string()),
            Self::Boolean(truth) => Some(truth.to_string()),
            Self::Number(number) => Some(number.to_string()),
            Self::Bytes(bytes) => Some(hex(bytes)),
            Self::Json(json) => Some(sorted(json).to_string()),
            Self::Text(text) => Some(text.clone()),
        }
    }

    pub fn literal(&self, dialect: Dialect) -> String {
        match (self, dialect) {
            (Self::Null, _) => "NULL".to_owned(),
            (Self::Integer(number), Dialect::Sqlite) => number.to_string(),
            (Self::Number(number), Dialect::Sqlite) => number.to_string(),
            (Self::Boolean(truth), Dialect::Sqlite) => u8::from(*truth).to_string(),
            (Self::Bytes(bytes), Dialect::Sqlite) => format!("X'{}'", hex(bytes)),
            (Self::Bytes(bytes), Dialect::Postgres) => format!("'\\x{}'", hex(bytes)),
            (Self::Json(json), _) => quoted(&json.to_string()),
            (Self::Text(text), _) => quoted(text),
            // Quoted literals take the column's type.
            (Self::Integer(number), Dialect::Postgres) => format!("'{number}'"),
            (Self::Number(number), Dialect::Postgres) => format!("'{number}'"),
            (Self::Boolean(truth), Dialect::Postgres) => format!("'{truth}'"),
        }
    }

    /// A value of a place inside a JSON value; null where the place is missing or null.
    pub fn inside(&self, path: &[String]) -> Self {
        let Self::Json(json) = self else { return if path.is_empty() { self.clone() } else { Self::Null } };
        match path.iter().try_fold(json, |json, name| json.get(name)) {
            None | Some(Json::Null) => Self::Null,
            Some(Json::String(text)) => Self::Text(text.clone()),
            Some(Json::Number(number)) => number.as_i64().map_or(Self::Null, Self::Integer),
            Some(Json::Bool(truth)) => Self::Boolean(*truth),
            Some(other) => Self::Json(other.clone()),
        }
    }
}

/// Texts that trip up careless quoting, comparing and encoding.
const TEXTS: [&str; 29] = [
    "",
    " ",
    "a",
    "A",
    "b",
    "a ",
    "0",
    "007",
    "1",
    "1.0",
    "1e3",
    "-1",
    "null",
    "NULL",
    "o'brien",
    "\"quoted\"",
    "back\\slash",
    "%",
    "_",
    "semi;colon",
    "=1+1",
    "'mark",
    "＠wide",
    "new\nline",
    "tab\there",
    "äöü",
    "İstanbul",
    "日本",
    "😀",
];

/// A random value; never null.
pub fn random(kind: Kind, dice: &mut Dice) -> Value {
    let moment = |dice: &mut Dice| {
        format!(
            "20{:02}-{:02}-{:02} {:02}:{:02}:{:02}",
            dice.between(10, 29),
            dice.between(1, 12),
            dice.between(1, 28),
            dice.between(0, 23),
            dice.between(0, 59),
            dice.between(0, 59)
        )
    };
    match kind {
        Kind::Smallint => Value::Integer(dice.number(-3, 300)),
        Kind::Integer => Value::Integer(*dice.pick(&[0, 1, -1, 42, 2_147_483_647, -2_147_483_648])),
        Kind::Bigint => Value::Integer(*dice.pick(&[0, 1, -1, 4_294_967_296, i64::MAX, i64::MIN + 1])),
        Kind::Text | Kind::Varchar(_) => Value::Text((*dice.pick(&TEXTS)).to_owned()),
        Kind::Boolean => Value::Boolean(dice.chance(50)),
        Kind::Double | Kind::Decimal => Value::Number(dice.number(-400, 400) as f64 + 0.25),
        Kind::Date => Value::Text(moment(dice)[..10].to_owned()),
        Kind::Time => Value::Text(moment(dice)[11..].to_owned()),
        Kind::Timestamp => Value::Text(moment(dice)),
        Kind::TimestampWithZone => Value::Text(moment(dice) + "+00"),
        Kind::Interval => Value::Text((*dice.pick(&["1 day", "01:02:03", "1 year 2 mons"])).to_owned()),
        Kind::Uuid => Value::Text(uuid(dice.number(0, i64::MAX))),
        Kind::Json => Value::Json(json(dice)),
        Kind::Bytes => Value::Bytes(match dice.between(0, 3) {
            0 => Vec::new(),
            1 => vec![0],
            2 => vec![0xff, 0x00, 0x27, 0x5c],
            _ => b"plain".to_vec(),
        }),
        Kind::Mood => Value::Text((*dice.pick(&MOODS)).to_owned()),
        Kind::TextArray => Value::Text((*dice.pick(&["{}", "{a,b}", "{NULL,\"x y\"}"])).to_owned()),
        Kind::Address => Value::Text((*dice.pick(&["10.0.0.1", "::1", "192.168.0.0/16"])).to_owned()),
    }
}

/// The value for the `position`-th row of a key column: all positions differ, and the first ones are the awkward ones.
pub fn key(kind: Kind, position: usize) -> Value {
    let number = position as i64;
    match kind {
        Kind::Smallint => Value::Integer(number - 1),
        Kind::Integer => Value::Integer([0, -1, 1, 10, 2_147_483_647].get(position).copied().unwrap_or(100 + number)),
        Kind::Bigint => Value::Integer([0, -1, 4_294_967_296, i64::MAX, 2].get(position).copied().unwrap_or(5_000_000_000 + number)),
        Kind::Text | Kind::Varchar(_) => {
            Value::Text(TEXTS.get(position).map_or_else(|| format!("key {position}"), |text| (*text).to_owned()))
        }
        Kind::Date => Value::Text(format!("20{:02}-{:02}-01", 10 + position / 12, 1 + position % 12)),
        Kind::Uuid => Value::Text(uuid(number)),
        Kind::Bytes => Value::Bytes(match position {
            0 => vec![0],
            1 => Vec::new(),
            2 => vec![0x27],
            _ => (number * 0x0101_0101).to_be_bytes().to_vec(),
        }),
        Kind::Mood => Value::Text(MOODS[position % MOODS.len()].to_owned()),
        Kind::TimestampWithZone => Value::Text(format!("2024-03-{:02} 12:00:{:02}+00", 1 + position / 60, position % 60)),
        Kind::Boolean
        | Kind::Double
        | Kind::Decimal
        | Kind::Time
        | Kind::Timestamp
        | Kind::Interval
        | Kind::Json
        | Kind::TextArray
        | Kind::Address => {
            unreachable!("no key is made of {kind:?}")
        }
    }
}

fn uuid(number: i64) -> String {
    format!("00000000-0000-4000-8000-{:012x}", number & 0xffff_ffff_ffff)
}

fn json(dice: &mut Dice) -> Json {
    let text = *dice.pick(&TEXTS);
    serde_json::json!({
        "actor": { "name": text, "id": dice.number(-1, 3) },
        "tags": ["a", text],
        "secret": "s3cret",
    })
}

/// The same JSON with the names of every object in alphabetical order, since PostgreSQL keeps none.
pub fn sorted(json: &Json) -> Json {
    match json {
        Json::Object(members) => {
            let mut names: Vec<&String> = members.keys().collect();
            names.sort();
            Json::Object(names.into_iter().map(|name| (name.clone(), sorted(&members[name]))).collect())
        }
        Json::Array(items) => Json::Array(items.iter().map(sorted).collect()),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => json.clone(),
    }
}

pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}
