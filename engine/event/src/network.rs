//! Which networks belong to which site, and so which way a connection goes.

use std::net::IpAddr;

use ipnet::IpNet;

use crate::event::Text;

/// A CIDR that belongs to a site.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    /// The addresses.
    pub cidr: IpNet,
    /// The site they belong to; empty for networks that are internal wherever they are.
    pub site: Text,
}

/// All internal networks; the most specific one that contains an address decides. It is looked for on every
/// event, among thousands: by halves, once for each length of prefix.
#[derive(Clone, Debug, Default)]
pub struct Networks {
    /// The most specific first.
    all: Vec<Network>,
    lengths: Vec<Length>,
}

/// The networks of one family and one length of prefix.
#[derive(Clone, Debug)]
struct Length {
    v4: bool,
    prefix: u8,
    /// First addresses, ascending, each once, and their place among all.
    firsts: Vec<(u128, usize)>,
}

/// Which way a connection goes, in ECS's words for a sensor at the perimeter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From outside to inside.
    Inbound,
    /// From inside to outside.
    Outbound,
    /// Both ends inside.
    Internal,
    /// Both ends outside.
    External,
}

impl Direction {
    /// The ECS value of `network.direction`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Inbound => "inbound",
            Self::Outbound => "outbound",
            Self::Internal => "internal",
            Self::External => "external",
        }
    }
}

impl Networks {
    /// Orders the networks so that the most specific comes first.
    pub fn new(mut networks: Vec<Network>) -> Self {
        networks.sort_by_key(|network| std::cmp::Reverse(network.cidr.prefix_len()));
        let mut lengths: Vec<Length> = Vec::new();
        for (place, network) in networks.iter().enumerate() {
            let first = network.cidr.network();
            let (v4, prefix) = (first.is_ipv4(), network.cidr.prefix_len());
            let held = lengths
                .iter_mut()
                .find(|length| (length.v4, length.prefix) == (v4, prefix));
            let entry = (bits(first), place);
            match held {
                Some(length) => length.firsts.push(entry),
                None => lengths.push(Length {
                    v4,
                    prefix,
                    firsts: vec![entry],
                }),
            }
        }
        for length in &mut lengths {
            length.firsts.sort_unstable();
            // Of equal ones the first that was given counts.
            length.firsts.dedup_by_key(|(first, _)| *first);
        }
        Self {
            all: networks,
            lengths,
        }
    }

    /// All of them, the most specific first.
    pub fn iter(&self) -> impl Iterator<Item = &Network> {
        self.all.iter()
    }

    /// The network that an address belongs to.
    pub fn find(&self, ip: IpAddr) -> Option<&Network> {
        let ip = ip.to_canonical();
        let (v4, ip) = (ip.is_ipv4(), bits(ip));
        let width: u32 = if v4 { 32 } else { 128 };
        let lengths = self.lengths.iter().filter(|length| length.v4 == v4);
        let mut places = lengths.filter_map(|length| {
            let behind = width.saturating_sub(u32::from(length.prefix));
            let mask = u128::MAX.checked_shl(behind).unwrap_or(0);
            let found = length
                .firsts
                .binary_search_by_key(&(ip & mask), |(first, _)| *first);
            found
                .ok()
                .and_then(|at| length.firsts.get(at))
                .map(|(_, place)| *place)
        });
        places.next().and_then(|place| self.all.get(place))
    }

    /// The site that an address belongs to, when a network with a site contains it.
    pub fn site(&self, ip: IpAddr) -> Option<&Text> {
        self.find(ip)
            .map(|network| &network.site)
            .filter(|site| !site.is_empty())
    }

    /// Which way a connection from `source` to `destination` goes.
    pub fn direction(&self, source: IpAddr, destination: IpAddr) -> Direction {
        match (
            self.find(source).is_some(),
            self.find(destination).is_some(),
        ) {
            (false, true) => Direction::Inbound,
            (true, false) => Direction::Outbound,
            (true, true) => Direction::Internal,
            (false, false) => Direction::External,
        }
    }
}

fn bits(ip: IpAddr) -> u128 {
    match ip {
        IpAddr::V4(ip) => u128::from(ip.to_bits()),
        IpAddr::V6(ip) => ip.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looking_by_halves_finds_what_looking_at_each_finds() {
        let mut networks = Vec::new();
        for place in 0..200_u32 {
            let (a, b) = (place % 7, place % 13);
            for text in [
                format!("10.{a}.{b}.{}/{}", place % 256, 8 + place % 25),
                format!("2001:db8:{a}:{b}::{place:x}/{}", 16 + place % 113),
            ] {
                networks.push(Network {
                    cidr: text.parse().unwrap(),
                    site: format!("s{place}").into(),
                });
            }
        }
        networks.push(Network {
            cidr: "::/0".parse().unwrap(),
            site: "all".into(),
        });
        let networks = Networks::new(networks);
        for place in 0..5_000_u32 {
            let (a, b, c) = (place % 8, place % 14, place % 256);
            for text in [
                format!("10.{a}.{b}.{c}"),
                format!("11.{a}.{b}.{c}"),
                format!("2001:db8:{a}:{b}::{place:x}"),
            ] {
                let ip: IpAddr = text.parse().unwrap();
                let slow = networks.iter().find(|own| own.cidr.contains(&ip));
                assert_eq!(networks.find(ip), slow, "{ip}");
            }
        }
    }

    #[test]
    fn the_most_specific_network_decides() {
        let network = |cidr: &str, site: &str| Network {
            cidr: cidr.parse().unwrap(),
            site: site.into(),
        };
        let networks = Networks::new(vec![
            network("10.0.0.0/8", ""),
            network("10.60.1.0/24", "xa-binh-minh"),
        ]);
        let ip = |text: &str| text.parse::<IpAddr>().unwrap();
        assert_eq!(
            networks.site(ip("10.60.1.9")).map(|site| &**site),
            Some("xa-binh-minh")
        );
        assert_eq!(networks.site(ip("10.1.1.1")), None);
        assert_eq!(
            networks.direction(ip("10.1.1.1"), ip("203.0.113.9")),
            Direction::Outbound
        );
        assert_eq!(
            networks.direction(ip("::ffff:10.1.1.1"), ip("10.2.2.2")),
            Direction::Internal
        );
    }
}
