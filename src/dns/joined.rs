//! One answer out of several: each says what one server knows of an alias chain, the next begins where the last alias left it.

use super::packed::{AUTHORITATIVE, Parts};
use super::rewrite::push_rdata;
use super::{Bailiwick, HEADER, Message, Rcode, Relayed, Section, Untidy};

impl Relayed {
    /// The answer to the first part's question: the aliases of all parts, and what the last of them says of its name.
    ///
    /// Each part comes with its age in seconds, by which its TTLs have run down.
    ///
    /// # Errors
    /// [`Untidy`] where the parts together lead in a circle, too far, or are too long for a message.
    pub fn joined(parts: &[(&Self, u32)]) -> Result<Self, Untidy> {
        let ((first, _), (last, _)) = parts.first().zip(parts.last()).ok_or(Untidy::NoQuestion)?;
        let mut bytes = first.message()[..usize::from(first.head().question_end)].to_vec();
        let mut counts = [0_u16; 3];
        for (place, (part, age)) in parts.iter().enumerate() {
            let is_last = place + 1 == parts.len();
            let message = Message::parse(part.message())?;
            for record in message.all_records().filter(|record| is_last || record.section == Section::Answer) {
                bytes.extend_from_slice(record.spelt_owner().as_wire());
                bytes.extend(record.record_type.0.to_be_bytes());
                bytes.extend(record.class.0.to_be_bytes());
                bytes.extend(record.ttl().saturating_sub(*age).to_be_bytes());
                push_rdata(part.message(), &record, &mut bytes);
                let count = match record.section {
                    Section::Answer => &mut counts[0],
                    Section::Authority => &mut counts[1],
                    Section::Additional => &mut counts[2],
                };
                *count = count.checked_add(1).ok_or(Untidy::TooLong)?;
            }
        }
        // The rcode of the header decides what a negative answer is; its upper bits stand in an OPT record, which no part has.
        let flags = if last.rcode() == Rcode::NXDOMAIN { Rcode::NXDOMAIN.0 } else { Rcode::NOERROR.0 };
        let words = [0, flags, 1, counts[0], counts[1], counts[2]];
        for (place, word) in bytes[..HEADER].chunks_exact_mut(2).zip(words) {
            place.copy_from_slice(&word.to_be_bytes());
        }
        let mut joined = Parts::read_within(&bytes, &Bailiwick::default())?;
        joined.rcode = last.rcode();
        joined.authentic_data = parts.iter().all(|(part, _)| part.authentic_data());
        joined.errors = last.errors().to_vec();
        let left = parts.iter().map(|(part, age)| part.lifetime().saturating_sub(*age)).min();
        joined.lifetime = joined.lifetime.min(left.unwrap_or(0));
        Ok(joined.pack().with(AUTHORITATIVE, first.has(AUTHORITATIVE)))
    }
}

#[cfg(test)]
mod tests;
