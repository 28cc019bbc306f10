//! IPFIX: messages of sets, templates with owners of fields, fields that say their length (RFC 7011),
//! and both directions in one record (RFC 5103).

use super::fields::{Clocks, Times, take};
use super::record::Flow;
use super::sequence::{Sequences, Stream};
use super::template::{Domain, Field, Template, Templates, VARIABLE};
use super::{Origin, Refused, Sink, Transport};
use crate::cursor::{Cursor, Short};

/// Sets of templates, and of templates of options.
const TEMPLATES: u16 = 2;
const OPTIONS: u16 = 3;
/// Bytes of a message's header.
const HEADER: usize = 16;
/// The bit that says that a field's owner follows.
const OWNED: u16 = 0x8000;

/// Reads a message (§3.1).
pub(super) fn read(
    bytes: &[u8],
    origin: Origin,
    templates: &mut Templates,
    sequences: &mut Sequences,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(bytes);
    cursor.u16()?;
    let length = usize::from(cursor.u16()?);
    let seconds = cursor.u32()?;
    let sequence = cursor.u32()?;
    let id = cursor.u32()?;
    let length = length
        .checked_sub(HEADER)
        .ok_or("a length shorter than its header")?;
    let mut message = Cursor::new(cursor.take(length).map_err(|_| "shorter than its length")?);
    let domain = Domain {
        peer: origin.peer,
        version: 10,
        id,
    };
    let clocks = Clocks {
        export: i64::from(seconds) * 1_000_000,
        uptime: None,
    };
    if message.is_empty() {
        sink.counts.empty += 1;
    }
    let mut sets = Sets {
        domain,
        origin,
        clocks,
        count: Some(0),
    };
    let read = sets.read(&mut message, templates, sink);
    let stream = Stream {
        peer: origin.peer,
        version: 10,
        domain: id,
    };
    sink.flows_missing(sequences.step(stream, sequence, sets.count));
    read?;
    if cursor.is_empty() {
        Ok(())
    } else {
        Err("longer than its length")
    }
}

/// The sets of a message.
struct Sets {
    domain: Domain,
    origin: Origin,
    clocks: Clocks,
    /// Records so far: by them the sequence counts. None once a set could not be read.
    count: Option<u32>,
}

impl Sets {
    /// Reads set after set; one that cannot be read costs only itself.
    fn read(
        &mut self,
        message: &mut Cursor<'_>,
        templates: &mut Templates,
        sink: &mut Sink<'_>,
    ) -> Result<(), Refused> {
        while !message.is_empty() {
            let set = message.rest();
            let Some((number, body)) = next_set(message) else {
                self.count = None;
                return Err("a set whose length cannot be");
            };
            let is_layout = matches!(number, TEMPLATES | OPTIONS);
            let (domain, origin) = (self.domain, self.origin);
            let read = match number {
                TEMPLATES | OPTIONS => {
                    let options = number == OPTIONS;
                    laid_out(body, options, domain, origin, templates, sink).map(|()| 0)
                }
                ..=255 => Err("a set of a kind that nobody knows"),
                _ => match templates.get(domain, number, origin) {
                    Some(template) => records(body, &template, self.clocks, sink),
                    None => Err("records before their template"),
                },
            };
            match read {
                Ok(records) => self.count = self.count.map(|held| held.saturating_add(records)),
                Err(reason) => {
                    self.count = self.count.filter(|_| is_layout);
                    sink.failed(reason, set.get(..body.len() + 4).unwrap_or(set));
                }
            }
        }
        Ok(())
    }
}

/// The number and the content of the next set (§3.3.2).
fn next_set<'a>(message: &mut Cursor<'a>) -> Option<(u16, &'a [u8])> {
    let number = message.u16().ok()?;
    let length = usize::from(message.u16().ok()?).checked_sub(4)?;
    Some((number, message.take(length).ok()?))
}

/// Templates (§3.4.1), templates of options (§3.4.2.2), and the withdrawal of either (§8.1).
fn laid_out(
    body: &[u8],
    options: bool,
    domain: Domain,
    origin: Origin,
    templates: &mut Templates,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(body);
    if body.len() < 4 {
        return Err("a set of templates without one");
    }
    while cursor.rest().len() >= 4 {
        let (number, count) = (cursor.u16()?, cursor.u16()?);
        if count == 0 {
            withdraw(number, domain, origin, templates)?;
            sink.counts.templates += 1;
            continue;
        }
        if options {
            let scope = cursor.u16()?;
            if scope == 0 || scope > count {
                return Err("a template of options without a scope");
            }
        }
        let template = Template {
            fields: fields(&mut cursor, usize::from(count))?,
            is_options: options,
        };
        templates.put(domain, number, template, origin)?;
        sink.counts.templates += 1;
    }
    Ok(())
}

/// Over UDP nothing is withdrawn (§8.4): a forged datagram could silence an exporter.
fn withdraw(
    number: u16,
    domain: Domain,
    origin: Origin,
    templates: &mut Templates,
) -> Result<(), Refused> {
    if origin.transport == Transport::Udp {
        return Err("a template withdrawn over UDP");
    }
    match number {
        TEMPLATES => templates.withdraw_all(domain, false),
        OPTIONS => templates.withdraw_all(domain, true),
        ..=255 => return Err("a template with the number of a set"),
        _ => templates.withdraw(domain, number),
    }
    Ok(())
}

/// Field specifiers (§3.2).
fn fields(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<Field>, Refused> {
    if cursor.rest().len() < count.saturating_mul(4) {
        return Err("a template that is shorter than its count of fields");
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        let (id, length) = (cursor.u16()?, cursor.u16()?);
        let enterprise = match id & OWNED {
            0 => None,
            _ => Some(cursor.u32()?),
        };
        fields.push(Field {
            enterprise,
            id: id & !OWNED,
            length,
        });
    }
    Ok(fields)
}

/// Records under a template (§3.4.3); what is shorter than one behind them is padding. Returns how many
/// there are.
fn records(
    body: &[u8],
    template: &Template,
    clocks: Clocks,
    sink: &mut Sink<'_>,
) -> Result<u32, Refused> {
    let mut cursor = Cursor::new(body);
    let least = template.least();
    if body.len() < least {
        return Err("a set shorter than one record of its template");
    }
    let mut count = 0_u32;
    while cursor.rest().len() >= least && !is_padding(cursor.rest()) {
        let mut flow = Flow {
            export: clocks.export,
            ..Flow::default()
        };
        let mut times = Times::default();
        for field in &template.fields {
            let bytes = value(&mut cursor, field.length)?;
            take(*field, bytes, clocks, &mut flow, &mut times);
        }
        count = count.saturating_add(1);
        if template.is_options {
            sink.counts.options += 1;
            continue;
        }
        (flow.start, flow.end) = times.resolve(clocks);
        sink.flow(&flow)?;
    }
    Ok(count)
}

/// Up to seven bytes of zero at the end fill a set up to a boundary (§3.3.1); a record so short would
/// say nothing.
fn is_padding(rest: &[u8]) -> bool {
    rest.len() < 8 && rest.iter().all(|byte| *byte == 0)
}

/// A value: of the template's length, or of its own (§7).
fn value<'a>(cursor: &mut Cursor<'a>, length: u16) -> Result<&'a [u8], Short> {
    if length != VARIABLE {
        return cursor.take(usize::from(length));
    }
    match cursor.u8()? {
        u8::MAX => cursor.block(),
        short => cursor.take(usize::from(short)),
    }
}
