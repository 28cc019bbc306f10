//! A packet's way: decode, flow, stream, protocol, record. One inspector per capture; it knows no
//! clock but the packets' own and no IO.

use std::sync::Arc;

use event::{Networks, Time};

use crate::config::PacketConfig;
use crate::origin::Made;

use super::app::{App, Around, Offered};
use super::capture::Frame;
use super::decode::{Packet, Tcp, Transport, decode};
use super::dissect::Side;
use super::eve::{Counters, Eve, Moment};
use super::flow::{Flow, Reason};
use super::key::{Endpoint, Key};
use super::stream::{Bounds, Chunk};
use super::table::{Ended, Slot, Table};
use super::tcp::{Session, Trust};

/// Turns frames into events.
pub struct Inspector {
    config: PacketConfig,
    checksums: bool,
    table: Table,
    eve: Eve,
    now: Time,
    number: u64,
    /// Bytes that wait in all flows.
    held: usize,
}

impl Inspector {
    /// An inspector without flows. `interface` is written as `in_iface`; for files, where it is
    /// absent, the packet's place is written as `pcap_cnt`.
    pub fn new(
        config: PacketConfig,
        checksums: bool,
        networks: Arc<Networks>,
        interface: Option<String>,
    ) -> Self {
        Self {
            table: Table::new(&config),
            eve: Eve::new(&config, networks, interface),
            config,
            checksums,
            now: Time::EPOCH,
            number: 0,
            held: 0,
        }
    }

    /// Takes a frame. Its events can be drained afterwards.
    pub fn frame(&mut self, frame: &Frame<'_>) {
        self.number += 1;
        let counters = &mut self.eve.counters;
        counters.packets += 1;
        counters.bytes += frame.bytes.len() as u64;
        let decoded = decode(frame, self.number, self.checksums);
        self.advance(frame.time);
        let Some(packet) = decoded.packet else {
            if decoded.events.names().is_empty() {
                self.eve.counters.not_ip += 1;
            } else {
                self.eve.counters.invalid += 1;
                self.eve.packet_anomaly(&decoded, frame.time, self.number);
            }
            return;
        };
        let counters = &mut self.eve.counters;
        counters.fragments += u64::from(packet.fragment);
        counters.cut_packets += u64::from(packet.cut);
        counters.bad_checksums += u64::from(!packet.checksum_ok);
        self.packet(&packet, decoded.events.names());
    }

    /// Moves time on without a packet: flows may end.
    pub fn advance(&mut self, now: Time) {
        self.now = self.now.max(now);
        if self.table.is_due(self.now) {
            while let Some(ended) = self.table.pop_over(self.now) {
                self.end(ended);
            }
        }
    }

    /// The input is over: every flow ends.
    pub fn finish(&mut self) {
        while let Some(ended) = self.table.pop_any() {
            self.end(ended);
        }
    }

    /// The events made since the last call.
    pub fn drain(&mut self) -> std::vec::Drain<'_, Made> {
        self.eve.made.drain(..)
    }

    /// What was counted so far.
    pub fn counters(&self) -> Counters {
        self.eve.counters
    }

    /// Flows held now.
    pub fn flows(&self) -> usize {
        self.table.len()
    }

    fn packet(&mut self, packet: &Packet<'_>, events: &[&'static str]) {
        let (key, source, destination) = Key::of(packet);
        if self.quoted(packet) {
            return;
        }
        let slot = self.slot(key, source, destination, packet);
        let Some(flow) = self.table.flow(slot) else {
            return;
        };
        let side = flow.side(source);
        let before = flow.held();
        flow.count(side, packet);
        let mut work = Work {
            eve: &mut self.eve,
            config: &self.config,
            time: packet.time,
            number: Some(packet.number),
        };
        work.events(flow, side, packet, events);
        match packet.transport {
            Transport::Tcp(tcp) if packet.checksum_ok && !packet.cut => {
                work.tcp(flow, side, &tcp, packet.payload);
            }
            Transport::Udp(..) if !packet.cut => work.datagram(flow, side, packet.payload),
            _ => {}
        }
        let after = flow.held();
        self.held = (self.held + after).saturating_sub(before);
        if self.held > self.config.stream_memory && after > 0 {
            self.starve(slot);
        }
        self.table.touch(slot);
    }

    /// All streams together hold too much: this flow gives back what it holds.
    fn starve(&mut self, slot: Slot) {
        let Some(flow) = self.table.flow(slot) else {
            return;
        };
        self.held = self.held.saturating_sub(flow.held());
        flow.app.give_up();
        if let Some(tcp) = &mut flow.tcp {
            tcp.halves.to_server.silence();
            tcp.halves.to_client.silence();
        }
        self.eve.counters.stream_memory_gaps += 1;
    }

    /// An ICMP error belongs to the flow that it speaks of, when that is known.
    fn quoted(&mut self, packet: &Packet<'_>) -> bool {
        let Transport::Icmp(icmp) = packet.transport else {
            return false;
        };
        let Some(quoted) = icmp.quoted else {
            return false;
        };
        let Some(slot) = self.table.find(&Key::quoted(&quoted, packet.vlan)) else {
            return false;
        };
        let Some(flow) = self.table.flow(slot) else {
            return false;
        };
        let source = Endpoint {
            ip: quoted.source,
            port: quoted.source_port,
        };
        // The error travels against the packet that it quotes.
        let side = flow.side(source).other();
        flow.count(side, packet);
        self.table.touch(slot);
        true
    }

    /// The flow of a packet, new if need be.
    fn slot(&mut self, key: Key, source: Endpoint, to: Endpoint, packet: &Packet<'_>) -> Slot {
        if let Some(slot) = self.table.find(&key) {
            let reason = if self.table.is_over(slot, self.now) {
                Reason::Timeout
            } else if self.begins_anew(slot, source, packet) {
                Reason::TcpReuse
            } else {
                return slot;
            };
            if let Some(flow) = self.table.remove(slot) {
                self.end(Ended {
                    flow,
                    reason,
                    emergency: false,
                });
            }
        }
        while self.table.is_full() {
            let Some(ended) = self.table.pop_forced(self.now) else {
                break;
            };
            self.eve.counters.flows_forced += 1;
            self.end(ended);
        }
        self.eve.counters.flows += 1;
        let id = flow_id(packet.time, self.eve.counters.flows);
        self.table.insert(Flow::new(key, id, source, to, packet))
    }

    /// Whether a packet begins a new connection on the ports of one that is closed.
    fn begins_anew(&mut self, slot: Slot, source: Endpoint, packet: &Packet<'_>) -> bool {
        let (Transport::Tcp(tcp), true) = (packet.transport, packet.checksum_ok) else {
            return false;
        };
        self.table.flow(slot).is_some_and(|flow| {
            let side = flow.side(source);
            (flow.tcp.as_ref()).is_some_and(|session| session.begins_anew(side, &tcp))
        })
    }

    fn end(&mut self, ended: Ended) {
        let Ended {
            mut flow,
            reason,
            emergency,
        } = ended;
        self.held = self.held.saturating_sub(flow.held());
        let mut work = Work {
            eve: &mut self.eve,
            config: &self.config,
            time: self.now,
            number: None,
        };
        work.finish(&mut flow);
        flow.record(reason, self.now, emergency, &mut self.eve);
    }
}

/// Numbers below 2^53, so that every JSON reader keeps them whole: the time of the first packet,
/// in microseconds modulo about 18 minutes, above a running number.
fn flow_id(start: Time, flows: u64) -> u64 {
    let micros = u64::try_from(start.micros()).unwrap_or(0);
    (((micros & 0x3fff_ffff) << 22) | (flows & 0x3f_ffff)) + 1
}

/// What handling a flow's bytes needs.
struct Work<'a> {
    eve: &'a mut Eve,
    config: &'a PacketConfig,
    time: Time,
    number: Option<u64>,
}

impl Work<'_> {
    fn bounds(&self) -> Bounds {
        Bounds {
            depth: self.config.stream_depth,
            held: self.config.stream_held,
            segments: self.config.stream_segments,
        }
    }

    /// Reports what the decoder found, and a fragment once for each flow.
    fn events(&mut self, flow: &mut Flow, side: Side, packet: &Packet<'_>, names: &[&'static str]) {
        for name in names {
            let moment = self.moment(flow);
            self.eve.flow_anomaly(&moment, side, name);
        }
        if packet.fragment && !flow.fragment_told {
            flow.fragment_told = true;
            let name = if packet.source.is_ipv4() {
                "ipv4.frag_ignored"
            } else {
                "ipv6.frag_ignored"
            };
            let moment = self.moment(flow);
            self.eve.flow_anomaly(&moment, side, name);
        }
    }

    fn tcp(&mut self, flow: &mut Flow, side: Side, tcp: &Tcp, data: &[u8]) {
        let Some(mut session) = flow.tcp.take() else {
            return;
        };
        let trust = Trust {
            midstream: self.config.midstream,
            one_sided: self.config.one_sided,
        };
        if session.update(side, tcp, data.len(), trust) {
            let side = self.segment(flow, &mut session, side, tcp, data);
            self.acknowledge(flow, &mut session, side.other(), tcp.acknowledgement);
        }
        for side in [Side::ToServer, Side::ToClient] {
            if session.has_ended(side) {
                let (app, around) = self.around(flow);
                app.end(around, side);
            }
        }
        flow.tcp = Some(session);
    }

    /// Gives a segment to its half. Returns its side, which the first bytes may have corrected.
    fn segment(
        &mut self,
        flow: &mut Flow,
        session: &mut Session,
        side: Side,
        tcp: &Tcp,
        data: &[u8],
    ) -> Side {
        if data.is_empty() {
            return side;
        }
        let bounds = self.bounds();
        let (mut now, mut enough) = (side, false);
        let half = session.halves.of_mut(side);
        let gaps = half.gaps;
        let odd = half.push(tcp.sequence, data, bounds, &mut |chunk| {
            self.chunk(flow, &mut now, chunk, &mut enough);
        });
        if enough {
            half.silence();
        }
        let gap = half.gaps > gaps;
        if now != side {
            session.swap();
        }
        for (bit, met, name) in [
            (1, odd.out_of_window, "stream.est_packet_out_of_window"),
            (
                2,
                odd.contradicts,
                "stream.reassembly_overlap_different_data",
            ),
            (4, gap, "stream.reassembly_seq_gap"),
        ] {
            self.tell(flow, session, now, (bit, met, name));
        }
        self.eve.counters.stream_gaps += u64::from(gap);
        now
    }

    /// What the peer acknowledges will not come again.
    fn acknowledge(&mut self, flow: &mut Flow, session: &mut Session, side: Side, sequence: u32) {
        let bounds = self.bounds();
        let (mut now, mut enough) = (side, false);
        let half = session.halves.of_mut(side);
        let gaps = half.gaps;
        half.acknowledged(sequence, bounds, &mut |chunk| {
            self.chunk(flow, &mut now, chunk, &mut enough);
        });
        if enough {
            half.silence();
        }
        let gap = half.gaps > gaps;
        if now != side {
            session.swap();
        }
        self.eve.counters.stream_gaps += u64::from(gap);
        self.tell(flow, session, now, (4, gap, "stream.reassembly_seq_gap"));
    }

    /// Reports a stream event, once for each flow: its bit, whether it was met, its name.
    fn tell(
        &mut self,
        flow: &Flow,
        session: &mut Session,
        side: Side,
        event: (u8, bool, &'static str),
    ) {
        let (bit, met, name) = event;
        if met && session.told & bit == 0 {
            session.told |= bit;
            let moment = self.moment(flow);
            self.eve.flow_anomaly(&moment, side, name);
        }
    }

    fn moment<'b>(&self, flow: &'b Flow) -> Moment<'b> {
        Moment {
            identity: &flow.identity,
            time: self.time,
            number: self.number,
        }
    }

    /// Gives a piece of the stream to the flow's protocol. When the first bytes show that they are
    /// the server's, flow and `side` are exchanged; the session's halves are its caller's.
    fn chunk(&mut self, flow: &mut Flow, side: &mut Side, chunk: Chunk<'_>, enough: &mut bool) {
        let data = match chunk {
            Chunk::Data(data) => data,
            Chunk::Gap(length) => {
                let (app, around) = self.around(flow);
                return app.gap(around, *side, length);
            }
        };
        let (app, around) = self.around(flow);
        let mut offered = app.stream(around, *side, data);
        if offered == Offered::Swap {
            flow.swap();
            *side = side.other();
            let (app, around) = self.around(flow);
            offered = app.stream(around, *side, data);
        }
        *enough |= offered == Offered::Enough;
    }

    fn datagram(&mut self, flow: &mut Flow, side: Side, data: &[u8]) {
        let (app, around) = self.around(flow);
        if app.datagram(around, side, data) == Offered::Swap {
            flow.swap();
            let (app, around) = self.around(flow);
            app.datagram(around, side.other(), data);
        }
    }

    /// The flow's protocol, and what it needs around it.
    fn around<'b>(&'b mut self, flow: &'b mut Flow) -> (&'b mut App, Around<'b, 'b>) {
        let around = Around {
            eve: &mut *self.eve,
            config: self.config,
            moment: Moment {
                identity: &flow.identity,
                time: self.time,
                number: self.number,
            },
        };
        (&mut flow.app, around)
    }

    /// The flow is over: what waits is read behind its gaps, and readers write what they know.
    fn finish(&mut self, flow: &mut Flow) {
        let bounds = self.bounds();
        if let Some(mut session) = flow.tcp.take() {
            for side in [Side::ToServer, Side::ToClient] {
                let (mut now, mut enough) = (side, false);
                let half = session.halves.of_mut(side);
                half.finish(bounds, &mut |chunk| {
                    self.chunk(flow, &mut now, chunk, &mut enough);
                });
            }
            flow.tcp = Some(session);
        }
        let (app, around) = self.around(flow);
        app.finish(around);
    }
}
