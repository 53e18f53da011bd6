//! ANY: one small record in place of all there are (RFC 8482 section 4.2), so that nobody is flooded with our answers.
//!
//! The rule: it is never forwarded, and by UDP no reply to it is longer than two queries.

use std::time::Duration;

use crate::dns::{HEADER, Query, Rcode, RecordType, Reply, Transport};

/// How long a client may remember it.
const TTL: Duration = Duration::from_secs(300);

/// Answers ANY into `out`, for a name that may exist.
pub fn answer(query: &Query, most: Duration, out: &mut Vec<u8>) -> Rcode {
    Reply::new(query, out).host_info(TTL.min(most)).finish()
}

/// Cuts a reply to ANY by UDP that is longer than two queries: who really asks from there asks again by TCP.
pub fn shorten(query: &Query, rcode: Rcode, out: &mut Vec<u8>) {
    let is_any = query.record_type == RecordType::ANY && query.source.transport == Transport::Udp;
    let asked = HEADER + query.spelling().len() + 4 + if query.edns.is_some() { 11 } else { 0 };
    if is_any && out.len() > 2 * asked {
        Reply::new(query, out).rcode(rcode).truncated().finish();
    }
}

#[cfg(test)]
mod tests;
