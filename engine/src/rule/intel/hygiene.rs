//! What must not be in a list, because it would match everybody: our own kind of addresses, half
//! the internet, public suffixes. One such line in somebody's feed would bury the queue.

use std::net::IpAddr;

use ipnet::IpNet;

use super::EntryKind;

/// The widest networks that an entry may be: no holder of more is known to be bad as a whole.
const WIDEST_V4: u8 = 8;
const WIDEST_V6: u8 = 19;

/// Where the reserved networks begin: a network that contains one of these is around it.
const RESERVED: [[u8; 4]; 8] = [
    [0, 0, 0, 0],
    [10, 0, 0, 0],
    [100, 64, 0, 0],
    [127, 0, 0, 0],
    [169, 254, 0, 0],
    [172, 16, 0, 0],
    [192, 168, 0, 0],
    [224, 0, 0, 0],
];

/// Second labels under which names are given out in many countries (`gov.vn`, `co.uk`, `ac.jp`).
const SECOND_LABELS: [&str; 22] = [
    "ac", "ai", "biz", "co", "com", "edu", "go", "gob", "gov", "gouv", "health", "id", "info",
    "int", "io", "mil", "name", "ne", "net", "or", "org", "pro",
];

/// Names under which anybody may have a name, or where half of the province's own traffic goes.
const SHARED: [&str; 8] = [
    "cloudfront.net",
    "amazonaws.com",
    "azurewebsites.net",
    "blogspot.com",
    "github.io",
    "googleusercontent.com",
    "herokuapp.com",
    "workers.dev",
];

/// Refuses a value that would match everybody; the error says why and the way out.
pub(super) fn check(kind: EntryKind, value: &str) -> Result<(), String> {
    match kind {
        EntryKind::Address | EntryKind::Network => check_network(value),
        EntryKind::Domain => check_domain(value),
        _ => Ok(()),
    }
}

fn check_network(value: &str) -> Result<(), String> {
    let network = value
        .parse::<IpNet>()
        .or_else(|_| value.parse::<IpAddr>().map(IpNet::from));
    let Ok(network) = network else {
        return Err(format!("`{value}` is no network"));
    };
    let widest = match network {
        IpNet::V4(_) => WIDEST_V4,
        IpNet::V6(_) => WIDEST_V6,
    };
    if network.prefix_len() < widest {
        return Err(format!(
            "{value} is too wide a network; the widest is a /{widest}"
        ));
    }
    let around = RESERVED
        .iter()
        .any(|first| network.contains(&IpAddr::from(*first)));
    if around || is_reserved(network.network()) || is_reserved(network.broadcast()) {
        return Err(format!(
            "{value} is private or reserved: no known-bad address of the internet"
        ));
    }
    Ok(())
}

/// Whether an address is private, of this machine, or of no single machine (RFC 6890); lists hold
/// none, so that matching need not look for them.
pub(crate) fn is_reserved(ip: IpAddr) -> bool {
    match ip.to_canonical() {
        IpAddr::V4(ip) => {
            let [first, second, ..] = ip.octets();
            ip.is_private()
                || ip.is_loopback()
                || ip.is_link_local()
                || first == 0
                || (first == 100 && second & 0xc0 == 64)
                || first >= 224
        }
        IpAddr::V6(ip) => {
            let [first, ..] = ip.segments();
            // Only 2000::/3 is given out; 64:ff9b::/96 stands for IPv4 addresses.
            first & 0xe000 != 0x2000 && first != 0x0064
        }
    }
}

fn check_domain(value: &str) -> Result<(), String> {
    let labels: Vec<&str> = value.split('.').collect();
    let public = match labels.as_slice() {
        [_] => true,
        [second, top] => top.len() == 2 && SECOND_LABELS.contains(second),
        _ => false,
    };
    if public {
        return Err(format!(
            "`{value}` is a public suffix: every name under it would match; name the domain itself"
        ));
    }
    if SHARED.contains(&value) {
        return Err(format!(
            "`{value}` is shared by many who are not known to be bad; name the host under it"
        ));
    }
    Ok(())
}
