//! What a person may say of an asset, checked once: addresses in one form, texts bounded, dates that are dates.

use std::fmt;
use std::net::IpAddr;

use event::Time;
use ipnet::IpNet;

use super::{AssetKind, Criticality};

/// The longest text, in characters.
const MAX_TEXT_CHARS: usize = 200;
/// The widest networks, as prefixes of IPv4 and IPv6: nothing wider belongs to one site.
const WIDEST: (u8, u8) = (8, 16);

/// What somebody says of an asset; what is absent stays as it is, or is empty in a new one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetDraft {
    /// The leaf of the site tree.
    pub site: Option<String>,
    /// An IP address or a CIDR.
    pub address: Option<String>,
    /// What people call it.
    pub name: Option<String>,
    /// What it is for.
    pub role: Option<String>,
    /// A word of [`Criticality`]; empty: normal.
    pub criticality: Option<String>,
    /// Whose it is.
    pub owner: Option<String>,
    /// Whom to call.
    pub contact: Option<String>,
    /// Its MAC address; empty: none.
    pub mac: Option<String>,
    /// The first day, `2026-01-31`; empty: since ever.
    pub valid_from: Option<String>,
    /// The last day; empty: open.
    pub valid_to: Option<String>,
}

/// What is known of an asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AssetFields {
    /// The leaf of the site tree.
    pub site: String,
    /// Where it is.
    pub address: AssetAddress,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub role: String,
    /// How much depends on it.
    pub criticality: Criticality,
    /// Whose it is.
    pub owner: String,
    /// Whom to call.
    pub contact: String,
    /// Its MAC address, `00:1a:2b:3c:4d:5e`.
    pub mac: Option<String>,
    /// The first day, `2026-01-31`.
    pub valid_from: Option<String>,
    /// The last day.
    pub valid_to: Option<String>,
}

/// An address or a network in its one form: without bits behind the prefix, a host without a prefix,
/// IPv4 never inside IPv6.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AssetAddress(IpNet);

/// What is wrong with what somebody said of an asset.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadAsset {
    /// No site.
    #[error("an asset needs a site")]
    NoSite,
    /// No address.
    #[error("an asset needs an address")]
    NoAddress,
    /// No address of any form.
    #[error("{0:?} is no address; write 10.60.31.7, 2001:db8::7 or a network as 10.60.31.0/24")]
    Address(String),
    /// A host's address with a network's prefix.
    #[error("{0} is an address inside a network; write {1} for the network, or no /… for the host")]
    Inside(String, IpNet),
    /// Wider than a site is.
    #[error("{0} is too wide for a site; a network has at least /8, of IPv6 /16")]
    Wide(IpNet),
    /// No word of the list.
    #[error("{0:?} is no criticality; write low, normal, high or critical")]
    Criticality(String),
    /// No MAC address.
    #[error("{0:?} is no MAC address; write 00:1a:2b:3c:4d:5e")]
    Mac(String),
    /// No date.
    #[error("{0:?} is no date; write 2026-01-31")]
    Date(String),
    /// The wrong way round.
    #[error("valid_to is before valid_from")]
    Backwards,
    /// Too long, or not text.
    #[error("{0} has more than 200 characters, or some that cannot be shown")]
    Text(&'static str),
}

impl AssetAddress {
    /// Reads an IP address or a CIDR as people write them.
    pub fn parse(text: &str) -> Result<Self, BadAsset> {
        let text = text.trim();
        let bad = || BadAsset::Address(short(text));
        if let Ok(ip) = text.parse::<IpAddr>() {
            return Ok(Self::of(ip));
        }
        let net: IpNet = text.parse().map_err(|_| bad())?;
        let net = match net {
            // ::ffff:10.0.0.0/104 is 10.0.0.0/8.
            IpNet::V6(six) => match (six.addr().to_ipv4_mapped(), six.prefix_len()) {
                (Some(four), prefix) if prefix >= 96 => {
                    IpNet::new(four.into(), prefix - 96).map_err(|_| bad())?
                }
                _ => net,
            },
            IpNet::V4(_) => net,
        };
        if net.trunc() != net {
            return Err(BadAsset::Inside(short(text), net.trunc()));
        }
        let widest = if net.addr().is_ipv4() {
            WIDEST.0
        } else {
            WIDEST.1
        };
        if net.prefix_len() < widest {
            return Err(BadAsset::Wide(net));
        }
        Ok(Self(net))
    }

    /// A host.
    pub fn of(ip: IpAddr) -> Self {
        Self(ip.to_canonical().into())
    }

    /// A network that a file has, as wide as it is.
    pub(super) fn of_file(net: IpNet) -> Self {
        Self(net.trunc())
    }

    /// All of its addresses.
    pub fn net(self) -> IpNet {
        self.0
    }

    /// Whether it is one address or many.
    pub fn kind(self) -> AssetKind {
        if self.0.prefix_len() == self.0.max_prefix_len() {
            AssetKind::Host
        } else {
            AssetKind::Network
        }
    }

    /// Text that orders addresses as numbers: family, address, prefix.
    pub(super) fn place(self) -> String {
        let (family, bits) = match self.0.addr() {
            IpAddr::V4(ip) => (4, u128::from(ip.to_bits())),
            IpAddr::V6(ip) => (6, ip.to_bits()),
        };
        format!("{family}{bits:032x}{:03}", self.0.prefix_len())
    }
}

impl fmt::Display for AssetAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.kind() {
            AssetKind::Host => self.0.addr().fmt(f),
            AssetKind::Network => self.0.fmt(f),
        }
    }
}

impl AssetDraft {
    /// What an asset becomes by it.
    pub fn apply(self, before: Option<&AssetFields>) -> Result<AssetFields, BadAsset> {
        let site = self.site.map(|site| site.trim().to_owned());
        let site = site.or_else(|| before.map(|held| held.site.clone()));
        let address = match self.address {
            Some(text) if text.trim().is_empty() => return Err(BadAsset::NoAddress),
            Some(text) => AssetAddress::parse(&text)?,
            None => before.map(|held| held.address).ok_or(BadAsset::NoAddress)?,
        };
        let text = |name, new: Option<String>, held: fn(&AssetFields) -> &String| match new {
            Some(new) => shown_text(name, &new),
            None => Ok(before.map(held).cloned().unwrap_or_default()),
        };
        let criticality = match self.criticality.as_deref().map(str::trim) {
            None => before.map_or(Criticality::Normal, |held| held.criticality),
            Some("") => Criticality::Normal,
            Some(word) => Criticality::from_name(&word.to_ascii_lowercase())
                .ok_or_else(|| BadAsset::Criticality(short(word)))?,
        };
        let either = |new: Option<String>,
                      read: fn(&str) -> Result<String, BadAsset>,
                      held: fn(&AssetFields) -> &Option<String>| {
            match new.as_deref().map(str::trim) {
                None => Ok(before.and_then(|before| held(before).clone())),
                Some("") => Ok(None),
                Some(new) => read(new).map(Some),
            }
        };
        let fields = AssetFields {
            site: site
                .filter(|site| !site.is_empty())
                .ok_or(BadAsset::NoSite)?,
            address,
            name: text("name", self.name, |held| &held.name)?,
            role: text("role", self.role, |held| &held.role)?,
            criticality,
            owner: text("owner", self.owner, |held| &held.owner)?,
            contact: text("contact", self.contact, |held| &held.contact)?,
            mac: either(self.mac, read_mac, |held| &held.mac)?,
            valid_from: either(self.valid_from, read_date, |held| &held.valid_from)?,
            valid_to: either(self.valid_to, read_date, |held| &held.valid_to)?,
        };
        match (&fields.valid_from, &fields.valid_to) {
            (Some(from), Some(to)) if to < from => Err(BadAsset::Backwards),
            _ => Ok(fields),
        }
    }
}

impl AssetFields {
    /// Nothing but where it is.
    pub(super) fn at(site: &str, address: AssetAddress) -> Self {
        Self {
            site: site.to_owned(),
            address,
            name: String::new(),
            role: String::new(),
            criticality: Criticality::Normal,
            owner: String::new(),
            contact: String::new(),
            mac: None,
            valid_from: None,
            valid_to: None,
        }
    }

    /// Whether it is there at a moment: days are those of Vietnam, as in the site tree.
    pub(super) fn is_valid(&self, now: Time) -> bool {
        let begun = self.valid_from.as_deref().and_then(midnight);
        let ended = self.valid_to.as_deref().and_then(midnight);
        let day = std::time::Duration::from_secs(86_400);
        begun.is_none_or(|from| from <= now) && ended.is_none_or(|to| now < to.plus(day))
    }

    /// What a search of text looks in: small letters.
    pub(super) fn words(&self) -> String {
        let mac = self.mac.as_deref().unwrap_or_default();
        let address = self.address.to_string();
        let parts = [
            &address,
            &self.site,
            &self.name,
            &self.role,
            &self.owner,
            &self.contact,
            mac,
        ];
        parts.join("\n").to_lowercase()
    }
}

/// A text of a person: bounded, its ends of lines in one form.
fn shown_text(name: &'static str, text: &str) -> Result<String, BadAsset> {
    let text = text.trim().replace("\r\n", "\n");
    let strange = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if text.chars().count() > MAX_TEXT_CHARS || text.chars().any(strange) {
        return Err(BadAsset::Text(name));
    }
    Ok(text)
}

/// A MAC address with colons, hyphens, dots or nothing between its digits.
pub(crate) fn read_mac(text: &str) -> Result<String, BadAsset> {
    let bad = || BadAsset::Mac(short(text));
    let is_between = |c: char| matches!(c, ':' | '-' | '.');
    let digits: Vec<char> = text.chars().filter(|c| !is_between(*c)).collect();
    if digits.len() != 12 || text.len() > 17 || !digits.iter().all(char::is_ascii_hexdigit) {
        return Err(bad());
    }
    let pairs = digits.chunks(2).map(|pair| pair.iter().collect::<String>());
    Ok(pairs.collect::<Vec<_>>().join(":").to_ascii_lowercase())
}

fn read_date(text: &str) -> Result<String, BadAsset> {
    match midnight(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(BadAsset::Date(short(text))),
    }
}

/// The beginning of a day.
fn midnight(day: &str) -> Option<Time> {
    let digits = |c: char| c.is_ascii_digit() || c == '-';
    if day.len() != 10 || !day.chars().all(digits) {
        return None;
    }
    Time::parse(&format!("{day}T00:00:00+07:00"))
}

/// What somebody wrote, as far as an answer says it again.
fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_one_form() {
        for (written, kept) in [
            (" 10.60.31.7 ", "10.60.31.7"),
            ("10.60.31.7/32", "10.60.31.7"),
            ("::ffff:10.60.31.7", "10.60.31.7"),
            ("::ffff:10.60.0.0/112", "10.60.0.0/16"),
            ("2001:DB8:0::1", "2001:db8::1"),
            ("2001:db8::/32", "2001:db8::/32"),
        ] {
            let read = AssetAddress::parse(written).unwrap();
            assert_eq!(read.to_string(), kept);
        }
        for bad in [
            "",
            "10.60.31",
            "10.60.31.7/24",
            "0.0.0.0/0",
            "::/0",
            "10.0.0.0/7",
            "pc1",
            "::ffff:0.0.0.0/96",
            "10.0.0.0/33",
            "=1+1",
        ] {
            assert!(AssetAddress::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn addresses_stand_in_the_order_of_numbers() {
        let place = |text: &str| AssetAddress::parse(text).unwrap().place();
        let mut places = ["10.0.0.0/24", "10.0.0.9", "10.0.0.10", "2001:db8::1"].map(place);
        let ordered = places.clone();
        places.sort();
        assert_eq!(places, ordered);
    }

    #[test]
    fn what_is_absent_stays_and_what_is_empty_goes() {
        let text = |text: &str| Some(text.to_owned());
        let draft = AssetDraft {
            site: text("xa"),
            address: text("10.0.0.1"),
            name: text(" Máy chủ\r\nhai dòng "),
            mac: text("00-1A-2B-3C-4D-5E"),
            valid_from: text("2026-01-31"),
            ..AssetDraft::default()
        };
        let made = draft.apply(None).unwrap();
        assert_eq!(made.name, "Máy chủ\nhai dòng");
        assert_eq!(made.mac.as_deref(), Some("00:1a:2b:3c:4d:5e"));
        assert_eq!(AssetDraft::default().apply(Some(&made)), Ok(made.clone()));
        let less = AssetDraft {
            mac: text(""),
            criticality: text("HIGH"),
            valid_to: text("2026-01-30"),
            ..AssetDraft::default()
        };
        assert_eq!(less.clone().apply(Some(&made)), Err(BadAsset::Backwards));
        let less = AssetDraft {
            valid_to: None,
            ..less
        }
        .apply(Some(&made))
        .unwrap();
        assert_eq!((less.mac, less.criticality), (None, Criticality::High));
    }

    #[test]
    fn what_cannot_be_is_named() {
        let base = AssetFields::at("xa", AssetAddress::parse("10.0.0.1").unwrap());
        let text = |text: &str| Some(text.to_owned());
        for (draft, named) in [
            (
                AssetDraft {
                    criticality: text("hot"),
                    ..AssetDraft::default()
                },
                "hot",
            ),
            (
                AssetDraft {
                    mac: text("1:2:3"),
                    ..AssetDraft::default()
                },
                "1:2:3",
            ),
            (
                AssetDraft {
                    valid_to: text("2026-02-30"),
                    ..AssetDraft::default()
                },
                "2026-02-30",
            ),
            (
                AssetDraft {
                    name: text(&"ạ".repeat(201)),
                    ..AssetDraft::default()
                },
                "name",
            ),
            (
                AssetDraft {
                    owner: text("a\0b"),
                    ..AssetDraft::default()
                },
                "owner",
            ),
            (
                AssetDraft {
                    site: text(" "),
                    ..AssetDraft::default()
                },
                "site",
            ),
        ] {
            let said = draft.apply(Some(&base)).unwrap_err().to_string();
            assert!(said.contains(named), "{said}");
        }
    }
}
