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

/// All internal networks; the most specific one that contains an address decides.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<Network>);

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
        Self(networks)
    }

    /// All of them, the most specific first.
    pub fn iter(&self) -> impl Iterator<Item = &Network> {
        self.0.iter()
    }

    /// The network that an address belongs to.
    pub fn find(&self, ip: IpAddr) -> Option<&Network> {
        let ip = ip.to_canonical();
        self.0.iter().find(|network| network.cidr.contains(&ip))
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

#[cfg(test)]
mod tests {
    use super::*;

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
