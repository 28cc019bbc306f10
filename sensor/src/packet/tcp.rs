//! A TCP connection as seen from between: states, flags, and which segments count.
//!
//! States and their mapping to flow states are Suricata's, so that flow records agree.

use super::decode::{Tcp, flags};
use super::dissect::{Side, Sides};
use super::stream::Half;

/// How far from the expected sequence number a reset may be and still be believed.
const RESET_WINDOW: i32 = 1 << 20;

/// TCP states in EVE's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum State {
    #[default]
    None,
    SynSent,
    SynRecv,
    Established,
    FinWait1,
    FinWait2,
    TimeWait,
    LastAck,
    CloseWait,
    Closing,
    Closed,
}

impl State {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::SynSent => "syn_sent",
            Self::SynRecv => "syn_recv",
            Self::Established => "established",
            Self::FinWait1 => "fin_wait1",
            Self::FinWait2 => "fin_wait2",
            Self::TimeWait => "time_wait",
            Self::LastAck => "last_ack",
            Self::CloseWait => "close_wait",
            Self::Closing => "closing",
            Self::Closed => "closed",
        }
    }

    pub(crate) fn is_closed(self) -> bool {
        matches!(self, Self::LastAck | Self::TimeWait | Self::Closed)
    }

    pub(crate) fn is_established(self) -> bool {
        matches!(
            self,
            Self::Established | Self::FinWait1 | Self::FinWait2 | Self::Closing | Self::CloseWait
        )
    }
}

/// How much of a connection is believed without its beginning.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Trust {
    pub(crate) midstream: bool,
    pub(crate) one_sided: bool,
}

/// One connection.
#[derive(Debug, Default)]
pub(crate) struct Session {
    pub(crate) state: State,
    pub(crate) flags: Sides<u8>,
    pub(crate) halves: Sides<Half>,
    /// Where the end of each side lies.
    fins: Sides<Option<u32>>,
    /// Names of stream events told already, one bit each.
    pub(crate) told: u8,
    ended: Sides<bool>,
}

impl Session {
    pub(crate) fn swap(&mut self) {
        self.flags.swap();
        self.halves.swap();
        self.fins.swap();
        self.ended.swap();
    }

    /// Moves the state by a segment; says whether its data belongs to the stream.
    pub(crate) fn update(&mut self, side: Side, tcp: &Tcp, data: usize, trust: Trust) -> bool {
        let syn = tcp.flags & flags::SYN != 0;
        let ack = tcp.flags & flags::ACK != 0;
        if self.state == State::None && !self.begin(side, tcp, data, trust) {
            return false;
        }
        *self.flags.of_mut(side) |= tcp.flags;
        if tcp.flags & flags::RST != 0 {
            self.reset(side, tcp);
            return false;
        }
        if syn {
            self.synchronise(side, tcp, ack);
            return false;
        }
        if ack {
            self.acknowledge(side, tcp);
        }
        if trust.one_sided && self.state == State::SynSent && side == Side::ToServer && data > 0 {
            self.state = State::Established;
        }
        let open = self.state.is_established() || self.state.is_closed();
        if open && tcp.flags & flags::FIN != 0 {
            self.finish(side, tcp, data);
        }
        open
    }

    /// Whether a segment begins another connection on the ports of one that is closed.
    pub(crate) fn begins_anew(&self, side: Side, tcp: &Tcp) -> bool {
        let syn = tcp.flags & (flags::SYN | flags::ACK) == flags::SYN;
        let last = self.halves.of(side).next();
        // A late copy of the first SYN is not a new connection.
        let same = last.is_some_and(|next| next.wrapping_sub(1) == tcp.sequence);
        syn && self.state.is_closed() && !same
    }

    /// The first segment of a connection: a SYN, or with trust anything.
    fn begin(&mut self, side: Side, tcp: &Tcp, data: usize, trust: Trust) -> bool {
        let syn = tcp.flags & flags::SYN != 0;
        let ack = tcp.flags & flags::ACK != 0;
        if syn && !ack {
            self.state = State::SynSent;
            return true;
        }
        if !trust.midstream || !ack || tcp.flags & flags::RST != 0 {
            return false;
        }
        if syn {
            self.halves.of_mut(side.other()).start(tcp.acknowledgement);
            self.state = State::SynSent;
            return true;
        }
        if data == 0 && tcp.flags & flags::FIN == 0 {
            return false;
        }
        self.halves.of_mut(side).start(tcp.sequence);
        self.halves.of_mut(side.other()).start(tcp.acknowledgement);
        self.state = State::Established;
        true
    }

    fn synchronise(&mut self, side: Side, tcp: &Tcp, ack: bool) {
        let early = matches!(self.state, State::SynSent | State::SynRecv);
        if !early {
            return;
        }
        let first = tcp.sequence.wrapping_add(1);
        match side {
            Side::ToServer if !ack => self.halves.to_server.start(first),
            Side::ToClient if ack => {
                let expected = self.halves.to_server.next();
                if expected.is_none_or(|next| next == tcp.acknowledgement) {
                    self.halves.to_client.start(first);
                    self.state = State::SynRecv;
                }
            }
            // Both ends open at once (RFC 9293 §3.5, figure 7).
            Side::ToClient => {
                self.halves.to_client.start(first);
                self.state = State::SynRecv;
            }
            Side::ToServer => {}
        }
    }

    fn acknowledge(&mut self, side: Side, tcp: &Tcp) {
        match (self.state, side) {
            (State::SynRecv, Side::ToServer)
                if self.halves.to_client.next() == Some(tcp.acknowledgement) =>
            {
                self.state = State::Established;
            }
            // The client's ACK was lost to us; the server would not send data without it.
            (State::SynRecv, Side::ToClient)
                if self.halves.to_client.next() == Some(tcp.sequence) =>
            {
                self.state = State::Established;
            }
            (State::FinWait1, Side::ToServer) if self.acknowledges_end(side, tcp) => {
                self.state = State::FinWait2;
            }
            (State::LastAck, Side::ToServer)
            | (State::TimeWait, Side::ToClient)
            | (State::Closing, _)
                if self.acknowledges_end(side, tcp) =>
            {
                self.state = match self.state {
                    State::Closing => State::TimeWait,
                    _ => State::Closed,
                };
            }
            _ => {}
        }
    }

    /// Whether a segment acknowledges the other side's FIN.
    fn acknowledges_end(&self, side: Side, tcp: &Tcp) -> bool {
        (*self.fins.of(side.other()))
            .is_some_and(|end| tcp.acknowledgement.wrapping_sub(end).cast_signed() >= 0)
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "sequence numbers count modulo 2^32"
    )]
    fn finish(&mut self, side: Side, tcp: &Tcp, data: usize) {
        let end = tcp.sequence.wrapping_add(data as u32).wrapping_add(1);
        self.fins.of_mut(side).get_or_insert(end);
        self.state = match (self.state, side) {
            (State::Established, Side::ToServer) => State::CloseWait,
            (State::Established, Side::ToClient) => State::FinWait1,
            (State::CloseWait, Side::ToClient) => State::LastAck,
            (State::FinWait1, Side::ToServer) if self.acknowledges_end(side, tcp) => {
                State::TimeWait
            }
            (State::FinWait1, Side::ToServer) => State::Closing,
            (State::FinWait2, Side::ToServer) => State::TimeWait,
            (state, _) => state,
        };
    }

    /// Whether a side has just sent all it had: its FIN is next in order, or a reset came.
    pub(crate) fn has_ended(&mut self, side: Side) -> bool {
        if *self.ended.of(side) || !(self.state.is_closed() || self.fins.of(side).is_some()) {
            return false;
        }
        let next = self.halves.of(side).next();
        let whole = next.map(|next| next.wrapping_add(1)) == *self.fins.of(side);
        let over = whole || self.state == State::Closed;
        *self.ended.of_mut(side) = over;
        over
    }

    fn reset(&mut self, side: Side, tcp: &Tcp) {
        let near = self.halves.of(side).next().is_none_or(|next| {
            let ahead = tcp.sequence.wrapping_sub(next).cast_signed();
            (-RESET_WINDOW..RESET_WINDOW).contains(&ahead)
        });
        if near {
            self.state = State::Closed;
        }
    }
}
