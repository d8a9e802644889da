//! Where a PostgreSQL database is: `postgres://user:password@host:port/database?sslmode=…`.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

/// Where a database is and how to reach it. Its debug form hides the password.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    /// Tried in this order until one answers.
    pub hosts: Vec<Host>,
    pub user: String,
    pub password: Option<String>,
    pub database: String,
    pub encryption: Encryption,
    /// A PEM file of the authorities to trust instead of the system's.
    pub root_certificates: Option<PathBuf>,
    pub connect_timeout: Duration,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Tcp {
        name: String,
        port: u16,
    },
    /// A folder that holds the server's socket.
    Unix {
        folder: PathBuf,
        port: u16,
    },
}

/// The `sslmode` of libpq.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Encryption {
    Disable,
    /// Encrypted if the server can, without checking who it is.
    Prefer,
    /// Encrypted or not at all, without checking who it is.
    Require,
    /// As `Require`, and a trusted authority vouches for the server.
    VerifyAuthority,
    /// As `VerifyAuthority`, and the certificate is for the host's name.
    VerifyFull,
}

const DEFAULT_PORT: u16 = 5432;
const DEFAULT_CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

impl Address {
    /// Reads a URL. What it leaves out comes from the variables that libpq reads. Problems are told without quoting the URL, which may hold
    /// a password.
    pub(crate) fn parse(url: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, String> {
        let rest = url
            .strip_prefix("postgres://")
            .or_else(|| url.strip_prefix("postgresql://"))
            .ok_or("a PostgreSQL address begins with postgres://")?;
        let variable = |name: &str| variable(name).filter(|value| !value.is_empty());
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        // A password may hold an unescaped @, a host name cannot.
        let (login, places) = authority.rsplit_once('@').unwrap_or(("", authority));
        let (user, password) = match login.split_once(':') {
            Some((user, password)) => (decode(user)?, Some(decode(password)?)),
            None => (decode(login)?, None),
        };
        let mut address = Self {
            hosts: Vec::new(),
            user,
            password,
            database: decode(database)?,
            encryption: Encryption::Prefer,
            root_certificates: None,
            connect_timeout: DEFAULT_CONNECT_TIMEOUT,
        };
        if let Some(mode) = variable("PGSSLMODE") {
            address.set("sslmode", mode, &mut None, &mut None).map_err(|problem| format!("PGSSLMODE: {problem}"))?;
        }
        if let Some(path) = variable("PGSSLROOTCERT") {
            address.set("sslrootcert", path, &mut None, &mut None)?;
        }
        let mut ports = None;
        let mut hosts = None;
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').ok_or("a parameter after `?` is written name=value")?;
            address.set(key, decode(value)?, &mut hosts, &mut ports)?;
        }
        let given = ports;
        if ports.is_none()
            && let Some(port) = variable("PGPORT")
        {
            ports = Some(port.parse().map_err(|_| "PGPORT is no number from 1 to 65535")?);
        }
        let hosts = hosts.or_else(|| if places.is_empty() { variable("PGHOST") } else { None });
        let places = places.split(',').map(place).collect::<Result<Vec<_>, _>>()?;
        address.hosts = match hosts {
            // As for libpq, other hosts keep the ports that stand with the ones they replace; a single port is that of all.
            Some(names) => {
                let port = |at: usize| places.get(if places.len() == 1 { 0 } else { at }).and_then(|(_, port)| *port);
                names.split(',').enumerate().map(|(at, name)| (name.to_owned(), port(at))).collect()
            }
            None => places,
        }
        .into_iter()
        .map(|(name, port)| Host::new(name, given.or(port).or(ports).unwrap_or(DEFAULT_PORT)))
        .collect();
        if address.user.is_empty() {
            let user = variable("PGUSER").or_else(|| variable("USER"));
            address.user = user.ok_or("the address names no user, and neither does PGUSER")?;
        }
        address.password = address.password.or_else(|| variable("PGPASSWORD"));
        if address.database.is_empty() {
            address.database = variable("PGDATABASE").unwrap_or_else(|| address.user.clone());
        }
        Ok(address)
    }

    fn set(&mut self, key: &str, value: String, hosts: &mut Option<String>, port: &mut Option<u16>) -> Result<(), String> {
        match key {
            "user" => self.user = value,
            "password" => self.password = Some(value),
            "dbname" => self.database = value,
            "host" => *hosts = Some(value),
            "port" => *port = Some(value.parse().map_err(|_| "the port is no number from 1 to 65535")?),
            "sslmode" => {
                self.encryption = match value.as_str() {
                    "disable" => Encryption::Disable,
                    "allow" | "prefer" => Encryption::Prefer,
                    "require" => Encryption::Require,
                    "verify-ca" => Encryption::VerifyAuthority,
                    "verify-full" => Encryption::VerifyFull,
                    _ => return Err("sslmode is one of disable, prefer, require, verify-ca and verify-full".into()),
                }
            }
            "sslrootcert" => self.root_certificates = (value != "system").then(|| PathBuf::from(value)),
            "connect_timeout" => {
                let seconds: u64 = value.parse().map_err(|_| "connect_timeout is a number of seconds")?;
                self.connect_timeout = Duration::from_secs(seconds.max(1));
            }
            // Fixed by what we do with a connection, so that nobody need edit the address of an application.
            "application_name" | "fallback_application_name" | "client_encoding" => {}
            other => return Err(format!("the parameter `{other}` is not known here")),
        }
        Ok(())
    }
}

impl Host {
    fn new(name: String, port: u16) -> Self {
        match name.starts_with('/') {
            true => Self::Unix { folder: PathBuf::from(name), port },
            false if name.is_empty() => Self::Tcp { name: "localhost".into(), port },
            false => Self::Tcp { name, port },
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { name, port } => write!(formatter, "{name}:{port}"),
            Self::Unix { folder, port } => write!(formatter, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

/// `host`, `host:port` or `[::1]:port`.
fn place(text: &str) -> Result<(String, Option<u16>), String> {
    let (name, port) = match text.strip_prefix('[') {
        Some(rest) => {
            let (name, tail) = rest.split_once(']').ok_or("an IPv6 address is written in [brackets]")?;
            (name, tail.strip_prefix(':'))
        }
        None => match text.rsplit_once(':') {
            Some((name, port)) => (name, Some(port)),
            None => (text, None),
        },
    };
    let port = match port {
        None | Some("") => None,
        Some(port) => Some(port.parse().map_err(|_| "the port is no number from 1 to 65535")?),
    };
    Ok((decode(name)?, port))
}

/// Undoes percent-encoding.
fn decode(text: &str) -> Result<String, String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let digits = tail.get(..2).and_then(|pair| std::str::from_utf8(pair).ok());
        let byte = digits.and_then(|pair| u8::from_str_radix(pair, 16).ok());
        bytes.push(byte.ok_or("a % stands before two hexadecimal digits; write % itself as %25")?);
        rest = &tail[2..];
    }
    String::from_utf8(bytes).map_err(|_| "percent-encoded text is no UTF-8".into())
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "***");
        formatter
            .debug_struct("Address")
            .field("hosts", &self.hosts)
            .field("user", &self.user)
            .field("password", &password)
            .field("database", &self.database)
            .field("encryption", &self.encryption)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Without any variable.
    fn parse(url: &str) -> Result<Address, String> {
        Address::parse(url, &|_| None)
    }

    #[test]
    fn what_the_address_leaves_out_comes_from_the_variables_of_libpq() {
        let variable = |name: &str| {
            let value = match name {
                "PGUSER" => "ada",
                "PGPASSWORD" => "hush",
                "PGHOST" => "db.example",
                "PGPORT" => "6543",
                "PGDATABASE" => "shop",
                "PGSSLMODE" => "verify-full",
                "USER" => "root",
                _ => return None,
            };
            Some(value.to_owned())
        };
        let got = Address::parse("postgres://", &variable).unwrap();
        assert_eq!(got.hosts, [Host::Tcp { name: "db.example".into(), port: 6543 }]);
        assert_eq!((got.user.as_str(), got.password.as_deref(), got.database.as_str()), ("ada", Some("hush"), "shop"));
        assert_eq!(got.encryption, Encryption::VerifyFull);
        let got = Address::parse("postgres://ben:own@other.example:7000/sales?sslmode=require", &variable).unwrap();
        assert_eq!(got.hosts, [Host::Tcp { name: "other.example".into(), port: 7000 }]);
        assert_eq!((got.user.as_str(), got.password.as_deref(), got.database.as_str()), ("ben", Some("own"), "sales"));
        assert_eq!(got.encryption, Encryption::Require);
        assert!(parse("postgres://host/db").unwrap_err().contains("PGUSER"));
    }

    #[test]
    fn addresses_are_read_in_all_their_forms() {
        let got = parse("postgres://app:p%40ss:w@db.example:6543/sales?sslmode=verify-full&connect_timeout=3").unwrap();
        assert_eq!(got.hosts, [Host::Tcp { name: "db.example".into(), port: 6543 }]);
        assert_eq!((got.user.as_str(), got.password.as_deref(), got.database.as_str()), ("app", Some("p@ss:w"), "sales"));
        assert_eq!((got.encryption, got.connect_timeout), (Encryption::VerifyFull, Duration::from_secs(3)));

        let got = parse("postgresql://app@[::1]:7000,second.example/").unwrap();
        assert_eq!(got.database, "app");
        assert_eq!(got.hosts, [Host::Tcp { name: "::1".into(), port: 7000 }, Host::Tcp { name: "second.example".into(), port: 5432 }]);

        for url in [
            "postgres:///sales?user=app&host=/run/pg&port=6000",
            "postgres://app@%2Frun%2Fpg:6000/sales",
            "postgres://app@localhost:6000/sales?host=/run/pg",
            "postgres://app@localhost:7000/sales?host=/run/pg&port=6000",
        ] {
            let got = parse(url).unwrap();
            assert_eq!(got.hosts, [Host::Unix { folder: "/run/pg".into(), port: 6000 }]);
            assert_eq!(got.database, "sales");
        }
    }

    #[test]
    fn no_problem_and_no_debug_form_quotes_a_password() {
        for url in ["postgres://app:hush%zz@host/db", "postgres://app:hush@host:port/db", "postgres://app:hush@host/db?x=1", "hush"] {
            let problem = parse(url).unwrap_err();
            assert!(!problem.contains("hush"), "{problem}");
        }
        let debug = format!("{:?}", parse("postgres://app:hush@host/db").unwrap());
        assert!(!debug.contains("hush"), "{debug}");
    }
}
