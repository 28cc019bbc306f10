//! Hosts that events show: noted on the way past, proposed at the next checkpoint.
//!
//! A host that is known costs a look into a table. What is remembered is bounded; what does not fit is noted when it
//! speaks again. An edge shows hosts of the site of its events only: it must not fill another site's list.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use event::{CoreField, Event, Fields, Kind, Leaf, Networks, Text, Time};

use crate::store::{AssetAddress, SeenBy, SeenHost, read_mac};

/// A known host is written down again after this long.
const REFRESH: Duration = Duration::from_secs(600);
/// Hosts of one checkpoint: a transaction stays short, the others speak again.
const MAX_PENDING: usize = 1_000;
/// The longest name, in characters.
const MAX_NAME_CHARS: usize = 200;

/// What is remembered of hosts.
pub(crate) struct Hosts {
    networks: Arc<Networks>,
    /// By site, then by address and side.
    known: HashMap<Text, HashMap<(IpAddr, bool), Known>>,
    count: usize,
    /// With more of them it begins anew.
    most: usize,
    pending: HashMap<(Text, IpAddr, bool), SeenHost>,
}

#[derive(Clone, Copy)]
struct Known {
    /// When it was last handed on.
    noted: Time,
    /// The best of what showed it.
    by: SeenBy,
}

/// What an event says of a host.
struct Said<'a> {
    ip: IpAddr,
    by: SeenBy,
    name: Option<&'a str>,
    mac: Option<&'a str>,
}

impl Hosts {
    pub(crate) fn new(networks: Arc<Networks>, most: usize) -> Self {
        Self {
            networks,
            known: HashMap::new(),
            count: 0,
            most: most.max(1),
            pending: HashMap::new(),
        }
    }

    /// Notes the hosts that an event shows. `own`: the centre's own sources saw it.
    pub(crate) fn observe(&mut self, event: &Event, fields: &Fields, received: Time, own: bool) {
        if let Some((site, said)) = speaker(event, fields)
            && (own || site == &*event.site)
        {
            self.note(site, &said, event, received);
        }
        if let Some(said) = named(event, fields)
            && let Some(site) = self.site(event, said.ip, own)
        {
            self.note(&site, &said, event, received);
        }
    }

    /// What the next checkpoint writes down.
    pub(crate) fn take(&mut self) -> Vec<SeenHost> {
        std::mem::take(&mut self.pending).into_values().collect()
    }

    /// The site that an address of a host belongs to.
    fn site(&self, event: &Event, ip: IpAddr, own: bool) -> Option<Text> {
        if own {
            return self.networks.site(ip).cloned();
        }
        let mut networks = self.networks.iter();
        let is_there = networks
            .any(|network| network.site == event.site && network.cidr.contains(&ip.to_canonical()));
        is_there.then(|| Text::clone(&event.site))
    }

    fn note(&mut self, site: &str, said: &Said<'_>, event: &Event, received: Time) {
        let key = (said.ip, event.exercise);
        let of_site = self.known.get(site);
        let known = of_site.and_then(|hosts| hosts.get(&key)).copied();
        if let Some(known) = known
            && known.by as usize <= said.by as usize
            && received.since(known.noted) < REFRESH
        {
            return;
        }
        if !self.remember(site, key, said, event, received) {
            return;
        }
        if known.is_none() {
            if self.count >= self.most {
                self.known.clear();
                self.count = 0;
            }
            self.count += 1;
        }
        let best = known.map_or(said.by, |known| better(known.by, said.by));
        let entry = Known {
            noted: received,
            by: best,
        };
        self.known
            .entry(site.into())
            .or_default()
            .insert(key, entry);
    }

    /// Puts a host among those that the next checkpoint writes; false when there is no room.
    fn remember(
        &mut self,
        site: &str,
        (ip, exercise): (IpAddr, bool),
        said: &Said<'_>,
        event: &Event,
        received: Time,
    ) -> bool {
        let time = event.time.min(received);
        let key = (Text::from(site), ip, exercise);
        let room = self.pending.len() < MAX_PENDING;
        if !room && !self.pending.contains_key(&key) {
            return false;
        }
        let host = self.pending.entry(key).or_insert_with(|| SeenHost {
            site: site.into(),
            address: AssetAddress::of(ip),
            exercise,
            by: said.by,
            name: None,
            mac: None,
            first: time,
            last: time,
        });
        let name = said.name.and_then(shown_name);
        if better(said.by, host.by) == said.by {
            host.by = said.by;
            host.name = name.or(host.name.take());
        } else {
            host.name = host.name.take().or(name);
        }
        let mac = said.mac.and_then(|mac| read_mac(mac).ok());
        host.mac = mac.or(host.mac.take());
        host.first = host.first.min(time);
        host.last = host.last.max(time);
        true
    }
}

/// The one that says more.
fn better(one: SeenBy, other: SeenBy) -> SeenBy {
    if one as usize <= other as usize {
        one
    } else {
        other
    }
}

/// The host that speaks, when it belongs to a site, with its name where it tells it.
fn speaker<'a>(event: &'a Event, fields: &'a Fields) -> Option<(&'a str, Said<'a>)> {
    let site = event.core.text(CoreField::SourceSite)?;
    let ip = event.core.ip(CoreField::SourceIp)?;
    let name = match event.kind {
        Kind::Smb => text(fields, "smb.ntlmssp.host").map(|name| (SeenBy::Ntlm, name)),
        Kind::ZeekOther if text(fields, "_path") == Some("ntlm") => {
            text(fields, "hostname").map(|name| (SeenBy::Ntlm, name))
        }
        // Of a connection that the host itself began, its own log.
        Kind::WindowsSysmon if is_true(fields, "Initiated") => {
            let name = event.core.text(CoreField::HostName);
            name.map(|name| (SeenBy::Sysmon, name))
        }
        _ => None,
    };
    let (by, name) = match name {
        Some((by, name)) => (by, Some(name)),
        None => (SeenBy::Traffic, None),
    };
    let mac = None;
    Some((site, Said { ip, by, name, mac }))
}

/// The host that an event is about, though it does not speak in it.
fn named<'a>(event: &'a Event, fields: &'a Fields) -> Option<Said<'a>> {
    let address = |path: &'static str| {
        let ip: IpAddr = text(fields, path)?.parse().ok()?;
        (!ip.is_unspecified()).then_some(ip)
    };
    match event.kind {
        Kind::Dhcp => {
            let ip = match text(fields, "dhcp.dhcp_type")? {
                "ack" => address("dhcp.assigned_ip").or_else(|| address("dhcp.client_ip"))?,
                "request" => address("dhcp.client_ip").or_else(|| address("dhcp.requested_ip"))?,
                _ => return None,
            };
            Some(Said {
                ip,
                by: SeenBy::Dhcp,
                name: text(fields, "dhcp.hostname"),
                mac: text(fields, "dhcp.client_mac"),
            })
        }
        Kind::ZeekOther if text(fields, "_path") == Some("dhcp") => Some(Said {
            ip: address("assigned_addr")?,
            by: SeenBy::Dhcp,
            name: text(fields, "host_name").or_else(|| text(fields, "client_fqdn")),
            mac: text(fields, "mac"),
        }),
        _ => {
            let ip = event.core.ip(CoreField::HostIp)?;
            let by = match event.kind {
                Kind::WindowsSysmon => SeenBy::Sysmon,
                Kind::WindowsSecurity
                | Kind::WindowsSystem
                | Kind::WindowsPowershell
                | Kind::WindowsOther => SeenBy::Windows,
                _ => SeenBy::Log,
            };
            let name = event.core.text(CoreField::HostName);
            let mac = None;
            Some(Said { ip, by, name, mac })
        }
    }
}

fn text<'a>(fields: &'a Fields, path: &'a str) -> Option<&'a str> {
    match fields.at(path).next() {
        Some(Leaf::Text(text)) => Some(text),
        _ => None,
    }
}

fn is_true(fields: &Fields, path: &str) -> bool {
    let text = fields.at(path).next().and_then(Leaf::text);
    text.is_some_and(|text| text == "true")
}

/// A name as a stranger wrote it, as far as it can be shown.
fn shown_name(name: &str) -> Option<String> {
    let shown = name.trim().chars().filter(|c| !c.is_control());
    let shown: String = shown.take(MAX_NAME_CHARS).collect();
    let is_none = shown.is_empty() || matches!(shown.as_str(), "-" | "NULL" | "<unknown>");
    (!is_none).then_some(shown)
}

#[cfg(test)]
mod tests {
    use event::{Core, CoreValue, EventId, Instance, Lane, Network, Record};

    use super::*;

    fn networks() -> Arc<Networks> {
        let network = |cidr: &str, site: &str| Network {
            cidr: cidr.parse().unwrap(),
            site: site.into(),
        };
        Arc::new(Networks::new(vec![
            network("10.60.31.0/24", "xa"),
            network("10.60.20.0/24", "so"),
        ]))
    }

    fn event(kind: Kind, site: &str, record: &str) -> Event {
        Event {
            id: EventId {
                instance: Instance(1),
                lane: Lane::Second,
                number: 1,
            },
            time: Time::from_micros(5),
            seen: Time::from_micros(5),
            sensor: "s".into(),
            source: "f".into(),
            site: site.into(),
            kind,
            exercise: false,
            core: Core::default(),
            record: Record::new(record.as_bytes().to_vec()),
        }
    }

    fn spoke(ip: &str, site: &str) -> Event {
        let mut event = event(Kind::Flow, "so", "{}");
        let ip: IpAddr = ip.parse().unwrap();
        event.core.set(CoreField::SourceIp, CoreValue::Ip(ip));
        event.core.set(CoreField::SourceSite, site);
        event
    }

    fn after(hosts: &mut Hosts, event: &Event, seconds: u64, own: bool) -> Vec<SeenHost> {
        let received = Time::from_micros(10).plus(Duration::from_secs(seconds));
        hosts.observe(event, &Fields::of(&event.record), received, own);
        hosts.take()
    }

    #[test]
    fn a_known_host_is_handed_on_every_ten_minutes() {
        let mut hosts = Hosts::new(networks(), 100);
        let event = spoke("10.60.31.7", "xa");
        let first = after(&mut hosts, &event, 0, true);
        assert_eq!(first.len(), 1);
        assert_eq!((&*first[0].site, first[0].by), ("xa", SeenBy::Traffic));
        assert!(after(&mut hosts, &event, 599, true).is_empty());
        assert_eq!(after(&mut hosts, &event, 600, true).len(), 1);
        assert!(after(&mut hosts, &event, 601, true).is_empty());
        let mut exercise = event.clone();
        exercise.exercise = true;
        assert!(after(&mut hosts, &exercise, 602, true)[0].exercise);
    }

    #[test]
    fn an_edge_shows_hosts_of_its_own_site_only() {
        let mut hosts = Hosts::new(networks(), 100);
        assert!(after(&mut hosts, &spoke("10.60.31.7", "xa"), 0, false).is_empty());
        assert_eq!(
            after(&mut hosts, &spoke("10.60.20.7", "so"), 0, false).len(),
            1
        );
        let lease = r#"{"dhcp":{"dhcp_type":"ack","assigned_ip":"10.60.20.9"}}"#;
        assert!(after(&mut hosts, &event(Kind::Dhcp, "xa", lease), 0, false).is_empty());
        assert_eq!(
            after(&mut hosts, &event(Kind::Dhcp, "so", lease), 0, false).len(),
            1
        );
    }

    #[test]
    fn what_says_more_is_handed_on_at_once() {
        let mut hosts = Hosts::new(networks(), 100);
        assert_eq!(
            after(&mut hosts, &spoke("10.60.31.7", "xa"), 0, true).len(),
            1
        );
        let lease = r#"{"dhcp":{"type":"reply","dhcp_type":"ack","assigned_ip":"10.60.31.7",
            "client_mac":"00:1A:2b:3c:4d:5e","hostname":"may\u0000-ke-toan"}}"#;
        let told = after(&mut hosts, &event(Kind::Dhcp, "so", lease), 1, true);
        assert_eq!(told[0].by, SeenBy::Dhcp);
        assert_eq!(told[0].name.as_deref(), Some("may-ke-toan"));
        assert_eq!(told[0].mac.as_deref(), Some("00:1a:2b:3c:4d:5e"));
        assert!(after(&mut hosts, &spoke("10.60.31.7", "xa"), 2, true).is_empty());
        let zeek = r#"{"_path":"dhcp","assigned_addr":"10.60.31.8","host_name":"in","mac":"x"}"#;
        let told = after(&mut hosts, &event(Kind::ZeekOther, "so", zeek), 3, true);
        assert_eq!((told[0].name.as_deref(), &told[0].mac), (Some("in"), &None));
    }

    #[test]
    fn logs_of_a_host_and_its_sign_in_tell_its_name() {
        let mut hosts = Hosts::new(networks(), 100);
        let mut own = spoke("10.60.31.7", "xa");
        own.kind = Kind::WindowsSysmon;
        own.record = Record::new(br#"{"EventID":3,"Initiated":"true"}"#.to_vec());
        own.core.set(CoreField::HostName, "pc1.xa.vn");
        let told = after(&mut hosts, &own, 0, true);
        assert_eq!(
            (told[0].by, told[0].name.as_deref()),
            (SeenBy::Sysmon, Some("pc1.xa.vn"))
        );
        let mut smb = spoke("10.60.31.8", "xa");
        smb.kind = Kind::Smb;
        smb.record = Record::new(br#"{"smb":{"ntlmssp":{"host":"PC8"}}}"#.to_vec());
        let told = after(&mut hosts, &smb, 0, true);
        assert_eq!(
            (told[0].by, told[0].name.as_deref()),
            (SeenBy::Ntlm, Some("PC8"))
        );
    }

    #[test]
    fn a_scan_fills_neither_memory_nor_a_checkpoint() {
        let mut hosts = Hosts::new(networks(), 50);
        for place in 0..3_000_u32 {
            let event = spoke(&format!("10.60.{}.{}", place / 250, place % 250), "xa");
            hosts.observe(&event, &Fields::default(), Time::EPOCH, true);
        }
        assert!(hosts.count <= 50);
        assert_eq!(hosts.take().len(), MAX_PENDING);
    }
}
