//! Writes records of a message anew where octets before them were dropped or could change under a pointer.
//!
//! Owners are compressed against earlier owners; names in data are written out, which every reader understands.

use std::collections::HashMap;

use super::{HEADER, Message, Name, Record, Section, rdata};

/// What was written.
pub(super) struct Rewritten {
    /// The message: empty header, question, records.
    pub(super) bytes: Vec<u8>,
    /// The place of each record's TTL, in order.
    pub(super) ttl_offsets: Vec<usize>,
    /// Where the additional section begins.
    pub(super) additional: usize,
}

/// Writes the question of `message`, which has one, and `kept` of its records, in order.
pub(super) fn rewrite<'a>(
    message: &Message<'_>,
    question: &Name,
    kept: impl Iterator<Item = (&'a Record<'a>, &'a Name)>,
) -> Rewritten {
    let source = message.as_bytes();
    let question_end = HEADER + question.as_wire().len() + 4;
    let mut out = Rewritten { bytes: vec![0; HEADER], ttl_offsets: Vec::new(), additional: question_end };
    out.bytes.extend_from_slice(&source[HEADER..question_end]);
    let mut owners = HashMap::from([(question.clone(), HEADER)]);
    for (record, owner) in kept {
        let start = out.bytes.len();
        match owners.get(owner).and_then(|place| u16::try_from(*place).ok()) {
            Some(place) => out.bytes.extend((0xc000 | place).to_be_bytes()),
            None => {
                out.bytes.extend_from_slice(record.spelt_owner().as_wire());
                // A pointer reaches 14 bits far.
                if start < 1 << 14 {
                    owners.insert(owner.clone(), start);
                }
            }
        }
        out.ttl_offsets.push(out.bytes.len() + 4);
        out.bytes.extend_from_slice(&source[record.ttl_offset - 4..record.ttl_offset + 4]);
        push_rdata(source, record, &mut out.bytes);
        if record.section != Section::Additional {
            out.additional = out.bytes.len();
        }
    }
    out
}

/// Writes a record's length and data, the names in them expanded.
pub(super) fn push_rdata(source: &[u8], record: &Record<'_>, out: &mut Vec<u8>) {
    let range = record.rdata_range();
    let length = out.len();
    out.extend([0; 2]);
    let mut expanded = Vec::new();
    let names = rdata::names(source, record.record_type, range.clone(), |_, spelt| expanded.extend_from_slice(spelt.as_wire()))
        .expect("Message::parse read them");
    out.extend_from_slice(&source[range.start..names.start]);
    out.append(&mut expanded);
    out.extend_from_slice(&source[names.end..range.end]);
    // Data grow by two names at most; where they no longer fit a record, the whole message is over its limit too and refused.
    let octets = u16::try_from(out.len() - length - 2).unwrap_or(u16::MAX);
    out[length..length + 2].copy_from_slice(&octets.to_be_bytes());
}
