//! Core fields that follow from others: sites and direction from addresses.

use std::net::IpAddr;

use event::{Core, CoreField, CoreValue, Networks, Text};

/// Sets the sites of both addresses, and which way the connection goes.
pub(crate) fn place(core: &mut Core, networks: &Networks) {
    let source = core.ip(CoreField::SourceIp);
    let destination = core.ip(CoreField::DestinationIp);
    for (field, ip) in [
        (CoreField::SourceSite, source),
        (CoreField::DestinationSite, destination),
    ] {
        if let Some(site) = ip.and_then(|ip| networks.site(ip)) {
            core.set(field, CoreValue::Text(Text::clone(site)));
        }
    }
    if let (Some(source), Some(destination)) = (source, destination) {
        let direction = networks.direction(source, destination).name();
        core.set(CoreField::NetworkDirection, direction);
    }
}

/// An address in a log: `10.0.0.1`, `::ffff:10.0.0.1`, `[2001:db8::1]`, with a zone or without.
pub(crate) fn ip(text: &str) -> Option<IpAddr> {
    let text = text.trim().trim_start_matches('[').trim_end_matches(']');
    let text = text.split('%').next().unwrap_or(text);
    let ip = text.parse::<IpAddr>().ok()?;
    Some(ip.to_canonical())
}
