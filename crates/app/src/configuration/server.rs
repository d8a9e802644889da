//! `[server]`: how the desk is reached.

use std::net::{IpAddr, SocketAddr};

use schemars::JsonSchema;
use serde::Deserialize;

use super::Problems;

/// How the server is reached.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Server {
    /// Address and port that the desk is reached at, by a proxy or by itself.
    pub listen: SocketAddr,
    /// Address and port of `/metrics`, for Prometheus. Without it nobody is told. It asks for no password: keep it from the public.
    pub metrics_listen: Option<SocketAddr>,
    /// Largest body of a request, in bytes.
    pub largest_body_bytes: usize,
    /// Hours that a session lives.
    pub session_hours: u32,
    /// Minutes that a link to sign in is good for.
    pub sign_in_link_minutes: u32,
    /// Connections at once; further ones wait.
    pub connections: usize,
    /// Seconds in which a client must have sent the head of a request, and in which a connection may say nothing at all.
    pub head_seconds: u32,
    /// Seconds in which a client must have sent a request's body; each 16 KiB of it earn one more. A client that takes nothing of its answer for so
    /// long is sent away.
    pub body_seconds: u32,
    /// Seconds in which a request is answered once its body is there. Downloads and streams of events may take longer.
    pub answer_seconds: u32,
    /// Seconds that the desk takes to finish what it is doing when it is asked to stop. Then it ends all the same.
    pub stop_seconds: u32,
    /// Addresses of proxies, or networks of them as in `10.0.0.0/8`: what they say of the client's address is believed.
    pub trusted_proxies: Vec<Network>,
    /// The header in which they say it. The other one is nobody's word.
    pub forwarded_header: ForwardedHeader,
}

/// The header in which a proxy says for whom it asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
pub enum ForwardedHeader {
    #[default]
    #[serde(rename = "X-Forwarded-For")]
    XForwardedFor,
    /// RFC 7239.
    Forwarded,
}

/// An address, or a network of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "String")]
#[schemars(with = "String")]
pub struct Network {
    address: IpAddr,
    prefix: u32,
}

impl Network {
    /// Whether the address lies in it.
    pub fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(own), IpAddr::V4(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix,
            (IpAddr::V6(own), IpAddr::V6(other)) => (own.to_bits() ^ other.to_bits()).leading_zeros() >= self.prefix,
            (IpAddr::V4(_), IpAddr::V6(_)) | (IpAddr::V6(_), IpAddr::V4(_)) => false,
        }
    }
}

impl TryFrom<String> for Network {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no address and no network such as 10.0.0.0/8");
        let (address, prefix) = text.split_once('/').map_or((text.as_str(), None), |(address, prefix)| (address, Some(prefix)));
        let address: IpAddr = address.parse().map_err(|_| wrong())?;
        let bits = if address.is_ipv4() { 32 } else { 128 };
        let prefix = prefix.map_or(Ok(bits), str::parse).ok().filter(|prefix| *prefix <= bits).ok_or_else(wrong)?;
        Ok(Self { address, prefix })
    }
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            metrics_listen: None,
            largest_body_bytes: 2_000_000,
            session_hours: 12,
            sign_in_link_minutes: 15,
            connections: 1_000,
            head_seconds: 15,
            body_seconds: 60,
            answer_seconds: 120,
            stop_seconds: 30,
            trusted_proxies: Vec::new(),
            forwarded_header: ForwardedHeader::default(),
        }
    }
}

impl Server {
    pub fn validate(&self, problems: &mut Problems) {
        problems.bounds("server.largest_body_bytes", self.largest_body_bytes, 1_000, 1_000_000_000);
        problems.bounds("server.session_hours", self.session_hours, 1, 24 * 90);
        problems.bounds("server.sign_in_link_minutes", self.sign_in_link_minutes, 1, 24 * 60);
        problems.bounds("server.connections", self.connections, 1, 1_000_000);
        problems.bounds("server.head_seconds", self.head_seconds, 1, 3_600);
        problems.bounds("server.body_seconds", self.body_seconds, 1, 3_600);
        problems.bounds("server.answer_seconds", self.answer_seconds, 1, 3_600);
        problems.bounds("server.stop_seconds", self.stop_seconds, 1, 3_600);
        if self.metrics_listen.is_some_and(|other| other == self.listen && other.port() != 0) {
            problems.at("server.metrics_listen", "this is where the desk itself listens, `server.listen`: give it a port of its own");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Network;

    #[test]
    fn networks_hold_the_addresses_of_their_prefix() {
        for (network, address, want) in [
            ("10.0.0.0/8", "10.255.0.1", true),
            ("10.0.0.0/8", "11.0.0.1", false),
            ("192.0.2.7", "192.0.2.7", true),
            ("192.0.2.7", "192.0.2.8", false),
            ("0.0.0.0/0", "192.0.2.7", true),
            ("2001:db8::/32", "2001:db8:1::1", true),
            ("2001:db8::/32", "2001:db9::1", false),
            ("::/0", "192.0.2.7", false),
        ] {
            let network = Network::try_from(network.to_owned()).unwrap();
            assert_eq!(network.contains(address.parse().unwrap()), want, "{network:?} {address}");
        }
        for text in ["", "10.0.0.0/33", "10.0.0/8", "proxy.example", "::1/129", "10.0.0.0/"] {
            assert!(Network::try_from(text.to_owned()).is_err(), "{text:?}");
        }
    }
}
