//! Who asks, as far as the network tells: the address of the peer, or what trusted proxies say of it.

use std::net::{IpAddr, Ipv6Addr};

use axum::http::{HeaderMap, HeaderName, header};

use crate::configuration::server::{ForwardedHeader, Network};

/// The address of a client. All addresses of an IPv6 network of 64 bits are one client: whoever has one of them has all of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(IpAddr);

impl Client {
    /// Of an address.
    pub fn new(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => address.into(),
            IpAddr::V6(address) => Ipv6Addr::from_bits(address.to_bits() >> 64 << 64).into(),
        })
    }
}

/// Whose word on addresses is believed.
pub struct Proxies {
    pub trusted: Vec<Network>,
    pub header: ForwardedHeader,
}

impl Proxies {
    /// The client of a request: read from the right, the first address that is no trusted proxy. Whatever stands left of it anybody may have made up.
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap) -> Client {
        let is_trusted = |address: IpAddr| self.trusted.iter().any(|network| network.contains(address));
        let mut client = peer.to_canonical();
        for address in self.forwarded(headers).into_iter().rev() {
            if !is_trusted(client) {
                break;
            }
            // What is no address hides whoever asked the proxy: the proxy stands for them.
            let Some(address) = address else { break };
            client = address.to_canonical();
        }
        Client::new(client)
    }

    /// The addresses of the header, in its order.
    fn forwarded(&self, headers: &HeaderMap) -> Vec<Option<IpAddr>> {
        if self.trusted.is_empty() {
            return Vec::new();
        }
        let (name, read): (HeaderName, fn(&str) -> Option<IpAddr>) = match self.header {
            ForwardedHeader::XForwardedFor => (HeaderName::from_static("x-forwarded-for"), address),
            ForwardedHeader::Forwarded => (header::FORWARDED, forwarded_for),
        };
        let lines = headers.get_all(name).iter().map(|value| value.to_str().unwrap_or_default());
        lines.flat_map(|line| line.split(',')).map(|part| read(part.trim())).collect()
    }
}

/// The address of `for=` in one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let value = element.split(';').find_map(|pair| {
        let (name, value) = pair.trim().split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })?;
    address(value.trim_matches('"'))
}

/// An address, with or without a port and the brackets of IPv6.
fn address(text: &str) -> Option<IpAddr> {
    if let Ok(address) = text.parse() {
        return Some(address);
    }
    if let Some(rest) = text.strip_prefix('[') {
        return rest.split_once(']')?.0.parse().ok();
    }
    text.parse::<std::net::SocketAddr>().ok().map(|address| address.ip())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(trusted: &[&str], header: ForwardedHeader, peer: &str, lines: &[(&'static str, &str)]) -> Client {
        let trusted = trusted.iter().map(|network| Network::try_from((*network).to_owned()).unwrap()).collect();
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            headers.append(*name, value.parse().unwrap());
        }
        Proxies { trusted, header }.client(peer.parse().unwrap(), &headers)
    }

    fn of(address: &str) -> Client {
        Client::new(address.parse().unwrap())
    }

    #[test]
    fn nobody_untrusted_chooses_their_own_address() {
        let forged = [("x-forwarded-for", "198.51.100.1")];
        let plain = ForwardedHeader::XForwardedFor;
        assert_eq!(client(&[], plain, "192.0.2.1", &forged), of("192.0.2.1"));
        assert_eq!(client(&["10.0.0.0/8"], plain, "192.0.2.1", &forged), of("192.0.2.1"));
        // Through the proxy, what a client writes stands left of what the proxy adds.
        let added = [("x-forwarded-for", "198.51.100.1, 192.0.2.1")];
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &added), of("192.0.2.1"));
        let two_lines = [("x-forwarded-for", "198.51.100.1"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &two_lines), of("192.0.2.1"));
        // The other header is nobody's word.
        let other = [("forwarded", "for=198.51.100.1"), ("x-forwarded-for", "192.0.2.1")];
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &other), of("192.0.2.1"));
    }

    #[test]
    fn several_proxies_are_passed_through() {
        let lines = [("x-forwarded-for", "198.51.100.1, 192.0.2.1, 10.0.0.2")];
        let plain = ForwardedHeader::XForwardedFor;
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &lines), of("192.0.2.1"));
        let inside = [("x-forwarded-for", "10.0.0.3, 10.0.0.2")];
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &inside), of("10.0.0.3"));
        let hidden = [("x-forwarded-for", "198.51.100.1, unknown, 10.0.0.2")];
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &hidden), of("10.0.0.2"));
        assert_eq!(client(&["10.0.0.0/8"], plain, "10.0.0.1", &[]), of("10.0.0.1"));
    }

    #[test]
    fn the_standard_header_is_read_too() {
        let standard = ForwardedHeader::Forwarded;
        for (line, want) in [
            ("for=198.51.100.1, for=192.0.2.1;proto=https;by=10.0.0.1", "192.0.2.1"),
            ("For=\"192.0.2.1:4711\"", "192.0.2.1"),
            ("proto=https; for=\"[2001:db8:1:2:3::4]:4711\"", "2001:db8:1:2::"),
            ("for=_hidden", "10.0.0.1"),
            ("", "10.0.0.1"),
        ] {
            assert_eq!(client(&["10.0.0.1"], standard, "10.0.0.1", &[("forwarded", line)]), of(want), "{line}");
        }
    }

    #[test]
    fn an_ipv6_network_is_one_client() {
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::1"));
        assert_ne!(of("2001:db8:1:2::1"), of("2001:db8:1:3::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.1"), of("192.0.2.2"));
    }
}
