//! What a secondary and its primary say to each other: the question for a zone (RFC 5936, RFC 1995), and word of a change (RFC 1996).

use super::{Class, HEADER, Message, Name, Opcode, Rcode, Record, RecordType};

/// The numbers of an SOA record (RFC 1035 section 3.3.13), times in seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Soa {
    /// The zone's version.
    pub serial: u32,
    /// How long a secondary waits before it asks for another.
    pub refresh: u32,
    /// How long it waits after it could not ask.
    pub retry: u32,
    /// How long it may answer from what it has without having asked.
    pub expire: u32,
    /// How long absence may be remembered.
    pub minimum: u32,
}

impl Soa {
    /// Reads an SOA record; none for other types.
    pub fn of(record: &Record<'_>) -> Option<Self> {
        let numbers = record.rdata().last_chunk::<20>().filter(|_| record.record_type == RecordType::SOA)?;
        let number = |at: usize| u32::from_be_bytes([numbers[at], numbers[at + 1], numbers[at + 2], numbers[at + 3]]);
        Some(Self { serial: number(0), refresh: number(4), retry: number(8), expire: number(12), minimum: number(16) })
    }
}

/// Whether `new` is a later version than `old` (RFC 1982 section 3.2).
pub const fn is_later(new: u32, old: u32) -> bool {
    (new.wrapping_sub(old) as i32) > 0
}

/// Writes the question for a zone: all of it, or what has changed since the version `since`.
pub fn compose_transfer(id: u16, zone: &Name, since: Option<u32>, out: &mut Vec<u8>) {
    out.clear();
    for word in [id, 0, 1, 0, u16::from(since.is_some()), 0] {
        out.extend(word.to_be_bytes());
    }
    out.extend_from_slice(zone.as_wire());
    let record_type = if since.is_some() { RecordType::IXFR } else { RecordType::AXFR };
    for word in [record_type.0, Class::IN.0] {
        out.extend(word.to_be_bytes());
    }
    let Some(serial) = since else { return };
    // RFC 1995 section 3: an SOA record, of which the serial counts.
    out.extend_from_slice(zone.as_wire());
    for word in [RecordType::SOA.0, Class::IN.0, 0, 0, 22, 0] {
        out.extend(word.to_be_bytes());
    }
    for number in [serial, 0, 0, 0, 0] {
        out.extend(number.to_be_bytes());
    }
}

/// The zone that a packet says has changed; none where it is no such word.
pub fn notified(packet: &[u8]) -> Option<Name> {
    if Opcode(packet.get(2)? >> 3) != Opcode::NOTIFY {
        return None;
    }
    let message = Message::parse(packet).ok()?;
    let question = message.question()?;
    (question.record_type == RecordType::SOA && question.class == Class::IN).then(|| question.name.clone())
}

/// Writes the reply to word of a change, which repeats its question.
pub fn reply_to_notify(packet: &[u8], rcode: Rcode, out: &mut Vec<u8>) {
    out.clear();
    out.extend_from_slice(packet.get(..2).unwrap_or(&[0, 0]));
    // QR, opcode NOTIFY, AA: whose zone it is stands in the question.
    out.extend([0x80 | Opcode::NOTIFY.0 << 3 | 0x04, (rcode.0 & 0x0f) as u8]);
    for word in [1_u16, 0, 0, 0] {
        out.extend(word.to_be_bytes());
    }
    let question = notified(packet).map(|zone| HEADER + zone.as_wire().len() + 4);
    out.extend_from_slice(question.and_then(|end| packet.get(HEADER..end)).unwrap_or_default());
}

#[cfg(test)]
mod tests;
