//! Points in time as they stand in logs and certificates.

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A point in time in whole microseconds, written in UTC as `2026-11-23T17:59:03.000001Z`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(Timestamp);

impl Moment {
    /// The moment, cut to whole microseconds.
    pub fn new(timestamp: Timestamp) -> Self {
        Self(Timestamp::from_microsecond(timestamp.as_microsecond()).unwrap_or(timestamp))
    }

    /// Microseconds since 1970; `None` outside the years that can be written.
    pub fn from_microseconds(microseconds: i64) -> Option<Self> {
        Timestamp::from_microsecond(microseconds).ok().map(Self)
    }

    /// Microseconds since 1970, UTC.
    pub fn microseconds(self) -> i64 {
        self.0.as_microsecond()
    }

    /// The same moment for calculating with it.
    pub fn timestamp(self) -> Timestamp {
        self.0
    }

    /// `2026-11-23 17:59:03 UTC`, for people.
    pub fn for_people(self) -> String {
        self.0.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
    }
}

impl fmt::Display for Moment {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.0.strftime("%Y-%m-%dT%H:%M:%S.%6fZ"))
    }
}

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let moment =
            text.parse().map(Self::new).map_err(|_| serde::de::Error::custom("a moment is written 2026-11-23T17:59:03.000001Z"))?;
        if moment.to_string() == text { Ok(moment) } else { Err(serde::de::Error::custom("a moment has six decimals and ends with Z")) }
    }
}

impl schemars::JsonSchema for Moment {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Moment".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "format": "date-time",
            "description": "A point in time in UTC with six decimals.",
            "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_have_one_spelling() {
        let moment = Moment::from_microseconds(1_795_456_743_000_001).unwrap();
        let want = "\"2026-11-23T17:59:03.000001Z\"";
        assert_eq!(serde_json::to_string(&moment).unwrap(), want);
        assert_eq!(serde_json::from_str::<Moment>(want).unwrap(), moment);
        for other in
            ["2026-11-23T17:59:03Z", "2026-11-23T18:59:03.000001+01:00", "2026-11-23T17:59:03.0000010Z", "2026-11-23t17:59:03.000001z"]
        {
            assert!(serde_json::from_str::<Moment>(&format!("\"{other}\"")).is_err(), "{other}");
        }
    }
}
