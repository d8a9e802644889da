//! Where a bucket is, and with what it is opened.

use std::net::IpAddr;

use super::super::Error;

/// A bucket, as an operator writes it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Address {
    pub bucket: String,
    /// What the names of all objects begin with; may be empty.
    pub prefix: String,
    /// `None`: what `AWS_ENDPOINT_URL` or `AWS_ENDPOINT` says, or Amazon's own.
    pub endpoint: Option<String>,
    /// `None`: what `AWS_REGION` says, or `us-east-1`.
    pub region: Option<String>,
    /// `None`: what the environment or the machine gives.
    pub credentials: Option<Credentials>,
    /// Whether an endpoint that is not on this machine may be spoken to without encryption.
    pub unencrypted: bool,
}

/// A pair of keys. The secret one is never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    pub access_key_id: String,
    pub secret_access_key: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Credentials({}, …)", self.access_key_id)
    }
}

fn wrong(why: impl Into<String>) -> Error {
    Error::Address { why: why.into() }
}

impl Address {
    /// Reads `s3://BUCKET` or `s3://BUCKET/PREFIX`; `None` for anything that doesn't begin with `s3://`.
    ///
    /// # Errors
    /// [`Error::Address`] when bucket or prefix hold something that not every store takes.
    pub fn parse(text: &str) -> Option<Result<Self, Error>> {
        let rest = text.strip_prefix("s3://")?;
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        let prefix = prefix.trim_matches('/');
        let fits_bucket = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'.');
        let fits_prefix = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
        if !(3..=63).contains(&bucket.len()) || !bucket.bytes().all(fits_bucket) {
            let why = format!("`{bucket}` is no bucket: 3 to 63 lower-case letters, digits, dots and hyphens");
            return Some(Err(wrong(why)));
        }
        let parts_fit = prefix.split('/').all(|part| !part.is_empty() && !part.starts_with('.') && part.bytes().all(fits_prefix));
        if !prefix.is_empty() && !parts_fit {
            return Some(Err(wrong(format!("the prefix `{prefix}` may hold letters, digits, `-`, `_`, `.` and `/`"))));
        }
        Some(Ok(Self { bucket: bucket.to_owned(), prefix: prefix.to_owned(), ..Self::default() }))
    }

    /// The endpoint, as given or as the environment has it.
    fn endpoint(&self) -> Option<String> {
        let named = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        self.endpoint.clone().or_else(|| named("AWS_ENDPOINT_URL")).or_else(|| named("AWS_ENDPOINT"))
    }

    /// Whether it is spoken to without encryption.
    pub(super) fn is_clear(&self) -> bool {
        self.endpoint().is_some_and(|endpoint| endpoint.starts_with("http://"))
    }

    /// # Errors
    /// [`Error::Address`] for an endpoint that is none, and for one that archives would go to in the clear.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Some(endpoint) = self.endpoint() else { return Ok(()) };
        let url = reqwest::Url::parse(&endpoint).map_err(|error| wrong(format!("the endpoint is no address: {error}")))?;
        let host = url.host_str().unwrap_or_default();
        let here = host == "localhost" || host.trim_matches(['[', ']']).parse::<IpAddr>().is_ok_and(|address| address.is_loopback());
        match url.scheme() {
            "https" => Ok(()),
            "http" if here || self.unencrypted => Ok(()),
            "http" => Err(wrong("archives would go there without encryption: use https://, or set `archives.s3.unencrypted`")),
            _ => Err(wrong("the endpoint begins with https:// or http://")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_names_a_bucket_and_perhaps_a_prefix() {
        let parsed = |text: &str| Address::parse(text).map(|parsed| parsed.map(|address| (address.bucket, address.prefix)).ok());
        let both = |bucket: &str, prefix: &str| Some(Some((bucket.to_owned(), prefix.to_owned())));
        assert_eq!(parsed("s3://desk"), both("desk", ""));
        assert_eq!(parsed("s3://desk/"), both("desk", ""));
        assert_eq!(parsed("s3://exit.desk/of/eu_1/"), both("exit.desk", "of/eu_1"));
        assert_eq!(parsed("archives"), None);
        for wrong in ["s3://", "s3://Desk", "s3://a", "s3://desk/../x", "s3://desk/a//b", "s3://desk/a b"] {
            assert_eq!(parsed(wrong), Some(None), "{wrong}");
        }
    }

    #[test]
    fn archives_go_in_the_clear_to_this_machine_alone_unless_said() {
        let at = |endpoint: &str, unencrypted| Address { endpoint: Some(endpoint.to_owned()), unencrypted, ..Address::default() };
        for fine in ["https://s3.example", "http://127.0.0.1:9000", "http://[::1]:9000", "http://localhost:9000"] {
            assert!(at(fine, false).check().is_ok(), "{fine}");
        }
        assert!(at("http://s3.example", true).check().is_ok());
        for refused in ["http://s3.example", "http://10.0.0.1:9000", "s3.example", "ftp://s3.example"] {
            assert!(matches!(at(refused, false).check(), Err(Error::Address { .. })), "{refused}");
        }
    }

    #[test]
    fn the_secret_key_is_not_shown() {
        let credentials = Credentials { access_key_id: "desk".to_owned(), secret_access_key: "very secret".to_owned() };
        let address = Address { credentials: Some(credentials), ..Address::default() };
        assert!(!format!("{address:?}").contains("secret\""), "{address:?}");
        assert!(!format!("{address:?}").contains("very"), "{address:?}");
    }
}
