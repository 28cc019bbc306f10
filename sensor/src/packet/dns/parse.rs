//! DNS messages (RFC 1035 §4), bytes to structs. Tolerant where resolvers are: what cannot be read
//! in the authority and additional sections does not spoil the answer.
//!
//! Names: at most 1,025 bytes, at most 128 labels, and a compression pointer must lead backwards,
//! so that no name can loop (RFC 1035 §4.1.4).

use std::net::IpAddr;

use crate::cursor::{Cursor, Short};

/// Bytes of a name with its dots; RFC 1035 allows 255, and longer ones are cut, not refused.
const MAX_NAME: usize = 1_025;
/// Labels of a name.
const MAX_LABELS: usize = 128;
/// Pointers followed for one name.
const MAX_POINTERS: usize = 32;

/// How much of a message is read.
#[derive(Clone, Copy, Debug)]
pub struct DnsLimits {
    /// Queries.
    pub queries: usize,
    /// Records of each section.
    pub records: usize,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 1035's")]
pub struct Message {
    pub id: u16,
    pub flags: u16,
    pub queries: Vec<Query>,
    pub answers: Vec<Answer>,
    pub authorities: Vec<Answer>,
    pub additionals: Vec<Answer>,
    /// What was wrong behind the answers.
    pub faults: Vec<&'static str>,
}

/// A question.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 1035's")]
pub struct Query {
    pub name: Vec<u8>,
    pub kind: u16,
    pub class: u16,
}

/// A resource record.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 1035's")]
pub struct Answer {
    pub name: Vec<u8>,
    pub kind: u16,
    pub ttl: u32,
    pub data: Data,
}

/// The data of a resource record, as far as it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Data {
    /// A and AAAA.
    Address(IpAddr),
    /// CNAME, NS, PTR, MX: a name. TXT and NULL: text.
    Text(Vec<u8>),
    /// SOA.
    Soa(Box<Soa>),
    /// SRV: priority, weight, port, name.
    Srv(u16, u16, u16, Vec<u8>),
    /// SSHFP: algorithm, type, fingerprint.
    Sshfp(u8, u8, Vec<u8>),
    /// OPT: code and value.
    Options(Vec<(u16, Vec<u8>)>),
    /// Anything else.
    Other,
}

/// The start of authority.
#[derive(Clone, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are RFC 1035's")]
pub struct Soa {
    pub mname: Vec<u8>,
    pub rname: Vec<u8>,
    pub serial: u32,
    pub refresh: u32,
    pub retry: u32,
    pub expire: u32,
    pub minimum: u32,
}

impl Message {
    /// Whether it is a response.
    pub fn is_response(&self) -> bool {
        self.flags & 0x8000 != 0
    }

    /// The kind of operation; values above 6 are not assigned.
    pub fn opcode(&self) -> u16 {
        (self.flags >> 11) & 15
    }
}

/// The first twelve bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) id: u16,
    pub(super) flags: u16,
    pub(super) counts: [u16; 4],
}

pub(super) fn header(cursor: &mut Cursor<'_>) -> Result<Header, Short> {
    Ok(Header {
        id: cursor.u16()?,
        flags: cursor.u16()?,
        counts: [cursor.u16()?, cursor.u16()?, cursor.u16()?, cursor.u16()?],
    })
}

/// Reads a message. None when header, questions or answers are not whole.
pub fn message(bytes: &[u8], limits: DnsLimits) -> Option<Message> {
    let mut cursor = Cursor::new(bytes);
    let header = header(&mut cursor).ok()?;
    let [questions, answers, authorities, additionals] = header.counts.map(usize::from);
    let mut read = Message {
        id: header.id,
        flags: header.flags,
        ..Message::default()
    };
    for _ in 0..questions {
        let query = query(bytes, &mut cursor).ok()?;
        if read.queries.len() < limits.queries {
            read.queries.push(query);
        }
    }
    read.answers = section(bytes, &mut cursor, answers, limits.records).ok()?;
    match section(bytes, &mut cursor, authorities, limits.records) {
        Ok(records) => read.authorities = records,
        Err(Short) => {
            read.faults.push("INVALID_AUTHORITIES");
            return Some(read);
        }
    }
    match section(bytes, &mut cursor, additionals, limits.records) {
        Ok(records) => read.additionals = records,
        Err(Short) => read.faults.push("INVALID_ADDITIONALS"),
    }
    Some(read)
}

fn query<'a>(message: &'a [u8], cursor: &mut Cursor<'a>) -> Result<Query, Short> {
    Ok(Query {
        name: name(message, cursor)?,
        kind: cursor.u16()?,
        class: cursor.u16()?,
    })
}

fn section<'a>(
    message: &'a [u8],
    cursor: &mut Cursor<'a>,
    count: usize,
    limit: usize,
) -> Result<Vec<Answer>, Short> {
    let mut records = Vec::new();
    for _ in 0..count {
        let record = answer(message, cursor)?;
        if records.len() < limit {
            records.push(record);
        }
    }
    Ok(records)
}

fn answer<'a>(message: &'a [u8], cursor: &mut Cursor<'a>) -> Result<Answer, Short> {
    let name = name(message, cursor)?;
    let (kind, _class, ttl) = (cursor.u16()?, cursor.u16()?, cursor.u32()?);
    let bytes = cursor.block()?;
    // Data that cannot be read leaves a record without data.
    let data = data(message, kind, bytes).unwrap_or(Data::Other);
    Ok(Answer {
        name,
        kind,
        ttl,
        data,
    })
}

fn data<'a>(message: &'a [u8], kind: u16, bytes: &'a [u8]) -> Result<Data, Short> {
    let mut cursor = Cursor::new(bytes);
    Ok(match kind {
        1 => Data::Address(IpAddr::from(cursor.array::<4>()?)),
        28 => Data::Address(IpAddr::from(cursor.array::<16>()?)),
        2 | 5 | 12 => Data::Text(name(message, &mut cursor)?),
        15 => {
            cursor.u16()?;
            Data::Text(name(message, &mut cursor)?)
        }
        6 => Data::Soa(Box::new(Soa {
            mname: name(message, &mut cursor)?,
            rname: name(message, &mut cursor)?,
            serial: cursor.u32()?,
            refresh: cursor.u32()?,
            retry: cursor.u32()?,
            expire: cursor.u32()?,
            minimum: cursor.u32()?,
        })),
        10 => Data::Text(bytes.to_vec()),
        16 => {
            let mut text = Vec::with_capacity(bytes.len());
            while !cursor.is_empty() {
                text.extend_from_slice(cursor.short_block()?);
            }
            Data::Text(text)
        }
        33 => Data::Srv(
            cursor.u16()?,
            cursor.u16()?,
            cursor.u16()?,
            name(message, &mut cursor)?,
        ),
        44 => Data::Sshfp(cursor.u8()?, cursor.u8()?, cursor.rest().to_vec()),
        41 => {
            let mut options = Vec::new();
            while !cursor.is_empty() {
                options.push((cursor.u16()?, cursor.block()?.to_vec()));
            }
            Data::Options(options)
        }
        _ => Data::Other,
    })
}

/// A name, its labels joined by dots. The cursor moves behind it.
pub(super) fn name<'a>(message: &'a [u8], cursor: &mut Cursor<'a>) -> Result<Vec<u8>, Short> {
    let mut out = Vec::with_capacity(32);
    // A pointer must lead before the place where the labels in hand began.
    let mut bound = message.len().saturating_sub(cursor.rest().len());
    let mut here = *cursor;
    let mut jumped = false;
    let (mut labels, mut pointers) = (0, 0);
    loop {
        let length = here.u8()?;
        match length >> 6 {
            0 if length == 0 => break,
            0 => {
                let label = here.take(usize::from(length))?;
                labels += 1;
                if labels > MAX_LABELS {
                    return Err(Short);
                }
                if out.len() + label.len() < MAX_NAME {
                    if !out.is_empty() {
                        out.push(b'.');
                    }
                    out.extend_from_slice(label);
                }
            }
            3 => {
                let low = here.u8()?;
                let target = usize::from(u16::from_be_bytes([length & 0x3f, low]));
                pointers += 1;
                if target >= bound || pointers > MAX_POINTERS {
                    return Err(Short);
                }
                if !jumped {
                    *cursor = here;
                    jumped = true;
                }
                bound = target;
                here = Cursor::new(message.get(target..).ok_or(Short)?);
            }
            _ => return Err(Short),
        }
    }
    if !jumped {
        *cursor = here;
    }
    Ok(out)
}
