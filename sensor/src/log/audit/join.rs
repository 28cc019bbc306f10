//! Records to events: those of one node, time and serial belong together, and come mixed with others.
//!
//! An event has ended when a record says so (EOE, PROCTITLE, whatever user space sends), when its node
//! is so much later, when it was open so long, or when the table is full: then the oldest has to go.
//! The records of open events are held as they came, so that an input's offset can carry them: what was
//! read and is not yet an event survives a kill.

use event::Time;

use super::Line;
use super::types::{self, Part};
use crate::config::LogConfig;

/// Gathers the records of one file or peer.
#[derive(Debug)]
pub(crate) struct Joiner {
    open: Vec<Open>,
    bytes: usize,
    most_open: usize,
    most_bytes: usize,
    wait: std::time::Duration,
}

/// An event that has not ended.
#[derive(Debug)]
struct Open {
    node: Option<String>,
    time: Time,
    serial: u64,
    since: Time,
    ended: Ended,
}

/// The records of an event that has ended.
#[derive(Debug, Default)]
pub(crate) struct Ended {
    /// The records, without what carried them.
    pub(crate) records: Vec<String>,
    /// The lines as they came.
    lines: Vec<String>,
    /// Who sent them, where a carrier said so.
    pub(crate) host: Option<String>,
}

impl Joiner {
    pub(crate) fn new(limits: &LogConfig) -> Self {
        Self {
            open: Vec::new(),
            bytes: 0,
            most_open: limits.audit_open,
            most_bytes: limits.audit_bytes,
            wait: std::time::Duration::from_millis(limits.audit_wait_millis),
        }
    }

    /// Takes a record; `raw` is the line it came in. Returns the events that have ended.
    pub(crate) fn take(
        &mut self,
        line: &Line<'_>,
        host: Option<&str>,
        raw: &str,
        now: Time,
    ) -> Vec<Ended> {
        let mut ended = self.passed(line);
        let place = self.place(line);
        let part = types::part(&line.kind);
        match (place, part) {
            (None, Part::Nothing) => {}
            (Some(place), Part::Nothing) => ended.push(self.close(place)),
            (place, part) => {
                let place = place.unwrap_or_else(|| self.begin(line, host, now));
                self.add(place, line.text, raw);
                if part != Part::One {
                    ended.push(self.close(place));
                }
            }
        }
        while self.open.len() > self.most_open
            || (self.bytes > self.most_bytes && !self.open.is_empty())
        {
            ended.push(self.close(0));
        }
        ended
    }

    /// The events that were open for too long.
    pub(crate) fn expire(&mut self, now: Time) -> Vec<Ended> {
        let wait = self.wait;
        self.those(|open| now.since(open.since) >= wait)
    }

    /// All that are open: nothing more will come.
    pub(crate) fn finish(&mut self) -> Vec<Ended> {
        self.those(|_| true)
    }

    /// The lines of open events, as they came.
    pub(crate) fn held(&self) -> Vec<String> {
        let lines = self.open.iter().flat_map(|open| &open.ended.lines);
        lines.cloned().collect()
    }

    /// Events of the same node that are so much earlier.
    fn passed(&mut self, line: &Line<'_>) -> Vec<Ended> {
        let wait = self.wait;
        self.those(|open| open.node.as_deref() == line.node && line.time.since(open.time) > wait)
    }

    fn those(&mut self, mut go: impl FnMut(&Open) -> bool) -> Vec<Ended> {
        let mut ended = Vec::new();
        let mut place = 0;
        while let Some(open) = self.open.get(place) {
            if go(open) {
                ended.push(self.close(place));
            } else {
                place += 1;
            }
        }
        ended
    }

    fn place(&self, line: &Line<'_>) -> Option<usize> {
        self.open.iter().rposition(|open| {
            open.serial == line.serial
                && open.time == line.time
                && open.node.as_deref() == line.node
        })
    }

    fn begin(&mut self, line: &Line<'_>, host: Option<&str>, now: Time) -> usize {
        self.open.push(Open {
            node: line.node.map(str::to_owned),
            time: line.time,
            serial: line.serial,
            since: now,
            ended: Ended {
                host: host.map(str::to_owned),
                ..Ended::default()
            },
        });
        self.open.len() - 1
    }

    fn add(&mut self, place: usize, record: &str, raw: &str) {
        if let Some(open) = self.open.get_mut(place) {
            self.bytes += record.len() + raw.len();
            open.ended.records.push(record.to_owned());
            open.ended.lines.push(raw.to_owned());
        }
    }

    /// Takes an open event out.
    fn close(&mut self, place: usize) -> Ended {
        if place >= self.open.len() {
            return Ended::default();
        }
        let ended = self.open.remove(place).ended;
        let lengths = ended.records.iter().chain(&ended.lines).map(String::len);
        self.bytes = self.bytes.saturating_sub(lengths.sum());
        ended
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NO_EVENT: [usize; 0] = [];

    fn joiner(open: usize) -> Joiner {
        Joiner::new(&LogConfig {
            audit_open: open,
            audit_bytes: 1_000,
            ..LogConfig::default()
        })
    }

    /// How many records each event has that ends with this one.
    fn take(joiner: &mut Joiner, text: &str) -> Vec<usize> {
        let line = super::super::line(text).unwrap();
        let ended = joiner.take(&line, None, text, Time::EPOCH);
        ended.iter().map(|ended| ended.records.len()).collect()
    }

    #[test]
    fn an_event_ends_where_a_record_says_so() {
        let mut joiner = joiner(8);
        assert_eq!(
            take(&mut joiner, "type=SYSCALL msg=audit(1.000:1): a=1"),
            NO_EVENT
        );
        assert_eq!(
            take(&mut joiner, "type=SYSCALL msg=audit(1.000:2): a=1"),
            NO_EVENT
        );
        assert_eq!(
            take(&mut joiner, "type=USER_CMD msg=audit(1.000:3): a=1"),
            [1]
        );
        assert_eq!(take(&mut joiner, "type=EOE msg=audit(1.000:4): "), NO_EVENT);
        assert_eq!(joiner.held().len(), 2);
        assert_eq!(take(&mut joiner, "type=EOE msg=audit(1.000:2): "), [1]);
        assert_eq!(
            take(&mut joiner, "type=PROCTITLE msg=audit(1.000:1): a=1"),
            [2]
        );
        assert_eq!((joiner.held().len(), joiner.bytes), (0, 0));
    }

    #[test]
    fn what_does_not_end_goes_when_time_or_room_is_over() {
        let mut joiner = joiner(2);
        for serial in 1..=2 {
            let text = format!("type=SYSCALL msg=audit(1.000:{serial}): a=1");
            assert_eq!(take(&mut joiner, &text), NO_EVENT);
        }
        assert_eq!(
            take(&mut joiner, "type=SYSCALL msg=audit(1.000:3): a=1"),
            [1]
        );
        assert_eq!(
            take(&mut joiner, "node=x type=AVC msg=audit(9.000:4): a=1"),
            [1]
        );
        assert_eq!(
            take(&mut joiner, "type=SYSCALL msg=audit(9.000:5): a=1"),
            [1]
        );
        let long = format!("type=AVC msg=audit(9.000:6): a={}", "x".repeat(500));
        assert_eq!(take(&mut joiner, &long), [1, 1, 1]);
        assert_eq!(
            take(&mut joiner, "type=AVC msg=audit(9.000:7): a=1"),
            NO_EVENT
        );
        assert!(joiner.expire(Time::from_seconds(1, 0)).is_empty());
        assert_eq!(joiner.expire(Time::from_seconds(2, 0)).len(), 1);
    }
}
