//! What a declared type of SQLite means. SQLite itself only sees affinities in it; applications mean more.

use exeunt_model::catalog::ColumnKind;

/// The kind that a declared type stands for: common names first, then SQLite's own rules of affinity.
pub(crate) fn kind_of(declared: &str) -> ColumnKind {
    let upper = declared.to_ascii_uppercase();
    let base = upper.split('(').next().unwrap_or_default();
    let words: Vec<&str> = base.split_whitespace().collect();
    let zoned = upper.contains("WITH TIME ZONE") && !upper.contains("WITHOUT TIME ZONE");
    match words.first().copied().unwrap_or_default() {
        "" | "ANY" => return ColumnKind::Other,
        "BOOL" | "BOOLEAN" | "BIT" => return ColumnKind::Boolean,
        "DATE" => return ColumnKind::Date,
        "TIME" | "TIMETZ" => return ColumnKind::Time,
        "TIMESTAMPTZ" | "DATETIMEOFFSET" => return ColumnKind::TimestampWithZone,
        "TIMESTAMP" if zoned => return ColumnKind::TimestampWithZone,
        "TIMESTAMP" | "DATETIME" | "DATETIME2" | "SMALLDATETIME" => return ColumnKind::Timestamp,
        "INTERVAL" => return ColumnKind::Interval,
        "UUID" | "GUID" | "UNIQUEIDENTIFIER" => return ColumnKind::Uuid,
        "JSON" | "JSONB" => return ColumnKind::Json,
        "DECIMAL" | "NUMERIC" | "NUMBER" | "MONEY" | "DEC" => return ColumnKind::Decimal,
        "BYTEA" | "BINARY" | "VARBINARY" | "IMAGE" => return ColumnKind::Bytes,
        "STRING" | "CITEXT" => return ColumnKind::Text,
        _ => {}
    }
    match upper {
        upper if upper.contains("INT") || upper == "SERIAL" || upper == "BIGSERIAL" => ColumnKind::Integer,
        upper if ["CHAR", "CLOB", "TEXT"].iter().any(|part| upper.contains(part)) => ColumnKind::Text,
        upper if upper.contains("BLOB") => ColumnKind::Bytes,
        upper if ["REAL", "FLOA", "DOUB"].iter().any(|part| upper.contains(part)) => ColumnKind::Float,
        _ => ColumnKind::Other,
    }
}

/// What SQLite itself sees in a declared type: how values are converted when they are stored or compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Affinity {
    Text,
    /// INTEGER, REAL or NUMERIC, which compare alike.
    Numeric,
    None,
}

/// SQLite's rules, in its order.
pub(crate) fn affinity(declared: &str) -> Affinity {
    let upper = declared.to_ascii_uppercase();
    let holds = |parts: &[&str]| parts.iter().any(|part| upper.contains(part));
    match () {
        () if holds(&["INT"]) => Affinity::Numeric,
        () if holds(&["CHAR", "CLOB", "TEXT"]) => Affinity::Text,
        () if holds(&["BLOB"]) || upper.is_empty() || upper == "ANY" => Affinity::None,
        () => Affinity::Numeric,
    }
}

/// The length in `VARCHAR(40)`; only for text.
pub(crate) fn max_length(declared: &str, kind: &ColumnKind) -> Option<u32> {
    let (_, rest) = declared.split_once('(')?;
    let (length, _) = rest.split_once(')')?;
    length.trim().parse().ok().filter(|_| *kind == ColumnKind::Text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn declared_types_mean_what_applications_mean() {
        let cases = [
            ("INTEGER", ColumnKind::Integer),
            ("unsigned big int", ColumnKind::Integer),
            ("varchar(40)", ColumnKind::Text),
            ("NATIVE CHARACTER(70)", ColumnKind::Text),
            ("double precision", ColumnKind::Float),
            ("DECIMAL(10,2)", ColumnKind::Decimal),
            ("datetime", ColumnKind::Timestamp),
            ("TIMESTAMP WITH TIME ZONE", ColumnKind::TimestampWithZone),
            ("timestamp(3) without time zone", ColumnKind::Timestamp),
            ("Boolean", ColumnKind::Boolean),
            ("uuid", ColumnKind::Uuid),
            ("jsonb", ColumnKind::Json),
            ("BLOB", ColumnKind::Bytes),
            ("", ColumnKind::Other),
            ("geometry", ColumnKind::Other),
        ];
        for (declared, want) in cases {
            assert_eq!(kind_of(declared), want, "{declared}");
        }
        assert_eq!(max_length("VARCHAR ( 40 )", &ColumnKind::Text), Some(40));
        assert_eq!(max_length("DECIMAL(10,2)", &ColumnKind::Decimal), None);
    }
}
