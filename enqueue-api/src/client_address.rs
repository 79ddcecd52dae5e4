//! Which address a request comes from, whatever stands in between.

use std::net::IpAddr;
use std::str::FromStr;

use axum::http::{Extensions, HeaderMap};

const FORWARDED_FOR: &str = "x-forwarded-for";

/// The address at the other end of the connection.
#[derive(Clone, Copy, Debug)]
pub struct Peer(pub IpAddr);

/// An address, or all that begin with the same bits: `10.0.0.0/8`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network {
    address: IpAddr,
    bits: u8,
}

impl Network {
    fn contains(&self, address: IpAddr) -> bool {
        let (ours, all) = number(self.address);
        let (theirs, of) = number(address);
        // A shift by all bits would be an overflow: everything matches.
        all == of
            && (ours ^ theirs)
                .checked_shr((all - self.bits).into())
                .unwrap_or(0)
                == 0
    }
}

impl FromStr for Network {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is neither an address nor a network such as 10.0.0.0/8");
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().map_err(|_| wrong())?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim().parse().map_err(|_| wrong())?;
        let address = address.to_canonical();
        let (_, all) = number(address);
        match bits.unwrap_or(all) {
            bits if bits <= all => Ok(Network { address, bits }),
            _ => Err(wrong()),
        }
    }
}

fn number(address: IpAddr) -> (u128, u8) {
    match address {
        IpAddr::V4(v4) => (u32::from(v4).into(), 32),
        IpAddr::V6(v6) => (v6.into(), 128),
    }
}

/// The client's address: the peer's, unless that is a proxy that we trust; then the last address
/// in `X-Forwarded-For` that is none of those. What stands before it the client may have made up.
#[must_use]
pub fn client_address(
    headers: &HeaderMap,
    extensions: &Extensions,
    trusted: &[Network],
) -> Option<IpAddr> {
    let peer = extensions.get::<Peer>()?.0.to_canonical();
    let is_trusted = |address: IpAddr| trusted.iter().any(|network| network.contains(address));
    if !is_trusted(peer) {
        return Some(peer);
    }
    let mut nearest = peer;
    for hop in hops(headers).into_iter().rev() {
        let Ok(address) = hop.parse::<IpAddr>() else {
            break;
        };
        nearest = address.to_canonical();
        if !is_trusted(nearest) {
            break;
        }
    }
    Some(nearest)
}

fn hops(headers: &HeaderMap) -> Vec<&str> {
    let lists = headers.get_all(FORWARDED_FOR).iter();
    lists
        .filter_map(|list| list.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .collect()
}

#[cfg(test)]
mod tests {
    use axum::http::Request;

    use super::*;

    fn seen(peer: &str, forwarded: &[&str], trusted: &[&str]) -> String {
        let mut request = Request::builder();
        for list in forwarded {
            request = request.header(FORWARDED_FOR, *list);
        }
        let (mut parts, ()) = request.body(()).unwrap().into_parts();
        parts.extensions.insert(Peer(peer.parse().unwrap()));
        let trusted: Vec<Network> = trusted.iter().map(|text| text.parse().unwrap()).collect();
        client_address(&parts.headers, &parts.extensions, &trusted)
            .unwrap()
            .to_string()
    }

    #[test]
    fn j7_only_a_trusted_proxy_is_believed_and_only_its_own_word() {
        let proxies = &["10.0.0.0/8", "2001:db8::/32"];
        assert_eq!(seen("192.0.2.1", &["198.51.100.7"], proxies), "192.0.2.1");
        assert_eq!(
            seen("10.1.2.3", &["6.6.6.6, 198.51.100.7"], proxies),
            "198.51.100.7"
        );
        let two = &["6.6.6.6", "198.51.100.7, 10.9.9.9"];
        assert_eq!(seen("10.1.2.3", two, proxies), "198.51.100.7");
        assert_eq!(
            seen("10.1.2.3", &["6.6.6.6, nonsense"], proxies),
            "10.1.2.3"
        );
        assert_eq!(seen("10.1.2.3", &[], proxies), "10.1.2.3");
        assert_eq!(
            seen("2001:db8::1", &["2001:db9::1"], proxies),
            "2001:db9::1"
        );
        assert_eq!(
            seen("::ffff:10.1.2.3", &["192.0.2.9"], proxies),
            "192.0.2.9"
        );
        assert_eq!(
            seen("192.0.2.1", &["192.0.2.9"], &["0.0.0.0/0"]),
            "192.0.2.9"
        );
    }

    #[test]
    fn a_network_that_is_none_is_refused() {
        for text in [
            "",
            "10.0.0.0/33",
            "10.0.0/8",
            "::/129",
            "proxy",
            "10.0.0.0/x",
        ] {
            assert!(Network::from_str(text).is_err(), "{text}");
        }
    }
}
