//! The DNS messages of one flow. Each is a transaction of its own, as in EVE's version 3.

use std::collections::VecDeque;

use crate::config::PacketConfig;
use crate::cursor::Cursor;
use crate::packet::dissect::{Dissect, Hint, Parsed, Probe, Records, Side};

use super::parse::{DnsLimits, Message, header, message};

/// The port that both forms use.
const PORT: u16 = 53;
/// Multicast DNS, LLMNR and NetBIOS names look alike and are other protocols.
const ALIKE: [u16; 3] = [5353, 5355, 137];
/// Messages that may wait between two drains: those of one segment.
const MAX_WAITING: usize = 4_096;

pub(crate) fn start(config: &PacketConfig, stream: bool) -> Box<dyn Dissect> {
    Box::new(Dns {
        stream,
        limits: DnsLimits {
            queries: config.dns_queries,
            records: config.dns_records,
        },
        ready: VecDeque::new(),
        written: 0,
    })
}

/// A whole message that makes sense is DNS on any port; on its own port less is asked.
pub(crate) fn probe(hint: Hint, data: &[u8]) -> Probe {
    let (from, to) = (hint.source_port, hint.destination_port);
    if ALIKE.contains(&from) || ALIKE.contains(&to) {
        return Probe::NotForUs;
    }
    let expected = from == PORT || to == PORT;
    let mut cursor = Cursor::new(data);
    let mut whole = true;
    if hint.stream {
        let Ok(length) = cursor.u16() else {
            return Probe::Unsure;
        };
        let length = usize::from(length);
        if length < 12 {
            return Probe::NotForUs;
        }
        whole = cursor.rest().len() >= length;
        cursor = Cursor::new(cursor.take(length).unwrap_or(cursor.rest()));
    }
    let body = cursor.rest();
    let Ok(head) = header(&mut cursor) else {
        return if hint.stream && !whole {
            Probe::Unsure
        } else {
            Probe::NotForUs
        };
    };
    let [questions, answers, ..] = head.counts;
    let plausible = (head.flags >> 11) & 15 <= 6
        && questions <= 16
        && (questions > 0 || answers > 0 || expected);
    if !plausible {
        return Probe::NotForUs;
    }
    if !whole {
        return Probe::Unsure;
    }
    let limits = DnsLimits {
        queries: 16,
        records: 1,
    };
    let sound = message(body, limits).is_some_and(|message| {
        expected
            || (message.faults.is_empty()
                && questions == 1
                && message.queries.iter().all(|query| {
                    matches!(query.class, 1 | 255) && query.kind != 0 && query.kind < 1_000
                }))
    });
    if !sound {
        return Probe::NotForUs;
    }
    let response = head.flags & 0x8000 != 0;
    // A response that goes to the DNS port is odd, and still comes from its sender.
    if response && !(to == PORT && from != PORT) {
        Probe::Certain(Side::ToClient)
    } else {
        Probe::Certain(Side::ToServer)
    }
}

enum Ready {
    Message(Side, Message),
    Anomaly(Side, &'static str),
}

struct Dns {
    stream: bool,
    limits: DnsLimits,
    ready: VecDeque<Ready>,
    written: u64,
}

impl Dissect for Dns {
    fn parse(&mut self, side: Side, data: &[u8]) -> Parsed {
        if !self.stream {
            self.message(side, data);
            return Parsed::Used(data.len());
        }
        let mut cursor = Cursor::new(data);
        let mut used = 0;
        while let Ok(message) = cursor.block() {
            self.message(side, message);
            used = data.len().saturating_sub(cursor.rest().len());
        }
        Parsed::Used(used)
    }

    fn gap(&mut self, side: Side, _length: u64) -> bool {
        // Lengths lead from message to message: behind a gap there is no way back.
        self.ready.push_back(Ready::Anomaly(side, "GAP"));
        false
    }

    fn drain(&mut self, _over: bool, records: &mut Records<'_, '_>) {
        while let Some(ready) = self.ready.pop_front() {
            match ready {
                Ready::Anomaly(side, name) => records.anomaly(side, name),
                Ready::Message(side, message) => {
                    super::log::write(&message, side, self.written, records);
                    self.written += 1;
                }
            }
        }
    }
}

impl Dns {
    fn message(&mut self, side: Side, bytes: &[u8]) {
        if self.ready.len() >= MAX_WAITING {
            return;
        }
        let Some(message) = message(bytes, self.limits) else {
            self.ready.push_back(Ready::Anomaly(side, "MALFORMED_DATA"));
            return;
        };
        if message.flags & 0x0040 != 0 {
            self.ready.push_back(Ready::Anomaly(side, "Z_FLAG_SET"));
        }
        if message.opcode() > 6 {
            self.ready.push_back(Ready::Anomaly(side, "INVALID_OPCODE"));
        }
        for fault in &message.faults {
            self.ready.push_back(Ready::Anomaly(side, fault));
        }
        self.ready.push_back(Ready::Message(side, message));
    }
}
