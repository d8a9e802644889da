//! Reaching a server, agreeing on encryption and signing in.

use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::time::Duration;

use exeunt_model::names::SourceName;
use postgres_protocol::authentication::md5_hash;
use postgres_protocol::authentication::sasl::{ChannelBinding, SCRAM_SHA_256, ScramSha256};
use rustls::pki_types::ServerName;

use crate::error::Error;
use crate::postgres::address::{Address, Encryption, Host};
use crate::postgres::stream::Stream;
use crate::postgres::tls;
use crate::postgres::wire::{Wire, WireError, put_text};

const PROTOCOL_VERSION: u32 = 3 << 16;
const ENCRYPTION_REQUEST: u32 = (1234 << 16) | 5679;
/// A peer that vanished without a word is noticed after about this long.
const KEEPALIVE_IDLE: Duration = Duration::from_secs(60);

/// Connects to the first host that answers and signs in.
pub(crate) fn connect(database: &SourceName, address: &Address) -> Result<Wire, Error> {
    let mut last = Error::Address { database: database.clone(), problem: "the address names no host".into() };
    for host in &address.hosts {
        match connect_host(database, address, host) {
            Ok(wire) => return Ok(wire),
            // Only a host that cannot be reached is a reason to try the next one.
            Err(error @ Error::Unreachable { .. }) => last = error,
            Err(error) => return Err(error),
        }
    }
    Err(last)
}

fn connect_host(database: &SourceName, address: &Address, host: &Host) -> Result<Wire, Error> {
    let unreachable = |reason: String| Error::Unreachable { database: database.clone(), place: host.to_string(), reason };
    let stream = match host {
        Host::Unix(path) => Stream::Unix(UnixStream::connect(path).map_err(|error| unreachable(error.to_string()))?),
        Host::Tcp { name, port } => {
            let socket = reach(name, *port, address.connect_timeout).map_err(|error| unreachable(error.to_string()))?;
            encrypt(database, address, name, socket)?
        }
    };
    // A server that accepts and then says nothing must not hold us for ever; afterwards, statements may take their time.
    stream.limit_waiting(Some(address.connect_timeout)).map_err(|error| unreachable(error.to_string()))?;
    let mut wire = Wire::new(stream);
    sign_in(&mut wire, address).map_err(|error| match error {
        SignIn::Wire(WireError::Fault(fault)) => match fault.code.as_str() {
            "28P01" | "28000" => Error::Credentials { database: database.clone(), user: address.user.clone() },
            "3D000" => Error::DatabaseMissing { database: database.clone(), name: address.database.clone() },
            "57P03" | "53300" | "57P02" => unreachable(fault.to_string()),
            _ => Error::from_fault(database, "sign in", *fault),
        },
        SignIn::Wire(WireError::Socket(error)) => unreachable(match error.kind() {
            io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut => "it did not answer in time".into(),
            _ => error.to_string(),
        }),
        SignIn::Wire(WireError::Unknown(problem)) => Error::Protocol { database: database.clone(), operation: "sign in".into(), problem },
        SignIn::Wire(WireError::Output(error)) => unreachable(error.to_string()),
        SignIn::Refused => Error::Credentials { database: database.clone(), user: address.user.clone() },
        SignIn::Unsupported(method) => Error::Unsupported {
            database: database.clone(),
            operation: "sign in".into(),
            reason: format!("the server asks for {method}, which is not supported; use a password (SCRAM) or trust"),
        },
    })?;
    wire.stream().limit_waiting(None).map_err(|error| unreachable(error.to_string()))?;
    Ok(wire)
}

/// Opens a TCP connection to the first address of a name that answers.
fn reach(name: &str, port: u16, timeout: Duration) -> io::Result<TcpStream> {
    let mut last = io::Error::new(io::ErrorKind::NotFound, "the name has no address");
    for address in (name, port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, timeout) {
            Ok(socket) => {
                socket.set_nodelay(true)?;
                let keepalive = socket2::TcpKeepalive::new().with_time(KEEPALIVE_IDLE).with_interval(KEEPALIVE_IDLE / 6);
                socket2::SockRef::from(&socket).set_tcp_keepalive(&keepalive)?;
                return Ok(socket);
            }
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// Asks the server for TLS as `sslmode` says.
fn encrypt(database: &SourceName, address: &Address, name: &str, mut socket: TcpStream) -> Result<Stream, Error> {
    let refused = |reason: String| Error::Encryption { database: database.clone(), reason };
    let must = match address.encryption {
        Encryption::Disable => return Ok(Stream::Tcp(socket)),
        Encryption::Prefer => false,
        Encryption::Require | Encryption::VerifyAuthority | Encryption::VerifyFull => true,
    };
    let mut answer = [0];
    let asked = (|| {
        socket.set_read_timeout(Some(address.connect_timeout))?;
        socket.write_all(&8u32.to_be_bytes())?;
        socket.write_all(&ENCRYPTION_REQUEST.to_be_bytes())?;
        socket.read_exact(&mut answer)
    })();
    asked.map_err(|error: io::Error| Error::Unreachable {
        database: database.clone(),
        place: Host::Tcp { name: name.to_owned(), port: socket.peer_addr().map_or(0, |peer| peer.port()) }.to_string(),
        reason: error.to_string(),
    })?;
    match answer {
        [b'S'] => {}
        [b'N'] if !must => return Ok(Stream::Tcp(socket)),
        [b'N'] => return Err(refused("the server offers no encryption; say sslmode=disable if that is right".into())),
        _ => return Err(refused("the server does not understand the question".into())),
    }
    let config = tls::client_config(address.encryption, address.root_certificates.as_deref()).map_err(refused)?;
    let server_name = ServerName::try_from(name.to_owned()).map_err(|error| refused(error.to_string()))?;
    let client = rustls::ClientConnection::new(config, server_name).map_err(|error| refused(error.to_string()))?;
    let mut stream = rustls::StreamOwned::new(client, socket);
    stream.conn.complete_io(&mut stream.sock).map_err(|error| refused(error.to_string()))?;
    Ok(Stream::Tls(Box::new(stream)))
}

enum SignIn {
    Wire(WireError),
    /// The server or this client found the password wrong.
    Refused,
    Unsupported(&'static str),
}

impl From<WireError> for SignIn {
    fn from(error: WireError) -> Self {
        Self::Wire(error)
    }
}

fn sign_in(wire: &mut Wire, address: &Address) -> Result<(), SignIn> {
    wire.put(None, |body| {
        body.extend(PROTOCOL_VERSION.to_be_bytes());
        let settings = [
            ("user", address.user.as_str()),
            ("database", &address.database),
            ("application_name", "exeunt"),
            ("client_encoding", "UTF8"),
            ("DateStyle", "ISO"),
            ("TimeZone", "UTC"),
        ];
        for (name, value) in settings {
            put_text(body, name);
            put_text(body, value);
        }
        body.push(0);
    });
    wire.flush()?;
    let password = address.password.as_deref();
    let mut scram: Option<ScramSha256> = None;
    loop {
        let (tag, body) = wire.next_owned()?;
        match tag {
            b'Z' => return Ok(()),
            // Key data for cancelling, and the server's protocol version.
            b'K' | b'v' => continue,
            b'R' => {}
            other => return Err(WireError::Unknown(format!("message `{}` while signing in", other.escape_ascii())).into()),
        }
        let (method, rest) = body.split_first_chunk::<4>().ok_or_else(|| unknown("a short request"))?;
        match u32::from_be_bytes(*method) {
            0 => {}
            3 => {
                let password = password.ok_or(SignIn::Refused)?;
                wire.put(Some(b'p'), |body| put_text(body, password));
            }
            5 => {
                let salt = *rest.first_chunk::<4>().ok_or_else(|| unknown("a short salt"))?;
                let hash = md5_hash(address.user.as_bytes(), password.ok_or(SignIn::Refused)?.as_bytes(), salt);
                wire.put(Some(b'p'), |body| put_text(body, &hash));
            }
            10 => {
                if !rest.split(|byte| *byte == 0).any(|name| name == SCRAM_SHA_256.as_bytes()) {
                    return Err(SignIn::Unsupported("SCRAM with channel binding only"));
                }
                let secret = password.ok_or(SignIn::Refused)?;
                let exchange = ScramSha256::new(secret.as_bytes(), ChannelBinding::unsupported());
                wire.put(Some(b'p'), |body| {
                    put_text(body, SCRAM_SHA_256);
                    body.extend(u32::try_from(exchange.message().len()).unwrap_or(0).to_be_bytes());
                    body.extend(exchange.message());
                });
                scram = Some(exchange);
            }
            11 => {
                let exchange = scram.as_mut().ok_or_else(|| unknown("SCRAM before it began"))?;
                exchange.update(rest).map_err(|_| SignIn::Refused)?;
                wire.put(Some(b'p'), |body| body.extend(exchange.message()));
            }
            // The server proves that it knows the password too.
            12 => {
                let exchange = scram.as_mut().ok_or_else(|| unknown("SCRAM before it began"))?;
                exchange.finish(rest).map_err(|_| SignIn::Refused)?;
            }
            2 => return Err(SignIn::Unsupported("Kerberos")),
            7..=9 => return Err(SignIn::Unsupported("GSSAPI or SSPI")),
            _ => return Err(SignIn::Unsupported("an unknown way of signing in")),
        }
        if wire.outbox_bytes() > 0 {
            wire.flush()?;
        }
    }
}

fn unknown(what: &str) -> WireError {
    WireError::Unknown(format!("{what} while signing in"))
}
