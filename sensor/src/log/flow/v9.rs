//! NetFlow version 9: sets of templates, of options and of records (RFC 3954).

use super::fields::{Clocks, Times, take};
use super::record::Flow;
use super::sequence::{Sequences, Stream};
use super::template::{Domain, Field, Template, Templates};
use super::{Origin, Refused, Sink};
use crate::cursor::Cursor;

/// Sets of templates, and of templates of options.
const TEMPLATES: u16 = 0;
const OPTIONS: u16 = 1;

/// Reads a datagram (§5).
pub(super) fn read(
    bytes: &[u8],
    origin: Origin,
    templates: &mut Templates,
    sequences: &mut Sequences,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(bytes);
    cursor.u16()?;
    cursor.u16()?;
    let uptime = cursor.u32()?;
    let seconds = cursor.u32()?;
    let sequence = cursor.u32()?;
    let id = cursor.u32()?;
    // A template belongs to the exporter and its source id (§9), whatever port it sends from.
    let mut peer = origin.peer;
    peer.set_port(0);
    let domain = Domain {
        peer,
        version: 9,
        id,
    };
    let stream = Stream {
        peer,
        version: 9,
        domain: id,
    };
    sink.exports_missing(sequences.step(stream, sequence, Some(1)));
    let clocks = Clocks {
        export: i64::from(seconds) * 1_000_000,
        uptime: Some(uptime),
    };
    if cursor.is_empty() {
        sink.counts.empty += 1;
    }
    while !cursor.is_empty() {
        let set = cursor.rest();
        let number = cursor.u16()?;
        let length = usize::from(cursor.u16()?);
        let body = length
            .checked_sub(4)
            .and_then(|length| cursor.take(length).ok())
            .ok_or("a set whose length cannot be")?;
        let read = match number {
            TEMPLATES => laid_out(body, domain, origin, templates, sink),
            OPTIONS => options(body, domain, origin, templates, sink),
            2..=255 => Err("a set of a kind that nobody knows"),
            _ => match templates.get(domain, number, origin) {
                Some(template) => records(body, &template, clocks, sink),
                None => Err("records before their template"),
            },
        };
        if let Err(reason) = read {
            sink.failed(reason, set.get(..length).unwrap_or(set));
        }
    }
    Ok(())
}

/// Templates (§5.2); up to three bytes of padding may stand behind them.
fn laid_out(
    body: &[u8],
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
        let template = Template {
            fields: fields(&mut cursor, usize::from(count))?,
            is_options: false,
        };
        templates.put(domain, number, template, origin)?;
        sink.counts.templates += 1;
    }
    Ok(())
}

fn fields(cursor: &mut Cursor<'_>, count: usize) -> Result<Vec<Field>, Refused> {
    if cursor.rest().len() < count.saturating_mul(4) {
        return Err("a template that is shorter than its count of fields");
    }
    let mut fields = Vec::with_capacity(count);
    for _ in 0..count {
        fields.push(Field {
            enterprise: None,
            id: cursor.u16()?,
            length: cursor.u16()?,
        });
    }
    Ok(fields)
}

/// Templates of options (§6.1): lengths in bytes of the scope's fields and of the others.
fn options(
    body: &[u8],
    domain: Domain,
    origin: Origin,
    templates: &mut Templates,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(body);
    if body.len() < 6 {
        return Err("a set of templates without one");
    }
    while cursor.rest().len() >= 6 {
        let number = cursor.u16()?;
        let (scope, others) = (cursor.u16()?, cursor.u16()?);
        let length = usize::from(scope) + usize::from(others);
        if !length.is_multiple_of(4) {
            return Err("a template of options with half a field");
        }
        let template = Template {
            fields: fields(&mut cursor, length / 4)?,
            is_options: true,
        };
        templates.put(domain, number, template, origin)?;
        sink.counts.templates += 1;
    }
    Ok(())
}

/// Records under a template (§5.3); what is shorter than one behind them is padding.
fn records(
    body: &[u8],
    template: &Template,
    clocks: Clocks,
    sink: &mut Sink<'_>,
) -> Result<(), Refused> {
    let mut cursor = Cursor::new(body);
    let least = template.least();
    if body.len() < least {
        return Err("a set shorter than one record of its template");
    }
    while cursor.rest().len() >= least {
        let mut flow = Flow {
            export: clocks.export,
            ..Flow::default()
        };
        let mut times = Times::default();
        for field in &template.fields {
            let bytes = cursor.take(usize::from(field.length))?;
            take(*field, bytes, clocks, &mut flow, &mut times);
        }
        if template.is_options {
            sink.counts.options += 1;
            continue;
        }
        (flow.start, flow.end) = times.resolve(clocks);
        sink.flow(&flow)?;
    }
    Ok(())
}
