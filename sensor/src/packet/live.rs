//! The source `interface`: libpcap for opening and filtering, then the same way as a file.
//!
//! Once the interface is open nothing of its privileges is needed any more: all capabilities are
//! dropped, and none can come back (`no_new_privs`). Linux keeps both for each thread and hands
//! them on to threads started later: a process that opens its interface before it starts threads,
//! as a capture child on a current-thread runtime does, has no capability left anywhere.

use std::time::Duration;

use event::Time;
use pcap::{Active, Capture, Error as PcapError, Stat};

use crate::config::{InterfaceConfig, PacketConfig};
use crate::error::{Error, Result};
use crate::json::Json;
use crate::origin::Sender;
use crate::run::Stop;
use crate::status::Status;

use super::capture::Frame;
use super::inspect::Inspector;
use super::loss::Losses;
use super::probe::Seen;

/// How long the kernel may gather packets before it shows them, in milliseconds.
const PATIENCE: i32 = 50;
/// How long to rest when there is nothing to read: libpcap's own waiting knows no end on a silent
/// interface, and an order to stop must be seen there too.
const REST: Duration = Duration::from_millis(5);
/// Bytes of the kernel's ring: two seconds of 64 Mbit/s.
const RING: i32 = 16 << 20;
/// Packets between two looks at the clock and at the order to stop.
const ROUND: u32 = 256;

/// An open interface.
pub(crate) struct Live(Capture<Active>);

/// Opens an interface, and drops the privileges of the calling thread.
pub(crate) fn open(config: &InterfaceConfig) -> Result<Live> {
    let capture = open_filtered(config)?;
    drop_privileges(config)?;
    Ok(Live(capture))
}

/// Captures until told to stop.
pub(crate) fn run(
    live: Live,
    config: &InterfaceConfig,
    limits: &PacketConfig,
    mut sender: Sender,
    stop: &Stop,
) -> Result<()> {
    let Live(mut capture) = live;
    // The thread may be older than the opening, and then it has its privileges still.
    drop_privileges(config)?;
    let link = u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX);
    let networks = std::sync::Arc::clone(&sender.origin.context.networks);
    let mut inspector = Inspector::new(
        limits.clone(),
        config.checksums,
        networks,
        Some(config.interface.clone()),
    );
    let mut status = Status::new(sender.origin.now());
    let mut losses = Losses::default();
    let mut failure = None;
    while !stop.is_set() && failure.is_none() {
        let origin = &sender.origin;
        let (idle, broken) = round(&mut capture, &mut inspector, link, |time| {
            origin.shifted(time)
        });
        failure = broken;
        let now = sender.origin.now();
        inspector.advance(sender.origin.shifted(now));
        for made in inspector.drain() {
            sender.push(made)?;
        }
        if status.is_due(now) {
            let stat = capture.stats().ok();
            let lost = lost(&mut losses, &inspector, stat.as_ref());
            status.lose(lost);
            let word = if lost > 0 { "limit_reached" } else { "running" };
            let made = status.made(word, &sender.origin, |json| {
                counters(&inspector, stat.as_ref(), json);
            });
            sender.push(made)?;
        }
        sender.tick()?;
        if idle {
            std::thread::sleep(REST);
        }
    }
    inspector.finish();
    for made in inspector.drain() {
        sender.push(made)?;
    }
    let stat = capture.stats().ok();
    status.lose(lost(&mut losses, &inspector, stat.as_ref()));
    let made = status.made("ended", &sender.origin, |json| {
        counters(&inspector, stat.as_ref(), json);
    });
    sender.push(made)?;
    sender.finish()?;
    match failure {
        Some(reason) => Err(Error::Interface {
            interface: config.interface.clone(),
            reason,
        }),
        None => Ok(()),
    }
}

/// Looks at an interface for a while. Keeps the privileges of the calling thread.
///
/// # Errors
/// The interface cannot be opened, or breaks.
pub fn look(config: &InterfaceConfig, own: Option<[u8; 6]>, long: Duration) -> Result<Seen> {
    let mut capture = open_filtered(config)?;
    let link = u16::try_from(capture.get_datalink().0).unwrap_or(u16::MAX);
    let end = std::time::Instant::now() + long;
    let mut seen = Seen::default();
    while std::time::Instant::now() < end {
        match capture.next_packet() {
            Ok(packet) => seen.frame(
                &Frame {
                    time: Time::EPOCH,
                    link: canonical(link),
                    wire_length: packet.header.len,
                    bytes: packet.data,
                },
                own,
            ),
            Err(PcapError::TimeoutExpired | PcapError::NoMorePackets) => std::thread::sleep(REST),
            Err(error) => {
                return Err(Error::Interface {
                    interface: config.interface.clone(),
                    reason: error.to_string(),
                });
            }
        }
    }
    seen.dropped = capture.stats().map_or(0, |stat| u64::from(stat.dropped));
    Ok(seen)
}

/// Takes the packets that are there, up to a number. Says whether there were no more, and what
/// broke.
fn round(
    capture: &mut Capture<Active>,
    inspector: &mut Inspector,
    link: u16,
    shifted: impl Fn(Time) -> Time,
) -> (bool, Option<String>) {
    for _ in 0..ROUND {
        match capture.next_packet() {
            Ok(packet) => {
                let stamp = packet.header.ts;
                let micros = u32::try_from(stamp.tv_usec).unwrap_or(0);
                inspector.frame(&Frame {
                    time: shifted(Time::from_seconds(stamp.tv_sec, micros)),
                    link: canonical(link),
                    wire_length: packet.header.len,
                    bytes: packet.data,
                });
            }
            Err(PcapError::TimeoutExpired | PcapError::NoMorePackets) => return (true, None),
            Err(error) => return (true, Some(error.to_string())),
        }
    }
    (false, None)
}

/// The interfaces of this machine, in order.
fn interfaces() -> Vec<String> {
    let entries = std::fs::read_dir("/sys/class/net").into_iter().flatten();
    let names = entries.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names
}

/// Why an interface cannot be opened: rights do not help where there is none.
fn refusal(interface: &str, error: &str, present: &[String]) -> String {
    let is_there = interface == "any" || present.iter().any(|name| name == interface);
    if is_there || present.is_empty() {
        return format!(
            "{error}; capturing needs CAP_NET_RAW, which `setcap cap_net_raw+ep` on the binary gives"
        );
    }
    format!(
        "this machine has no interface {interface}; it has: {}",
        present.join(", ")
    )
}

fn open_filtered(config: &InterfaceConfig) -> Result<Capture<Active>> {
    let failed = |error: PcapError| Error::Interface {
        interface: config.interface.clone(),
        reason: refusal(&config.interface, &error.to_string(), &interfaces()),
    };
    let snaplen = i32::try_from(config.snaplen).unwrap_or(i32::MAX);
    let mut capture = Capture::from_device(&*config.interface)
        .map_err(failed)?
        .promisc(config.promiscuous)
        .snaplen(snaplen)
        .buffer_size(RING)
        .timeout(PATIENCE)
        .open()
        .and_then(Capture::setnonblock)
        .map_err(failed)?;
    if let Some(filter) = &config.filter {
        capture
            .filter(filter, true)
            .map_err(|error| Error::Interface {
                interface: config.interface.clone(),
                reason: format!("filter {filter}: {error}"),
            })?;
    }
    Ok(capture)
}

/// Gives away every capability of the calling thread for good.
fn drop_privileges(config: &InterfaceConfig) -> Result<()> {
    use rustix::thread::{CapabilitySet, CapabilitySets, set_capabilities, set_no_new_privs};
    let none = CapabilitySets {
        effective: CapabilitySet::empty(),
        permitted: CapabilitySet::empty(),
        inheritable: CapabilitySet::empty(),
    };
    set_capabilities(None, none)
        .and_then(|()| set_no_new_privs(true))
        .map_err(|error| Error::Interface {
            interface: config.interface.clone(),
            reason: format!("privileges could not be dropped: {error}"),
        })
}

/// libpcap's DLT numbers differ from the file format's link types for raw IP.
fn canonical(link: u16) -> u16 {
    match link {
        12 | 14 => 101,
        other => other,
    }
}

/// What was lost since the last call.
fn lost(losses: &mut Losses, inspector: &Inspector, stat: Option<&Stat>) -> u64 {
    let kernel = stat.map(|stat| (stat.dropped, stat.if_dropped));
    losses.since(kernel, inspector.counters().given_up())
}

fn counters(inspector: &Inspector, stat: Option<&Stat>, json: &mut Json) {
    inspector.counters().write(json);
    json.number("flows_now", inspector.flows() as u64);
    if let Some(stat) = stat {
        json.number("kernel_packets", u64::from(stat.received));
        json.number("kernel_drops", u64::from(stat.dropped));
        json.number("interface_drops", u64::from(stat.if_dropped));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interface_that_is_not_there_is_named_with_those_that_are() {
        let present = ["eth0".to_owned(), "lo".to_owned()];
        let said = refusal("eth9", "No such device exists", &present);
        assert_eq!(said, "this machine has no interface eth9; it has: eth0, lo");
        for there in ["eth0", "any"] {
            let said = refusal(there, "Operation not permitted", &present);
            assert!(said.starts_with("Operation not permitted") && said.contains("setcap"));
        }
        assert!(interfaces().contains(&"lo".to_owned()));
        let config = InterfaceConfig {
            interface: "none9".to_owned(),
            filter: None,
            snaplen: 65_535,
            promiscuous: false,
            checksums: false,
        };
        let error = open_filtered(&config).err().unwrap().to_string();
        assert!(error.contains("no interface none9; it has: "), "{error}");
    }
}
